"""env.py uses the application's own engine, whose pool may be warm.

The pool keeps its connections: one that the application opened before is
handed out again without a new connect.
"""
from alembic import context
from zoo_warm_pool.database import engine
from zoo_warm_pool.models import Base

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
