"""How are rows put into a table, all or none of them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select

from migtestkit.errors import TableError
from migtestkit.rows.tables import check_columns, coerce

__unittest = True


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """Insert rows, in order, within the caller's transaction.

    :param table: the table as it is now.
    :param rows: column -> value; ``{}`` is a row of defaults.
    :return: for each row its primary key: a value, or a tuple where the key
        has several columns; ``None`` in a table without one.
    :raises TableError: a row names a column that does not exist, or is no
        mapping. Nothing was inserted then.
    """
    for row in rows:
        if not isinstance(row, Mapping):
            raise TableError(
                f"a row of {table.fullname!r} must be a mapping column -> "
                f"value, not {row!r}"
            )
        check_columns(table, row)
    keys = []
    for row in rows:
        values = {
            name: coerce(table.columns[name].type, value)
            for name, value in row.items()
        }
        result = connection.execute(table.insert().values(values))
        keys.append(_plain_key(tuple(result.inserted_primary_key or ())))
    return keys


def _plain_key(key: tuple[Any, ...]) -> Any:
    if not key:
        return None
    return key[0] if len(key) == 1 else key


def key_of(table: Table, row: Mapping[str, Any]) -> Any:
    """Return the primary key that a row gives, ``None`` if it does not."""
    names = [column.name for column in table.primary_key]
    if not names or any(row.get(name) is None for name in names):
        return None
    values = (coerce(table.columns[n].type, row[n]) for n in names)
    return _plain_key(tuple(values))


def still_there(connection: Connection, table: Table, key: Any) -> bool:
    """Say whether the row of a primary key exists; with no key, whether the
    table has any row."""
    query = select(func.count()).select_from(table)
    if key is not None:
        values = key if isinstance(key, tuple) else (key,)
        for column, value in zip(table.primary_key, values):
            query = query.where(column == value)
    return bool(connection.scalar(query))
