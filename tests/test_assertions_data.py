"""Do the assertions about rejected, kept and connected rows tell the truth,
on every kind of database?
"""
from __future__ import annotations

import datetime
import unittest
import uuid
from decimal import Decimal
from typing import Any

from migtestkit import MigrationTestCase
from migtestkit.errors import ConfigError, TableError
from migtestkit.rows import TableRows, what_was_lost
from migtestkit.rows.preserved import same_value
from sqlalchemy.orm import Session

from tests import servers
from tests.support import ProjectTestCase, Rev

PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL "
    "UNIQUE, age INTEGER CHECK (age > 0))"
)
PETS = (
    "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER, "
    "FOREIGN KEY (owner) REFERENCES people (id))"
)
NOTES = "CREATE TABLE notes (words VARCHAR(20), number INTEGER)"
HISTORY = (
    Rev("r1", upgrade=(PEOPLE, PETS, NOTES)),
    Rev(
        "r2", "r1",
        upgrade=(
            "UPDATE people SET age = age + 1 WHERE id = 2",
            "DELETE FROM pets WHERE id = 2",
            "DELETE FROM notes WHERE number = 1",
        ),
    ),
    Rev("r3", "r2", upgrade="ALTER TABLE people ADD COLUMN fax INTEGER"),
    Rev("r4", "r3", upgrade="DROP TABLE notes"),
)
ADA = {"id": 1, "name": "Ada", "age": 36}
EVE = {"id": 2, "name": "Eve", "age": 40}


class DataTestCase(ProjectTestCase):
    """Gives a case at r1 on SQLite; `each_case()` gives one on each."""

    def setUp(self) -> None:
        super().setUp()
        self.ini = self.make_history(*HISTORY)

    def open_case(self, url: str = "sqlite://", start: str = "r1") -> Any:
        members: dict[str, Any] = {
            "alembic_config": str(self.ini),
            "database_url": url,
            "start_revision": start,
            "runTest": lambda self: None,
        }
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        return case

    def each_url(self) -> list[str]:
        """SQLite, and the servers that there are or must be."""
        urls = ["sqlite://"]
        for family in servers.FAMILIES:
            url = servers.server_url(family)
            if servers.is_required(family) or not servers.why_missing(url):
                servers.require_server(family)
                urls.append(url.render_as_string(hide_password=False))
        return urls

    def fails(self, case: Any, name: str, *args: Any, **options: Any) -> str:
        with self.assertRaises(case.failureException) as caught:
            getattr(case, name)(*args, **options)
        return str(caught.exception)


