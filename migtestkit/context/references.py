"""Does every foreign key value have its row?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, column, func, select
from sqlalchemy import table as sql_table
from sqlalchemy.engine.reflection import Inspector

__unittest = True

#: How many values a report gives.
EXAMPLES = 3


@dataclass(frozen=True)
class Dangling:
    """Rows that refer to nothing by one foreign key.

    :ivar table: the table that they are in.
    :ivar columns: of the foreign key.
    :ivar target: what it refers to, as ``table (column, ...)``.
    :ivar count: how many rows.
    :ivar examples: some of their values.
    """

    table: str
    columns: tuple[str, ...]
    target: str
    count: int
    examples: tuple[tuple[Any, ...], ...]

    def __str__(self) -> str:
        values = "; ".join(
            ", ".join(map(repr, one)) for one in self.examples
        )
        more = self.count - len(self.examples)
        tail = f"; and {more} more" if more else ""
        rows = "row" if self.count == 1 else "rows"
        return (
            f"table {self.table!r}: {self.count} {rows} whose "
            f"({', '.join(self.columns)}) is not in {self.target}: "
            f"{values}{tail}"
        )


def foreign_keys(
    inspector: Inspector, schemas: Sequence[str | None]
) -> Iterator[tuple[str | None, str, Mapping[str, Any]]]:
    """Return the foreign keys of some schemas, each with its schema and
    table, as SQLAlchemy's Inspector tells it."""
    for schema in schemas:
        found = inspector.get_multi_foreign_keys(schema)
        tables = {table: keys for (_, table), keys in found.items()}
        for table in sorted(tables):
            for one in tables[table]:
                yield schema, table, dict(one)


def find_dangling(
    connection: Connection,
    inspector: Inspector,
    schema: str | None,
    table: str,
    key: Mapping[str, Any],
) -> Dangling | None:
    """Look for rows that refer to nothing.

    Asked of the rows themselves, for SQLite checks foreign keys only where a
    connection has asked for it, and servers let checks be switched off. A
    key that is ``NULL`` in part refers to nothing by right (``MATCH
    SIMPLE``, SQL's default).

    :param inspector: what it has asked of the tables is not asked again.
    """
    target, other_schema = key["referred_table"], key.get("referred_schema")
    names = list(key["referred_columns"])
    constrained = key["constrained_columns"]
    child = sql_table(table, *map(column, constrained), schema=schema)
    columns = [child.c[name] for name in constrained]
    given = and_(*(one.is_not(None) for one in columns))
    wanted = select(*columns).where(given)
    there = inspector.has_table(target, other_schema)
    if there:
        # SQLite's short form means the primary key.
        primary = inspector.get_pk_constraint(target, other_schema)
        names = names or primary["constrained_columns"]
        parent = sql_table(
            target, *map(column, names), schema=other_schema
        )
        other = parent.alias("referred")
        match = and_(*(one == other.c[n] for one, n in zip(columns, names)))
        wanted = wanted.where(
            ~select(other.c[names[0]]).where(match).exists()
        )
    count = connection.scalar(
        select(func.count()).select_from(wanted.subquery())
    )
    if not count:
        return None
    rows = connection.execute(wanted.limit(EXAMPLES)).all()
    if other_schema:
        target = f"{other_schema}.{target}"
    return Dangling(
        f"{schema}.{table}" if schema else table,
        tuple(constrained),
        f"{target} ({', '.join(names)})" if there
        else f"{target}, which does not exist",
        int(count),
        tuple(tuple(row) for row in rows),
    )
