"""How does a run of an unchanged env.py go, and what is seen afterwards?"""
from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.config import Config
from migtestkit import MigrationContext, MigrationTestCase
from migtestkit.errors import ConfigError, MigrationFailed, MigtestkitError
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.pool import NullPool, StaticPool

from tests.support import (
    ENV,
    ProjectTestCase,
    Python,
    Rev,
    calls_of,
    create,
    run_case,
)

T = Rev("r1", None, upgrade=create("t"), downgrade="DROP TABLE t")
U = Rev("r2", "r1", upgrade=create("u"), downgrade="DROP TABLE u")


class EnvironmentTestCase(ProjectTestCase):
    def context(
        self, env: str = ENV, *revisions: Rev, **options: Any
    ) -> MigrationContext:
        ini = self.make_history(*(revisions or (T, U)), env=env)
        return self.open(Config(str(ini)), **options)

    def write_env(self, env: str) -> None:
        (self.folder / "migrations/env.py").write_text(env)

    def failure(self, context: MigrationContext, to: str = "head") -> str:
        with self.assertRaises(MigtestkitError) as caught:
            context.migrate_up_to(to)
        self.error = caught.exception
        return str(caught.exception)

    def tables(self, context: MigrationContext) -> set[str]:
        found = set(inspect(context.engine).get_table_names())
        return found - {"alembic_version"}


class TestVerification(EnvironmentTestCase):
    """What is found out after a run that raised nothing."""

    def assert_blames(self, env: str, *words: str) -> None:
        context = self.context(env)
        message = self.failure(context)
        for word in words:
            self.assertIn(word, message)
        self.assertIsInstance(self.error, MigrationFailed)
        self.assertIn("upgrade of revision r1 (revision r1) failed", message)

    def test_env_py_that_runs_nothing(self) -> None:
        self.assert_blames(
            "from alembic import context\n",
            "ended without calling context.run_migrations(); no revision",
            str(self.folder / "migrations/env.py"),
        )

    def test_env_py_that_runs_nothing_on_its_second_run(self) -> None:
        context = self.context()
        context.migrate_up_to("r1")
        self.write_env("")
        message = self.failure(context)
        self.assertIn("without calling context.run_migrations()", message)
        self.assertEqual("r2", getattr(self.error, "revision"))

    def test_env_py_that_commits_nothing(self) -> None:
        self.assert_blames(
            ENV.replace(
                "        context.configure(connection",
                "        connection.exec_driver_sql('SELECT 1')\n"
                "        context.configure(connection",
            ),
            "ran it but did not commit: the version table 'alembic_version' "
            "holds nothing, not r2",
            "before context.configure()",
        )

    def test_env_py_that_rolls_back(self) -> None:
        self.assert_blames(
            ENV.replace(
                "        with context.begin_transaction():\n"
                "            context.run_migrations()\n",
                "        context.run_migrations()\n"
                "        connection.rollback()\n",
            ).replace(
                "(connection=connection)",
                "(connection=connection, transactional_ddl=True)",
            ),
            "did not commit",
        )

    def test_the_sound_twin_that_commits_by_itself(self) -> None:
        env = ENV.replace(
            "        context.configure(connection",
            "        connection.exec_driver_sql('SELECT 1')\n"
            "        connection.commit()\n"
            "        context.configure(connection",
        )
        self.assertEqual("r2", self.context(env).migrate_up_to("head"))

    def test_env_py_that_swallows_an_error_of_a_revision(self) -> None:
        env = ENV.replace(
            "            context.run_migrations()\n",
            "            try:\n"
            "                context.run_migrations()\n"
            "            except Exception:\n"
            "                pass\n",
        )
        bad = U._replace(upgrade="SELECT missing")
        message = self.failure(self.context(env, T, bad))
        self.assertIn("upgrade of revision r2 (revision r2) failed", message)
        self.assertIn("no such column: missing", message)
        self.assertIn("env.py caught the error and went on", message)

    def test_the_sound_twin_that_swallows_nothing(self) -> None:
        env = ENV.replace(
            "            context.run_migrations()\n",
            "            try:\n"
            "                context.run_migrations()\n"
            "            except Exception:\n"
            "                raise\n",
        )
        self.assertEqual("r2", self.context(env).migrate_up_to("head"))

    def test_env_py_that_ends_in_the_middle(self) -> None:
        quits = U._replace(upgrade=Python("raise SystemExit(0)"))
        message = self.failure(self.context(ENV, T, quits))
        self.assertIn("upgrade of revision r2 (revision r2) failed", message)
        self.assertIn("SystemExit: 0", message)

    def test_env_py_that_ends_afterwards(self) -> None:
        message = self.failure(self.context(ENV + "raise SystemExit(0)\n"))
        self.assertIn("SystemExit: it called sys.exit(0)", message)

    def test_env_py_that_ends_before(self) -> None:
        message = self.failure(self.context("import sys; sys.exit('why')\n"))
        self.assertIn("it called sys.exit('why')", message)
        self.assertIn("line 1, in <module>: import sys", message)

    def test_env_py_that_runs_its_migrations_twice(self) -> None:
        twice = "with context.begin_transaction():\n    context.run_mig"
        self.assertNotIn(twice, ENV)
        env = ENV.replace(
            "            context.run_migrations()\n",
            "            context.run_migrations()\n"
            "        with context.begin_transaction():\n"
            "            context.run_migrations()\n",
        ).replace("if context.is_offline_mode():", "if False:")
        context = self.context(env)
        self.assertEqual("r2", context.migrate_up_to("head"))
        self.assertEqual({"t", "u"}, self.tables(context))

    def test_with_nothing_to_do_nothing_has_to_run(self) -> None:
        context = self.context()
        context.migrate_up_to("head")
        self.write_env("raise ValueError('never run')")
        self.assertEqual("r2", context.migrate_up_to("head"))

    def test_one_database_of_two_is_forgotten(self) -> None:
        context = self.context(
            database_url={"a": "sqlite://", "b": "sqlite://"}
        )
        self.write_env(
            ENV.replace(
                "config.get_section(config.config_ini_section, {})",
                "{'sqlalchemy.url': 'sqlite:///a.db'}",
            )
        )
        with self.assertRaisesRegex(
            MigtestkitError, "env.py never worked on the database 'b'"
        ):
            context.migrate_up_to("head", database="a")
            context.migrate_up_to("head", database="b")


