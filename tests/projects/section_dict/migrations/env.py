"""The URL is written into the section's dictionary."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_section_dict.models import Base
from zoo_section_dict.settings import DATABASE_URL

config = context.config
section = config.get_section(config.config_ini_section, {})
section["sqlalchemy.url"] = DATABASE_URL
engine = engine_from_config(section, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
