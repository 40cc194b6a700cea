"""env.py edits what autogenerate finds: a legacy table is not to be dropped.

Who compares models and database without this sees a table too many.
"""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_process_directives.models import Base

config = context.config


def keep_legacy_table(migration_context, revision, directives) -> None:
    for script in directives:
        script.upgrade_ops.ops = [
            operation
            for operation in script.upgrade_ops.ops
            if getattr(operation, "table_name", None) != "legacy_log"
        ]


engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        process_revision_directives=keep_legacy_table,
    )
    with context.begin_transaction():
        context.run_migrations()
