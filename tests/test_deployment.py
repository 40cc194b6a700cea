"""Do the checks of what a deployment meets find it, and nothing else?"""

from __future__ import annotations

import re
import sys
import unittest
from unittest import mock

from migtestkit import Ignore, MigrationTestCase
from migtestkit.checks import DeploymentChecks
from migtestkit.context import faults
from migtestkit.errors import ConfigError, RevisionError, TableError
from sqlalchemy import create_engine

from tests import servers
from tests.support import ENV, Python, Rev, create, run_case
from tests.test_assertions_operations import DatabasesTestCase

USERS = Rev(
    "r1", upgrade=create("users", "id INTEGER PRIMARY KEY, name VARCHAR(9)"),
    downgrade="DROP TABLE users", message="make the users",
)
ONE = Rev("r2", "r1", upgrade=create("pets"))
#: Two statements of DDL.
TWO = Rev(
    "r2", "r1", message="make the pets",
    upgrade=[create("pets"), "CREATE INDEX by_name ON users (name)"],
)
REPEATABLE = Rev(
    "r2", "r1",
    upgrade=[
        "CREATE TABLE IF NOT EXISTS pets (id INTEGER PRIMARY KEY)",
        "CREATE INDEX IF NOT EXISTS by_name ON users (name)",
    ],
)
#: On PostgreSQL outside of the transaction.
BLOCK = """\
with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY {0}by_name ON users (name)")
op.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY)")
"""
#: Says nothing of the error, so that a second run ends in less.
FORGIVING = """\
if not sa.inspect(op.get_bind()).has_table("pets"):
    op.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY)")
    op.execute("CREATE INDEX by_name ON users (name)")
"""
#: Catches what the database refuses, and goes on.
SWALLOWING = """\
try:
    op.execute("CREATE INDEX by_name ON users (name)")
except Exception:
    pass
"""
SA = "import sqlalchemy as sa\n"


class DeploymentTestCase(DatabasesTestCase):
    def on_postgresql(self, *revisions, **members):
        url = servers.require_server("postgresql")
        self.folder = self.new_folder()
        return self.case(*revisions, database_url=url, **members)

    def on_sqlite(self, *revisions, **members):
        self.folder = self.new_folder()
        return self.case(*revisions, **members)

    def checks(self, test, case):
        """Run a ready-made test on the project of a case."""
        members = {
            name: getattr(type(case), name)
            for name in (
                "alembic_config", "database_url", "skip_revisions", "ignore",
                "intended",
                "get_migration_engine",
            )
            if name in vars(type(case))
        }
        rest = {
            name: None for name in vars(DeploymentChecks)
            if name.startswith("test_") and name != test
        }
        return run_case(
            type(
                "Checks", (DeploymentChecks, MigrationTestCase),
                {**rest, **members},
            )
        )

    def assertPasses(self, result):
        self.assertEqual(([], []), (result.failures, result.errors))
        self.assertEqual([], [str(one) for one in result.skipped])
        self.assertEqual(1, result.testsRun)

    def skips(self, result):
        self.assertEqual(([], []), (result.failures, result.errors))
        return [reason for _, reason in result.skipped]


