"""Is a database on a server copied from a template only where that is as good
as migrating, and is no template left behind?
"""
from __future__ import annotations

import os
import re
import time
import unittest
from typing import Any, Optional
from unittest import mock

from migtestkit import MigrationContext
from migtestkit.context.reuse import Recorder
from migtestkit.databases import postgresql
from migtestkit.databases import server as databases_server
from migtestkit.databases import templates
from migtestkit.databases.base import Database
from migtestkit.databases.mysql import MySQL
from migtestkit.databases.postgresql import PostgreSQL
from migtestkit.databases.registry import backend_for
from migtestkit.databases.snapshots import STORE, Kept, SnapshotStore
from migtestkit.schema import compare, read_schema
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from tests import servers
from tests.catalogue import mariadb
from tests.catalogue.cases import statements
from tests.support import ENV, ProjectTestCase, Python, Rev

OWN = servers.OwnServers()
#: Alembic's way, without the notes that tests else take.
QUIET_ENV = ENV.replace(
    'runs = config.attributes.setdefault("runs", [])', "runs = []"
)
#: What a copy on MariaDB would lack.
NOT_COPIED = re.compile("CREATE (SEQUENCE|TRIGGER|FUNCTION|PROCEDURE|EVENT)")
REFUSED = {
    "body of a function", "body of a trigger", "function", "sequence",
    "system versioning",
}


def tearDownModule() -> None:
    OWN.close()


class TemplateTestCase(ProjectTestCase):
    family = "postgresql"
    backend: Any = PostgreSQL

    def setUp(self) -> None:
        super().setUp()
        self.server = OWN.require(self.family)
        if self.family == "postgresql":
            query = "SHOW server_version_num"
            if int(servers.ask(self.server, query)[0][0]) < 150000:
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
        made = self.backend().provision(self.server, lock_timeout=5.0)
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


class Migrations(TemplateTestCase):
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
            f"op.execute('INSERT INTO {name} VALUES (DEFAULT)')\n"
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
                context.execute(f"INSERT INTO {name} VALUES (DEFAULT)")
                self.assertEqual(2, len(context.rows(name)))
            with context.connect() as connection:
                tables = set(inspect(connection).get_table_names())
        tables.discard("alembic_version")
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

    def test_what_the_budget_has_no_room_for_is_run_again(self) -> None:
        with mock.patch.object(STORE, "budget", 1):
            for _ in range(2):
                self.start("r6")
                self.assertEqual(self.revisions[:6], self.ran())
            self.assertEqual(0, len(STORE))
        self.provision().drop()
        self.assertLessEqual(len(self.names()), 1)

    def test_where_the_nearest_has_gone_an_earlier_one_serves(self) -> None:
        self.start("r5")
        with mock.patch.object(Recorder, "at_the_end"):
            self.start("r7")
        self.assertEqual([*self.revisions[:5], "r6", "r7"], self.ran())
        [(key, behind)] = STORE.keys()
        self.assertEqual(5, len(behind))
        # It went since this process last looked.
        for name in self.names():
            servers.drop_database(self.server, name)
        self.assertEqual(set(self.revisions[:7]), self.start("r7"))
        self.assertEqual(self.revisions[:7], self.ran())

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


class TestMigrations(Migrations):
    pass


class TestMigrationsOnMariaDB(Migrations):
    family = "mysql"
    backend = MySQL


# Its tests are those of the two above.
del Migrations


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


class TestStrategy(TemplateTestCase):
    """Whole files are copied where the server does not wait for its disk."""

    def made_by(self, made: Database) -> list[str]:
        """Return how a template of it, and a copy of that, are made."""
        second = self.provision()
        with mock.patch.object(
            Connection, "execute", autospec=True,
            side_effect=Connection.execute,
        ) as execute:
            self.assertTrue(second.restore(made.snapshot()))
        self.assertEqual([(1,)], self.content(second))
        said = [str(call.args[1]) for call in execute.mock_calls]
        return [one for one in said if one.startswith("CREATE DATABASE")]

    def test_a_server_without_fsync_copies_files(self) -> None:
        made = self.provision()
        self.write(
            made, "CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)"
        )
        statements = self.made_by(made)
        self.assertEqual(2, len(statements), statements)
        for one in statements:
            self.assertIn(" STRATEGY file_copy", one)

    def test_others_are_left_their_way(self) -> None:
        for version, fsync, clause in (
            ((15, 2), "off", " STRATEGY file_copy"),
            ((15, 2), "on", ""),
            ((14, 9), "off", ""),
            (None, "off", ""),
        ):
            connection = mock.Mock()
            connection.dialect.server_version_info = version
            connection.scalar.return_value = fsync
            with self.subTest(version=version, fsync=fsync):
                self.assertEqual(clause, postgresql._strategy(connection))


