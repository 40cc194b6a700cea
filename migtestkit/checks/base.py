"""What do all ready-made checks need?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from migtestkit.assertions import HistoryAssertions
from migtestkit.context import MigrationContext
from migtestkit.context.walks import EVERYTHING, Scope

__unittest = True


class ReadyChecks(HistoryAssertions):
    """Base of the mixins of ready-made tests."""

    def _scope(self) -> Scope:
        """Return which revisions the walks judge: the command line may ask
        for some of them."""
        return EVERYTHING

    @contextlib.contextmanager
    def _clean_context(self) -> Iterator[MigrationContext]:
        if self.migrations.config.get_migration_engine is not None:
            # There is no other than the one database.
            yield self.migrations
        else:
            with self.migrations.fresh() as context:
                yield context

    def _skip_empty(self) -> None:
        if not self.migrations.history.revisions:
            self.skipTest("the history has no revision")
