"""Defect: env.py ends the whole process, with the status of success.

A test runner that lets SystemExit through would stop here, and say OK.
"""
import os
import sys

from sqlalchemy import engine_from_config, pool

from alembic import context
from zoo_defect_exits import Base

config = context.config
if "ZOO_EXITS_MAY_MIGRATE" not in os.environ:
    sys.exit(0)
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
