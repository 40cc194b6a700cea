"""A failure that is expected; trial is not given this module."""
import unittest

from migtestkit import MigrationTestCase

from sample import SERVICE


class TestExpected(MigrationTestCase):
    alembic_config = SERVICE

    @unittest.expectedFailure
    def test_expected_to_fail(self):
        self.migrate_up_one()
        self.assertTableExists("book")
