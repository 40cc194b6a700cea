"""The configuration stands in a section of its own: `alembic -n billing`."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_ini_section.models import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
