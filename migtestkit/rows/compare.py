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
    """

    missing: tuple[Row, ...]
    extra: tuple[Row, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)

    def describe(self, limit: int = 10) -> str:
        """Return the rows, marked, one a line."""
        lines = [
            *_lines("- missing", self.missing, limit),
            *_lines("+ extra  ", self.extra, limit),
        ]
        return "\n".join(lines)


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
    expected: Sequence[Row], actual: Sequence[Row]
) -> RowDifference:
    """Compare rows as multisets: order means nothing, number does.

    :param expected: the rows, all with the same columns.
    :param actual: the rows found, with the same columns.
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
    return RowDifference(tuple(missing), tuple(left))
