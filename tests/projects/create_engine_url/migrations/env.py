"""env.py makes its engine by itself; the ini's URL is never read."""
from sqlalchemy import create_engine, pool

from alembic import context
from zoo_create_engine_url.models import Base
from zoo_create_engine_url.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
