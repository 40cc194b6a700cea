"""Which rows are there before a revision, and what becomes of them?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from migtestkit.case import MigrationTestCase
from migtestkit.cli.scaffold.source import Call, Unwritable, plain
from migtestkit.context.roundtrip import Content, read_contents
from migtestkit.rows.synthetic import fill

__unittest = True

#: Of more rows the number alone is asserted.
_MOST = 5

Contents = Mapping[str, Content]


def made_up(
    case: MigrationTestCase,
    database: str | None,
    tables: Collection[str],
    kinds: Sequence[str],
) -> tuple[list[Call], list[str]]:
    """Return the calls that put valid rows into tables, and why some get
    none."""
    view = case.migrations.on(database)
    with view.engine.connect() as connection:
        # Rolled back: the lines themselves are to insert them.
        with connection.begin() as transaction:
            filled = fill(
                connection,
                only=tables,
                exclude=[view.version_table],
                kinds=kinds,
            )
            transaction.rollback()
    options = {} if database is None else {"database": database}
    calls = [
        Call("insert_into", [table, _given(rows)], options)
        for table, rows in filled.rows.items()
    ]
    problems = [
        f"no row was made for {table}: {reason}"
        for table, reason in filled.unfilled.items()
    ]
    return calls, problems


def _given(rows: Sequence[Any]) -> Any:
    found = [
        {name: value for name, value in _written(row.values).items()
         if value is not None}
        for row in rows
    ]
    return found[0] if len(found) == 1 else found


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in row.items():
        try:
            found[name] = plain(value)
        except Unwritable:
            continue
    return found


def expect_rows(
    before: Contents,
    after: Contents,
    again: Contents,
    database: str | None,
    touched: Collection[str],
    unsure: Mapping[str, Collection[str]],
) -> list[Call]:
    """Return the assertions about the rows that live on, changed or came.

    :param before: what the tables held.
    :param after: what they hold.
    :param again: the same after another run: what differs is not expected.
    :param unsure: table -> columns whose values depend on the database.
    """
    prefix = "" if database is None else f"{database}:"
    options = {} if database is None else {"database": database}
    found = []
    for key, content in after.items():
        if not key.startswith(prefix):
            continue
        table = key[len(prefix):]
        old = before[key].rows if key in before else ()
        if not old and not content.rows:
            continue
        if table not in touched and old == content.rows:
            continue
        number = len(content.rows)
        left_out = unsure.get(table, ())
        rows = _stable(content, again.get(key), left_out)
        if 0 < number <= _MOST and rows:
            found.append(Call("assertRows", [table, rows], options))
        elif again.get(key) and len(again[key].rows) == number:
            found.append(Call("assertRowCount", [table, number], options))
    return found


def _stable(
    content: Content, again: Content | None, left_out: Collection[str]
) -> list[dict[str, Any]]:
    """Return rows with the columns that are the same in every run."""
    if again is None or len(again.rows) != len(content.rows):
        return []
    names = [
        name
        for name in content.columns
        if name not in left_out
        and sorted(repr(row[name]) for row in content.rows)
        == sorted(repr(row[name]) for row in again.rows)
        and _can_be_written(row[name] for row in content.rows)
    ]
    if not names:
        return []
    return [{name: plain(row[name]) for name in names}
            for row in content.rows]


def _can_be_written(values: Any) -> bool:
    try:
        for one in values:
            plain(one)
    except Unwritable:
        return False
    return True


def unsure_columns(
    case: MigrationTestCase, database: str | None, tables: Collection[str]
) -> dict[str, list[str]]:
    """Return the columns whose values are not alike on all databases:
    SQLite does not tell a time with a zone from one without."""
    view = case.migrations.on(database)
    with view.connect() as connection:
        if connection.dialect.name != "sqlite":
            return {}
        inspector = sa.inspect(connection)
        return {
            table: [
                one["name"]
                for one in inspector.get_columns(table)
                if isinstance(one["type"], sa.DateTime)
            ]
            for table in inspector.get_table_names()
            if table in tables
        }


__all__ = ["expect_rows", "made_up", "read_contents", "unsure_columns"]
