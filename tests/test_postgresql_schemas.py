"""Do histories that use what only PostgreSQL has get the same answers?

A version table in another schema, and extensions.
"""
from __future__ import annotations

import unittest
from typing import Any

from tests import servers, zoo
from tests.support import (
    ENV,
    Outcome,
    ProjectTestCase,
    Rev,
    create,
    run_checks,
)

FINDINGS = (zoo.UPGRADE, zoo.UP_DOWN, zoo.NO_TRACE)
#: Alembic's own way to another schema for the version table.
ANOTHER_SCHEMA = ENV.replace(
    "context.configure(connection=connection",
    "connection.exec_driver_sql('CREATE SCHEMA IF NOT EXISTS audit')\n"
    "        connection.commit()\n"
    "        context.configure(connection=connection, "
    "version_table_schema='audit'",
)

#: Alembic's cookbook, "Rudimental Schema-Level Multi Tenancy".
TENANT = ENV.replace(
    "context.configure(connection=connection",
    "connection.exec_driver_sql('CREATE SCHEMA IF NOT EXISTS acme')\n"
    "        connection.exec_driver_sql('SET search_path TO acme')\n"
    "        connection.commit()\n"
    "        connection.dialect.default_schema_name = 'acme'\n"
    "        context.configure(connection=connection",
)


class PostgreSQLTestCase(ProjectTestCase):

    def setUp(self) -> None:
        super().setUp()
        url = servers.require_server("postgresql")
        self.url = url.render_as_string(hide_password=False)

    def run_history(self, *revisions: Any, env: str = ENV) -> Outcome:
        ini = self.make_history(*revisions, env=env)
        return run_checks(alembic_config=str(ini), database_url=self.url)

    def assert_passes(self, outcome: Outcome) -> None:
        for check in FINDINGS:
            self.assertEqual(("pass", ""), outcome.verdict(check))

    def assert_only_leaves_a_trace(self, outcome: Outcome, *words: str):
        for check in (zoo.UPGRADE, zoo.UP_DOWN):
            self.assertEqual(("pass", ""), outcome.verdict(check))
        verdict, said = outcome.verdict(zoo.NO_TRACE)
        self.assertEqual("fail", verdict)
        for word in words:
            self.assertIn(word, said)


class TestVersionTableSchema(PostgreSQLTestCase):

    def test_the_environment_is_one(self) -> None:
        self.assertIn("version_table_schema='audit'", ANOTHER_SCHEMA)

    def test_a_sound_history_passes(self) -> None:
        self.assert_passes(
            self.run_history(
                Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
                Rev("r2", "r1", upgrade=create("b"), downgrade="DROP TABLE b"),
                env=ANOTHER_SCHEMA,
            )
        )

    def test_what_a_downgrade_leaves_is_found(self) -> None:
        outcome = self.run_history(
            Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
            Rev(
                "r2",
                "r1",
                upgrade="CREATE TABLE IF NOT EXISTS audit.left (id INTEGER)",
                downgrade="SELECT 1",
            ),
            env=ANOTHER_SCHEMA,
        )
        self.assert_only_leaves_a_trace(outcome, "r2", "left")

    def test_navigation_reads_it_there(self) -> None:
        ini = self.make_history(
            Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
            Rev("r2", "r1", upgrade=create("b"), downgrade="DROP TABLE b"),
            env=ANOTHER_SCHEMA,
        )
        context = self.open(str(ini), database_url=self.url)
        context.migrate_up_to("r2")
        self.assertEqual(
            "r2",
            context.scalar("SELECT version_num FROM audit.alembic_version"),
        )
        self.assertEqual(("r2",), context.current_heads)
        context.migrate_down_one()
        self.assertEqual("r1", context.current)
        context.migrate_down_one()
        self.assertEqual("base", context.current)


