"""Does the reader for SQLite see what changed, and only that?"""

from __future__ import annotations

import contextlib
import sqlite3
import unittest
import warnings
from collections.abc import Callable, Iterator
from unittest import mock

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Connection

from migtestkit.errors import MigtestkitError
from migtestkit.schema import (
    SchemaSnapshot,
    compare,
    describe_differences,
    read_schema,
    sqlite,
)
from migtestkit.schema.sqlite_parser import parse_table

BASE = """
CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE user (
    id INTEGER NOT NULL,
    name VARCHAR(20) DEFAULT 'x' NOT NULL,
    email TEXT COLLATE NOCASE, -- a comment, with a comma
    age INT CHECK (age > 0),
    team_id INTEGER,
    total INT GENERATED ALWAYS AS (age * 2) STORED,
    CONSTRAINT pk_user PRIMARY KEY (id),
    CONSTRAINT uq_email UNIQUE (email),
    CONSTRAINT ck_name CHECK (name <> 'Root'),
    CONSTRAINT fk_team FOREIGN KEY (team_id) REFERENCES team (id)
);
CREATE INDEX ix_name ON user (name DESC, lower(email)) WHERE age > 1;
CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT);
CREATE TRIGGER tr_user AFTER INSERT ON user BEGIN
    INSERT INTO log (what) VALUES ('Added; a user');
END;
CREATE VIEW adults AS SELECT name FROM user WHERE age > 17;
"""


@contextlib.contextmanager
def database(script: str = "") -> Iterator[Connection]:
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            run(connection, script)
            yield connection
    finally:
        engine.dispose()


def run(connection: Connection, script: str) -> None:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.executescript(script)


def snapshot(script: str) -> SchemaSnapshot:
    with database(script) as connection:
        return read_schema(connection)


def replaced(*pairs: str) -> str:
    script = BASE
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in script, old
        script = script.replace(old, new)
    return script


def difference(before: str, after: str) -> str:
    return describe_differences(compare(snapshot(before), snapshot(after)))


# What is run after BASE, and the text that must come of it.
ADDITIONS = {
    "table": (
        "CREATE TABLE spare (id INTEGER PRIMARY KEY, b TEXT UNIQUE);"
        "CREATE INDEX ix_spare ON spare (b)",
        'table "spare" is there only after: "id", "b"',
    ),
    "batch table": (
        "CREATE TABLE _alembic_tmp_user (id INTEGER)",
        'table "_alembic_tmp_user" is there only after: "id"',
    ),
    "column": (
        "ALTER TABLE user ADD COLUMN nick VARCHAR(20)",
        'table "user": column "nick" is there only after: VARCHAR(20)',
    ),
    "index": (
        "CREATE INDEX ix_age ON user (age)",
        'table "user": index "ix_age" is there only after: (age)',
    ),
    "unique index": (
        "CREATE UNIQUE INDEX ix_age ON user (age)",
        'table "user": index "ix_age" is there only after: UNIQUE (age)',
    ),
    "trigger": (
        "CREATE TRIGGER tr_gone AFTER DELETE ON user BEGIN SELECT 1; END",
        'table "user": trigger "tr_gone" is there only after: '
        "after DELETE ON user begin SELECT 1; end",
    ),
    "view": (
        "CREATE VIEW everybody AS SELECT * FROM user",
        'view "everybody" is there only after: AS SELECT * FROM user',
    ),
    "view with a trigger": (
        "CREATE VIEW w AS SELECT 1 AS a; CREATE TRIGGER tr_w "
        "INSTEAD OF INSERT ON w BEGIN SELECT 1; END",
        'view "w" is there only after: AS SELECT 1 AS a',
    ),
    "trigger of a view": (
        "CREATE TRIGGER tr_a INSTEAD OF INSERT ON adults "
        "BEGIN SELECT 1; END",
        'table "adults": trigger "tr_a" is there only after: '
        "instead of INSERT ON adults begin SELECT 1; end",
    ),
    "virtual table": (
        "CREATE VIRTUAL TABLE texts USING fts4(body)",
        'virtual table "texts" is there only after: '
        "USING fts4 ( body )",
    ),
    "table made of a query": (
        "CREATE TABLE copied AS SELECT name, age FROM user",
        'table "copied" is there only after: "name", "age"',
    ),
    "table without its own types": (
        "CREATE TABLE [odd 'n\"ame] (\"a b\", \"%\" , \"select\", `ü``x`)",
        'table "odd \'n"ame" is there only after: '
        '"a b", "%", "select", "ü`x"',
    ),
    "index of an expression with its own collation": (
        "CREATE INDEX ix_x ON user (upper(name) COLLATE NOCASE DESC)",
        'table "user": index "ix_x" is there only after: '
        "(upper(name) COLLATE NOCASE DESC)",
    ),
    "user_version": (
        "PRAGMA user_version = 7",
        "option user_version is there only after: 7",
    ),
    "dropped table": (
        "DROP TABLE log",
        'table "log" is there only before: "id", "what"',
    ),
    "dropped view": (
        "DROP VIEW adults",
        'view "adults" is there only before: '
        "AS SELECT name FROM user WHERE age > 17",
    ),
    "dropped trigger": (
        "DROP TRIGGER tr_user",
        'table "user": trigger "tr_user" is there only before: after '
        "INSERT ON user begin INSERT INTO log(what) "
        "VALUES ('Added; a user'); end",
    ),
    "dropped index": (
        "DROP INDEX ix_name",
        'table "user": index "ix_name" is there only before: '
        "(name DESC, lower(email)) WHERE age > 1",
    ),
}

