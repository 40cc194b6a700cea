from migtestkit import MigrationTestCase


class TestDeployment(MigrationTestCase):
    def test_it(self):
        self.assertAtomic("2c3d")
