"""Does one revision come back as it went, with its rows?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, inspect, select

from migtestkit.config import IgnoreRules
from migtestkit.context.core import MigrationContext
from migtestkit.context.walks import describe_schema_change, look_at_schemas
from migtestkit.errors import (
    MigrationFailed,
    RevisionError,
    TableError,
    first_lines,
    listing,
    suggest,
)
from migtestkit.rows import compare_rows, reflect_tables

__unittest = True

#: How many lines are shown of all that went wrong.
_SHOWN = 23


@dataclass(frozen=True)
class Content:
    """What a table holds.

    :ivar columns: its columns' names.
    :ivar rows: all of its rows, empty if they were not asked for.
    :ivar key: the columns of its primary key.
    """

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    key: tuple[str, ...] = ()


Contents = Mapping[str, Content]


def round_trip(
    context: MigrationContext,
    *,
    data: bool,
    lossy: Sequence[str],
    rules: IgnoreRules | None = None,
) -> str:
    """Apply the next revision, revert it, apply it again.

    :param rules: which differences of schemas to ignore.

    :return: what went wrong, nothing if nothing did.
    :raises MigrationFailed: the upgrade failed, or the downgrade.
    :raises TableError: ``lossy`` names no table or column.
    """
    revision = context._next(context._target(None))
    if revision is None:
        raise RevisionError("no revision is left to apply")
    context.migrate_up_before(revision)
    schema_before = look_at_schemas(context)
    rows_before = read_contents(context, rows=data)
    context.migrate_up_one()
    schema_after = look_at_schemas(context)
    check_lossy(lossy, rows_before, read_contents(context, rows=False))
    _revert(context, revision)
    title = f"revision {context.history.describe(revision)}"
    problems = []
    text = describe_schema_change(
        schema_before,
        look_at_schemas(context),
        "before the upgrade",
        "after the downgrade",
        rules,
    )
    if text:
        problems.append(f"{title}: its downgrade leaves traces\n{text}")
    text = _lost(rows_before, read_contents(context, rows=data), lossy)
    if text:
        problems.append(f"{title}: rows are not what they were\n{text}")
    problems += _second_upgrade(
        context, revision, schema_after, title, rules
    )
    if problems:
        shown = [first_lines(one, _SHOWN // len(problems)) for one in problems]
        shown.append(f"  file: {context.history.path(revision)}")
        return "\n".join(shown)
    return ""


def _second_upgrade(
    context: MigrationContext,
    revision: str,
    schema: Any,
    title: str,
    rules: IgnoreRules | None,
) -> list[str]:
    try:
        _apply(context, revision)
    except MigrationFailed as failure:
        return [f"{title}: its second upgrade, after the downgrade\n{failure}"]
    text = describe_schema_change(
        schema,
        look_at_schemas(context),
        "after the first upgrade",
        "after the second upgrade",
        rules,
    )
    return [f"{title}: its second upgrade differs\n{text}"] if text else []


def _revert(context: MigrationContext, revision: str) -> None:
    # Not revert_revisions(), which moves every database.
    context._mover.revert([revision], [context._target(None)])


def _apply(context: MigrationContext, revision: str) -> None:
    context._mover.apply([revision], [context._target(None)])


def read_contents(context: MigrationContext, *, rows: bool) -> Contents:
    """Return what all tables but the version table hold, by table, which is
    called ``"schema.table"`` outside the default schema.

    :param rows: read the rows too.
    """
    found: dict[str, Content] = {}
    for name in context.databases:
        version_table = context.on(name).version_table
        schemas = context._target(name).backend.schemas
        with context.connect(database=name) as connection:
            for schema in schemas(connection):
                tables = [
                    one
                    for one in inspect(connection).get_table_names(schema)
                    if one != version_table
                ]
                for table, definition in reflect_tables(
                    connection, tables, schema
                ).items():
                    label = f"{schema}.{table}" if schema else table
                    key = label if name is None else f"{name}:{label}"
                    found[key] = _content(connection, definition, rows)
    return found


def _content(
    connection: Connection, definition: Table, rows: bool
) -> Content:
    content: tuple[dict[str, Any], ...] = ()
    if rows:
        result = connection.execute(select(definition))
        content = tuple(dict(row) for row in result.mappings())
    return Content(
        tuple(one.name for one in definition.columns),
        content,
        tuple(one.name for one in definition.primary_key),
    )


def check_lossy(
    lossy: Sequence[str], before: Contents, after: Contents
) -> None:
    """Refuse names that are no table and no ``"table.column"``.

    :raises TableError: lists the tables there are.
    """
    if isinstance(lossy, str) or not isinstance(lossy, (Sequence, set)):
        raise TableError(f"lossy must be a sequence of names, not {lossy!r}")
    tables = set(before) | set(after)
    columns = {
        f"{table}.{column}"
        for contents in (before, after)
        for table, content in contents.items()
        for column in content.columns
    }
    for name in lossy:
        if name not in tables | columns:
            raise TableError(
                f"lossy names {name!r}, which is no table and no "
                f"'table.column'; there are {listing(sorted(tables))}"
                f"{suggest(str(name), tables | columns)}"
            )


def _lost(before: Contents, after: Contents, lossy: Sequence[str]) -> str:
    """Return which rows that lived before do not live after."""
    lines = []
    for table, content in sorted(before.items()):
        if table in lossy:
            continue
        ignored = {
            name.rpartition(".")[2]
            for name in lossy
            if name.rpartition(".")[0] == table
        }
        now = after[table].rows if table in after else ()
        # A column that is there in addition is the schema's affair.
        columns = [name for name in content.columns if name not in ignored]
        difference = compare_rows(
            [_only(row, columns) for row in content.rows],
            [_only(row, columns) for row in now],
            [name for name in content.key if name not in ignored],
        )
        # What is there in addition harms nobody: it may be a revision's own
        # rows, and those of at_revision_data.
        if difference.missing or difference.changed:
            lines.append(f"  table {table!r}:\n{difference.describe()}")
    return "\n".join(lines)


def _only(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}
