"""Folders and files have spaces and per cent signs in their names."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_percent_and_spaces.models import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