class TestRowsAndObjects(DataTestCase):
    """What other modules prove in depth on SQLite, on all of them."""

    def test_rows_are_written_read_and_counted(self) -> None:
        for url in self.each_url():
            with self.subTest(url):
                case = self.open_case(url)
                self.assertEqual([1, 2], case.insert_into(
                    "people", [ADA, EVE]
                ))
                self.assertEqual([ADA, EVE], case.rows(
                    "people", order_by="id"
                ))
                case.assertRows("people", [EVE, ADA])
                case.assertRows("people", [{"name": "Ada"}], where={"id": 1})
                case.assertRows(
                    "people", [{"id": 1}, {"id": 2}], order_by="name"
                )
                case.assertRowCount("people", 2)
                self.assertEqual(
                    "table 'people' does not hold the rows expected\n"
                    "  ! changed id=2: age is 40, not 41",
                    self.fails(
                        case, "assertRows", "people", [ADA, {**EVE, "age": 41}]
                    ),
                )
                self.assertEqual(
                    "table 'people' holds 2 rows, not 3",
                    self.fails(case, "assertRowCount", "people", 3),
                )

    def test_objects_with_their_relationships(self) -> None:
        for url in self.each_url():
            with self.subTest(url):
                case = self.open_case(url)
                models = case.models_at_revision()
                self.assertEqual({"people", "pets"}, set(models))
                with Session(case.migrations.engine) as session:
                    ada = models["people"](**ADA)
                    ada.pets_collection.append(models["pets"](id=5))
                    session.add(ada)
                    session.commit()
                case.assertRows("pets", [{"id": 5, "owner": 1}])
                case.assertForeignKeysIntact()

    def test_objects_of_tables_in_another_schema(self) -> None:
        url = servers.require_server("postgresql")
        case = self.open_case(url.render_as_string(hide_password=False))
        case.execute("CREATE SCHEMA shop")
        case.execute(
            "CREATE TABLE shop.pets (id INTEGER PRIMARY KEY, "
            "owner INTEGER REFERENCES people (id))"
        )
        models = case.models_at_revision()
        self.assertEqual({"people", "pets", "shop.pets"}, set(models))
        self.assertIsNot(models["pets"], models["shop.pets"])
        with Session(case.migrations.engine) as session:
            ada = models["people"](**ADA)
            session.add(models["shop.pets"](id=7, people=ada))
            session.commit()
        case.assertRows("shop.pets", [{"id": 7, "owner": 1}])
        case.assertRowCount("pets", 0)

    def test_a_table_of_which_there_is_no_class(self) -> None:
        case = self.open_case("sqlite://")
        case.execute("CREATE TABLE remarks (text TEXT)")
        models = case.models_at_revision()
        self.assertNotIn("remarks", models)
        self.assertIsNone(models.get("remarks"))
        with self.assertRaisesRegex(
            TableError, "'remarks' has no primary key.*insert_into"
        ):
            models["remarks"]
        with self.assertRaisesRegex(
            TableError, "'peple'; there are 'people', 'pets'; did you mean "
            "'people'"
        ):
            models["peple"]

    def test_a_column_that_is_called_like_the_table_it_refers_to(self):
        for url in self.each_url():
            with self.subTest(url):
                case = self.open_case(url)
                case.execute(
                    "CREATE TABLE cars (id INTEGER PRIMARY KEY, people "
                    "INTEGER, FOREIGN KEY (people) REFERENCES people (id))"
                )
                models = case.models_at_revision()
                with Session(case.migrations.engine) as session:
                    ada = models["people"](**ADA)
                    session.add(models["cars"](id=3, people_object=ada))
                    session.commit()
                case.assertRows("cars", [{"id": 3, "people": 1}])

    def test_a_migration_that_fails_and_a_round_trip(self) -> None:
        for url in self.each_url():
            with self.subTest(url):
                case = self.open_case(url)
                case.insert_into("people", [ADA, EVE])
                case.execute("ALTER TABLE people ADD COLUMN fax INTEGER")
                failure = case.assertMigrationFails("r3", "(?i)fax")
                self.assertEqual("r3", failure.revision)
                self.assertEqual("r2", case.current)
                self.assertEqual(
                    "the upgrade of revision r4 (revision r4) did not fail",
                    self.fails(
                        self.open_case(url), "assertMigrationFails", "r4"
                    ),
                )
                case = self.open_case(url, start="r2")
                text = self.fails(case, "assertRoundtrip")
                self.assertIn("revision r3 (revision r3): its downgrade", text)
                self.assertIn("fax", text)
                self.assertLess(len(text.splitlines()), 25)


