"""What can a test assert of a migrated database?"""

from __future__ import annotations

from migtestkit.assertions.data import DataAssertions
from migtestkit.assertions.deployment import DeploymentAssertions
from migtestkit.assertions.history import HistoryAssertions
from migtestkit.assertions.operations import OperationAssertions
from migtestkit.assertions.populated import PopulatedAssertions
from migtestkit.assertions.rows import RowAssertions
from migtestkit.assertions.schema import SchemaAssertions

__all__ = [
    "DataAssertions",
    "DeploymentAssertions",
    "HistoryAssertions",
    "OperationAssertions",
    "PopulatedAssertions",
    "RowAssertions",
    "SchemaAssertions",
]
