"""Do the assertions about rows tell what is there?"""

from __future__ import annotations

import datetime
import unittest
from decimal import Decimal
from typing import Any

from migtestkit import MigrationTestCase
from migtestkit.errors import TableError
from tests.support import ProjectTestCase, Rev, create

ADA = {"id": 1, "name": "Ada", "born": "1815-12-10"}
BOB = {"id": 2, "name": "Bob", "born": None}
COLUMNS = "id INTEGER PRIMARY KEY, name TEXT, born DATE"


class RowsTestCase(ProjectTestCase):
    """Gives each test a case at r1, where `user` has two rows."""

    columns = COLUMNS

    def setUp(self) -> None:
        super().setUp()
        ini = self.make_history(
            Rev(
                "r1",
                upgrade=(
                    create("user", self.columns),
                    create("empty"),
                    "CREATE VIEW names AS SELECT name FROM user",
                ),
            ),
        )
        members: dict[str, Any] = {
            "alembic_config": str(ini),
            "start_revision": "r1",
            "runTest": lambda self: None,
        }
        self.case: Any = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(self.case.doCleanups)

    def assertFails(self, name: str, *args: Any, **options: Any) -> str:
        with self.assertRaises(self.case.failureException) as caught:
            getattr(self.case, name)(*args, **options)
        return str(caught.exception)