# What is replaced in BASE, and the text that must come of it.
MUTATIONS = {
    "type": (
        ("VARCHAR(20)", "VARCHAR(30)"),
        "table \"user\": column \"name\" is VARCHAR(20) NOT NULL DEFAULT "
        "'x' before, VARCHAR(30) NOT NULL DEFAULT 'x' after",
    ),
    "nullable": (
        ("DEFAULT 'x' NOT NULL", "DEFAULT 'x'"),
        "table \"user\": column \"name\" is VARCHAR(20) NOT NULL DEFAULT "
        "'x' before, VARCHAR(20) DEFAULT 'x' after",
    ),
    "default": (
        ("DEFAULT 'x'", "DEFAULT 'X'"),
        "table \"user\": column \"name\" is VARCHAR(20) NOT NULL DEFAULT "
        "'x' before, VARCHAR(20) NOT NULL DEFAULT 'X' after",
    ),
    "default of another type": (
        ("age INT", "age INT DEFAULT 1"),
        'table "user": column "age" is INT before, INT DEFAULT 1 after',
    ),
    "collation of a column": (
        ("COLLATE NOCASE", "COLLATE RTRIM"),
        'table "user": column "email" is TEXT COLLATE NOCASE before, '
        "TEXT COLLATE RTRIM after",
    ),
    "collation lost": (
        (" COLLATE NOCASE", ""),
        'table "user": column "email" is TEXT COLLATE NOCASE before, '
        "TEXT after",
    ),
    "expression of a generated column": (
        ("age * 2", "age * 3"),
        'table "user": column "total" is INT GENERATED AS (age * 2) STORED '
        "before, INT GENERATED AS (age * 3) STORED after",
    ),
    "stored column made virtual": (
        ("STORED", "VIRTUAL"),
        'table "user": column "total" is INT GENERATED AS (age * 2) STORED '
        "before, INT GENERATED AS (age * 2) VIRTUAL after",
    ),
    "generated column made plain": (
        (" GENERATED ALWAYS AS (age * 2) STORED", ""),
        'table "user": column "total" is INT GENERATED AS (age * 2) STORED '
        "before, INT after",
    ),
    "CHECK without a name": (
        (" CHECK (age > 0)", ""),
        'table "user": check (age > 0) is there only before',
    ),
    "CHECK doubled": (
        ("(age > 0)", "(age > 0) CHECK (age > 0)"),
        'table "user": check (age > 0) #2 is there only after: (age > 0)',
    ),
    "CHECK renamed": (
        ("ck_name", "ck_other"),
        'table "user": check "ck_name" is there only before: '
        "(name <> 'Root')\n"
        'table "user": check "ck_other" is there only after: '
        "(name <> 'Root')",
    ),
    "CHECK with another string": (
        ("'Root'", "'root'"),
        "table \"user\": check \"ck_name\" is (name <> 'Root') before, "
        "(name <> 'root') after",
    ),
    "primary key": (
        ("PRIMARY KEY (id)", "PRIMARY KEY (id, name)"),
        'table "user": column "id" is INTEGER before, '
        "INTEGER NOT NULL after\n"
        'table "user": primary key is CONSTRAINT pk_user (id) before, '
        "CONSTRAINT pk_user (id, name) after",
    ),
    "primary key renamed": (
        ("CONSTRAINT pk_user ", ""),
        'table "user": primary key is CONSTRAINT pk_user (id) before, '
        "(id) after",
    ),
    "primary key gone": (
        ("CONSTRAINT pk_user PRIMARY KEY (id),", ""),
        'table "user": column "id" is INTEGER before, '
        "INTEGER NOT NULL after\n"
        'table "user": primary key is there only before: '
        "CONSTRAINT pk_user (id)",
    ),
    "order of a primary key": (
        ("PRIMARY KEY, name TEXT", "PRIMARY KEY DESC, name TEXT"),
        'table "team": primary key is (id) before, (id DESC) after',
    ),
    "a name is that of one constraint only": (
        ("CHECK (age > 0)", "CONSTRAINT ck CHECK (age > 0) UNIQUE"),
        'table "user": check (age > 0) is there only before\n'
        'table "user": check "ck" is there only after: (age > 0)\n'
        'table "user": unique constraint (age) is there only after',
    ),
    "AUTOINCREMENT": (
        (" AUTOINCREMENT", ""),
        'table "log": primary key is (id) AUTOINCREMENT before, (id) after',
    ),
    "UNIQUE": (
        ("UNIQUE (email)", "UNIQUE (email, age)"),
        'table "user": unique constraint "uq_email" is (email) before, '
        "(email, age) after",
    ),
    "UNIQUE unnamed": (
        ("CONSTRAINT uq_email UNIQUE", "UNIQUE"),
        'table "user": unique constraint (email) is there only after\n'
        'table "user": unique constraint "uq_email" is there only before: '
        "(email)",
    ),
    "ON CONFLICT of UNIQUE": (
        ("UNIQUE (email)", "UNIQUE (email) ON CONFLICT REPLACE"),
        'table "user": unique constraint "uq_email" is (email) before, '
        "(email) ON CONFLICT REPLACE after",
    ),
    "ON CONFLICT of NOT NULL": (
        ("'x' NOT NULL", "'x' NOT NULL ON CONFLICT IGNORE"),
        "table \"user\": column \"name\" is VARCHAR(20) NOT NULL DEFAULT "
        "'x' before, VARCHAR(20) NOT NULL ON CONFLICT IGNORE DEFAULT 'x' "
        "after",
    ),
    "foreign key gone": (
        (
            ",\n    CONSTRAINT fk_team FOREIGN KEY (team_id) "
            "REFERENCES team (id)",
            "",
        ),
        'table "user": foreign key "fk_team" is there only before: '
        "(team_id) -> team (id)",
    ),
    "foreign key's target": (
        ("REFERENCES team (id)", "REFERENCES log (id)"),
        'table "user": foreign key "fk_team" is (team_id) -> team (id) '
        "before, (team_id) -> log (id) after",
    ),
    "ON DELETE": (
        ("team (id)\n", "team (id) ON DELETE CASCADE\n"),
        'table "user": foreign key "fk_team" is (team_id) -> team (id) '
        "before, (team_id) -> team (id) ON DELETE CASCADE after",
    ),
    "ON UPDATE": (
        ("team (id)\n", "team (id) ON UPDATE SET NULL\n"),
        'table "user": foreign key "fk_team" is (team_id) -> team (id) '
        "before, (team_id) -> team (id) ON UPDATE SET NULL after",
    ),
    "DEFERRABLE": (
        ("team (id)\n", "team (id) DEFERRABLE INITIALLY DEFERRED\n"),
        'table "user": foreign key "fk_team" is (team_id) -> team (id) '
        "before, (team_id) -> team (id) DEFERRABLE INITIALLY DEFERRED after",
    ),
    "STRICT": (
        ("what TEXT)", "what TEXT) STRICT"),
        'table "log": option STRICT is there only after',
    ),
    "WITHOUT ROWID": (
        ("PRIMARY KEY, name TEXT)", "PRIMARY KEY, name TEXT) WITHOUT ROWID"),
        'table "team": column "id" is INTEGER before, INTEGER NOT NULL '
        'after\ntable "team": option WITHOUT ROWID is there only after',
    ),
    "DESC in an index": (
        ("name DESC", "name ASC"),
        'table "user": index "ix_name" is (name DESC, lower(email)) WHERE '
        "age > 1 before, (name, lower(email)) WHERE age > 1 after",
    ),
    "expression in an index": (
        ("lower(email)", "upper(email)"),
        'table "user": index "ix_name" is (name DESC, lower(email)) WHERE '
        "age > 1 before, (name DESC, upper(email)) WHERE age > 1 after",
    ),
    "collation in an index": (
        ("name DESC", "name COLLATE NOCASE DESC"),
        'table "user": index "ix_name" is (name DESC, lower(email)) WHERE '
        "age > 1 before, (name COLLATE NOCASE DESC, lower(email)) WHERE "
        "age > 1 after",
    ),
    "index on part of the rows": (
        (" WHERE age > 1;", ";"),
        'table "user": index "ix_name" is (name DESC, lower(email)) WHERE '
        "age > 1 before, (name DESC, lower(email)) after",
    ),
    "index made unique": (
        ("CREATE INDEX", "CREATE UNIQUE INDEX"),
        'table "user": index "ix_name" is (name DESC, lower(email)) WHERE '
        "age > 1 before, UNIQUE (name DESC, lower(email)) WHERE age > 1 "
        "after",
    ),
    "order of an index": (
        ("(name DESC, lower(email))", "(lower(email), name DESC)"),
        'table "user": index "ix_name" is (name DESC, lower(email)) WHERE '
        "age > 1 before, (lower(email), name DESC) WHERE age > 1 after",
    ),
    "text of a view": (
        ("age > 17", "age > 20"),
        'view "adults" is AS SELECT name FROM user WHERE age > 17 before, '
        "AS SELECT name FROM user WHERE age > 20 after",
    ),
    "string in a trigger": (
        ("'Added; a user'", "'added; a user'"),
        'table "user": trigger "tr_user" is after INSERT ON user begin '
        "INSERT INTO log(what) VALUES ('Added; a user'); end before, after "
        "INSERT ON user begin INSERT INTO log(what) VALUES "
        "('added; a user'); end after",
    ),
    "case of a column's name": (
        ("what TEXT", "What TEXT"),
        'table "log": column "What" is there only after: TEXT\n'
        'table "log": column "what" is there only before: TEXT',
    ),
    "type and affinity": (
        ("age INT ", "age INTEGER "),
        'table "user": column "age" is INT before, INTEGER after',
    ),
}

