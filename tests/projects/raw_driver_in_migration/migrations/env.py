"""A limit: a migration calls the driver, past SQLAlchemy, and writes.

The plain call is not seen.
"""
from sqlalchemy import create_engine, pool

from alembic import context
from zoo_raw_driver_in_migration.models import Base
from zoo_raw_driver_in_migration.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
