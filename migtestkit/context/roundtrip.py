"""Does one revision come back as it went, with its rows?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import MetaData, Table, inspect, select

from migtestkit.context.core import MigrationContext
from migtestkit.context.walks import describe_schema_change, read_schemas
from migtestkit.errors import RevisionError, TableError, listing, suggest
from migtestkit.rows import compare_rows

__unittest = True

Rows = Mapping[str, list[dict[str, Any]]]


def round_trip(
    context: MigrationContext, *, data: bool, lossy: Sequence[str]
) -> str:
    """Apply the next revision, revert it, apply it again.

    :return: what went wrong, nothing if nothing did.
    :raises MigrationFailed: a step failed.
    :raises TableError: ``lossy`` names no table or column.
    """
    schema_before = read_schemas(context)
    rows_before = read_rows(context) if data else {}
    revision = context.migrate_up_one()
    if revision is None:
        raise RevisionError("no revision is left to apply")
    schema_after = read_schemas(context)
    rows_after = read_rows(context) if data else {}
    _check_lossy(lossy, rows_before, rows_after)
    context.revert_revisions([revision])
    title = f"revision {context.history.describe(revision)}"
    problems = []
    text = describe_schema_change(
        schema_before,
        read_schemas(context),
        "before the upgrade",
        "after the downgrade",
    )
    if text:
        problems.append(f"{title}: its downgrade leaves traces\n{text}")
    if data:
        text = _lost(rows_before, read_rows(context), lossy)
        if text:
            problems.append(f"{title}: its downgrade changes rows\n{text}")
    context.apply_revisions([revision])
    text = describe_schema_change(
        schema_after,
        read_schemas(context),
        "after the first upgrade",
        "after the second upgrade",
    )
    if text:
        problems.append(f"{title}: its second upgrade differs\n{text}")
    if problems:
        problems.append(f"  file: {context.history.path(revision)}")
    return "\n".join(problems)


def read_rows(context: MigrationContext) -> Rows:
    """Return all rows of all tables but the version table, by table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in context.databases:
        version_table = context.on(name).version_table
        with context.connect(database=name) as connection:
            for table in inspect(connection).get_table_names():
                if table == version_table:
                    continue
                definition = Table(
                    table,
                    MetaData(),
                    autoload_with=connection,
                    resolve_fks=False,
                )
                result = connection.execute(select(definition))
                key = table if name is None else f"{name}:{table}"
                found[key] = [dict(row) for row in result.mappings()]
    return found


def _check_lossy(lossy: Sequence[str], before: Rows, after: Rows) -> None:
    if isinstance(lossy, str):
        raise TableError(f"lossy must be a sequence of names, not {lossy!r}")
    known = set(before) | set(after)
    columns = {
        f"{table}.{column}"
        for rows in (before, after)
        for table, content in rows.items()
        for column in (content[0] if content else ())
    }
    for name in lossy:
        table = name.rpartition(".")[0]
        if name not in known | columns and table not in known:
            raise TableError(
                f"lossy names {name!r}, which is no table and no column of "
                f"one; there are {listing(sorted(known))}"
                f"{suggest(name, known | columns)}"
            )


def _lost(before: Rows, after: Rows, lossy: Sequence[str]) -> str:
    lines = []
    for table, rows in sorted(before.items()):
        if table in lossy:
            continue
        ignored = {
            name.rpartition(".")[2]
            for name in lossy
            if name.rpartition(".")[0] == table
        }
        kept = [_without(row, ignored) for row in rows]
        now = [_without(row, ignored) for row in after.get(table, [])]
        if kept and (difference := compare_rows(kept, now)):
            lines.append(f"  table {table!r}:\n{difference.describe()}")
    return "\n".join(lines)


def _without(row: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
