"""nova: the main database, by the ini file in its package."""

from __future__ import annotations

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    alembic_config = "nova.db.main:alembic.ini"
    model_package = "nova.db.main"
