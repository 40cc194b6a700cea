"""Do errors travel, hide passwords and suggest what was meant?"""
from __future__ import annotations

import copy
import pickle
import unittest
from typing import Any

from migtestkit import errors
from migtestkit.errors import (
    MigrationFailed,
    MigtestkitError,
    listing,
    redact,
    shorten,
    suggest,
)

FAILED = dict(
    revision="r2",
    description="add a table",
    path="/project/r2.py",
    direction="upgrade",
    error="no such table: x",
    error_type="sqlite3.OperationalError",
    statement="DROP TABLE x",
    position=3,
    where="line 7, in upgrade: op.drop_table('x')",
    database="billing",
)


def build(**changes: Any) -> MigrationFailed:
    arguments: dict[str, Any] = {**FAILED, **changes}
    return MigrationFailed.build(**arguments)


class TestTravelling(unittest.TestCase):
    def assert_same(self, one: BaseException, other: BaseException) -> None:
        self.assertIs(type(one), type(other))
        self.assertEqual(str(one), str(other))
        self.assertEqual(vars(one), vars(other))

    def test_every_error_is_the_same_after_pickling_and_copying(self) -> None:
        kinds = [getattr(errors, name) for name in errors.__all__]
        self.assertEqual(7, len(kinds))
        for kind in kinds:
            error = kind("what happened", table="user", known=("a", "b"))
            with self.subTest(kind.__name__):
                for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                    text = pickle.dumps(error, protocol)
                    self.assert_same(error, pickle.loads(text))
                self.assert_same(error, copy.copy(error))
                self.assert_same(error, copy.deepcopy(error))
                self.assertEqual("user", pickle.loads(text).table)

    def test_a_failed_migration_keeps_its_data(self) -> None:
        error = pickle.loads(pickle.dumps(build().with_note("a note")))
        for name, value in FAILED.items():
            with self.subTest(name):
                self.assertEqual(value, getattr(error, name))
        self.assertTrue(str(error).endswith("\n  a note"))

    def test_each_error_is_a_migtestkit_error(self) -> None:
        for name in errors.__all__:
            self.assertTrue(issubclass(getattr(errors, name), MigtestkitError))


class TestMigrationFailed(unittest.TestCase):
    def test_the_whole_text(self) -> None:
        self.assertEqual(
            "upgrade of revision r2 (add a table) failed in database "
            "'billing'\n"
            "  file: /project/r2.py\n"
            "  at: line 7, in upgrade: op.drop_table('x')\n"
            "  statement 3: DROP TABLE x\n"
            "  sqlite3.OperationalError: no such table: x",
            str(build()),
        )

    def test_the_least_there_is(self) -> None:
        error = build(
            description="", where="", statement=None, database=None, error=""
        )
        self.assertEqual(
            "upgrade of revision r2 failed\n"
            "  file: /project/r2.py\n"
            "  sqlite3.OperationalError: no message",
            str(error),
        )

    def test_a_note_changes_a_copy(self) -> None:
        error = build()
        text = str(error)
        self.assertEqual(text + "\n  more", str(error.with_note("more")))
        self.assertEqual(text, str(error))

    def test_a_long_statement_is_cut(self) -> None:
        text = str(build(statement="INSERT INTO t VALUES\n  (1),\n" * 200))
        self.assertIn("statement 3: INSERT INTO t VALUES (1), INSERT", text)
        self.assertIn(" ...\n", text)
        self.assertLess(len(text), 900)


