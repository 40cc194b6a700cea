"""How are rows kept at hand while a walk goes from revision to revision?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migtestkit.config import IntendedUse
from migtestkit.context.breakers import Fill, describe_breakers
from migtestkit.context.core import MigrationContext
from migtestkit.context.losses import MeantLosses
from migtestkit.context.peeling import Peeled, peel
from migtestkit.context.stock import Contents, Stock, seeds_at
from migtestkit.context.walks import (
    EVERYTHING,
    Finding,
    Scope,
    Walk,
    WalkReport,
)
from migtestkit.errors import ConfigError, MigrationFailed, suggest
from migtestkit.rows.synthetic import Filled, Key

__unittest = True

DANGLING = "rows that refer to nothing"

#: Database -> the tables that a move has touched, and what they held before.
Moved = Mapping[str | None, tuple[set[Key], Contents]]


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


class RowsWalk(Walk):
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
    ) -> Moved:
        return {
            name: stock.touched(statements)
            for name, stock in self._all_stocks()
        }

    def _look_after(
        self,
        revision: str,
        moved: Moved,
        phase: str,
        *,
        tell: bool = True,
    ) -> None:
        """Look whether rows are whole after a move.

        :param tell: blame the revision; else only take note, so that later
            ones are not blamed.
        """
        lines = []
        for name, stock in self._all_stocks():
            found = stock.dangling(moved[name][0])
            lines += found if name is None else [f"{name}: {x}" for x in found]
        if lines and tell:
            self._tell(revision, f"{phase}: {DANGLING}", "\n".join(lines))

    def _tell(self, revision: str, phase: str, text: str) -> None:
        seed = f"seed {self._aim.seed}"
        self.report.findings.append(
            Finding(revision, phase, f"{text}\n({seed})")
        )

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
        other = type(self)(
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

    def _at_the_end(self, applied: set[str]) -> None:
        """Look whether anything escaped notice; refuse what is stale."""
        if not self.report.tested:
            self.give_up(self._bare, "there is no table then")
        if not self._thorough and self._stocks:
            self.strayed = any(
                stock.stray() for _, stock in self._all_stocks()
            )
        if (
            self.strayed
            or self.report.findings
            or self._aim.scope.judged is not None
        ):
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
