"""Is every change of a schema seen on MariaDB, and nothing else?"""

from __future__ import annotations

import unittest
from typing import Any

from migtestkit.databases import backend_for
from migtestkit.errors import MigtestkitError
from migtestkit.schema import (
    Fact,
    compare,
    describe_differences,
    look_at_schema,
    read_schema,
)
from migtestkit.schema.mysql_parser import table_facts
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from tests import servers
from tests.catalogue.cases import statements
from tests.catalogue.mariadb import BASE, MUTATIONS, PATHS


class MySQLTestCase(unittest.TestCase):
    """A database for the class."""

    url: URL

    @classmethod
    def setUpClass(cls) -> None:
        server = servers.require_server("mysql")
        database = backend_for("mysql").provision(server, lock_timeout=5.0)
        cls.addClassCleanup(database.drop)
        cls.url = database.url
        cls.engine = create_engine(cls.url, poolclass=NullPool)
        cls.connection = cls.engine.connect()
        cls.addClassCleanup(cls.connection.close)
        if not cls.connection.dialect.is_mariadb:
            raise unittest.SkipTest("the changes are in MariaDB's words")
        cls.run_sql(*BASE)

    @classmethod
    def filled(cls, text: str) -> str:
        """Return a text with the database's own words in it."""
        for mark, name in (
            ("$collation", "@@collation_database"),
            ("$charset", "@@character_set_database"),
        ):
            if mark in text:
                if mark not in cls.__dict__.get("_words", {}):
                    cls._words = {
                        **cls.__dict__.get("_words", {}),
                        mark: cls.scalar(f"SELECT {name}"),
                    }
                text = text.replace(mark, cls._words[mark])
        return text

    @classmethod
    def scalar(cls, sql: str) -> Any:
        return cls.connection.exec_driver_sql(sql).scalar()

    @classmethod
    def run_sql(cls, *given: str) -> None:
        for statement in given:
            cls.connection.exec_driver_sql(statement)
        cls.connection.commit()

    def look(self, **options: Any) -> Any:
        return look_at_schema(self.connection, **options)


class TestChanges(MySQLTestCase):

    def test_each_is_seen_and_gone_when_undone(self) -> None:
        self.assertGreaterEqual(len(MUTATIONS), 30)
        for name, mutation in MUTATIONS.items():
            before = self.look()
            undo = [self.filled(one) for one in statements(mutation.undo)]
            with self.subTest(name):
                self.run_sql(*statements(mutation.do))
                changed = self.look()
                self.run_sql(*undo)
                text = describe_differences(before.differences(changed))
                self.assertIn(mutation.told, text)
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
