"""What does a table really look like, right now?"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Connection,
    Date,
    DateTime,
    MetaData,
    Numeric,
    Table,
    Time,
    inspect,
)
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import TypeEngine

from migtestkit.errors import TableError, listing, suggest
from migtestkit.quiet import quiet_reflection

__unittest = True


def reflect_table(
    connection: Connection, name: str, schema: str | None
) -> Table:
    """Return a table as it is now, without those that it refers to.

    :raises NoSuchTableError: there is none.
    """
    with quiet_reflection():
        return Table(
            name,
            MetaData(),
            schema=schema,
            autoload_with=connection,
            resolve_fks=False,
        )


def reflect_tables(
    connection: Connection, names: Sequence[str], schema: str | None
) -> dict[str, Table]:
    """Return tables of a schema as :func:`reflect_table` does, by name; where
    the database tells of all at once, it is asked but once."""
    metadata = MetaData()
    with quiet_reflection():
        metadata.reflect(
            connection, schema=schema, only=names, resolve_fks=False
        )
    found = {one.name: one for one in metadata.tables.values()}
    # What cannot be read is left out there, with a warning.
    return {
        name: found[name] if name in found
        else reflect_table(connection, name, schema)
        for name in names
    }


def split_name(
    connection: Connection, name: str, schema: str | None
) -> tuple[str, str | None]:
    """Split ``"schema.table"``, unless a table has a dot in its name.

    :raises TableError: two schemas are given, or one that does not exist.
    """
    if not isinstance(name, str) or not name:
        raise TableError(
            f"a table's name must be a non-empty str, not {name!r}"
        )
    before, dot, after = name.rpartition(".")
    _check_schema(connection, schema)
    if not dot or inspect(connection).has_table(name, schema):
        return name, schema
    if schema is not None and schema != before:
        raise TableError(
            f"table {name!r} names the schema {before!r}, and schema= "
            f"{schema!r}"
        )
    _check_schema(connection, before)
    return after, before


def _check_schema(connection: Connection, schema: str | None) -> None:
    if schema is None:
        return
    known = inspect(connection).get_schema_names()
    if schema not in known:
        raise TableError(
            f"no schema {schema!r}; there are {listing(known)}"
            f"{suggest(schema, known)}"
        )


def find_table(
    connection: Connection, name: str, schema: str | None = None
) -> Table:
    """Reflect a table or view.

    :param name: its name, ``"schema.table"`` allowed.
    :return: the table as it is now, without the tables that it refers to.
    :raises TableError: there is none; the message lists those there are.
    """
    bare, schema = split_name(connection, name, schema)
    try:
        return reflect_table(connection, bare, schema)
    except NoSuchTableError:
        raise no_such_table(connection, bare, schema) from None


def no_such_table(
    connection: Connection, name: str, schema: str | None
) -> TableError:
    """Return the error for a table that does not exist."""
    inspector = inspect(connection)
    known = sorted(
        inspector.get_table_names(schema) + inspector.get_view_names(schema)
    )
    where = f" in schema {schema!r}" if schema else ""
    return TableError(
        f"no table {name!r}{where}; there are {listing(known)}"
        f"{suggest(name, known)}"
    )


def check_columns(table: Table, names: Iterable[str]) -> None:
    """Refuse names that are no columns of a table.

    :raises TableError: lists the real ones.
    """
    known = [column.name for column in table.columns]
    for name in names:
        if name not in known:
            raise TableError(
                f"table {table.fullname!r} has no column {name!r}; it has "
                f"{listing(known)}{suggest(str(name), known)}"
            )


def coerce(type_: TypeEngine[Any], value: Any) -> Any:
    """Return a value as a column's type takes and gives it.

    ISO text becomes a date or a time, which drivers such as sqlite3's do not
    do by themselves; a ``float`` for an exact number the one that it shows.
    """
    if isinstance(value, float) and isinstance(type_, Numeric):
        return Decimal(repr(value)) if type_.asdecimal else value
    if not isinstance(value, str):
        return value
    try:
        if isinstance(type_, DateTime):
            # Python 3.10 does not know the "Z" of UTC.
            value = re.sub(r"[Zz]$", "+00:00", value)
            return datetime.datetime.fromisoformat(value)
        if isinstance(type_, Date):
            return datetime.date.fromisoformat(value)
        if isinstance(type_, Time):
            return datetime.time.fromisoformat(value)
    except ValueError:
        pass
    return value
