"""Does each fault end in a clear error, in time, and does the next run start
clean?
"""
from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from migtestkit import MigrationTestCase
from migtestkit.databases import server as server_module
from migtestkit.errors import MigrationFailed, MigtestkitError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from tests import servers
from tests.support import ProjectTestCase, Python, Rev, run_case

CUSTOMER = Rev(
    "r1", upgrade="CREATE TABLE customer (name VARCHAR(20))",
    downgrade="DROP TABLE customer",
)
AGE = Rev(
    "r2", "r1", upgrade="ALTER TABLE customer ADD COLUMN age INTEGER",
    downgrade="ALTER TABLE customer DROP COLUMN age",
)
ENDS_ITSELF = {
    "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
    "mysql": "KILL CONNECTION_ID()",
}
SLEEPS = {"postgresql": "SELECT pg_sleep(60)", "mysql": "SELECT SLEEP(60)"}
HOLDS = {
    "postgresql": "LOCK TABLE customer IN ACCESS EXCLUSIVE MODE",
    "mysql": "SELECT * FROM customer",
}


def is_ours(name: str) -> bool:
    return name.startswith("migtestkit_")


class FaultTestCase(ProjectTestCase):
    own: servers.OwnServers

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.own = servers.OwnServers()
        cls.addClassCleanup(cls.own.close)

    def setUp(self) -> None:
        super().setUp()
        patience = mock.patch.object(server_module, "CONNECT_TIMEOUT", 2)
        patience.start()
        self.addCleanup(patience.stop)

    @contextlib.contextmanager
    def in_time(self, seconds: float) -> Iterator[None]:
        """Fail if something takes longer."""
        started = time.monotonic()
        yield
        self.assertLess(time.monotonic() - started, seconds)

    def next_run_is_clean(self, url: URL) -> None:
        """Fail if a sound test does not pass now, on a database of its own."""
        context = self.open_history(CUSTOMER, AGE, database_url=url)
        self.assertEqual("base", context.current)
        self.assertEqual("r2", context.migrate_up_to("head"))
        context.close()

    def left(self, url: URL) -> set[str]:
        """Return the throw-away databases that are there."""
        return set(filter(is_ours, servers.database_names(url)))


class TestServerThatStops(FaultTestCase):

    def test_in_the_middle_of_a_test(self):
        for family, url in self.own.each():
            with self.subTest(family):
                place = self.own.place(family)
                place.ensure_running()
                ini = self.make_history(CUSTOMER, AGE)
                said = io.StringIO()

                class Case(MigrationTestCase):
                    alembic_config = str(ini)
                    database_url = url

                    def test_it(self):
                        self.migrate_up_to("r1")
                        place.stop()
                        self.migrate_up_to("r2")

                with self.in_time(20), contextlib.redirect_stderr(said):
                    result = run_case(Case)
                place.ensure_running()
                [[_, found]] = result.errors + result.failures
                last = found.strip().rpartition("\nmigtestkit.errors.")[2]
                self.assertRegex(last, r"^\w+: ")
                self.assertRegex(last, "(?i)refused|connect|closed")
                self.assertEqual("", said.getvalue())
                self.next_run_is_clean(url)
                # What could not be dropped has no owner in the next process.
                self.assertEqual(1, len(self.left(url)))
                servers.forget_owners(url.port)
                self.next_run_is_clean(url)
                self.assertEqual(set(), self.left(url))

    def test_what_is_to_be_kept_and_cannot_be(self):
        for family, url in self.own.each():
            with self.subTest(family):
                place = self.own.place(family)
                place.ensure_running()
                ini = self.make_history(CUSTOMER)
                said = io.StringIO()

                class Case(MigrationTestCase):
                    alembic_config = str(ini)
                    database_url = url
                    keep_failed_database = True

                    def test_it(self):
                        self.migrate_up_to("r1")
                        place.stop()
                        self.migrate_down_to("base")

                with contextlib.redirect_stderr(said):
                    run_case(Case)
                place.ensure_running()
                [line] = said.getvalue().splitlines()
                self.assertRegex(
                    line, "^migtestkit: could not keep the database of a "
                    "failed test: (psql|mysql) .* migtestkit_",
                )


