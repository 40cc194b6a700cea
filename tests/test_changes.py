"""Which changes does each check find, on each database, and which not?

One table of changes, most of them those of `tests.test_populated`: each is a
revision of one history, on a table of its own, and each check walks it whole.
What is found was looked at by hand, one by one; what is not tested is named
by the check, with its reason.
"""

from __future__ import annotations

import os
import tempfile
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alembic.config import Config
from migtestkit import MigrationContext
from migtestkit.config import IgnoreRules, IntendedUse
from migtestkit.config.ignoring import SCHEMA
from migtestkit.context.blocking import walk_blocking
from migtestkit.context.compatibility import walk_compatibility
from migtestkit.context.faults import walk_faults
from migtestkit.context.offline import walk_offline

from tests import servers
from tests.support import make_history
from tests.test_populated import CASES, Case, history_of_cases, url_of

WALKS: dict[str, Callable[[MigrationContext], Any]] = {
    "compatible": lambda context: walk_compatibility(
        context, IntendedUse({}, "contract")),
    "blocking": lambda context: walk_blocking(
        context, IntendedUse({}, "blocking")),
    "atomic": walk_faults,
    "offline": lambda context: walk_offline(
        context, IgnoreRules((), SCHEMA), data=True),
}


def change(name: str, *lines: str) -> Case:
    return Case(name, "\n".join(lines), None, None)


#: Nothing can be behind it.
NEVER = "broken without rows too"
CHANGES = [one for one in CASES if one.name != NEVER]
#: What differs where there is no database to ask.
OFFLINE = (
    change("a table that is made online alone",
           "if not op.get_context().as_sql:",
           "    op.create_table('new_T', sa.Column('id', sa.Integer))"),
    change("a column by what the server is",
           "if op.get_context().dialect.server_version_info is not None "
           "and not op.get_context().as_sql:",
           "    op.add_column('T', sa.Column('x', sa.BigInteger))",
           "else:",
           "    op.add_column('T', sa.Column('x', sa.Integer))"),
    change("rows that are made online alone",
           "if not op.get_context().as_sql:",
           "    op.execute(\"INSERT INTO T (id, name) VALUES (1, 'x')\")"),
    change("an index that is made offline alone",
           "if op.get_context().as_sql:",
           "    op.create_index('i_T', 'T', ['name'])"),
)
#: What is not taken back, on PostgreSQL.
HALF_WAY = (
    change("an index, concurrently",
           "with op.get_context().autocommit_block():",
           "    op.create_index('i_T', 'T', ['name'],",
           "                    postgresql_concurrently=True)",
           "op.add_column('T', sa.Column('x', sa.Integer))"),
    change("a commit on the way",
           "op.add_column('T', sa.Column('x', sa.Integer))",
           "op.execute('COMMIT')",
           "op.add_column('T', sa.Column('y', sa.Integer))"),
    change("a column outside of the transaction",
           "with op.get_context().autocommit_block():",
           "    op.add_column('T', sa.Column('x', sa.Integer))"),
    change("rows outside of the transaction",
           "with op.get_context().autocommit_block():",
           "    op.execute(\"INSERT INTO T (id, name) VALUES (1, 'x')\")",
           "op.add_column('T', sa.Column('x', sa.Integer))"),
)
WHOLE = (
    change("an index, concurrently, if there is none",
           "with op.get_context().autocommit_block():",
           "    op.create_index('i_T', 'T', ['name'],",
           "                    postgresql_concurrently=True,",
           "                    if_not_exists=True)"),
    change("two columns", *(
        f"op.add_column('T', sa.Column('{name}', sa.Integer))"
        for name in "xy"
    )),
    *(one for one in CHANGES if one.name in (
        "set not null", "unique constraint", "narrower number",
        "backfill, then not null", "renamed table", "dropped table",
    )),
)