class TestInsertFails(DataTestCase):
    def test_what_is_no_regular_expression(self) -> None:
        case = self.open_case(None)
        for regex in ("(", 7):
            with self.assertRaisesRegex(ConfigError, "regex must be"):
                case.assertInsertFails("people", ADA, regex)
        self.assertEqual([], case.rows("people"))

    def test_what_is_rejected_and_what_is_not(self) -> None:
        for url in self.each_url():
            with self.subTest(url):
                case = self.open_case(url)
                case.insert_into("people", ADA)
                check = case.assertInsertFails
                check("people", {**EVE, "name": None}, "(?i)null")
                check("people", {**EVE, "name": "Ada"}, "(?i)unique|dup")
                check("people", {**EVE, "age": 0}, "(?i)check|constraint")
                check("people", {**EVE, "id": 1})
                check("pets", {"id": 1, "owner": 9}, "(?i)foreign key")
                self.assertEqual(
                    "table 'people' accepts the row "
                    "{'id': 2, 'name': 'Eve', 'age': 40}",
                    self.fails(case, "assertInsertFails", "people", EVE),
                )
                # Nothing stays, and the database goes on.
                self.assertEqual([ADA], case.rows("people"))
                self.assertEqual([], case.rows("pets"))
                case.insert_into("people", EVE)
                case.insert_into("pets", {"id": 1, "owner": 2})

    def test_another_text_than_expected(self) -> None:
        case = self.open_case()
        case.insert_into("people", ADA)
        self.assertEqual(
            "table 'people' rejects the row with another text than 'CHECK': "
            "UNIQUE constraint failed: people.id : of Ada",
            self.fails(
                case, "assertInsertFails", "people", ADA, "CHECK", "of Ada"
            ),
        )

    def test_a_constraint_that_is_deferred(self) -> None:
        url = servers.require_server("postgresql")
        case = self.open_case(str(url))
        case.execute(
            "ALTER TABLE pets ADD CONSTRAINT late FOREIGN KEY (id) "
            "REFERENCES people DEFERRABLE INITIALLY DEFERRED"
        )
        case.assertInsertFails("pets", {"id": 5}, "late")

    def test_a_deferred_one_of_sqlite(self) -> None:
        case = self.open_case()
        case.execute(
            "CREATE TABLE late (id INTEGER REFERENCES people (id) "
            "DEFERRABLE INITIALLY DEFERRED)"
        )
        case.insert_into("people", ADA)
        case.assertInsertFails("late", {"id": 5}, "FOREIGN KEY")
        self.assertIn(
            "accepts the row",
            self.fails(case, "assertInsertFails", "late", {"id": 1}),
        )
        self.assertIn(
            "with another text than 'UNIQUE': FOREIGN KEY",
            self.fails(case, "assertInsertFails", "late", {"id": 5}, "UNIQUE"),
        )
        self.assertEqual([], case.rows("late"))

    def test_a_lock_rejects_no_row(self) -> None:
        case = self.open_case()
        case.lock_timeout = 0.1
        other = case.connect()
        self.addCleanup(other.close)
        other.exec_driver_sql("BEGIN EXCLUSIVE")
        with self.assertRaisesRegex(Exception, "locked"):
            case.assertInsertFails("people", {**ADA, "name": None})

    def test_mistakes_are_errors(self) -> None:
        case = self.open_case()
        for table, row, words in (
            ("peple", {"id": 1}, "no table 'peple'.*did you mean 'people'"),
            ("people", {"nam": 1}, "no column 'nam'.*did you mean 'name'"),
            ("people", [ADA], "one row is expected"),
        ):
            with self.subTest(table=table, row=row):
                with self.assertRaisesRegex(TableError, words):
                    case.assertInsertFails(table, row)


class TestDataPreserved(DataTestCase):
    def test_what_a_revision_changes_and_what_it_leaves(self) -> None:
        for url in self.each_url():
            with self.subTest(url):
                case = self.open_case(url)
                case.insert_into("people", [ADA, EVE])
                case.insert_into(
                    "pets", [{"id": 1, "owner": 1}, {"id": 2, "owner": 2}]
                )
                case.insert_into("notes", [{"words": "x", "number": 1}])
                with self.assertRaises(case.failureException) as caught:
                    with case.assertDataPreserved():
                        case.migrate_up_to("r2")
                self.assertEqual(
                    "rows are not what they were\n"
                    "  table 'notes', without a primary key to compare by: "
                    "1 of 1 row gone or changed: "
                    "{'words': 'x', 'number': 1}\n"
                    "  table 'people', column 'age': 1 of 2 values changed: "
                    "id=2: 40 -> 41\n"
                    "  table 'pets': 1 of 2 rows gone: id=2",
                    str(caught.exception),
                )
                with case.assertDataPreserved():
                    case.migrate_up_to("r3")
                case.insert_into("notes", [{"words": "x", "number": 2}])
                with self.assertRaises(case.failureException) as caught:
                    with case.assertDataPreserved(msg="of r4"):
                        case.migrate_up_to("r4")
                self.assertEqual(
                    "rows are not what they were\n"
                    "  table 'notes' is gone, with its 1 row : of r4",
                    str(caught.exception),
                )

    def test_what_may_be_lost_and_what_is_not_looked_at(self) -> None:
        for tables, lossy in (
            ((), ("people.age", "pets", "notes")),
            (("people",), ("people.age",)),
        ):
            with self.subTest(tables):
                case = self.open_case()
                case.insert_into("people", [ADA, EVE])
                case.insert_into("pets", {"id": 2, "owner": 2})
                case.insert_into("notes", [{"words": "x", "number": 1}])
                with case.assertDataPreserved(*tables, lossy=lossy):
                    case.migrate_up_to("r2")

    def test_a_list_of_losses_that_leaves_nothing_to_compare(self) -> None:
        case = self.open_case()
        case.insert_into("people", [ADA])
        for lossy in (
            ["people"], ["people.id", "people.name", "people.age"],
        ):
            with self.subTest(lossy):
                with self.assertRaisesRegex(TableError, "nothing would be"):
                    with case.assertDataPreserved(lossy=lossy):
                        self.fail("it was entered")
        with case.assertDataPreserved(lossy=["people"], allow_empty=True):
            pass

    def test_tables_outside_the_default_schema(self) -> None:
        url = servers.require_server("postgresql")
        case = self.open_case(str(url))
        case.execute("CREATE SCHEMA shop")
        case.execute("CREATE TABLE shop.items (id INTEGER PRIMARY KEY, n INT)")
        case.execute("INSERT INTO shop.items VALUES (1, 5)")
        with self.assertRaises(case.failureException) as caught:
            with case.assertDataPreserved():
                case.execute("UPDATE shop.items SET n = 6")
        self.assertEqual(
            "rows are not what they were\n"
            "  table 'shop.items', column 'n': 1 of 1 value changed: "
            "id=1: 5 -> 6",
            str(caught.exception),
        )
        with case.assertDataPreserved("shop.items"):
            case.migrate_up_to("r2")
        case.execute(
            "CREATE TABLE shop.parts (item INT REFERENCES shop.items)"
        )
        case.assertForeignKeysIntact()
        case.execute("ALTER TABLE shop.parts DISABLE TRIGGER ALL")
        case.execute("INSERT INTO shop.parts VALUES (7)")
        self.assertIn(
            "table 'shop.parts': 1 row whose (item) is not in shop.items "
            "(id): 7",
            self.fails(case, "assertForeignKeysIntact"),
        )

    def test_an_error_within_is_the_error(self) -> None:
        case = self.open_case()
        case.insert_into("people", ADA)
        with self.assertRaises(ZeroDivisionError):
            with case.assertDataPreserved():
                case.execute("DELETE FROM people")
                1 / 0

    def test_mistakes_are_errors(self) -> None:
        case = self.open_case()
        with self.assertRaisesRegex(TableError, "no row before"):
            with case.assertDataPreserved():
                self.fail("it was entered")
        case.insert_into("people", ADA)
        with self.assertRaisesRegex(TableError, "no row before"):
            with case.assertDataPreserved("pets"):
                self.fail("it was entered")
        with case.assertDataPreserved("pets", allow_empty=True):
            pass
        with self.assertRaisesRegex(TableError, "did you mean 'people'"):
            with case.assertDataPreserved("peple"):
                self.fail("it was entered")
        with self.assertRaisesRegex(TableError, "lossy names 'people.ag'"):
            with case.assertDataPreserved(lossy=["people.ag"]):
                pass


