"""Do the assertions about tables, columns and revisions tell the same on
every database?

One table of cases; the database is built once for each kind of database.
What their words are in detail is tested on SQLite, assertion by assertion.
"""

from __future__ import annotations

import unittest
from typing import Any

from migtestkit import MigrationTestCase
from migtestkit.errors import RevisionError, TableError

from tests import servers
from tests.support import ProjectTestCase, Python, Rev

#: Names that need quoting: a space, a dot, a quote, a reserved word.
ODD, DOTTED = "the 'order' list", "dotted.table"
TABLES = f'''
import sqlalchemy as sa
op.create_table(
    "person",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20)),
    sa.Column("mail", sa.String(20)),
)
op.create_table({ODD!r}, sa.Column("a b", sa.Integer))
op.create_table({DOTTED!r}, sa.Column("select", sa.Integer))
op.execute("CREATE VIEW mailing AS SELECT name, mail FROM person")
'''
HISTORY = (
    Rev("r1", upgrade=Python(TABLES), message="make the tables"),
    Rev("left", "r1", upgrade="CREATE TABLE booking (id INTEGER)",
        downgrade="DROP TABLE booking"),
    Rev("right", "r1", upgrade="ALTER TABLE person ADD COLUMN age INTEGER",
        downgrade="ALTER TABLE person DROP COLUMN age"),
    Rev("merge", ("left", "right")),
    Rev("broken", "merge", upgrade="ALTER TABLE nowhere ADD x INTEGER"),
)
OK = ""

#: At r1: assertion, arguments, and what its failure says, if it fails.
FAILS: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("assertTableExists", ("person",), OK),
    ("assertTableExists", ("mailing",), OK),
    ("assertTableExists", (ODD,), OK),
    ("assertTableExists", (DOTTED,), OK),
    ("assertTableExists", ("persn",), "table 'persn' does not exist; there "
     "are .*'person'.*did you mean 'person'"),
    ("assertTableExists", ("booking",), "'booking' does not exist"),
    ("assertTableNotExists", ("booking",), OK),
    ("assertTableNotExists", ("person",), "table 'person' exists"),
    ("assertTableNotExists", ("mailing",), "table 'mailing' exists"),
    ("assertTableNotExists", (DOTTED,), "table 'dotted.table' exists"),
    ("assertTableHasColumns", ("person", ["id", "mail"]), OK),
    ("assertTableHasColumns", ("mailing", ["name"]), OK),
    ("assertTableHasColumns", (ODD, ["a b"]), OK),
    ("assertTableHasColumns", ("person", ["id", "age"]),
     "table 'person' lacks the columns 'age'; it has 'id', 'name', 'mail'"),
    ("assertTableColumns", ("person", ["mail", "name", "id"]), OK),
    ("assertTableColumns", ("mailing", ["name", "mail"]), OK),
    ("assertTableColumns", (DOTTED, ["select"]), OK),
    ("assertTableColumns", ("person", ["id", "age"]),
     "missing: 'age'\n  not expected: 'name', 'mail'"),
    ("assertTableColumns", ("person", ["id", "name"]),
     "not expected: 'mail'"),
    ("assertTableLacksColumns", ("person", ["age"]), OK),
    ("assertTableLacksColumns", ("person", ["age", "mail"]),
     "table 'person' has the columns 'mail'"),
    ("assertSingleHead", (), OK),
    ("assertCurrentRevision", ("r1",), OK),
    ("assertCurrentRevision", ("base",), "stands at 'r1', not at 'base'"),
    ("assertCurrentRevision", ("left", "right"), "stands at 'r1', not at"),
    ("assertRowCount", ("person", 0), OK),
    ("assertRowCount", ("person", 1), "holds 0 rows, not 1"),
)
#: What means nothing.
ERRORS: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    ("assertTableNotExists", ("bookings",), "nothing is called 'bookings'"),
    ("assertTableExists", ("shop.person",), "no schema 'shop'"),
    ("assertTableHasColumns", ("persn", ["id"]), "did you mean 'person'"),
    ("assertTableColumns", ("persn", ["id"]), "no table 'persn'"),
    ("assertTableLacksColumns", ("persn", ["age"]), "no table 'persn'"),
    ("assertTableLacksColumns", ("person", ["aeg"]), "nothing is called"),
    ("assertTableHasColumns", ("person", []), "columns is empty"),
    ("assertCurrentRevision", ("lefd",), "did you mean 'left'"),
    ("assertUpgrades", ("r1",), "is applied already"),
    ("assertUpgrades", ("r9",), "'r9'"),
)


class TestEverywhere(ProjectTestCase):
    """Each case on SQLite and on each server."""

    def each_case(self) -> Any:
        ini = self.make_history(*HISTORY)
        urls = servers.every_url()
        self.assertGreater(len(urls), 1)
        for url in urls:
            members = {
                "alembic_config": str(ini),
                "database_url": url,
                "start_revision": "r1",
                "runTest": lambda self: None,
            }
            case: Any = type("Case", (MigrationTestCase,), members)()
            self.addCleanup(case.doCleanups)
            yield url.partition(":")[0], case

    def test_everywhere(self) -> None:
        for dialect, case in self.each_case():
            self.states(dialect, case)
            self.moves(dialect, case)
            case.doCleanups()

    def states(self, dialect: str, case: Any) -> None:
        """Assertions that look at what is there."""
        for name, args, text in FAILS:
            with self.subTest(dialect, name=name, args=args):
                check = getattr(case, name)
                if not text:
                    check(*args)
                    continue
                with self.assertRaisesRegex(AssertionError, text):
                    check(*args)
        for name, args, text in ERRORS:
            with self.subTest(dialect, name=name, args=args):
                with self.assertRaisesRegex((TableError, RevisionError), text):
                    getattr(case, name)(*args)
        self.assertEqual("r1", case.current)

    def moves(self, dialect: str, case: Any) -> None:
        """Assertions that move the database."""
        with self.subTest(dialect):
            case.assertUpgrades("left")
            case.assertTableExists("booking")
            case.assertCurrentRevision("left")
            case.assertUpgrades("right")
            case.assertCurrentRevision("right", "left")
            case.assertTableHasColumns("person", ["age"])
            case.assertUpgrades("merge")
            case.assertCurrentRevision("merge")
            with self.assertRaises(AssertionError) as caught:
                case.assertUpgrades(msg="on tuesday")
            for words in (
                "upgrade of revision broken", "nowhere", "on tuesday",
            ):
                self.assertIn(words, str(caught.exception))
            case.assertCurrentRevision("merge")
            error = case.assertMigrationFails("broken", "(?i)nowhere")
            self.assertEqual("broken", error.revision)


if __name__ == "__main__":
    unittest.main()
