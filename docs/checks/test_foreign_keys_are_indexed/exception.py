from migtestkit import MigrationTestCase
from migtestkit.checks import DeploymentChecks


class TestDeployment(DeploymentChecks, MigrationTestCase):
    def test_foreign_keys_are_indexed(self):
        self.migrate_up_to("heads")
        self.assertForeignKeysIndexed(
            {"pets.owner": "rows of users are never deleted"}
        )
