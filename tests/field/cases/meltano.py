"""meltano: no ini file, no models."""

from __future__ import annotations

from alembic.config import Config

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    def get_alembic_config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", "meltano:migrations")
        return config
