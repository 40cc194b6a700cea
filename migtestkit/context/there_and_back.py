"""Can each revision of a history be applied, reverted and applied again?

As many revisions as possible go through one run of env.py, committed after
each step: a run for each step would cost more than the migrations do. One
that fails there is tried again by itself, each step in a run of its own, in a
clean database, and that is what counts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.runtime.migration import MigrationContext as AlembicContext
from alembic.runtime.migration import MigrationStep

from migtestkit import alembic_api
from migtestkit.config import IgnoreRules
from migtestkit.context.core import MigrationContext
from migtestkit.context.walks import (
    EVERYTHING,
    UPGRADE,
    Finding,
    Scope,
    Walk,
    WalkReport,
    describe_schema_change,
    go_on,
    look_at_schemas,
    step_up,
)
from migtestkit.environment import Location, describe_failure
from migtestkit.errors import MigrationFailed
from migtestkit.schema import SchemaLook, look_at_schema

__unittest = True

DOWNGRADE = "downgrade"
SECOND_UPGRADE = "second upgrade, after the downgrade"
TRACE = "traces left by the downgrade"

_LABELS = ("before the upgrade", "after the downgrade")


def walk_up_down_up(
    context: MigrationContext, scope: Scope = EVERYTHING
) -> WalkReport:
    """Take each revision up, down and up again, in upgrade order.

    :param scope: which revisions to judge.
    """
    kind = _Kind(traces=False, scope=scope)
    return _walk(context, kind).limit(scope, context.history)


def walk_traces(
    context: MigrationContext,
    rules: IgnoreRules | None = None,
    scope: Scope = EVERYTHING,
) -> WalkReport:
    """Take each revision up and down, and compare the schema before with the
    schema after, by the database's own catalogue.

    :param rules: what to ignore.
    :param scope: which revisions to judge.
    """
    kind = _Kind(traces=True, rules=rules, scope=scope)
    return _walk(context, kind).limit(scope, context.history)


@dataclass(frozen=True)
class _Kind:
    """What a walk is after.

    :ivar traces: what a downgrade leaves; else whether the second upgrade
        works.
    :ivar rules: which traces to ignore.
    :ivar scope: which revisions to judge.
    """

    traces: bool
    rules: IgnoreRules | None = None
    scope: Scope = EVERYTHING


def _walk(context: MigrationContext, kind: _Kind) -> WalkReport:
    with Walk(context) as walk:
        walk.take(())
        revisions = kind.scope.reach(walk.history.revisions)
        failed: set[str] = set()
        at = 0
        together = len(walk.database.databases) == 1
        while at < len(revisions):
            if kind.scope.first_only and walk.report.findings:
                break
            if together:
                run = _OneRun(walk, kind, revisions, at, failed)
                run.go()
                together, at = run.usable, run.at
                if run.broken and not go_on(walk, run.applied, revisions[at:]):
                    break
                if not run.stopped:
                    continue
            if not _alone(walk, kind, revisions, at, failed):
                break
            at += 1
        if not walk.report.tested:
            _say_what_was_left_out(walk)
        return walk.report


class _OneRun:
    """Revisions that go through one run of env.py, up to the first that has
    to be looked at by itself.

    :ivar at: index of the first revision that did not come through.
    :ivar applied: what is applied when that one's turn comes.
    :ivar stopped: whether that one has to be taken by itself.
    :ivar broken: whether the database is of no more use.
    :ivar usable: whether other runs of this kind make sense.
    """

    def __init__(
        self,
        walk: Walk,
        kind: _Kind,
        revisions: Sequence[str],
        at: int,
        failed: set[str],
    ) -> None:
        self._walk = walk
        self._kind = kind
        self._revisions = revisions
        self._failed = failed
        self._first = at
        self._tested: list[str] = []
        self._ended = False
        self._phase = UPGRADE
        self._pending: tuple[SchemaLook, SchemaLook] | None = None
        self.at = at
        self.stopped = True
        self._before = self.applied = walk.applied
        self.broken = False
        self.usable = True
        self._stays = (
            walk.database.kept_revisions | walk.database.skipped_revisions
        )

    def go(self) -> None:
        """Make the run."""
        database = self._walk.database
        if not self._fit():
            return
        try:
            database.run_uncut(self._plan)
        except MigrationFailed as failure:
            self.broken = True
            if not self._ended and not self._walk.renewable:
                # It cannot be tried again.
                self._tell(failure)
            if self._ended:
                # Nothing of it was kept, so nothing of it was tested.
                self._start_over()
        if not self.usable:
            self._start_over()
        self._walk.report.tested.extend(self._tested)
        if self._pending is not None and self.usable:
            self._explain(*self._pending)
        elif self._ended and self.usable:
            self.stopped = self.at < len(self._revisions)

    def _tell(self, failure: MigrationFailed) -> None:
        if self._phase == DOWNGRADE:
            _tell_downgrade(self._walk, failure)
        elif self._phase == UPGRADE or not self._kind.traces:
            self._walk.report.fail(failure, self._phase)
        self.at += 1

    def _explain(self, before: SchemaLook, after: SchemaLook) -> None:
        """Tell, after the run, whether two looks that are not the same at
        first sight really differ."""
        revision = self._revisions[self.at]
        text = describe_schema_change(
            {None: before}, {None: after}, *_LABELS, self._kind.rules
        )
        if text:
            self._walk.report.findings.append(Finding(revision, TRACE, text))
            self.broken = True
        else:
            self.broken = not _applied_again(self._walk, revision)
        self._walk.report.tested.append(revision)
        self.applied |= {revision}
        self.at += 1
        self.stopped = False

    def _start_over(self) -> None:
        self.usable, self.at = False, self._first
        self.applied, self._tested = self._before, []

    def _fit(self) -> bool:
        """Say whether the revision at hand can share a run with others."""
        revision = self._revisions[self.at]
        return not self._walk.database.has_revision_data(revision)

    def _plan(
        self,
        location: Location,
        heads: tuple[str, ...],
        context: AlembicContext,
    ) -> Iterator[MigrationStep]:
        if not alembic_api.can_commit_between_steps(context):
            self.usable = False
            return
        while self.at < len(self._revisions) and self._fit():
            revision = self._revisions[self.at]
            if not self._walk.blocked(revision, self._failed):
                for step in self._round(revision, location, context):
                    yield step
                    if not self._committed(step, context):
                        self.usable, self.broken = False, True
                        return
                if self._pending is not None:
                    return
                self.applied |= {revision}
            self.at += 1
        self._ended = True

    def _committed(self, step: MigrationStep, context: AlembicContext) -> bool:
        """Commit a step; say whether that can be done here at all.

        :raises MigrationFailed: a constraint that is checked at the end of
            the transaction refuses it.
        """
        try:
            return alembic_api.commit_between_steps(context)
        except Exception as error:
            raise describe_failure(
                self._walk.history,
                alembic_api.step_revision(step),
                "upgrade" if step.is_upgrade else "downgrade",
                error,
            ) from None

    def _round(
        self, revision: str, location: Location, context: AlembicContext
    ) -> Iterator[MigrationStep]:
        """Yield the steps of one revision, phase by phase; end, with looks
        ``_pending``, where it left a trace as it seems."""
        database, history = self._walk.database, self._walk.history
        self._phase = UPGRADE
        stays = revision in self._stays or not self._kind.scope.judges(
            revision
        )
        reason = irreversible_reason(database, revision)
        if not stays and reason is not None:
            self._walk.give_up([revision], reason)
        if stays or reason is not None:
            yield step_up(database, revision)
            return
        before = self._look(location, context)
        yield step_up(database, revision)
        self._phase = DOWNGRADE
        yield alembic_api.downgrade_step(
            database.environment.scripts.directory,
            revision,
            history.unrequired,
        )
        if before is not None:
            after = self._look(location, context)
            assert after is not None
            if not before.same_as(after):
                self._pending = before, after
                return
        self._phase = SECOND_UPGRADE
        yield step_up(database, revision)
        self._tested.append(revision)

    def _look(
        self, location: Location, context: AlembicContext
    ) -> SchemaLook | None:
        if not self._kind.traces:
            return None
        assert context.connection is not None
        try:
            return look_at_schema(
                context.connection, exclude=(location.table,)
            )
        finally:
            alembic_api.end_look(context)


# -- a revision by itself -----------------------------------------------------


def _alone(
    walk: Walk,
    kind: _Kind,
    revisions: Sequence[str],
    at: int,
    failed: set[str],
) -> bool:
    """Take one revision there and back, each step in a run of its own, and
    leave a database in which it is applied, if it can be; say whether there
    is one to go on with."""
    revision, rest = revisions[at], revisions[at + 1:]
    if walk.blocked(revision, failed):
        return True
    applied = walk.applied
    before = look_at_schemas(walk.database) if kind.traces else {}
    try:
        walk.database.apply_revisions([revision])
    except MigrationFailed as failure:
        walk.report.fail(failure, UPGRADE)
        failed.add(revision)
        return go_on(walk, applied, rest)
    if not kind.scope.judges(revision):
        return True
    if _down_and_more(walk, kind, revision, before):
        return True
    return go_on(walk, applied | {revision}, rest)


def _down_and_more(
    walk: Walk, kind: _Kind, revision: str, before: Any
) -> bool:
    """Say whether the database is fit to go on with."""
    database = walk.database
    if revision in database.kept_revisions | database.skipped_revisions:
        return True
    reason = irreversible_reason(database, revision)
    if reason is not None:
        walk.give_up([revision], reason)
        return True
    try:
        database.revert_revisions([revision])
    except MigrationFailed as failure:
        _tell_downgrade(walk, failure)
        return False
    walk.report.tested.append(revision)
    if kind.traces:
        text = describe_schema_change(
            before, look_at_schemas(database), *_LABELS, kind.rules
        )
        if text:
            walk.report.findings.append(Finding(revision, TRACE, text))
            return False
        # That it fails is for the up-down check to report.
        return _applied_again(walk, revision)
    try:
        database.apply_revisions([revision])
    except MigrationFailed as failure:
        walk.report.fail(failure, SECOND_UPGRADE)
        return False
    return True


def _applied_again(walk: Walk, revision: str) -> bool:
    with contextlib.suppress(MigrationFailed):
        walk.database.apply_revisions([revision])
        return True
    return False


def irreversible_reason(
    context: MigrationContext, revision: str
) -> str | None:
    """Return why a downgrade is not to be tested, if something says so."""
    declared = context.irreversible.get(revision)
    if declared is not None:
        return f"declared irreversible: {declared}"
    if not context.history.has_downgrade(revision):
        return "the script has no downgrade() function"
    return None


def _tell_downgrade(walk: Walk, failure: MigrationFailed) -> None:
    if failure.error_type == "NotImplementedError":
        walk.give_up([failure.revision], _not_implemented(failure))
    else:
        walk.report.fail(failure, DOWNGRADE)


def _not_implemented(failure: MigrationFailed) -> str:
    text = failure.error
    said = "" if text in ("", "no message") else f": {text}"
    return f"its downgrade raises NotImplementedError{said}"


def _say_what_was_left_out(walk: Walk) -> None:
    """Where no downgrade was tested, the options that asked for it are a
    reason to name."""
    database = walk.database
    for revision in walk.history.revisions:
        if revision in database.skipped_revisions:
            walk.give_up([revision], "it is one of skip_revisions")
        elif revision in database.kept_revisions:
            walk.give_up(
                [revision], "minimum_downgrade_revision keeps it applied"
            )
