"""dstack: an async engine that the project makes once for the process."""

from __future__ import annotations

import os

from alembic.config import Config

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

# Both are read where dstack's settings are imported; its own defaults are
# in the user's home.
os.environ["DSTACK_SERVER_DIR"] = os.path.abspath("server")
os.environ["DSTACK_DATABASE_URL"] = (
    os.environ.get("FIELD_SETTINGS_URL") or "sqlite+aiosqlite:///dstack.db"
)


class TestHistory(HistoryChecks, MigrationTestCase):
    database_url = "sqlite+aiosqlite://"
    model_package = "dstack._internal.server.models"

    def get_alembic_config(self) -> Config:
        config = Config()
        config.set_main_option(
            "script_location", "dstack._internal.server:migrations"
        )
        config.set_main_option("recursive_version_locations", "true")
        return config
