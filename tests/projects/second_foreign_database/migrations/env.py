"""Refused: env.py opens two different databases."""
from sqlalchemy import create_engine, pool, text

from alembic import context
from zoo_second_foreign_database.models import Base
from zoo_second_foreign_database.settings import DATABASE_URL, REPORTS_URL

engine = create_engine(DATABASE_URL, poolclass=pool.NullPool)
reports_engine = create_engine(REPORTS_URL, poolclass=pool.NullPool)
with engine.connect() as connection, reports_engine.connect() as reports:
    reports.execute(text("PRAGMA user_version = 2"))
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