class TestConnectionThatIsKilled(FaultTestCase):

    def test_while_a_migration_runs(self):
        for family, url in self.own.each():
            with self.subTest(family):
                context = self.open_history(
                    CUSTOMER,
                    AGE._replace(upgrade=[AGE.upgrade, ENDS_ITSELF[family]]),
                    database_url=url,
                )
                context.migrate_up_to("r1")
                with self.in_time(10), \
                        self.assertRaises(MigrationFailed) as caught:
                    context.migrate_up_to("r2")
                message = str(caught.exception)
                self.assertIn("upgrade of revision r2", message)
                self.assertIn(ENDS_ITSELF[family], message)
                self.assertRegex(
                    message,
                    "terminating connection|interrupted|[Cc]onnection was "
                    "killed|Lost connection",
                )
                context.close()
                self.assertEqual(set(), self.left(url))
                self.next_run_is_clean(url)


class TestFullDisk(FaultTestCase):

    FILLS = Python(
        "op.execute('PRAGMA max_page_count = {pages}')\n"
        "op.execute('CREATE TABLE big (content BLOB)')\n"
        "op.execute('INSERT INTO big VALUES (zeroblob(400000))')"
    )

    def history(self, pages: int) -> list[Rev]:
        return [CUSTOMER, AGE._replace(
            upgrade=Python(self.FILLS.format(pages=pages))
        )]

    def test_of_sqlite(self):
        context = self.open_history(*self.history(20))
        context.migrate_up_to("r1")
        with self.in_time(5), self.assertRaises(MigrationFailed) as caught:
            context.migrate_up_to("r2")
        message = str(caught.exception)
        self.assertIn("upgrade of revision r2", message)
        self.assertIn("database or disk is full", message)
        self.assertIn("INSERT INTO big", message)
        context.close()
        self.next_run_is_clean("sqlite://")
        self.assertEqual([], list(self.temp.iterdir()))

    def test_the_sound_twin_has_room(self):
        context = self.open_history(*self.history(20000))
        self.assertEqual("r2", context.migrate_up_to("head"))


class TestKilledProcess(FaultTestCase):

    SCRIPT = textwrap.dedent("""\
        import sys
        from migtestkit import MigrationContext
        from sqlalchemy import make_url

        context = MigrationContext(
            sys.argv[1], database_url=make_url(sys.argv[2])
        )
        context.migrate_up_to("r1")
        print(context.engine.url.database, flush=True)
        context.migrate_up_to("r2")
    """)

    def test_in_the_middle_of_a_migration(self):
        for family, url in self.own.each():
            with self.subTest(family):
                sleeps = AGE._replace(upgrade=[AGE.upgrade, SLEEPS[family]])
                ini = self.make_history(CUSTOMER, sleeps)
                before = servers.database_names(url)
                process = subprocess.Popen(
                    [sys.executable, "-c", self.SCRIPT, str(ini),
                     url.render_as_string(hide_password=False)],
                    stdout=subprocess.PIPE, text=True,
                    env=servers.environment(),
                )
                with process:
                    name = process.stdout.readline().strip()
                    asleep = servers.eventually(
                        lambda: self.is_asleep(family, url), 20
                    )
                    os.kill(process.pid, signal.SIGKILL)
                self.assertTrue(asleep)
                self.assertEqual(-signal.SIGKILL, process.returncode)
                self.assertIn(name, servers.database_names(url))
                # The server may need a moment to miss the owner.
                self.assertTrue(servers.eventually(
                    lambda: self.is_reaped(url, name), 20
                ))
                self.next_run_is_clean(url)
                self.assertEqual(before, servers.database_names(url))

    def test_in_the_middle_of_a_migration_of_sqlite(self):
        sleeps = AGE._replace(upgrade=Python(
            "import time\n"
            f"op.execute('{AGE.upgrade}')\n"
            "op.execute('INSERT INTO customer VALUES (1, 1)')\n"
            "print('asleep', flush=True)\n"
            "time.sleep(60)"
        ))
        ini = self.make_history(CUSTOMER, sleeps)
        place = self.new_folder()
        process = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, str(ini),
             f"sqlite:///{place}"],
            stdout=subprocess.PIPE, text=True, env=servers.environment(),
        )
        with process:
            path = Path(process.stdout.readline().strip())
            self.assertEqual("asleep", process.stdout.readline().strip())
            os.kill(process.pid, signal.SIGKILL)
        self.assertTrue(path.exists())
        self.next_run_is_clean(f"sqlite:///{place}")
        self.assertEqual([], list(place.iterdir()))

    def is_asleep(self, family: str, url: URL) -> bool:
        return bool(servers.ask(url, {
            "postgresql": "SELECT pid FROM pg_stat_activity "
            "WHERE wait_event = 'PgSleep'",
            "mysql": "SELECT id FROM information_schema.processlist "
            "WHERE info LIKE 'SELECT SLEEP(60)%'",
        }[family]))

    def is_reaped(self, url: URL, name: str) -> bool:
        servers.forget_owners(url.port)
        context = self.open_history(CUSTOMER, database_url=url)
        context.migrate_up_to("head")
        context.close()
        return name not in servers.database_names(url)


