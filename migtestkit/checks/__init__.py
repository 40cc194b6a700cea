"""Which ready-made tests are there?

Plain mixins: importing them collects nothing. Put one, or several, before
:class:`~migtestkit.MigrationTestCase`::

    class TestHistory(HistoryChecks, MigrationTestCase):
        pass
"""

from __future__ import annotations

from migtestkit.checks.data import DataChecks
from migtestkit.checks.deployment import DeploymentChecks
from migtestkit.checks.history import HistoryChecks
from migtestkit.checks.hooks import RevisionHooks, at_revision

__all__ = [
    "DataChecks",
    "DeploymentChecks",
    "HistoryChecks",
    "RevisionHooks",
    "at_revision",
]
