"""Which ratios are to be reached, and which of them are?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.histories import EMPTY, LINEAR
from tests.benchmarks.measurements import (
    ALEMBIC,
    BARE,
    FRESH,
    NO_TRACE,
    PEER,
    START,
    UP_DOWN,
    Case,
    Ratio,
    Report,
    Row,
    rows_of,
)


@dataclass(frozen=True)
class Target:
    """A ratio between the kit and another contestant.

    :ivar against: the bare DDL: at most so many times as long as it; any
        other: at least so many times faster.
    """

    case: Case
    against: str
    bound: float

    @property
    def at_most(self) -> bool:
        """Whether less is better."""
        return self.against == BARE

    def ratio(self, row: Row) -> Ratio | None:
        """Return the ratio in a row."""
        if self.at_most:
            return row.times_as_long_as(self.against)
        return row.faster_than(self.against)


@dataclass(frozen=True)
class Verdict:
    """A target and what became of it.

    :ivar what: the target in words.
    :ivar bound: such as ``>= 3.5``.
    :ivar reached: the ratio, or ``-``.
    :ivar cpu: the same by CPU time, or ``-``.
    :ivar met: ``yes``, ``NO`` or why nothing can be said.
    """

    what: str
    bound: str
    reached: str
    cpu: str
    met: str


SQLITE, POSTGRESQL, MARIADB = "sqlite", "postgresql", "mariadb"

TARGETS = (
    Target(Case(UP_DOWN, SQLITE, LINEAR, 800), PEER, 3.5),
    Target(Case(UP_DOWN, SQLITE, LINEAR, 800), BARE, 1.6),
    Target(Case(UP_DOWN, POSTGRESQL, LINEAR, 800), PEER, 4.5),
    Target(Case(UP_DOWN, POSTGRESQL, LINEAR, 800), BARE, 1.6),
    Target(Case(UP_DOWN, SQLITE, EMPTY, 800), PEER, 30),
    Target(Case(NO_TRACE, SQLITE, LINEAR, 200), PEER, 50),
    Target(Case(NO_TRACE, SQLITE, LINEAR, 800), PEER, 100),
    Target(Case(FRESH, SQLITE, LINEAR, 800), ALEMBIC, 100),
    Target(Case(FRESH, POSTGRESQL, LINEAR, 800), ALEMBIC, 12),
    Target(Case(FRESH, MARIADB, LINEAR, 800), ALEMBIC, 6),
    Target(Case(START, POSTGRESQL, LINEAR, 200), ALEMBIC, 5),
)
#: How much dearer a step may be at 400 revisions than at 100.
GROWTH = 1.05
GROWTH_SIZES = (100, 400)
#: Milliseconds.
IMPORT = 50.0

_SAID = {UP_DOWN: "up+down+up", NO_TRACE: "downgrade leaves no trace"}


def verdicts(report: Report) -> list[Verdict]:
    """Return what became of every target."""
    rows = rows_of(report.measurements)
    found = [_verdict(target, rows) for target in TARGETS]
    return [*found, _growth(report), _import(report)]


def _verdict(target: Target, rows: Sequence[Row]) -> Verdict:
    case = target.case
    said = _SAID.get(case.work)
    if said is None:
        said = "fresh at random revision" if case.work == FRESH else (
            "starts at head, against from base"
        )
    against = "times" if target.at_most else "against"
    what = (
        f"{said}, {case.history} {case.size}, {case.database}, "
        f"{against} {target.against}"
    )
    bound = f"{'<=' if target.at_most else '>='} {target.bound:g}"
    for row in rows:
        if row.case == case:
            ratio = target.ratio(row)
            if ratio is not None:
                return Verdict(
                    what,
                    bound,
                    f"{ratio.wall:.2f}",
                    f"{ratio.cpu:.2f}",
                    _met(ratio.wall, target.bound, target.at_most),
                )
    return Verdict(what, bound, "-", "-", _instead(target, rows))


def _met(reached: float, bound: float, at_most: bool) -> str:
    fine = reached <= bound if at_most else reached >= bound
    return "yes" if fine else "NO"


def _instead(target: Target, rows: Sequence[Row]) -> str:
    """Return the ratio of the largest history that was measured."""
    case = target.case
    near = [
        (row.case.size, ratio)
        for row in rows
        if (row.case.work, row.case.database, row.case.history)
        == (case.work, case.database, case.history)
        and (ratio := target.ratio(row)) is not None
    ]
    if not near:
        return "not measured"
    size, ratio = max(near, key=lambda pair: pair[0])
    return f"not measured; at {size}: {ratio.wall:.2f}"


def _growth(report: Report) -> Verdict:
    short, long = GROWTH_SIZES
    what = f"a step at {long} revisions against {short}, noop, sqlite"
    bound = f"<= {GROWTH:g}"
    growth = report.growth
    if growth is None:
        return Verdict(what, bound, "-", "-", "not measured")
    ratio = f"{growth.ratio:.3f}"
    if growth.sizes != GROWTH_SIZES:
        short, long = growth.sizes
        return Verdict(
            what,
            bound,
            "-",
            "-",
            f"not measured; {long} against {short}: {ratio} ({growth.unit})",
        )
    met = _met(growth.ratio, GROWTH, True)
    if growth.unit == "instructions":
        return Verdict(what, bound, ratio, "-", f"{met}, by instructions")
    return Verdict(what, bound, "-", ratio, f"{met}, by CPU time")


def _import(report: Report) -> Verdict:
    if not report.imports:
        return Verdict(
            "import beyond alembic, ms", f"<= {IMPORT:g}", "-", "-",
            "not measured",
        )
    first = report.imports[0]
    reached = first.seconds * 1000
    return Verdict(
        f"import after {first.before}, ms",
        f"<= {IMPORT:g}",
        f"{reached:.0f}",
        "-",
        _met(reached, IMPORT, True),
    )