class TestLockOfAnotherSession(FaultTestCase):

    @contextlib.contextmanager
    def locked(
        self, family: str, url: URL, statement: str = ""
    ) -> Iterator[tuple[Any, Any, str]]:
        """Give a context at r1, the connection of a session that keeps a
        lock there, and what the session is called."""
        context = self.open_history(
            CUSTOMER, AGE, database_url=url, lock_timeout=1
        )
        context.migrate_up_to("r1")
        holder = create_engine(context.engine.url)
        self.addCleanup(holder.dispose)
        with holder.connect() as connection:
            number = connection.scalar(text({
                "postgresql": "SELECT pg_backend_pid()",
                "mysql": "SELECT CONNECTION_ID()",
            }[family]))
            connection.execute(text(statement or HOLDS[family]))
            yield context, connection, f"session {number} of "
        context.close()

    def test_ends_in_an_error_that_names_the_holder(self):
        for family, url in self.own.each():
            with self.subTest(family), \
                    self.locked(family, url) as (context, connection, name):
                with self.in_time(5), \
                        self.assertRaises(MigrationFailed) as caught:
                    context.migrate_up_to("r2")
                message = str(caught.exception)
                self.assertIn("upgrade of revision r2", message)
                self.assertIn(
                    "another session kept its lock for all of lock_timeout = "
                    "1 seconds; end its transaction, or close it", message
                )
                self.assertIn(f"perhaps {name}", message)
                self.assertEqual(1, message.count("perhaps "))
                self.assertRegex(message, r"in a transaction for \d+ s")

                # And what it says is what helps.
                connection.rollback()
                self.assertEqual("r2", context.migrate_up_to("r2"))
            with self.subTest(f"{family}, the next run"):
                self.assertEqual(set(), self.left(url))
                self.next_run_is_clean(url)

    def test_that_is_never_let_go_of(self):
        for family, url in self.own.each():
            with self.subTest(family):
                with self.in_time(20), self.locked(family, url) as (
                    context, holder, _
                ):
                    with self.assertRaises(MigrationFailed):
                        context.migrate_up_to("r2")
                    # It is sent away where it is in the way of a drop.
                    context.close()
                    holder.invalidate()
                    self.assertEqual(set(), self.left(url))
                    self.next_run_is_clean(url)

    def test_a_table_lock_without_a_transaction(self):
        url = self.own.require("mysql")
        statement = "LOCK TABLES customer READ"
        with self.locked("mysql", url, statement) as (context, _, name):
            with self.in_time(5), \
                    self.assertRaises(MigrationFailed) as caught:
                context.migrate_up_to("r2")
        self.assertIn(f"perhaps {name}", str(caught.exception))

    def test_another_failure_accuses_nobody(self):
        for family, url in self.own.each():
            with self.subTest(family):
                context = self.open_history(
                    CUSTOMER, AGE._replace(upgrade="SELECT nonsense"),
                    database_url=url,
                )
                context.migrate_up_to("r1")
                bystander = create_engine(context.engine.url)
                self.addCleanup(bystander.dispose)
                with bystander.connect() as connection:
                    connection.execute(text("SELECT 1"))
                    with self.assertRaises(MigrationFailed) as caught:
                        context.migrate_up_to("r2")
                self.assertNotIn("session", str(caught.exception))
                context.close()

    def test_a_version_table_that_cannot_be_read(self):
        url = self.own.require("postgresql")
        statement = "LOCK TABLE alembic_version"
        with self.locked("postgresql", url, statement) as (context, _, name):
            with self.in_time(5), \
                    self.assertRaises(MigtestkitError) as caught:
                context.current
        message = str(caught.exception)
        self.assertIn("the version table 'alembic_version'", message)
        self.assertIn(f"perhaps {name}", message)
        self.assertIn(statement, message)

    def test_a_long_statement_is_cut(self):
        url = self.own.require("postgresql")
        statement = f"SELECT '{'x' * 200}',\n  count(*) FROM customer"
        with self.locked("postgresql", url, statement) as (context, _, name):
            with self.assertRaises(MigrationFailed) as caught:
                context.migrate_up_to("r2")
        self.assertRegex(str(caught.exception), r"SELECT 'x{52}\.\.\.")


