"""What are a table's indexes and constraints, one by one?

What SQLAlchemy's Inspector leaves out, the database itself is asked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import NoSuchTableError

from migtestkit.quiet import quiet_reflection
from migtestkit.schema.sqlite_parser import Table, Tokens, parse_table
from migtestkit.schema.sqlite_tokens import (
    closing,
    fold,
    show,
    split_at_commas,
    tokenize,
)

__unittest = True


@dataclasses.dataclass(frozen=True)
class IndexPart:
    """An index; its members are columns or expressions."""

    name: str | None
    members: tuple[str, ...]
    unique: bool
    where: str | None = None


@dataclasses.dataclass(frozen=True)
class KeyPart:
    """A unique constraint or a primary key."""

    name: str | None
    columns: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class CheckPart:
    """A check constraint."""

    name: str | None
    condition: str


@dataclasses.dataclass(frozen=True)
class ForeignKeyPart:
    """A foreign key; an action that was not given is ``"NO ACTION"``."""

    name: str | None
    columns: tuple[str, ...]
    schema: str | None
    table: str
    referred: tuple[str, ...]
    ondelete: str
    onupdate: str


class TableParts:
    """A table's parts as SQLAlchemy's Inspector tells them.

    :param table: its name, as it is in the database.
    """

    def __init__(
        self, connection: Connection, table: str, schema: str | None
    ) -> None:
        self.connection = connection
        self.inspector = sa.inspect(connection)
        self.table = table
        self.schema = schema

    def _told(self, method: str) -> Any:
        try:
            with quiet_reflection():
                return getattr(self.inspector, method)(
                    self.table, self.schema
                )
        except (NoSuchTableError, NotImplementedError):
            return []  # a view has none

    def indexes(self) -> Sequence[IndexPart]:
        """All indexes."""
        return [
            IndexPart(
                one["name"],
                tuple(one.get("expressions") or one["column_names"]),
                bool(one["unique"]),
                _where(one.get("dialect_options") or {}),
            )
            for one in self._told("get_indexes")
        ]

    def unique_constraints(self) -> Sequence[KeyPart]:
        """All UNIQUE constraints."""
        return [
            KeyPart(one["name"], tuple(one["column_names"]))
            for one in self._told("get_unique_constraints")
        ]

    def checks(self) -> Sequence[CheckPart]:
        """All CHECK constraints."""
        return [
            CheckPart(one["name"], one["sqltext"])
            for one in self._told("get_check_constraints")
        ]

    def primary_key(self) -> KeyPart:
        """The primary key; without one it has no columns."""
        found = self._told("get_pk_constraint") or {}
        return KeyPart(
            found.get("name"), tuple(found.get("constrained_columns") or ())
        )

    def foreign_keys(self) -> Sequence[ForeignKeyPart]:
        """All foreign keys."""
        return [
            ForeignKeyPart(
                one["name"],
                tuple(one["constrained_columns"]),
                one["referred_schema"],
                one["referred_table"],
                tuple(one["referred_columns"]),
                _action(one, "ondelete"),
                _action(one, "onupdate"),
            )
            for one in self._told("get_foreign_keys")
        ]


def _where(options: dict[str, Any]) -> str | None:
    for name, value in options.items():
        if name.endswith("_where") and value is not None:
            return str(value)
    return None


def _action(key: Any, name: str) -> str:
    return str((key.get("options") or {}).get(name) or "NO ACTION").upper()


_Class = TypeVar("_Class", bound=type[TableParts])
_READERS: dict[str, type[TableParts]] = {}


def _register(*dialects: str) -> Callable[[_Class], _Class]:
    def register(reader: _Class) -> _Class:
        _READERS.update(dict.fromkeys(dialects, reader))
        return reader

    return register


def read_parts(
    connection: Connection, table: str, schema: str | None = None
) -> TableParts:
    """Return what tells the parts of a table, as this database does it."""
    reader = _READERS.get(connection.dialect.name, TableParts)
    return reader(connection, table, schema)


@_register("sqlite")
class _SQLiteParts(TableParts):
    """SQLite's own texts: the Inspector leaves out indexes of expressions,
    and finds constraints by patterns that miss some."""

    def _texts(self, type_: str) -> Sequence[tuple[str, str]]:
        schema = '"' + (self.schema or "main").replace('"', '""') + '"'
        rows = self.connection.exec_driver_sql(
            f"SELECT name, sql FROM {schema}.sqlite_master "
            "WHERE type = ? AND lower(tbl_name) = lower(?) "
            "AND sql IS NOT NULL ORDER BY name",
            (type_, self.table),
        )
        return [(row[0], row[1]) for row in rows]

    def _parsed(self) -> Table | None:
        for _name, text in self._texts("table"):
            return parse_table(text)
        return None

    def indexes(self) -> Sequence[IndexPart]:
        parsed = self._parsed()
        names = parsed.columns if parsed else ()
        found = []
        for name, text in self._texts("index"):
            tokens = tokenize(text)
            start = next(
                (i for i, one in enumerate(tokens) if one.is_sign("(")),
                len(tokens),
            )
            end = closing(tokens, start) or len(tokens)
            where = tokens[end + 2:]
            members = tuple(
                _member(item, names)
                for item in split_at_commas(tokens[start + 1:end])
            )
            found.append(
                IndexPart(
                    name,
                    members,
                    tokens[1].is_word("unique"),
                    show(where, names) if where else None,
                )
            )
        return found

    def unique_constraints(self) -> Sequence[KeyPart]:
        parsed = self._parsed()
        return [
            KeyPart(one.name, tuple(item[0].name for item in one.columns))
            for one in (parsed.constraints if parsed else ())
            if one.kind == "unique constraint"
        ]

    def checks(self) -> Sequence[CheckPart]:
        parsed = self._parsed()
        if parsed is None:
            return []
        return [
            CheckPart(one.name, show(one.expression, parsed.columns))
            for one in parsed.constraints
            if one.kind == "check"
        ]


def _member(item: Tokens, names: Any) -> str:
    if item[-1].is_word("asc", "desc"):
        item = item[:-1]
    if len(item) == 1 and fold(item[0].name) in names:
        return item[0].name
    return show(item, names)


@_register("mysql", "mariadb")
class _MySQLParts(TableParts):
    """MariaDB's catalogue: the Inspector leaves out CHECKs of a column."""

    def checks(self) -> Sequence[CheckPart]:
        if not getattr(self.connection.dialect, "is_mariadb", False):
            return super().checks()
        rows = self.connection.execute(
            sa.text(
                "SELECT constraint_name, check_clause, level "
                "FROM information_schema.check_constraints "
                "WHERE constraint_schema = COALESCE(:schema, DATABASE()) "
                "AND table_name = :table ORDER BY level, constraint_name"
            ),
            {"schema": self.schema, "table": self.table},
        )
        # MariaDB names a column's CHECK after the column.
        return [
            CheckPart(None if row[2] == "Column" else row[0], row[1])
            for row in rows
        ]
