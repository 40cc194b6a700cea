"""env.py configures logging from the ini, as Alembic's templates do.

fileConfig() disables every logger that exists, and replaces the root's
handlers.
"""
from logging.config import fileConfig

from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_file_config_logging.models import Base

config = context.config
fileConfig(config.config_file_name)
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
