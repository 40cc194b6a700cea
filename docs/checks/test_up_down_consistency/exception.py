from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    irreversible_revisions = {"2c3d": "it was applied everywhere long ago"}
