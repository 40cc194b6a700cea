"""In what do two sets of rows differ?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__unittest = True

Row = Mapping[str, Any]


@dataclass(frozen=True)
class RowDifference:
    """What keeps rows from being those expected.

    :ivar missing: expected rows that are not there.
    :ivar extra: rows that nobody expected.
    :ivar changed: rows that are there by their key, with other values: the
        row expected and the row found.
    :ivar key: the columns of the key.
    """

    missing: tuple[Row, ...]
    extra: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...] = ()
    key: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.changed)

    def describe(self, limit: int = 10) -> str:
        """Return the rows, marked, one a line."""
        lines = [
            *_lines("- missing", self.missing, limit),
            *_lines("+ extra  ", self.extra, limit),
            *self._changes(limit),
        ]
        return "\n".join(lines)

    def _changes(self, limit: int) -> list[str]:
        lines = []
        for wanted, found in self.changed[:limit]:
            where = ", ".join(f"{one}={wanted[one]!r}" for one in self.key)
            what = ", ".join(_changed(wanted, found))
            lines.append(f"  ! changed {where}: {what}")
        if len(self.changed) > limit:
            lines.append(f"  ! changed and {len(self.changed) - limit} more")
        return lines


def _changed(wanted: Row, found: Row) -> Iterator[str]:
    for name, value in wanted.items():
        expected = _short(repr(value), 100)
        if name not in found:
            yield f"{name} is gone, with {expected}"
        elif found[name] != value:
            yield f"{name} is {_short(repr(found[name]), 100)}, not {expected}"


def _lines(mark: str, rows: Sequence[Row], limit: int) -> list[str]:
    shown = [f"  {mark} {_short(repr(dict(row)))}" for row in rows[:limit]]
    if len(rows) > limit:
        shown.append(f"  {mark} and {len(rows) - limit} more")
    return shown


def _short(text: str, limit: int = 400) -> str:
    """Return a row on one readable line, whatever blob it holds."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} ... ({len(text)} characters)"


def compare_rows(
    expected: Sequence[Row], actual: Sequence[Row], key: Sequence[str] = ()
) -> RowDifference:
    """Compare rows as multisets: order means nothing, number does.

    :param expected: the rows, all with the same columns.
    :param actual: the rows found, with the same columns, or fewer.
    :param key: columns of a primary key, by which a row that has changed is
        told from one that is missing and another that is there instead.
    """
    names = list(dict.fromkeys(name for row in expected for name in row))
    _, missing, left = _match(
        expected, actual, names, lambda one, other: dict(one) == dict(other)
    )
    if not key or any(name not in row for row in missing for name in key):
        return RowDifference(tuple(missing), tuple(left))
    return _paired(missing, left, tuple(key))


def _paired(
    missing: Sequence[Row], extra: Sequence[Row], key: tuple[str, ...]
) -> RowDifference:
    changed, gone, others = _match(
        missing,
        extra,
        key,
        lambda one, other: all(
            name in other and other[name] == one[name] for name in key
        ),
    )
    return RowDifference(tuple(gone), tuple(others), tuple(changed), key)


_Matched = tuple[list[tuple[Row, Row]], list[Row], list[Row]]


def _match(
    wanted: Sequence[Row],
    found: Sequence[Row],
    names: Sequence[str],
    same: Callable[[Row, Row], bool],
) -> _Matched:
    """Give each row the first that is the same and was given to no other.

    Only rows that are alike in some columns are compared, those whose values
    can all be hashed: equal values have equal hashes.

    :param names: the columns in which rows that are the same are equal.
    :return: the pairs, and what is left of either side, in order.
    """
    usable = [
        name
        for name in names
        if all(_is_hashable(row.get(name)) for row in (*wanted, *found))
    ]
    waiting: dict[Any, deque[int]] = {}
    for index, row in enumerate(found):
        alike = tuple(row.get(name) for name in usable)
        waiting.setdefault(alike, deque()).append(index)
    pairs, missing, taken = [], [], set()
    for row in wanted:
        candidates = waiting.get(
            tuple(row.get(name) for name in usable), deque()
        )
        for at, index in enumerate(candidates):
            if same(row, found[index]):
                pairs.append((row, found[index]))
                taken.add(index)
                del candidates[at]
                break
        else:
            missing.append(row)
    left = [row for index, row in enumerate(found) if index not in taken]
    return pairs, missing, left


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