class TestSearchPath(PostgreSQLTestCase):
    """env.py works in the schema of a tenant."""

    HISTORY = (
        Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
        Rev("r2", "r1", upgrade=create("b"), downgrade="DROP TABLE b"),
    )

    def test_a_sound_history_passes(self) -> None:
        self.assertNotEqual(ENV, TENANT)
        self.assert_passes(self.run_history(*self.HISTORY, env=TENANT))

    def test_what_a_downgrade_leaves_is_found(self) -> None:
        left = self.HISTORY[1]._replace(
            upgrade="CREATE TABLE IF NOT EXISTS b (id INTEGER)",
            downgrade="SELECT 1",
        )
        self.assert_only_leaves_a_trace(
            self.run_history(self.HISTORY[0], left, env=TENANT), "r2", '"b"'
        )

    def test_what_was_not_committed_is_found_all_the_same(self) -> None:
        env = TENANT.replace("with context.begin_transaction()", "if True")
        outcome = self.run_history(*self.HISTORY, env=env)
        verdict, said = outcome.verdict(zoo.UPGRADE)
        self.assertEqual("fail", verdict)
        self.assertIn("did not commit", said)

    def test_navigation_and_rows(self) -> None:
        ini = self.make_history(*self.HISTORY, env=TENANT)
        context = self.open(str(ini), database_url=self.url)
        context.migrate_up_to("r2")
        self.assertEqual(("r2",), context.current_heads)
        self.assertEqual(
            "r2",
            context.scalar("SELECT version_num FROM acme.alembic_version"),
        )
        context.insert_into("acme.b", {"id": 1})
        self.assertEqual([{"id": 1}], context.rows("acme.b"))
        context.migrate_down_to("r1")
        self.assertEqual("r1", context.current)


class TestExtensions(PostgreSQLTestCase):

    def setUp(self) -> None:
        super().setUp()
        query = "SELECT name FROM pg_available_extensions"
        there = {row[0] for row in servers.ask(self._server(), query)}
        missing = {"citext", "hstore", "pg_trgm", "btree_gist"} - there
        if missing:
            self.skipTest(f"the server has no extension {sorted(missing)}")

    def _server(self) -> Any:
        return servers.server_url("postgresql")

    def use(self, downgrade: Any) -> Rev:
        return Rev(
            "r2",
            "r1",
            upgrade=(
                "CREATE EXTENSION IF NOT EXISTS citext",
                "CREATE EXTENSION IF NOT EXISTS hstore",
                "CREATE EXTENSION IF NOT EXISTS pg_trgm",
                "CREATE EXTENSION IF NOT EXISTS btree_gist",
                "CREATE TABLE word (id INTEGER PRIMARY KEY, name CITEXT "
                "UNIQUE, facts HSTORE, room INTEGER, during TSRANGE, "
                "EXCLUDE USING gist (room WITH =, during WITH &&))",
                "CREATE INDEX word_trgm ON word "
                "USING gin ((name::text) gin_trgm_ops)",
            ),
            downgrade=downgrade,
        )

    def test_types_and_operator_classes_of_extensions_pass(self) -> None:
        self.assert_passes(
            self.run_history(
                Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
                self.use(
                    (
                        "DROP TABLE word",
                        "DROP EXTENSION btree_gist, pg_trgm, hstore, citext",
                    )
                ),
            )
        )

    def test_an_extension_that_stays_is_a_trace(self) -> None:
        outcome = self.run_history(
            Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
            self.use("DROP TABLE word"),
        )
        self.assert_only_leaves_a_trace(outcome, "r2", "citext", "hstore")

    def test_rows_with_their_types_are_written_and_read(self) -> None:
        ini = self.make_history(
            Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
            self.use("DROP TABLE word"),
        )
        context = self.open(str(ini), database_url=self.url)
        context.migrate_up_to("r2")
        context.insert_into("word", {"id": 1, "name": "Ada"})
        [row] = context.rows("word")
        self.assertEqual("Ada", row["name"])
        # Only later releases of SQLAlchemy know the type for a parameter.
        found = "SELECT id FROM word WHERE name = 'ADA'"
        self.assertEqual(1, context.scalar(found))


if __name__ == "__main__":
    unittest.main()
