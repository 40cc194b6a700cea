"""A failure under testtools; nose2 is not given this module."""
import testtools
from migtestkit import MigrationTestCase

from sample import SERVICE


class TestTesttools(MigrationTestCase, testtools.TestCase):
    alembic_config = SERVICE

    def test_fails_with_testtools(self):
        self.migrate_up_to("a101")
        self.assertTableExists("book")
