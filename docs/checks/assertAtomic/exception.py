from migtestkit import MigrationTestCase


class TestDeployment(MigrationTestCase):
    def test_it(self):
        # It may leave a trace: it can be run again all the same.
        self.assertRetryable("2c3d")
