"""Is every revision safe to deploy?"""

from __future__ import annotations

from migtestkit.assertions import DeploymentAssertions
from migtestkit.checks.base import ReadyChecks
from migtestkit.config import IntendedUse
from migtestkit.config.ignoring import SCHEMA
from migtestkit.context.offline import NoOfflineSQL, walk_offline
from migtestkit.errors import TableError

__unittest = True

# The walks are imported where they begin: they, and what makes up rows, take
# as long as a third of all else, and few tests of a suite want them.


class DeploymentChecks(DeploymentAssertions, ReadyChecks):
    """Tests of what happens when a history is deployed, on throw-away
    databases of their own.

    Every test collects all failing revisions and raises one
    ``AssertionError`` that names each with its file. Where a test means
    nothing on the database at hand, or could compare nothing, it is skipped
    with the reason.
    """

    def test_upgrades_are_atomic_or_retryable(self) -> None:
        """An upgrade that fails at any of its statements leaves the database
        as it was, or can be run again."""
        from migtestkit.context.faults import (
            has_transactional_ddl,
            walk_faults,
        )

        self._skip_empty()
        self._skip_handed_over()
        if not has_transactional_ddl(self.migrations):
            self.skipTest(
                "on this database changes of the schema are not held in a "
                "transaction, so hardly any upgrade is safe from a failure "
                "half-way; assertRetryable(revision) tests one that is "
                "written to be run again"
            )
        self.conclude_walk(
            walk_faults(self.migrations, self._scope()),
            "these upgrades, failing half-way, leave what stops the next try",
            "no upgrade was tested",
        )

    def test_backward_compatible(self) -> None:
        """What the previous release of the application sends still works
        after each revision."""
        from migtestkit.context.compatibility import walk_compatibility

        self._skip_empty()
        self._skip_handed_over()
        intended = IntendedUse(self.migrations.intended, "contract")
        report = walk_compatibility(self.migrations, intended, self._scope())
        self.conclude_walk(
            report,
            "these revisions break the release that is running while they do",
            "no revision was tested",
        )
        if self._scope().judged is None:
            intended.refuse_stale(report.tested)

    def test_no_blocking_work(self) -> None:
        """No statement goes through the rows of a table while the
        application waits for one."""
        from migtestkit.context.blocking import walk_blocking

        self._skip_empty()
        self._skip_unwatched(copies=True)
        intended = IntendedUse(self.migrations.intended, "blocking")
        report = walk_blocking(self.migrations, intended, self._scope())
        self.conclude_walk(
            report,
            "these revisions make the application wait for as long as there "
            "are rows",
            "no revision was tested",
        )
        if self._scope().judged is None:
            intended.refuse_stale(report.tested)

    def test_offline_matches_online(self) -> None:
        """The SQL of ``alembic upgrade --sql`` makes the same schema as the
        upgrade."""
        self._skip_empty()
        self._skip_handed_over()
        rules = self._ignored((), SCHEMA)
        try:
            report = walk_offline(self.migrations, rules, self._scope())
        except NoOfflineSQL as error:
            self.skipTest(f"there is no offline SQL to test: {error}")
        self.conclude_walk(
            report,
            "the offline SQL of these revisions does something else",
            "no revision can be written as SQL without a database",
        )

    def test_schema_is_healthy(self) -> None:
        """At heads nothing is left half done: no table of a batch operation
        that broke off, no invalid index, no constraint that was never
        validated."""
        self._at_heads()
        try:
            for name in self.migrations.databases:
                self.assertSchemaHealthy(database=name)
        except TableError as error:
            self.skipTest(str(error))

    def test_foreign_keys_are_indexed(self) -> None:
        """At heads an index begins with the columns of each foreign key."""
        self._at_heads()
        try:
            for name in self.migrations.databases:
                self.assertForeignKeysIndexed(database=name)
        except TableError as error:
            self.skipTest(str(error))

    def _at_heads(self) -> None:
        self._skip_empty()
        context = self.migrations
        self._told(
            None, lambda: context.apply_revisions(context.history.revisions)
        )

    def _skip_handed_over(self) -> None:
        if self.migrations.config.get_migration_engine is not None:
            self.skipTest(
                "it needs clean databases of its own, and "
                "get_migration_engine() hands over the only one"
            )
