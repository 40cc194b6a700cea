"""Are statements found that work on rows while the application waits?"""

from __future__ import annotations

import importlib.util
import re
import unittest
from unittest import mock

from migtestkit import Intended
from migtestkit.config import IntendedUse
from migtestkit.context import blocking
from migtestkit.context.walks import Scope
from migtestkit.errors import ConfigError, RevisionError
from sqlalchemy import make_url

from tests import servers
from tests.support import Python, Rev, create
from tests.test_deployment import DeploymentTestCase
from tests.test_drivers import ASYNC, SYNC

BASE = Rev(
    "r1", message="the tables",
    upgrade=[
        create(
            "users", "id INTEGER PRIMARY KEY, name VARCHAR(10), "
            "age INTEGER NOT NULL, city INTEGER, born TIMESTAMP"
        ),
        "CREATE INDEX by_city ON users (city)",
        create("pets", "id INTEGER PRIMARY KEY, owner INTEGER"),
        "ALTER TABLE users ADD CONSTRAINT filled CHECK (city IS NOT NULL)",
    ],
)
CONCURRENTLY = """\
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY by_name ON users (name)")
"""
AUTOCOMMIT = """\
with op.get_context().autocommit_block():
    op.execute("{0}")
"""

#: What goes through rows or rewrites, and the tables that are held up.
BLOCKS = {
    "ALTER TABLE users ALTER name SET NOT NULL": "read or write 'users'",
    "CREATE INDEX by_name ON users (name)": "write to 'users'",
    "CREATE UNIQUE INDEX by_name ON users (name)": "write to 'users'",
    "ALTER TABLE users ADD UNIQUE (name)": "read or write 'users'",
    "ALTER TABLE users ADD CHECK (age > 0)": "read or write 'users'",
    "ALTER TABLE users ALTER age TYPE bigint": "read or write 'users'",
    "ALTER TABLE users ALTER name TYPE varchar(5)": "read or write 'users'",
    "ALTER TABLE users ADD luck float DEFAULT random()":
        "read or write 'users'",
    "ALTER TABLE users ADD n integer GENERATED ALWAYS AS IDENTITY":
        "read or write 'users'",
    "ALTER TABLE pets ADD FOREIGN KEY (owner) REFERENCES users":
        "write to 'pets' (ShareRowExclusiveLock); nobody can write to 'users'",
    "REINDEX TABLE users": "write to 'users'",
    "CLUSTER users USING users_pkey": "read or write 'users'",
}
#: What is done at once, whatever the rows.
SOUND = (
    "ALTER TABLE users ADD nick text",
    "ALTER TABLE users ADD nick text NOT NULL DEFAULT 'x'",
    "ALTER TABLE users ALTER name TYPE varchar(20)",
    "ALTER TABLE users ALTER name TYPE text",
    "ALTER TABLE users ALTER city SET NOT NULL",
    "ALTER TABLE users ADD CHECK (age > 0) NOT VALID",
    "ALTER TABLE users DROP name",
    "ALTER TABLE users RENAME TO people",
    "ALTER TABLE users ALTER age SET DEFAULT 5",
    "ALTER TABLE users DROP CONSTRAINT filled",
    "ALTER TABLE pets ADD FOREIGN KEY (owner) REFERENCES users NOT VALID",
    "CREATE TABLE more (id INTEGER PRIMARY KEY REFERENCES users)",
    "DROP TABLE pets",
    "DROP INDEX by_city",
    "TRUNCATE users",
    "UPDATE users SET age = age + 1",
    "INSERT INTO users (id, age, city) VALUES (1, 1, 1)",
    "INSERT INTO pets SELECT id, id FROM users",
    "COMMENT ON TABLE users IS '5 % of all'",
)


def taken_back(statements):
    """Return a revision that tries each statement by itself."""
    return Rev(
        "r2", "r1", upgrade=[
            one
            for statement in statements
            for one in (
                "SAVEPOINT now", statement, "ROLLBACK TO SAVEPOINT now"
            )
        ],
    )


