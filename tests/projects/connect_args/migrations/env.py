"""The engine has connect_args, and a listener that turns foreign keys on."""
from sqlalchemy import create_engine, event, pool

from alembic import context
from zoo_connect_args.models import Base
from zoo_connect_args.settings import DATABASE_URL

engine = create_engine(
    DATABASE_URL, connect_args={"timeout": 3}, poolclass=pool.NullPool
)


@event.listens_for(engine, "connect")
def turn_foreign_keys_on(dbapi_connection, connection_record) -> None:
    dbapi_connection.execute("PRAGMA foreign_keys = ON")


with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
