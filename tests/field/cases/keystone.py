"""keystone: its own configuration, prepared as its own command does."""

from __future__ import annotations

import keystone.conf
from alembic.config import Config
from keystone.common import sql
from keystone.common.sql import upgrades
from keystone.common.sql.migrations import manage

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    model_package = "keystone.assignment"

    def get_alembic_config(self) -> Config:
        keystone.conf.configure()
        sql.initialize()
        return upgrades.get_alembic_config()

    def alembic_context(self) -> None:
        manage.import_sql_modules()
