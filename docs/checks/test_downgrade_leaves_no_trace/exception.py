from migtestkit import Ignore, MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    ignore = [
        Ignore(
            kind="index", table="users", name="by_name", of="schema",
            reason="the next upgrade needs it anyway",
        ),
    ]