class BlockingTestCase(DeploymentTestCase):
    def tells(self, case, *lines):
        """Expect the assertion to fail with these lines in its text."""
        text = self.assertFails(case.assertNoBlockingWork, "r2")
        for line in lines:
            self.assertIn(line, text)
        return text


class TestNoBlockingWork(BlockingTestCase):
    TEST = "test_no_blocking_work"

    def test_statements_that_block(self):
        with mock.patch.object(blocking, "MOST_TOLD", 99):
            case = self.on_postgresql(BASE, taken_back(BLOCKS))
            report = blocking.walk_blocking(
                case.migrations, IntendedUse({}, "blocking"),
                Scope(frozenset(("r2",))),
            )
        (found,) = report.findings
        parts = dict(
            re.findall(r"statement \d+: (.*)\n +it (.*)", found.text)
        )
        self.assertEqual(list(BLOCKS), list(parts))
        for statement, held in BLOCKS.items():
            with self.subTest(statement):
                self.assertIn(held, parts[statement])
                self.assertNotIn("since", parts[statement])

    def test_not_more_is_told_than_a_person_reads(self):
        case = self.on_postgresql(BASE, taken_back(BLOCKS))
        self.tells(case, "... and 6 more statements")

    def test_statements_that_do_not(self):
        case = self.on_postgresql(BASE, taken_back(SOUND))
        case.assertNoBlockingWork("r2")

    def test_the_text(self):
        case = self.on_postgresql(
            BASE,
            Rev("r2", "r1", upgrade=[
                "ALTER TABLE users ADD nick text",
                "UPDATE users SET nick = name",
                "UPDATE users SET nick = 'x' WHERE id = 5",
                "UPDATE pets SET owner = 1 WHERE owner = 2",
            ]),
        )
        text = self.assertFails(case.assertNoBlockingWork, "r2", "not now")
        self.assertEqual(
            "a revision blocks the application\n"
            "  r2 (revision r2): upgrade that blocks the application\n"
            f"    file: {self.path('r2')}\n"
            "    statement 2: UPDATE users SET nick = name\n"
            "      it goes through all rows of table 'users'; meanwhile "
            "nobody can read or write 'users' (AccessExclusiveLock, since "
            "statement 1)\n"
            "    statement 4: UPDATE pets SET owner = 1 WHERE owner = 2\n"
            "      it goes through all rows of table 'pets'; meanwhile "
            "nobody can read or write 'users' (AccessExclusiveLock, since "
            "statement 1)\n"
            "    if that is meant: intended = {'r2': "
            "Intended(blocking=[...], reason=...)} : not now",
            text,
        )

    def test_a_table_of_the_revision_itself_does_not_count(self):
        case = self.on_postgresql(
            BASE,
            Rev("r2", "r1", upgrade=[
                create("more"), "ALTER TABLE more ADD n integer",
                "CREATE INDEX by_n ON more (n)", "UPDATE more SET n = 1",
            ]),
        )
        case.assertNoBlockingWork("r2")

    def test_the_sound_way_in_three_revisions(self):
        case = self.on_postgresql(
            BASE,
            Rev("r2", "r1", upgrade="ALTER TABLE users ADD CONSTRAINT "
                "named CHECK (name IS NOT NULL) NOT VALID"),
            Rev("r3", "r2",
                upgrade="ALTER TABLE users VALIDATE CONSTRAINT named"),
            Rev("r4", "r3", upgrade=[
                "ALTER TABLE users ALTER name SET NOT NULL",
                "ALTER TABLE users DROP CONSTRAINT named",
            ]),
            Rev("r5", "r4", upgrade=Python(CONCURRENTLY)),
        )
        for revision in ("r2", "r3", "r4", "r5"):
            case.assertNoBlockingWork(revision)

    def test_validated_in_the_same_transaction(self):
        case = self.on_postgresql(
            BASE,
            Rev("r2", "r1", upgrade=[
                "ALTER TABLE users ADD CONSTRAINT named CHECK (age > 0) "
                "NOT VALID",
                "ALTER TABLE users VALIDATE CONSTRAINT named",
            ]),
        )
        self.tells(case, "statement 2: ALTER", "since statement 1")

    def test_outside_of_the_transaction(self):
        block = AUTOCOMMIT.format("CREATE INDEX by_name ON users (name)")
        two = (
            "with op.get_context().autocommit_block():\n"
            '    op.execute("ALTER TABLE users ADD nick text")\n'
            '    op.execute("UPDATE users SET nick = name")\n'
        )
        case = self.on_postgresql(
            BASE, Rev("r2", "r1", upgrade=Python(block)),
            Rev("r3", "r1", upgrade=Python(two)),
        )
        self.tells(case, "nobody can write to 'users' (ShareLock)")
        case.assertNoBlockingWork("r3")
        case.migrate_up_to("r2")
        case.assertIndexExists("users", name="by_name")

    def test_a_commit_in_between_lets_go(self):
        body = Python(
            'op.execute("ALTER TABLE users ADD nick text")\n'
            'op.execute("COMMIT")\n'
            'op.execute("UPDATE users SET nick = name")\n'
        )
        case = self.on_postgresql(BASE, Rev("r2", "r1", upgrade=body))
        case.assertNoBlockingWork("r2")

    def test_other_schemas_and_names(self):
        case = self.on_postgresql(
            Rev("r1", upgrade=[
                "CREATE SCHEMA shop", 'CREATE TABLE shop."A b" (id integer)',
            ]),
            Rev("r2", "r1", upgrade='CREATE INDEX i ON shop."A b" (id)'),
        )
        self.tells(case, "all rows of table 'shop.A b'")

    def test_each_driver(self):
        url = make_url(servers.require_server("postgresql"))
        for driver, env in (
            ("psycopg", SYNC), ("psycopg2", SYNC), ("pg8000", SYNC),
            ("psycopg", ASYNC), ("asyncpg", ASYNC),
        ):
            if importlib.util.find_spec(driver) is None:
                continue
            with self.subTest(driver, asynchronous=env is ASYNC):
                self.folder = self.new_folder()
                ini = self.make_history(
                    BASE,
                    Rev("r2", "r1", upgrade=[
                        "CREATE INDEX by_name ON users (name)",
                        "COMMENT ON TABLE pets IS '5 %'",
                    ]),
                    Rev("r3", "r2", upgrade=Python(
                        CONCURRENTLY.replace("by_name", "again")
                        + AUTOCOMMIT.format(
                            "CREATE INDEX by_owner ON pets (owner)"
                        )
                    )),
                    env=env,
                )
                case = self.case(
                    alembic_config=str(ini),
                    database_url=url.set(
                        drivername=f"postgresql+{driver}"
                    ).render_as_string(False),
                )
                text = self.assertFails(case.assertNoBlockingWork)
                self.assertEqual(
                    ["1: CREATE INDEX by_name", "2: CREATE INDEX by_owner"],
                    re.findall(r"statement (.*) ON", text),
                )

    def test_the_check(self):
        case = self.on_postgresql(
            BASE, Rev("r2", "r1", upgrade=list(BLOCKS)[1]),
            Rev("r3", "r2", upgrade=SOUND[0]),
            Rev("r4", "r3", upgrade="NONSENSE"), Rev("r5", "r4"),
        )
        result = self.checks(self.TEST, case)
        self.assertEqual(1, len(result.failures), result.errors)
        text = result.failures[0][1]
        self.assertIn("r2.py", text)
        self.assertNotIn("r3 (", text)
        self.assertIn("its upgrade fails: ", text)
        self.assertIn("it needs r4", text)
        self.assertPasses(
            self.checks(self.TEST, self.on_postgresql(
                BASE, Rev("r2", "r1", upgrade=SOUND[0])
            ))
        )

    def test_what_is_intended(self):
        index = Rev("r2", "r1", upgrade=list(BLOCKS)[1])
        for meant in (True, ["users"]):
            intended = {"r2": Intended(blocking=meant, reason="few")}
            case = self.on_postgresql(BASE, index, intended=intended)
            case.assertNoBlockingWork()
            self.assertPasses(self.checks(self.TEST, case))
        other = {"r2": Intended(blocking=["pets"], reason="few")}
        case = self.on_postgresql(BASE, index, intended=other)
        self.tells(case, "'users'")

    def test_what_is_not_needed_any_more(self):
        intended = {"r2": Intended(blocking=True, reason="few")}
        case = self.on_postgresql(
            BASE, Rev("r2", "r1", upgrade=SOUND[0]), intended=intended
        )
        result = self.checks(self.TEST, case)
        self.assertEqual(1, len(result.errors))
        self.assertIn("intended['r2']: blocking=True", result.errors[0][1])
        self.assertIn(ConfigError.__name__, result.errors[0][1])

    def test_elsewhere(self):
        case = self.on_sqlite(BASE)
        (reason,) = self.skips(self.checks(self.TEST, case))
        self.assertIn("MariaDB only, and this is sqlite", reason)
        with self.assertRaisesRegex(unittest.SkipTest, "MariaDB only"):
            case.assertNoBlockingWork()
        with self.assertRaisesRegex(unittest.SkipTest, "PostgreSQL only"):
            case.assertLockTimeoutSet()

    def test_arguments(self):
        case = self.on_postgresql(BASE, skip_revisions=("r1",))
        for assertion in (
            case.assertNoBlockingWork, case.assertNoTableRewrite,
            case.assertLockTimeoutSet,
        ):
            self.assertIn("r9", self.refused(RevisionError, assertion, "r9"))
            self.assertIn(
                "skip_revisions",
                self.refused(RevisionError, assertion, "r1"),
            )
            self.assertIn("no revision", self.assertFails(assertion))
        empty = self.case(alembic_config=str(self.make_history()))
        for assertion in (
            empty.assertNoBlockingWork, empty.assertNoTableRewrite,
            empty.assertLockTimeoutSet,
        ):
            self.assertIn(
                "no revision", self.refused(RevisionError, assertion)
            )


