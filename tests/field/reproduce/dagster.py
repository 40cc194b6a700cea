"""dagster 1.13.29: a line of 88, one for three databases."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import dagster
from alembic.config import Config
from dagster._core.storage import runs
from dagster._core.storage.migration.utils import upgrading_instance
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.sql import get_alembic_config
from sqlalchemy import create_engine

from tests.field.reproduce import walk


@contextlib.contextmanager
def opened(url: str) -> Iterator[Config]:
    """env.py takes a connection from the configuration, or nothing."""
    engine = create_engine(url)
    config = get_alembic_config(runs.__file__, "sqlite/alembic/alembic.ini")
    with dagster.DagsterInstance.ephemeral() as instance:
        with upgrading_instance(instance), engine.connect() as connection:
            config.attributes["connection"] = connection
            yield config
    engine.dispose()


if __name__ == "__main__":
    walk.run(opened, package=None, metadata=RunStorageSqlMetadata)
