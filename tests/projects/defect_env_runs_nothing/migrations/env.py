"""Defect: env.py configures, and never calls run_migrations().

`alembic upgrade head` exits 0 and the database stays empty.
"""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_defect_env_runs_nothing import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        pass  # context.run_migrations() was lost in a merge
