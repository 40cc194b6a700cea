"""taskflow: an ini file in a package, and no models."""

from __future__ import annotations

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    alembic_config = (
        "taskflow.persistence.backends.sqlalchemy:alembic/alembic.ini"
    )
