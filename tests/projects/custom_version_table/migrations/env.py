"""The version table has a name of its own."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_custom_version_table.models import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table="zoo_schema_version",
    )
    with context.begin_transaction():
        context.run_migrations()
