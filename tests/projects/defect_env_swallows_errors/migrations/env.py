"""Defect: env.py passes over whatever a migration raises.

`alembic upgrade head` exits 0 although r2 failed.
"""
from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_defect_env_swallows_errors import Base

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    try:
        with context.begin_transaction():
            context.run_migrations()
    except Exception:
        pass
