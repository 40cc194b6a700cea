"""ihatemoney: Flask-Migrate, so that env.py wants an application."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

import ihatemoney
from alembic.config import Config
from flask import Flask
from flask_migrate import Migrate
from ihatemoney.models import db

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

app = Flask("ihatemoney")
# A server of this kind is refused, too, if it is not the throw-away one.
app.config["SQLALCHEMY_DATABASE_URI"] = (
    os.environ.get("FIELD_SETTINGS_URL") or "sqlite:///ihatemoney.db"
)
db.init_app(app)
migrate = Migrate(
    app, db, directory=str(Path(ihatemoney.__file__).parent / "migrations")
)


class TestHistory(HistoryChecks, MigrationTestCase):
    model_package = "ihatemoney.models"

    def get_alembic_config(self) -> Config:
        with app.app_context():
            return migrate.get_config()

    def alembic_context(self) -> AbstractContextManager[object]:
        return app.app_context()
