"""Does a look tell that nothing changed, and read in full what did?"""

from __future__ import annotations

import unittest
from unittest import mock

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from migtestkit.schema import look, look_at_schema

from tests.support import count_calls


class TestLook(unittest.TestCase):
    def setUp(self):
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        self.addCleanup(self.engine.dispose)
        self.connection = self.engine.connect()
        self.addCleanup(self.connection.close)
        self.run_sql(
            "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE INDEX ix_name ON author (name)",
            "CREATE VIEW names AS SELECT name FROM author",
            "CREATE TRIGGER stop BEFORE DELETE ON author "
            "BEGIN SELECT RAISE(ABORT, 'no'); END",
        )

    def run_sql(self, *statements):
        for statement in statements:
            self.connection.exec_driver_sql(statement)

    def look(self, **options):
        return look_at_schema(self.connection, **options)

    def differences(self, *statements):
        before = self.look()
        self.run_sql(*statements)
        return [one.describe() for one in before.differences(self.look())]

    def test_an_unchanged_schema_is_not_read(self):
        before = self.look()
        self.run_sql(
            "INSERT INTO author (name) VALUES ('Ada')",
            "CREATE TABLE book (id INTEGER)",
            "DROP TABLE book",
        )
        with mock.patch.object(look, "read_schema") as read:
            self.assertEqual(before.differences(self.look()), ())
        read.assert_not_called()

    def test_what_changed_is_told(self):
        for statement, part in {
            "CREATE TABLE book (id INTEGER)": "book",
            "ALTER TABLE author ADD COLUMN born DATE": "born",
            "DROP INDEX ix_name": "ix_name",
            "DROP VIEW names": "names",
            "DROP TRIGGER stop": "stop",
            "PRAGMA user_version = 7": "user_version",
        }.items():
            with self.subTest(statement):
                (text,) = self.differences(statement)
                self.assertIn(part, text)

    def test_another_spelling_is_read_and_found_the_same(self):
        self.run_sql("CREATE TABLE book (id INTEGER, title TEXT)")
        before = self.look()
        self.run_sql(
            "DROP TABLE book", 'CREATE TABLE "book" ("id" INTEGER, title TEXT)'
        )
        after = self.look()
        self.assertFalse(before.same_as(after))
        self.assertEqual(before.differences(after), ())

    def test_the_earlier_schema_can_be_read_after_it_is_gone(self):
        before = self.look()
        self.run_sql("DROP VIEW names", "DROP TABLE author")
        self.assertEqual(before.snapshot.tables, ("author",))
        self.assertEqual(list(before.snapshot.of_kind("trigger")), ["stop"])

    def test_many_tables_are_no_loop(self):
        few = self.calls_of_look()
        for number in range(200):
            self.run_sql(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY)")
        many = self.calls_of_look()
        self.assertLess(many, few + 20)

    def calls_of_look(self):
        self.look()
        return count_calls(lambda: self.look(exclude=["version"]))[1]

    def test_excluded_tables_do_not_count(self):
        self.run_sql(
            "CREATE TABLE version (num TEXT)",
            "CREATE INDEX ix_num ON version (num)",
        )
        before = self.look(exclude=["other", "Version"])
        self.run_sql("DROP TABLE version")
        after = self.look(exclude=["other", "Version"])
        self.assertTrue(before.same_as(after))
        self.assertFalse(before.same_as(self.look(exclude=["author"])))

    def test_virtual_tables_are_read_at_once(self):
        self.run_sql("CREATE VIRTUAL TABLE words USING fts5(word)")
        before = self.look()
        self.assertEqual(before.differences(self.look()), ())
        (text,) = self.differences("DROP TABLE words")
        self.assertIn("words", text)


if __name__ == "__main__":
    unittest.main()
