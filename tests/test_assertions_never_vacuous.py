"""Can any assertion pass without having looked?

Each `assert*` method is fed a name that does not exist, an empty expectation,
and an empty database; each must raise. A method without a line in `TABLE`
fails the test: add one, with what to feed it.
"""
from __future__ import annotations

import inspect
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Union

import sqlalchemy as sa
from migtestkit import MigrationTestCase
from migtestkit.errors import MigtestkitError

from tests import servers
from tests.support import ProjectTestCase, Python, Rev

TABLES = Python("""
import sqlalchemy as sa
op.create_table(
    "person",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("a", sa.Text),
)
""")
HISTORY = (
    Rev("r1", upgrade=TABLES, downgrade="DROP TABLE person"),
    Rev("r2", "r1"),
)


@dataclass(frozen=True)
class Tried:
    """A call of an assertion that must raise."""

    args: tuple[Any, ...]
    options: dict[str, Any]


@dataclass(frozen=True)
class Entered:
    """A call of an assertion whose context manager must raise."""

    call: Tried


def t(*args: Any, **options: Any) -> Tried:
    return Tried(args, options)


#: Why there is nothing to feed: a sentence instead of a call.
Feed = Union[Tried, Entered, str]


@dataclass(frozen=True)
class Line:
    """What one method is fed.

    :ivar unknown: with a name that exists nowhere, on a full database.
    :ivar nothing: with an empty expectation, on a full database.
    :ivar empty: on an empty database; a name there is one of the history.
    """

    unknown: Feed
    nothing: Feed
    empty: Feed


NO_NAME = "it takes no name"
NO_EXPECTATION = "it takes no expectation"
OWN_DATABASES = "it upgrades databases of its own"
TRUE_OF_NOTHING = "of an empty database it is true, and the name is known"


def snapshot(case: Any) -> Any:
    return case.schema_snapshot()


