"""Do the assertions about tables tell what is there?"""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from migtestkit import MigrationTestCase
from migtestkit.errors import ConfigError, TableError
from tests.support import ProjectTestCase, Rev, create

#: Names that need quoting: a space, a dot, quotes, a reserved word.
ODD = 'the "order" list'
HISTORY = (
    Rev(
        "r1",
        upgrade=(
            create("user", "id INTEGER PRIMARY KEY, name TEXT, mail TEXT"),
            create('"the ""order"" list"', 'id INTEGER, "a %b" TEXT'),
            create('"dotted.table"'),
            "CREATE VIEW mailing AS SELECT name, mail FROM user",
        ),
        downgrade="DROP TABLE user",
    ),
    Rev("r2", "r1", upgrade="ALTER TABLE user DROP COLUMN mail_2"),
    Rev("r3", "r1", upgrade="DROP TABLE booking"),
)
Call = Callable[[Any], None]


def call(name: str, *args: Any, **options: Any) -> Call:
    """Return a call of an assertion of a test case."""

    def made(case: Any) -> None:
        getattr(case, name)(*args, **options)

    made.__name__ = f"{name}{args}{options or ''}"
    return made


PASSES = (
    call("assertTableExists", "user"),
    call("assertTableExists", "main.user"),
    call("assertTableExists", "user", schema="main"),
    call("assertTableExists", "mailing"),
    call("assertTableExists", ODD),
    call("assertTableExists", "dotted.table"),
    call("assertTableNotExists", "booking"),
    call("assertTableNotExists", "main.booking"),
    call("assertTableNotExists", "booking", schema="main"),
    call("assertTableHasColumns", "user", ["id"]),
    call("assertTableHasColumns", "main.user", ("id", "name")),
    call("assertTableHasColumns", "user", {"mail"}),
    call("assertTableHasColumns", "mailing", ["name"]),
    call("assertTableHasColumns", ODD, ["a %b"]),
    call("assertTableColumns", "user", ["mail", "name", "id"]),
    call("assertTableColumns", "user", ["id", "name", "mail"], schema="main"),
    call("assertTableColumns", "mailing", ["name", "mail"]),
    call("assertTableLacksColumns", "user", ["mail_2"]),
    call("assertTableLacksColumns", "main.user", {"mail_2", "booking"}),
)
FAILS = (
    (
        call("assertTableExists", "usr"),
        "table 'usr' does not exist; there are 'alembic_version', "
        "'dotted.table', 'mailing', 'the \"order\" list', 'user'; did you "
        "mean 'user'?",
    ),
    (
        call("assertTableExists", "main.booking"),
        "table 'main.booking' does not exist; there are",
    ),
    (call("assertTableNotExists", "user"), "table 'user' exists"),
    (call("assertTableNotExists", "main.user"), "table 'main.user' exists"),
    (call("assertTableNotExists", "mailing"), "table 'mailing' exists"),
    (
        call("assertTableHasColumns", "user", ["id", "age", "size"]),
        "table 'user' lacks the columns 'age', 'size'; it has 'id', 'name', "
        "'mail'",
    ),
    (
        call("assertTableColumns", "user", ["id", "age"]),
        "table 'user' has other columns than expected\n"
        "  missing: 'age'\n"
        "  not expected: 'name', 'mail'",
    ),
    (
        call("assertTableColumns", "user", ["id", "name"]),
        "table 'user' has other columns than expected\n"
        "  not expected: 'mail'",
    ),
    (
        call("assertTableColumns", "user", ["id", "name", "mail", "age"]),
        "table 'user' has other columns than expected\n"
        "  missing: 'age'",
    ),
    (
        call("assertTableLacksColumns", "user", ["mail_2", "mail", "id"]),
        "table 'user' has the columns 'mail', 'id'",
    ),
)
NO_TABLE = r"no table 'usr'; there are .*user; did you mean 'user'\?"
NO_LIST = r"columns must be a sequence of names, such as \['id', 'name'\], not"
NOTHING = (
    r"nothing is called '%s': neither the database nor any revision script "
    r"mentions it, so that it is absent says nothing; is it misspelt\?"
)
ERRORS = (
    (call("assertTableNotExists", "bookings"), NOTHING % "bookings"),
    (call("assertTableNotExists", "main.bookings"), NOTHING % "bookings"),
    (call("assertTableExists", ""), "must be a non-empty str, not ''"),
    (call("assertTableExists", None), "must be a non-empty str, not None"),
    (call("assertTableNotExists", ""), "must be a non-empty str, not ''"),
    (call("assertTableNotExists", ["user"]), "must be a non-empty str"),
    (call("assertTableExists", "shop.user"), "no schema 'shop'; there are"),
    (call("assertTableNotExists", "shop.booking"), "no schema 'shop'"),
    (call("assertTableNotExists", "booking", schema="shop"), "no schema"),
    (call("assertTableHasColumns", "usr", ["id"]), NO_TABLE),
    (call("assertTableColumns", "usr", ["id"]), NO_TABLE),
    (call("assertTableLacksColumns", "usr", ["mail_2"]), NO_TABLE),
    (call("assertTableHasColumns", "shop.user", ["id"]), "no schema 'shop'"),
    (call("assertTableHasColumns", "user", "id"), NO_LIST),
    (call("assertTableColumns", "user", "id"), NO_LIST),
    (call("assertTableLacksColumns", "user", "mail_2"), NO_LIST),
    (call("assertTableHasColumns", "user", {"id": 1}), NO_LIST),
    (call("assertTableHasColumns", "user", None), NO_LIST),
    (call("assertTableHasColumns", "user", []), "columns is empty"),
    (call("assertTableColumns", "user", ()), "columns is empty"),
    (call("assertTableLacksColumns", "user", set()), "columns is empty"),
    (call("assertTableHasColumns", "user", [1]), "holds 1, which is no name"),
    (call("assertTableLacksColumns", "user", [""]), "holds '', which is no"),
    (call("assertTableLacksColumns", "user", ["mial"]), NOTHING % "mial"),
)