# Two texts that make the same schema.
SAME = {
    "spaces and comments": (
        "CREATE TABLE t (a VARCHAR(20), b NUMERIC(10, 2))",
        "CREATE  TABLE t(\n a  varchar ( 20 ) -- one, two\n,"
        "b/*,*/numeric(10,2))",
    ),
    "quotes around names": (
        "CREATE TABLE t (a INT, CHECK (a > 0))",
        "CREATE TABLE \"t\" ([a] INT, CHECK (`a` > 0 ))",
    ),
    "case of keywords and references": (
        "CREATE TABLE t (a INT, CHECK (a IS NOT NULL))",
        "create table t (a int, check (A is not null))",
    ),
    "ASC": (
        "CREATE TABLE t (a INT, UNIQUE (a)); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a INT, UNIQUE (a ASC));"
        "CREATE INDEX i ON t (a ASC)",
    ),
    "parentheses around a CHECK and an index": (
        "CREATE TABLE t (a INT CHECK (a > 0)); "
        "CREATE INDEX i ON t (lower(a)) WHERE a > 1",
        "CREATE TABLE t (a INT CHECK (((a > 0))));"
        "CREATE INDEX i ON t ((lower(a))) WHERE (a > 1)",
    ),
    "parentheses around a default": (
        "CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b DEFAULT -1)",
        "CREATE TABLE t (a DEFAULT ((current_timestamp)), b DEFAULT (-1))",
    ),
    "strings as defaults": (
        "CREATE TABLE t (a DEFAULT 'Abc', b DEFAULT 'x')",
        "CREATE TABLE t (a DEFAULT Abc, b DEFAULT \"x\")",
    ),
    "order of clauses": (
        "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x' COLLATE NOCASE, b)",
        "CREATE TABLE t (b, a TEXT COLLATE NOCASE DEFAULT 'x' NOT NULL)",
    ),
    "constraints of the column and of the table": (
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (a INT UNIQUE CHECK (a > 0) REFERENCES p (id))",
        "CREATE TABLE p (id INTEGER NOT NULL, PRIMARY KEY (id));"
        "CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES p (id),"
        " CHECK (a > 0) UNIQUE (a))",
    ),
    "AUTOINCREMENT of the column and of the table": (
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE t (a INTEGER, PRIMARY KEY (a AUTOINCREMENT))",
    ),
    "columns that a foreign key leaves out": (
        "CREATE TABLE p (a INT, b INT, PRIMARY KEY (b, a));"
        "CREATE TABLE t (x, y, FOREIGN KEY (x, y) REFERENCES p (b, a))",
        "CREATE TABLE p (a INT, b INT, PRIMARY KEY (b, a));"
        "CREATE TABLE t (x, y, FOREIGN KEY (x, y) REFERENCES P)",
    ),
    "what holds anyway": (
        "CREATE TABLE t (a TEXT, b TEXT NOT NULL, c INT REFERENCES q (x))",
        "CREATE TABLE t (a TEXT NULL DEFAULT NULL COLLATE BINARY, "
        "b TEXT NOT NULL ON CONFLICT ABORT, c INT REFERENCES q (x) "
        "ON DELETE NO ACTION MATCH FULL NOT DEFERRABLE)",
    ),
    "deferrable but immediate": (
        "CREATE TABLE t (c INT REFERENCES q (x))",
        "CREATE TABLE t (c INT REFERENCES q (x) DEFERRABLE "
        "INITIALLY IMMEDIATE)",
    ),
    "GENERATED ALWAYS, VIRTUAL left out": (
        "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a) VIRTUAL)",
        "CREATE TABLE t (a INT, b INT AS (a))",
    ),
    "collation of the column in an index": (
        "CREATE TABLE t (a TEXT COLLATE NOCASE, b); "
        "CREATE INDEX i ON t (a, b)",
        "CREATE TABLE t (a TEXT COLLATE nocase, b); "
        "CREATE INDEX i ON t (a COLLATE NOCASE, b COLLATE BINARY)",
    ),
    "IF NOT EXISTS": (
        "CREATE TABLE t (a); CREATE INDEX i ON t (a); "
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TABLE IF NOT EXISTS t (a); "
        "CREATE INDEX IF NOT EXISTS main.i ON t (a); "
        "CREATE VIEW IF NOT EXISTS main.v AS SELECT a FROM t",
    ),
    "order of tables": (
        "CREATE TABLE t (a); CREATE TABLE u (a)",
        "CREATE TABLE u (a); CREATE TABLE t (a)",
    ),
    "SQLite's own tables": (
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b); "
        "CREATE INDEX i ON t (b)",
        "CREATE TABLE z (a INTEGER PRIMARY KEY AUTOINCREMENT);"
        "INSERT INTO z VALUES (1); DROP TABLE z;"
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b); "
        "CREATE INDEX i ON t (b); INSERT INTO t VALUES (1, 2); ANALYZE",
    ),
    "temporary objects": (
        "CREATE TABLE t (a)",
        "CREATE TABLE t (a); CREATE TEMP TABLE t (b, c); "
        "CREATE TEMP VIEW v AS SELECT 1; CREATE TEMP TRIGGER tr "
        "AFTER INSERT ON main.t BEGIN SELECT 1; END",
    ),
    "aliases in quotes": (
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT x.a AS total FROM t x",
        "CREATE TABLE t (a); CREATE VIEW v AS "
        'SELECT "x"."a" AS "total" FROM "t" x',
    ),
}

