"""What changes a schema on SQLite, and what ends where it began?"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic.operations import Operations

from tests.catalogue.cases import Mutation, Path

TEAM = "CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT)"
MEMBER = (
    "CREATE TABLE member ("
    "id INTEGER PRIMARY KEY AUTOINCREMENT, team_id INTEGER, "
    "name VARCHAR(20) DEFAULT 'x' NOT NULL, "
    "email TEXT COLLATE NOCASE, age INTEGER CHECK (age > 0), "
    "twice INTEGER GENERATED ALWAYS AS (age * 2) VIRTUAL, "
    "CONSTRAINT fk_team FOREIGN KEY (team_id) REFERENCES team (id), "
    "CONSTRAINT uq_email UNIQUE (email), "
    "CONSTRAINT ck_name CHECK (name <> ''))"
)
INDEX = (
    "CREATE INDEX ix_name ON member (name DESC, lower(email)) WHERE age > 1"
)
VIEW = "CREATE VIEW adults AS SELECT id, name FROM member WHERE age > 17"
TRIGGER = (
    "CREATE TRIGGER tr_member AFTER INSERT ON member BEGIN "
    "INSERT INTO log (what) VALUES ('added'); END"
)
LOG = "CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT)"
TABLES = (TEAM, MEMBER, LOG, INDEX)
BASE = (*TABLES, VIEW, TRIGGER)


def _made(member: str) -> tuple[str, ...]:
    """Return what makes a table anew, with all that hangs on it."""
    return (
        "DROP VIEW adults", "DROP TABLE member", member, INDEX, VIEW, TRIGGER
    )


def _of_member(old: str, new: str, told: str) -> Mutation:
    """Return a change of a table that SQLite has no statement for."""
    assert old in MEMBER, old
    return Mutation(_made(MEMBER.replace(old, new)), _made(MEMBER), told)


def _of_other(made: str, old: str, new: str, told: str) -> Mutation:
    """Return a change of something that is dropped and made."""
    assert old in made, old
    kind, name = made.split()[1:3]
    drop = f"DROP {kind} {name}"
    return Mutation((drop, made.replace(old, new)), (drop, made), told)


M = Mutation
MUTATIONS = {
    "table": M("CREATE TABLE extra (id INTEGER)", "DROP TABLE extra",
               'table "extra" is there only after: "id"'),
    "table renamed": M("ALTER TABLE log RENAME TO diary",
                       "ALTER TABLE diary RENAME TO log", 'table "diary"'),
    "column": M("ALTER TABLE log ADD COLUMN day DATE",
                "ALTER TABLE log DROP COLUMN day",
                'table "log": column "day" is there only after: DATE'),
    "column renamed": M("ALTER TABLE team RENAME COLUMN name TO title",
                        "ALTER TABLE team RENAME COLUMN title TO name",
                        'column "title"'),
    "type": _of_member("VARCHAR(20)", "VARCHAR(30)",
                       "VARCHAR(30) NOT NULL DEFAULT 'x' after"),
    "not null": _of_member("'x' NOT NULL", "'x'",
                           "VARCHAR(20) DEFAULT 'x' after"),
    "default": _of_member("DEFAULT 'x'", "DEFAULT 'y'", "DEFAULT 'y' after"),
    "collation": _of_member(" COLLATE NOCASE", "", "TEXT after"),
    "expression of a generated column": _of_member(
        "age * 2", "age * 3", "(age * 3) VIRTUAL after"),
    "generated column stored": _of_member(
        "VIRTUAL", "STORED", "(age * 2) STORED after"),
    "AUTOINCREMENT": _of_member(
        " AUTOINCREMENT", "", "(id) AUTOINCREMENT before, (id) after"),
    "ON CONFLICT": _of_member(
        "UNIQUE (email)", "UNIQUE (email) ON CONFLICT REPLACE",
        "(email) ON CONFLICT REPLACE after"),
    "primary key": _of_member(
        "id INTEGER PRIMARY KEY AUTOINCREMENT", "id INTEGER NOT NULL",
        'table "member": primary key is there only before'),
    "foreign key": _of_member(
        "CONSTRAINT fk_team FOREIGN KEY (team_id) REFERENCES team (id), ", "",
        'foreign key "fk_team" is there only before'),
    "action of a foreign key": _of_member(
        "team (id)", "team (id) ON DELETE CASCADE",
        "team (id) ON DELETE CASCADE after"),
    "deferrable": _of_member(
        "team (id)", "team (id) DEFERRABLE INITIALLY DEFERRED",
        "DEFERRABLE INITIALLY DEFERRED after"),
    "unique constraint": _of_member(
        "CONSTRAINT uq_email UNIQUE (email), ", "",
        'unique constraint "uq_email" is there only before: (email)'),
    "check": _of_member("ck_name CHECK (name <> '')",
                        "ck_name CHECK (name <> 'a')", "(name <> 'a') after"),
    "check without a name": _of_member(
        " CHECK (age > 0)", "", "check (age > 0) is there only before"),
    "STRICT": _of_other(
        LOG, "what TEXT)", "what TEXT) STRICT",
        'table "log": option STRICT is there only after'),
    "WITHOUT ROWID": _of_other(
        LOG, "what TEXT)", "what TEXT) WITHOUT ROWID",
        "option WITHOUT ROWID is there only after"),
    "index": M("CREATE INDEX ix ON log (what)", "DROP INDEX ix",
               'table "log": index "ix" is there only after: (what)'),
    "order of an index": _of_other(INDEX, " DESC", "", "(name, lower(email))"),
    "predicate": _of_other(INDEX, "age > 1", "age > 2", "WHERE age > 2 after"),
    "expression": _of_other(INDEX, "lower", "upper", "upper(email)"),
    "unique index": M("CREATE UNIQUE INDEX ux ON log (what)", "DROP INDEX ux",
                      'index "ux" is there only after: UNIQUE (what)'),
    "view": M("DROP VIEW adults", VIEW, 'view "adults" is there only before'),
    "text of a view": _of_other(VIEW, "17", "20", "age > 20 after"),
    "trigger": M("DROP TRIGGER tr_member", TRIGGER,
                 'table "member": trigger "tr_member" is there only before'),
    "body of a trigger": _of_other(TRIGGER, "added", "new", "VALUES ('new')"),
    "virtual table": M(
        "CREATE VIRTUAL TABLE words USING fts5(word)", "DROP TABLE words",
        'virtual table "words" is there only after'),
    "user version": M("PRAGMA user_version = 7", "PRAGMA user_version = 0",
                      "option user_version is there only after: 7"),
}
PATHS: dict[str, Path] = {
    "table made and dropped": (
        "CREATE TABLE t (id INTEGER PRIMARY KEY)", "DROP TABLE t"),
    "table dropped and made": ("DROP TABLE log", LOG),
    "table made in another spelling": (
        "DROP TABLE log",
        'create table "log" (\n  [id] integer not null primary key,\n'
        "  `what` text default null\n)"),
    "table renamed and back": (
        "ALTER TABLE log RENAME TO diary", "ALTER TABLE diary RENAME TO log"),
    "parent renamed and back": (
        "ALTER TABLE team RENAME TO club", "ALTER TABLE club RENAME TO team"),
    "column added and dropped": (
        "ALTER TABLE log ADD COLUMN a INTEGER", "ALTER TABLE log DROP a"),
    "column dropped and added at the end": (
        "ALTER TABLE team ADD COLUMN born DATE", "ALTER TABLE team DROP name",
        "ALTER TABLE team ADD COLUMN name TEXT", "ALTER TABLE team DROP born"),
    "column renamed and back": (
        "ALTER TABLE member RENAME COLUMN age TO years",
        "ALTER TABLE member RENAME COLUMN years TO age"),
    "table copied": (
        "DROP TRIGGER tr_member",
        "CREATE TABLE copy (what TEXT, id INTEGER PRIMARY KEY)",
        "DROP TABLE log", "ALTER TABLE copy RENAME TO log", TRIGGER),
    "index dropped and made": ("DROP INDEX ix_name", INDEX),
    "index in another spelling": (
        "DROP INDEX ix_name",
        'CREATE INDEX "ix_name" ON "member" ("name" DESC, LOWER(email) ASC)\n'
        "WHERE (age > 1)"),
    "unique index and back": (
        "CREATE UNIQUE INDEX ux ON log (what)", "DROP INDEX ux"),
    "view dropped and made": ("DROP VIEW adults", VIEW),
    "view in another spelling": (
        "DROP VIEW adults",
        "create view adults as\n  select id, name\n  from member\n"
        "  where age > 17"),
    "trigger dropped and made": ("DROP TRIGGER tr_member", TRIGGER),
    "virtual table and back": (
        "CREATE VIRTUAL TABLE words USING fts5(word)", "DROP TABLE words"),
    "rows": ("INSERT INTO log (what) VALUES ('a')", "DELETE FROM log"),
    "analysed": ("ANALYZE",),
    "rewritten": ("REINDEX",),
    "version and back": (
        "PRAGMA user_version = 3", "PRAGMA user_version = 0"),
}


def _column(op: Operations) -> None:
    with op.batch_alter_table("team") as batch:
        batch.add_column(sa.Column("born", sa.Date()))
    with op.batch_alter_table("team") as batch:
        batch.drop_column("born")


def _type(op: Operations) -> None:
    with op.batch_alter_table("team") as batch:
        batch.alter_column("name", type_=sa.String(9))
    with op.batch_alter_table("team") as batch:
        batch.alter_column("name", type_=sa.Text())


def _nullable(op: Operations) -> None:
    with op.batch_alter_table("team") as batch:
        batch.alter_column("name", nullable=False)
    with op.batch_alter_table("team") as batch:
        batch.alter_column("name", nullable=True)


def _default(op: Operations) -> None:
    with op.batch_alter_table("log") as batch:
        batch.alter_column("what", server_default="a")
    with op.batch_alter_table("log") as batch:
        batch.alter_column("what", server_default=None)


def _name(op: Operations) -> None:
    with op.batch_alter_table("log") as batch:
        batch.alter_column("what", new_column_name="that")
    with op.batch_alter_table("log") as batch:
        batch.alter_column("that", new_column_name="what")


def _foreign_key(op: Operations) -> None:
    with op.batch_alter_table("log") as batch:
        batch.add_column(sa.Column("team_id", sa.Integer()))
        batch.create_foreign_key("fk", "team", ["team_id"], ["id"])
    with op.batch_alter_table("log") as batch:
        batch.drop_constraint("fk", type_="foreignkey")
        batch.drop_column("team_id")


def _unique(op: Operations) -> None:
    with op.batch_alter_table("log") as batch:
        batch.create_unique_constraint("uq", ["what"])
    with op.batch_alter_table("log") as batch:
        batch.drop_constraint("uq", type_="unique")


def _check(op: Operations) -> None:
    with op.batch_alter_table("log") as batch:
        batch.create_check_constraint("ck", "what <> ''")
    with op.batch_alter_table("log") as batch:
        batch.drop_constraint("ck", type_="check")


#: The same in Alembic's batch mode.
BATCHES: dict[str, Callable[[Operations], None]] = {
    "batch: column": _column,
    "batch: type": _type,
    "batch: nullable": _nullable,
    "batch: default": _default,
    "batch: name": _name,
    "batch: foreign key": _foreign_key,
    "batch: unique constraint": _unique,
    "batch: check": _check,
}
