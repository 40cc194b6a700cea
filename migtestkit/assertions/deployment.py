"""Is a revision safe to deploy?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from migtestkit.assertions.history import HistoryAssertions
from migtestkit.config import Ignore, IntendedUse
from migtestkit.config.ignoring import SCHEMA
from migtestkit.context.offline import walk_offline
from migtestkit.context.walks import EVERYTHING, Scope, WalkReport
from migtestkit.errors import (
    RevisionError,
    TableError,
    listing,
    suggest,
)
from migtestkit.schema.health import (
    find_ailments,
    foreign_keys_without_index,
)

__unittest = True

# The walks are imported where they begin: they, and what makes up rows, take
# as long as a third of all else, and few tests of a suite want them.

_NOTHING: Mapping[str, str] = MappingProxyType({})


class DeploymentAssertions(HistoryAssertions):
    """Assertions about what a revision does in production.

    Those about a revision run it in throw-away databases of their own; the
    test's stays where it is.
    """

    def assertAtomic(self, revision: str, msg: Any = None) -> None:
        """Fail unless an upgrade that fails leaves the database as it was.

        The revision is run once for each of its statements that is no query,
        the note in the version table included; each time that statement is
        replaced by an error, and schema, rows and version table are compared
        with those before.

        SQLite's driver, before Python 3.12 and by default after, does not
        hold changes of the schema in a transaction; nor do MySQL and MariaDB
        at all. There :meth:`assertRetryable` is what can be asked for.

        :param revision: the revision.
        :raises RevisionError: it is unknown, or among ``skip_revisions``.
        :raises ConfigError: ``get_migration_engine()`` hands over the only
            database.
        """
        from migtestkit.context.faults import walk_faults

        scope = self._only(revision)
        self._conclude(
            walk_faults(self.migrations, scope, retryable=False),
            scope,
            "is not atomic",
            msg,
        )

    def assertRetryable(self, revision: str, msg: Any = None) -> None:
        """Fail unless an upgrade that fails can be run again.

        As :meth:`assertAtomic`, but the database need not be as it was:
        where it is not, the revision is run once more, and must end in the
        same schema as one that was not disturbed.

        :param revision: the revision.
        :raises RevisionError: it is unknown, or among ``skip_revisions``.
        :raises ConfigError: ``get_migration_engine()`` hands over the only
            database.
        """
        from migtestkit.context.faults import walk_faults

        scope = self._only(revision)
        self._conclude(
            walk_faults(self.migrations, scope),
            scope,
            "cannot be run again",
            msg,
        )

    def assertOfflineMatchesOnline(
        self,
        revision: str | None = None,
        msg: Any = None,
        *,
        data: bool = False,
        ignore: Sequence[Ignore] = (),
    ) -> None:
        """Fail unless the SQL of ``alembic upgrade --sql`` makes the same
        schema as the upgrade.

        Each statement is executed by itself, in a second database.

        :param revision: the revision; default: all, of which those that
            cannot be written as SQL, because they ask the database
            something, are left out. One of them must be left.
        :param data: compare the rows too. What a migration makes up, such as
            a UUID or the time, differs.
        :param ignore: differences of the schemas that are meant, beside
            those of the option.
        :raises RevisionError: the revision is unknown, or among
            ``skip_revisions``; the history is empty.
        :raises ConfigError: ``get_migration_engine()`` hands over the only
            database, or env.py migrates several or cannot run offline.
        """
        rules = self._ignored(ignore, SCHEMA)
        scope = self._only_or_all(revision)
        self._conclude(
            walk_offline(self.migrations, rules, scope, data=data),
            scope,
            "differs when its SQL is run offline",
            msg,
        )

    def assertBackwardCompatible(
        self, revision: str | None = None, msg: Any = None
    ) -> None:
        """Fail where a revision breaks the application's previous release,
        which goes on running for a while.

        Statements that the tables before the revision ask for (each column is
        read and written, rows of several kinds are inserted, one is deleted)
        are sent before it and after it, in savepoints that are rolled back.
        Only those which worked before are blamed.

        What the previous release does without is declared by
        ``Intended(contract=...)``: tables, columns as ``"table.column"``, or
        ``True`` for all that the revision breaks.

        :param revision: the revision; default: all.
        :raises RevisionError: it is unknown, or among ``skip_revisions``;
            the history is empty.
        """
        from migtestkit.context.compatibility import walk_compatibility

        scope = self._only_or_all(revision)
        intended = IntendedUse(self.migrations.intended, "contract")
        self._conclude(
            walk_compatibility(self.migrations, intended, scope),
            scope,
            "breaks the previous release",
            msg,
        )

    def assertNoBlockingWork(
        self, revision: str | None = None, msg: Any = None
    ) -> None:
        """Fail where a statement goes through the rows of a table, or writes
        a table anew, while the application waits for one.

        That is: while the transaction holds a lock which others who write,
        or read, have to wait for, on a table that was there before the
        revision. Locks held for a moment only are not blamed. PostgreSQL
        tells it itself, of each statement; tables need no rows. What is not
        in a transaction, as ``CREATE INDEX`` in an ``autocommit_block()``, is
        first tried in one that is rolled back. On MySQL and MariaDB those
        statements are blamed that copy a table, by ``ALGORITHM=COPY``; the
        tables that the script names get a made-up row, for that shows it.

        What is meant is declared by ``Intended(blocking=...)``. On other
        databases the test is skipped.

        :param revision: the revision; default: all.
        :raises RevisionError: it is unknown, or among ``skip_revisions``;
            the history is empty.
        """
        from migtestkit.context.blocking import walk_blocking

        scope = self._only_or_all(revision)
        self._skip_unwatched(copies=True)
        intended = IntendedUse(self.migrations.intended, "blocking")
        self._conclude(
            walk_blocking(self.migrations, intended, scope),
            scope,
            "blocks the application",
            msg,
        )

    def assertConstantWork(self, revision: str, msg: Any = None) -> None:
        """Fail where a revision does more the more rows there are.

        It is run twice, in throw-away databases: the tables that its script
        names have two rows, then twenty. Blamed are statements that are sent
        more often, as in a loop over rows; those that write more rows, as a
        copy of a table on SQLite and MySQL does; on PostgreSQL also those
        that read all of a table.

        :param revision: the revision.
        :raises RevisionError: it is unknown, or among ``skip_revisions``.
        :raises ConfigError: ``get_migration_engine()`` hands over the only
            database.
        """
        from migtestkit.context.growth import find_growth

        scope = self._only(revision)
        found = self.migrations.history.resolve_revision(revision)
        self._conclude(
            find_growth(self.migrations, found),
            scope,
            "does more where there are more rows",
            msg,
        )

    def assertNoTableRewrite(
        self, revision: str | None = None, msg: Any = None
    ) -> None:
        """Fail where a statement writes a table anew that was there before
        the revision, with all its rows and indexes.

        On databases other than PostgreSQL the test is skipped.

        :param revision: the revision; default: all.
        :raises RevisionError: it is unknown, or among ``skip_revisions``;
            the history is empty.
        """
        from migtestkit.context.blocking import walk_rewrites

        scope = self._only_or_all(revision)
        self._skip_unwatched()
        self._conclude(
            walk_rewrites(self.migrations, scope),
            scope,
            "rewrites a table",
            msg,
        )

    def assertLockTimeoutSet(
        self, revision: str | None = None, msg: Any = None
    ) -> None:
        """Fail where a statement may wait without limit for a lock that
        blocks the application.

        While it waits, behind a long query, say, all that come after it wait
        too. ``SET lock_timeout`` in env.py or in the revision will do, and
        so does a limit of the role or of the database. On databases other
        than PostgreSQL the test is skipped.

        :param revision: the revision; default: all.
        :raises RevisionError: it is unknown, or among ``skip_revisions``;
            the history is empty.
        """
        from migtestkit.context.blocking import walk_lock_timeouts

        scope = self._only_or_all(revision)
        self._skip_unwatched()
        self._conclude(
            walk_lock_timeouts(self.migrations, scope),
            scope,
            "may wait for a lock for ever",
            msg,
        )

    def assertSchemaHealthy(
        self,
        msg: Any = None,
        *,
        allow_empty: bool = False,
        database: str | None = None,
    ) -> None:
        """Fail where something was left half done: a table of a batch
        operation that broke off; on PostgreSQL an invalid index, and a
        constraint that was never validated.

        :param allow_empty: a database without a table will do.
        :raises TableError: there is no table.
        """
        view = self.migrations.on(database)
        if not allow_empty and not self._has_tables(database):
            raise TableError("there is no table, so nothing to look at")
        with view.connect() as connection:
            found = find_ailments(connection, view.schemas(connection))
        if found:
            self._refute(msg, "\n".join(found))

    def assertForeignKeysIndexed(
        self,
        exempt: Mapping[str, str] = _NOTHING,
        msg: Any = None,
        *,
        allow_empty: bool = False,
        database: str | None = None,
    ) -> None:
        """Fail unless an index begins with the columns of each foreign key.

        Without one, each row that is deleted from the table referred to, or
        whose key changes, is searched for in all of the referring table.
        MySQL and MariaDB make such an index by themselves.

        :param exempt: foreign keys that may do without, as ``table.column``
            or ``table.(a, b)``, each with the reason.
        :param allow_empty: a database without a foreign key will do.
        :raises TableError: there is no foreign key; ``exempt`` names none,
            or one that has an index, or gives no reason.
        """
        view = self.migrations.on(database)
        with view.connect() as connection:
            found = dict(
                foreign_keys_without_index(
                    connection,
                    view.schemas(connection),
                    (view.version_table,),
                )
            )
        _check_exempt(exempt, found)
        if not found and not allow_empty:
            raise TableError("there is no foreign key, so nothing to look at")
        bare = [
            name
            for name, missing in found.items()
            if missing and name not in exempt
        ]
        if bare:
            self._refute(
                msg,
                "no index begins with the columns of "
                + listing(f"foreign key {name}" for name in sorted(bare)),
            )

    def _has_tables(self, database: str | None) -> bool:
        """Say whether a database has a table, besides the version table."""
        view = self.migrations.on(database)
        with view.connect() as connection:
            schemas = view.schemas(connection)
        return any(
            set(self._tables(schema, database)) - {view.version_table}
            for schema in schemas
        )

    def _skip_unwatched(self, *, copies: bool = False) -> None:
        from migtestkit.context.blocking import cannot_watch

        reason = cannot_watch(self.migrations, copies=copies)
        if reason:
            self.skipTest(reason)

    def _only_or_all(self, revision: str | None) -> Scope:
        if revision is not None:
            return self._only(revision)
        if not self.migrations.history.revisions:
            raise RevisionError("the history has no revision")
        return EVERYTHING

    def _only(self, revision: str) -> Scope:
        found = self.migrations.history.resolve_revision(revision)
        if found in self.migrations.skipped_revisions:
            raise RevisionError(
                f"revision {found!r} is in skip_revisions, so it is never run"
            )
        return Scope(frozenset((found,)))

    def _conclude(
        self, report: WalkReport, scope: Scope, what: str, msg: Any
    ) -> None:
        history = self.migrations.history
        if report.findings:
            self._refute(
                msg,
                f"a revision {what}\n{report.describe_findings(history)}",
            )
        if not report.tested:
            untested = report.describe_untested(history)
            self._refute(msg, f"no revision was tested\n{untested}")
        self.name_untested("revision", report.untested)


def _check_exempt(
    exempt: Mapping[str, str], found: Mapping[str, bool]
) -> None:
    for name, reason in exempt.items():
        if name not in found:
            raise TableError(
                f"exempt names {name!r}, which is no foreign key; there are "
                f"{listing(sorted(found))}{suggest(name, found)}"
            )
        if not isinstance(reason, str) or not reason.strip():
            raise TableError(f"exempt gives no reason for {name!r}")
        if not found[name]:
            raise TableError(
                f"exempt names {name!r}, which has an index; take it out"
            )
