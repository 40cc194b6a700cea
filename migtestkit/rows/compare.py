"""In what do two sets of rows differ?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
            what = ", ".join(
                f"{name} is {_short(repr(found[name]), 100)}, not "
                f"{_short(repr(value), 100)}"
                for name, value in wanted.items()
                if found[name] != value
            )
            lines.append(f"  ! changed {where}: {what}")
        if len(self.changed) > limit:
            lines.append(f"  ! changed and {len(self.changed) - limit} more")
        return lines


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
    :param actual: the rows found, with the same columns.
    :param key: columns of a primary key, by which a row that has changed is
        told from one that is missing and another that is there instead.
    """
    left = list(actual)
    missing = []
    for row in expected:
        for index, other in enumerate(left):
            if dict(other) == dict(row):
                del left[index]
                break
        else:
            missing.append(row)
    if not key or any(name not in row for row in missing for name in key):
        return RowDifference(tuple(missing), tuple(left))
    return _paired(missing, left, tuple(key))


def _paired(
    missing: Sequence[Row], extra: Sequence[Row], key: tuple[str, ...]
) -> RowDifference:
    others = list(extra)
    changed, gone = [], []
    for row in missing:
        for index, other in enumerate(others):
            if all(other[name] == row[name] for name in key):
                changed.append((row, others.pop(index)))
                break
        else:
            gone.append(row)
    return RowDifference(tuple(gone), tuple(others), tuple(changed), key)
