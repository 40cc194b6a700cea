"""Refused: the settings want PostgreSQL, and a test would offer SQLite."""
from sqlalchemy import create_engine, pool

from alembic import context
from zoo_other_backend.models import Base
from zoo_other_backend.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
