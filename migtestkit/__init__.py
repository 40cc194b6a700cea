"""Test Alembic migrations with unittest, against a real database."""

from __future__ import annotations

from migtestkit.case import (
    MigrationTestCase,
    onDialects,
    skipUnlessDialect,
)
from migtestkit.checks import at_revision
from migtestkit.config import Ignore, Intended, MigrationConfig
from migtestkit.context import MigrationContext
from migtestkit.errors import (
    ConfigError,
    DatabaseUnavailable,
    ForeignDatabaseError,
    MigrationFailed,
    MigtestkitError,
    RevisionError,
    TableError,
)

__all__ = [
    "ConfigError",
    "DatabaseUnavailable",
    "ForeignDatabaseError",
    "Ignore",
    "Intended",
    "MigrationConfig",
    "MigrationContext",
    "MigrationFailed",
    "MigrationTestCase",
    "MigtestkitError",
    "RevisionError",
    "TableError",
    "at_revision",
    "onDialects",
    "skipUnlessDialect",
]