class TestTransactions(EnvironmentTestCase):
    """env.py's own transaction mode."""

    FAILS = U._replace(upgrade=[create("u"), "SELECT missing"])

    def setUp(self) -> None:
        super().setUp()
        # SQLite's driver commits by itself before DDL unless it is told.
        self.begin = (
            "from sqlalchemy import event\n"
            "@event.listens_for(engine, 'connect')\n"
            "def connected(connection, record):\n"
            "    connection.isolation_level = None\n"
            "@event.listens_for(engine, 'begin')\n"
            "def begun(connection):\n"
            "    connection.exec_driver_sql('BEGIN')\n"
        )

    def env(self, *, each: bool) -> str:
        lines = self.begin.replace("\n", "\n    ").rstrip()
        env = ENV.replace(
            "    with engine.connect()",
            f"    {lines}\n    with engine.connect()",
        ).replace(
            "(connection=connection)",
            "(connection=connection, transactional_ddl=True)",
        )
        if each:
            env = env.replace(
                "transactional_ddl=True",
                "transactional_ddl=True, transaction_per_migration=True",
            )
        return env

    def test_one_transaction_for_all_by_default(self) -> None:
        context = self.context(self.env(each=False), T, self.FAILS)
        self.failure(context)
        self.assertEqual(set(), self.tables(context))
        self.assertEqual((), context.current_heads)

    def test_one_for_each_revision(self) -> None:
        context = self.context(self.env(each=True), T, self.FAILS)
        self.failure(context)
        self.assertEqual({"t"}, self.tables(context))
        self.assertEqual(("r1",), context.current_heads)

    def test_a_walk_is_cut_where_rows_go_in(self) -> None:
        context = self.context(
            self.env(each=False),
            T,
            self.FAILS,
            at_revision_data={"r1": {"__tablename__": "t", "id": 1}},
        )
        self.failure(context)
        self.assertEqual(("r1",), context.current_heads)
        self.assertEqual([{"id": 1}], context.rows("t"))

    def test_a_walk_without_a_cut_is_one_run(self) -> None:
        context = self.context()
        context.migrate_up_to("head")
        runs = context.environment.config.attributes["runs"]
        self.assertEqual(["online"], runs)
        self.assertEqual(
            [("upgrade", "r1"), ("upgrade", "r2")],
            calls_of(context.environment.config),
        )