class TestAtomic(DeploymentTestCase):
    TEST = "test_upgrades_are_atomic_or_retryable"

    def test_one_statement_on_sqlite_is_not_atomic_for_its_version_is(self):
        # The table is made, and the note of it fails.
        case = self.on_sqlite(USERS, ONE)
        text = self.assertFails(case.assertAtomic, "r2", "before the release")
        self.assertEqual(
            "a revision is not atomic\n"
            "  r2 (revision r2): upgrade that fails half-way\n"
            f"    file: {self.path('r2')}\n"
            "    a fault in place of statement 2: UPDATE alembic_version SET "
            "version_num=? WHERE alembic_version.version_num = ?\n"
            "    the database is not as it was\n"
            '    table "pets" is there only after the failure: "id"'
            " : before the release",
            text,
        )

    def test_postgresql_is_atomic(self):
        case = self.on_postgresql(USERS, TWO)
        case.assertAtomic("r2")
        case.assertRetryable("r2")
        self.assertPasses(self.checks(self.TEST, case))
        # The test's own database stands where it stood.
        self.assertEqual(frozenset(), case.applied)

    def test_postgresql_outside_of_the_transaction_is_not(self):
        case = self.on_postgresql(
            USERS, Rev("r2", "r1", upgrade=Python(BLOCK.format("")))
        )
        text = self.assertFails(case.assertAtomic, "r2")
        self.assertIn(
            "a fault in place of statement 2: CREATE TABLE pets", text
        )
        self.assertIn('index "by_name" is there only after', text)
        text = self.assertFails(case.assertRetryable, "r2")
        self.assertIn("and the upgrade cannot be run again: ", text)
        self.assertIn('relation "by_name" already exists', text)
        result = self.checks(self.TEST, case)
        self.assertEqual(1, len(result.failures), result.errors)
        self.assertIn("r2.py", result.failures[0][1])

    def test_postgresql_written_to_be_run_again(self):
        block = BLOCK.format("IF NOT EXISTS ")
        case = self.on_postgresql(
            USERS, Rev("r2", "r1", upgrade=Python(block))
        )
        self.assertFails(case.assertAtomic, "r2")
        case.assertRetryable("r2")
        self.assertPasses(self.checks(self.TEST, case))

    def test_rows_count(self):
        body = (
            'op.execute("INSERT INTO users (id) VALUES (1)")\n'
            "op.get_bind().commit()\n"
            'op.execute("INSERT INTO users (id) VALUES (2)")\n'
        )
        for case in self.cases(
            USERS, Rev("r2", "r1", upgrade=Python(body))
        ):
            with self.subTest(case.database_url):
                # SQLAlchemy's own transaction, which Alembic then misses.
                with mock.patch.object(faults, "_words", lambda fault: "X"):
                    text = self.assertFails(case.assertAtomic, "r2")
                self.assertTrue(
                    "table 'users' holds other rows" in text
                    or "its upgrade fails" in text, text,
                )

    def test_retryable_on_each_database(self):
        for case in self.cases(USERS, REPEATABLE):
            with self.subTest(case.database_url):
                case.assertRetryable("r2")

    def test_not_retryable_where_nothing_is_taken_back(self):
        for url in ("sqlite://", servers.require_server("mysql")):
            with self.subTest(url):
                self.folder = self.new_folder()
                case = self.case(USERS, TWO, database_url=url)
                text = self.assertFails(case.assertRetryable, "r2")
                self.assertIn(
                    "a fault in place of statement 2: CREATE INDEX", text
                )
                self.assertIn("cannot be run again", text)
                self.assertIn("already exists", text)

    def test_a_second_run_that_ends_in_less(self):
        case = self.on_sqlite(
            USERS, Rev("r2", "r1", upgrade=Python(SA + FORGIVING))
        )
        text = self.assertFails(case.assertRetryable, "r2")
        self.assertIn("the upgrade, run again, ends in another schema", text)
        self.assertIn(
            'index "by_name" is there only undisturbed', text
        )

    def test_a_fault_that_the_migration_swallows(self):
        case = self.on_sqlite(
            USERS, Rev("r2", "r1", upgrade=Python(SWALLOWING))
        )
        text = self.assertFails(case.assertRetryable, "r2")
        self.assertIn("ends in another schema", text)

    def test_one_of_many_statements_is_tried_at_the_first(self):
        loop = (
            "for number in range(30):\n"
            "    op.execute('INSERT INTO users (id) VALUES (%d)' % number)"
        )
        with mock.patch.object(faults, "MOST_FAULTS", 5):
            case = self.on_postgresql(
                USERS, Rev("r2", "r1", upgrade=Python(loop))
            )
            case.assertAtomic("r2")
            reasons = self.skips(self.checks(self.TEST, case))
        self.assertEqual(["only its first 5 statements"], reasons)

    def test_one_that_fails_anyway_and_what_needs_it(self):
        case = self.on_postgresql(
            USERS, Rev("r2", "r1", upgrade="NONSENSE"),
            Rev("r3", "r2"), Rev("r2b", "r1", upgrade=create("more")),
        )
        result = self.checks(self.TEST, case)
        reasons = self.skips(result)
        self.assertEqual(2, len(reasons))
        self.assertIn("its upgrade fails: ", reasons[0])
        self.assertIn("it needs r2", reasons[1])
        self.assertIn(
            "its upgrade fails", self.assertFails(case.assertAtomic, "r2")
        )

    def test_no_transactional_ddl_is_a_reason_to_skip(self):
        for url in ("sqlite://", servers.require_server("mysql")):
            with self.subTest(url):
                self.folder = self.new_folder()
                case = self.case(USERS, TWO, database_url=url)
                (reason,) = self.skips(self.checks(self.TEST, case))
                self.assertIn("not held in a transaction", reason)

    def test_arguments(self):
        case = self.on_sqlite(USERS, TWO, skip_revisions=("r2",))
        for assertion in (case.assertAtomic, case.assertRetryable):
            self.assertIn("r9", self.refused(RevisionError, assertion, "r9"))
            self.assertIn(
                "skip_revisions",
                self.refused(RevisionError, assertion, "r2"),
            )

    def test_where_there_is_only_one_database(self):
        engine = create_engine(f"sqlite:///{self.folder}/one.db")
        self.addCleanup(engine.dispose)
        case = self.on_sqlite(
            USERS, get_migration_engine=lambda self: engine
        )
        text = self.refused(ConfigError, case.assertAtomic, "r1")
        self.assertIn("get_migration_engine()", text)
        for test in (self.TEST, "test_offline_matches_online"):
            (reason,) = self.skips(self.checks(test, case))
            self.assertIn("get_migration_engine()", reason)

    @unittest.skipUnless(sys.version_info >= (3, 11), "deserialize")
    def test_no_other_database_hears_of_the_fault(self):
        """A user's own engine, used while the fault is due."""
        body = (
            "import sqlite3, pathlib\n"
            "path = pathlib.Path(__file__).with_name('own.db')\n"
            "with sqlite3.connect(path) as own:\n"
            "    own.execute('CREATE TABLE IF NOT EXISTS t (a)')\n"
            "    own.execute('INSERT INTO t VALUES (1)')\n"
            "own.close()\n"
            "op.execute('CREATE TABLE pets (id INTEGER PRIMARY KEY)')\n"
        )
        case = self.on_sqlite(USERS, Rev("r2", "r1", upgrade=Python(body)))
        text = self.assertFails(case.assertAtomic, "r2")
        self.assertIn("in place of statement 2: UPDATE alembic_version", text)