class TestRows(RowsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case.insert_into("user", [ADA, BOB])

    def test_what_is_true_passes(self):
        check = self.case.assertRows
        check("user", [ADA, BOB])
        check("user", [BOB, ADA])
        check("main.user", (ADA, BOB))
        check("user", [ADA, BOB], schema="main")
        check("user", [{"name": "Ada"}, {"name": "Bob"}])
        check("user", [ADA], where={"name": "Ada"})
        check("user", [BOB], where={"born": None})
        check("user", [BOB], where="id > 1")
        check("user", [ADA], where={"born": datetime.date(1815, 12, 10)})
        check("names", [{"name": "Bob"}, {"name": "Ada"}])
        check("empty", [], allow_empty=True)
        check("user", [], where={"name": "Eve"}, allow_empty=True)

    def test_a_row_that_has_changed_is_told_by_its_key(self):
        eve = {**ADA, "name": "Eve", "born": None}
        self.assertEqual(
            "table 'user' does not hold the rows expected\n"
            "  ! changed id=1: name is 'Ada', not 'Eve', born is "
            "datetime.date(1815, 12, 10), not None",
            self.assertFails("assertRows", "user", [eve, BOB]),
        )
        self.assertEqual(
            "table 'user' does not hold the rows expected\n"
            "  - missing {'id': 7, 'name': 'Ada', 'born': "
            "datetime.date(1815, 12, 10)}\n"
            "  + extra   {'id': 1, 'name': 'Ada', 'born': "
            "datetime.date(1815, 12, 10)}\n"
            "  ! changed id=2: name is 'Bob', not 'Rob'",
            self.assertFails(
                "assertRows", "user",
                [{**ADA, "id": 7}, {**BOB, "name": "Rob"}],
            ),
        )

    def test_only_so_many_changes_are_shown(self):
        self.case.insert_into(
            "user", [{"id": i, "name": "x"} for i in range(10, 30)]
        )
        text = self.assertFails(
            "assertRows", "user",
            [{"id": i, "name": "y"} for i in range(10, 30)],
            where="id >= 10",
        )
        self.assertIn("! changed and 10 more", text)
        self.assertLess(len(text.splitlines()), 15)

    def test_in_an_order(self):
        self.case.assertRows("user", [ADA, BOB], order_by="id")
        self.case.assertRows("user", [ADA, BOB], order_by=["name", "id"])
        self.assertEqual(
            "table 'user' holds the rows expected in another order: row 1 is "
            "{'id': 1}, not {'id': 2} : sorted",
            self.assertFails(
                "assertRows", "user", [{"id": 2}, {"id": 1}], "sorted",
                order_by="id",
            ),
        )
        with self.assertRaisesRegex(TableError, "no column 'nam'"):
            self.case.assertRows("user", [ADA, BOB], order_by="nam")

    def test_a_missing_and_an_extra_row(self):
        text = self.assertFails("assertRows", "user", [ADA, {**BOB, "id": 3}])
        self.assertEqual(
            "table 'user' does not hold the rows expected\n"
            "  - missing {'id': 3, 'name': 'Bob', 'born': None}\n"
            "  + extra   {'id': 2, 'name': 'Bob', 'born': None}",
            text,
        )

    def test_how_often_a_row_is_there_counts(self):
        name = {"name": "Ada"}
        text = self.assertFails("assertRows", "names", [name, name])
        self.assertIn("- missing {'name': 'Ada'}", text)
        self.assertIn("+ extra   {'name': 'Bob'}", text)
        text = self.assertFails("assertRows", "names", [name])
        self.assertNotIn("missing", text)

    def test_an_empty_table_is_not_the_rows_expected(self):
        text = self.assertFails("assertRows", "empty", [{"id": 1}])
        self.assertIn("- missing {'id': 1}", text)
        text = self.assertFails("assertRows", "user", [], allow_empty=True)
        self.assertIn("+ extra   {'id': 1, 'name': 'Ada'", text)

    def test_only_rows_of_the_condition_are_looked_at(self):
        text = self.assertFails("assertRows", "user", [ADA], where="id = 2")
        self.assertIn("missing {'id': 1", text)
        self.assertIn("extra   {'id': 2", text)

    def test_many_rows_stay_readable(self):
        rows = [{"id": number, "name": "x" * 9000} for number in range(9, 99)]
        self.case.insert_into("user", rows)
        text = self.assertFails(
            "assertRows", "user", [{"id": -number} for number in range(1, 99)]
        )
        self.assertIn("- missing and 88 more", text)
        self.assertIn("+ extra   and 82 more", text)
        self.assertLess(len(text.splitlines()), 25)
        text = self.assertFails("assertRows", "user", rows[:80])
        self.assertLess(len(text), 6000)
        self.assertIn(" characters)", text)

    def test_what_means_nothing_is_an_error(self):
        for words, args, options in (
            (r"no table 'usr'; there are .*mean 'user'\?", ("usr", [ADA]), {}),
            ("no row is expected.*allow_empty=True", ("user", []), {}),
            ("must be a list of mappings, not 'Ada'", ("user", "Ada"), {}),
            ("must be a list of mappings, not {'id", ("user", ADA), {}),
            ("must be a list of mappings, not <gen",
             ("user", (one for one in [ADA])), {}),
            ("a row expected must be a mapping.*not 1", ("user", [1]), {}),
            ("a row expected must be a mapping.*not {}", ("user", [{}]), {}),
            ("has no column 'nam'; it has id, name, born; did you mean 'name'",
             ("user", [{"nam": "Ada"}]), {}),
            ("different columns: .*'born', 'id', 'name'.* and .*'id'",
             ("user", [ADA, {"id": 2}]), {}),
            ("no column 'nam'", ("user", [ADA]), {"where": {"nam": "Ada"}}),
            ("no schema 'shop'", ("shop.user", [ADA]), {}),
        ):
            with self.subTest(words):
                with self.assertRaisesRegex(TableError, words):
                    self.case.assertRows(*args, **options)

    def test_a_database_without_the_table(self):
        self.case.execute("DROP TABLE user")
        for call in (
            lambda: self.case.assertRows("user", [], allow_empty=True),
            lambda: self.case.assertRows("user", [ADA]),
            lambda: self.case.assertRowCount("user", 0),
        ):
            with self.assertRaisesRegex(TableError, "no table 'user'"):
                call()


class TestValues(RowsTestCase):
    columns = (
        "id INTEGER PRIMARY KEY, day DATE, at DATETIME, hour TIME, "
        "price NUMERIC(8, 2), size FLOAT, ok BOOLEAN, data JSON, raw BLOB, "
        "name TEXT"
    )

    def test_values_are_compared_as_the_column_gives_them(self):
        row = {
            "day": "2024-02-29",
            "at": "2024-02-29T12:30:00",
            "hour": "12:30",
            "price": 0.1,
            "size": 0.1,
            "ok": True,
            "data": {"tags": ["a", None]},
            "raw": b"\0\xff",
            "name": None,
        }
        self.case.insert_into("user", row)
        self.case.assertRows("user", [row])
        self.case.assertRows("user", [{
            "day": datetime.date(2024, 2, 29),
            "at": datetime.datetime(2024, 2, 29, 12, 30),
            "hour": datetime.time(12, 30),
            "price": Decimal("0.10"),
            "size": 0.1,
            "ok": 1,
            "data": {"tags": ["a", None]},
            "raw": b"\0\xff",
            "name": None,
        }])
        for name, value in (
            ("day", "2024-02-28"), ("price", 0.11), ("ok", False),
            ("data", {"tags": ["a"]}), ("raw", b""), ("name", ""),
        ):
            with self.subTest(name):
                text = self.assertFails("assertRows", "user", [{name: value}])
                self.assertIn(f"- missing {{'{name}': ", text)

    def test_a_time_of_utc(self):
        self.case.insert_into("user", {"at": "2024-02-29T12:30:00Z"})
        text = self.case.scalar("SELECT at FROM user")
        self.assertTrue(text.startswith("2024-02-29 12:30:00"), text)

    def test_text_that_is_no_date_is_not_equal_to_one(self):
        self.case.insert_into("user", {"day": "2024-02-29"})
        text = self.assertFails("assertRows", "user", [{"day": "yesterday"}])
        self.assertIn("missing {'day': 'yesterday'}", text)


class TestRowCount(RowsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case.insert_into("user", [ADA, BOB])

    def test_what_is_true_passes(self):
        self.case.assertRowCount("user", 2)
        self.case.assertRowCount("main.user", 2)
        self.case.assertRowCount("user", 1, where={"name": "Ada"})
        self.case.assertRowCount("user", 1, where={"born": None})
        self.case.assertRowCount("user", 0, where="id > 2")
        self.case.assertRowCount("empty", 0)

    def test_what_is_false_fails(self):
        self.assertEqual(
            "table 'user' holds 2 rows, not 3",
            self.assertFails("assertRowCount", "user", 3),
        )
        self.assertIn(
            "holds 1 rows, not 0 : after the release",
            self.assertFails(
                "assertRowCount", "user", 0, "after the release",
                where={"id": 1},
            ),
        )

    def test_what_means_nothing_is_an_error(self):
        for words, args, options in (
            (r"no table 'usr'.*did you mean 'user'", ("usr", 0), {}),
            ("count must be a number of rows, not '2'", ("user", "2"), {}),
            ("count must be a number of rows, not True", ("user", True), {}),
            ("count must be a number of rows, not -1", ("user", -1), {}),
            ("count must be a number of rows, not None", ("user", None), {}),
            ("no column 'nam'", ("user", 0), {"where": {"nam": "Ada"}}),
        ):
            with self.subTest(words):
                with self.assertRaisesRegex(TableError, words):
                    self.case.assertRowCount(*args, **options)


if __name__ == "__main__":
    unittest.main()
