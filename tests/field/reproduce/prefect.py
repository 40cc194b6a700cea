"""prefect 3.9.1: a line of 115, an async engine kept for its loop."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import anyio
from alembic.config import Config
from sqlalchemy.engine import make_url

from tests.field.reproduce import walk

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


@contextlib.contextmanager
def opened(url: str) -> Iterator[Config]:
    """The URL is read where prefect is imported."""
    found = make_url(url)
    found = found.set(drivername=DRIVERS[found.get_backend_name()])
    os.environ["PREFECT_HOME"] = os.path.abspath("prefect")
    os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = (
        found.render_as_string(hide_password=False)
    )
    yield configuration(found.get_backend_name())


def configuration(backend: str) -> Config:
    """There is a history for each kind of database. Prefect is imported here,
    when its settings stand."""
    from prefect.server.database import orm_models
    from prefect.server.database.alembic_commands import alembic_config

    orm = {
        "sqlite": orm_models.AioSqliteORMConfiguration,
        "postgresql": orm_models.AsyncPostgresORMConfiguration,
    }
    config = alembic_config()
    config.set_main_option(
        "version_locations", str(orm[backend]().versions_dir)
    )
    return config


def examine() -> None:
    walk.run(opened, package="prefect.server.database")


if __name__ == "__main__":
    # env.py gives its work to the loop whose worker thread it runs in.
    anyio.run(anyio.to_thread.run_sync, examine)
