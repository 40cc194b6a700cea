"""Without which row does a revision pass that has failed?

Where nothing stays of a failure, the database at hand tells: row after row is
taken away, awkward ones first, until the revision passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from migtestkit.context.stock import (
    Stock,
    mentioned_tables,
    tables_of_failure,
)
from migtestkit.errors import MigrationFailed, listing
from migtestkit.rows.synthetic import ALL, Key, MadeRow, label

__unittest = True

#: How many rows are taken away one by one.
_MOST = 60


@dataclass(frozen=True)
class Peeled:
    """What came of it.

    :ivar text: what the revision fails on, empty if that is not known.
    :ivar through: whether the revision has passed in the end, without the
        rows that were taken away.
    :ivar empty: whether it fails without any row.
    """

    text: str = ""
    through: bool = False
    empty: bool = False


def peel(
    stock: Stock,
    statements: Sequence[str],
    failure: MigrationFailed,
    retry: Callable[[], MigrationFailed | None],
    usable: Callable[[], bool],
) -> Peeled:
    """Take rows away until a revision passes.

    :param statements: what it sent up to its failure.
    :param retry: tries it once more.
    :param usable: says whether nothing has stayed of the failure.
    """
    named = stock.named_in(statements)
    if not named or not usable():
        return Peeled()
    core = tables_of_failure(failure, named) or mentioned_tables(
        statements, named
    )
    peeling = _Peeling(stock, retry, usable)
    others = named - core
    if others and peeling.holding(others):
        if not stock.clear(others):
            return Peeled()
        if retry() is None:
            return _broken_by_rows_of(others)
        if not usable():
            return Peeled()
    return peeling.row_by_row(core, failure)


@dataclass(frozen=True)
class _Peeling:
    """Taking rows away, and trying again."""

    stock: Stock
    retry: Callable[[], MigrationFailed | None]
    usable: Callable[[], bool]

    def holding(self, keys: Collection[Key]) -> bool:
        """Say whether tables hold rows."""
        contents = self.stock.contents(keys)
        return any(rows.rows for rows in contents.values())

    def row_by_row(
        self, keys: Collection[Key], failure: MigrationFailed
    ) -> Peeled:
        """Take away one row after the other, and then all that is left."""
        for table, row in _in_turn(self.stock, keys)[:_MOST]:
            if not self.stock.delete(table, [row]):
                continue
            text = f"  broken by the {row.kind} row of {table!r}: "
            text += row.describe()
            again = self.retry()
            if again is None:
                return Peeled(text + self._passes(keys, row.kind), True)
            if not self.usable():
                return Peeled()
            if again.statement != failure.statement:
                # This row was all that stopped the first statement.
                rest = self._table_by_table((), again)
                return rest if rest.empty else replace(rest, text=text)
        if not self.stock.clear(keys):
            return Peeled()
        again = self.retry()
        if again is None:
            return Peeled("  broken by rows that were there before", True)
        return self._table_by_table(keys, again)

    def _passes(self, keys: Collection[Key], broken: str) -> str:
        """Return over which kinds of row it passes, as a line of its own."""
        kept = [
            f"other {one}" if one == broken else one
            for one in _kinds_left(self.stock, keys)
        ]
        return f"\n  it passes over {', '.join(kept)} rows" if kept else ""

    def _table_by_table(
        self, keys: Collection[Key], failure: MigrationFailed
    ) -> Peeled:
        """Empty more tables, those first that a failure names: a revision
        may fail on one after the other."""
        emptied = set(keys)
        again: MigrationFailed | None = failure
        while again is not None:
            left = {key for key in self.stock.shapes if self.holding([key])}
            if not left:
                return Peeled(empty=True)
            named = tables_of_failure(again, left) or left
            if not self.usable() or not self.stock.clear(named):
                return Peeled()
            emptied |= named
            again = self.retry()
        return _broken_by_rows_of(emptied)


def _broken_by_rows_of(keys: Collection[Key]) -> Peeled:
    names = listing(sorted(repr(label(one)) for one in keys))
    return Peeled(f"  broken by the rows of {names}", True)


def _in_turn(
    stock: Stock, keys: Collection[Key]
) -> list[tuple[str, MadeRow]]:
    """Return the made-up rows of tables, awkward and new ones first, and
    those that refer to others before these."""
    among = set(keys)
    tables = sorted(
        keys, key=lambda key: (len(stock.referring(key) & among), label(key))
    )
    rows = [
        (label(key), row)
        for key in tables
        for row in reversed(stock.made.get(label(key), ()))
    ]
    return sorted(rows, key=lambda one: -ALL.index(one[1].kind))


def _kinds_left(stock: Stock, keys: Collection[Key]) -> list[str]:
    kinds = {row.kind for _, row in _in_turn(stock, keys)}
    return [one for one in ALL if one in kinds]
