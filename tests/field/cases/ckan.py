"""ckan: an ini file in a package; PostgreSQL alone, which moved.py names."""

from __future__ import annotations

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestHistory(HistoryChecks, MigrationTestCase):
    alembic_config = "ckan.migration:alembic.ini"
    model_package = "ckan.model"
