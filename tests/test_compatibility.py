"""Is it found that a revision breaks the release that is still running?"""

from __future__ import annotations

import unittest

from migtestkit import Intended
from migtestkit.errors import ConfigError, RevisionError

from tests.support import Python, Rev, create
from tests.test_deployment import DeploymentTestCase

BASE = Rev(
    "r1", upgrade=[
        create("teams", "id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL"),
        create(
            "users",
            "id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, "
            "fax VARCHAR(20), age INTEGER DEFAULT 5 NOT NULL, "
            "team_id INTEGER, FOREIGN KEY (team_id) REFERENCES teams (id)",
        ),
    ],
)
WHY = "not read since the last release"
#: On each database: what breaks the release before, and in which words.
BREAKS = {
    "ALTER TABLE users DROP COLUMN fax": "fax",
    "ALTER TABLE users RENAME COLUMN fax TO telefax": "fax",
    "ALTER TABLE teams RENAME TO groups_": "teams",
    "CREATE UNIQUE INDEX one_each ON users (age)": "INSERT of what another",
    "DROP TABLE users": "users",
}
#: On PostgreSQL alone.
POSTGRESQL = {
    "ALTER TABLE users ADD email text NOT NULL; UPDATE users SET id = id":
        "INSERT",
    "ALTER TABLE users ALTER fax SET NOT NULL": "fax to NULL",
    "ALTER TABLE users ALTER fax TYPE varchar(12)": "boundary",
    "ALTER TABLE users ALTER age DROP DEFAULT": "minimal",
    "ALTER TABLE users ALTER age TYPE text USING age::text": "value of age",
    "ALTER TABLE users ADD CHECK (age > 100)": "INSERT",
    "ALTER TABLE users ALTER id ADD GENERATED ALWAYS AS IDENTITY": "INSERT",
    "ALTER TABLE users DROP fax, ADD fax text GENERATED ALWAYS AS (name) "
    "STORED": "fax",
}
SOUND = (
    "ALTER TABLE users ADD COLUMN nick VARCHAR(20)",
    "ALTER TABLE users ADD COLUMN level INTEGER DEFAULT 1 NOT NULL",
    "CREATE INDEX by_name ON users (name)",
    "CREATE TABLE more (id INTEGER PRIMARY KEY, "
    "user_id INTEGER REFERENCES users (id))",
    "UPDATE users SET name = 'x'",
    "DELETE FROM more",
)
SOUND_ON_POSTGRESQL = (
    "ALTER TABLE users ALTER name TYPE varchar(40)",
    "ALTER TABLE users ALTER name DROP NOT NULL",
    "ALTER TABLE users RENAME TO people; "
    "CREATE VIEW users AS SELECT * FROM people",
)


