"""Does the reader through SQLAlchemy's Inspector see what it can?"""

from __future__ import annotations

import unittest

import sqlalchemy as sa

from migtestkit.schema import (
    SchemaSnapshot,
    compare,
    describe_differences,
)
from migtestkit.schema.inspector import read_inspector

BASE = """
CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE t (
    id INTEGER NOT NULL, a VARCHAR(20) DEFAULT 'x' NOT NULL, p_id INT,
    CONSTRAINT pk_t PRIMARY KEY (id),
    CONSTRAINT uq UNIQUE (a, p_id),
    CONSTRAINT ck CHECK (a <> ''),
    CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE
);
CREATE INDEX ix ON t (a);
CREATE VIEW v AS SELECT a FROM t;
CREATE TABLE alembic_version (version_num VARCHAR(32))
"""

CHANGES = {
    "table": (
        "CREATE TABLE u (id INTEGER)",
        'table "u" is there only after: "id"',
    ),
    "column": (
        "ALTER TABLE t ADD b NUMERIC(10, 2)",
        'table "t": column "b" is there only after: NUMERIC(10, 2)',
    ),
    "index": (
        "CREATE UNIQUE INDEX ix_p ON t (p_id)",
        'table "t": index "ix_p" is there only after: UNIQUE (p_id)',
    ),
    "view": (
        "DROP VIEW v",
        'view "v" is there only before: CREATE VIEW v AS SELECT a FROM t',
    ),
}


class TestInspector(unittest.TestCase):
    def setUp(self) -> None:
        self.engine = sa.create_engine("sqlite://")
        self.addCleanup(self.engine.dispose)
        self.connection = self.engine.connect()
        self.addCleanup(self.connection.close)
        self.run_script(BASE)

    def run_script(self, script: str) -> None:
        for statement in script.split(";"):
            self.connection.exec_driver_sql(statement)
        self.connection.commit()

    def read(self) -> SchemaSnapshot:
        excluded = frozenset({"alembic_version"})
        return read_inspector(self.connection, excluded, (None,))

    def test_facts(self) -> None:
        self.assertEqual(
            str(self.read()).splitlines(),
            [
                'table "p"',
                '  column "id": INTEGER',
                "  primary key: (id)",
                'table "t"',
                "  column \"a\": VARCHAR(20) NOT NULL DEFAULT 'x'",
                '  column "id": INTEGER NOT NULL',
                '  column "p_id": INTEGER',
                "  primary key: CONSTRAINT pk_t (id)",
                "  check \"ck\": a <> ''",
                "  foreign key \"fk\": (p_id) -> p (id) ondelete='CASCADE'",
                '  index "ix": (a)',
                '  unique constraint "uq": (a, p_id)',
                'view "v": CREATE VIEW v AS SELECT a FROM t',
            ],
        )

    def test_changes(self) -> None:
        for name, (script, expected) in CHANGES.items():
            with self.subTest(name):
                before = self.read()
                self.run_script(script)
                found = compare(before, self.read())
                self.assertEqual(describe_differences(found), expected)

    def test_default_schema_by_its_name(self) -> None:
        excluded = frozenset({"main.alembic_version"})
        named = read_inspector(self.connection, excluded, ("main",))
        self.assertEqual(named, self.read())


if __name__ == "__main__":
    unittest.main()
