from migtestkit import MigrationTestCase


class TestDeployment(MigrationTestCase):
    def test_it(self):
        self.assertConstantWork("2c3d")
