"""Does each revision cope with rows that were valid just before it?"""

from __future__ import annotations

from collections.abc import Sequence

from migtestkit.context.breakers import EMPTY_TOO
from migtestkit.context.core import MigrationContext
from migtestkit.context.intentions import if_meant
from migtestkit.context.losses import Losses, find_losses
from migtestkit.context.rows_walk import (
    DANGLING,
    Aim,
    Moved,
    PopulatedReport,
    RowsWalk,
)
from migtestkit.context.there_and_back import irreversible_reason
from migtestkit.context.walks import Finding, go_on
from migtestkit.errors import MigrationFailed

__unittest = True

__all__ = [
    "AGAIN",
    "Aim",
    "CHECKED",
    "DANGLING",
    "DOWNGRADE",
    "LOST",
    "PopulatedReport",
    "UPGRADE",
    "walk_populated",
]

UPGRADE = "upgrade over rows"
DOWNGRADE = "downgrade over rows that were written after the upgrade"
AGAIN = "second upgrade over rows, after the downgrade"
LOST = "rows lost or changed"
CHECKED = ", with foreign keys checked"


def walk_populated(context: MigrationContext, aim: Aim) -> PopulatedReport:
    """Take the history up, each revision over rows that are valid just
    before it. Where connections choose whether foreign keys are checked, do
    so both ways.

    :raises ConfigError: ``intended`` declares what is not needed any more.
    """
    report = _walk(context, aim, checked=False)
    if report.refers and not (aim.scope.first_only and report.findings):
        known = {(one.revision, one.phase) for one in report.findings}
        second = _walk(
            context, aim, checked=True,
            known=frozenset(revision for revision, _ in known),
        )
        report.findings += [
            Finding(one.revision, one.phase + CHECKED, one.text)
            for one in second.findings
            if (one.revision, one.phase) not in known
        ]
    report.limit(aim.scope, context.history)
    return report


def _walk(
    context: MigrationContext,
    aim: Aim,
    *,
    checked: bool,
    known: frozenset[str] = frozenset(),
) -> PopulatedReport:
    for thorough in (False, True):
        walk = _PopulatedWalk(context, aim, checked, thorough, known)
        with walk:
            walk.go()
        if not walk.strayed:
            break
    return walk.populated