class TestCopiesOnMariaDB(TemplateTestCase):
    family = "mysql"
    backend = MySQL

    def copy_of(self, database: Database) -> Database:
        snapshot = database.snapshot()
        self.assertIsNotNone(snapshot)
        copy = self.provision()
        self.assertTrue(copy.is_untouched)
        self.assertTrue(copy.restore(snapshot))
        self.assertFalse(copy.is_untouched)
        return copy

    def schema(self, database: Database) -> Any:
        with database.create_engine().connect() as connection:
            return read_schema(connection)

    def test_keys_that_the_server_made_for_foreign_keys(self) -> None:
        """The server drops such a key when another serves as well."""
        made = self.provision()
        self.write(
            made,
            "CREATE TABLE p (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, "
            "KEY xy (x, y))",
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTO_INCREMENT, "
            "made INTEGER, made_named INTEGER, own INTEGER, ix INTEGER, "
            "two INTEGER, FOREIGN KEY (made) REFERENCES p (id), "
            "CONSTRAINT called FOREIGN KEY (made_named) REFERENCES p (id), "
            "KEY own (own), FOREIGN KEY (own) REFERENCES p (id), "
            "KEY ix_t_ix (ix), CONSTRAINT ix FOREIGN KEY (ix) "
            "REFERENCES p (id) ON DELETE CASCADE, "
            "FOREIGN KEY (two, own) REFERENCES p (x, y))",
            "INSERT INTO p VALUES (1, 2, 3)",
            "INSERT INTO t (id, made) VALUES (7, 1), (9, 1)",
            "DELETE FROM t WHERE id = 9",
        )
        before = self.schema(made)
        copies = [self.copy_of(made), self.copy_of(made)]
        self.assertEqual(self.keys(made), {
            "PRIMARY", "made", "called", "own", "ix_t_ix", "two"
        })
        for one in (made, *copies):
            with self.subTest(one.url.database):
                self.assertEqual([], list(compare(before, self.schema(one))))
                self.write(
                    one,
                    "INSERT INTO t (made) VALUES (1)",
                    *(
                        f"CREATE INDEX new_{name} ON t ({name}, id)"
                        for name in ("made", "made_named", "own", "ix")
                    ),
                )
                self.assertEqual(self.keys(one), {
                    "PRIMARY", "own", "ix_t_ix", "two", "new_made",
                    "new_made_named", "new_own", "new_ix",
                })
                ids = [row[0] for row in self.content(one)]
                self.assertEqual([7, 10], ids)

    def test_no_copy_would_call_such_a_key_as_it_is_called(self) -> None:
        """The column had another name when the server made the key."""
        made = self.provision()
        self.write(
            made,
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE t (a INTEGER, FOREIGN KEY (a) REFERENCES p (id))",
            "ALTER TABLE t CHANGE a b INTEGER",
        )
        self.assertEqual({"a"}, self.keys(made))
        self.assertIsNone(made.snapshot())

    def keys(self, database: Database) -> set[str]:
        with database.create_engine().connect() as connection:
            found = connection.exec_driver_sql("SHOW INDEX FROM t")
            return {row[2] for row in found}

    def test_each_schema_of_the_catalogue(self) -> None:
        """What a change makes of a schema, a copy has; or there is none."""
        refused, copied = set(), 0
        plain = [one for one in mariadb.BASE if not NOT_COPIED.match(one)]
        for name, mutation in mariadb.MUTATIONS.items():
            with self.subTest(name):
                made = self.provision()
                self.write(made, *plain)
                collation = servers.ask(
                    self.server, "SELECT @@collation_database",
                    made.url.database,
                )[0][0]
                try:
                    self.write(made, *(
                        one.replace("$collation", collation)
                        for one in statements(mutation.do)
                    ))
                except DBAPIError:
                    # It changes what is left out above.
                    made.drop()
                    continue
                before = self.schema(made)
                if made.snapshot() is None:
                    refused.add(name)
                else:
                    copied += 1
                    copy = self.copy_of(made)
                    self.assertEqual(
                        [], list(compare(before, self.schema(copy)))
                    )
                    copy.drop()
                made.drop()
        self.assertEqual(REFUSED, refused)
        self.assertGreater(copied, 30)

    def test_rows_come_back_as_they_are(self) -> None:
        made = self.provision()
        self.write(
            made,
            "CREATE TABLE t (id INTEGER AUTO_INCREMENT PRIMARY KEY, "
            "f FLOAT, d DOUBLE, n DECIMAL(30, 10), b BIT(5), bl BLOB, "
            "at TIMESTAMP(6) NULL, day DATETIME, e ENUM('', 'x'), "
            "j JSON, g POINT, y YEAR, hidden INTEGER INVISIBLE DEFAULT 4, "
            "twice INTEGER AS (y * 2) STORED, "
            "later INTEGER AS (y * 3) VIRTUAL, "
            "s SET('a', 'b'), name VARCHAR(30) CHARACTER SET latin1)",
            "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
            "INSERT INTO t (id, f, d, n, b, bl, at, day, e, j, g, y, hidden, "
            "s, name) VALUES (0, 0.1, 1e-300, 1.0000000001, b'10101', "
            "x'00ff27', '2021-10-31 02:30:00.123456', '0000-00-00 00:00:00',"
            " '', '{\"a\": [1, \"%%\"]}', POINT(1, 2), 1999, 5, 'a,b', "
            "'caf\u00e9')",
            "INSERT INTO t (id) VALUES (7)",
            "DELETE FROM t WHERE id = 7",
        )
        copy = self.copy_of(made)
        columns = "*, hidden, HEX(name), f + 0e0, ST_AsText(g), HEX(b)"
        for one in ("CHECKSUM TABLE t", f"SELECT {columns} FROM t"):
            with self.subTest(one):
                found = [
                    servers.ask(self.server, one, database.url.database)
                    for database in (made, copy)
                ]
                values = [[tuple(r)[1:] for r in rows] for rows in found]
                self.assertEqual(values[0], values[1])
        # It goes on counting where the other would.
        for database in (made, copy):
            self.write(database, "INSERT INTO t (f) VALUES (1)")
            self.assertEqual(8, servers.ask(
                self.server, "SELECT max(id) FROM t", database.url.database
            )[0][0])

    def test_tables_that_refer_to_each_other_and_views_of_views(self) -> None:
        made = self.provision()
        self.write(
            made,
            "CREATE TABLE z (id INTEGER PRIMARY KEY, a INTEGER)",
            "CREATE TABLE a (id INTEGER PRIMARY KEY, z INTEGER, "
            "CONSTRAINT fk_z FOREIGN KEY (z) REFERENCES z (id))",
            "ALTER TABLE z ADD CONSTRAINT fk_a FOREIGN KEY (a) "
            "REFERENCES a (id)",
            "INSERT INTO z VALUES (1, NULL)", "INSERT INTO a VALUES (1, 1)",
            "UPDATE z SET a = 1",
            "CREATE VIEW v2 AS SELECT id FROM a",
            "CREATE VIEW v1 AS SELECT id, '50%%' AS part FROM v2",
        )
        copy = self.copy_of(made)
        with copy.create_engine().connect() as connection:
            found = connection.exec_driver_sql("SELECT * FROM v1").all()
            self.assertEqual([(1, "50%")], [tuple(row) for row in found])
            with self.assertRaisesRegex(IntegrityError, "fk_z"):
                connection.exec_driver_sql("INSERT INTO a VALUES (2, 9)")
        # The view looks into its own database.
        self.write(copy, "INSERT INTO a VALUES (2, 1)")
        self.assertEqual(1, len(servers.ask(
            self.server, "SELECT * FROM v1", made.url.database)))

    def test_the_defaults_of_the_database(self) -> None:
        made = self.provision()
        self.write(
            made,
            f"ALTER DATABASE `{made.url.database}` CHARACTER SET utf16",
            "CREATE TABLE t (a VARCHAR(3))",
        )
        copy = self.copy_of(made)
        self.write(copy, "CREATE TABLE u (a VARCHAR(3))")
        self.assertIn("utf16", servers.ask(
            self.server, "SHOW CREATE TABLE u", copy.url.database)[0][1])

    def test_none_restored_is_an_empty_database(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        self.assertFalse(made.is_untouched)
        self.assertTrue(made.restore(None))
        self.write(made, "CREATE TABLE t (a INTEGER)")

    def test_none_while_somebody_is_connected(self) -> None:
        made, other = self.provision(), self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        snapshot = made.snapshot()
        with made.create_engine().connect() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            self.assertIsNone(made.snapshot())
        with other.create_engine().connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            self.assertFalse(other.restore(snapshot))

    def test_what_somebody_changed_is_not_untouched(self) -> None:
        for statement in (
            "CREATE TABLE t (a INTEGER)",
            "CREATE VIEW v AS SELECT 1",
            "CREATE PROCEDURE p() SELECT 1",
            "ALTER DATABASE CHARACTER SET utf16",
        ):
            with self.subTest(statement):
                made = self.provision()
                self.assertTrue(made.is_untouched)
                servers.ask(self.server, statement, made.url.database)
                self.assertFalse(made.is_untouched)

    def test_a_template_that_is_gone_leaves_an_empty_database(self) -> None:
        made, other = self.provision(), self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        template = made.snapshot()
        servers.drop_database(self.server, template.name)
        self.assertFalse(other.restore(template))
        self.write(other, "CREATE TABLE t (a INTEGER)")

    def test_none_of_a_database_that_was_handed_over(self) -> None:
        servers.ask(self.server, "CREATE DATABASE handed_over")
        self.addCleanup(servers.drop_database, self.server, "handed_over")
        url = self.server.set(database="handed_over")
        adopted = backend_for("mysql").adopt(
            create_engine(url), lock_timeout=1
        )
        first = self.provision()
        self.write(first, "CREATE TABLE t (a INTEGER)")
        self.assertIsNone(adopted.snapshot())
        self.assertFalse(adopted.is_untouched)
        self.assertFalse(adopted.restore(first.snapshot()))
        self.assertFalse(adopted.restore(None))

    def test_the_owners_session_stays_as_it_is(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        query = text(
            "SELECT @@sql_mode, @@time_zone, @@foreign_key_checks, DATABASE()"
        )
        owner: Any = made._owner  # type: ignore[attr-defined]
        before = owner._session().execute(query).one()
        self.copy_of(made)
        self.assertEqual(before, owner._session().execute(query).one())


class TestBudget(TemplateTestCase):
    """Those that were not used for the longest time go first."""

    def test_the_oldest_are_dropped(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        snapshots = [made.snapshot() for _ in range(3)]
        names = [one.name for one in snapshots]
        size = snapshots[0].size
        self.assertGreater(size, 0)
        store = SnapshotStore(
            budget=templates.held() - size, held=templates.held
        )
        for number, one in enumerate(snapshots):
            store.add("key", [str(number)], Kept(one, None))
        del one, snapshots
        self.assertIsNotNone(store.nearest("key", ["0"]))
        store.trim()
        self.assertEqual(
            [("key", ("2",)), ("key", ("0",))], list(store.keys())
        )
        # The owner drops it with the next that it does.
        self.provision()
        self.assertNotIn(names[1], self.names())
        self.assertLessEqual({names[0], names[2]}, self.names())


class TestBudgetOnMariaDB(TestBudget):
    family = "mysql"
    backend = MySQL


class TestEnds(TemplateTestCase):
    """When is a template dropped?"""

    smallest = 1_000_000

    def test_when_nothing_refers_to_it_any_more(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a INTEGER)")
        template = made.snapshot()
        name = template.name
        self.assertIn(name, self.names())
        self.assertGreater(template.size, self.smallest)
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
                made = self.backend().provision(self.server, lock_timeout=5.0)
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


class TestEndsOnMariaDB(TestEnds):
    family = "mysql"
    backend = MySQL
    smallest = 10_000


if __name__ == "__main__":
    unittest.main()