class TestForeignKeysIntact(DataTestCase):
    def without_checks(self, case: Any, sql: str) -> None:
        with case.connect() as connection:
            before, after = {
                "sqlite": ("PRAGMA foreign_keys = OFF", ""),
                "postgresql": (
                    "ALTER TABLE pets DISABLE TRIGGER ALL",
                    "ALTER TABLE pets ENABLE TRIGGER ALL",
                ),
                "mysql": (
                    "SET foreign_key_checks = 0", "SET foreign_key_checks = 1"
                ),
            }["mysql" if connection.dialect.name == "mariadb"
              else connection.dialect.name]
            for one in (before, sql, after):
                if one:
                    connection.exec_driver_sql(one)
            connection.commit()

    def test_rows_that_refer_to_nothing(self) -> None:
        for url in self.each_url():
            with self.subTest(url):
                case = self.open_case(url)
                case.insert_into("people", ADA)
                case.insert_into(
                    "pets", [{"id": 1, "owner": 1}, {"id": 2, "owner": None}]
                )
                case.assertForeignKeysIntact()
                self.without_checks(
                    case, "INSERT INTO pets VALUES (3, 7), (4, 8)"
                )
                text = self.fails(case, "assertForeignKeysIntact", "so")
                self.assertIn(
                    "rows refer to what is not there\n"
                    "  table 'pets': 2 rows whose (owner) is not in "
                    "people (id): 7; 8 : so",
                    text,
                )

    def test_a_table_that_does_not_exist(self) -> None:
        case = self.open_case()
        self.without_checks(
            case, "CREATE TABLE lost (id INTEGER REFERENCES nowhere)"
        )
        case.assertForeignKeysIntact()
        self.without_checks(case, "INSERT INTO lost VALUES (1)")
        self.assertIn(
            "table 'lost': 1 row whose (id) is not in nowhere, which does "
            "not exist: 1",
            self.fails(case, "assertForeignKeysIntact"),
        )

    def test_no_foreign_key_at_all(self) -> None:
        case = self.open_case(start="base")
        with self.assertRaisesRegex(TableError, "no table has a foreign key"):
            case.assertForeignKeysIntact()
        case.assertForeignKeysIntact(allow_empty=True)