class _PopulatedWalk(RowsWalk):
    """Takes revisions up, and back where that is the aim."""

    def go(self) -> None:
        """Walk."""
        self.take(())
        revisions = self._aim.scope.reach(self.history.revisions)
        applied: set[str] = set(self.applied)
        for at, revision in enumerate(revisions):
            if self._aim.scope.first_only and self.report.findings:
                break
            if self.blocked(revision, self._failed):
                continue
            if not self._visit(revision, applied, revisions[at + 1:]):
                break
            if revision not in self._failed:
                applied.add(revision)
        else:
            self._at_the_end(applied)

    def _visit(
        self, revision: str, applied: set[str], rest: Sequence[str]
    ) -> bool:
        """Take one revision; say whether there is a database to go on with,
        in which it is applied unless it failed."""
        if revision in self.database.skipped_revisions:
            self.give_up([revision], "it is one of skip_revisions")
            self.database.apply_revisions([revision])
            return True
        populated = self._fill(applied)
        judged = self._aim.scope.judges(revision)
        try:
            statements = self._move(revision, "upgrade")
        except MigrationFailed as failure:
            return self._upgrade_failed(revision, applied, rest, failure)
        moved = self._note(statements)
        if populated and self._aim.losses is None:
            self._look_after(
                revision, moved, UPGRADE, tell=judged and not self._aim.back
            )
        if not judged:
            return True
        if self._aim.back and (populated or self._aim.losses is None):
            return self._back(revision, applied, rest, moved)
        if populated:
            self.report.tested.append(revision)
        else:
            self._no_rows(revision)
        return True

    def _no_rows(self, revision: str) -> None:
        if self._tables:
            self.give_up([revision], "no table has a row then")
        else:
            self._bare.append(revision)

    def _upgrade_failed(
        self,
        revision: str,
        applied: set[str],
        rest: Sequence[str],
        failure: MigrationFailed,
    ) -> bool:
        peeled = self._peel(revision, applied, failure, "upgrade")
        text = peeled.text
        there = peeled.through
        if not there:
            if not peeled.empty and not self._aim.back:
                text = self._breakers(revision, applied, "upgrade")
            there = go_on(self, applied, [revision, *rest])
            # Where it works without rows, what follows can be tested.
            if there and not self._applied_empty(revision):
                self._failed.add(revision)
                text = EMPTY_TOO
                there = go_on(self, applied, rest)
        if self._aim.back:
            # For the check of upgrades to tell.
            self.give_up([revision], "its upgrade fails over rows")
        else:
            self._tell(revision, UPGRADE, f"{failure}\n{text}")
        return there

    def _back(
        self,
        revision: str,
        applied: set[str],
        rest: Sequence[str],
        moved: Moved,
    ) -> bool:
        losses = self._losses(revision, moved)
        reason = self._why_not_back(revision)
        if reason is not None:
            self._tell_lost(revision, losses, f"; {reason}")
            if losses is None:
                self.give_up([revision], reason)
            elif revision not in self.report.untested:
                self.report.tested.append(revision)
            return True
        if losses is None:
            # Rows as the revision's own release writes them.
            if not self._fill(applied | {revision}):
                self._no_rows(revision)
                return True
        try:
            statements = self._move(revision, "downgrade")
        except MigrationFailed as failure:
            return self._downgrade_failed(
                revision, applied, rest, failure, losses
            )
        returned = self._note(statements)
        if revision not in self.report.untested:
            self.report.tested.append(revision)
        if losses is None:
            self._look_after(revision, returned, DOWNGRADE)
        else:
            self._tell_lost(
                revision, self._after_return(revision, moved, losses)
            )
        return self._again(revision, applied, rest)

    def _why_not_back(self, revision: str) -> str | None:
        if revision in self.database.kept_revisions:
            return "minimum_downgrade_revision keeps it applied"
        return irreversible_reason(self.database, revision)

    def _again(
        self, revision: str, applied: set[str], rest: Sequence[str]
    ) -> bool:
        try:
            moved = self._note(self._move(revision, "upgrade"))
        except MigrationFailed as failure:
            if self._aim.losses is None:
                self._tell(revision, AGAIN, str(failure))
            return go_on(self, applied | {revision}, rest)
        if self._aim.losses is None:
            self._look_after(revision, moved, AGAIN, tell=False)
        return True

    def _downgrade_failed(
        self,
        revision: str,
        applied: set[str],
        rest: Sequence[str],
        failure: MigrationFailed,
        losses: Losses | None,
    ) -> bool:
        after = applied | {revision}
        if failure.error_type == "NotImplementedError":
            reason = "its downgrade raises NotImplementedError"
            if losses is None:
                self.give_up([revision], reason)
            else:
                self._tell_lost(revision, losses, f"; {reason}")
                self.report.tested.append(revision)
        elif losses is not None:
            # That it fails is for the check of downgrades to tell.
            self._tell_lost(revision, losses, "; its downgrade fails")
            self.give_up([revision], "its downgrade fails over rows")
        else:
            peeled = self._peel(revision, after, failure, "downgrade")
            text = peeled.text
            if not text:
                text = EMPTY_TOO if peeled.empty else self._breakers(
                    revision, after, "downgrade"
                )
            self._tell(revision, DOWNGRADE, f"{failure}\n{text}")
            if peeled.through:
                return self._again(revision, applied, rest)
        return go_on(self, after, rest)

    def _losses(
        self,
        revision: str,
        moved: Moved,
    ) -> Losses | None:
        """Return what an upgrade has taken from rows, if that matters."""
        if self._aim.losses is None:
            return None
        return self._compared(revision, moved, "")

    def _compared(
        self,
        revision: str,
        moved: Moved,
        when: str,
    ) -> Losses:
        assert self._aim.losses is not None
        lines: list[str] = []
        gone: list[str] = []
        for name, stock in self._all_stocks():
            keys, before = moved[name]
            found = find_losses(
                before, stock.contents(keys), revision, self._aim.losses
            )
            where = "" if name is None else f"{name}: "
            lines += [f"{where}{one}{when}" for one in found.lines]
            gone += [f"{where}{one}{when}" for one in found.gone]
        return Losses(tuple(lines), tuple(gone))

    def _after_return(
        self,
        revision: str,
        moved: Moved,
        losses: Losses,
    ) -> Losses:
        """Return what is lost for good: what the upgrade has changed, and
        what the downgrade does not bring back."""
        if losses.lines and not losses.gone:
            return Losses(losses.lines)
        found = self._compared(
            revision, moved, ", after the upgrade and the downgrade"
        )
        told = {_subject(one) for one in losses.lines}
        more = [
            one
            for one in (*found.lines, *found.gone)
            if _subject(one) not in told
        ]
        return Losses((*losses.lines, *more))

    def _tell_lost(
        self, revision: str, losses: Losses | None, why: str = ""
    ) -> None:
        if losses is None or not (losses.lines or losses.gone):
            return
        lines = [*losses.lines, *(f"{one}{why}" for one in losses.gone)]
        lines.append(if_meant(revision, "lossy"))
        self._tell(revision, LOST, "\n".join(lines))


def _subject(line: str) -> str:
    """Return of which table or column a line tells."""
    table = line.find("table '")
    end = line.find(": ", max(table, 0))
    return line if end < 0 else line[:end]
