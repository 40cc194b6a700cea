"""A second connection holds a lock while the first migrates."""
from sqlalchemy import create_engine, pool, text

from alembic import context
from zoo_second_connection_lock.models import Base
from zoo_second_connection_lock.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as guard, engine.connect() as connection:
    # On PostgreSQL: SELECT pg_advisory_lock(...)
    guard.execute(text("SELECT 'locked'"))
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
