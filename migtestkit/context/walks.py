"""What comes to light when the whole history is walked?

Each walk collects every failing revision and returns a report; whether that
makes a test fail, and in which words, is decided above.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.runtime.migration import MigrationStep

from migtestkit import alembic_api
from migtestkit.config import IgnoreRules
from migtestkit.context.core import MigrationContext
from migtestkit.errors import ConfigError, MigrationFailed
from migtestkit.history import RevisionHistory
from migtestkit.schema import (
    SchemaLook,
    describe_differences,
    look_at_schema,
)

__unittest = True

UPGRADE = "upgrade"
UPGRADE_ALONE = "upgrade, only when each revision is run by itself"
UPGRADE_AT_ONCE = "upgrade, only when the whole history is run at once"

Looks = Mapping[str | None, SchemaLook]


@dataclass(frozen=True)
class Finding:
    """One revision's defect.

    :ivar revision: its id.
    :ivar phase: what was done to it.
    :ivar text: what happened.
    """

    revision: str
    phase: str
    text: str


@dataclass(frozen=True)
class Scope:
    """Which revisions a walk judges, and when it stops.

    :ivar judged: the revisions; ``None``: all. The others are applied where
        these need them, no more. One that cannot be applied is told where a
        judged one needs it.
    :ivar first_only: stop at the first finding.
    """

    judged: frozenset[str] | None = None
    first_only: bool = False

    def judges(self, revision: str) -> bool:
        """Say whether a revision is judged."""
        return self.judged is None or revision in self.judged

    def reach(self, revisions: Sequence[str]) -> Sequence[str]:
        """Return the revisions up to the last that is judged: what lies
        beyond it is of no use to a walk in upgrade order."""
        for at in range(len(revisions), 0, -1):
            if self.judges(revisions[at - 1]):
                return revisions[:at]
        return ()

    def within(
        self, findings: Iterable[Finding], history: RevisionHistory
    ) -> list[Finding]:
        """Return the findings that count here."""
        if self.judged is None:
            return list(findings)
        return [
            one
            for one in findings
            if one.revision in self.judged
            or (
                one.phase.startswith(UPGRADE)
                and history.dependents(one.revision) & self.judged
            )
        ]


EVERYTHING = Scope()


@dataclass
class WalkReport:
    """What a walk found.

    :ivar tested: revisions that were tested in full.
    :ivar findings: the defects.
    :ivar untested: revision -> why it was not tested.
    """

    tested: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    untested: dict[str, str] = field(default_factory=dict)

    def limit(self, scope: Scope, history: RevisionHistory) -> WalkReport:
        """Leave out what a scope does not judge; return the report."""
        self.findings = scope.within(self.findings, history)
        self.tested = [one for one in self.tested if scope.judges(one)]
        self.untested = {
            one: reason
            for one, reason in self.untested.items()
            if scope.judges(one)
        }
        return self

    def fail(self, failure: MigrationFailed, phase: str) -> None:
        """Note a revision that raised."""
        self.findings.append(
            Finding(failure.revision, phase, str(failure))
        )

    def describe_findings(self, history: RevisionHistory) -> str:
        """Return every finding with its revision and file."""
        parts = []
        for one in self.findings:
            parts.append(f"  {history.describe(one.revision)}: {one.phase}")
            path = history.path(one.revision)
            if path not in one.text:
                parts.append(f"    file: {path}")
            parts.extend(f"    {line}" for line in one.text.splitlines())
        return "\n".join(parts)

    def describe_untested(self, history: RevisionHistory) -> str:
        """Return every revision that was not tested, with the reason."""
        return "\n".join(
            f"  {history.describe(revision)}: {reason}"
            for revision, reason in self.untested.items()
        )


class Walk:
    """The database at hand, exchanged for a clean one after a failure."""

    def __init__(self, context: MigrationContext) -> None:
        self._origin = context
        self._stack = contextlib.ExitStack()
        self.report = WalkReport()
        self.history = context.history
        self.database = context
        self._own_used = False
        #: Revisions that need one that cannot be applied.
        self._stopped: set[str] = set()

    def __enter__(self) -> Walk:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def take(self, applied: Iterable[str]) -> None:
        """Go on with a clean database at which just these are applied.

        :raises ConfigError: there is no other database.
        """
        if not self.renewable:
            if self._own_used or self._origin.applied:
                raise ConfigError(
                    "the walk needs a clean database to go on, and "
                    "get_migration_engine() hands over only one"
                )
            self._own_used = True
            self.database = self._origin
        else:
            self._renew()
        revisions = self.history.in_order(applied)
        if not revisions:
            return
        try:
            self.database.apply_revisions(revisions, reuse=True)
        except MigrationFailed:
            if self.database is self._origin:
                raise
            # Some histories fail in one run and pass revision by revision.
            self._renew()
            for revision in revisions:
                self.database.apply_revisions([revision])

    @property
    def renewable(self) -> bool:
        """Whether there can be more databases than one."""
        return self._origin.config.get_migration_engine is None

    def _renew(self) -> None:
        self._stack.close()
        self.database = self._stack.enter_context(self._origin.fresh())

    @property
    def applied(self) -> frozenset[str]:
        """What is applied in every database."""
        return frozenset.intersection(
            *(
                self.database.on(name).applied
                for name in self.database.databases
            )
        )

    def blocked(self, revision: str, failed: set[str]) -> bool:
        """Say whether a revision needs one that cannot be applied."""
        if not failed:
            return False
        needed = failed.difference(
            self.history.unrequired(failed, [revision])
        )
        if needed:
            failed.add(revision)
            # Those that failed, not all that stand on them.
            self._stopped.add(revision)
            names = ", ".join(self.history.in_order(needed - self._stopped))
            self.give_up(
                [revision], f"it needs {names}, which cannot be applied"
            )
        return bool(needed)

    def give_up(self, revisions: Iterable[str], reason: str) -> None:
        """Note what cannot be tested any more."""
        for revision in revisions:
            self.report.untested.setdefault(revision, reason)


def start(walk: Walk, scope: Scope) -> Sequence[str]:
    """Take a database at which all below the first revision judged is
    applied, where that is possible, else an empty one; return the revisions
    that are left to walk."""
    revisions = scope.reach(walk.history.revisions)
    below = list(
        itertools.takewhile(lambda one: not scope.judges(one), revisions)
    )
    try:
        walk.take(below)
    except MigrationFailed:
        walk.take(())
        return revisions
    return revisions[len(below):]


def look_at_schemas(context: MigrationContext) -> Looks:
    """Look at the schema of each database of a context, version tables left
    out."""
    found = {}
    for name in context.databases:
        version_table = context.on(name).version_table
        with context.connect(database=name) as connection:
            found[name] = look_at_schema(connection, exclude=(version_table,))
    return found


def describe_schema_change(
    before: Looks,
    after: Looks,
    before_label: str,
    after_label: str,
    rules: IgnoreRules | None = None,
) -> str:
    """Return in what the schemas differ, nothing if they do not.

    :param rules: what to ignore.
    """
    parts = []
    for name, look in before.items():
        differences = look.differences(after[name])
        if rules is not None:
            differences = tuple(
                one for one in differences if not rules.drops(one)
            )
        if differences:
            text = describe_differences(
                differences, before_label=before_label, after_label=after_label
            )
            parts.append(text if name is None else f"{name}:\n{text}")
    return "\n".join(parts)


# -- upgrades -----------------------------------------------------------------


def walk_upgrades(
    context: MigrationContext, scope: Scope = EVERYTHING
) -> WalkReport:
    """Upgrade the whole history twice: in env.py's own way, in one run, and
    revision by revision, each in a run of its own.

    What fails in one way only is told apart.

    :param scope: which revisions to judge.
    """
    return _walk_upgrades(context, scope).limit(scope, context.history)


def _walk_upgrades(context: MigrationContext, scope: Scope) -> WalkReport:
    with Walk(context) as walk:
        revisions = scope.reach(walk.history.revisions)
        in_one_run = _upgrade_in_one_run(walk, revisions)
        if in_one_run is not None and scope.first_only:
            walk.report.fail(in_one_run, UPGRADE)
            return walk.report
        try:
            walk.take(())
        except ConfigError:
            if in_one_run is not None:
                walk.report.fail(in_one_run, UPGRADE)
            return walk.report
        _upgrade_one_by_one(walk, revisions, scope)
        _tell_apart(walk.report, in_one_run)
        return walk.report


def step_up(context: MigrationContext, revision: str) -> MigrationStep:
    """Return the step that applies a revision; one of ``skip_revisions`` is
    stamped, not run."""
    step = alembic_api.upgrade_step(
        context.environment.scripts.directory,
        revision,
        context.history.unrequired,
    )
    if revision in context.skipped_revisions:
        return alembic_api.without_running(step)
    return step


def _upgrade_in_one_run(
    walk: Walk, revisions: Sequence[str]
) -> MigrationFailed | None:
    walk.take(())
    database, history = walk.database, walk.history

    def plan(
        location: Any, heads: tuple[str, ...], _: Any
    ) -> Iterator[MigrationStep]:
        done = history.closure(heads)
        for revision in revisions:
            if revision not in done:
                yield step_up(database, revision)

    try:
        database.run_uncut(plan, due=revisions)
    except MigrationFailed as failure:
        return failure
    walk.report.tested.extend(
        one for one in revisions if one not in database.skipped_revisions
    )
    return None


def _tell_apart(
    report: WalkReport, in_one_run: MigrationFailed | None
) -> None:
    stepwise = {one.revision for one in report.findings}
    if in_one_run is None:
        report.findings = [
            Finding(
                one.revision,
                UPGRADE_ALONE,
                one.text + "\n  it passes in one run of `alembic upgrade "
                "heads`; something it needs, of the connection, the "
                "transaction or the process, is lost between two runs",
            )
            for one in report.findings
        ]
    elif in_one_run.revision not in stepwise:
        report.findings.append(
            Finding(
                in_one_run.revision,
                UPGRADE_AT_ONCE,
                f"{in_one_run}\n  it passes when each revision is run by "
                "itself; in one run of `alembic upgrade heads` it shares "
                "env.py's transaction and connection with those before it",
            )
        )


def _upgrade_one_by_one(
    walk: Walk, revisions: Sequence[str], scope: Scope
) -> None:
    """Apply revisions, each in its own run; go on behind a failing one with
    all that does not need it."""
    failed: set[str] = set()
    for index, revision in enumerate(revisions):
        if walk.blocked(revision, failed):
            continue
        applied = walk.applied
        try:
            walk.database.apply_revisions([revision])
        except MigrationFailed as failure:
            walk.report.fail(failure, UPGRADE)
            failed.add(revision)
            if scope.first_only:
                return
            if not go_on(walk, applied, revisions[index + 1:]):
                return


def apply(walk: Walk, revision: str, failed: set[str]) -> bool:
    """Apply a revision that is not judged; say whether it is possible to go
    on."""
    applied = walk.applied
    try:
        walk.database.apply_revisions([revision])
    except MigrationFailed as failure:
        walk.give_up([revision], f"its upgrade fails: {failure.error}")
        failed.add(revision)
        return go_on(walk, applied, ())
    return True


def go_on(
    walk: Walk, applied: Iterable[str], rest: Sequence[str]
) -> bool:
    """Take a clean database after a failure; say whether there is one."""
    try:
        walk.take(applied)
    except ConfigError as error:
        walk.give_up(rest, str(error))
        return False
    except MigrationFailed as failure:
        walk.give_up(
            rest,
            f"a clean database could not be brought there: {failure.revision} "
            f"failed to {failure.direction}",
        )
        return False
    return True
