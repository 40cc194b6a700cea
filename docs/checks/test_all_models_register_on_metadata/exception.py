import unittest

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    model_package = "shop"

    @unittest.skip("the pets are migrated by a history of their own")
    def test_all_models_register_on_metadata(self):
        pass
