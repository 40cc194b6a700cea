"""prefect: env.py hands its work to a loop, from a thread of that loop."""

from __future__ import annotations

import os
from collections.abc import Callable

import anyio
from alembic.config import Config
from sqlalchemy.engine import make_url

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

from tests.field.reproduce.prefect import configuration

# Both are read where prefect is imported; its own defaults are in the
# user's home.
os.environ["PREFECT_HOME"] = os.path.abspath("prefect")
os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = (
    os.environ.get("FIELD_SETTINGS_URL") or "sqlite+aiosqlite:///prefect.db"
)


class TestHistory(HistoryChecks, MigrationTestCase):
    database_url: str = "sqlite+aiosqlite://"
    model_package = "prefect.server.database.orm_models"

    def get_alembic_config(self) -> Config:
        backend = make_url(self.database_url).get_backend_name()
        return configuration(backend)

    def run_environment(self, call: Callable[[], None]) -> None:
        anyio.run(anyio.to_thread.run_sync, call)
