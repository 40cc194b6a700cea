from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    model_package = "shop"
