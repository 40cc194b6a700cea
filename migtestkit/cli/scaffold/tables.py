"""What is a table, as far as a test can say it?"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from migtestkit.cli.scaffold.source import Code
from migtestkit.rows import find_table
from migtestkit.schema.expressions import canonical, unquoted
from migtestkit.schema.families import type_matches
from migtestkit.schema.parts import (
    CheckPart,
    ForeignKeyPart,
    IndexPart,
    KeyPart,
    read_parts,
)

__unittest = True

_LITERAL = re.compile(r"'(?:[^']|'')*'")
#: In the order in which they are tried: the narrow ones first.
_TYPES = (
    "Boolean", "SmallInteger", "BigInteger", "Integer", "JSON", "Text",
    "String", "Float", "Numeric", "DateTime", "Date", "Time", "LargeBinary",
)


@dataclass(frozen=True)
class ColumnFacts:
    """A column.

    :ivar type: source of a type that matches it; ``None`` if none does for
        certain.
    :ivar nullable: whether it takes NULL.
    :ivar default: source of its default, ``None`` if it has none.
    :ivar values: of an enum.
    :ivar shown: its type in the database's words.
    """

    type: str | None
    nullable: bool
    default: Code | None
    values: tuple[str, ...]
    shown: str


@dataclass(frozen=True)
class TableFacts:
    """A table or view."""

    name: str
    is_view: bool
    columns: Mapping[str, ColumnFacts]
    key: tuple[str, ...]
    foreign_keys: Sequence[ForeignKeyPart]
    uniques: Sequence[KeyPart]
    indexes: Sequence[IndexPart]
    checks: Sequence[CheckPart]


def read_tables(
    connection: Connection,
    schemas: Sequence[str | None],
    wanted: Collection[str],
) -> dict[str, TableFacts]:
    """Return the tables and views among some names, as they are now.

    :param wanted: names, ``"schema.table"`` outside the default schema.
    """
    inspector = sa.inspect(connection)
    found: dict[str, TableFacts] = {}
    for schema in schemas:
        views = set(inspector.get_view_names(schema))
        for name in [*inspector.get_table_names(schema), *sorted(views)]:
            label = f"{schema}.{name}" if schema else name
            if label in wanted:
                found[label] = _read(
                    connection, label, name, schema, name in views
                )
    return found


def _read(
    connection: Connection,
    label: str,
    name: str,
    schema: str | None,
    is_view: bool,
) -> TableFacts:
    parts = read_parts(connection, name, schema)
    table = find_table(connection, name, schema)
    dialect = connection.dialect
    return TableFacts(
        label,
        is_view,
        {one.name: _column(one, dialect) for one in table.columns},
        parts.primary_key().columns,
        parts.foreign_keys(),
        parts.unique_constraints(),
        parts.indexes(),
        parts.checks(),
    )


def _column(column: sa.Column[Any], dialect: Dialect) -> ColumnFacts:
    return ColumnFacts(
        type_source(column.type, dialect),
        bool(column.nullable),
        _default(column, dialect),
        tuple(getattr(column.type, "enums", None) or ()),
        str(column.type.compile(dialect=dialect))
        if type(column.type) is not sa.types.NullType else "",
    )


def type_source(type_: Any, dialect: Dialect) -> str | None:
    """Return the type of SQLAlchemy that a column's type is one of, as
    source; ``None`` where that is not certain."""
    if getattr(type_, "enums", None):
        return "sa.Enum"
    if isinstance(type_, sa.Uuid):
        return "sa.Uuid"
    if isinstance(type_, sa.CHAR):
        return None  # a Uuid, where a database has no such type
    for name in _TYPES:
        kind = getattr(sa, name)
        if type_matches(kind, type_, dialect):
            given = _arguments(name, type_)
            return f"sa.{name}({given})" if given else f"sa.{name}"
    if isinstance(type_, sa.Interval):
        return "sa.Interval"
    return None


def _arguments(name: str, type_: Any) -> str:
    if name == "String" and type_.length:
        return str(type_.length)
    if name == "Numeric" and type_.precision:
        scale = f", {type_.scale}" if type_.scale else ""
        return f"{type_.precision}{scale}"
    return ""


def _default(column: sa.Column[Any], dialect: Dialect) -> Code | None:
    """Return a default that means the same on any database, as source."""
    text = str(getattr(column.server_default, "arg", ""))
    if not text or column.computed is not None:
        return None
    shown = canonical(text)
    literal = bool(_LITERAL.fullmatch(shown))
    word = unquoted(shown) if literal else shown
    if type_matches(sa.Boolean, column.type, dialect):
        if word in ("1", "true", "t"):
            return Code("True")
        return Code("False") if word in ("0", "false", "f") else None
    if re.fullmatch(r"-? ?\d+(\.\d+)?", word) and not isinstance(
        column.type, sa.String
    ):
        return Code(word.replace(" ", ""))
    if literal and '"' not in word and "\\" not in word:
        return Code(f'"{word}"')
    if shown in ("current_timestamp", "now ( )", "now()"):
        return Code('"now()"')
    return None