class TestKeptDatabase(FaultTestCase):

    COUNT = "SELECT 'there are', count(*) FROM customer;\n"

    def line_of(self, url: Any) -> str:
        """Return the line that is said of a failed test's database."""
        ini = self.make_history(CUSTOMER, AGE)

        class Case(MigrationTestCase):
            alembic_config = str(ini)
            database_url = url
            keep_failed_database = True

            def test_it(self):
                self.migrate_up_to("r1")
                with self.migrations.connect() as connection:
                    connection.execute(
                        text("INSERT INTO customer VALUES ('Ada')")
                    )
                    connection.commit()
                self.fail("so that it is kept")

        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            run_case(Case)
        [line] = said.getvalue().splitlines()
        return line.partition("kept the database of a failed test: ")[2]

    def check(self, line: str, **environ: str) -> None:
        """Paste the line into a shell, and ask what is there."""
        done = subprocess.run(
            ["sh", "-c", line], input=self.COUNT, text=True,
            capture_output=True, timeout=30, env={**os.environ, **environ},
        )
        self.assertEqual((0, ""), (done.returncode, done.stderr), line)
        self.assertRegex(done.stdout, r"there are\W+1\b")

    def require(self, client: str) -> None:
        found = subprocess.run(["which", client], capture_output=True)
        if found.returncode:
            self.skipTest(f"{client} is not installed")

    def test_of_sqlite(self):
        self.require("sqlite3")
        line = self.line_of("sqlite://")
        self.check(line)
        self.next_run_is_clean("sqlite://")
        self.check(line)
        [folder] = self.temp.iterdir()
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    def test_of_a_server(self):
        for family, url in self.own.each():
            with self.subTest(family):
                self.require({"postgresql": "psql", "mysql": "mysql"}[family])
                line = self.line_of(url)
                self.check(line)
                # The next process does not reap it.
                servers.forget_owners(url.port)
                self.next_run_is_clean(url)
                self.check(line)

    def test_of_a_server_that_demands_a_password(self):
        self.require("psql")
        url = self.own.require("postgresql")
        place = self.own.place("postgresql")
        place.demand_password("careful", "secret word")
        line = self.line_of(
            url.set(username="careful", password="secret word")
        )
        self.assertNotIn("secret", line)
        self.check(line, PGPASSWORD="secret word")


if __name__ == "__main__":
    unittest.main()