class TestCopies(BlockingTestCase):
    """MySQL and MariaDB: what is copied, while nobody can write."""

    BASE = Rev("r1", upgrade=[
        create("users", "id INTEGER PRIMARY KEY, name VARCHAR(10), n INTEGER"),
        create("pets", "id INTEGER PRIMARY KEY, owner INTEGER"),
    ])
    COPIES = (
        "ALTER TABLE users MODIFY n VARCHAR(20)",
        "ALTER TABLE `users` ADD CHECK (n > 0)",
        "ALTER TABLE pets ADD FOREIGN KEY (owner) REFERENCES users (id)",
        "CREATE INDEX by_n ON users (n) ALGORITHM=COPY",
    )
    SOUND = (
        "ALTER TABLE users ADD nick VARCHAR(20)",
        "CREATE INDEX by_name ON users (name)",
        "CREATE TABLE more (id INTEGER PRIMARY KEY, a INTEGER)",
        "INSERT INTO more VALUES (1, 1)",
        "ALTER TABLE more MODIFY a VARCHAR(20)",
        "UPDATE users SET name = 'x'",
        "ALTER TABLE users ALTER n SET DEFAULT 5",
        "DROP INDEX by_name ON users",
    )

    def on_mysql(self, *revisions, **members):
        self.folder = self.new_folder()
        url = servers.require_server("mysql")
        return self.case(*revisions, database_url=url, **members)

    def test_what_is_copied(self):
        for statement in self.COPIES:
            case = self.on_mysql(
                self.BASE, Rev("r2", "r1", upgrade=statement)
            )
            table = "pets" if "pets" in statement else "users"
            with self.subTest(statement):
                self.tells(
                    case, f"statement 1: {statement}",
                    f"it rewrites table '{table}'; meanwhile nobody can write "
                    f"to '{table}' (ALGORITHM=COPY)",
                )

    def test_what_is_not(self):
        case = self.on_mysql(
            self.BASE, Rev("r2", "r1", upgrade=list(self.SOUND))
        )
        case.assertNoBlockingWork()
        self.assertPasses(self.checks("test_no_blocking_work", case))

    def test_what_is_intended(self):
        case = self.on_mysql(
            self.BASE, Rev("r2", "r1", upgrade=self.COPIES[0]),
            intended={"r2": Intended(blocking=["users"], reason="few")},
        )
        case.assertNoBlockingWork("r2")

    def test_a_row_that_stops_it(self):
        statement = "ALTER TABLE users MODIFY name INTEGER"
        case = self.on_mysql(
            self.BASE, Rev("r2", "r1", upgrade=statement),
            Rev("r3", "r2", upgrade=self.COPIES[0]),
        )
        text = self.assertFails(case.assertNoBlockingWork, "r2")
        self.assertIn("a made-up row stops its upgrade", text)
        # What comes behind it is looked at all the same.
        text = self.assertFails(case.assertNoBlockingWork)
        self.assertIn("table 'users'", text)
        self.assertNotIn("r2.py", text)


