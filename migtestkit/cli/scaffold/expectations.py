"""Which assertions say what a revision did to the schema?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migtestkit.cli.scaffold.source import Call, Code, flat
from migtestkit.cli.scaffold.tables import ColumnFacts, TableFacts
from migtestkit.schema import Difference
from migtestkit.schema.parts import ForeignKeyPart

__unittest = True

#: What the facts of a table tell, or what follows from these.
_OF_TABLES = frozenset({
    "table", "virtual table", "foreign table", "view", "materialized view",
    "column", "primary key", "foreign key", "unique constraint", "check",
    "index", "not null", "sequence", "option", "owner", "comment", "rights",
})

Tables = Mapping[str, TableFacts]


def expect_schema(
    before: Tables, after: Tables, changes: Sequence[Difference]
) -> list[Call]:
    """Return the assertions that hold after a revision, and say what it
    changed.

    :param before: the tables that it touches, as they were.
    :param after: as they are.
    :param changes: all that differs.
    """
    found: list[Call] = []
    for name in sorted({*before, *after}):
        if name not in after:
            found.append(Call("assertTableNotExists", [name]))
        elif name not in before:
            found += _new_table(after[name])
        else:
            found += _changed_table(before[name], after[name])
    found += _others(changes)
    return found


def _new_table(table: TableFacts) -> Iterator[Call]:
    yield Call("assertTableExists", [table.name])
    yield Call("assertTableColumns", [table.name, list(table.columns)])
    if table.is_view:
        return
    if table.key:
        yield Call("assertPrimaryKey", [table.name, list(table.key)])
    for name, column in table.columns.items():
        yield from _column(table, name, column)
    nothing = TableFacts(table.name, False, {}, table.key, (), (), (), ())
    yield from _parts(nothing, table)


def _changed_table(before: TableFacts, after: TableFacts) -> Iterator[Call]:
    gone = [name for name in before.columns if name not in after.columns]
    new = [name for name in after.columns if name not in before.columns]
    if new:
        yield Call("assertTableHasColumns", [after.name, new])
    if gone:
        yield Call("assertTableLacksColumns", [after.name, gone])
    if after.is_view:
        return
    for name, column in after.columns.items():
        if name in new or column != before.columns[name]:
            yield from _column(after, name, column, before.columns.get(name))
    if after.key != before.key and after.key:
        yield Call("assertPrimaryKey", [after.name, list(after.key)])
    yield from _parts(before, after)


def _column(
    table: TableFacts,
    name: str,
    column: ColumnFacts,
    before: ColumnFacts | None = None,
) -> Iterator[Call]:
    options: dict[str, Any] = {}
    if column.type is not None:
        options["type"] = Code(column.type)
    if name not in table.key:
        # What a database says of a key's own columns is its own affair.
        options["nullable"] = column.nullable
    if column.default is not None:
        options["default"] = column.default
    elif before is not None and before.default is not None:
        options["default"] = None
    if options:
        yield Call("assertColumn", [table.name, name], options)
    if column.values:
        yield Call(
            "assertEnumValues", [table.name, name, list(column.values)]
        )


def _parts(before: TableFacts, after: TableFacts) -> Iterator[Call]:
    """Assertions about indexes and constraints that came or went."""
    yield from _foreign_keys(before, after)
    name = after.name
    old, now = (
        {tuple(sorted(one.columns)): one for one in table.uniques}
        for table in (before, after)
    )
    for columns in now.keys() - old.keys():
        given = list(now[columns].columns)
        yield Call("assertUniqueConstraint", [name, given])
    for columns in old.keys() - now.keys():
        if set(columns) <= set(after.columns):
            given = list(old[columns].columns)
            yield Call("assertUniqueConstraintNotExists", [name, given])
    yield from _indexes(before, after)
    for check in after.checks:
        if check not in before.checks:
            options = (
                {"name": check.name}
                if check.name
                else {"condition": check.condition}
            )
            yield Call("assertCheckConstraint", [name], options)
    names = {one.name for one in after.checks}
    for check in before.checks:
        if check.name and check.name not in names:
            yield Call(
                "assertCheckConstraintNotExists", [name, check.name]
            )


def _indexes(before: TableFacts, after: TableFacts) -> Iterator[Call]:
    # A UNIQUE constraint's own index comes and goes with it.
    implied = {one.name for one in (*before.uniques, *after.uniques)}
    for index in after.indexes:
        if index in before.indexes or index.name in implied:
            continue
        members = [
            one for one in index.members if one in after.columns
        ]
        options: dict[str, Any] = {"unique": index.unique}
        if len(members) == len(index.members):
            options = {"columns": members, **options}
        yield Call("assertIndexExists", [after.name, index.name], options)
    names = {one.name for one in after.indexes}
    for index in before.indexes:
        if index.name not in names | implied:
            yield Call("assertIndexNotExists", [after.name, index.name])


def _foreign_keys(before: TableFacts, after: TableFacts) -> Iterator[Call]:
    for key in after.foreign_keys:
        if not any(_same(key, one) for one in before.foreign_keys):
            options = {
                name: action
                for name, action in (
                    ("ondelete", key.ondelete), ("onupdate", key.onupdate),
                )
                if action != "NO ACTION"
            }
            yield Call(
                "assertForeignKey",
                [after.name, list(key.columns), _target(key)],
                options,
            )
    for key in before.foreign_keys:
        if set(key.columns) <= set(after.columns) and not any(
            one.columns == key.columns for one in after.foreign_keys
        ):
            yield Call(
                "assertForeignKeyNotExists", [after.name, list(key.columns)]
            )


def _same(one: ForeignKeyPart, other: ForeignKeyPart) -> bool:
    return (
        one.columns == other.columns
        and _target(one) == _target(other)
        and one.ondelete == other.ondelete
        and one.onupdate == other.onupdate
    )


def _target(key: ForeignKeyPart) -> str | list[str]:
    table = f"{key.schema}.{key.table}" if key.schema else key.table
    targets = [f"{table}.{column}" for column in key.referred]
    return targets[0] if len(targets) == 1 else targets or table


def _others(changes: Sequence[Difference]) -> Iterator[Call]:
    """Assertions about what has none of its own, such as triggers: the
    snapshot of the schema is asked."""
    for one in changes:
        if one.kind in _OF_TABLES or one.change == "changed" or (
            not one.name or one.fact.is_nameless
        ):
            continue
        method = "assertIn" if one.change == "added" else "assertNotIn"
        given = ", ".join(
            flat(part) for part in (one.kind, one.table) if part is not None
        )
        yield Call(
            method,
            [one.name, Code(f"self.schema_snapshot().of_kind({given})")],
        )
