"""Defect: r2 cannot run in one transaction with r1.

SQLite refuses VACUUM inside a transaction. One run of the history has r1's
row pending; a run of r2 alone has nothing pending, and passes.
"""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_defect_fails_only_in_one_run import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
