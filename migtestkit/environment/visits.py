"""Where is a database's version table, and what did a run do to it?"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import (
    ColumnClause,
    Connection,
    column,
    inspect,
    select,
    table,
)

__unittest = True


@dataclass(frozen=True)
class Location:
    """A version table.

    :ivar database: key of ``database_url``, ``None`` for the only database.
    :ivar table: its name, as env.py gives it to ``configure()``.
    :ivar schema: its schema, likewise.
    """

    database: str | None
    table: str
    schema: str | None = None


@dataclass
class Visit:
    """What one call of ``run_migrations()`` did.

    :ivar location: the version table that it worked on.
    :ivar before: the heads that it found.
    :ivar after: the heads that it left, as its own transaction saw them.
    :ivar revisions: the revisions that it ran, in order.
    :ivar finished: whether it came to its end.
    """

    location: Location
    before: tuple[str, ...]
    after: tuple[str, ...] = ()
    revisions: list[str] = field(default_factory=list)
    finished: bool = False


def read_heads(connection: Connection, location: Location) -> tuple[str, ...]:
    """Return what a version table holds, nothing if there is no such
    table."""
    if not inspect(connection).has_table(location.table, location.schema):
        return ()
    version: ColumnClause[str] = column("version_num")
    rows = connection.execute(
        select(version).select_from(
            table(location.table, version, schema=location.schema)
        )
    )
    return tuple(sorted(str(row[0]) for row in rows))
