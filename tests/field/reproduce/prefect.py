"""prefect 3.9.1: a line of 115, an async engine kept for its loop."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import anyio
from alembic.config import Config

from tests.field.reproduce import walk


@contextlib.contextmanager
def opened(url: str) -> Iterator[Config]:
    """The URL is read where prefect is imported."""
    os.environ["PREFECT_HOME"] = os.path.abspath("prefect")
    os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = url.replace(
        "sqlite:", "sqlite+aiosqlite:"
    )
    from prefect.server.database import orm_models
    from prefect.server.database.alembic_commands import alembic_config

    config = alembic_config()
    config.set_main_option(
        "version_locations",
        str(orm_models.AioSqliteORMConfiguration().versions_dir),
    )
    yield config


def examine() -> None:
    walk.run(opened, package="prefect.server.database")


if __name__ == "__main__":
    # env.py gives its work to the loop whose worker thread it runs in.
    anyio.run(anyio.to_thread.run_sync, examine)
