"""Each migration is committed by itself."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_transaction_per_migration.models import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
