"""Are rows and tables read and written as they are at a revision?"""

from __future__ import annotations

import datetime
import unittest
import warnings
from decimal import Decimal
from typing import Any
from unittest import mock

from sqlalchemy import MetaData, event, exc, select
from sqlalchemy.orm import Session

from migtestkit.context.roundtrip import Content, read_contents
from migtestkit.errors import RevisionError, TableError
from tests import servers
from tests.support import ProjectTestCase, Rev, calls_of, create

HISTORY = (
    Rev(
        "r1",
        upgrade=create("user", "id INTEGER PRIMARY KEY, full_name TEXT"),
        downgrade="DROP TABLE user",
    ),
    Rev(
        "r2",
        "r1",
        upgrade=(
            "ALTER TABLE user ADD COLUMN first_name TEXT",
            "ALTER TABLE user DROP COLUMN full_name",
        ),
        downgrade=(
            "ALTER TABLE user ADD COLUMN full_name TEXT",
            "ALTER TABLE user DROP COLUMN first_name",
        ),
    ),
)


class RowsTestCase(ProjectTestCase):
    def table(self, columns: str, name: str = "user") -> Any:
        """Return a context at a revision with one table."""
        return self.open_history(
            Rev("r1", upgrade=create(name, columns)), start_revision="r1"
        )


class TestInsert(RowsTestCase):
    def test_one_row_and_a_list(self):
        context = self.table("id INTEGER PRIMARY KEY, name TEXT")
        self.assertEqual([5], context.insert_into("user", {"id": 5}))
        self.assertEqual(
            [2, 7], context.insert_into("user", [{"id": 2}, {"id": 7}])
        )
        self.assertEqual([9], context.insert_into("main.user", [{"id": 9}]))
        self.assertEqual(
            [8], context.insert_into("user", {"id": 8}, schema="main")
        )
        self.assertEqual(
            [2, 5, 7, 8, 9],
            [row["id"] for row in context.rows("user", order_by="id")],
        )

    def test_a_row_of_defaults(self):
        context = self.table("id INTEGER PRIMARY KEY, n INTEGER DEFAULT 3")
        self.assertEqual([1], context.insert_into("user"))
        self.assertEqual([2], context.insert_into("user", {}))
        self.assertEqual([3, 4], context.insert_into("user", [{}, {"n": 4}]))
        self.assertEqual(
            [3, 3, 3, 4], [row["n"] for row in context.rows("user")]
        )

    def test_keys_of_several_columns_and_none(self):
        context = self.table("a INTEGER, b TEXT, PRIMARY KEY (a, b)")
        self.assertEqual(
            [(1, "x"), (1, "y")],
            context.insert_into(
                "user", [{"a": 1, "b": "x"}, {"b": "y", "a": 1}]
            ),
        )
        context.execute("CREATE TABLE note (text TEXT)")
        self.assertEqual(
            [None, None], context.insert_into("note", [{"text": "a"}, {}])
        )

    def test_all_or_nothing(self):
        context = self.table("id INTEGER PRIMARY KEY, name TEXT NOT NULL")
        with self.assertRaises(exc.IntegrityError):
            context.insert_into("user", [{"name": "a"}, {"name": None}])
        with self.assertRaises(TableError):
            context.insert_into("user", [{"name": "a"}, {"nam": "b"}])
        self.assertEqual([], context.rows("user"))

    def test_names_that_need_quoting(self):
        context = self.table('id INTEGER, "a %b" TEXT', '"the ""order"""')
        context.insert_into('the "order"', {"id": 1, "a %b": "x"})
        self.assertEqual(
            [{"id": 1, "a %b": "x"}],
            context.rows('the "order"', where={"a %b": "x"}, order_by="a %b"),
        )

    def test_what_means_nothing_is_an_error(self):
        context = self.table("id INTEGER PRIMARY KEY, name TEXT")
        for words, table, data in (
            (r"no table 'usr'; there are .*user; did you mean 'user'\?",
             "usr", {}),
            (r"table 'user' has no column 'nam'; it has id, name; did you "
             r"mean 'name'\?", "user", {"nam": "a"}),
            ("the list is empty", "user", []),
            ("rows must be a mapping or a list.*not 'Ada'", "user", "Ada"),
            ("rows must be a mapping or a list.*not 3", "user", 3),
            ("a row of 'user' must be a mapping.*not 3", "user", [3]),
            ("non-empty str, not ''", "", {}),
            ("no schema 'shop'", "shop.user", {}),
        ):
            with self.subTest(words):
                with self.assertRaisesRegex(TableError, words):
                    context.insert_into(table, data)
        self.assertEqual([], context.rows("user"))

    def test_values_of_many_kinds_come_back(self):
        context = self.table(
            "id INTEGER PRIMARY KEY, day DATE, at DATETIME, hour TIME, "
            "price NUMERIC(8, 2), ok BOOLEAN, data JSON, raw BLOB, name TEXT"
        )
        row = {
            "id": 1, "day": "2024-02-29", "at": "2024-02-29 12:30",
            "hour": "12:30", "price": Decimal("1.50"), "ok": False,
            "data": [1, {"a": None}], "raw": b"\0'", "name": "O'Hara %s :x",
        }
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            context.insert_into("user", row)
            found = context.rows("user")
        self.assertEqual([{
            **row,
            "day": datetime.date(2024, 2, 29),
            "at": datetime.datetime(2024, 2, 29, 12, 30),
            "hour": datetime.time(12, 30),
        }], found)
        self.assertEqual([], [
            str(one.message) for one in caught
            if not issubclass(one.category, exc.SAWarning)
        ])
        context.insert_into("user", {name: None for name in row})
        self.assertIsNone(context.rows("user", where={"id": 2})[0]["day"])

    def test_the_definition_of_another_revision(self):
        context = self.open_history(*HISTORY, start_revision="r1")
        row = {"id": 1, "full_name": "Ada"}
        self.assertEqual([1], context.insert_into("user", row, "r1"))
        with self.assertRaisesRegex(TableError, "no column 'full_name'"):
            context.insert_into("user", row, revision="r2")
        with self.assertRaisesRegex(TableError, "no table 'user'"):
            context.insert_into("user", row, revision="base")
        with self.assertRaisesRegex(RevisionError, "'r3'"):
            context.insert_into("user", row, revision="r3")
        self.assertEqual([row], context.rows("user"))


