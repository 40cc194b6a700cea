"""Which row is it that a revision does not cope with?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from migtestkit.context.stock import Stock, tables_of_failure
from migtestkit.context.walks import Walk
from migtestkit.errors import MigrationFailed
from migtestkit.rows.synthetic import ALL, DUPLICATE, Filled, MadeRow, label

__unittest = True

#: Gives the rows of a database, and those that it got.
Fill = Callable[[Sequence[str]], tuple[Stock, Filled]]

EMPTY_TOO = "  it fails on empty tables too"
#: How many rows are shown, and how many are tried by themselves.
_SHOWN, _TRIED = 2, 8


def describe_breakers(
    walk: Walk,
    revision: str,
    applied: Iterable[str],
    direction: str,
    fill: Fill,
) -> str:
    """Try a revision over rows of one kind at a time, each in a database of
    its own.

    :param applied: what is applied before it is tried.
    :param direction: ``"upgrade"`` or ``"downgrade"``.
    :param fill: puts rows of some kinds into the database that the walk has
        just taken.
    :return: on which kind of row, the most ordinary one, and on which row it
        fails.
    """
    trial = _Trial(walk, revision, tuple(applied), direction, fill)
    if trial.failure(ALL) is None:
        return _NOT_ALONE
    kinds = list(ALL)
    passing = []
    for kind in reversed(ALL):
        rest = [one for one in kinds if one != kind]
        # A try that fails leaves the database as it was, one that passes
        # takes a new one: so less and less is left out, not put in.
        if rest and trial.failure(rest) is not None:
            kinds = rest
        elif rest:
            passing = rest
    if not passing and trial.failure(()) is not None:
        return EMPTY_TOO
    failure = trial.failure(kinds)
    if failure is None or len(kinds) > 1:
        return _NOT_ALONE
    (kind,) = kinds
    lines = trial.describe(kind, failure)
    if passing:
        lines.append(f"  it passes over {', '.join(passing)} rows")
    return "\n".join(lines)


_NOT_ALONE = (
    "  no kind of row breaks it by itself; it takes several, or rows that "
    "have come through earlier revisions"
)


class _Trial:
    """Trying one revision over some rows.

    :ivar made: the rows of the last try, by table.
    """

    def __init__(
        self,
        walk: Walk,
        revision: str,
        applied: Sequence[str],
        direction: str,
        fill: Fill,
    ) -> None:
        self._walk = walk
        self._revision = revision
        self._applied = applied
        self._direction = direction
        self._fill = fill
        self.made: dict[str, list[MadeRow]] = {}
        self._stock: Stock | None = None

    def failure(
        self,
        kinds: Sequence[str],
        table: str = "",
        without: Sequence[int] = (),
    ) -> MigrationFailed | None:
        """Return how the revision fails over rows of some kinds, nothing if
        it does not.

        :param without: of ``table`` these rows are left out.
        """
        self._clean()
        stock = None
        if kinds:
            stock, filled = self._fill(kinds)
            self.made = filled.rows
            left_out = [filled.rows[table][at] for at in without]
            if left_out and not stock.delete(table, left_out):
                return None
        database = self._walk.database
        try:
            if self._direction == "upgrade":
                database.apply_revisions([self._revision])
            else:
                database.revert_revisions([self._revision])
        except MigrationFailed as failure:
            self._stock = stock
            return failure
        return None

    def _clean(self) -> None:
        """See to a database with no made-up rows, where the revision is to
        be tried."""
        stock, self._stock = self._stock, None
        if (
            stock is None
            or self._walk.applied != set(self._applied)
            or not stock.unharmed()
            or not stock.clear(list(stock.shapes))
        ):
            self._walk.take(self._applied)

    def describe(self, kind: str, failure: MigrationFailed) -> list[str]:
        """Return the rows of a kind that a revision fails on."""
        assert self._stock is not None
        made = self.made
        named = tables_of_failure(failure, self._stock.shapes)
        tables = [label(key) for key in named if label(key) in made]
        if not tables and len(made) == 1:
            tables = list(made)
        lines = []
        for table in sorted(tables):
            rows = made[table]
            lines += [
                f"  broken by the {kind} row of {table!r}: "
                f"{rows[at].describe()}"
                for at in self._narrowed(table, kind)[:_SHOWN]
                if rows[at].kind == kind
            ]
        return lines or [f"  broken by the {kind} rows"]

    def _narrowed(self, table: str, kind: str) -> list[int]:
        """Return of several rows those that it takes."""
        kept = list(range(len(self.made[table])))
        if kind == DUPLICATE or len(kept) > _TRIED:
            return kept
        for at in list(kept) if len(kept) > 1 else ():
            rest = [one for one in kept if one != at]
            gone = [one for one in range(len(self.made[table]))
                    if one not in rest]
            if rest and self.failure([kind], table, gone) is not None:
                kept = rest
        return kept