class TestOffline(DeploymentTestCase):
    TEST = "test_offline_matches_online"
    #: Asks whether there is a database.
    TWO_WAYS = Python(
        "if context.is_offline_mode():\n"
        '    op.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY)")\n'
        "else:\n"
        '    op.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY, a INT)")\n'
    )
    ASKS = Python(SA + 'sa.inspect(op.get_bind()).get_table_names()')

    PERCENT = Rev(
        "r3", "r2", upgrade=r"INSERT INTO users VALUES (1, '5%s\:x')"
    )

    def named(self, *revisions, url):
        """As Alembic's own templates set the offline mode up."""
        env = ENV.replace(
            "literal_binds=True",
            'literal_binds=True, dialect_opts={"paramstyle": "named"}',
        )
        self.assertNotEqual(ENV, env)
        self.folder = self.new_folder()
        ini = self.make_history(*revisions, env=env)
        return self.case(alembic_config=str(ini), database_url=url)

    def test_the_same(self):
        for url in self.databases():
            with self.subTest(url):
                case = self.named(USERS, TWO, self.PERCENT, url=url)
                case.assertOfflineMatchesOnline()
                case.assertOfflineMatchesOnline("r3", data=True)
                self.assertPasses(self.checks(self.TEST, case))
                self.assertEqual(frozenset(), case.applied)

    def test_a_statement_that_ends_itself(self):
        """Alembic writes one more semicolon behind it."""
        ends = Rev("r2", "r1", upgrade=[
            "CREATE TRIGGER keep BEFORE UPDATE ON users "
            "BEGIN SELECT 1; END;",
            create("pets"),
        ])
        self.on_sqlite(USERS, ends).assertOfflineMatchesOnline()

    def test_without_paramstyle_a_percent_sign_is_doubled(self):
        """So it is: that is why Alembic's templates set it."""
        case = self.on_postgresql(USERS, TWO, self.PERCENT)
        text = self.assertFails(
            case.assertOfflineMatchesOnline, "r3", data=True
        )
        self.assertIn("name is '5%%s:x', not '5%s:x'", text)

    def test_another_schema(self):
        for case in self.cases(
            USERS, Rev("r2", "r1", upgrade=self.TWO_WAYS),
            Rev("r3", "r2", upgrade="CREATE INDEX by_a ON pets (a)"),
        ):
            with self.subTest(case.database_url):
                text = self.assertFails(
                    case.assertOfflineMatchesOnline, msg="for the DBA"
                )
                self.assertRegex(
                    text,
                    "^a revision differs when its SQL is run offline\n"
                    r"  r2 \(revision r2\): offline SQL\n"
                    f"    file: {re.escape(self.path('r2'))}\n"
                    '    table "pets": column "a" is there only after the '
                    "upgrade: (?i:int.*) : for the DBA$",
                )
                case.assertOfflineMatchesOnline("r3")
                result = self.checks(self.TEST, case)
                self.assertEqual(1, len(result.failures), result.errors)

    def test_a_difference_that_is_meant(self):
        case = self.on_sqlite(
            USERS, Rev("r2", "r1", upgrade=self.TWO_WAYS),
        )
        rule = Ignore(kind="column", table="pets", reason="the DBA adds it")
        case.assertOfflineMatchesOnline(ignore=[rule])

    def test_other_rows(self):
        body = Python(
            'name = "off" if context.is_offline_mode() else "on"\n'
            "op.execute(\"INSERT INTO users VALUES (1, '%s')\" % name)"
        )
        case = self.on_sqlite(USERS, Rev("r2", "r1", upgrade=body))
        case.assertOfflineMatchesOnline()
        text = self.assertFails(case.assertOfflineMatchesOnline, data=True)
        self.assertIn("! changed id=1: name is 'off', not 'on'", text)

    def test_sql_that_the_database_refuses(self):
        body = Python(
            "if context.is_offline_mode():\n"
            '    op.execute("CREATE TABEL pets (id INTEGER)")\n'
        )
        for case in self.cases(USERS, Rev("r2", "r1", upgrade=body)):
            text = self.assertFails(case.assertOfflineMatchesOnline)
            self.assertRegex(text, "the database refuses statement [12]: ")
            self.assertIn("CREATE TABEL pets", text)

    def test_one_that_asks_the_database_is_not_tested(self):
        for case in self.cases(
            USERS, Rev("r2", "r1", upgrade=self.ASKS),
            Rev("r3", "r2", upgrade=create("pets")),
        ):
            with self.subTest(case.database_url):
                case.assertOfflineMatchesOnline()
                text = self.assertFails(case.assertOfflineMatchesOnline, "r2")
                self.assertIn("no revision was tested", text)
                self.assertIn("without a database", text)
                (reason,) = self.skips(self.checks(self.TEST, case))
                self.assertIn("without a database", reason)

    def test_where_none_can_be_written_the_check_is_skipped(self):
        case = self.on_sqlite(Rev("r1", upgrade=self.ASKS))
        (reason,) = self.skips(self.checks(self.TEST, case))
        self.assertIn("no revision can be written as SQL", reason)

    def test_branches_and_merges(self):
        for case in self.cases(
            USERS,
            Rev("a", "r1", upgrade=create("a")),
            Rev("b", "r1", upgrade=create("b")),
            Rev("other", None, upgrade=create("o"), depends_on="a"),
            Rev("m", ("a", "b"), upgrade=create("m")),
        ):
            with self.subTest(case.database_url):
                case.assertOfflineMatchesOnline()
                case.assertOfflineMatchesOnline("m")

    def test_an_env_py_that_has_no_offline_mode(self):
        env = ENV.replace(
            "if context.is_offline_mode():\n",
            "if context.is_offline_mode():\n"
            "    raise NotImplementedError('no offline mode')\n",
        )
        self.assertNotEqual(ENV, env)
        ini = self.make_history(USERS, env=env)
        case = self.case(alembic_config=str(ini))
        self.assertIn(
            "no offline mode",
            self.refused(ConfigError, case.assertOfflineMatchesOnline),
        )
        (reason,) = self.skips(self.checks(self.TEST, case))
        self.assertIn("no offline mode", reason)

    def test_an_env_py_that_cannot_run_at_all_is_no_reason_to_skip(self):
        ini = self.make_history(USERS, env="raise KeyError('SHOP_URL')")
        case = self.case(alembic_config=str(ini))
        result = self.checks(self.TEST, case)
        self.assertEqual(([], 1), (result.skipped, len(result.errors)))
        self.assertIn("SHOP_URL", result.errors[0][1])

    def test_an_upgrade_that_fails(self):
        case = self.on_sqlite(
            USERS, Rev("r2", "r1", upgrade="NONSENSE"), Rev("r3", "r2"),
        )
        reasons = self.skips(self.checks(self.TEST, case))
        self.assertEqual(2, len(reasons))
        self.assertIn("its upgrade fails", reasons[0])

    def test_arguments(self):
        case = self.on_sqlite(USERS, TWO, skip_revisions=("r2",))
        refused = case.assertOfflineMatchesOnline
        self.assertIn("r9", self.refused(RevisionError, refused, "r9"))
        self.assertIn(
            "skip_revisions", self.refused(RevisionError, refused, "r2")
        )