# What is run after BASE, and what takes it back.
ROUND_TRIPS = {
    "add and drop a column": (
        "ALTER TABLE user ADD COLUMN nick TEXT DEFAULT 'q' "
        "CHECK (nick <> '') REFERENCES team",
        "ALTER TABLE user DROP COLUMN nick",
    ),
    "drop a column, add it at the end": (
        "DROP TRIGGER tr_user; ALTER TABLE log DROP COLUMN what",
        "ALTER TABLE log ADD what TEXT; CREATE TRIGGER tr_user AFTER INSERT "
        "ON user BEGIN INSERT INTO log (what) VALUES ('Added; a user'); END",
    ),
    "rename a table": (
        "ALTER TABLE user RENAME TO person",
        "ALTER TABLE person RENAME TO user",
    ),
    "rename a table that others refer to": (
        'ALTER TABLE team RENAME TO "the Teams"',
        'ALTER TABLE "the Teams" RENAME TO team',
    ),
    "rename a column": (
        "ALTER TABLE user RENAME COLUMN age TO years",
        "ALTER TABLE user RENAME COLUMN years TO age",
    ),
    "rename the key of a foreign key": (
        "ALTER TABLE team RENAME COLUMN id TO number",
        "ALTER TABLE team RENAME COLUMN number TO id",
    ),
    "rename a column of an index and a CHECK": (
        "ALTER TABLE user RENAME name TO \"Full Name\"",
        "ALTER TABLE user RENAME \"Full Name\" TO name",
    ),
    "drop and create an index": (
        "DROP INDEX ix_name",
        "CREATE INDEX \"ix_name\" ON \"user\" "
        "(\"name\" DESC, lower(\"email\")) WHERE (\"age\" > 1)",
    ),
    "drop and create a view": (
        "DROP VIEW adults",
        "create view adults as\n  select \"name\" from user\n"
        "  where age > 17 -- grown up",
    ),
    "rebuild a table by hand": (
        "CREATE TABLE new (id INTEGER PRIMARY KEY, name VARCHAR, x INT);"
        "INSERT INTO new SELECT id, name, 1 FROM team; DROP TABLE team;"
        "ALTER TABLE new RENAME TO team",
        "CREATE TABLE new (name TEXT, id INTEGER PRIMARY KEY NOT NULL);"
        "INSERT INTO new (id, name) SELECT id, name FROM team; "
        "DROP TABLE team; ALTER TABLE new RENAME TO team",
    ),
    "drop and create a virtual table": (
        "CREATE VIRTUAL TABLE texts USING fts4(body); DROP TABLE texts",
        "",
    ),
}


