"""Defect: a statement before configure(), and nobody commits.

SQLAlchemy began a transaction for it. Alembic takes that for one that the
caller ends, so nothing is committed: exit status 0, and the version rows
are lost. (On SQLite the first table survives: DDL opens no transaction
there, the first row does.)
"""
from sqlalchemy import engine_from_config, pool, text

from alembic import context
from zoo_defect_env_commits_nothing import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    connection.execute(text("SELECT 1"))  # does the database answer?
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
