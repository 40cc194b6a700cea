"""Does each revision cope with rows that were valid just before it?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migtestkit.config import IntendedUse
from migtestkit.context.breakers import Fill, describe_breakers
from migtestkit.context.core import MigrationContext
from migtestkit.context.losses import Losses, MeantLosses, find_losses
from migtestkit.context.peeling import Peeled, peel
from migtestkit.context.stock import Contents, Stock, seeds_at
from migtestkit.context.there_and_back import irreversible_reason
from migtestkit.context.walks import (
    EVERYTHING,
    Finding,
    Scope,
    Walk,
    WalkReport,
    go_on,
)
from migtestkit.errors import ConfigError, MigrationFailed, suggest
from migtestkit.rows.synthetic import Filled, Key

__unittest = True

UPGRADE = "upgrade over rows"
DOWNGRADE = "downgrade over rows that were written after the upgrade"
AGAIN = "second upgrade over rows, after the downgrade"
DANGLING = "rows that refer to nothing"
LOST = "rows lost or changed"
CHECKED = ", with foreign keys checked"


@dataclass
class PopulatedReport(WalkReport):
    """What came to light over rows.

    :ivar seed: from which the rows can be made again.
    :ivar unfilled: table -> why it held no made-up row.
    :ivar refers: whether a table referred to another.
    """

    seed: int = 0
    unfilled: dict[str, str] = field(default_factory=dict)
    refers: bool = False


@dataclass(frozen=True)
class Aim:
    """What a walk over rows is after.

    :ivar back: revert each revision, over rows as they are after it, and
        apply it again.
    :ivar losses: compare rows, and what of their losses is meant.
    :ivar seed: of the rows.
    :ivar scope: which revisions to judge.
    """

    back: bool = False
    losses: MeantLosses | None = None
    seed: int = 0
    scope: Scope = EVERYTHING


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


class _PopulatedWalk(Walk):
    """A walk with rows in its databases.

    :ivar strayed: whether rows changed unseen, so that only looking at every
        table after every revision tells which one did it.
    """

    def __init__(
        self,
        context: MigrationContext,
        aim: Aim,
        checked: bool,
        thorough: bool,
        known: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(context)
        self._aim = aim
        self._checked = checked
        self._thorough = thorough
        self._known = known
        self._stocks: dict[str | None, Stock] = {}
        self._intended = context.intended
        self._unfillable = IntendedUse(self._intended, "unfillable")
        self._wanted_seeds = {
            (revision, table, column)
            for revision, one in self._intended.items()
            for table, columns in one.seed.items()
            for column in columns
        }
        self._failed: set[str] = set()
        self._bare: list[str] = []
        self._alike: dict[str | None, Stock] = {}
        self._tables = False
        self._statements: list[str] = []
        self.strayed = False
        self.populated = PopulatedReport(seed=aim.seed)
        self.report = self.populated

    def take(self, applied: Iterable[str]) -> None:
        self._let_go()
        super().take(applied)
        chooses = self.database.can_check_foreign_keys
        if self._checked and chooses:
            self.database.check_foreign_keys()
        self._chooses = chooses

    def __exit__(self, *exc_info: object) -> None:
        self._let_go()
        super().__exit__(*exc_info)

    def _let_go(self) -> None:
        for stock in self._stocks.values():
            stock.close()
        self._stocks = {}

    # -- the way up -----------------------------------------------------------

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
        if not judged:
            return True
        if populated and not self._aim.back:
            self._look_after(revision, moved, UPGRADE)
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

    def _fill(self, applied: set[str]) -> bool:
        """Put rows where there are none; say whether there are any."""
        overrides = seeds_at(
            self._intended, self.history.revisions, applied
        )
        for name, stock in self._all_stocks():
            filled = stock.fill(overrides=overrides)
            self._note_unfilled(name, filled, applied)
            self._note_seeds(stock)
            self.populated.refers |= stock.refers and self._chooses
        self._tables = any(stock.shapes for _, stock in self._all_stocks())
        return any(stock.has_rows for _, stock in self._all_stocks())

    def _all_stocks(self) -> Iterator[tuple[str | None, Stock]]:
        for name in self.database.databases:
            if name not in self._stocks:
                self._stocks[name] = Stock(
                    self.database,
                    name,
                    seed=self._aim.seed,
                    thorough=self._thorough,
                    like=self._alike.get(name),
                )
            yield name, self._stocks[name]

    def _note_unfilled(
        self, name: str | None, filled: Filled, applied: set[str]
    ) -> None:
        for table, reason in filled.unfilled.items():
            if not any(
                [self._unfillable.covers(one, table) for one in applied]
            ):
                shown = table if name is None else f"{name}:{table}"
                self.populated.unfilled.setdefault(shown, reason)

    def _note_seeds(self, stock: Stock) -> None:
        if self._wanted_seeds:
            for shape in stock.shapes.values():
                columns = {one.name for one in shape.table.columns}
                self._wanted_seeds = {
                    one
                    for one in self._wanted_seeds
                    if one[1] != shape.label or one[2] not in columns
                }

    def _move(self, revision: str, direction: str) -> list[str]:
        """Apply or revert a revision; return the statements."""
        statements = self._statements = []
        self.database.watch_statements(statements.append)
        try:
            if direction == "upgrade":
                self.database.apply_revisions([revision])
            else:
                self.database.revert_revisions([revision])
        finally:
            self.database.watch_statements(None)
        return statements

    def _note(
        self, statements: Sequence[str]
    ) -> dict[str | None, tuple[set[Key], Contents]]:
        return {
            name: stock.touched(statements)
            for name, stock in self._all_stocks()
        }

    # -- what is wrong --------------------------------------------------------

    def _look_after(
        self,
        revision: str,
        moved: Mapping[str | None, tuple[set[Key], Contents]],
        phase: str,
    ) -> None:
        """Look whether rows are whole after an upgrade."""
        lines = []
        for name, stock in self._all_stocks():
            found = stock.dangling(moved[name][0])
            lines += found if name is None else [f"{name}: {x}" for x in found]
        if lines:
            self._tell(revision, f"{phase}: {DANGLING}", "\n".join(lines))

    def _tell(self, revision: str, phase: str, text: str) -> None:
        seed = f"seed {self._aim.seed}"
        self.report.findings.append(
            Finding(revision, phase, f"{text}\n({seed})")
        )

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
                text = "  it fails on empty tables too"
                there = go_on(self, applied, rest)
        if self._aim.back:
            # For the check of upgrades to tell.
            self.give_up([revision], "its upgrade fails over rows")
        else:
            self._tell(revision, UPGRADE, f"{failure}\n{text}")
        return there

    def _peel(
        self,
        revision: str,
        applied: set[str],
        failure: MigrationFailed,
        direction: str,
    ) -> Peeled:
        """Find out without which row a revision passes, in the database at
        hand, whose other rows live on."""
        stocks = [stock for _, stock in self._all_stocks()]
        if len(stocks) > 1:
            return Peeled()

        def retry() -> MigrationFailed | None:
            try:
                self._note(self._move(revision, direction))
            except MigrationFailed as again:
                return again
            return None

        def usable() -> bool:
            return self.applied == applied and stocks[0].unharmed()

        return peel(
            stocks[0], list(self._statements), failure, retry, usable
        )

    def _applied_empty(self, revision: str) -> bool:
        with contextlib.suppress(MigrationFailed):
            self.database.apply_revisions([revision])
            return True
        return False

    def _breakers(
        self, revision: str, applied: set[str], direction: str
    ) -> str:
        """Return which row a revision does not cope with, as far as other
        databases can be had to find out, and nobody has told yet."""
        if not self.renewable or revision in self._known:
            return ""
        other = _PopulatedWalk(
            self._origin, self._aim, self._checked, self._thorough
        )
        other._alike = dict(self._stocks)
        with other:
            found = describe_breakers(
                other,
                revision,
                applied,
                direction,
                other.filling(applied, list(self._statements)),
            )
        return found

    def filling(
        self, applied: set[str], statements: Sequence[str]
    ) -> Fill:
        """Return what puts rows into a database that was just taken, at
        which some revisions are applied: into the tables that statements
        name."""
        overrides = seeds_at(
            self._intended, self.history.revisions, applied
        )

        def fill(kinds: Sequence[str]) -> tuple[Stock, Filled]:
            done = [
                (
                    stock,
                    stock.fill(kinds, overrides, stock.named_in(statements)),
                )
                for _, stock in self._all_stocks()
            ]
            return max(done, key=lambda one: one[1].count)

        return fill

    # -- and back -------------------------------------------------------------

    def _back(
        self,
        revision: str,
        applied: set[str],
        rest: Sequence[str],
        moved: Mapping[str | None, tuple[set[Key], Contents]],
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
            self._note(self._move(revision, "upgrade"))
        except MigrationFailed as failure:
            if self._aim.losses is None:
                self._tell(revision, AGAIN, str(failure))
            return go_on(self, applied | {revision}, rest)
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
            text = peeled.text or self._breakers(revision, after, "downgrade")
            self._tell(revision, DOWNGRADE, f"{failure}\n{text}")
            if peeled.through:
                return self._again(revision, applied, rest)
        return go_on(self, after, rest)

    # -- losses ---------------------------------------------------------------

    def _losses(
        self,
        revision: str,
        moved: Mapping[str | None, tuple[set[Key], Contents]],
    ) -> Losses | None:
        """Return what an upgrade has taken from rows, if that matters."""
        if self._aim.losses is None:
            return None
        return self._compared(revision, moved, "")

    def _compared(
        self,
        revision: str,
        moved: Mapping[str | None, tuple[set[Key], Contents]],
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
        moved: Mapping[str | None, tuple[set[Key], Contents]],
        losses: Losses,
    ) -> Losses:
        """Return what is lost for good: what the upgrade has changed, and
        what the downgrade does not bring back."""
        if losses.lines:
            return Losses(losses.lines)
        found = self._compared(
            revision, moved, ", after the upgrade and the downgrade"
        )
        return Losses((*found.lines, *found.gone))

    def _tell_lost(
        self, revision: str, losses: Losses | None, why: str = ""
    ) -> None:
        if losses is None or not (losses.lines or losses.gone):
            return
        lines = [*losses.lines, *(f"{one}{why}" for one in losses.gone)]
        lines.append(
            f"if that is meant: intended = {{{revision!r}: "
            "Intended(lossy=[...], reason=...)}"
        )
        self._tell(revision, LOST, "\n".join(lines))

    # -- the end --------------------------------------------------------------

    def _at_the_end(self, applied: set[str]) -> None:
        """Look whether anything escaped notice; refuse what is stale."""
        if not self.report.tested:
            self.give_up(self._bare, "there is no table then")
        if not self._thorough and self._stocks:
            self.strayed = any(
                stock.stray() for _, stock in self._all_stocks()
            )
        if self.strayed or self._aim.scope.judged is not None:
            return
        judged = [one for one in self.history.revisions if one in applied]
        with contextlib.suppress(StopIteration):
            revision, table, column = next(iter(sorted(self._wanted_seeds)))
            if not self._failed:
                known = self._known_columns()
                raise ConfigError(
                    f"intended[{revision!r}]: seed names {table}.{column}, "
                    "and there never was such a column"
                    f"{suggest(f'{table}.{column}', known)}"
                )
        self._unfillable.refuse_stale(judged)

    def _known_columns(self) -> set[str]:
        return {
            f"{shape.label}.{column.name}"
            for _, stock in self._all_stocks()
            for shape in stock.shapes.values()
            for column in shape.table.columns
        }
