"""Has a schema changed at all, before anyone reads it in full?

A walk looks at the schema hundreds of times and finds it unchanged almost
always. A look is the cheapest thing that tells: for SQLite the raw rows of
``sqlite_master``, which are read in full only where two looks differ.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from migtestkit.schema.difference import Difference, compare
from migtestkit.schema.reading import read_schema
from migtestkit.schema.snapshot import SchemaSnapshot

__unittest = True

_ROWS = "SELECT type, name, tbl_name, sql FROM sqlite_master"
#: Makes what the others refer to first.
_ORDER = {"table": 0, "index": 1, "view": 2, "trigger": 3}


class SchemaLook:
    """A schema as it was at one moment.

    :param snapshot: the schema, read in full.
    """

    def __init__(self, snapshot: SchemaSnapshot) -> None:
        self._snapshot = snapshot

    @property
    def snapshot(self) -> SchemaSnapshot:
        """The schema, read in full."""
        return self._snapshot

    def differences(self, later: SchemaLook) -> tuple[Difference, ...]:
        """Return in what a later look differs."""
        if self.same_as(later):
            return ()
        return compare(self.snapshot, later.snapshot)

    def same_as(self, other: SchemaLook) -> bool:
        """Say whether nothing has changed, as far as is quickly told."""
        return not compare(self.snapshot, other.snapshot)


@dataclass(frozen=True)
class _Raw:
    """What SQLite's catalogue holds, unread."""

    rows: frozenset[tuple[Any, ...]]
    version: int


class _SQLiteLook(SchemaLook):
    """Raw rows, from which the schema can be made again to be read."""

    def __init__(self, raw: _Raw, exclude: Collection[str]) -> None:
        self._raw = raw
        self._exclude = exclude

    def same_as(self, other: SchemaLook) -> bool:
        return isinstance(other, _SQLiteLook) and self._raw == other._raw

    @functools.cached_property
    def _full(self) -> SchemaSnapshot:
        engine = create_engine("sqlite://", poolclass=StaticPool)
        try:
            with engine.connect() as connection:
                for row in sorted(self._raw.rows, key=_creation):
                    if row[3] and not row[1].startswith("sqlite_"):
                        connection.exec_driver_sql(row[3])
                connection.exec_driver_sql(
                    f"PRAGMA user_version = {self._raw.version}"
                )
                return read_schema(connection, exclude=self._exclude)
        finally:
            engine.dispose()

    @property
    def snapshot(self) -> SchemaSnapshot:
        return self._full


def _creation(row: tuple[Any, ...]) -> tuple[int, str]:
    return _ORDER.get(row[0], 9), row[1]


def look_at_schema(
    connection: Connection, *, exclude: Collection[str] = ()
) -> SchemaLook:
    """Look at the default schema of a connection.

    :param exclude: names of tables to leave out.
    """
    if connection.dialect.name != "sqlite":
        return SchemaLook(read_schema(connection, exclude=exclude))
    rows = connection.exec_driver_sql(_ROWS).all()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar()
    unwanted = {name.lower() for name in exclude}
    kept = frozenset(
        tuple(row) for row in rows if row[2].lower() not in unwanted
    )
    if any(_cannot_be_made_again(row) for row in kept):
        return SchemaLook(read_schema(connection, exclude=exclude))
    return _SQLiteLook(_Raw(kept, int(version or 0)), exclude)


def _cannot_be_made_again(row: tuple[Any, ...]) -> bool:
    """Virtual tables bring shadow tables with them."""
    return row[0] == "table" and "virtual" in (row[3] or "")[:40].lower()
