"""Of what autogenerate would write, what is left when rules are heard?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops

from migtestkit.config import IgnoreRules

__unittest = True

_CONSTRAINTS = {
    "foreignkey": "foreign key",
    "unique": "unique constraint",
    "check": "check",
    "primary": "primary key",
}
#: What an alteration may change: kind, attribute, value for no change.
_ASPECTS = (
    ("type", "modify_type", None),
    ("nullable", "modify_nullable", None),
    ("default", "modify_server_default", False),
    ("comment", "modify_comment", False),
)


@dataclass(frozen=True)
class ModelDifference:
    """One thing in which the models and a database differ.

    :ivar kind: of what kind it is.
    :ivar table: whose it is.
    :ivar name: what it is called; what has no name goes by its columns:
        ``"(name, age)"``.
    :ivar operation: Alembic's, which would make it the same.
    """

    kind: str
    table: str | None
    name: str
    operation: Any


def leave_out(container: Any, rules: IgnoreRules) -> None:
    """Take out of a container of operations what rules ignore.

    With a table all that is its own goes.
    """
    tables = {
        found.table
        for found in map(_difference, _leaves(container))
        if found.kind == "table" and rules.drops(found)
    }
    _leave_out(container, rules, tables)


def _leaves(operation: Any) -> Iterator[Any]:
    if hasattr(operation, "ops"):
        for one in operation.ops:
            yield from _leaves(one)
    else:
        yield operation


def _leave_out(
    container: Any, rules: IgnoreRules, tables: set[str | None]
) -> None:
    kept = []
    for one in container.ops:
        if hasattr(one, "ops"):
            _leave_out(one, rules, tables)
            kept.append(one)
        elif isinstance(one, ops.AlterColumnOp):
            if _qualified(one) not in tables and _alters(one, rules):
                kept.append(one)
        else:
            found = _difference(one)
            if found.table in tables and found.table is not None:
                continue
            if not rules.drops(found):
                kept.append(one)
    container.ops[:] = kept


def _alters(operation: ops.AlterColumnOp, rules: IgnoreRules) -> bool:
    """Take out of an alteration what is ignored; say whether any is left."""
    table, name = _qualified(operation), str(operation.column_name)
    for kind, attribute, nothing in _ASPECTS:
        if getattr(operation, attribute) is not nothing:
            if rules.drops(ModelDifference(kind, table, name, operation)):
                setattr(operation, attribute, nothing)
    for key in [one for one in operation.kw if one.startswith("modify_")]:
        kind = key.removeprefix("modify_")
        if rules.drops(ModelDifference(kind, table, name, operation)):
            del operation.kw[key]
    return operation.has_changes() or operation.modify_name is not None


def _qualified(operation: Any) -> str | None:
    table = getattr(operation, "table_name", None)
    schema = getattr(operation, "schema", None)
    if isinstance(operation, ops.CreateForeignKeyOp):
        table = operation.source_table
        schema = operation.kw.get("source_schema")
    if table is None:
        return None
    return f"{schema}.{table}" if schema else str(table)


def _difference(operation: Any) -> ModelDifference:
    kind, name = _kind_and_name(operation)
    table = _qualified(operation)
    if kind == "table":
        name = table or name
    return ModelDifference(kind, table, str(name or ""), operation)


def _kind_and_name(operation: Any) -> tuple[str, Any]:
    if isinstance(operation, (ops.CreateTableOp, ops.DropTableOp)):
        return "table", operation.table_name
    if isinstance(operation, ops.AddColumnOp):
        return "column", operation.column.name
    if isinstance(operation, ops.DropColumnOp):
        return "column", operation.column_name
    if isinstance(operation, (ops.CreateIndexOp, ops.DropIndexOp)):
        return "index", operation.index_name
    if isinstance(
        operation, (ops.CreateTableCommentOp, ops.DropTableCommentOp)
    ):
        return "comment", operation.table_name
    if isinstance(operation, ops.DropConstraintOp):
        kind = _CONSTRAINTS.get(operation.constraint_type or "", "other")
        return kind, operation.constraint_name
    if isinstance(operation, ops.AddConstraintOp):
        kind = _CONSTRAINTS.get(operation.constraint_type, "other")
        columns = getattr(operation, "columns", None)
        columns = columns or getattr(operation, "local_cols", None) or ()
        unnamed = f"({', '.join(map(str, columns))})"
        return kind, getattr(operation, "constraint_name", None) or unnamed
    return "other", type(operation).__name__
