"""The URL is written into the section under another prefix."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_section_dict_prefix.models import Base
from zoo_section_dict_prefix.settings import DATABASE_URL

config = context.config
section = config.get_section(config.config_ini_section, {})
section["database.url"] = DATABASE_URL
engine = engine_from_config(
    section, prefix="database.", poolclass=pool.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
