"""Are databases on servers made, found again, dropped and reaped, whatever
happens to those who made them?
"""
from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import traceback
import unittest
from collections.abc import Iterator
from typing import Any, Optional
from unittest import mock

from alembic.config import Config
from migtestkit.databases import Database, backend_for, disown, own
from migtestkit.databases import server as server_module
from migtestkit.databases.base import new_token
from migtestkit.errors import (
    ConfigError,
    DatabaseUnavailable,
    MigtestkitError,
)
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from tests import servers
from tests.support import ProjectTestCase, Rev

#: Seconds until what another process does is taken for stuck.
PATIENCE = 60
NAME = re.compile(r"migtestkit_([0-9a-f]{16})_(\d+)")
#: Connects to where it is sent away from, and says so before and after.
ELSEWHERE = """\
import os
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine({url!r}, poolclass=pool.NullPool)
os.close(context.config.attributes["lose"]())
context.config.attributes["look"]()
with engine.connect() as connection:
    context.config.attributes["look"]()
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


class Holder:
    """Another process, which has two databases until it is told to end.

    Forked, for a fresh one takes seconds to import all; either has an owner
    of its own.
    """

    def __init__(self, url: URL) -> None:
        told, self._tell = os.pipe()
        self._answers, answer = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            status = 1
            try:
                os.close(self._tell)
                self._work(url, told, answer)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(told)
        os.close(answer)
        self.status: Optional[int] = None

    def _work(self, url: URL, told: int, answer: int) -> None:
        backend = backend_for(url.get_backend_name())
        made = [backend.provision(url, lock_timeout=5.0) for _ in range(2)]
        os.write(answer, " ".join(map(name_of, made)).encode() + b"\n")
        os.read(told, 1)
        for one in made:
            one.drop()

    @functools.cached_property
    def names(self) -> set[str]:
        """Its databases."""
        ready, _, _ = select.select([self._answers], [], [], PATIENCE)
        if not ready:
            os.kill(self.process, signal.SIGKILL)
            raise AssertionError("another process makes no databases")
        return set(os.read(self._answers, 1000).decode().split())

    def end(self) -> None:
        """Let it drop its databases."""
        if self.status is None:
            os.write(self._tell, b"\n")
            self._wait()

    def kill(self) -> None:
        """End it without a chance to clean up."""
        if self.status is None:
            self.names
            os.kill(self.process, signal.SIGKILL)
            self._wait()

    def _wait(self) -> None:
        self.names
        os.close(self._tell)
        os.close(self._answers)
        done = servers.eventually(self._ended, PATIENCE)
        if not done:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            raise AssertionError("another process does not end")
        self.status = done[1]

    def _ended(self) -> Any:
        done = os.waitpid(self.process, os.WNOHANG)
        return done if done[0] else ()


class ServerTestCase(unittest.TestCase):

    def provision(self, url: URL, **options: Any) -> Database:
        """Make a database, dropped after the test."""
        backend = backend_for(url.get_backend_name())
        database = backend.provision(url, **{"lock_timeout": 5.0, **options})
        self.addCleanup(database.drop)
        return database

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a Python process, ended after the test."""
        process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-W", "error", "-c", script]
            + list(arguments),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=servers.environment(),
        )

        def end() -> None:
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def run_script(self, script: str, *arguments: str) -> str:
        """Run a Python process that must end well, and quietly; return what
        it prints."""
        process = self.start(textwrap.dedent(script), *arguments)
        output, errors = process.communicate(timeout=60)
        self.assertEqual("", errors)
        self.assertEqual(0, process.returncode)
        return output

    def hold(self, url: URL) -> Holder:
        """Start a process that has two databases."""
        holder = self.begin(url)
        self.assertEqual(2, len(holder.names))
        return holder

    def begin(self, url: URL) -> Holder:
        """Start such a process; do not wait until it has them."""
        holder = Holder(url)

        def end() -> None:
            holder.kill()
            for name in holder.names & servers.database_names(url):
                servers.drop_database(url, name)

        self.addCleanup(end)
        return holder

    def end(self, holder: Holder) -> None:
        """Let a process drop its databases."""
        holder.end()
        self.assertEqual(0, holder.status)


class OwnServersTestCase(ServerTestCase):
    """For what holds only while nobody else reaps, or for timing."""

    own: servers.OwnServers

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.own = servers.OwnServers()
        cls.addClassCleanup(cls.own.close)