# What a script must not hold on an SQLite older than this.
NEWER = {" STRICT": (3, 37), "DROP COLUMN": (3, 35)}


def needs_newer(*scripts: str) -> bool:
    return any(
        word in script and sqlite3.sqlite_version_info < version
        for word, version in NEWER.items()
        for script in scripts
    )


class TestMutations(unittest.TestCase):
    maxDiff = None

    def test_additions_are_seen(self) -> None:
        for name, (script, expected) in ADDITIONS.items():
            with self.subTest(name):
                found = difference(BASE, BASE + script)
                self.assertEqual(found, expected)

    def test_changes_are_seen(self) -> None:
        for name, (pairs, expected) in MUTATIONS.items():
            with self.subTest(name):
                if needs_newer(*pairs):
                    self.skipTest("SQLite is too old")
                found = difference(BASE, replaced(*pairs))
                self.assertEqual(found, expected)

    def test_enough_of_them(self) -> None:
        self.assertGreaterEqual(len(ADDITIONS) + len(MUTATIONS), 30)
        self.assertGreaterEqual(len(SAME) + len(ROUND_TRIPS), 20)


class TestNoFalseDifference(unittest.TestCase):
    def test_spelling(self) -> None:
        for name, (one, other) in SAME.items():
            with self.subTest(name):
                self.assertEqual(difference(one, other), "")
                self.assertFalse(snapshot(one).is_empty)

    def test_there_and_back(self) -> None:
        for name, (up, down) in ROUND_TRIPS.items():
            with self.subTest(name), database(BASE) as connection:
                if needs_newer(up, down):
                    self.skipTest("SQLite is too old")
                before = read_schema(connection)
                run(connection, up)
                run(connection, down)
                after = read_schema(connection)
                self.assertEqual(
                    describe_differences(compare(before, after)), ""
                )

    def test_round_trips_go_somewhere(self) -> None:
        for name, (up, down) in ROUND_TRIPS.items():
            with self.subTest(name):
                if down and not needs_newer(up):
                    self.assertNotEqual(difference(BASE, BASE + up), "")

    def test_strings_in_double_quotes(self) -> None:
        """RENAME COLUMN rewrites a string that poses as a name."""
        script = (
            "CREATE TABLE t (a TEXT, b TEXT, CHECK (a IN (\"Xy\", 'Z')))"
        )
        with database() as connection:
            driver = connection.connection.dbapi_connection
            assert isinstance(driver, sqlite3.Connection)
            try:
                run(connection, script)
            except sqlite3.OperationalError as error:
                self.skipTest(f"SQLite takes no such string: {error}")
            before = read_schema(connection)
            self.assertIn("(a IN ('Xy', 'Z'))", str(before))
            run(connection, "ALTER TABLE t RENAME b TO c")
            run(connection, "ALTER TABLE t RENAME c TO b")
            self.assertEqual(compare(before, read_schema(connection)), ())
        other = script.replace("Xy", "xY")
        self.assertNotEqual(difference(script, other), "")


