from migtestkit import MigrationTestCase
from migtestkit.checks import DataChecks


class TestData(DataChecks, MigrationTestCase):
    irreversible_revisions = {"2c3d": "nicknames are no users"}
