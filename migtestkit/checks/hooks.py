"""Does each migration do to rows and tables what its hooks say?"""

from __future__ import annotations

import unittest
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from migtestkit.assertions import HistoryAssertions
from migtestkit.checks.hook_methods import (
    CHECK,
    CHECK_DOWNGRADE,
    PRE_DOWNGRADE,
    PRE_UPGRADE,
    Hook,
    Hooks,
    at_revision,
    find_hooks,
    source_of,
)
from migtestkit.context import MigrationContext
from migtestkit.context.there_and_back import (
    DOWNGRADE,
    SECOND_UPGRADE,
    irreversible_reason,
)
from migtestkit.context.walks import UPGRADE, Finding, WalkReport
from migtestkit.errors import MigrationFailed, RevisionError

__unittest = True

__all__ = ["RevisionHooks", "at_revision"]


class RevisionHooks(HistoryAssertions):
    """One test that walks the whole history, and calls the test class's own
    methods on the way.

    For a revision ``8f1e`` these are, each of them optional:

    - ``pre_upgrade_8f1e(self)``, just before its upgrade: insert rows;
    - ``check_8f1e(self, data)``, just after: look at them. ``data`` is what
      ``pre_upgrade_8f1e`` returned;
    - ``pre_downgrade_8f1e(self)`` and ``check_downgrade_8f1e(self, data)``,
      the same around its downgrade.

    ::

        class TestMigrations(RevisionHooks, MigrationTestCase):
            def pre_upgrade_8f1e(self):
                self.insert_into("user", {"id": 1, "full_name": "Ada L."})

            def check_8f1e(self):
                self.assertRows("user", [{"id": 1, "first_name": "Ada"}])

    A partial id will do where it is unique; an id that is no identifier goes
    into :func:`~migtestkit.at_revision`. A hook takes what it has
    parameters for: by name ``connection`` (or ``conn``) and ``engine``, and a
    check one more, the data. What is written by such a connection is
    committed after the hook. The names of OpenStack's suites,
    ``_pre_upgrade_8f1e(self,
    connection)`` and ``_check_8f1e(self, connection, data)``, are hooks too,
    so that those suites move unedited.

    The walk applies each revision in a run of its own, in upgrade order.
    Where there is a hook for a downgrade, it then reverts from the heads
    down all that has to go for that one, and applies it again.
    """

    def test_revision_hooks(self) -> None:
        """Every hook of the class holds, and every hook runs.

        All failing revisions are listed by one ``AssertionError``. Without a
        hook, or with empty ones only, the test is skipped.

        :raises RevisionError: a hook's name means no revision, or several;
            two hooks are for the same moment; a hook is for one of
            ``skip_revisions``, cannot be called, or moves the database.
        """
        hooks = find_hooks(self, self.migrations, HistoryAssertions)
        if not hooks:
            self.skipTest(
                f"{type(self).__name__} has no hook, so no revision was "
                "looked at; write a method check_<revision>(self)"
            )
        report = _HookWalk(self.migrations, hooks).run()
        self.conclude_walk(
            report,
            "these revisions do not hold what their hooks say",
            "no hook looked at anything",
        )

    def assertEveryRevisionTested(
        self,
        since: str | Sequence[str] | None = None,
        exempt: Mapping[str, str] | None = None,
        msg: Any = None,
        *,
        allow_empty: bool = False,
    ) -> None:
        """Fail unless each revision has a ``check_`` hook that does
        something.

        :param since: this revision and all that it requires are left out; a
            sequence gives one for each branch.
        :param exempt: revision -> why it needs none.
        :param allow_empty: there may be no revision after ``since`` yet.
        :raises RevisionError: an unknown revision; an exemption that is not
            needed, or has no reason; no revision to look at.
        """
        history = self.migrations.history
        hooks = find_hooks(self, self.migrations, HistoryAssertions)
        old = history.closure(
            history.resolve_revision(one)
            for one in ([since] if isinstance(since, str) else since or ())
        )
        wanted = [one for one in history.revisions if one not in old]
        excused = self._excused(exempt or {}, wanted, hooks)
        if not wanted and not allow_empty:
            raise RevisionError(
                f"no revision comes after {since!r}, so there is nothing to "
                "test; allow_empty=True says that this is right"
                if wanted != list(history.revisions)
                else "the history has no revision"
            )
        lines = []
        for revision in wanted:
            hook = hooks.get((CHECK, revision))
            if revision in excused or _looks(hook):
                continue
            lines.append(f"  {history.describe(revision)}")
            if hook is not None:
                lines.append(f"    {hook.name} is empty")
            lines.append(f"    file: {history.path(revision)}")
        if lines:
            self._refute(
                msg,
                "these revisions have no check_<revision> hook\n"
                + "\n".join(lines),
            )

    def _excused(
        self, exempt: Mapping[str, str], wanted: Sequence[str], hooks: Hooks
    ) -> set[str]:
        """Return the revisions of ``exempt``, every one of which is needed."""
        history = self.migrations.history
        found = set()
        for name, reason in exempt.items():
            try:
                revision = history.resolve_revision(name)
            except RevisionError as error:
                raise RevisionError(f"exempt: {error}") from None
            if not isinstance(reason, str) or not reason.strip():
                raise RevisionError(
                    f"exempt gives no reason for {name!r}; write why it "
                    "needs no test"
                )
            hook = hooks.get((CHECK, revision))
            needless = ""
            if hook is not None and _looks(hook):
                needless = f"{hook.name} tests it"
            elif revision not in wanted:
                needless = "it is not after since"
            if needless:
                raise RevisionError(
                    f"exempt names {name!r}, which needs no exemption: "
                    f"{needless}; take it out"
                )
            found.add(revision)
        return found


