"""The URL of a settings object overwrites the one in the ini."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_settings_object.models import Base
from zoo_settings_object.settings import settings

config = context.config
# Alembic's options interpolate: a % in the URL must be doubled.
config.set_main_option(
    "sqlalchemy.url", settings.database_url.replace("%", "%%")
)
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
