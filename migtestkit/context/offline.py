"""Does the SQL that ``alembic upgrade --sql`` writes do what the upgrade
does?

Two databases side by side: one is upgraded, in the other each revision's
statements are executed as a database administrator would, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from migtestkit.config import IgnoreRules
from migtestkit.context.commands import offline_step
from migtestkit.context.core import MigrationContext
from migtestkit.context.roundtrip import read_contents
from migtestkit.context.walks import (
    EVERYTHING,
    Finding,
    Scope,
    Walk,
    WalkReport,
    describe_schema_change,
    go_on,
    look_at_schemas,
    start,
    step_up,
)
from migtestkit.errors import ConfigError, MigrationFailed
from migtestkit.rows import compare_rows

__unittest = True

OFFLINE = "offline SQL"
#: Alembic ends each statement, those too that have ended themselves. Who runs
#: a file never sees that, but SQLite's driver takes it for two statements.
_ENDED_TWICE = re.compile(r";\s*;\s*\Z")
_LABELS = ("after the upgrade", "after its offline SQL")


class NoOfflineSQL(ConfigError):
    """There is nothing to compare, for a reason that is no defect."""


def walk_offline(
    context: MigrationContext,
    rules: IgnoreRules | None = None,
    scope: Scope = EVERYTHING,
    *,
    data: bool = False,
) -> WalkReport:
    """Execute each revision's offline SQL, and compare what comes of it with
    what the upgrade makes.

    A revision that cannot be rendered, because it asks the database
    something, is not tested.

    :param rules: which differences of schemas to ignore.
    :param scope: which revisions to judge.
    :param data: compare the rows too.
    :raises NoOfflineSQL: there is but one database, or env.py migrates
        several, or env.py cannot run offline.
    """
    if context.config.get_migration_engine is not None:
        raise NoOfflineSQL(
            "offline SQL is executed in a second database, and "
            "get_migration_engine() hands over only one"
        )
    if len(context.databases) > 1:
        raise NoOfflineSQL(
            "env.py migrates several databases, and writes the SQL of each "
            "to a place of its own, so it cannot be told whose is whose"
        )
    with Walk(context) as online, Walk(context) as offline:
        left = start(online, scope)
        offline.take(online.applied)
        walk = _OfflineWalk(online, offline, rules, data)
        for revision in left:
            if scope.first_only and online.report.findings:
                break
            if not walk.take(revision, scope.judges(revision)):
                break
        return online.report.limit(scope, context.history)


class _OfflineWalk:
    """Two databases, at the same revision whenever one is taken."""

    def __init__(
        self,
        online: Walk,
        offline: Walk,
        rules: IgnoreRules | None,
        data: bool,
    ) -> None:
        self._online = online
        self._offline = offline
        self._rules = rules
        self._data = data
        self._failed: set[str] = set()

    def take(self, revision: str, judged: bool) -> bool:
        """Apply a revision to both; say whether it is possible to go on."""
        online, offline = self._online, self._offline
        if online.blocked(revision, self._failed):
            return True
        applied = online.applied
        try:
            online.database.apply_revisions([revision])
        except MigrationFailed as failure:
            online.give_up([revision], f"its upgrade fails: {failure.error}")
            self._failed.add(revision)
            return go_on(online, applied, ())
        if judged and revision not in online.database.skipped_revisions:
            if self._same(revision, applied):
                return True
        return go_on(offline, applied | {revision}, ())

    def _same(self, revision: str, applied: frozenset[str]) -> bool:
        """Say whether the second database is now as the first."""
        report, database = self._online.report, self._offline.database
        heads = database.current_heads
        try:
            statements = offline_step(
                database.environment, step_up(database, revision), heads
            )
        except MigrationFailed as failure:
            self._online.give_up(
                [revision],
                "it cannot be written as SQL without a database: "
                f"{failure.error}",
            )
            return False
        except ConfigError as error:
            raise NoOfflineSQL(str(error)) from None
        report.tested.append(revision)
        problem = _executed(database, statements) or self._difference()
        if problem:
            report.findings.append(Finding(revision, OFFLINE, problem))
        return not problem

    def _difference(self) -> str:
        online, offline = self._online.database, self._offline.database
        text = describe_schema_change(
            look_at_schemas(online),
            look_at_schemas(offline),
            *_LABELS,
            self._rules,
        )
        if online.current_heads != offline.current_heads:
            text += (
                f"\nthe version table holds {offline.current_heads!r}, not "
                f"{online.current_heads!r}"
            )
        if self._data and not text:
            text = _other_rows(online, offline)
        return text.strip("\n")


def _executed(
    context: MigrationContext, statements: Sequence[str]
) -> str:
    """Execute statements as they are; return what the database refused."""
    context._databases.expect_changes()
    with context.connect() as connection:
        # Their own BEGIN and COMMIT are among them, and a % in them is one.
        connection = connection.execution_options(
            isolation_level="AUTOCOMMIT", no_parameters=True
        )
        for number, statement in enumerate(statements, 1):
            try:
                connection.exec_driver_sql(_ENDED_TWICE.sub(";", statement))
            except Exception as error:
                original = getattr(error, "orig", None) or error
                return (
                    f"the database refuses statement {number}: {original}\n"
                    f"  {statement}"
                )
    return ""


def _other_rows(online: MigrationContext, offline: MigrationContext) -> str:
    parts = []
    here = read_contents(offline, rows=True)
    for table, content in read_contents(online, rows=True).items():
        difference = compare_rows(
            content.rows, here[table].rows, content.key
        )
        if difference:
            parts.append(f"table {table!r}:\n{difference.describe()}")
    return "\n".join(parts)
