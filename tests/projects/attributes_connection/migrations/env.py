"""Alembic's cookbook: a caller may hand over a Connection, else the ini's URL.
"""
from sqlalchemy import Connection, engine_from_config, pool

from alembic import context
from zoo_attributes_connection.models import Base

config = context.config


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


given = config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        migrate(connection)
