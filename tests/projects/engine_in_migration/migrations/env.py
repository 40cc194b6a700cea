"""A migration opens an engine of its own on the settings' URL, to read."""
from sqlalchemy import create_engine, pool

from alembic import context
from zoo_engine_in_migration.models import Base
from zoo_engine_in_migration.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
