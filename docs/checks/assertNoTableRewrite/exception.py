from migtestkit import MigrationTestCase

ACCEPTED = {"2c3d": "the table is small"}


class TestDeployment(MigrationTestCase):
    def test_it(self):
        for revision in self.migrations.history.revisions:
            if revision not in ACCEPTED:
                with self.subTest(revision):
                    self.assertNoTableRewrite(revision)
