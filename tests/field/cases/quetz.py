"""quetz: no ini file; the configuration that its own commands make."""

from __future__ import annotations

from quetz.cli import _alembic_config

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    alembic_config = _alembic_config("sqlite:///quetz.sqlite")
    model_package = "quetz.jobs"
