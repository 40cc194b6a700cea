"""Is every change of a schema seen on PostgreSQL, and nothing else?"""

from __future__ import annotations

import asyncio
import pickle
import unittest
import uuid
from typing import Any
from unittest import mock

from migtestkit.config.ignoring import KINDS
from migtestkit.databases import backend_for
from migtestkit.schema import (
    Fact,
    compare,
    describe_differences,
    look_at_schema,
    postgresql_catalogue,
    read_schema,
)
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests import servers
from tests.catalogue.cases import statements
from tests.catalogue.postgresql import BASE, MUTATIONS, PATHS


class PostgreSQLTestCase(unittest.TestCase):
    """A database for the class, and a role."""

    url: URL
    role: str

    @classmethod
    def setUpClass(cls) -> None:
        server = servers.require_server("postgresql")
        database = backend_for("postgresql").provision(
            server, lock_timeout=5.0
        )
        cls.addClassCleanup(database.drop)
        cls.url = database.url
        cls.engine = create_engine(
            cls.url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        cls.role = f"migtestkit_role_{uuid.uuid4().hex[:12]}"
        cls.connection = cls.engine.connect()
        cls.addClassCleanup(cls.connection.close)
        cls.run_sql(f"CREATE ROLE {cls.role} LOGIN")
        cls.addClassCleanup(
            servers.ask, server, f"DROP ROLE {cls.role}"
        )
        cls.addClassCleanup(cls.run_sql, f"DROP OWNED BY {cls.role}")
        cls.me = cls.scalar("SELECT current_user")

    @classmethod
    def scalar(cls, sql: str) -> Any:
        return cls.connection.exec_driver_sql(sql).scalar()

    @classmethod
    def filled(cls, text: str) -> str:
        """Return a text with the names of this test in it."""
        for mark, name in (
            ("$role", cls.role), ("$database", str(cls.url.database)),
        ):
            text = text.replace(mark, name)
        return text.replace("$me", getattr(cls, "me", ""))

    @classmethod
    def run_sql(cls, *given: str) -> None:
        for statement in given:
            cls.connection.exec_driver_sql(cls.filled(statement))

    def look(self, **options: Any) -> Any:
        return look_at_schema(self.connection, **options)

    def connect(self, **options: Any) -> Any:
        """Return a connection that is closed after the test."""
        url = options.pop("url", self.url)
        engine = create_engine(url, poolclass=NullPool, **options)
        self.addCleanup(engine.dispose)
        connection = engine.connect()
        self.addCleanup(connection.close)
        return connection


class TestChanges(PostgreSQLTestCase):

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.run_sql(*BASE)

    def test_each_is_seen_and_gone_when_undone(self) -> None:
        self.assertGreaterEqual(len(MUTATIONS), 70)
        for name, mutation in MUTATIONS.items():
            before = self.look()
            with self.subTest(name):
                self.run_sql(*statements(mutation.do))
                changed = self.look()
                self.run_sql(*statements(mutation.undo))
                differences = before.differences(changed)
                self.assertLessEqual(
                    {one.kind for one in differences}, set(KINDS)
                )
                text = describe_differences(differences)
                self.assertNotIn("\n ", text)
                self.assertIn(self.filled(mutation.told), text)
                self.assertFalse(before.same_as(changed))
                self.assertEqual(
                    describe_differences(before.differences(self.look())), ""
                )

    def test_a_path_back_leaves_nothing(self) -> None:
        self.assertGreaterEqual(len(PATHS), 25)
        for name, path in PATHS.items():
            before = self.look()
            with self.subTest(name):
                self.run_sql(*path)
                after = self.look()
                self.assertEqual(
                    describe_differences(before.differences(after)), ""
                )
                self.assertTrue(before.same_as(after))

    def test_drivers(self) -> None:
        expected = str(read_schema(self.connection))
        self.assertGreater(expected.count("\n"), 40)
        for driver in ("psycopg", "psycopg2"):
            with self.subTest(driver):
                url = servers.require_driver("postgresql", driver)
                connection = self.connect(
                    url=self.url.set(drivername=url.drivername)
                )
                self.assertEqual(str(read_schema(connection)), expected)
                self.assertFalse(connection.in_transaction())
        with self.subTest("asyncpg"):
            url = servers.require_driver("postgresql", "asyncpg")
            self.assertEqual(
                asyncio.run(_read_async(
                    self.url.set(drivername=url.drivername)
                )),
                expected,
            )


class TestReading(PostgreSQLTestCase):
    """What is read, by whom, and what it does to a session."""

    def setUp(self) -> None:
        self.addCleanup(self.run_sql, "DROP SCHEMA app CASCADE")
        self.run_sql("CREATE SCHEMA app")

    def test_an_empty_database_is_empty(self) -> None:
        self.run_sql("DROP SCHEMA app")
        self.assertEqual(str(read_schema(self.connection)), "an empty schema")
        self.assertTrue(read_schema(self.connection).is_empty)
        self.run_sql("CREATE SCHEMA app")

    def test_the_public_schema_is_missed(self) -> None:
        self.run_sql("DROP SCHEMA public")
        text = str(read_schema(self.connection))
        self.run_sql("CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public "
                     "TO PUBLIC")
        self.assertIn("option schema public: dropped", text)
        self.assertNotIn("public", str(read_schema(self.connection)))

    def test_a_snapshot_is_plain_data(self) -> None:
        self.run_sql("CREATE TABLE app.a (id serial PRIMARY KEY)")
        snapshot = read_schema(self.connection)
        again = pickle.loads(pickle.dumps(snapshot))
        self.assertEqual(again, snapshot)
        self.assertEqual(compare(again, snapshot), ())
        self.assertEqual(
            str(snapshot),
            """\
schema "app"
table "app.a"
  column "id": integer NOT NULL DEFAULT nextval('app.a_id_seq'::regclass)
  primary key: CONSTRAINT a_pkey (id)
  sequence "app.a_id_seq": AS integer OWNED BY id""",
        )

    def test_left_out(self) -> None:
        self.run_sql(
            "CREATE TABLE app.version (num text PRIMARY KEY)",
            "CREATE TABLE app.a (id integer)",
            "CREATE TABLE alembic_version (id serial)",
        )
        self.addCleanup(self.run_sql, "DROP TABLE alembic_version")
        before = self.look(exclude=["alembic_version", "app.version"])
        self.assertEqual(before.snapshot.tables, ("app.a",))
        self.assertEqual(before.snapshot.of_kind("sequence"), {})
        self.run_sql("DROP TABLE app.version")
        after = self.look(exclude=["alembic_version", "app.version"])
        self.assertEqual(before.differences(after), ())

    def test_schemas_that_are_named(self) -> None:
        self.run_sql(
            "CREATE TABLE app.a (id integer)", "CREATE TABLE b (id integer)",
            "CREATE TYPE app.e AS ENUM ('x')",
            "GRANT USAGE ON SCHEMA app TO $role",
        )
        self.addCleanup(self.run_sql, "DROP TABLE b")

        def facts(*schemas: Any) -> set[str]:
            snapshot = read_schema(self.connection, schemas=schemas)
            return {
                fact.name for fact in snapshot.facts if fact.kind != "column"
            }

        self.assertEqual(facts(None), {"b"})
        self.assertEqual(facts("public"), {"b"})
        grant = f"USAGE ON SCHEMA app TO {self.role}"
        self.assertEqual(facts("app"), {"app", "app.a", "app.e", grant})
        self.assertEqual(
            facts("app", None), {"app", "app.a", "app.e", "b", grant}
        )

    def test_what_is_an_extension_s_is_left_out(self) -> None:
        self.run_sql("CREATE EXTENSION hstore", "CREATE EXTENSION "
                     "pg_stat_statements")
        text = str(read_schema(self.connection))
        self.run_sql("DROP EXTENSION hstore, pg_stat_statements")
        self.assertEqual(
            [line.partition(":")[0] for line in text.split("\n")],
            ['extension "hstore"', 'extension "pg_stat_statements"',
             'schema "app"'],
        )

    def test_temporary_things_are_left_out(self) -> None:
        before = self.look()
        self.run_sql("CREATE TEMPORARY TABLE t (id serial PRIMARY KEY)")
        after = self.look()
        self.run_sql("DROP TABLE t")
        self.assertEqual(before.differences(after), ())

    def test_a_temporary_table_hides_no_name(self) -> None:
        self.run_sql("CREATE TABLE b (id integer UNIQUE)",
                     "CREATE TABLE c (id integer REFERENCES b (id))")
        self.addCleanup(self.run_sql, "DROP TABLE b, c")
        before = self.look()
        self.run_sql("CREATE TEMPORARY TABLE b (id integer)")
        after = self.look()
        self.run_sql("DROP TABLE pg_temp.b")
        self.assertEqual(
            before.snapshot.of_kind("foreign key"),
            {"c_id_fkey": "(id) -> b(id)"},
        )
        self.assertEqual(before.differences(after), ())

    def test_by_an_unprivileged_role(self) -> None:
        self.run_sql(
            "GRANT ALL ON SCHEMA app TO $role",
            "CREATE TABLE app.secret (id serial PRIMARY KEY, a text)",
            "CREATE VIEW app.v AS SELECT a FROM app.secret",
            "CREATE FUNCTION app.f() RETURNS integer LANGUAGE sql "
            "AS 'SELECT 1'",
            "CREATE POLICY po ON app.secret USING (a = '')",
            "CREATE EXTENSION file_fdw",
            "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
            "CREATE USER MAPPING FOR PUBLIC SERVER files",
        )
        self.addCleanup(self.run_sql, "DROP EXTENSION file_fdw CASCADE")
        mine = self.connect(url=self.url.set(username=self.role))
        self.assertFalse(
            mine.exec_driver_sql(
                "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
            ).scalar()
        )
        self.assertEqual(
            str(read_schema(mine)), str(read_schema(self.connection))
        )

    SETTINGS = {
        "search_path": "app, public",
        "timezone": "Asia/Tokyo",
        "datestyle": "German, DMY",
        "quote_all_identifiers": "on",
        "jit": "on",
    }

    def settings(self, connection: Any) -> dict[str, str]:
        """Return what a session has set."""
        return {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in self.SETTINGS
        }

    def set_all(self, connection: Any, local: str = "") -> None:
        for name, value in self.SETTINGS.items():
            shown = value if name == "search_path" else f"'{value}'"
            connection.exec_driver_sql(f"SET {local} {name} = {shown}")

    def test_settings_of_the_session_play_no_part_and_stay(self) -> None:
        self.run_sql(
            "CREATE TABLE app.a (id integer, at timestamptz "
            "DEFAULT '2020-01-01 00:00:00+00')",
            "CREATE VIEW app.v AS SELECT id FROM app.a "
            "WHERE at > '2020-02-03 00:00:00+00'",
        )
        before = self.look()
        for isolation_level in ("AUTOCOMMIT", "READ COMMITTED"):
            for local in ("", "LOCAL"):
                if local and isolation_level == "AUTOCOMMIT":
                    continue
                with self.subTest(isolation_level, local=local):
                    connection = self.connect(isolation_level=isolation_level)
                    first = self.settings(connection)
                    connection.rollback()
                    self.set_all(connection, local)
                    if not local:
                        connection.commit()
                    self.assertEqual(
                        before.differences(look_at_schema(connection)), ()
                    )
                    self.assertEqual(self.settings(connection), self.SETTINGS)
                    connection.commit()
                    self.assertEqual(
                        self.settings(connection),
                        first if local else self.SETTINGS,
                    )

    def test_the_callers_transaction_goes_on(self) -> None:
        connection = self.connect()
        connection.exec_driver_sql("CREATE TABLE app.a (id integer)")
        self.assertIn("app.a", read_schema(connection).tables)
        self.assertTrue(connection.in_transaction())
        connection.rollback()
        self.assertNotIn("app.a", read_schema(connection).tables)
        self.assertFalse(connection.in_transaction())

    def test_no_transaction_is_left_open_in_autocommit(self) -> None:
        look_at_schema(self.connection)
        self.assertEqual(
            self.scalar("SELECT count(*) FROM (VALUES (1)) AS v WHERE "
                        "now() <> statement_timestamp()"), 0
        )
        other = self.connect(isolation_level="AUTOCOMMIT")
        state = other.exec_driver_sql(
            "SELECT state FROM pg_stat_activity WHERE pid = "
            f"{self.scalar('SELECT pg_backend_pid()')}"
        ).scalar()
        self.assertEqual(state, "idle")

    def test_names_of_every_kind(self) -> None:
        self.run_sql(
            'CREATE TABLE app."a""b.c%%d :e" ("select" integer, '
            'CONSTRAINT "x y" CHECK ("select" > 0))',
            'CREATE INDEX "i USING j" ON app."a""b.c%%d :e" ("select")',
            "COMMENT ON TABLE app.\"a\"\"b.c%%d :e\" IS 'it''s'",
        )
        facts = read_schema(self.connection).facts
        table = 'app.a"b.c%d :e'
        self.assertEqual(
            facts[Fact("check", table, "x y")], '(("select" > 0))'
        )
        self.assertEqual(facts[Fact("comment", table, "")], "it's")
        self.assertIn(Fact("index", table, "i USING j"), facts)

    def test_an_invalid_index_is_told(self) -> None:
        self.run_sql(
            "CREATE TABLE app.a (id integer)",
            "INSERT INTO app.a VALUES (1), (1)",
        )
        with self.assertRaises(DBAPIError):
            self.run_sql(
                "CREATE UNIQUE INDEX CONCURRENTLY ux ON app.a (id)"
            )
        self.assertEqual(
            read_schema(self.connection).of_kind("index"),
            {"ux": "UNIQUE (id) INVALID"},
        )

    def test_a_table_of_an_older_server_is_read_by_the_inspector(self) -> None:
        self.run_sql("CREATE TABLE a (id integer)")
        self.addCleanup(self.run_sql, "DROP TABLE a")
        dialect = self.connection.dialect
        with mock.patch.object(dialect, "server_version_info", (12, 4)):
            self.assertEqual(read_schema(self.connection).tables, ("a",))
            self.assertEqual(self.look().snapshot.tables, ("a",))

    def test_the_look_takes_one_query_and_reads_nothing_twice(self) -> None:
        self.run_sql("CREATE TABLE app.a (id integer)")
        before = self.look()
        with mock.patch.object(
            postgresql_catalogue, "Catalogue", side_effect=AssertionError
        ):
            self.assertEqual(before.differences(self.look()), ())
        self.run_sql("DROP TABLE app.a")
        self.assertEqual(before.snapshot.tables, ("app.a",))


async def _read_async(url: URL) -> str:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return str(await connection.run_sync(read_schema))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    unittest.main()