class TestBatchMode(unittest.TestCase):
    def round_trip(
        self,
        script: str,
        up: Callable[[Operations], None],
        down: Callable[[Operations], None],
    ) -> str:
        with database(script) as connection:
            before = read_schema(connection)
            operations = Operations(MigrationContext.configure(connection))
            up(operations)
            self.assertNotEqual(read_schema(connection), before)
            down(operations)
            after = read_schema(connection)
            return describe_differences(compare(before, after))

    def test_recreated_there_and_back(self) -> None:
        metadata = sa.MetaData()
        sa.Table("p", metadata, sa.Column("id", sa.Integer, primary_key=True))
        sa.Table(
            "t",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(20), nullable=False, index=True),
            sa.Column("at", sa.DateTime, server_default=sa.func.now()),
            sa.Column("n", sa.Numeric(10, 2), server_default="-1"),
            sa.Column("s", sa.Text, server_default="it's"),
            sa.Column(
                "p_id",
                sa.ForeignKey("p.id", name="fk_p", ondelete="CASCADE"),
            ),
            sa.UniqueConstraint("name", "n", name="uq_t"),
            sa.CheckConstraint("n > 0 AND name <> 'A%'", name="ck_t"),
            sa.Index("ix_part", "n", sqlite_where=sa.text("n > 1")),
        )
        engine = sa.create_engine("sqlite://")
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            metadata.create_all(connection)
            rows = connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
            )
            script = ";".join(row[0] for row in rows)

        def up(operations: Operations) -> None:
            with operations.batch_alter_table("t", recreate="always") as b:
                b.alter_column("name", nullable=True)
                b.add_column(sa.Column("more", sa.Integer))
                b.alter_column("s", new_column_name="text")

        def down(operations: Operations) -> None:
            with operations.batch_alter_table("t", recreate="always") as b:
                b.alter_column("text", new_column_name="s")
                b.drop_column("more")
                b.alter_column("name", nullable=False)

        self.assertEqual(self.round_trip(script, up, down), "")

    def test_what_batch_mode_loses(self) -> None:
        def up(operations: Operations) -> None:
            with operations.batch_alter_table("t", recreate="always") as b:
                b.add_column(sa.Column("more", sa.Integer))

        def down(operations: Operations) -> None:
            with operations.batch_alter_table("t", recreate="always") as b:
                b.drop_column("more")

        script = (
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, "
            "a TEXT COLLATE NOCASE, b INTEGER CHECK (b > 0));"
            "CREATE INDEX i ON t (b DESC);"
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END"
        )
        with warnings.catch_warnings():
            # Recent Alembic warns of the CHECK that it drops.
            warnings.simplefilter("ignore", UserWarning)
            found = self.round_trip(script, up, down)
        for expected in (
            'column "a" is TEXT COLLATE NOCASE before, TEXT after',
            "primary key is (id) AUTOINCREMENT before, (id) after",
            "check (b > 0) is there only before",
            'index "i" is (b DESC) before, (b) after',
            'trigger "tr" is there only before',
        ):
            with self.subTest(expected):
                self.assertIn(expected, found)


