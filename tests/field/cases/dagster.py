"""dagster: its own configuration, inside an instance being upgraded."""

from __future__ import annotations

from contextlib import AbstractContextManager

import dagster
from alembic.config import Config
from dagster._core.storage import runs
from dagster._core.storage.migration.utils import upgrading_instance
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.sql import get_alembic_config
from sqlalchemy import create_engine

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

# It has databases of its own in memory, and opens them when it is made.
instance = dagster.DagsterInstance.ephemeral()
connection = create_engine("sqlite://").connect()


class TestHistory(HistoryChecks, MigrationTestCase):
    # env.py hands over a MetaData and two classes that are none: its own
    # list can neither be compared nor asked which models it knows.
    target_metadata = RunStorageSqlMetadata

    def get_alembic_config(self) -> Config:
        """env.py refuses to run where no connection is handed over; the
        kit exchanges the one that it finds."""
        config = get_alembic_config(
            runs.__file__, "sqlite/alembic/alembic.ini"
        )
        config.attributes["connection"] = connection
        return config

    def alembic_context(self) -> AbstractContextManager[None]:
        return upgrading_instance(instance)
