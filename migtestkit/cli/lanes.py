"""Where does each revision stand in a drawing of the graph?

Newest first, one row each, as version control draws its history. A line that
leads to a parent keeps its column until the parent's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__unittest = True


@dataclass(frozen=True)
class Line:
    """A piece of a line within a row.

    :ivar start: column at the row's upper edge; ``None``: in the dot.
    :ivar end: column at the lower edge; ``None``: in the dot.
    :ivar dashed: whether it stands for ``depends_on`` alone.
    """

    start: int | None
    end: int | None
    dashed: bool = False


@dataclass(frozen=True)
class Row:
    """One revision.

    :ivar revision: its id.
    :ivar column: where its dot is.
    :ivar lines: what crosses the row, or ends in it.
    """

    revision: str
    column: int
    lines: tuple[Line, ...]


@dataclass
class _Lane:
    """A line that is on its way to a revision."""

    to: str
    dashed: bool


def lay_out(revisions: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Place revisions.

    :param revisions: in upgrade order, each with ``id``, ``down_revisions``
        and ``depends_on``.
    :return: a row for each, the newest first.
    """
    lanes: list[_Lane | None] = []
    rows = []
    for one in reversed(revisions):
        rows.append(_row(one, lanes))
        while lanes and lanes[-1] is None:
            lanes.pop()
    return rows


def columns_of(rows: Sequence[Row]) -> int:
    """Return how many columns a drawing has."""
    found = [row.column for row in rows]
    for row in rows:
        for line in row.lines:
            found += [one for one in (line.start, line.end) if one is not None]
    return max(found, default=0) + 1


def _row(
    one: Mapping[str, Any], lanes: list[_Lane | None]
) -> Row:
    name = one["id"]
    arriving = [
        at for at, lane in enumerate(lanes) if lane and lane.to == name
    ]
    passing = [
        at for at, lane in enumerate(lanes) if lane and lane.to != name
    ]
    lines = [Line(at, at, _dashed(lanes, at)) for at in passing]
    lines += [Line(at, None, _dashed(lanes, at)) for at in arriving]
    for at in arriving:
        lanes[at] = None
    column = arriving[0] if arriving else _free(lanes, 0)
    down = one["down_revisions"]
    parents = [(parent, False) for parent in down]
    parents += [(p, True) for p in one["depends_on"] if p not in down]
    for number, (parent, dashed) in enumerate(parents):
        # The first goes straight down, the others join a line that is there.
        at = _lane_to(lanes, parent, column) if number else column
        lane = lanes[at]
        dashed = dashed and (lane is None or lane.dashed)
        lanes[at] = _Lane(parent, dashed)
        lines.append(Line(None, at, dashed))
    return Row(name, column, tuple(lines))


def _lane_to(
    lanes: list[_Lane | None], parent: str, column: int
) -> int:
    for at, lane in enumerate(lanes):
        if lane and lane.to == parent:
            return at
    return _free(lanes, column)


def _free(lanes: list[_Lane | None], first: int) -> int:
    """Return a column that nothing takes, the first choice if that is one;
    make it if there is none."""
    _reach(lanes, first)
    if lanes[first] is None:
        return first
    for at, lane in enumerate(lanes):
        if lane is None:
            return at
    lanes.append(None)
    return len(lanes) - 1


def _reach(lanes: list[_Lane | None], column: int) -> None:
    while len(lanes) <= column:
        lanes.append(None)


def _dashed(lanes: Sequence[_Lane | None], at: int) -> bool:
    lane = lanes[at]
    return lane is not None and lane.dashed