class TestRedact(unittest.TestCase):
    def test_passwords(self) -> None:
        for text, expected in (
            ("postgresql://u:hush@h/db", "postgresql://u:***@h/db"),
            ("postgresql+psycopg://u:hush@h", "postgresql+psycopg://u:***@h"),
            ("mysql://u:hu@sh@h/db", "mysql://u:***@h/db"),
            ("mysql://u:hu/sh@h/db", "mysql://u:***@h/db"),
            ("mysql://u:hu'sh@h/db", "mysql://u:***@h/db"),
            ("redis://:hush@h", "redis://:***@h"),
            ("no 'postgresql://u:hush@h' here", "no 'postgresql://u:***@h'"),
            ("a://u:hush@h and b://v:hush@i", "a://u:***@h and b://v:***@i"),
            ("host=h password=hush dbname=d", "host=h password=*** dbname=d"),
            ("postgresql://h/d?password=hush&x=1", "postgresql://h/d?passwor"),
            ("{'user': 'u', 'password': 'hu sh'}", "{'user': 'u', 'password'"),
        ):
            with self.subTest(text):
                self.assertNotIn("hush", redact(text))
                self.assertNotIn("hu sh", redact(text))
                self.assertNotIn("sh@", redact(text))
                self.assertTrue(redact(text).startswith(expected))

    def test_what_is_no_password_stays(self) -> None:
        for text in (
            "sqlite:////tmp/a.db",
            "postgresql://user@host:5432/db",
            "http://localhost:8080/x",
            "UPDATE account SET password = lower(password)",
            "UPDATE account SET password=:password",
            "UPDATE account SET password=%(password)s WHERE id=?",
            "no column 'password'; it has id, password, name",
        ):
            with self.subTest(text):
                self.assertEqual(text, redact(text))

    def test_no_error_shows_one_in_its_text_or_its_data(self) -> None:
        url = "postgresql://u:hush@h/db"
        error = build(error=f"no connection to {url}", where=url)
        self.assertNotIn("hush", str(error))
        self.assertNotIn("hush", repr(vars(error)))
        self.assertIn("no connection to postgresql://u:***@h/db", error.error)


class TestSuggest(unittest.TestCase):
    OPTIONS = (
        "start_revision",
        "skip_revisions",
        "minimum_downgrade_revision",
        "irreversible_revisions",
        "strict",
        "environ",
    )

    def test_a_slip(self) -> None:
        for word, known, expected in (
            ("start_revison", self.OPTIONS, "'start_revision'"),
            ("strct", self.OPTIONS, "'strict'"),
            ("autor", ("author", "book"), "'author'"),
            ("nmae", ("id", "name", "born"), "'name'"),
            ("a1b2c3d4e5f7", ("a1b2c3d4e5f6", "0f9e8d"), "'a1b2c3d4e5f6'"),
        ):
            with self.subTest(word):
                self.assertEqual(
                    f"; did you mean {expected}?", suggest(word, known)
                )

    def test_the_beginning_of_a_name(self) -> None:
        known = ("r1_author", "r2_book", "r2_loan")
        self.assertEqual(
            "; did you mean 'r2_book' or 'r2_loan'?", suggest("r2", known)
        )

    def test_several_that_are_equally_near(self) -> None:
        self.assertEqual(
            "; did you mean 'user_a' or 'user_b'?",
            suggest("user_c", ("user_b", "user_a", "usage")),
        )

    def test_nothing_far_fetched(self) -> None:
        for word in ("fixtures", "x", "", "url", "revision_data"):
            with self.subTest(word):
                self.assertEqual("", suggest(word, self.OPTIONS))

    def test_not_the_word_itself(self) -> None:
        self.assertEqual("", suggest("user", ("user",)))


class TestListing(unittest.TestCase):
    def test_names(self) -> None:
        self.assertEqual("a, b", listing(["a", "b"]))
        self.assertEqual("none", listing([]))
        self.assertEqual("1, 2 and 3 more", listing(map(str, range(1, 6)), 2))
        self.assertEqual("1, 2", listing(["1", "2"], 2))

    def test_a_statement_on_one_line(self) -> None:
        self.assertEqual("SELECT 1 FROM t", shorten("SELECT 1\n\n   FROM t\n"))
        self.assertEqual("abc ...", shorten("abcdef", 3))


if __name__ == "__main__":
    unittest.main()