class TestReading(RowsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.context = self.table("id INTEGER PRIMARY KEY, name TEXT, n REAL")
        self.context.insert_into("user", [
            {"id": 1, "name": "b", "n": 1}, {"id": 2, "name": None, "n": 1},
            {"id": 3, "name": "a", "n": 2},
        ])

    def ids(self, **options: Any) -> list[int]:
        return [row["id"] for row in self.context.rows("user", **options)]

    def test_conditions(self):
        for where, expected in (
            (None, [1, 2, 3]), ({"name": "a"}, [3]), ({"name": None}, [2]),
            ({"name": None, "n": 1}, [2]), ({"name": None, "n": 2}, []),
            ("name IS NOT NULL AND n < 2", [1]), ({}, [1, 2, 3]),
        ):
            with self.subTest(str(where)):
                self.assertEqual(
                    expected, self.ids(where=where, order_by="id")
                )

    def test_order(self):
        self.assertEqual([2, 3, 1], self.ids(order_by="name"))
        self.assertEqual([2, 1, 3], self.ids(order_by=["n", "name"]))

    def test_unknown_names(self):
        for options in ({"where": {"nam": 1}}, {"order_by": "nam"},
                        {"order_by": ["id", "nam"]}):
            with self.subTest(str(options)):
                with self.assertRaisesRegex(
                    TableError, "no column 'nam'; it has id, name, n; did "
                    "you mean 'name'"
                ):
                    self.ids(**options)
        with self.assertRaisesRegex(TableError, "no table 'usr'.*'user'"):
            self.context.rows("usr")

    def test_statements(self):
        context = self.context
        self.assertEqual(
            [(1,)],
            context.execute("SELECT id FROM user WHERE name = :x", {"x": "b"}),
        )
        self.assertEqual([], context.execute("UPDATE user SET n = 5"))
        self.assertEqual(5.0, context.scalar("SELECT n FROM user"))
        self.assertIsNone(context.scalar("SELECT n FROM user WHERE id = 9"))
        context.execute(
            "INSERT INTO user (id) VALUES (:id)", [{"id": 8}, {"id": 9}]
        )
        self.assertEqual([1, 2, 3, 8, 9], self.ids(order_by="id"))
        table = context.table_at_revision("user")
        self.assertEqual(5, len(context.execute(select(table.c.id))))
        with self.assertRaises(exc.IntegrityError):
            context.execute("INSERT INTO user (id) VALUES (1)")

    def test_connections(self):
        with self.context.connect() as connection:
            connection.exec_driver_sql("DELETE FROM user")
            connection.rollback()
        self.assertEqual([1, 2, 3], self.ids())


class TestTables(RowsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.context = self.open_history(*HISTORY, start_revision="r1")
        self.config = self.context.environment.config

    def columns(self, **options: Any) -> list[str]:
        table = self.context.table_at_revision("user", **options)
        return [column.name for column in table.columns]

    def databases(self) -> int:
        return len(list(self.temp.iterdir()))

    def test_a_table_is_never_stale(self):
        before = self.context.table_at_revision("user")
        self.context.migrate_up_to("r2")
        self.assertEqual(["id", "first_name"], self.columns())
        self.assertEqual(["id", "full_name"], before.columns.keys())
        self.context.migrate_down_to("r1")
        self.assertEqual(["id", "full_name"], self.columns())
        self.context.execute("ALTER TABLE user ADD COLUMN by_hand TEXT")
        self.assertIn("by_hand", self.columns())
        self.assertIn("by_hand", self.columns(revision="r1"))

    def test_another_revision_is_looked_up_in_a_database_of_its_own(self):
        self.context.insert_into("user", {"id": 1, "full_name": "Ada"})
        calls_of(self.config)
        self.assertEqual(["id", "first_name"], self.columns(revision="r2"))
        self.assertEqual(["id", "first_name"], self.columns(revision="head"))
        self.assertEqual(["id", "first_name"], self.columns(revision="+1"))
        with self.assertRaisesRegex(TableError, "no table 'user'"):
            self.columns(revision="base")
        self.assertEqual("r1", self.context.current)
        self.assertEqual(
            [{"id": 1, "full_name": "Ada"}], self.context.rows("user")
        )
        self.assertEqual(1, self.databases())

    def test_the_revision_at_hand_needs_no_other_database(self):
        self.columns()
        calls_of(self.config)
        self.assertEqual(["id", "full_name"], self.columns(revision="r1"))
        self.assertEqual([], calls_of(self.config))

    def test_unknown_names(self):
        with self.assertRaisesRegex(TableError, "no table 'usr'.*'user'"):
            self.context.table_at_revision("usr")
        with self.assertRaisesRegex(TableError, "no table 'usr'.*'user'"):
            self.context.table_at_revision("usr", revision="r2")
        self.assertEqual(1, self.databases())
        with self.assertRaisesRegex(RevisionError, "'r9'.*history has r1"):
            self.context.table_at_revision("user", revision="r9")

    def test_an_index_on_an_expression_is_no_warning(self):
        self.context.execute("CREATE INDEX ix ON user (lower(full_name))")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.context.table_at_revision("user")
            self.context.models_at_revision()
            read_contents(self.context, rows=True)

    def test_models(self):
        self.context.execute("CREATE TABLE note (text TEXT)")
        models = self.context.models_at_revision()
        self.assertEqual({"user"}, set(models) - {"alembic_version"})
        with Session(self.context.engine) as session:
            session.add(models["user"](id=1, full_name="Ada"))
            session.commit()
        self.assertEqual(
            [{"id": 1, "full_name": "Ada"}], self.context.rows("user")
        )
        later = self.context.models_at_revision("r2")["user"]
        self.assertTrue(hasattr(later, "first_name"))
        self.assertFalse(hasattr(later, "full_name"))
        self.assertEqual("r1", self.context.current)
        self.assertEqual(1, self.databases())


class TestContents(ProjectTestCase):
    """What all tables hold at once."""

    MAKE = (
        "CREATE SCHEMA more",
        "CREATE TABLE more.t0 (id INTEGER PRIMARY KEY, n INTEGER)",
        'CREATE TABLE "a.b ""c" (x INTEGER, y INTEGER, PRIMARY KEY (y, x))',
        "INSERT INTO more.t0 VALUES (2, 3)",
        'INSERT INTO "a.b ""c" VALUES (5, 6)',
    )

    def statements(self, size: int) -> int:
        """Return how many statements it takes with some tables."""
        url = servers.require_server("postgresql")
        context = self.open_history(
            Rev("r1", upgrade=[
                *self.MAKE,
                *(create(f"t{number}") for number in range(1, size)),
            ]),
            start_revision="r1",
            database_url=url.render_as_string(hide_password=False),
        )
        sent: list[str] = []
        context.scalar("SELECT 1")
        event.listen(
            context.engine, "before_cursor_execute",
            lambda c, cursor, statement, *_: sent.append(statement),
        )
        found = read_contents(context, rows=True)
        self.assertEqual(size + 1, len(found))
        self.assertEqual(
            Content(("id", "n"), ({"id": 2, "n": 3},), ("id",)),
            found["more.t0"],
        )
        self.assertEqual(
            Content(("x", "y"), ({"x": 5, "y": 6},), ("y", "x")),
            found['a.b "c'],
        )
        return len([one for one in sent if "FROM pg_catalog" in one])

    def test_the_catalogue_is_not_asked_for_each_table(self) -> None:
        self.assertEqual(self.statements(4), self.statements(40))

    def test_a_table_that_cannot_be_read_with_the_others(self) -> None:
        context = self.open_history(
            Rev("r1", upgrade=[create("a"), create("b")]),
            start_revision="r1",
        )
        real = MetaData.reflect

        def without_b(self: Any, bind: Any, **options: Any) -> None:
            options["only"] = [one for one in options["only"] if one != "b"]
            real(self, bind, **options)

        with mock.patch.object(MetaData, "reflect", without_b):
            found = read_contents(context, rows=True)
        self.assertEqual({"a", "b"}, set(found))
        self.assertEqual(("id",), found["b"].key)


if __name__ == "__main__":
    unittest.main()