def _looks(hook: Hook | None) -> bool:
    return hook is not None and not hook.says_nothing


class _Reason(NamedTuple):
    """Why a hook did not run.

    :ivar text: in words.
    :ivar reported: whether a finding is at the bottom of it.
    """

    text: str
    reported: bool


class _HookWalk:
    """One walk up, and down as far as hooks ask for it, on the test's own
    database."""

    def __init__(self, context: MigrationContext, hooks: Hooks) -> None:
        self._context = context
        self._history = context.history
        self._hooks = hooks
        self._report = WalkReport()
        self._data: dict[tuple[str, str], Any] = {}
        self._called: set[Hook] = set()
        self._bad: set[Hook] = set()
        self._empty: dict[str, str] = {}
        #: revision -> why its upgrade, or its downgrade, was not made.
        self._not_applied: dict[str, _Reason] = {}
        self._not_reverted: dict[str, _Reason] = {}

    def run(self) -> WalkReport:
        """Walk; return what came to light."""
        self._up()
        self._down()
        for hook in self._in_order():
            if hook not in self._called:
                self._never_ran(hook)
        for revision, text in self._empty.items():
            if revision not in self._report.tested:
                self._report.untested.setdefault(revision, text)
        return self._report

    def _in_order(self) -> list[Hook]:
        phases = [PRE_UPGRADE, CHECK, PRE_DOWNGRADE, CHECK_DOWNGRADE]
        return [
            self._hooks[phase, revision]
            for revision in self._history.revisions
            for phase in phases
            if (phase, revision) in self._hooks
        ]

    def _never_ran(self, hook: Hook) -> None:
        reason = self._not_applied.get(hook.revision)
        if reason is None and hook.phase in (PRE_DOWNGRADE, CHECK_DOWNGRADE):
            reason = self._not_reverted.get(hook.revision)
        if reason is None:
            reason = _Reason("its revision was not reached", False)
        if reason.reported:
            self._report.untested.setdefault(
                hook.revision, f"{hook.name} did not run: {reason.text}"
            )
        else:
            self._report.findings.append(
                Finding(hook.revision, f"{hook.name} never ran", reason.text)
            )

    # -- up ------------------------------------------------------------------

    def _up(self) -> None:
        context, history = self._context, self._history
        done = self._applied()
        for revision in history.revisions:
            if revision in context.skipped_revisions:
                continue
            if revision in done:
                self._not_applied[revision] = _Reason(
                    f"the walk begins at {context.config.start_revision!r}, "
                    "where its revision is applied already",
                    False,
                )
                continue
            missing = history.requirements(revision) & set(self._not_applied)
            missing -= done
            if missing:
                names = ", ".join(history.in_order(missing))
                reason = f"it needs {names}, which cannot be applied"
                self._not_applied[revision] = _Reason(reason, True)
                self._report.untested[revision] = reason
                continue
            self._apply(revision)

    def _apply(self, revision: str) -> None:
        context = self._context
        try:
            for name in context.databases:
                context.migrate_up_before(revision, database=name)
            self._call(PRE_UPGRADE, revision)
            # Not migrate_up_one(): a hook may have made it forget which.
            context.apply_revisions([revision])
        except MigrationFailed as failure:
            self._report.fail(failure, UPGRADE)
            self._not_applied[revision] = _Reason("its upgrade failed", True)
            return
        self._call(CHECK, revision)

    # -- down ----------------------------------------------------------------

    def _down(self) -> None:
        """Revert from the heads down what has to go so that the downgrades
        with hooks can be made, and apply it again."""
        history = self._history
        wanted = {
            hook.revision
            for hook in self._hooks.values()
            if hook.phase in (PRE_DOWNGRADE, CHECK_DOWNGRADE)
            and hook.revision not in self._not_applied
        }
        doomed = wanted.union(*(history.dependents(one) for one in wanted))
        doomed &= self._applied()
        self._settle(wanted, doomed)
        reverted = [
            revision
            for revision in reversed(history.in_order(doomed))
            if revision not in self._not_reverted and self._revert(revision)
        ]
        for revision in reversed(reverted):
            if not self._apply_again(revision):
                break

    def _settle(self, wanted: set[str], doomed: set[str]) -> None:
        """Leave alone what cannot be reverted, all that it stands on, and
        what would go for no hook's sake."""
        context, history = self._context, self._history
        for revision in history.in_order(doomed):
            reason: str | None = None
            if revision in context.kept_revisions:
                reason = "minimum_downgrade_revision keeps it applied"
            elif revision not in context.skipped_revisions:
                reason = irreversible_reason(context, revision)
            if reason is not None:
                self._keep(revision, reason, doomed)
        free = wanted - set(self._not_reverted)
        needed = free.union(*(history.dependents(one) for one in free))
        doomed &= needed

    def _keep(self, revision: str, reason: str, doomed: set[str]) -> None:
        self._not_reverted[revision] = _Reason(reason, False)
        for below in self._history.requirements(revision) & doomed:
            self._not_reverted.setdefault(
                below,
                _Reason(
                    f"{revision} stands on it and stays applied: {reason}",
                    False,
                ),
            )

    def _revert(self, revision: str) -> bool:
        above = self._history.dependents(revision) & self._applied()
        if above:
            names = ", ".join(self._history.in_order(above))
            self._not_reverted[revision] = _Reason(
                f"{names} stands on it and was not reverted", True
            )
            return False
        self._call(PRE_DOWNGRADE, revision)
        try:
            self._context.revert_revisions([revision])
        except MigrationFailed as failure:
            self._report.fail(failure, DOWNGRADE)
            self._not_reverted[revision] = _Reason(
                "its downgrade failed", True
            )
            return False
        self._call(CHECK_DOWNGRADE, revision)
        return True

    def _apply_again(self, revision: str) -> bool:
        try:
            self._context.apply_revisions([revision])
        except MigrationFailed as failure:
            self._report.fail(failure, SECOND_UPGRADE)
            return False
        return True

    # -- hooks ---------------------------------------------------------------

    def _call(self, phase: str, revision: str) -> None:
        hook = self._hooks.get((phase, revision))
        if hook is None:
            return
        source = source_of(self._hooks, hook)
        data = None
        if source is not None:
            if source in self._bad and "data" in hook.wants.values():
                self._called.add(hook)
                self._report.untested.setdefault(
                    revision,
                    f"{hook.name} did not run: {source.name} gave it no data",
                )
                return
            data = self._data.get((source.phase, revision))
        before = self._standing()
        self._called.add(hook)
        try:
            self._data[phase, revision] = hook.call(self._context, None, data)
        except unittest.SkipTest as skip:
            self._bad.add(hook)
            self._report.untested[revision] = f"{hook.name}: {skip}"
        except Exception as error:
            self._bad.add(hook)
            self._report.findings.append(
                Finding(revision, hook.name, _told(hook, error))
            )
        else:
            if hook.says_nothing:
                self._empty.setdefault(revision, f"{hook.name} is empty")
            elif revision not in self._report.tested:
                self._report.tested.append(revision)
        self._refuse_moves(hook, before)

    def _refuse_moves(self, hook: Hook, before: Mapping[Any, Any]) -> None:
        if self._standing() != before:
            raise RevisionError(
                f"{hook.name} moved the database, which is the walk's; write "
                "a test of its own for what needs other moves"
            )

    def _standing(self) -> Mapping[str | None, frozenset[str]]:
        context = self._context
        return {name: context.on(name).applied for name in context.databases}

    def _applied(self) -> frozenset[str]:
        """Return what is applied in every database."""
        return frozenset.intersection(*self._standing().values())


def _told(hook: Hook, error: Exception) -> str:
    text = str(error)
    if not isinstance(error, AssertionError):
        text = f"{type(error).__name__}: {text}"
    return f"{text}\nat: {hook.place_of(error)}"