class TestFailedMigration(EnvironmentTestCase):
    def test_statement_and_position(self) -> None:
        bad = U._replace(
            upgrade=[create("a"), create("b"), "SELECT missing FROM t"]
        )
        message = self.failure(self.context(ENV, T, bad))
        error: Any = self.error
        self.assertEqual("r2", error.revision)
        self.assertEqual("revision r2", error.description)
        self.assertEqual("upgrade", error.direction)
        self.assertEqual("SELECT missing FROM t", error.statement)
        self.assertEqual(3, error.position)
        self.assertEqual("sqlite3.OperationalError", error.error_type)
        self.assertEqual("no such column: missing", error.error)
        path = self.folder / "migrations/versions/r2.py"
        self.assertEqual(str(path), error.path)
        self.assertIn("in upgrade: op.execute('SELECT missing", error.where)
        self.assertIn("statement 3: SELECT missing FROM t", message)

    def test_the_position_counts_from_the_revision_on(self) -> None:
        first = T._replace(upgrade=[create("t"), create("t2"), create("t3")])
        self.failure(
            self.context(ENV, first, U._replace(upgrade="SELECT missing"))
        )
        self.assertEqual(1, getattr(self.error, "position"))

    def test_an_error_without_a_statement(self) -> None:
        bad = U._replace(upgrade=Python("raise ValueError('why')"))
        self.failure(self.context(ENV, T, bad))
        error: Any = self.error
        self.assertIsNone(error.statement)
        self.assertIsNone(error.position)
        self.assertEqual("ValueError", error.error_type)
        self.assertEqual("why", error.error)

    def test_a_failing_downgrade(self) -> None:
        bad = U._replace(downgrade="DROP TABLE missing")
        context = self.context(ENV, T, bad)
        context.migrate_up_to("head")
        with self.assertRaises(MigrationFailed) as caught:
            context.migrate_down_to("base")
        error = caught.exception
        self.assertEqual("r2", error.revision)
        self.assertEqual("downgrade", error.direction)
        self.assertIn("no such table: missing", str(error))

    def test_the_same_words_from_a_raw_command(self) -> None:
        bad = U._replace(upgrade="SELECT missing")
        context = self.context(ENV, T, bad)
        with self.assertRaises(MigrationFailed) as caught:
            context.raw_command("upgrade", "head")
        self.assertEqual("r2", caught.exception.revision)
        self.assertEqual("SELECT missing", caught.exception.statement)
        self.assertIn("no such column: missing", str(caught.exception))


