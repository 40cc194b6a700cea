"""Defect: nobody imports the loan module, so its model is not registered.

The migrations create its table: autogenerate would drop it.
"""
from sqlalchemy import engine_from_config, pool

from alembic import context
import zoo_defect_model_never_imported.author  # noqa: F401
from zoo_defect_model_never_imported.base import Base

config = context.config


def run_migrations_offline() -> None:
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    engine = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
