"""What are the raw rows of SQLite's catalogue?

The schema is made again of its own texts, in memory, to be read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from migtestkit.schema.look import RawLook, SchemaLook, register_look
from migtestkit.schema.reading import read_schema
from migtestkit.schema.snapshot import SchemaSnapshot

__unittest = True

# All in one statement, for a walk looks twice at each revision; what can be is
# sorted out in SQL, for there may be a thousand tables.
_ROWS = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_WANTED = " WHERE tbl_name COLLATE NOCASE NOT IN ({})"
#: Virtual tables, the only ones without a page, bring shadow tables with them
#: and cannot be made again (https://www.sqlite.org/schematab.html).
_BESIDES = (
    " UNION ALL SELECT NULL, user_version, EXISTS (SELECT 1 FROM "
    "sqlite_master WHERE type = 'table' AND NOT coalesce(rootpage, 0)), NULL "
    "FROM pragma_user_version"
)
#: Makes what the others refer to first.
_ORDER = {"table": 0, "index": 1, "view": 2, "trigger": 3}


class _Raw(NamedTuple):
    """What SQLite's catalogue holds, unread."""

    rows: frozenset[tuple[Any, ...]]
    version: int


class _SQLiteLook(RawLook[_Raw]):

    def same_as(self, other: SchemaLook) -> bool:
        """Say whether nothing has changed, as far as is quickly told: to
        say more takes an engine, which is for :meth:`differences` to make,
        when no migration runs."""
        return self._seems_same(other)


@register_look("sqlite")
def look_at_sqlite(
    connection: Connection, exclude: Collection[str]
) -> SchemaLook | None:
    """Look at the main schema, unless it cannot be made again."""
    unwanted = tuple(exclude) or None
    query = _ROWS
    if unwanted:
        query += _WANTED.format(", ".join("?" * len(unwanted)))
    # As the driver gives them: a row of SQLAlchemy's for each of them, which
    # nobody reads, costs more than the query.
    result = connection.exec_driver_sql(query + _BESIDES, unwanted)
    rows = list(map(tuple, result.cursor.fetchall()))
    result.close()
    (beside,) = [row for row in rows if row[0] is None]
    _, version, cannot_be_made_again, _ = beside
    if cannot_be_made_again:
        return None
    rows.remove(beside)

    def understand(raw: _Raw) -> SchemaSnapshot:
        return _make_again(raw, exclude)

    return _SQLiteLook(_Raw(frozenset(rows), version), understand)


def _make_again(raw: _Raw, exclude: Collection[str]) -> SchemaSnapshot:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            for row in sorted(raw.rows, key=_creation):
                if row[3] and not row[1].startswith("sqlite_"):
                    connection.exec_driver_sql(row[3])
            connection.exec_driver_sql(
                f"PRAGMA user_version = {raw.version}"
            )
            return read_schema(connection, exclude=exclude)
    finally:
        engine.dispose()


def _creation(row: tuple[Any, ...]) -> tuple[int, str]:
    return _ORDER.get(row[0], 9), row[1]
