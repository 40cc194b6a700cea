"""Foreign keys are turned on before configure(), on the connection itself."""
from sqlalchemy import create_engine, pool

from alembic import context
from zoo_pragma_before_configure.models import Base
from zoo_pragma_before_configure.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
with engine.connect() as connection:
    # PRAGMA opens no transaction in SQLite, but SQLAlchemy opens its own.
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
