"""glance: env.py asks oslo.db's global facade, which asks oslo.config."""

from __future__ import annotations

import functools
import os

from glance.db.sqlalchemy import models
from oslo_config import cfg
from oslo_db import options

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


@functools.cache
def configure() -> None:
    """After the models are imported: these register options."""
    cfg.CONF([], project="glance", default_config_files=[])
    options.set_defaults(
        cfg.CONF,
        connection=os.environ.get("FIELD_SETTINGS_URL")
        or "sqlite:///glance.db",
    )


class TestHistory(HistoryChecks, MigrationTestCase):
    alembic_config = "glance.db.sqlalchemy.alembic_migrations:alembic.ini"
    model_package = models.__name__

    def alembic_context(self) -> None:
        configure()