class SchemaTestCase(ProjectTestCase):
    def case(self, *revisions: Rev, **members: Any) -> Any:
        ini = self.make_history(*(revisions or HISTORY))
        members = {
            "alembic_config": str(ini),
            "runTest": lambda self: None,
            **members,
        }
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        return case

    def message(self, case: Any, tried: Call) -> str:
        with self.assertRaises(case.failureException) as caught:
            tried(case)
        return str(caught.exception)


class TestTables(SchemaTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.at_r1 = self.case(start_revision="r1")

    def test_what_is_true_passes(self):
        for tried in PASSES:
            with self.subTest(tried.__name__):
                tried(self.at_r1)

    def test_what_is_false_fails(self):
        for tried, text in FAILS:
            with self.subTest(tried.__name__):
                found = self.message(self.at_r1, tried)
                self.assertIn(text, found)
                self.assertLess(len(found.splitlines()), 25)

    def test_what_means_nothing_is_an_error(self):
        for tried, words in ERRORS:
            with self.subTest(tried.__name__):
                with self.assertRaisesRegex(TableError, words):
                    tried(self.at_r1)

    def test_nothing_passes_on_an_empty_database(self):
        self.at_r1.migrate_down_to("base")
        self.at_r1.execute('DROP TABLE "the ""order"" list"')
        self.at_r1.execute('DROP TABLE "dotted.table"')
        self.at_r1.execute("DROP VIEW mailing")
        for tried in PASSES:
            if "NotExists" in tried.__name__:
                continue  # of which it is true
            with self.subTest(tried.__name__):
                with self.assertRaises((AssertionError, TableError)):
                    tried(self.at_r1)

    def test_a_database_that_does_not_exist(self):
        for name, *rest in (
            ("assertTableExists", "user"),
            ("assertTableNotExists", "booking"),
            ("assertTableHasColumns", "user", ["id"]),
            ("assertTableColumns", "user", ["id"]),
            ("assertTableLacksColumns", "user", ["mail_2"]),
        ):
            with self.subTest(name):
                with self.assertRaisesRegex(
                    ConfigError, "no database is called 'other'"
                ):
                    call(name, *rest, database="other")(self.at_r1)


class TestLongLists(SchemaTestCase):
    def test_many_tables_and_columns_stay_readable(self):
        columns = [f"column_{number:02}" for number in range(90)]
        case = self.case(
            Rev("r1", upgrade=[
                *(create(f"table_{number:02}") for number in range(90)),
                create("wide", ", ".join(f"{one} TEXT" for one in columns)),
            ]),
            start_revision="r1",
        )
        for tried in (
            call("assertTableExists", "missing"),
            call("assertTableColumns", "wide", ["missing"]),
            call("assertTableHasColumns", "wide", ["missing"]),
            call("assertTableLacksColumns", "wide", columns),
        ):
            with self.subTest(tried.__name__[:40]):
                text = self.message(case, tried)
                self.assertIn(" more", text)
                self.assertLess(len(text), 700)


class TestAttachedSchema(SchemaTestCase):
    def test_a_table_of_another_schema(self):
        case = self.case()
        other = self.folder / "other.db"

        def attach(connection: Any, record: Any) -> None:
            connection.execute(f"ATTACH '{other}' AS shop")

        event.listen(case.migrations.engine, "connect", attach)
        case.execute("CREATE TABLE shop.article (id INTEGER, booking TEXT)")
        case.assertTableExists("shop.article")
        case.assertTableExists("article", schema="shop")
        case.assertTableColumns("shop.article", ["id", "booking"])
        case.assertTableNotExists("shop.booking")
        case.assertTableNotExists("shop.user")
        case.insert_into("shop.article", {"id": 1})
        case.assertRowCount("shop.article", 1)
        with self.assertRaisesRegex(
            TableError,
            "'main.article' names the schema 'main', and schema= 'shop'",
        ):
            case.assertTableNotExists("main.article", schema="shop")
        text = self.message(case, call("assertTableExists", "article"))
        self.assertIn("table 'article' does not exist", text)


if __name__ == "__main__":
    unittest.main()
