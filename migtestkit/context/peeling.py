"""Without which row does a revision pass that has failed?

Where nothing stays of a failure, the database at hand tells: row after row is
taken away, awkward ones first, until the revision passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from migtestkit.context.stock import Stock, mentioned_tables
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
    texts = [failure.statement or "", failure.error]
    core = mentioned_tables(texts, named) or mentioned_tables(
        statements, named
    )
    others = named - core
    if others and _holding(stock, others):
        if not stock.clear(others):
            return Peeled()
        if retry() is None:
            names = ", ".join(sorted(repr(label(one)) for one in others))
            return Peeled(f"  broken by the rows of {names}", True)
        if not usable():
            return Peeled()
    return _row_by_row(stock, core, failure, retry, usable)


def _holding(stock: Stock, keys: Collection[Key]) -> bool:
    return any(rows.rows for rows in stock.contents(keys).values())


def _row_by_row(
    stock: Stock,
    keys: Collection[Key],
    failure: MigrationFailed,
    retry: Callable[[], MigrationFailed | None],
    usable: Callable[[], bool],
) -> Peeled:
    for table, row in _in_turn(stock, keys)[:_MOST]:
        if not stock.delete(table, [row]):
            continue
        text = f"  broken by the {row.kind} row of {table!r}: "
        text += row.describe()
        again = retry()
        if again is None:
            kept = [
                f"other {one}" if one == row.kind else one
                for one in _kinds_left(stock, keys)
            ]
            if kept:
                text += f"\n  it passes over {', '.join(kept)} rows"
            return Peeled(text, True)
        if not usable():
            return Peeled()
        if again.statement != failure.statement:
            # This row was all that stopped the first statement.
            rest = _table_by_table(stock, (), again, retry, usable)
            return rest if rest.empty else replace(rest, text=text)
    if not stock.clear(keys):
        return Peeled()
    again = retry()
    if again is None:
        return Peeled("  broken by rows that were there before", True)
    return _table_by_table(stock, keys, again, retry, usable)


def _table_by_table(
    stock: Stock,
    keys: Collection[Key],
    failure: MigrationFailed,
    retry: Callable[[], MigrationFailed | None],
    usable: Callable[[], bool],
) -> Peeled:
    """Empty more tables, those first that a failure names: a revision may
    fail on one after the other."""
    emptied = set(keys)
    again: MigrationFailed | None = failure
    while again is not None:
        holding = {key for key in stock.shapes if _holding(stock, [key])}
        if not holding:
            return Peeled(empty=True)
        texts = [again.statement or "", again.error]
        named = mentioned_tables(texts, holding) or holding
        if not usable() or not stock.clear(named):
            return Peeled()
        emptied |= named
        again = retry()
    names = listing(sorted(repr(label(one)) for one in emptied))
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
