"""Do the migrations of a history keep to the rows that they meet?"""

from __future__ import annotations

from migtestkit.assertions import PopulatedAssertions
from migtestkit.checks.base import ReadyChecks
from migtestkit.context.walks import Scope

__unittest = True


class DataChecks(PopulatedAssertions, ReadyChecks):
    """Three tests of a whole history over made-up rows, each on throw-away
    databases of its own.

    Every test collects all failing revisions and raises one
    ``AssertionError`` that names each with its file. A test in which no
    revision met a row is skipped with the reason.
    """

    def test_upgrades_populated(self) -> None:
        """Every revision can be applied over rows that are valid just before
        it, and leaves none that refers to nothing."""
        self._skip_empty()
        self.assertUpgradesPopulated()

    def test_downgrades_populated(self) -> None:
        """Every revision can be reverted over rows that were written after
        it, and applied again."""
        self._skip_empty()
        self.assertDowngradesPopulated()

    def test_no_data_loss(self) -> None:
        """No revision loses or changes a value, but for what ``intended``
        declares, neither by its upgrade nor there and back."""
        self._skip_empty()
        self.assertNoDataLoss()

    def _populated_scope(self) -> Scope:
        return self._scope()
