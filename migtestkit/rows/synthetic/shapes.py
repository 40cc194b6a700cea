"""What does a table ask of its rows?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, inspect

from migtestkit.quiet import quiet_reflection
from migtestkit.rows.synthetic.conditions import Condition, speaks_of

__unittest = True

#: Schema, ``None`` for the default one, and name of a table.
Key = tuple["str | None", str]


def label(key: Key) -> str:
    """Return a table's name as messages show it."""
    schema, name = key
    return f"{schema}.{name}" if schema else name


@dataclass(frozen=True)
class Reference:
    """A foreign key.

    :ivar columns: those that refer.
    :ivar target: the table referred to.
    :ivar target_columns: its columns.
    """

    columns: tuple[str, ...]
    target: Key
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """A table as rows have to fit it.

    :ivar table: as SQLAlchemy reflects it.
    :ivar references: its foreign keys.
    :ivar uniques: the sets of columns that no two rows share.
    :ivar conditions: its CHECKs, and those of its columns' domains.
    :ivar generated: columns that the database alone fills.
    """

    key: Key
    table: Table
    references: tuple[Reference, ...]
    uniques: tuple[frozenset[str], ...]
    conditions: tuple[Condition, ...]
    generated: frozenset[str]

    @property
    def label(self) -> str:
        """The table's name as messages show it."""
        return label(self.key)

    @property
    def columns(self) -> Sequence[Column[Any]]:
        """The columns that can be given a value."""
        return [
            one for one in self.table.columns if one.name not in self.generated
        ]

    @property
    def in_keys(self) -> frozenset[str]:
        """The columns of which no two rows share all values."""
        return frozenset().union(*self.uniques)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of its primary key."""
        return tuple(one.name for one in self.table.primary_key)

    def conditions_of(self, column: str) -> list[Condition]:
        """Return the conditions that speak of a column."""
        return [one for one in self.conditions if column in one.columns]


#: The CHECKs of some tables: name and text.
Checks = Mapping[Key, Sequence[tuple[str, str]]]


def reflect_shapes(
    connection: Connection,
    keys: Collection[Key],
    checks: Checks,
    uniques: Mapping[Key, Sequence[frozenset[str]]],
) -> dict[Key, Shape]:
    """Reflect tables, all at once for each schema.

    :param checks: the CHECKs of these tables.
    :param uniques: sets of columns that no two rows share, beside those that
        the Inspector sees.
    """
    with quiet_reflection():
        return _reflect(connection, keys, checks, uniques)


def _reflect(
    connection: Connection,
    keys: Collection[Key],
    checks: Checks,
    uniques: Mapping[Key, Sequence[frozenset[str]]],
) -> dict[Key, Shape]:
    found: dict[Key, Shape] = {}
    for schema in dict.fromkeys(key[0] for key in keys):
        names = [key[1] for key in keys if key[0] == schema]
        metadata = MetaData()
        metadata.reflect(
            connection, schema=schema, only=names, resolve_fks=False
        )
        inspector = inspect(connection)
        options: Any = {"schema": schema, "filter_names": names}
        foreign = inspector.get_multi_foreign_keys(**options)
        unique = inspector.get_multi_unique_constraints(**options)
        indexes = inspector.get_multi_indexes(**options)
        for table in metadata.tables.values():
            key = (schema, table.name)
            if key not in keys:
                continue
            found[key] = Shape(
                key,
                table,
                _references(foreign.get(key, ())),
                (
                    *_uniques(
                        table, unique.get(key, ()), indexes.get(key, ())
                    ),
                    *uniques.get(key, ()),
                ),
                _conditions(table, checks.get(key, ())),
                _generated(table),
            )
    return found


def _references(reflected: Sequence[Any]) -> tuple[Reference, ...]:
    return tuple(
        Reference(
            tuple(one["constrained_columns"]),
            (one["referred_schema"], one["referred_table"]),
            tuple(one["referred_columns"]),
        )
        for one in reflected
    )


def _uniques(
    table: Table, constraints: Sequence[Any], indexes: Sequence[Any]
) -> tuple[frozenset[str], ...]:
    found = [frozenset(one.name for one in table.primary_key)]
    found += [frozenset(one["column_names"]) for one in constraints]
    for index in indexes:
        names = [one for one in index["column_names"] if one]
        # Of an index on an expression the columns that are in it.
        expressions = " ".join(index.get("expressions", ()))
        names += speaks_of(expressions, [one.name for one in table.columns])
        if index["unique"]:
            found.append(frozenset(names))
    return tuple(dict.fromkeys(one for one in found if one))


def _conditions(
    table: Table, checks: Sequence[tuple[str, str]]
) -> tuple[Condition, ...]:
    names = [one.name for one in table.columns]
    return tuple(
        Condition(name, sql, speaks_of(sql, names)) for name, sql in checks
    )


def _generated(table: Table) -> frozenset[str]:
    return frozenset(
        one.name
        for one in table.columns
        if one.computed is not None
        or (one.identity is not None and one.identity.always)
    )