READS_ROWS = {
    "None in Python", "no number in Python", "no JSON in Python",
    "one blank in Python", "quotes in SQL", "exactly one row", "a guard",
}
#: What the release before cannot live with.
BREAKS_RELEASE = {
    "not null without default", "set not null", "unique constraint",
    "unique index", "check that few rows meet",
    "check that no extreme meets", "fewer values of an enum",
    "a backfill that leaves some out", "a default that is unique",
    "backfill, then not null", "renamed column", "renamed table",
    "dropped column", "dropped table",
}
#: SQLite keeps to no type, and foreign keys are not checked by itself.
BREAKS_BY_TYPE = {
    "foreign key", "narrower text", "narrower number",
    "text becomes a number",
}
#: MariaDB has no such indexes.
INDEXES = {"unique index on an expression", "unique index on some rows"}
HOLDS_UP = {
    "not null without default", "set not null", "unique constraint",
    "unique index", "foreign key", "check that few rows meet",
    "check that no extreme meets", "fewer values of an enum",
    "narrower text", "narrower number", "text becomes a number",
    "a backfill that leaves some out", "a default that is unique", "index",
    "backfill, then not null", "a check that all rows meet", *INDEXES,
}
#: MariaDB builds an index while others write.
COPIES = {
    "check that no extreme meets", "fewer values of an enum",
    "narrower text", "narrower number", "a check that all rows meet",
}
#: A made-up row stops it, and without rows nothing is copied.
STOPPED = {
    "foreign key", "check that few rows meet", "text becomes a number",
    "no number in Python", "no JSON in Python", "one blank in Python",
    "a guard", "parents that go",
}


def some(cases: Sequence[Case]) -> list[Case]:
    """All of them where all is asked for; each takes a while."""
    whole = os.environ.get("MIGTESTKIT_TEST_WHOLE_ZOO")
    return list(cases if whole else cases[::3])


class ChangesTestCase(unittest.TestCase):
    family: str

    def setUp(self) -> None:
        super().setUp()
        if self.family != "sqlite":
            servers.require_server(self.family)

    @property
    def changes(self) -> list[Case]:
        left_out = INDEXES if self.family == "mysql" else set()
        return [one for one in CHANGES if one.name not in left_out]

    def check(
        self,
        walk: str,
        found: set[str],
        untested: set[str],
        changes: Sequence[Case] | None = None,
    ) -> None:
        cases = some(self.changes if changes is None else changes)
        names = {one.name for one in cases}
        found, untested = found & names, untested & names
        with tempfile.TemporaryDirectory() as folder:
            ini = make_history(
                Path(folder), history_of_cases(self.family, cases)
            )
            with MigrationContext(
                Config(str(ini)), database_url=url_of(self.family)
            ) as context:
                report = WALKS[walk](context)
        name = {f"c{at:02}": one.name for at, one in enumerate(cases)}
        self.assertEqual(
            found, {name.get(one.revision) for one in report.findings}
        )
        self.assertEqual(
            untested, {name[one] for one in report.untested if one in name}
        )
        self.assertEqual(
            set(name.values()) - untested,
            {name[one] for one in report.tested if one in name},
        )


class TestSQLite(ChangesTestCase):
    family = "sqlite"

    def test_backward_compatible(self) -> None:
        self.check("compatible", BREAKS_RELEASE | INDEXES, set())

    def test_offline(self) -> None:
        self.check(
            "offline", {one.name for one in OFFLINE}, set(), OFFLINE
        )


class TestPostgreSQL(ChangesTestCase):
    family = "postgresql"

    def test_backward_compatible(self) -> None:
        self.check(
            "compatible", BREAKS_RELEASE | BREAKS_BY_TYPE | INDEXES, set()
        )

    def test_blocking_work(self) -> None:
        self.check("blocking", HOLDS_UP, set())

    def test_half_way(self) -> None:
        self.check(
            "atomic", {one.name for one in HALF_WAY}, set(),
            [*HALF_WAY, *WHOLE],
        )

    def test_offline(self) -> None:
        self.check(
            "offline", {one.name for one in OFFLINE}, READS_ROWS,
            [*self.changes, *OFFLINE],
        )


class TestMariaDB(ChangesTestCase):
    family = "mysql"

    def test_backward_compatible(self) -> None:
        self.check("compatible", BREAKS_RELEASE | BREAKS_BY_TYPE, set())

    def test_blocking_work(self) -> None:
        self.check("blocking", COPIES, STOPPED)

    def test_offline(self) -> None:
        self.check(
            "offline", {one.name for one in OFFLINE}, READS_ROWS,
            [*self.changes, *OFFLINE],
        )


if __name__ == "__main__":
    unittest.main()
