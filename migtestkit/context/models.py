"""In what do the models differ from what the migrations make?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext as AlembicContext
from sqlalchemy import MetaData, inspect

from migtestkit.context.core import MigrationContext
from migtestkit.environment import Location

__unittest = True


@dataclass(frozen=True)
class ModelComparison:
    """What comparing the models with one database gave.

    :ivar database: its name.
    :ivar has_metadata: whether env.py, or the user, gives any metadata.
    :ivar tables: how many tables the models and the database have, the
        version table left out.
    :ivar operations: the operations that Alembic would generate.
    """

    database: str | None
    has_metadata: bool
    tables: int
    operations: str


def compare_models(context: MigrationContext) -> list[ModelComparison]:
    """Compare the models with every database of a context.

    The comparison is Alembic's own autogenerate within env.py's run, so all
    that env.py passes to ``configure()`` counts, and its
    ``process_revision_directives`` has the last word.
    """
    found: list[ModelComparison] = []

    def plan(
        location: Location, heads: tuple[str, ...], alembic: AlembicContext
    ) -> tuple[()]:
        given = context.config.target_metadata
        metadata = alembic.opts.get("target_metadata")
        if given is not None:
            metadata = given
        found.append(_compare(location, heads, alembic, metadata))
        return ()

    context.look(plan)
    return found


def _compare(
    location: Location,
    heads: tuple[str, ...],
    alembic: AlembicContext,
    metadata: Any,
) -> ModelComparison:
    if metadata is None:
        return ModelComparison(location.database, False, 0, "")
    tables = sum(len(one.tables) for one in _each(metadata))
    assert alembic.connection is not None
    present = inspect(alembic.connection).get_table_names()
    tables += len(set(present) - {location.table})
    script = produce_migrations(alembic, metadata)
    directives = [script]
    hook = alembic.opts.get("process_revision_directives")
    if hook is not None:
        hook(alembic, heads, directives)
    rendered = [
        _render(alembic, metadata, operations)
        for one in directives
        for operations in one.upgrade_ops_list
        if not operations.is_empty()
    ]
    return ModelComparison(
        location.database, True, tables, "\n".join(rendered)
    )


def _each(metadata: MetaData | Sequence[MetaData]) -> Sequence[MetaData]:
    return [metadata] if isinstance(metadata, MetaData) else metadata


def _render(alembic: AlembicContext, metadata: Any, operations: Any) -> str:
    options = alembic.opts
    # A context for rendering alone: Alembic refuses the one at hand, for the
    # function below hides its metadata.
    renderer = AlembicContext.configure(
        dialect=alembic.dialect, opts={"target_metadata": metadata}
    )
    code = render_python_code(
        operations,
        sqlalchemy_module_prefix=options.get("sqlalchemy_module_prefix")
        or "sa.",
        alembic_module_prefix=options.get("alembic_module_prefix") or "op.",
        render_as_batch=bool(options.get("render_as_batch")),
        render_item=options.get("render_item"),
        user_module_prefix=options.get("user_module_prefix"),
        migration_context=renderer,
    )
    # Alembic's own frame around generated code says nothing here.
    lines = [
        line
        for line in code.splitlines()
        if line.strip() and not line.strip().startswith("# ###")
    ]
    return "\n".join(lines)
