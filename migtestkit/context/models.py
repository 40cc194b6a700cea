"""In what do the models differ from what the migrations make?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext as AlembicContext
from sqlalchemy import MetaData, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from migtestkit.config import IgnoreRules
from migtestkit.config.ignoring import MODELS
from migtestkit.context.commands import as_revision_command
from migtestkit.context.core import MigrationContext
from migtestkit.context.drift import leave_out
from migtestkit.environment import Location
from migtestkit.errors import ConfigError
from migtestkit.schema import (
    SchemaSnapshot,
    compare,
    describe_differences,
    read_schema,
)

__unittest = True


@dataclass(frozen=True)
class ModelComparison:
    """What comparing the models with one database gave.

    :ivar database: its name.
    :ivar has_metadata: whether env.py, or the user, gives any metadata.
    :ivar tables: how many tables the models and the database have, the
        version table left out.
    :ivar text: in what they differ: the operations that Alembic would
        generate, or sentences.
    """

    database: str | None
    has_metadata: bool
    tables: int
    text: str

    @property
    def says_something(self) -> bool:
        """Whether there was anything to compare."""
        return self.has_metadata and self.tables > 0


def compared_metadata(context: MigrationContext, alembic: Any) -> Any:
    """Return what models are compared with: the option's metadata, else
    env.py's; ``None`` if there is none.

    :param alembic: Alembic's context of a run.
    :raises ConfigError: env.py hands over something else.
    """
    if context.config.target_metadata is not None:
        return context.config.target_metadata
    given = alembic.opts.get("target_metadata")
    for one in () if given is None else _each(given):
        if not isinstance(one, MetaData):
            raise ConfigError(
                f"env.py passes {one!r} as target_metadata, which is no "
                "sqlalchemy MetaData and fails in `alembic check` too; pass "
                "its metadata, or set target_metadata"
            )
    return given


def compare_models(
    context: MigrationContext, rules: IgnoreRules | None = None
) -> list[ModelComparison]:
    """Compare the models with every database of a context.

    The comparison is Alembic's own autogenerate within env.py's run, so all
    that env.py passes to ``configure()`` counts, and its
    ``process_revision_directives`` has the last word but for the rules.

    :param rules: what to ignore; default: as ``ignore`` says.

    :raises ConfigError: env.py leaves a database out.
    """
    found: list[ModelComparison] = []
    heard = rules or IgnoreRules(context.config.ignore, MODELS)

    def plan(
        location: Location, heads: tuple[str, ...], alembic: AlembicContext
    ) -> tuple[()]:
        metadata = compared_metadata(context, alembic)
        found.append(_compare(location, heads, alembic, metadata, heard))
        return ()

    context.look(plan)
    seen = [one.database for one in found]
    for name in context.databases:
        if name not in seen:
            raise ConfigError(
                f"env.py never worked on the database {name!r}, so its "
                "models cannot be compared"
            )
    return found


def _compare(
    location: Location,
    heads: tuple[str, ...],
    alembic: AlembicContext,
    metadata: Any,
    rules: IgnoreRules,
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
        with as_revision_command(alembic, autogenerate=True):
            hook(alembic, heads, directives)
    for one in directives:
        for operations in one.upgrade_ops_list:
            leave_out(operations, rules)
    rendered = [
        _render(alembic, metadata, operations)
        for one in directives
        for operations in one.upgrade_ops_list
        if _does_something(operations)
    ]
    return ModelComparison(
        location.database, True, tables, "\n".join(rendered)
    )


def _does_something(operations: Any) -> bool:
    """Say whether there is an operation within any container of them: a
    rewriter may leave the container and take out what was in it."""
    if not hasattr(operations, "ops"):
        return True
    return any(_does_something(one) for one in operations.ops)


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


# -- by the catalogue ---------------------------------------------------------


def compare_created(
    context: MigrationContext, rules: IgnoreRules
) -> list[ModelComparison]:
    """Compare what ``create_all()`` makes of the models, in a database of its
    own, with what every database of a context holds.

    :raises ConfigError: ``create_all()`` fails, or there can be no other
        database.
    """
    metadata = _metadata_by_database(context)
    with context.fresh() as other:
        return [
            _compare_created(
                name, context.on(name), other.on(name), metadata.get(name),
                rules,
            )
            for name in context.databases
        ]


def _metadata_by_database(context: MigrationContext) -> dict[str | None, Any]:
    found: dict[str | None, Any] = {}

    def plan(
        location: Location, heads: tuple[str, ...], alembic: AlembicContext
    ) -> tuple[()]:
        found[location.database] = compared_metadata(context, alembic)
        return ()

    context.look(plan)
    return found


def _compare_created(
    name: str | None,
    migrated: MigrationContext,
    created: MigrationContext,
    metadata: Any,
    rules: IgnoreRules,
) -> ModelComparison:
    if metadata is None:
        return ModelComparison(name, False, 0, "")
    _create(created, _each(metadata))
    by_models, by_migrations = _schema(created), _schema(migrated)
    differences = [
        one
        for one in compare(by_models, by_migrations)
        if not rules.drops(one)
    ]
    text = describe_differences(
        differences,
        before_label="by the models",
        after_label="by the migrations",
        limit=20,
    )
    tables = {*by_models.tables, *by_migrations.tables}
    return ModelComparison(name, True, len(tables), text)


def _create(context: MigrationContext, metadata: Sequence[MetaData]) -> None:
    try:
        with context.connect() as connection:
            there = inspect(connection).get_schema_names()
            for schema in {
                one.schema
                for each in metadata
                for one in each.tables.values()
                if one.schema and one.schema not in there
            }:
                connection.execute(CreateSchema(schema))
            for each in metadata:
                each.create_all(connection)
            connection.commit()
    except SQLAlchemyError as error:
        raise ConfigError(
            f"create_all() of the models fails: {error}"
        ) from None


def _schema(context: MigrationContext) -> SchemaSnapshot:
    with context.connect() as connection:
        return read_schema(connection, exclude=[context.version_table])
