"""The URL comes from the environment, which must have it."""
import os

from sqlalchemy import create_engine, pool

from alembic import context
from zoo_environment_variable.models import Base

engine = create_engine(
    os.environ["ZOO_ENVIRONMENT_VARIABLE_URL"], poolclass=pool.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
