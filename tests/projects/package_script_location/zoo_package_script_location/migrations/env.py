"""The scripts lie in a package: script_location is `package:folder`."""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_package_script_location.models import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