def full(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def name_of(database: Database) -> str:
    return str(database.url.database)


class TestProvisioning(ServerTestCase):

    def test_makes_an_empty_database_that_the_engine_opens(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                database = self.provision(url)
                engine = database.create_engine()
                with engine.begin() as connection:
                    connection.execute(text("CREATE TABLE t (a INTEGER)"))
                found = servers.ask(
                    url,
                    "SELECT table_name FROM information_schema.tables "
                    "WHERE table_schema NOT IN ('information_schema', "
                    "'pg_catalog', 'mysql', 'performance_schema', 'sys')"
                    f"AND table_catalog IN ('def', '{name_of(database)}') "
                    "AND (table_catalog <> 'def' "
                    f"OR table_schema = '{name_of(database)}')",
                    name_of(database),
                )
                self.assertEqual([("t",)], found)

    def test_names_hold_a_token_of_the_process_and_a_number(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                one, two = self.provision(url), self.provision(url)
                first = NAME.fullmatch(name_of(one))
                second = NAME.fullmatch(name_of(two))
                self.assertEqual(first.group(1), second.group(1))
                self.assertEqual(
                    int(first.group(2)) + 1, int(second.group(2))
                )

    def test_another_process_has_another_token(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                ours = NAME.fullmatch(name_of(self.provision(url)))
                names = self.hold(url).names
                theirs = {NAME.fullmatch(name).group(1) for name in names}
                self.assertNotIn(ours.group(1), theirs)

    def test_the_driver_of_the_url_is_used(self):
        for family, driver in (("postgresql", "psycopg2"),
                               ("postgresql", "psycopg"),
                               ("mysql", "pymysql"),
                               ("mysql", "mysqldb")):
            with self.subTest(driver):
                url = servers.require_driver(family, driver)
                engine = self.provision(url).create_engine()
                self.assertEqual(driver, engine.dialect.driver)

    def test_what_the_environment_says_counts_once(self):
        # env.py may load a .env file that says otherwise.
        url = servers.require_server("postgresql")
        with mock.patch.dict(
            os.environ,
            PGHOST=str(url.host), PGPORT=str(url.port or 5432),
            PGUSER=str(url.username),
        ):
            database = self.provision(make_url(
                f"{url.drivername}://"
            ))
            os.environ.update(PGHOST="127.0.0.9", PGPORT="1", PGUSER="nobody")
            engine = database.create_engine()
            with engine.connect() as connection:
                found = connection.scalar(text("SELECT current_database()"))
        self.assertEqual(name_of(database), found)

    def test_threads_share_the_session(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                made: list[Database] = []
                problems: list[BaseException] = []

                def work() -> None:
                    try:
                        for _ in range(3):
                            made.append(self.provision(url))
                            made[-1].drop()
                    except BaseException as error:
                        problems.append(error)

                threads = [threading.Thread(target=work) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual([], problems)
                self.assertEqual(12, len({name_of(one) for one in made}))

    def test_a_mysql_url_s_own_database_is_not_entered(self):
        url = servers.require_server("mysql")
        # It need not even exist.
        database = self.provision(url.set(database="no_such_database"))
        self.assertIn(name_of(database), servers.database_names(url))


class TestDropping(ServerTestCase):

    def test_the_database_is_gone(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                database = self.provision(url)
                self.assertIn(name_of(database), servers.database_names(url))
                database.drop()
                self.assertNotIn(
                    name_of(database), servers.database_names(url)
                )

    def test_twice_is_no_error_and_harms_no_namesake(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                database = self.provision(url)
                database.drop()
                name = name_of(database)
                servers.ask(url, f"CREATE DATABASE {name}")
                self.addCleanup(servers.drop_database, url, name)
                database.drop()
                self.assertIn(name, servers.database_names(url))

    def test_what_was_handed_over_is_not_dropped(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                made = self.provision(url)
                backend = backend_for(url.get_backend_name())
                engine = create_engine(made.url)
                self.addCleanup(engine.dispose)
                adopted = backend.adopt(engine, lock_timeout=5.0)
                adopted.drop()
                self.assertIn(name_of(made), servers.database_names(url))

    def test_a_refusal_of_the_server_is_told(self):
        url = servers.require_server("postgresql")
        database = self.provision(url)
        name = name_of(database)
        servers.ask(url, f"ALTER DATABASE {name} IS_TEMPLATE true")
        self.addCleanup(servers.drop_database, url, name)
        self.addCleanup(
            servers.ask, url, f"ALTER DATABASE {name} IS_TEMPLATE false"
        )
        with self.assertRaisesRegex(
            MigtestkitError,
            f"{name} on .* could not be dropped: .*template.*"
            "will be when the tests run again",
        ):
            database.drop()


class TestDroppingInTime(OwnServersTestCase):

    def test_does_not_wait_longer_than_the_leaving_sessions_need(self):
        # PostgreSQL itself would look every 100 ms whether they have gone.
        for family, url in self.own.each():
            with self.subTest(family):
                took = []
                for _ in range(6):
                    database = self.provision(url)
                    engine = database.create_engine()
                    with engine.connect() as one, engine.connect() as two:
                        one.execute(text("SELECT 1"))
                        two.execute(text("SELECT 1"))
                    started = time.perf_counter()
                    database.drop()
                    took.append(time.perf_counter() - started)
                self.assertLess(min(took), 0.09, took)

    def test_sessions_that_stay_are_sent_away_within_a_few_seconds(self):
        for family, url in self.own.each():
            with self.subTest(family):
                database = self.provision(url)
                engine = database.create_engine()
                with contextlib.suppress(Exception), \
                        engine.connect() as idle, \
                        engine.connect() as busy:
                    idle.execute(text("SELECT 1"))
                    busy.execute(text("CREATE TABLE t (a INTEGER)"))
                    busy.execute(text("INSERT INTO t VALUES (1)"))
                    started = time.perf_counter()
                    database.drop()
                    took = time.perf_counter() - started
                self.assertNotIn(
                    name_of(database), servers.database_names(url)
                )
                self.assertLess(took, 4.0)

    def test_a_lock_on_the_database_is_not_waited_for_for_ever(self):
        for family, url in self.own.each():
            with self.subTest(family), \
                    mock.patch.object(server_module, "CONNECT_TIMEOUT", 1):
                servers.forget_owners(url.port)
                self.addCleanup(servers.forget_owners, url.port)
                database = self.provision(url)
                name = name_of(database)
                engine = create_engine(self.outside(url))
                self.addCleanup(engine.dispose)
                with engine.connect() as connection:
                    connection.execute(text({
                        "postgresql": f"COMMENT ON DATABASE {name} IS ''",
                        "mysql": f"CREATE TABLE {name}.t (a INTEGER)",
                    }[family]))
                    if family == "mysql":
                        connection.execute(text(f"SELECT * FROM {name}.t"))
                    started = time.perf_counter()
                    with self.assertRaisesRegex(
                        MigtestkitError,
                        f"{name} on .* could not be dropped: .*"
                        "[Ll]ock.* time.*will be when the tests run again",
                    ):
                        database.drop()
                    self.assertLess(time.perf_counter() - started, 8.0)
                # And so it is.
                servers.forget_owners(url.port)
                self.provision(url)
                self.assertNotIn(name, servers.database_names(url))

    def outside(self, url: URL) -> URL:
        """Return the URL of a database that none of ours is."""
        names = {"postgresql": "postgres", "mysql": "mysql"}
        return url.set(database=names[url.get_backend_name()])


class TestReaping(OwnServersTestCase):

    def test_what_a_killed_process_left_is_dropped_by_the_next(self):
        for family, url in self.own.each():
            with self.subTest(family):
                holder = self.hold(url)
                names = holder.names
                holder.kill()
                self.assertLessEqual(names, servers.database_names(url))
                self.assertEqual(set(), self.left_after_reaping(url, names))

    def test_what_a_live_process_has_stays(self):
        for family, url in self.own.each():
            with self.subTest(family):
                holder = self.hold(url)
                ours = name_of(self.provision(url))
                self.hold(url)
                self.assertLessEqual(
                    holder.names | {ours}, servers.database_names(url)
                )
                self.end(holder)
                self.assertFalse(holder.names & servers.database_names(url))

    def test_several_processes_reap_at_once(self):
        for family, url in self.own.each():
            with self.subTest(family):
                alive = [self.hold(url) for _ in range(2)]
                dead = [self.hold(url) for _ in range(2)]
                for holder in dead:
                    holder.kill()
                starting = [self.begin(url) for _ in range(3)]
                for holder in starting:
                    self.end(holder)
                orphans = set().union(*(holder.names for holder in dead))
                in_use = set().union(*(holder.names for holder in alive))
                self.assertEqual(
                    set(), self.left_after_reaping(url, orphans)
                )
                self.assertLessEqual(in_use, servers.database_names(url))

    def test_sessions_that_outlive_the_killed_process_do_not_matter(self):
        url = self.own.require("postgresql")
        holder = self.hold(url)
        engine = servers.admin_engine(url, min(holder.names))
        with contextlib.suppress(DBAPIError), engine.connect():
            holder.kill()
            self.assertEqual(
                set(), self.left_after_reaping(url, holder.names)
            )

    def test_an_owner_connected_to_another_database_is_seen(self):
        url = self.own.require("postgresql")
        place = name_of(self.provision(url))
        holder = self.hold(url.set(database=place))
        self.hold(url)
        self.assertLessEqual(holder.names, servers.database_names(url))
        self.end(holder)

    def test_names_that_only_look_like_ours_stay(self):
        for family, url in self.own.each():
            for name in ("migtestkit_production_1",
                         "migtestkit_0123456789abcdef",
                         "migtestkit_0123456789abcdef_1_copy"):
                with self.subTest(f"{family}: {name}"):
                    servers.drop_database(url, name)
                    servers.ask(url, f"CREATE DATABASE {name}")
                    self.addCleanup(servers.drop_database, url, name)
                    self.hold(url)
                    self.assertIn(name, servers.database_names(url))

    def test_a_kept_database_outlives_its_process(self):
        script = """\
            import sys
            from sqlalchemy import make_url
            from migtestkit.databases import backend_for

            url = make_url(sys.argv[1])
            backend = backend_for(url.get_backend_name())
            kept = backend.provision(url, lock_timeout=5)
            kept.keep()
            kept.drop()
            left = backend.provision(url, lock_timeout=5)
            print(kept.url.database, left.url.database)
        """
        for family, url in self.own.each():
            with self.subTest(family):
                kept, left = self.run_script(script, full(url)).split()
                self.addCleanup(servers.drop_database, url, kept)
                self.assertEqual(
                    {kept}, self.left_after_reaping(url, {kept, left})
                )

    def test_a_child_that_outlives_its_killed_parent_does_not_matter(self):
        script = """\
            import os, sys
            from sqlalchemy import make_url
            from migtestkit.databases import backend_for

            url = make_url(sys.argv[1])
            backend = backend_for(url.get_backend_name())
            made = backend.provision(url, lock_timeout=5)
            if os.fork():
                print(made.url.database, flush=True)
            sys.stdin.read()
            os._exit(0)
        """
        for family, url in self.own.each():
            with self.subTest(family):
                parent = self.start(textwrap.dedent(script), full(url))
                name = parent.stdout.readline().strip()
                self.assertRegex(name, NAME)
                parent.kill()
                parent.wait()
                self.assertEqual(
                    set(), self.left_after_reaping(url, {name})
                )
                # The child still had its end of it.
                self.assertEqual(
                    [], select.select([parent.stdout], [], [], 0)[0]
                )

    def left_after_reaping(self, url: URL, names: set[str]) -> set[str]:
        """Return which of some orphans are still there when another process
        has made a database."""
        # The server needs a moment to notice that a process was killed.
        for _ in range(20):
            self.end(self.hold(url))
            left = names & servers.database_names(url)
            if len(left) < len(names):
                break
            time.sleep(0.1)
        return left


class TestForking(ServerTestCase):

    SCRIPT = """\
        import gc, json, os, sys
        from sqlalchemy import make_url
        from migtestkit.databases import backend_for

        url = make_url(sys.argv[1])
        backend = backend_for(url.get_backend_name())
        ours = backend.provision(url, lock_timeout=5)
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            ours.drop()
            own = backend.provision(url, lock_timeout=5)
            os.write(into, own.url.database.encode())
            gc.collect()
            own.drop()
            # As sys.exit() in any script: the interpreter takes its leave
            # of all objects.
            sys.exit(0)
        os.close(into)
        _, status = os.waitpid(child, 0)
        theirs = os.read(out, 100).decode()
        os.close(out)
        print(json.dumps([status, ours.url.database, theirs]), flush=True)
        sys.stdin.readline()
        ours.drop()
    """

    def test_a_child_has_an_owner_of_its_own_and_leaves_ours_alone(self):
        for family, driver in (("postgresql", "psycopg"),
                               ("postgresql", "psycopg2"),
                               ("mysql", "pymysql"),
                               ("mysql", "mysqldb")):
            with self.subTest(driver):
                url = servers.require_driver(family, driver)
                script = textwrap.dedent(self.SCRIPT)
                process = self.start(script, full(url))
                line = process.stdout.readline()
                if not line:
                    self.fail(process.communicate()[1])
                status, ours, theirs = json.loads(line)
                self.assertEqual(0, status)
                names = servers.database_names(url)
                self.assertIn(ours, names)
                self.assertNotIn(theirs, names)
                self.assertNotEqual(
                    NAME.fullmatch(ours).group(1),
                    NAME.fullmatch(theirs).group(1),
                )
                # The parent's lock has outlived the child.
                self.hold(url)
                self.assertIn(ours, servers.database_names(url))
                _, errors = process.communicate("\n", timeout=60)
                self.assertEqual("", errors)
                self.assertNotIn(ours, servers.database_names(url))


class TestLostSession(OwnServersTestCase, ProjectTestCase):

    def kill_owner(self, url: URL, database: Database) -> None:
        """End the session on the server that holds a database's lock."""
        token = NAME.fullmatch(name_of(database)).group(1)
        if url.get_backend_name() == "postgresql":
            number = int(token, 16)
            servers.ask(
                url,
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE "
                "locktype = 'advisory' AND classid::bigint = "
                f"{number >> 32} AND objid::bigint = {number % 2**32}",
            )
        else:
            [[thread]] = servers.ask(
                url, f"SELECT IS_USED_LOCK('migtestkit_{token}')"
            )
            servers.ask(url, f"KILL {thread}")
            time.sleep(0.2)

    def test_the_next_database_is_made_by_a_new_session(self):
        for family, url in self.own.each():
            with self.subTest(family):
                before = self.provision(url)
                self.kill_owner(url, before)
                after = self.provision(url)
                names = servers.database_names(url)
                self.assertLessEqual(
                    {name_of(before), name_of(after)}, names
                )

    def test_a_database_made_before_is_still_dropped(self):
        for family, url in self.own.each():
            with self.subTest(family):
                before = self.provision(url)
                self.kill_owner(url, before)
                before.drop()
                self.assertNotIn(
                    name_of(before), servers.database_names(url)
                )
                # And the session that was lost harms nothing afterwards.
                self.provision(url)

    def test_a_database_made_before_is_not_reaped(self):
        for family, url in self.own.each():
            with self.subTest(family), self.on_another_host():
                before = self.provision(url)
                self.kill_owner(url, before)
                self.provision(url)
                self.hold(url)
                self.assertIn(name_of(before), servers.database_names(url))

    def on_another_host(self) -> Any:
        """Let processes that are forked see no more than those elsewhere."""
        return mock.patch.object(
            server_module, "is_here", return_value=False
        )

    def test_a_database_in_use_is_not_reaped_either(self):
        for family, url in self.own.each():
            with self.subTest(family), self.on_another_host():
                database = self.provision(url)
                engine = database.create_engine()
                own(
                    engine, database.address,
                    lambda dialect: database.connect_arguments(dialect, {}),
                )
                self.addCleanup(disown, engine)
                self.kill_owner(url, database)
                with engine.connect() as connection:
                    connection.execute(text("CREATE TABLE t (a INTEGER)"))
                    connection.commit()
                self.hold(url)
                self.assertIn(name_of(database), servers.database_names(url))

    def test_one_that_env_py_turns_to_is_not_reaped_either(self):
        for family, url in self.own.each():
            with self.subTest(family), self.on_another_host():
                config = Config(str(self.make_history(
                    Rev("r1", upgrade="CREATE TABLE t (a INTEGER)"),
                    env=ELSEWHERE.format(url=full(url) + "production"),
                )))
                context = self.open(config, database_url=url)
                context._databases.open()
                database: Any = context._databases.targets[0].database
                owner, held = database._owner, []
                config.attributes["lose"] = lambda: self.lose(owner)
                config.attributes["look"] = lambda: held.append(
                    owner._is_held()
                )
                context.migrate_up_to("r1")
                self.assertEqual([False, True], held[-2:])
                self.hold(url)
                self.assertEqual("r1", context.current)

    def lose(self, owner: Any) -> int:
        """Let our end of an owner's session see the other one gone; return
        that, which the server has."""
        lost = owner._connection.connection.dbapi_connection
        number = owner._backend.socket_of(lost)
        held = os.dup(number)
        ours, theirs = socket.socketpair()
        theirs.close()
        os.dup2(ours.detach(), number)
        return held

    def test_on_the_same_machine_not_even_one_that_nobody_uses(self):
        if not sys.platform.startswith("linux"):
            self.skipTest("a process shows that it lives on Linux alone")
        for family, url in self.own.each():
            with self.subTest(family):
                database = self.provision(url)
                self.kill_owner(url, database)
                self.hold(url)
                self.assertIn(name_of(database), servers.database_names(url))
                # The lock is what others go by; without either it is theirs.
                with self.on_another_host():
                    self.hold(url)
                self.assertNotIn(
                    name_of(database), servers.database_names(url)
                )

    def test_a_lock_that_the_server_has_not_let_go_of_is_taken_later(self):
        for family, url in self.own.each():
            with self.subTest(family), self.on_another_host():
                before = self.provision(url)
                owner: Any = before._owner
                held = self.lose(owner)
                after = self.provision(url)
                self.assertNotEqual(*(
                    NAME.fullmatch(name_of(one)).group(1)
                    for one in (before, after)
                ))
                os.close(held)
                self.assertTrue(servers.eventually(
                    lambda: self.is_free(url, before)
                ))
                before.create_engine().dispose()
                self.hold(url)
                self.assertLessEqual(
                    {name_of(before), name_of(after)},
                    servers.database_names(url),
                )

    def is_free(self, url: URL, database: Database) -> bool:
        """Say whether nobody holds the lock of a database's owner."""
        backend: Any = backend_for(url.get_backend_name())
        name = name_of(database)
        token = NAME.fullmatch(name).group(1)
        with servers.admin_engine(url).connect() as connection:
            return not backend.is_spared(connection, name, token)


class TestServerThatStops(ServerTestCase):

    def each_private(self) -> Iterator[tuple[str, servers.PrivateServer]]:
        for family, kind in servers.PRIVATE.items():
            with self.subTest(family):
                place = kind()
                try:
                    yield family, place
                finally:
                    place.close()

    def test_dropping_is_quiet_and_the_next_provision_tells(self):
        for family, place in self.each_private():
            database = self.provision(place.url)
            place.stop()
            database.drop()
            with self.assertRaisesRegex(
                DatabaseUnavailable, f"no connection to .*:{place.port}"
            ):
                self.provision(place.url)

    def test_a_server_that_comes_back_is_used_again(self):
        for family, place in self.each_private():
            before = self.provision(place.url)
            place.stop()
            place.start()
            after = self.provision(place.url)
            self.assertLessEqual(
                {name_of(before), name_of(after)},
                servers.database_names(place.url),
            )
            before.drop()
            self.assertNotIn(
                name_of(before), servers.database_names(place.url)
            )

    def test_another_reason_than_a_missing_right_is_not_blamed_on_it(self):
        place = servers.PrivatePostgreSQL()
        self.addCleanup(place.close)
        with servers.admin_engine(place.url, "template1").connect():
            with self.assertRaises(DatabaseUnavailable) as caught:
                self.provision(place.url)
        message = str(caught.exception)
        self.assertIn("template1", message)
        self.assertNotIn("CREATEDB", message)

    def test_a_wrong_password_is_told_and_not_shown(self):
        place = servers.PrivatePostgreSQL()
        self.addCleanup(place.close)
        place.demand_password("careful", "right")
        self.provision(place.url.set(username="careful", password="right"))
        with self.assertRaises(DatabaseUnavailable) as caught:
            self.provision(
                place.url.set(username="careful", password="secret")
            )
        message = str(caught.exception)
        self.assertIn("password authentication failed", message)
        self.assertIn('"careful"', message)
        self.assertIn(f":{place.port}", message)
        self.assertNotIn("secret", message)


class TestExit(ServerTestCase):

    SCRIPT = """\
        import sys
        from sqlalchemy import make_url
        from migtestkit.databases import backend_for

        url = make_url(sys.argv[1])
        backend = backend_for(url.get_backend_name())
        made = [backend.provision(url, lock_timeout=5) for _ in range(2)]
        made[0].drop()
        engine = made[1].create_engine()
        engine.connect().close()
        print(made[1].url.database)
    """

    def test_says_nothing(self):
        for family, driver in (("postgresql", "psycopg"),
                               ("postgresql", "psycopg2"),
                               ("mysql", "pymysql"),
                               ("mysql", "mysqldb")):
            with self.subTest(driver):
                url = servers.require_driver(family, driver)
                left = self.run_script(self.SCRIPT, full(url)).strip()
                self.addCleanup(servers.drop_database, url, left)
                self.assertRegex(left, NAME)


class TestHandedOver(ServerTestCase, ProjectTestCase):

    def test_a_database_with_tables_in_any_schema_is_refused(self):
        url = servers.require_server("postgresql")
        database = self.provision(url)
        engine = database.create_engine()
        self.addCleanup(engine.dispose)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA shop")
        context = self.open_history(
            Rev("r1", upgrade="CREATE TABLE a (id INTEGER)"),
            get_migration_engine=lambda: engine,
        )
        self.assertEqual("base", context.current)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE shop.customer (id INT)")
        context = self.open_history(
            Rev("r1", upgrade="CREATE TABLE a (id INTEGER)"),
            get_migration_engine=lambda: engine,
        )
        with self.assertRaisesRegex(ConfigError, "shop.customer"):
            context.migrate_up_to("head")


class TestErrors(ServerTestCase):

    def setUp(self) -> None:
        super().setUp()
        patience = mock.patch.object(server_module, "CONNECT_TIMEOUT", 2)
        patience.start()
        self.addCleanup(patience.stop)

    def failure(self, url: URL, kind: type[Exception]) -> str:
        """Return what a provision fails with, in time."""
        started = time.perf_counter()
        with self.assertRaises(kind) as caught:
            self.provision(url)
        self.assertLess(time.perf_counter() - started, 8.0)
        return str(caught.exception)

    def test_a_role_that_may_not_is_told_what_to_do(self):
        url = servers.require_server("postgresql")
        name = self.new_user(url, "CREATE ROLE {} LOGIN PASSWORD 'pw'")
        message = self.failure(
            url.set(username=name, password="pw"), ConfigError
        )
        self.assertIn("permission denied to create database", message)
        self.assertIn(f"{name}:***@", message)
        self.assertIn(f'ALTER ROLE "{name}" CREATEDB', message)
        self.assertIn("get_migration_engine()", message)

    def test_a_mysql_user_that_may_not_is_told_what_to_do(self):
        url = servers.require_server("mysql")
        name = self.new_user(url, "CREATE USER {} IDENTIFIED BY 'pw'")
        humble = url.set(username=name, password="pw")
        message = self.failure(humble, ConfigError)
        self.assertIn(f"Access denied for user '{name}'", message)
        grant = re.search(r"\((GRANT .*)\), or hand over", message).group(1)
        self.assertIn("get_migration_engine()", message)
        # And what it says is what helps.
        servers.ask(url, grant)
        self.provision(humble)

    def new_user(self, url: URL, statement: str) -> str:
        """Make a user for the test; return the name, which no other test
        run on the server has."""
        name = f"migtestkit_user_{new_token()}"
        servers.ask(url, statement.format(name))
        kind = "ROLE" if url.get_backend_name() == "postgresql" else "USER"
        self.addCleanup(servers.ask, url, f"DROP {kind} {name}")
        self.addCleanup(self.close_owners_of, name)
        return name

    def close_owners_of(self, user: str) -> None:
        for url, owner in list(server_module._owners.items()):
            if url.username == user:
                owner.close()
                del server_module._owners[url]

    def test_a_port_where_nobody_listens(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                message = self.failure(
                    url.set(port=1, password="secret"), DatabaseUnavailable
                )
                self.assertIn("no connection to ", message)
                self.assertRegex(message, "(?i)refused|can't connect to")
                self.assertIn(f"@{url.host}:1", message)
                self.assertNotIn("secret", message)

    def test_a_host_that_does_not_exist(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                message = self.failure(
                    url.set(host="no-such-host.invalid"), DatabaseUnavailable
                )
                self.assertIn("no-such-host.invalid", message)

    def test_a_server_that_never_answers(self):
        for family, driver in (("postgresql", "psycopg"),
                               ("postgresql", "psycopg2"),
                               ("mysql", "pymysql"),
                               ("mysql", "mysqldb")):
            with self.subTest(driver):
                url = servers.require_driver(family, driver)
                with contextlib.closing(socket.create_server(
                    ("127.0.0.1", 0)
                )) as silent:
                    port = silent.getsockname()[1]
                    message = self.failure(
                        url.set(host="127.0.0.1", port=port),
                        DatabaseUnavailable,
                    )
                self.assertRegex(
                    message, "timeout|timed out|system error: 110"
                )

    def test_a_server_that_answered_may_take_its_time(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                # An owner that no other test has.
                url = url.set(host="localhost" if url.host == "127.0.0.1"
                              else "127.0.0.1")
                database: Any = self.provision(url)
                owner = database._owner
                self.addCleanup(self.close_owner, owner)
                owner._session().execute(text({
                    "postgresql": "SELECT pg_sleep(3)",
                    "mysql": "SELECT SLEEP(3)",
                }[family]))
                self.assertTrue(owner._is_held())
                database.drop()

    def close_owner(self, owner: Any) -> None:
        for url, one in list(server_module._owners.items()):
            if one is owner:
                owner.close()
                del server_module._owners[url]

    def test_a_url_s_own_timeout_counts(self):
        url = servers.require_server("postgresql")
        with mock.patch.object(server_module, "CONNECT_TIMEOUT", 60):
            with contextlib.closing(socket.create_server(
                ("127.0.0.1", 0)
            )) as silent:
                port = silent.getsockname()[1]
                place = url.set(host="127.0.0.1", port=port)
                self.failure(
                    place.update_query_dict({"connect_timeout": "2"}),
                    DatabaseUnavailable,
                )

    def test_a_wrong_password_is_told_and_not_shown(self):
        url = servers.require_server("mysql")
        name = self.new_user(url, "CREATE USER {} IDENTIFIED BY 'right'")
        message = self.failure(
            url.set(username=name, password="secret"), DatabaseUnavailable
        )
        self.assertIn(f"Access denied for user '{name}'", message)
        self.assertNotIn("secret", message)

    def test_an_unknown_database_in_the_url(self):
        url = servers.require_server("postgresql")
        message = self.failure(
            url.set(database="no_such_database"), DatabaseUnavailable
        )
        self.assertIn('"no_such_database" does not exist', message)
        self.assertIn("leave it out, or name one that exists", message)

    def test_an_unknown_option_in_the_url(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                message = self.failure(
                    url.update_query_dict({"colour": "blue"}),
                    (ConfigError, DatabaseUnavailable),
                )
                self.assertIn("colour", message)

    def test_a_missing_driver_names_the_extra(self):
        for drivername, extra in (
            ("postgresql", "migtestkit[psycopg]"),
            ("postgresql+asyncpg", "migtestkit[psycopg]"),
            ("postgresql+psycopg2", "migtestkit[psycopg2]"),
            ("mysql", "migtestkit[pymysql]"),
            ("mysql+mysqldb", "migtestkit[mysqlclient]"),
            ("mariadb+aiomysql", "migtestkit[pymysql]"),
        ):
            with self.subTest(drivername), mock.patch(
                "importlib.util.find_spec", return_value=None
            ):
                message = self.failure(
                    make_url(f"{drivername}://u:secret@h/"), ConfigError
                )
                self.assertIn("not installed", message)
                self.assertIn(f"pip install '{extra}'", message)
                self.assertNotIn("secret", message)

    def test_a_driver_that_does_not_load(self):
        with mock.patch.dict(sys.modules, {"psycopg2": None}), mock.patch(
            "importlib.util.find_spec"
        ):
            message = self.failure(
                make_url("postgresql+psycopg2://u:secret@h/"), ConfigError
            )
        self.assertIn("cannot be loaded", message)
        self.assertIn("psycopg2", message)
        self.assertNotIn("secret", message)

    def test_an_asynchronous_engine_is_not_taken_over(self):
        for drivername in ("postgresql+asyncpg", "mysql+aiomysql"):
            with self.subTest(drivername):
                url = make_url(f"{drivername}://u:secret@h/d")
                engine = mock.Mock(url=url)
                engine.dialect.is_async = True
                backend = backend_for(url.get_backend_name())
                with self.assertRaises(ConfigError) as caught:
                    backend.adopt(engine, lock_timeout=5.0)
                self.assertIn("asynchronous engine", str(caught.exception))
                self.assertNotIn("secret", str(caught.exception))


class TestDescribing(ServerTestCase):

    def test_the_line_connects_a_person(self):
        questions = {
            "postgresql": ["-At", "-c", "SELECT current_database()"],
            "mysql": ["-N", "-e", "SELECT database()"],
        }
        for family, url in servers.each_server():
            with self.subTest(family):
                database = self.provision(url)
                done = subprocess.run(
                    shlex.split(database.describe()) + questions[family],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                )
                self.assertEqual("", done.stderr)
                self.assertEqual(name_of(database), done.stdout.strip())

    def test_the_line_connects_to_the_server_at_a_port_of_its_own(self):
        # MySQL's client would take "localhost" for the socket of any server.
        place = servers.PrivateMariaDB()
        self.addCleanup(place.close)
        url = place.url.set(host="localhost")
        backend = backend_for("mysql")
        name = f"migtestkit_{'0' * 16}_1"
        servers.ask(place.url, f"CREATE DATABASE {name}")
        line = backend.client_command(url.set(database=name))
        done = subprocess.run(
            shlex.split(line) + ["-N", "-e", "SELECT @@port"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        self.assertEqual(str(place.port), done.stdout.strip(), done.stderr)

    def test_the_line_has_no_password_and_is_safe_to_paste(self):
        for line, url in (
            ("psql -h h -p 77 -U 'a b' d",
             "postgresql+psycopg://a b:secret@h:77/d"),
            ("psql -h /run/pg -p 77 -U u d",
             "postgresql+psycopg://u:secret@/d?host=/run/pg&port=77"),
            ("mysql -h h -P 77 -u '$(u)' -p d",
             "mysql+pymysql://$(u):secret@h:77/d"),
            ("mysql -S /run/s -u u d",
             "mysql+pymysql://u@/d?unix_socket=/run/s"),
            ("mysql -h localhost --protocol=TCP -u u d",
             "mysql+pymysql://u@localhost/d"),
        ):
            with self.subTest(line):
                backend = backend_for(make_url(url).get_backend_name())
                self.assertEqual(
                    line, backend.client_command(make_url(url))
                )


if __name__ == "__main__":
    unittest.main()