class TestLocks(EnvironmentTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.add = U._replace(upgrade="ALTER TABLE t ADD COLUMN x")

    def test_an_open_transaction_of_the_test_names_its_line(self) -> None:
        context = self.context(ENV, T, self.add)
        context.migrate_up_to("r1")
        with context.connect() as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))  # the line
            began = time.monotonic()
            message = self.failure(context)
            self.assertLess(time.monotonic() - began, 2)
        self.assertRegex(
            message,
            "the test has a transaction open, begun at .*test_environment.py, "
            r"line \d+: connection.execute\(.*# the line; a migration would "
            "wait for its locks for ever. Commit it, or close the connection",
        )
        self.assertEqual("r2", context.migrate_up_to("head"))

    def test_a_transaction_of_a_session_names_the_tests_line_too(self) -> None:
        from sqlalchemy.orm import Session

        context = self.context(ENV, T, self.add)
        context.migrate_up_to("r1")
        with Session(context.engine) as session:
            session.execute(text("SELECT 1"))  # of the session
            self.assertIn("# of the session", self.failure(context))
            session.rollback()
            self.assertEqual("r2", context.migrate_up_to("head"))

    def test_a_transaction_that_ended_is_none(self) -> None:
        context = self.context(ENV, T, self.add)
        context.migrate_up_to("r1")
        with context.connect() as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
            connection.commit()
            self.assertEqual("r2", context.migrate_up_to("head"))

    @contextlib.contextmanager
    def locked(
        self, context: MigrationContext, how: str = "BEGIN IMMEDIATE"
    ) -> Iterator[None]:
        connection = sqlite3.connect(str(context.engine.url.database))
        connection.execute(how)
        try:
            yield
        finally:
            connection.close()

    def test_a_lock_of_somebody_else_fails_in_time(self) -> None:
        for lent in (True, False):
            with self.subTest(f"env.py takes our URL: {lent}"):
                env = ENV
                if not lent:
                    env = ENV.replace(
                        "config.get_section(config.config_ini_section, {})",
                        "{'sqlalchemy.url': 'sqlite:///production.db'}",
                    )
                context = self.context(env, T, self.add, lock_timeout=0.2)
                context.migrate_up_to("r1")
                with self.locked(context):
                    began = time.monotonic()
                    message = self.failure(context)
                    self.assertLess(time.monotonic() - began, 3)
                self.assertIn("database is locked", message)
                self.assertIn("upgrade of revision r2", message)
                self.assertIn(
                    "another connection kept its lock for all of lock_timeout "
                    "= 0.2 seconds; end its transaction, or close it",
                    message,
                )
                self.assertEqual("r2", context.migrate_up_to("head"))
                (self.folder / "alembic.ini").unlink()
                shutil.rmtree(self.folder / "migrations")

    def test_what_is_meant_for_another_kind_of_database(self) -> None:
        for body in (
            'op.execute("ALTER TABLE t ALTER COLUMN id TYPE BIGINT")',
            'op.execute("CREATE EXTENSION postgis")',
            'op.execute("INSERT INTO t SELECT now()")',
            'op.execute("INSERT INTO t SELECT 1::bigint")',
            'op.create_unique_constraint("u", "t", ["id"])',
            "import sqlalchemy as sa\n"
            "from sqlalchemy.dialects.postgresql import INTERVAL\n"
            'op.add_column("t", sa.Column("d", INTERVAL))',
        ):
            with self.subTest(body):
                add = Rev("r2", "r1", None, None, Python(body), "")
                context = self.context(ENV, T, add)
                context.migrate_up_to("r1")
                message = self.failure(context)
                self.assertIn("upgrade of revision r2", message)
                self.assertIn(
                    "SQLite may not know this; where production runs on "
                    "another kind of database, test there", message,
                )
                (self.folder / "alembic.ini").unlink()
                shutil.rmtree(self.folder / "migrations")

    def test_what_fails_on_every_kind_of_database(self) -> None:
        for body in (
            'op.execute("INSERT INTO missing VALUES (1)")',
            'op.drop_column("t", "missing")',
            "1 / 0",
        ):
            with self.subTest(body):
                add = Rev("r2", "r1", None, None, Python(body), "")
                context = self.context(ENV, T, add)
                context.migrate_up_to("r1")
                self.assertNotIn("SQLite may not", self.failure(context))
                (self.folder / "alembic.ini").unlink()
                shutil.rmtree(self.folder / "migrations")

    def test_a_lock_that_nobody_can_read_through(self) -> None:
        context = self.context(ENV, T, self.add, lock_timeout=0.2)
        context.migrate_up_to("r1")
        with self.locked(context, "BEGIN EXCLUSIVE"):
            message = self.failure(context)
        self.assertIn(
            "the version table 'alembic_version' cannot be read: database is "
            "locked; another connection kept its lock",
            message,
        )

    def test_a_lock_that_goes_is_waited_for(self) -> None:
        context = self.context(ENV, T, self.add, lock_timeout=30)
        context.migrate_up_to("r1")
        stack = contextlib.ExitStack()
        release = threading.Event()

        def hold() -> None:
            with self.locked(context):
                held.set()
                release.wait(20)

        held = threading.Event()
        thread = threading.Thread(target=hold)
        thread.start()
        stack.callback(thread.join)
        stack.callback(release.set)
        with stack:
            self.assertTrue(held.wait(20))
            timer = threading.Timer(0.3, release.set)
            timer.start()
            stack.callback(timer.join)
            self.assertEqual("r2", context.migrate_up_to("head"))


