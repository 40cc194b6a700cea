"""Is a database on PostgreSQL copied from a template only where that is as
good as migrating, and is no template left behind?
"""
from __future__ import annotations

import os
import time
import unittest
from typing import Any, Optional
from unittest import mock

from migtestkit import MigrationContext
from migtestkit.databases import server as databases_server
from migtestkit.databases import templates
from migtestkit.databases.base import Database
from migtestkit.databases.postgresql import PostgreSQL
from migtestkit.databases.registry import backend_for
from migtestkit.databases.snapshots import STORE
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from tests import servers
from tests.support import ENV, ProjectTestCase, Python, Rev

OWN = servers.OwnServers()
#: Alembic's way, without the notes that tests else take.
QUIET_ENV = ENV.replace(
    'runs = config.attributes.setdefault("runs", [])', "runs = []"
)


def tearDownModule() -> None:
    OWN.close()


class TemplateTestCase(ProjectTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.server = OWN.require("postgresql")
        version = servers.ask(self.server, "SHOW server_version_num")[0][0]
        if int(version) < 150000:
            self.skipTest("templates are used from PostgreSQL 15 on")
        self.url = self.server.render_as_string(hide_password=False)
        STORE.clear()
        self.addCleanup(STORE.clear)

    def names(self) -> set[str]:
        return {
            name
            for name in servers.database_names(self.server)
            if name.startswith("migtestkit_")
        }

    def provision(self) -> Database:
        made = PostgreSQL().provision(self.server, lock_timeout=5.0)
        self.addCleanup(made.drop)
        return made

    def write(self, database: Database, *statements: str) -> None:
        with database.create_engine().begin() as connection:
            for one in statements:
                connection.exec_driver_sql(one)

    def content(self, database: Database) -> list[tuple[Any, ...]]:
        with database.create_engine().connect() as connection:
            found = connection.exec_driver_sql("SELECT * FROM t").all()
        return [tuple(row) for row in found]


class TestMigrations(TemplateTestCase):
    """What of a history is run, and what is copied."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.folder / "log.txt"
        self.revisions = [f"r{number}" for number in range(1, 9)]
        previous: Optional[str] = None
        history = []
        for name in self.revisions:
            history.append(self.revision(name, previous))
            previous = name
        self.ini = self.make_history(*history, env=QUIET_ENV)

    def revision(self, name: str, down: Optional[str]) -> Rev:
        body = (
            f"with open({os.fspath(self.log)!r}, 'a') as log:\n"
            f"    log.write({name!r} + ' ')\n"
            f"op.execute('CREATE TABLE {name} (id SERIAL PRIMARY KEY)')\n"
            f"op.execute('INSERT INTO {name} DEFAULT VALUES')\n"
        )
        return Rev(
            name, down, upgrade=Python(body), downgrade=f"DROP TABLE {name}"
        )

    def ran(self) -> list[str]:
        """Return which upgrades were run since the last time."""
        if not self.log.exists():
            return []
        names = self.log.read_text().split()
        self.log.unlink()
        return names

    def start(self, revision: str, **options: Any) -> set[str]:
        with MigrationContext(
            str(self.ini),
            database_url=self.url,
            start_revision=revision,
            **options,
        ) as context:
            applied = set(context.applied)
            for name in applied:
                self.assertEqual([{"id": 1}], context.rows(name))
                context.execute(f"INSERT INTO {name} DEFAULT VALUES")
                self.assertEqual(2, len(context.rows(name)))
            query = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'r_'"
            tables = {row[0] for row in context.execute(query)}
        self.assertEqual(applied, tables)
        return applied

    def test_a_start_is_migrated_to_once(self) -> None:
        for expected in (self.revisions[:6], [], []):
            self.assertEqual(set(self.revisions[:6]), self.start("r6"))
            self.assertEqual(expected, self.ran())

    def test_what_lies_beyond_is_run(self) -> None:
        self.start("r6")
        self.ran()
        self.assertEqual(set(self.revisions), self.start("r8"))
        self.assertEqual(["r7", "r8"], self.ran())

    def test_a_walk_as_short_as_a_copy_is_not_kept(self) -> None:
        for _ in range(2):
            self.start("r4")
            self.assertEqual(self.revisions[:4], self.ran())
        self.assertEqual(0, len(STORE))

    def test_a_side_database(self) -> None:
        self.start("r6")
        self.ran()
        with MigrationContext(
            str(self.ini), database_url=self.url
        ) as context:
            table = context.table_at_revision("r6", revision="r6")
        self.assertEqual(["id"], [column.name for column in table.columns])
        self.assertEqual([], self.ran())

    def test_the_option(self) -> None:
        for _ in range(2):
            self.start("r6", reuse_snapshots=False)
            self.assertEqual(self.revisions[:6], self.ran())

    def test_a_changed_script(self) -> None:
        self.start("r6")
        self.ran()
        path = self.ini.parent / "migrations" / "versions" / "r2.py"
        path.write_text(path.read_text() + "\n# changed\n")
        self.start("r6")
        self.assertEqual(self.revisions[:6], self.ran())

    def test_a_database_that_a_test_wrote_to_is_not_replaced(self) -> None:
        self.start("r6")
        self.ran()
        with MigrationContext(
            str(self.ini), database_url=self.url
        ) as context:
            context.execute("CREATE TABLE mine (id INTEGER)")
            context.migrate_up_to("r6")
            self.assertEqual([], context.rows("mine"))
        self.assertEqual(self.revisions[:6], self.ran())

    def test_one_that_somebody_wrote_to_by_an_engine_of_his_own(self) -> None:
        self.start("r6")
        self.ran()
        with MigrationContext(
            str(self.ini), database_url=self.url
        ) as context:
            engine = create_engine(context.engine.url)
            with engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
            engine.dispose()
            context.migrate_up_to("r6")
            self.assertEqual([], context.rows("mine"))
        self.assertEqual(self.revisions[:6], self.ran())

    def test_nothing_is_left_but_what_waits_to_be_used(self) -> None:
        for _ in range(4):
            self.start("r6")
        before = self.names()
        for _ in range(3):
            self.start("r6")
            self.start("r8")
        # The template of r6, and one that is empty.
        self.assertLessEqual(len(self.names()), len(before))
        STORE.clear()
        # Its owner drops them with the next one.
        self.provision().drop()
        self.assertLessEqual(len(self.names()), 1)


class TestCopies(TemplateTestCase):

    def test_content_comes_back_with_all_that_belongs_to_it(self) -> None:
        first = self.provision()
        self.write(
            first,
            "CREATE TABLE t (id SERIAL, a INTEGER)",
            "INSERT INTO t (a) VALUES (7)",
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE EXTENSION hstore",
        )
        snapshot = first.snapshot()
        self.write(first, "DELETE FROM t")
        second = self.provision()
        self.assertTrue(second.is_untouched)
        self.assertTrue(second.restore(snapshot))
        self.assertFalse(second.is_untouched)
        self.assertEqual([(1, 7)], self.content(second))
        self.write(
            second,
            "INSERT INTO t (a) SELECT a FROM v",
            "SELECT 'a=>1'::hstore",
        )
        self.assertEqual([(1, 7), (2, 7)], self.content(second))

    def test_none_restored_is_an_empty_database(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        self.assertTrue(made.restore(None))
        self.write(made, "CREATE TABLE t (a INTEGER)")

    def test_none_while_somebody_is_connected(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        with made.create_engine().connect() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            started = time.monotonic()
            self.assertIsNone(made.snapshot())
            # The server itself would wait for five seconds.
            self.assertLess(time.monotonic() - started, 4)
            connection.rollback()
        self.assertIsNotNone(made.snapshot())

    def test_a_database_in_which_somebody_is_is_not_replaced(self) -> None:
        first, second = self.provision(), self.provision()
        self.write(first, "CREATE TABLE t (a INTEGER)")
        snapshot = first.snapshot()
        self.write(second, "CREATE TABLE t (b INTEGER)")
        self.write(second, "INSERT INTO t VALUES (1)")
        with second.create_engine().connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            self.assertFalse(second.restore(snapshot))
        self.assertEqual([(1,)], self.content(second))

    def test_none_where_a_copy_would_lack_something(self) -> None:
        for statement in (
            "ALTER DATABASE {} SET timezone = 'UTC'",
            "COMMENT ON DATABASE {} IS 'mine'",
            "GRANT CREATE ON DATABASE {} TO PUBLIC",
            "ALTER DATABASE {} CONNECTION LIMIT 9",
        ):
            with self.subTest(statement):
                made = self.provision()
                self.write(made, "CREATE TABLE t (a INTEGER)")
                name = f'"{made.url.database}"'
                servers.ask(self.server, statement.format(name))
                self.assertIsNone(made.snapshot())

    def test_none_of_a_database_that_was_handed_over(self) -> None:
        servers.ask(self.server, "CREATE DATABASE handed_over")
        url = self.server.set(database="handed_over")
        adopted = backend_for("postgresql").adopt(
            create_engine(url), lock_timeout=1
        )
        first = self.provision()
        self.write(first, "CREATE TABLE t (a INTEGER)")
        self.assertIsNone(adopted.snapshot())
        self.assertFalse(adopted.is_untouched)
        self.assertFalse(adopted.restore(first.snapshot()))
        self.assertFalse(adopted.restore(None))
        self.assertEqual(
            [], servers.ask(self.server, "SELECT tablename FROM pg_tables "
                            "WHERE schemaname = 'public'", "handed_over")
        )

    def test_nobody_can_enter_a_template(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        template = made.snapshot()
        url = make_url(self.server).set(database=template.name)
        with self.assertRaisesRegex(OperationalError, "not currently accept"):
            create_engine(url).connect()

    def test_a_template_that_is_gone_leaves_the_database_as_it_is(self):
        first, second = self.provision(), self.provision()
        self.write(first, "CREATE TABLE t (a INTEGER)")
        template = first.snapshot()
        servers.drop_database(self.server, template.name)
        self.assertFalse(second.restore(template))
        self.write(second, "CREATE TABLE t (a INTEGER)")

    def test_older_servers_go_without(self) -> None:
        made = self.provision()
        with mock.patch(
            "migtestkit.databases.postgresql._FIRST_TO_COUNT", (99,)
        ):
            self.assertIsNone(made.snapshot())
            self.assertFalse(made.is_untouched)

    def test_an_empty_database_is_used_again_if_nobody_entered_it(self):
        first, second = self.provision(), self.provision()
        self.write(first, "CREATE TABLE t (a INTEGER)")
        self.assertTrue(second.restore(first.snapshot()))
        [spare] = self.owner()._spares
        servers.ask(self.server, "CREATE TABLE mine (a INTEGER)", spare)
        third = self.provision()
        self.assertEqual([], self.owner()._spares)
        self.assertNotIn(spare, self.names())
        self.assertTrue(third.is_untouched)

    def owner(self) -> databases_server.Owner:
        return next(
            owner
            for url, owner in databases_server._owners.items()
            if url.port == self.server.port
        )


class TestEnds(TemplateTestCase):
    """When is a template dropped?"""

    def test_when_nothing_refers_to_it_any_more(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        template = made.snapshot()
        name = template.name
        self.assertIn(name, self.names())
        self.assertGreater(template.size, 1_000_000)
        before = templates.held()
        size = template.size
        del template
        self.assertEqual(size, before - templates.held())
        self.provision()
        self.assertNotIn(name, self.names())

    def _in_a_child(self, ending: Any) -> set[str]:
        before = self.names()
        child = os.fork()
        if child == 0:
            try:
                made = PostgreSQL().provision(self.server, lock_timeout=5.0)
                self.write(made, "CREATE TABLE t (a INTEGER)")
                kept = made.snapshot()
                made.drop()
                assert kept is not None
                ending()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        return self.names() - before

    def test_at_the_end_of_the_process(self) -> None:
        left = self._in_a_child(databases_server._close_owners)
        self.assertEqual(set(), left)

    def test_by_the_next_process_if_its_own_was_killed(self) -> None:
        left = self._in_a_child(lambda: None)
        self.assertEqual(1, len(left))
        servers.forget_owners(self.server.port or 0)
        self.provision()
        self.assertEqual(set(), left & self.names())

    def test_not_by_a_process_that_was_forked(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        template = made.snapshot()

        def forget() -> None:
            nonlocal template
            template = None
            databases_server._close_owners()

        self._in_a_child(forget)
        self.assertIn(template.name, self.names())
        other = self.provision()
        self.assertTrue(other.restore(template))


if __name__ == "__main__":
    unittest.main()