class TestHealth(DeploymentTestCase):
    TEST = "test_schema_is_healthy"

    def test_a_sound_schema(self):
        for case in self.cases(USERS, TWO):
            with self.subTest(case.database_url):
                case.migrate_up_to("head")
                case.assertSchemaHealthy()
                self.assertPasses(self.checks(self.TEST, case))

    def test_a_table_of_a_batch_that_broke_off(self):
        left = Rev("r2", "r1", upgrade=create("_alembic_tmp_users"))
        for case in self.cases(USERS, left):
            with self.subTest(case.database_url):
                case.migrate_up_to("r1")
                case.assertSchemaHealthy()
                case.migrate_up_to("head")
                text = self.assertFails(case.assertSchemaHealthy, "x")
                self.assertEqual(
                    "table '_alembic_tmp_users' is left over from a batch "
                    "operation that broke off; drop it once its rows are "
                    "safe : x", text,
                )
                result = self.checks(self.TEST, case)
                self.assertEqual(1, len(result.failures))

    def test_an_invalid_index(self):
        case = self.on_postgresql(USERS)
        case.migrate_up_to("head")
        case.insert_into("users", [{"id": 1, "name": "a"},
                                   {"id": 2, "name": "a"}])
        with case.migrations.engine.connect() as connection:
            with self.assertRaisesRegex(Exception, "could not create unique"):
                connection.execution_options(
                    isolation_level="AUTOCOMMIT"
                ).exec_driver_sql(
                    "CREATE UNIQUE INDEX CONCURRENTLY by_name ON users (name)"
                )
        text = self.assertFails(case.assertSchemaHealthy)
        self.assertIn("index 'by_name' of table 'users' is invalid", text)

    def test_a_constraint_that_was_never_validated(self):
        add = (
            "ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 5) "
            "NOT VALID"
        )
        case = self.on_postgresql(
            USERS, Rev("r2", "r1", upgrade=add),
            Rev("r3", "r2",
                upgrade="ALTER TABLE users VALIDATE CONSTRAINT short"),
        )
        case.migrate_up_to("r2")
        text = self.assertFails(case.assertSchemaHealthy)
        self.assertIn(
            "constraint 'short' of table 'users' is NOT VALID", text
        )
        case.migrate_up_to("r3")
        case.assertSchemaHealthy()

    def test_an_empty_database(self):
        case = self.on_sqlite(Rev("r1"))
        self.assertIn(
            "no table", self.refused(TableError, case.assertSchemaHealthy)
        )
        case.assertSchemaHealthy(allow_empty=True)
        (reason,) = self.skips(self.checks(self.TEST, case))
        self.assertIn("no table", reason)


