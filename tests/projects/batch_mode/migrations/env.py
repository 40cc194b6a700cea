"""Batch mode: SQLite's tables are written anew, constraints are named."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_batch_mode.models import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