class TestNoTableRewrite(DeploymentTestCase):
    def test_a_rewrite(self):
        case = self.on_postgresql(
            BASE,
            Rev("r2", "r1", upgrade="ALTER TABLE users ALTER age TYPE bigint"),
            Rev("r3", "r1", upgrade="CREATE INDEX by_name ON users (name)"),
        )
        text = self.assertFails(case.assertNoTableRewrite, "r2")
        self.assertIn("it rewrites table 'users'", text)
        self.assertFails(case.assertNoTableRewrite)
        case.assertNoTableRewrite("r3")
        case.assertNoTableRewrite("r1")


class TestLockTimeoutSet(DeploymentTestCase):
    ALTER = "ALTER TABLE users ADD nick text"

    def test_not_set(self):
        case = self.on_postgresql(
            BASE, Rev("r2", "r1", upgrade=self.ALTER),
            Rev("r3", "r2", upgrade="SET lock_timeout = 0;" + self.ALTER[:-5]
                + "2 text"),
        )
        for revision in ("r2", "r3"):
            text = self.assertFails(case.assertLockTimeoutSet, revision)
            self.assertIn(
                "it takes AccessExclusiveLock on table 'users', and "
                "lock_timeout is not set", text,
            )

    def test_set(self):
        # The kit's own is ten seconds.
        case = self.on_postgresql(
            BASE, Rev("r2", "r1", upgrade=[
                "SET lock_timeout = '10s'", self.ALTER,
                "SET lock_timeout = '1h'", "ALTER TABLE pets ADD n integer",
            ]),
        )
        case.assertLockTimeoutSet("r2")

    def test_set_by_the_database(self):
        of_the_database = Rev("r2", "r1", upgrade=Python(
            "op.execute(\"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "
            "lock_timeout TO 3600000', current_database()); END $$\")"
        ))
        case = self.on_postgresql(
            BASE, of_the_database, Rev("r3", "r2", upgrade=self.ALTER),
        )
        case.assertLockTimeoutSet()

    def test_one_that_takes_no_such_lock(self):
        case = self.on_postgresql(
            BASE, Rev("r2", "r1", upgrade=[
                create("more"), "UPDATE users SET age = 1",
            ]),
        )
        case.assertLockTimeoutSet()


if __name__ == "__main__":
    unittest.main()
