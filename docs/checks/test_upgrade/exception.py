from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    skip_revisions = ["2c3d"]  # stamped, never run
