"""A statement that writes is sent, and committed, before configure()."""
from sqlalchemy import create_engine, pool, text

from alembic import context
from zoo_statements_before_configure.models import Base
from zoo_statements_before_configure.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as connection:
    # Marks the file as ours; without the commit Alembic would not commit.
    connection.execute(text("PRAGMA application_id = 4711"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
