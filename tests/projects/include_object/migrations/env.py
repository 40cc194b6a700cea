"""Autogenerate leaves a legacy table alone, and compares server defaults."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_include_object.models import Base

config = context.config


def include_object(obj, name, type_, reflected, compare_to) -> bool:
    return not (type_ == "table" and name == "legacy_log")


engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
