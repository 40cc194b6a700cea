"""Refused: a migration opens a second, different database."""
from sqlalchemy import create_engine, pool

from alembic import context
from zoo_engine_in_migration_foreign.models import Base
from zoo_engine_in_migration_foreign.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