class TestAgainstPragmas(unittest.TestCase):
    """What SQLite's PRAGMAs say is the measure of the parsed texts."""

    SCRIPT = BASE + """
    CREATE TABLE "o'dd `t" ("a ""b" INT CONSTRAINT "the key" PRIMARY KEY
        DESC, [x y] TEXT CONSTRAINT n NOT NULL DEFAULT -1.5e3 UNIQUE,
        'single' TEXT DEFAULT 'don''t, (ever)' REFERENCES "team" ("id")
        ON UPDATE SET DEFAULT ON DELETE SET NULL NOT NULL DEFERRABLE,
        c DEFAULT (1 + (2)) CHECK (c IN (1, 2)), d AS (c || ',)'),
        UNIQUE ("x y", c COLLATE RTRIM DESC) CONSTRAINT u2
        UNIQUE (c, 'single'), FOREIGN KEY (c, [x y]) REFERENCES user,
        CHECK (c <> ')'));
    CREATE TABLE key (action, "primary" INT, PRIMARY KEY ("primary"))
        WITHOUT ROWID;
    """

    def test_foreign_keys(self) -> None:
        with database(self.SCRIPT) as connection:
            for table in read_schema(connection).tables:
                rows = connection.exec_driver_sql(
                    "SELECT id, \"table\", \"from\", on_delete "
                    "FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq",
                    (table,),
                ).all()
                expected: dict[int, list[str]] = {}
                for number, target, column, action in rows:
                    key = expected.setdefault(number, [target, action])
                    key.append(column)
                parsed = parse_table(self.sql(connection, table))
                found = [
                    [item.target, self.action(item.options)]
                    + [column[0].name for column in item.columns]
                    for item in parsed.constraints
                    if item.kind == "foreign key"
                ]
                with self.subTest(table):
                    self.assertEqual(found, list(expected.values()))

    def test_keys_and_uniques(self) -> None:
        with database(self.SCRIPT) as connection:
            for table in read_schema(connection).tables:
                parsed = parse_table(self.sql(connection, table))
                with self.subTest(table):
                    self.assertEqual(parsed.unknown, ())
                    self.assertLessEqual(
                        self.indexed(connection, table),
                        {
                            tuple(column[0].name for column in item.columns)
                            for item in parsed.constraints
                        },
                    )
                    self.assertEqual(
                        self.uniques(connection, table),
                        sum(
                            item.kind == "unique constraint"
                            for item in parsed.constraints
                        ),
                    )

    def test_columns(self) -> None:
        with database(self.SCRIPT) as connection:
            schema = read_schema(connection)
            for table in schema.tables:
                names = connection.exec_driver_sql(
                    "SELECT name FROM pragma_table_xinfo(?)", (table,)
                ).scalars()
                parsed = parse_table(self.sql(connection, table))
                with self.subTest(table):
                    expected = list(names)
                    self.assertEqual(list(schema.columns(table)), expected)
                    self.assertEqual(
                        [column.name for column in parsed.columns.values()],
                        expected,
                    )

    def sql(self, connection: Connection, table: str) -> str:
        text = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = ?", (table,)
        ).scalar()
        return str(text)

    def action(self, options: str) -> str:
        for action in ("SET NULL", "CASCADE"):
            if f"ON DELETE {action}" in options:
                return action
        return "NO ACTION"

    def indexed(
        self, connection: Connection, table: str
    ) -> set[tuple[str, ...]]:
        rows = connection.exec_driver_sql(
            "SELECT l.name, x.name FROM pragma_index_list(?) AS l, "
            "pragma_index_xinfo(l.name) AS x WHERE l.origin <> 'c' "
            "AND x.key ORDER BY l.name, x.seqno",
            (table,),
        ).all()
        found: dict[str, list[str]] = {}
        for index, column in rows:
            found.setdefault(index, []).append(column)
        return {tuple(columns) for columns in found.values()}

    def uniques(self, connection: Connection, table: str) -> int:
        count = connection.exec_driver_sql(
            "SELECT count(*) FROM pragma_index_list(?) WHERE origin = 'u'",
            (table,),
        ).scalar()
        return int(count or 0)


