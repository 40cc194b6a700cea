from migtestkit import MigrationTestCase
from migtestkit.checks import RevisionHooks


class TestMigrations(RevisionHooks, MigrationTestCase):
    def pre_upgrade_2c3d(self):
        self.insert_into("users", {"id": 1, "name": " Ada "})

    def check_2c3d(self):
        self.assertRows("users", [{"id": 1, "name": "Ada"}])
