"""Is every change of a schema seen on PostgreSQL, and nothing else?"""

from __future__ import annotations

import unittest
import uuid
from typing import Any

from migtestkit.databases import backend_for
from migtestkit.schema import (
    describe_differences,
    look_at_schema,
)
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
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
                text = describe_differences(before.differences(changed))
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


if __name__ == "__main__":
    unittest.main()
