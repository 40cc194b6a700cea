"""Refused: the engine connects by a function of its own.

Where that leads cannot be known before it has happened.
"""
import sqlite3

from sqlalchemy import create_engine

from alembic import context
from zoo_creator.models import Base
from zoo_creator.settings import DATABASE

engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(DATABASE))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