class Late:
    """An argument that only the case can make."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make


NOW = Late(snapshot)
TABLE: dict[str, Line] = {
    "assertTableExists": Line(t("nil"), t(""), t("person")),
    "assertTableNotExists": Line(t("nil"), t(""), TRUE_OF_NOTHING),
    "assertTableHasColumns": Line(
        t("person", ["nil"]), t("person", []), t("person", ["id"])
    ),
    "assertTableColumns": Line(
        t("person", ["nil"]), t("person", []), t("person", ["id"])
    ),
    "assertTableLacksColumns": Line(
        t("person", ["nil"]), t("person", []), t("person", ["r1"])
    ),
    "assertColumn": Line(
        t("person", "nil", type=sa.Integer), t("person", "id"),
        t("person", "id", type=sa.Integer),
    ),
    "assertEnumValues": Line(
        t("person", "nil", ["x"]), t("person", "id", []),
        t("person", "id", ["x"]),
    ),
    "assertIndexExists": Line(
        t("person", "nil"), t("person"), t("person", columns=["id"])
    ),
    "assertIndexNotExists": Line(
        t("person", "nil"), t("person"), t("person", columns=["a"])
    ),
    "assertForeignKey": Line(
        t("person", ["nil"], "person"), t("person", [], "person"),
        t("person", ["id"], "person"),
    ),
    "assertForeignKeyNotExists": Line(
        t("person", ["nil"]), t("person", []), t("person", ["a"])
    ),
    "assertUniqueConstraint": Line(
        t("person", ["nil"]), t("person"), t("person", ["a"])
    ),
    "assertUniqueConstraintNotExists": Line(
        t("person", ["nil"]), t("person"), t("person", ["a"])
    ),
    "assertPrimaryKey": Line(
        t("person", ["nil"]), t("person", []), t("person", ["id"])
    ),
    "assertCheckConstraint": Line(
        t("person", "nil"), t("person"), t("person", condition="a > 0")
    ),
    "assertCheckConstraintNotExists": Line(
        t("person", "nil"), t("person"), t("person", condition="a > 0")
    ),
    "assertSchemasEqual": Line(NO_NAME, t(None, None), t(NOW, NOW)),
    "assertRows": Line(
        t("nil", [{"id": 1}]), t("person", []), t("person", [{"id": 1}])
    ),
    "assertInsertFails": Line(
        t("nil", {"id": 1}), t("person", {}), t("person", {"id": 1})
    ),
    "assertDataPreserved": Line(
        Entered(t("nil")), Entered(t()), Entered(t())
    ),
    "assertForeignKeysIntact": Line(NO_NAME, t(), t()),
    "assertRowCount": Line(t("nil", 0), t("person", None), t("person", 0)),
    "assertSingleHead": Line(
        NO_NAME, NO_EXPECTATION, "it looks at the scripts alone"
    ),
    "assertCurrentRevision": Line(t("nil"), t(), t("r2")),
    "assertUpgrades": Line(
        t("nil"), t("base"), "an empty database is where upgrades start"
    ),
    "assertRoundtrip": Line(
        t("nil"), t(), "an empty database is where upgrades start"
    ),
    "assertModelsMatchMigrations": Line(NO_NAME, t(), t()),
    "assertModelsMatchSchema": Line(NO_NAME, t(), t()),
    "assertDowngradeLeavesNoTrace": Line(
        t("nil"), t(), "an empty database is where upgrades start"
    ),
    "assertUpgradesPopulated": Line(
        t("nil"), "a revision over no row is skipped, with the reason",
        "it upgrades a database of its own",
    ),
    "assertDowngradesPopulated": Line(
        t("nil"), "a revision over no row is skipped, with the reason",
        "it upgrades a database of its own",
    ),
    "assertNoDataLoss": Line(
        t(lossy=["nil"]), t(lossy="user"),
        "it upgrades a database of its own",
    ),
    "assertOperationsForbidden": Line(
        t("nil"), t(), "it upgrades a database of its own"
    ),
    "assertUpgradeIdempotent": Line(
        t("nil"), t(), "an empty database is where upgrades start"
    ),
    "assertMigrationFails": Line(
        t("nil"), t("r2"), t("r1")
    ),
    "assertAtomic": Line(t("nil"), t(""), OWN_DATABASES),
    "assertRetryable": Line(t("nil"), t(""), OWN_DATABASES),
    "assertBackwardCompatible": Line(t("nil"), t(""), OWN_DATABASES),
    "assertNoBlockingWork": Line(t("nil"), t(""), OWN_DATABASES),
    "assertConstantWork": Line(t("nil"), t(""), OWN_DATABASES),
    "assertNoTableRewrite": Line(t("nil"), t(""), OWN_DATABASES),
    "assertLockTimeoutSet": Line(t("nil"), t(""), OWN_DATABASES),
    "assertOfflineMatchesOnline": Line(t("nil"), t(""), OWN_DATABASES),
    "assertSchemaHealthy": Line(NO_NAME, NO_EXPECTATION, t()),
    "assertForeignKeysIndexed": Line(
        t({"nil.a": "few rows"}), NO_EXPECTATION, t()
    ),
}


def methods() -> list[str]:
    """Return the names of the assertions that the kit adds."""
    own = set(dir(MigrationTestCase)) - set(dir(unittest.TestCase))
    return sorted(name for name in own if name.startswith("assert"))


class TestNeverVacuous(ProjectTestCase):
    def case(self, start: str, url: str = "sqlite://") -> Any:
        ini = self.make_history(*HISTORY)
        members = {
            "alembic_config": str(ini), "runTest": lambda self: None,
            "start_revision": start, "database_url": url,
        }
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        return case

    def check(self, part: str, start: str, url: str = "sqlite://") -> None:
        case = self.case(start, url)
        standing, fed = case.applied, 0
        for name in methods():
            feed = getattr(TABLE[name], part) if name in TABLE else None
            enters = isinstance(feed, Entered)
            feed = feed.call if isinstance(feed, Entered) else feed
            if not isinstance(feed, Tried):
                continue
            if case.applied != standing:
                case = self.case(start, url)
            fed += 1
            with self.subTest(name, fed=part, url=url):
                args = [
                    one.make(case) if isinstance(one, Late) else one
                    for one in feed.args
                ]
                with self.assertRaises((AssertionError, MigtestkitError)):
                    found = getattr(case, name)(*args, **feed.options)
                    if enters:
                        with found:
                            pass
        self.assertGreater(fed, 15)

    def test_the_same_on_every_server(self):
        for _, url in servers.each_server():
            shown = url.render_as_string(hide_password=False)
            self.check("unknown", "r2", shown)
            self.check("nothing", "r2", shown)
            self.check("empty", "base", shown)

    def test_every_assertion_has_a_line_and_every_line_an_assertion(self):
        self.assertGreaterEqual(len(methods()), 25)
        self.assertEqual(methods(), sorted(TABLE))

    def test_all_take_a_message_and_are_explained(self):
        for name in methods():
            with self.subTest(name):
                method = getattr(MigrationTestCase, name)
                parameters = inspect.signature(method).parameters
                self.assertIsNone(parameters["msg"].default)
                self.assertIn("Fail ", inspect.getdoc(method) or "")

    def test_a_reason_is_given_where_there_is_nothing_to_feed(self):
        for name, line in TABLE.items():
            for feed in (line.unknown, line.nothing, line.empty):
                with self.subTest(name):
                    self.assertTrue(feed)
                    self.assertIsInstance(feed, (Tried, Entered, str))

    def test_a_name_that_does_not_exist(self):
        self.check("unknown", "r2")

    def test_an_empty_expectation(self):
        self.check("nothing", "r2")

    def test_an_empty_database(self):
        self.check("empty", "base")


if __name__ == "__main__":
    unittest.main()
