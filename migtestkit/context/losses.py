"""What have rows lost, and was that meant?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migtestkit.config import IntendedUse
from migtestkit.errors import TableError, listing, suggest
from migtestkit.rows import TableRows, what_was_lost
from migtestkit.rows.preserved import same_value

__unittest = True

Contents = Mapping[str, TableRows]


class MeantLosses:
    """What may be lost: for one revision by ``Intended``, for all by an
    argument.

    :param use: the declarations.
    :param always: tables and columns of any revision.
    """

    def __init__(self, use: IntendedUse, always: Sequence[str] = ()) -> None:
        if isinstance(always, str) or not isinstance(always, (Sequence, set)):
            raise TableError(
                f"lossy must be a sequence of names, not {always!r}"
            )
        self._use = use
        self._always = tuple(always)
        self._seen: set[str] = set()

    def see(self, contents: Contents) -> None:
        """Note which tables and columns there are."""
        for table, rows in contents.items():
            self._seen.add(table)
            self._seen.update(f"{table}.{name}" for name in rows.columns)

    def covers(self, revision: str, name: str) -> bool:
        """Say whether a table or column may be lost, for it is."""
        declared = self._use.covers(revision, name)
        return declared or name in self._always

    def columns(self, revision: str, table: str) -> list[str]:
        """Return the columns of a table that may lose what they hold."""
        names = (*self._use.names(revision), *self._always)
        return [
            name.rpartition(".")[2]
            for name in dict.fromkeys(names)
            if name.rpartition(".")[0] == table
        ]

    def refuse_unknown(self) -> None:
        """Refuse names of the argument that never were anything's.

        :raises TableError: with a name that is near.
        """
        for name in self._always:
            if name not in self._seen:
                tables = [one for one in self._seen if "." not in one]
                raise TableError(
                    f"lossy names {name!r}, which is no table and no "
                    "'table.column' of any revision; there are "
                    f"{listing(sorted(tables))}{suggest(name, self._seen)}"
                )

    def refuse_stale(self, judged: Iterable[str]) -> None:
        """Refuse declarations that nothing needs."""
        self._use.refuse_stale(judged)


@dataclass(frozen=True)
class Losses:
    """What rows have lost that they should not.

    :ivar lines: what is gone or changed.
    :ivar gone: tables and columns that are not there any more, with what
        was in them; they may come back.
    """

    lines: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def find_losses(
    before: Contents, after: Contents, revision: str, meant: MeantLosses
) -> Losses:
    """Compare what tables held before a move with what they hold after it.

    A table or column that goes on under another name has lost nothing.
    """
    meant.see(before)
    meant.see(after)
    lines: list[str] = []
    gone: list[str] = []
    for table, rows in sorted(before.items()):
        if not rows.rows:
            continue
        now = after.get(table)
        if now is None:
            if not _renamed_table(rows, before, after) and not meant.covers(
                revision, table
            ):
                gone.append(
                    f"table {table!r} is gone, with its {_many(rows)}"
                )
            continue
        found = _in_table(table, rows, now, revision, meant)
        if not found.lines and not found.gone:
            continue
        if meant.covers(revision, table):
            continue
        lines += found.lines
        gone += found.gone
    return Losses(tuple(lines), tuple(gone))


def _many(rows: TableRows) -> str:
    number = len(rows.rows)
    return f"{number} row{'' if number == 1 else 's'}"


def _in_table(
    table: str,
    before: TableRows,
    after: TableRows,
    revision: str,
    meant: MeantLosses,
) -> Losses:
    lossy = meant.columns(revision, table)
    lines = what_was_lost(table, before, after)
    if lines and lossy:
        lines = what_was_lost(table, before, after, frozenset(lossy))
        for name in lossy:
            others = frozenset(lossy) - {name}
            if what_was_lost(table, before, after, others) != lines:
                meant.covers(revision, f"{table}.{name}")
    gone = []
    for name in before.columns:
        if name in after.columns:
            continue
        held = [row for row in before.rows if row[name] is not None]
        if not held or _renamed_column(name, before, after):
            continue
        if not meant.covers(revision, f"{table}.{name}"):
            values = "value" if len(held) == 1 else "values"
            gone.append(
                f"table {table!r}: column {name!r} is gone, with "
                f"{len(held)} {values}, such as {held[0][name]!r}"
            )
    return Losses(tuple(lines), tuple(gone))


def _renamed_table(
    rows: TableRows, before: Contents, after: Contents
) -> bool:
    """Say whether a table goes on under another name."""
    return any(
        name not in before
        and set(rows.columns) <= set(one.columns)
        and not what_was_lost(name, rows, one)
        for name, one in after.items()
    )


def _renamed_column(name: str, before: TableRows, after: TableRows) -> bool:
    """Say whether a column's values go on under another name."""
    key = before.key
    if not key or not set(key) <= set(after.columns):
        by_row = _in_order(before, after)
    else:
        by_row = _by_key(key, before, after)
    return any(
        other not in before.columns
        and by_row(lambda row, now: same_value(row[name], now[other]))
        for other in after.columns
    )


Judge = Callable[[Callable[..., bool]], bool]


def _by_key(
    key: Sequence[str], before: TableRows, after: TableRows
) -> Judge:
    now = {repr([row[name] for name in key]): row for row in after.rows}
    pairs = [
        (row, now.get(repr([row[name] for name in key])))
        for row in before.rows
    ]
    return lambda same: all(
        other is not None and same(row, other) for row, other in pairs
    )


def _in_order(before: TableRows, after: TableRows) -> Judge:
    pairs = list(zip(before.rows, after.rows))
    whole = len(before.rows) == len(after.rows)
    return lambda same: whole and all(same(*pair) for pair in pairs)
