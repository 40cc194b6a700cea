from alembic import context
from shop.base import Base  # and nothing that imports shop.pets
from sqlalchemy import create_engine

with create_engine(
    context.config.get_main_option("sqlalchemy.url")
).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