class TestBackwardCompatible(DeploymentTestCase):
    TEST = "test_backward_compatible"

    def breaks(self, statement, words, case):
        with self.subTest(statement, url=str(case.database_url)):
            text = self.assertFails(case.assertBackwardCompatible, "r2")
            self.assertIn(words, text)
            self.assertIn("fails: ", text)

    def test_what_breaks_on_each_database(self):
        for statement, words in BREAKS.items():
            for case in self.cases(
                BASE, Rev("r2", "r1", upgrade=statement)
            ):
                self.breaks(statement, words, case)

    def test_what_breaks_on_postgresql(self):
        for statement, words in POSTGRESQL.items():
            case = self.on_postgresql(
                BASE, Rev("r2", "r1", upgrade=statement.split("; "))
            )
            self.breaks(statement, words, case)

    def test_what_can_be_written_once_but_not_twice(self):
        for case in self.cases(
            BASE,
            Rev("r2", "r1", upgrade=[
                "DELETE FROM users",
                "CREATE UNIQUE INDEX one_each ON users (age)",
            ]),
        ):
            with self.subTest(url=str(case.database_url)):
                text = self.assertFails(case.assertBackwardCompatible, "r2")
                self.assertRegex(
                    text,
                    r"INSERT of what another row holds, but for the keys "
                    r"fails: .*(?i:unique|duplicate)",
                )

    def test_what_does_not(self):
        for url in self.databases():
            more = SOUND_ON_POSTGRESQL if "postgresql" in str(url) else ()
            revisions = [BASE]
            for statement in (*SOUND, *more):
                last = revisions[-1].id
                revisions.append(
                    Rev(f"{last}x", last, upgrade=statement.split("; "))
                )
            self.folder = self.new_folder()
            case = self.case(*revisions, database_url=url)
            with self.subTest(url):
                case.assertBackwardCompatible()
                (reason,) = self.skips(self.checks(self.TEST, case))
                self.assertEqual("no table was there before it", reason)
                self.assertEqual(frozenset(), case.applied)

    def test_the_text(self):
        case = self.on_postgresql(
            BASE, Rev("r2", "r1", upgrade="ALTER TABLE users DROP fax"),
        )
        text = self.assertFails(case.assertBackwardCompatible, "r2", "not now")
        self.assertRegex(
            text,
            r"^a revision breaks the previous release\n"
            r"  r2 \(revision r2\): upgrade that breaks the previous release\n"
            r"    file: .*r2.py\n"
            r"    table 'users': SELECT \(and \d+ more\) fails: column "
            r"users.fax does not exist\n"
            r"    table 'users': UPDATE of fax \(and \d+ more\) fails: column "
            r'"fax" of relation "users" does not exist\n'
            r"    if that is meant: intended = {'r2': "
            r"Intended\(contract=\[...\], reason=...\)} : not now$",
        )

    def test_values_of_an_enum(self):
        case = self.on_postgresql(
            Rev("r1", upgrade=[
                "CREATE TYPE mood AS ENUM ('sad', 'glad')",
                create("users", "id INTEGER PRIMARY KEY, mood mood NOT NULL"),
            ]),
            # Names the table nowhere.
            Rev("r2", "r1",
                upgrade="ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"),
            Rev("r3", "r1", upgrade="ALTER TYPE mood ADD VALUE 'mad'"),
        )
        text = self.assertFails(case.assertBackwardCompatible, "r2")
        self.assertIn('invalid input value for enum mood: "sad"', text)
        case.assertBackwardCompatible("r3")

    def test_rows_that_stop_the_upgrade(self):
        """Other checks tell of these; here tables stay empty then."""
        add = "ALTER TABLE users ADD email text NOT NULL"
        case = self.on_postgresql(BASE, Rev("r2", "r1", upgrade=add))
        text = self.assertFails(case.assertBackwardCompatible, "r2")
        self.assertIn('null value in column "email"', text)

    def test_an_upgrade_that_fails(self):
        case = self.on_sqlite(
            BASE, Rev("r2", "r1", upgrade="NONSENSE"), Rev("r3", "r2")
        )
        reasons = self.skips(self.checks(self.TEST, case))
        self.assertIn("its upgrade fails", "".join(reasons))
        self.assertIn("it needs r2", "".join(reasons))

    def test_what_is_intended(self):
        drop = Rev("r2", "r1", upgrade="ALTER TABLE users DROP COLUMN fax")
        for contract in (True, ["users"], ["users.fax"]):
            intended = {"r2": Intended(contract=contract, reason=WHY)}
            for case in self.cases(BASE, drop, intended=intended):
                with self.subTest(contract):
                    case.assertBackwardCompatible("r2")
                    self.assertEqual(1, len(self.skips(
                        self.checks(self.TEST, case)
                    )))

    def test_what_is_intended_of_another_column(self):
        both = Rev("r2", "r1", upgrade=[
            "ALTER TABLE users DROP COLUMN fax",
            "ALTER TABLE users DROP COLUMN age",
        ])
        intended = {"r2": Intended(contract=["users.fax"], reason=WHY)}
        for case in self.cases(BASE, both, intended=intended):
            text = self.assertFails(case.assertBackwardCompatible, "r2")
            self.assertIn("age", text)
            self.assertNotIn("fax", text)

    def test_what_is_not_needed_any_more(self):
        intended = {"r2": Intended(contract=["users.fax"], reason=WHY)}
        case = self.on_sqlite(
            BASE, Rev("r2", "r1", upgrade=SOUND[0]), intended=intended
        )
        result = self.checks(self.TEST, case)
        self.assertEqual(1, len(result.errors), result.failures)
        self.assertIn(ConfigError.__name__, result.errors[0][1])
        self.assertIn("contract names 'users.fax'", result.errors[0][1])

    def test_a_revision_that_goes_through_all_tables(self):
        body = Python(
            "for name in ('us' + 'ers', 'te' + 'ams'):\n"
            "    op.execute('ALTER TABLE %s DROP COLUMN name' % name)\n"
        )
        for case in self.cases(BASE, Rev("r2", "r1", upgrade=body)):
            text = self.assertFails(case.assertBackwardCompatible, "r2")
            self.assertIn("table 'users'", text)
            self.assertIn("table 'teams'", text)

    def test_a_row_that_comes_before_those_that_were_there(self):
        """The application writes back to a row what it has read of it."""
        base = Rev("r1", upgrade=create(
            "users",
            "id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, "
            "age INTEGER",
        ))
        first = (
            "INSERT INTO users (id, name) VALUES (-2000000000, 'the first')"
        )
        longer = Python(
            "for row in op.get_bind().exec_driver_sql("
            "'SELECT id FROM users').all():\n"
            "    op.execute(f\"UPDATE users SET name = 'x{row.id}' "
            "WHERE id = {row.id}\")"
        )
        emptied = "DELETE FROM users"
        for work in (first, longer, emptied, [emptied, first]):
            for case in self.cases(base, Rev("r2", "r1", upgrade=work)):
                with self.subTest(work, url=str(case.database_url)):
                    case.assertBackwardCompatible("r2")

    def test_the_old_value_is_refused_in_a_unique_column(self):
        for case in self.cases(
            Rev("r1", upgrade=create(
                "users", "id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE"
            )),
            Rev("r2", "r1", upgrade=[
                "UPDATE users SET name = NULL",
                "CREATE TABLE other (id INTEGER PRIMARY KEY, "
                "name VARCHAR(40) UNIQUE, CHECK (name LIKE 'new%'))",
                "INSERT INTO other SELECT id, name FROM users",
                "DROP TABLE users", "ALTER TABLE other RENAME TO users",
            ]),
        ):
            with self.subTest(url=str(case.database_url)):
                text = self.assertFails(case.assertBackwardCompatible, "r2")
                self.assertIn("UPDATE of name", text)

    def test_arguments(self):
        case = self.on_sqlite(BASE, SOUND and Rev("r2", "r1"),
                              skip_revisions=("r2",))
        refused = case.assertBackwardCompatible
        self.assertIn("r9", self.refused(RevisionError, refused, "r9"))
        self.assertIn(
            "skip_revisions", self.refused(RevisionError, refused, "r2")
        )
        self.assertIn("no table was there", self.assertFails(refused))


if __name__ == "__main__":
    unittest.main()