class TestHooks(EnvironmentTestCase):
    def test_alembic_context_is_entered_around_each_run(self) -> None:
        seen: list[str] = []

        @contextlib.contextmanager
        def around() -> Iterator[None]:
            seen.append("in")
            try:
                yield
            finally:
                seen.append("out")

        context = self.context(alembic_context=around)
        context.heads
        seen.clear()
        context.environment.config.attributes["calls"] = seen
        context.migrate_up_to("head")
        self.assertEqual(
            ["in", ("upgrade", "r1"), ("upgrade", "r2"), "out"], seen
        )

    def test_alembic_context_is_left_after_a_failure_too(self) -> None:
        seen: list[Any] = []

        @contextlib.contextmanager
        def around() -> Iterator[None]:
            try:
                yield
            except ValueError as error:
                seen.append(str(error))
                raise

        context = self.context("raise ValueError('x')", alembic_context=around)
        self.assertIn("ValueError: x", self.failure(context))
        self.assertEqual(["x"], seen)

    def test_alembic_context_that_returns_no_context_manager(self) -> None:
        def around() -> Iterator[None]:
            yield

        message = self.failure(self.context(alembic_context=around))
        self.assertRegex(
            message,
            r"alembic_context\(\) must return a context manager, or be "
            "decorated with contextlib.contextmanager; it returned <generator",
        )

    def test_alembic_context_may_return_nothing(self) -> None:
        context = self.context(alembic_context=lambda: None)
        self.assertEqual("r2", context.migrate_up_to("head"))

    def test_run_environment_wraps_the_run(self) -> None:
        threads: list[Any] = []

        def wrap(call: Any) -> None:
            thread = threading.Thread(target=call, name="of the project")
            thread.start()
            thread.join()

        env = (
            "import threading\nfrom alembic import context\n"
            "context.config.attributes['threads'].append("
            "threading.current_thread().name)\n" + ENV
        )
        context = self.context(env, run_environment=wrap)
        context.environment.config.attributes["threads"] = threads
        self.assertEqual("r2", context.migrate_up_to("head"))
        self.assertEqual(["of the project"], threads)

    def test_run_environment_that_forgets_to_call(self) -> None:
        context = self.context(run_environment=lambda call: None)
        self.assertIn(
            "run_environment(call) returned without calling call()",
            self.failure(context),
        )

    def test_run_environment_that_loses_the_error(self) -> None:
        def lose(call: Any) -> None:
            with contextlib.suppress(Exception):
                call()

        context = self.context("raise ValueError('x')", run_environment=lose)
        self.assertIn("env.py failed: ValueError: x", self.failure(context))

    def test_create_base_schema(self) -> None:
        alter = T._replace(upgrade="ALTER TABLE base ADD COLUMN x")
        context = self.context(
            ENV,
            alter,
            create_base_schema=lambda connection: connection.execute(
                text(create("base"))
            ),
        )
        context.migrate_up_to("head")
        self.assertEqual({"base"}, self.tables(context))

    def test_create_base_schema_that_yields_did_nothing(self) -> None:
        def base(connection: Any) -> Iterator[None]:
            connection.execute(text(create("base")))
            yield

        message = self.failure(self.context(create_base_schema=base))
        self.assertIn("must not yield: nothing of it was run", message)

    def test_use_database(self) -> None:
        seen: list[Any] = []

        @contextlib.contextmanager
        def hand_over(engine: Engine) -> Iterator[None]:
            seen.append(engine)
            yield
            seen.append("left")

        context = self.context(use_database=hand_over)
        self.assertEqual([], seen)
        context.migrate_up_to("head")
        self.assertEqual([context.engine], seen)
        context.close()
        self.assertEqual("left", seen[-1])

    def test_use_database_that_returns_no_context_manager(self) -> None:
        def hand_over(engine: Engine) -> Iterator[None]:
            yield

        message = self.failure(self.context(use_database=hand_over))
        self.assertIn("use_database(engine) must return a context", message)

    def test_env_py_on_the_applications_engine(self) -> None:
        """`use_database` gave it the test's own one."""
        application: dict[str, Any] = {}

        @contextlib.contextmanager
        def hand_over(engine: Engine) -> Iterator[None]:
            application["engine"] = engine
            yield

        env = ENV.replace(
            "    engine = engine_from_config(\n"
            "        config.get_section(config.config_ini_section, {}),\n"
            "        poolclass=pool.NullPool,\n    )\n",
            "    engine = config.attributes['application']['engine']\n",
        )
        context = self.context(env, use_database=hand_over)
        context.environment.config.attributes["application"] = application
        context.migrate_up_to("head")
        context.migrate_down_to("base")
        self.assertEqual(set(), self.tables(context))
        with context.fresh("r1") as other:
            self.assertEqual(("r1",), other.current_heads)
            self.assertEqual({"t"}, self.tables(other))
        self.assertEqual((), context.current_heads)

    def test_hooks_of_a_test_class(self) -> None:
        ini = self.make_history(T, U)
        seen: list[str] = []

        class Case(MigrationTestCase):
            alembic_config = str(ini)

            @contextlib.contextmanager
            def alembic_context(self) -> Iterator[None]:
                seen.append("alembic_context")
                yield

            def run_environment(self, call: Any) -> None:
                seen.append("run_environment")
                call()

            def create_base_schema(self, connection: Any) -> None:
                seen.append("create_base_schema")

            @contextlib.contextmanager
            def use_database(self, engine: Engine) -> Iterator[None]:
                seen.append("use_database")
                yield

            def get_environ(self) -> dict[str, str]:
                return {"ZOO": "1"}

            def test_it(self) -> None:
                self.migrate_up_to("head")
                assert self.is_at_heads

        result = run_case(Case)
        self.assertEqual(([], []), (result.errors, result.failures))
        self.assertEqual(
            [
                "alembic_context",
                "create_base_schema",
                "use_database",
                "alembic_context",
                "run_environment",
            ],
            seen,
        )


