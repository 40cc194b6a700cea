"""Is a schema's snapshot plain data that a person can read?"""

from __future__ import annotations

import pickle
import unittest

import sqlalchemy as sa

from migtestkit.schema import (
    Fact,
    SchemaSnapshot,
    read_schema,
    reading,
    register_reader,
)

SNAPSHOT = SchemaSnapshot(
    "sqlite",
    {
        Fact("view", None, "v"): "AS SELECT 1",
        Fact("index", "user", "ix"): "(name)",
        Fact("primary key", "user", ""): "(id)",
        Fact("check", "user", "(id > 0)"): "(id > 0)",
        Fact("column", "user", "name"): "TEXT",
        Fact("column", "user", "id"): "INTEGER",
        Fact("table", "user", "user"): "",
        Fact("column", "box", "id"): "INTEGER",
        Fact("table", "box", "box"): "",
        Fact("virtual table", "words", "words"): "USING fts5 ( t )",
    },
)


class TestSnapshot(unittest.TestCase):
    def test_plain_data(self) -> None:
        copy = pickle.loads(pickle.dumps(SNAPSHOT))
        self.assertEqual(copy, SNAPSHOT)
        self.assertEqual(hash(copy), hash(SNAPSHOT))
        self.assertNotEqual(SNAPSHOT, SchemaSnapshot("sqlite", {}))

    def test_str(self) -> None:
        self.assertEqual(
            str(SNAPSHOT).splitlines(),
            [
                'table "box"',
                '  column "id": INTEGER',
                'table "user"',
                '  column "id": INTEGER',
                '  column "name": TEXT',
                "  primary key: (id)",
                "  check (id > 0)",
                '  index "ix": (name)',
                'view "v": AS SELECT 1',
                'virtual table "words": USING fts5 ( t )',
            ],
        )
        self.assertEqual(str(SchemaSnapshot("x", {})), "an empty schema")

    def test_questions(self) -> None:
        self.assertEqual(SNAPSHOT.tables, ("box", "user", "words"))
        self.assertEqual(
            SNAPSHOT.columns("user"), {"id": "INTEGER", "name": "TEXT"}
        )
        self.assertEqual(SNAPSHOT.of_kind("view"), {"v": "AS SELECT 1"})
        self.assertEqual(SNAPSHOT.of_kind("index", "box"), {})
        self.assertFalse(SNAPSHOT.is_empty)
        self.assertTrue(SchemaSnapshot("sqlite", {}).is_empty)

    def test_without(self) -> None:
        rest = SNAPSHOT.without(["user", "v"])
        self.assertEqual(rest.tables, ("box", "words"))
        self.assertEqual(len(rest.facts), 3)


class TestReaders(unittest.TestCase):
    def test_register(self) -> None:
        self.addCleanup(reading._READERS.update, dict(reading._READERS))
        calls = []

        @register_reader("sqlite")
        def read(
            connection: sa.Connection,
            exclude: frozenset[str],
            schemas: object,
        ) -> SchemaSnapshot:
            connection.exec_driver_sql("SELECT 1")
            calls.append((exclude, schemas))
            return SNAPSHOT

        engine = sa.create_engine("sqlite://")
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            self.assertIs(read_schema(connection), SNAPSHOT)
            read_schema(connection, exclude=["a"], schemas=["b"])
            self.assertFalse(connection.in_transaction())
        self.assertEqual(
            calls, [(frozenset(), None), (frozenset({"a"}), ("b",))]
        )


if __name__ == "__main__":
    unittest.main()
