"""Which rows belong to which revision?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migtestkit.errors import ConfigError, suggest

__unittest = True

TABLE_KEY = "__tablename__"
DATABASE_KEY = "__database__"


@dataclass(frozen=True)
class SeedRow:
    """A row to insert around a revision.

    :ivar table: its table, ``"schema.table"`` allowed.
    :ivar values: column -> value.
    :ivar database: key of ``database_url``, where there are several.
    """

    table: str
    values: Mapping[str, Any]
    database: str | None = None


def normalize(data: Any, place: str) -> tuple[SeedRow, ...]:
    """Return the rows of one revision.

    :param data: a row or a list of rows, each with ``__tablename__``; or a
        mapping table -> row or list of rows.
    :param place: where it stands, for messages.
    :raises ConfigError: it is none of these.
    """
    if isinstance(data, Mapping):
        if TABLE_KEY in data:
            return (_row(data, place),)
        if data and all(_is_rows(value) for value in data.values()):
            return tuple(
                _row({TABLE_KEY: table, **row}, place)
                for table, rows in data.items()
                for row in ([rows] if isinstance(rows, Mapping) else rows)
            )
        return (_row(data, place),)
    if isinstance(data, (list, tuple)):
        return tuple(_row(one, place) for one in data)
    raise ConfigError(
        f"{place} must be a row, a list of rows or a mapping table -> rows, "
        f"not {data!r}"
    )


def _is_rows(value: Any) -> bool:
    if isinstance(value, Mapping):
        return True
    return isinstance(value, (list, tuple)) and all(
        isinstance(one, Mapping) for one in value
    )


def _row(row: Any, place: str) -> SeedRow:
    if not isinstance(row, Mapping):
        raise ConfigError(f"{place} holds {row!r}, which is no row")
    if TABLE_KEY not in row:
        raise ConfigError(
            f"{place} holds a row without {TABLE_KEY!r}: {dict(row)!r}"
            f"{_instead(row)}"
        )
    values = dict(row)
    table = values.pop(TABLE_KEY)
    database = values.pop(DATABASE_KEY, None)
    if not isinstance(table, str) or not table:
        raise ConfigError(
            f"{place}: {table!r} is given for a table's name, which must be "
            "a non-empty str"
        )
    return SeedRow(table, values, database)


def _instead(row: Mapping[Any, Any]) -> str:
    """Return a clause on the key that was meant for the table's."""
    for key in row:
        if suggest(str(key), [TABLE_KEY]):
            return f"; write {TABLE_KEY!r} in place of {key!r}"
    return ""
