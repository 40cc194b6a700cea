"""mlflow: its first schema is made by create_all, not by a migration."""

from __future__ import annotations

from alembic.config import Config
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base
from sqlalchemy import Connection

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    model_package = "mlflow.store.tracking.dbmodels"

    def get_alembic_config(self) -> Config:
        config: Config = _get_alembic_config("sqlite:///mlflow.db")
        return config

    def create_base_schema(self, connection: Connection) -> None:
        Base.metadata.create_all(connection)
