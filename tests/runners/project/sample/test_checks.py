"""Ready-made checks, on a sound history and on a faulty one."""
from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

from sample import FAULTY, SERVICE


class TestService(HistoryChecks, MigrationTestCase):
    alembic_config = SERVICE


class TestFaulty(MigrationTestCase):
    alembic_config = FAULTY

    def test_breaks_in_a_migration(self):
        self.migrate_up_to("head")

    def test_fails_to_upgrade(self):
        self.assertUpgrades()

    def test_is_known_to_fail(self):
        self.migrate_up_to("f707")
        self.assertMigrationFails("f808", "nowhere")


class TestTraces(HistoryChecks, MigrationTestCase):
    """Two revisions to blame, in one failure."""

    alembic_config = FAULTY
    skip_revisions = ["f808"]