class TestWhatIsRead(unittest.TestCase):
    def test_excluded_tables(self) -> None:
        script = (
            "CREATE TABLE Alembic_Version (n VARCHAR(32) NOT NULL, "
            "CONSTRAINT pk PRIMARY KEY (n)); "
            "CREATE INDEX i ON alembic_version (n);"
        )
        for name in ("alembic_version", "main.alembic_version"):
            with self.subTest(name), database(script) as connection:
                schema = read_schema(connection, exclude=[name])
                self.assertTrue(schema.is_empty, schema)

    def test_one_name_is_no_collection(self) -> None:
        with database(BASE) as connection:
            with self.assertRaisesRegex(TypeError, "not one name"):
                read_schema(connection, exclude="log")
            with self.assertRaisesRegex(TypeError, "not one name"):
                read_schema(connection, schemas="main")

    def test_attached_schema(self) -> None:
        with database("ATTACH ':memory:' AS \"o'x\"") as connection:
            run(
                connection,
                "CREATE TABLE \"o'x\".t (a INTEGER PRIMARY KEY, b UNIQUE "
                "REFERENCES t); CREATE INDEX \"o'x\".i ON t (b);"
                "CREATE TABLE t (z); PRAGMA \"o'x\".user_version = 2",
            )
            self.assertEqual(read_schema(connection).tables, ("t",))
            both = read_schema(connection, schemas=(None, "o'x"))
            self.assertEqual(both.tables, ("o'x.t", "t"))
            self.assertEqual(list(both.columns("o'x.t")), ["a", "b"])
            self.assertEqual(both.of_kind("index", "o'x.t"), {"i": "(b)"})
            self.assertEqual(
                both.of_kind("foreign key", "o'x.t"),
                {"(b)": "(b) -> t (a)"},
            )
            self.assertEqual(
                both.of_kind("option"), {"o'x.user_version": "2"}
            )
            without = read_schema(
                connection, schemas=["o'x"], exclude=["o'x.t"]
            )
            self.assertEqual(without.tables, ())

    def test_unknown_schema(self) -> None:
        with database() as connection:
            with self.assertRaisesRegex(
                MigtestkitError, 'no schema "nowhere" is .* main'
            ):
                read_schema(connection, schemas=["nowhere"])
            self.assertFalse(connection.in_transaction())

    def test_shadow_tables_before_table_list(self) -> None:
        script = (
            "CREATE VIRTUAL TABLE f USING FTS4(a); CREATE TABLE f_own (b)"
        )
        new = snapshot(script)
        with mock.patch.object(sqlite, "_TABLE_LIST_SINCE", (99,)):
            old = snapshot(script)
        self.assertEqual(new.tables, ("f", "f_own"))
        self.assertEqual(old, new)

    def test_virtual_table_of_a_missing_module(self) -> None:
        with database(BASE) as connection:
            run(
                connection,
                "PRAGMA writable_schema = ON; INSERT INTO sqlite_master "
                "VALUES ('table', 'v', 'v', 0, "
                "'CREATE VIRTUAL TABLE v USING nothing(x)');",
            )
            self.assertIn("v", read_schema(connection).tables)

    def test_view_that_does_not_work(self) -> None:
        found = snapshot("CREATE VIEW v AS SELECT a FROM nowhere")
        self.assertEqual(
            found.of_kind("view"), {"v": "AS SELECT a FROM nowhere"}
        )

    def test_a_table_changed_under_its_name(self) -> None:
        """Remembered tables are not taken for new ones."""
        with database("CREATE TABLE t (a)") as connection:
            before = read_schema(connection)
            run(connection, "DROP TABLE t; CREATE TABLE t (b)")
            after = read_schema(connection)
        self.assertEqual(list(before.columns("t")), ["a"])
        self.assertEqual(list(after.columns("t")), ["b"])

    def test_more_tables_than_are_remembered(self) -> None:
        with mock.patch.object(sqlite, "_MOST_KNOWN", 2):
            self.assertEqual(snapshot(BASE), snapshot(BASE))
            self.assertEqual(len(snapshot(BASE).tables), 3)

    def test_transaction(self) -> None:
        with database(BASE) as connection:
            read_schema(connection)
            self.assertFalse(connection.in_transaction())
            with connection.begin():
                connection.exec_driver_sql("CREATE TABLE mine (a)")
                self.assertIn("mine", read_schema(connection).tables)
                self.assertTrue(connection.in_transaction())
            self.assertIn("mine", read_schema(connection).tables)


if __name__ == "__main__":
    unittest.main()