class TestWhatWasLost(unittest.TestCase):
    """The decision by itself."""

    def table(self, *rows: dict[str, Any], key: str = "id") -> TableRows:
        return TableRows(tuple(rows[0]), (key,) if key else (), rows)

    def test_only_some_examples_are_shown(self) -> None:
        before = self.table(*({"id": i, "a": "x" * 200} for i in range(9)))
        after = self.table(*({"id": i, "a": "y"} for i in range(9)))
        (line,) = what_was_lost("t", before, after)
        self.assertIn("9 of 9 values changed", line)
        self.assertTrue(line.endswith("; and 6 more"), line)
        self.assertLess(len(line), 500)

    def test_a_key_that_is_renamed_makes_it_a_matter_of_content(self):
        before = self.table({"id": 1, "a": 5}, {"id": 2, "a": 5})
        after = self.table({"key": 1, "a": 5}, {"key": 2, "a": 5}, key="key")
        self.assertEqual([], what_was_lost("t", before, after))
        after = self.table({"key": 1, "a": 5}, {"key": 2, "a": 6}, key="key")
        self.assertIn("1 of 2 rows", what_was_lost("t", before, after)[0])

    def test_a_table_of_which_no_column_is_left(self) -> None:
        before = self.table({"a": 1}, {"a": 2}, key="")
        after = self.table({"b": 1}, {"b": 2}, key="")
        self.assertEqual(
            ["table 't': none of its columns is left, so its 2 rows cannot "
             "be compared"],
            what_was_lost("t", before, after),
        )

    def test_a_key_of_another_type(self) -> None:
        names = [uuid.uuid4() for _ in range(3)]
        before = self.table(*({"id": one, "n": 1} for one in names))
        after = self.table(*({"id": str(one), "n": 1} for one in names))
        for key in (("id",), ()):
            one = TableRows(before.columns, key, before.rows)
            two = TableRows(after.columns, key, after.rows)
            self.assertEqual([], what_was_lost("t", one, two))
            self.assertEqual([], what_was_lost("t", two, one))
            less = TableRows(after.columns, key, after.rows[1:])
            self.assertEqual(1, len(what_was_lost("t", one, less)))

    def test_rows_in_addition_are_no_loss(self) -> None:
        before = self.table({"id": 1, "a": 5})
        after = self.table({"id": 1, "a": 5}, {"id": 2, "a": 6})
        self.assertEqual([], what_was_lost("t", before, after))

    def test_values_that_mean_the_same(self) -> None:
        moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 500000)
        name = uuid.uuid4()
        for one, other in (
            (1, True), (1, "1"), (1.5, Decimal("1.50")), (0.0, 0),
            (Decimal("100"), "100.0"), (moment, "2026-01-02T03:04:05.5"),
            (moment, "2026-01-02 03:04:05.500000"),
            (datetime.date(2026, 1, 2), "2026-01-02"),
            (name, str(name)), (name, name.hex.upper()),
            (b"ab", bytearray(b"ab")), (None, None),
            (datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2)),
            (moment, moment.replace(tzinfo=datetime.timezone.utc)),
            (moment.replace(tzinfo=datetime.timezone.utc),
             "2026-01-02 04:04:05.5+01"),
            (True, "true"), (False, "f"),
            ({"a": [1, None]}, '{"a": [1, null]}'), ([1], "[1]"),
        ):
            with self.subTest(one=one, other=other):
                self.assertTrue(same_value(one, other))
                self.assertTrue(same_value(other, one))

    def test_values_that_do_not(self) -> None:
        moment = datetime.datetime(2026, 1, 2, 3, 4, 5)
        for one, other in (
            (1, 2), (1, "one"), ("1", "1.0"), ("a", "A"), (None, 0),
            (None, ""), (None, "NULL"), (1.5, "1.51"), (True, False),
            (datetime.date(2026, 1, 2), "2026-01-03"),
            (uuid.uuid4(), str(uuid.uuid4())), (b"ab", b"abc"),
            (datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 1)),
            (moment, "tomorrow"), (True, "false"), ({"a": 1}, '{"a": 2}'),
            ({"a": 1}, "a"), (moment, moment.replace(microsecond=6)),
        ):
            with self.subTest(one=one, other=other):
                self.assertFalse(same_value(one, other))
                self.assertFalse(same_value(other, one))


if __name__ == "__main__":
    unittest.main()
