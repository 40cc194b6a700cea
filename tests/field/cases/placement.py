"""placement: env.py asks its own facade, which asks oslo.config."""

from __future__ import annotations

import functools
import os

from oslo_config import cfg
from placement import conf, db_api

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


@functools.cache
def configure() -> None:
    settings = cfg.ConfigOpts()
    conf.register_opts(settings)
    settings.set_default(
        "connection",
        os.environ.get("FIELD_SETTINGS_URL") or "sqlite:///placement.db",
        "placement_database",
    )
    settings([], project="placement", default_config_files=[])
    db_api.configure(settings)


class TestHistory(HistoryChecks, MigrationTestCase):
    alembic_config = "placement.db.sqlalchemy:alembic.ini"
    model_package = "placement.db"

    def alembic_context(self) -> None:
        configure()