class TestHandedOverEngine(EnvironmentTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.folder / "mine.db"

    def hand_over(self, url: str = "", **options: Any) -> Engine:
        engine = create_engine(url or f"sqlite:///{self.file}", **options)
        self.addCleanup(engine.dispose)
        return engine

    def adopting(self, engine: Any, **options: Any) -> MigrationContext:
        return self.context(get_migration_engine=lambda: engine, **options)

    def make(self, *statements: str) -> bytes:
        connection = sqlite3.connect(self.file)
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return self.file.read_bytes()

    def test_it_is_migrated_and_left(self) -> None:
        engine = self.hand_over()
        context = self.adopting(engine)
        self.assertIs(engine, context.engine)
        context.migrate_up_to("head")
        context.close()
        self.assertEqual(
            ["alembic_version", "t", "u"], inspect(engine).get_table_names()
        )

    def test_no_listener_is_left_on_it(self) -> None:
        engine = self.hand_over()
        context = self.adopting(engine)
        context.migrate_up_to("head")
        context.close()
        for where, name in (
            (engine, "begin"),
            (engine.dialect, "do_connect"),
            (engine.pool, "connect"),
        ):
            found = list(getattr(where.dispatch, name))
            ours = [one for one in found if "migtestkit" in str(one)]
            self.assertEqual([], ours, name)

    def test_one_with_tables_is_refused_and_untouched(self) -> None:
        before = self.make("CREATE TABLE customer (name)", create("t"))
        made: list[Any] = []
        context = self.adopting(
            self.hand_over(),
            create_base_schema=lambda c: c.execute(text(create("base"))),
            use_database=made.append,
        )
        self.assertEqual(
            "get_migration_engine() handed over a database that is not "
            "empty: it has the tables customer, t. Nothing was run in it. "
            "Hand over an empty database, or, if its content may be lost, "
            "set adopt_existing_database = True",
            self.failure(context),
        )
        self.assertEqual(before, self.file.read_bytes())
        self.assertEqual([], made)

    def test_env_py_is_not_run_on_it_to_find_that_out(self) -> None:
        before = self.make("CREATE TABLE customer (name)")
        context = self.adopting(self.hand_over())
        self.write_env(
            ENV.replace(
                "        context.configure(connection",
                "        connection.exec_driver_sql('DELETE FROM customer')\n"
                "        connection.commit()\n"
                "        context.configure(connection",
            )
        )
        self.failure(context)
        self.assertEqual(before, self.file.read_bytes())

    def test_an_empty_version_table_is_no_table(self) -> None:
        self.make("CREATE TABLE alembic_version (version_num TEXT)")
        context = self.adopting(self.hand_over())
        self.assertEqual("r2", context.migrate_up_to("head"))

    def test_a_filled_version_table_is_one(self) -> None:
        self.make(
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('r1')",
        )
        message = self.failure(self.adopting(self.hand_over()))
        self.assertIn("it has the tables alembic_version", message)

    def test_a_table_that_looks_like_one_is_one(self) -> None:
        self.make("CREATE TABLE versions (version_num TEXT)")
        message = self.failure(self.adopting(self.hand_over()))
        self.assertIn("it has the tables versions", message)

    def test_adopt_existing_database(self) -> None:
        self.make("CREATE TABLE customer (name)")
        context = self.adopting(
            self.hand_over(), adopt_existing_database=True
        )
        context.migrate_up_to("head")
        self.assertEqual({"customer", "t", "u"}, self.tables(context))

    def test_start_revision_is_migrated_to(self) -> None:
        context = self.adopting(self.hand_over(), start_revision="r1")
        self.assertEqual(("r1",), context.current_heads)
        self.assertEqual({"t"}, self.tables(context))

    def test_create_base_schema_works_on_an_empty_one(self) -> None:
        context = self.adopting(
            self.hand_over(),
            create_base_schema=lambda c: c.execute(text(create("base"))),
        )
        context.migrate_up_to("head")
        self.assertEqual({"base", "t", "u"}, self.tables(context))

    def test_a_relative_path_means_the_same_file_in_env_py(self) -> None:
        os.chdir(self.temp)
        (self.temp / "sub").mkdir()
        os.chdir(self.temp / "sub")
        self.addCleanup((self.temp / "sub").rmdir)
        self.addCleanup((self.temp / "sub/mine.db").unlink)
        context = self.adopting(self.hand_over("sqlite:///mine.db"))
        context.migrate_up_to("head")
        self.assertEqual(("r2",), context.current_heads)
        self.assertEqual([], list(self.folder.glob("*.db")))

    def test_one_in_memory_is_refused(self) -> None:
        for url in (
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite:///file:x?mode=memory&uri=true",
        ):
            with self.subTest(url):
                engine = self.hand_over(url, poolclass=StaticPool)
                context = self.open(
                    Config(str(self._ini())),
                    get_migration_engine=lambda: engine,
                )
                self.assertIn(
                    "handed over an in-memory SQLite database, which env.py's "
                    "own engine cannot reach; hand over an engine on a file",
                    self.failure(context),
                )

    def _ini(self) -> Path:
        path = self.folder / "alembic.ini"
        return path if path.exists() else self.make_history(T, U)

    def test_one_by_uri_is_used(self) -> None:
        context = self.adopting(
            self.hand_over(f"sqlite:///file:{self.file}?uri=true")
        )
        context.migrate_up_to("head")
        self.assertEqual({"t", "u"}, self.tables(context))

    def test_what_is_no_engine(self) -> None:
        message = self.failure(self.adopting("sqlite://"))
        self.assertIn(
            "get_migration_engine() must return a sqlalchemy Engine or None, "
            "not 'sqlite://'",
            message,
        )

    def test_none_is_as_good_as_no_hook(self) -> None:
        context = self.adopting(None)
        self.assertEqual("r2", context.migrate_up_to("head"))
        self.assertIn("migtestkit_", str(context.engine.url.database))

    def test_a_side_database_cannot_be_made(self) -> None:
        context = self.adopting(self.hand_over(poolclass=NullPool))
        context.migrate_up_to("head")
        with self.assertRaisesRegex(ConfigError, "needs a second database"):
            context.table_at_revision("t", revision="r1")


class TestConnectOptions(EnvironmentTestCase):
    def test_what_shapes_a_connection_is_kept_by_the_redirect(self) -> None:
        env = ENV.replace(
            "    engine = engine_from_config(",
            "    import sqlite3\n    engine = engine_from_config(",
        ).replace(
            "config.get_section(config.config_ini_section, {}),",
            "{'sqlalchemy.url': 'sqlite:///production.db?detect_types=1'},"
            "\n        connect_args={'factory': config.attributes['factory'],"
            " 'isolation_level': 'EXCLUSIVE', 'timeout': 99},",
        )
        made: list[Any] = []

        class Connection(sqlite3.Connection):
            """The application's own."""

            def __init__(self, *args: Any, **options: Any) -> None:
                made.append((args, options))
                super().__init__(*args, **options)

        context = self.context(env)
        context.environment.config.attributes["factory"] = Connection
        context.migrate_up_to("head")
        (args, options), *_ = made
        self.assertIn("migtestkit_", args[0])
        self.assertEqual("EXCLUSIVE", options["isolation_level"])
        self.assertEqual(1, options["detect_types"])
        self.assertEqual(10.0, options["timeout"])

    def test_a_listener_that_an_application_has_on_all_engines(self) -> None:
        """It must not lead the kit's own connections astray."""
        production = str(self.folder / "production.db")

        def change(
            dialect: Any, record: Any, arguments: Any, options: Any
        ) -> None:
            arguments[:] = [production]

        event.listen(Engine, "do_connect", change)
        self.addCleanup(event.remove, Engine, "do_connect", change)
        context = self.context()
        context.migrate_up_to("head")
        self.assertEqual([], context.rows("t"))
        self.assertFalse(os.path.exists(production))

    def test_a_listener_that_connects_for_all_engines(self) -> None:
        def connect(*given: Any) -> Any:
            return sqlite3.connect(self.folder / "production.db")

        event.listen(Engine, "do_connect", connect)
        self.addCleanup(event.remove, Engine, "do_connect", connect)
        context = self.context()
        with self.assertRaisesRegex(
            MigtestkitError, "do_connect listener on all engines"
        ):
            context.execute(create("left"))


if __name__ == "__main__":
    unittest.main()