class TestForeignKeysIndexed(DeploymentTestCase):
    TEST = "test_foreign_keys_are_indexed"
    PAIRS = Rev("r1", upgrade=create(
        "pairs", "a INTEGER, b INTEGER, PRIMARY KEY (a, b)"
    ))
    REFERS = Rev("r2", "r1", upgrade=create(
        "refers", "id INTEGER PRIMARY KEY, b INTEGER, a INTEGER, "
        "FOREIGN KEY (a, b) REFERENCES pairs (a, b)"
    ))
    #: The same columns in another order, and one behind them, will do.
    INDEX = Rev(
        "r3", "r2", upgrade="CREATE INDEX by_pair ON refers (b, a, id)"
    )

    def test_no_index(self):
        for case in (
            self.on_sqlite(self.PAIRS, self.REFERS),
            self.on_postgresql(self.PAIRS, self.REFERS),
        ):
            case.migrate_up_to("head")
            text = self.assertFails(case.assertForeignKeysIndexed, msg="x")
            self.assertEqual(
                "no index begins with the columns of foreign key "
                "refers.(a, b) : x", text,
            )
            self.assertEqual(1, len(self.checks(self.TEST, case).failures))
            case.assertForeignKeysIndexed({"refers.(a, b)": "few rows"})

    def test_an_index(self):
        for case in self.cases(self.PAIRS, self.REFERS, self.INDEX):
            case.migrate_up_to("head")
            case.assertForeignKeysIndexed()
            self.assertPasses(self.checks(self.TEST, case))

    def test_the_key_itself_and_a_unique_constraint_will_do(self):
        case = self.on_sqlite(
            self.PAIRS,
            Rev("r2", "r1", upgrade=[
                create("one", "a INTEGER, b INTEGER, PRIMARY KEY (a, b), "
                       "FOREIGN KEY (a, b) REFERENCES pairs (a, b)"),
                create("two", "a INTEGER, b INTEGER, UNIQUE (a, b), "
                       "FOREIGN KEY (a, b) REFERENCES pairs (a, b)"),
            ]),
        )
        case.migrate_up_to("head")
        case.assertForeignKeysIndexed()

    def test_an_index_on_some_rows_will_not(self):
        partial = Rev(
            "r3", "r2", upgrade="CREATE INDEX by_pair ON refers (a, b) "
            "WHERE a > 0",
        )
        for case in (
            self.on_sqlite(self.PAIRS, self.REFERS, partial),
            self.on_postgresql(self.PAIRS, self.REFERS, partial),
        ):
            case.migrate_up_to("head")
            self.assertFails(case.assertForeignKeysIndexed)

    def test_arguments(self):
        case = self.on_sqlite(self.PAIRS, self.REFERS, self.INDEX)
        case.migrate_up_to("r1")
        refused = case.assertForeignKeysIndexed
        self.assertIn("no foreign key", self.refused(TableError, refused))
        (reason,) = self.skips(
            self.checks(self.TEST, self.on_sqlite(self.PAIRS))
        )
        self.assertIn("no foreign key", reason)
        case.migrate_up_to("r2")
        self.assertIn(
            "did you mean 'refers.(a, b)'",
            self.refused(TableError, refused, {"refers.(a, c)": "few"}),
        )
        self.assertIn(
            "no reason", self.refused(TableError, refused,
                                      {"refers.(a, b)": " "}),
        )
        case.migrate_up_to("r3")
        self.assertIn(
            "which has an index",
            self.refused(TableError, refused, {"refers.(a, b)": "few"}),
        )


if __name__ == "__main__":
    unittest.main()
