"""optuna: its ini names the scripts relative to where one stands."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from optuna.storages import _rdb

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

FOLDER = Path(_rdb.__file__).parent


class TestHistory(HistoryChecks, MigrationTestCase):
    model_package = "optuna.storages._rdb"

    def get_alembic_config(self) -> Config:
        config = Config(FOLDER / "alembic.ini")
        config.set_main_option("script_location", str(FOLDER / "alembic"))
        return config
