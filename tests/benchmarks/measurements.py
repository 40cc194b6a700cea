"""What was measured, and what follows from it?

Plain data and pure functions; nothing here runs anything.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

OURS = "migtestkit"
PEER = "pytest-alembic"
BARE = "bare DDL"
ALEMBIC = "alembic.command"
CONTESTANTS = (OURS, PEER, BARE, ALEMBIC)

UP_DOWN = "up-down-up"
NO_TRACE = "no-trace"
UPGRADE = "upgrade"
MODELS = "models"
FRESH = "fresh"
FRESH_FIRST = "fresh-first"
START = "start-at-head"
SET_UP = "set-up"

#: What each measured piece of work is, for people.
WORKS = {
    UP_DOWN: "test_up_down_consistency",
    NO_TRACE: "test_downgrade_leaves_no_trace",
    UPGRADE: "test_upgrade",
    MODELS: "test_model_definitions_match_ddl",
    FRESH: "fresh database at a random revision",
    FRESH_FIRST: "the same, each revision for the first time",
    START: "a test that starts at head (others: from base)",
}
#: The moves that each revision has to make for a work to be done, in this
#: order, among any others: "+" is its upgrade, "-" its downgrade.
MOVES = {UP_DOWN: "+-+", NO_TRACE: "+-", UPGRADE: "+", MODELS: "+"}


@dataclass(frozen=True)
class Case:
    """What is measured.

    :ivar work: one of :data:`WORKS`.
    :ivar database: ``sqlite``, ``postgresql`` or ``mariadb``.
    :ivar history: which kind of history.
    :ivar size: how many revisions it has.
    """

    work: str
    database: str
    history: str
    size: int


@dataclass(frozen=True)
class Measurement:
    """One contestant did the work of one case once.

    :ivar wall: seconds.
    :ivar cpu: seconds of this process, not of a server.
    :ivar calls: the moves of a revision (such as ``+-+``) -> how many
        revisions made just these.
    :ivar error: why there are no seconds, if there are none.
    """

    case: Case
    contestant: str
    wall: float = 0.0
    cpu: float = 0.0
    calls: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Seconds:
    """Medians of wall and CPU time, and of how many measurements."""

    wall: float
    cpu: float
    count: int


@dataclass(frozen=True)
class Growth:
    """What one step costs the kit with a short and with a long history.

    :ivar unit: ``instructions`` or ``CPU us``.
    :ivar sizes: the two sizes.
    :ivar per_step: the two costs.
    """

    unit: str
    sizes: tuple[int, int]
    per_step: tuple[float, float]

    @property
    def ratio(self) -> float:
        """How much dearer a step is with the long history."""
        return self.per_step[1] / self.per_step[0]


@dataclass(frozen=True)
class ImportTime:
    """Median of wall seconds, and what was imported before."""

    before: str
    seconds: float


@dataclass(frozen=True)
class Server:
    """Where a database keeps its data.

    :ivar name: ``sqlite``, ``postgresql`` or ``mariadb``.
    :ivar about: its version and settings.
    :ivar storage: ``disk (ext4)``, ``memory (tmpfs)`` or ``unknown``.
    """

    name: str
    about: str
    storage: str


@dataclass(frozen=True)
class Report:
    """All that one run found.

    :ivar facts: name -> value: versions, the machine and its load.
    :ivar missing: what could not be measured, and why.
    """

    facts: Mapping[str, str]
    servers: Sequence[Server]
    measurements: Sequence[Measurement]
    growth: Growth | None
    imports: Sequence[ImportTime]
    missing: Sequence[str]


@dataclass(frozen=True)
class Row:
    """One case, with all who took part in it."""

    case: Case
    seconds: Mapping[str, Seconds]
    #: those that failed -> how
    errors: Mapping[str, str]
    #: those whose call log does not show all moves
    idle: Sequence[str]

    def faster_than(self, other: str) -> Ratio | None:
        """How many times the kit's time another one takes."""
        return self._ratio(other, OURS)

    def times_as_long_as(self, other: str) -> Ratio | None:
        """How many times another one's time the kit takes."""
        return self._ratio(OURS, other)

    def _ratio(self, above: str, below: str) -> Ratio | None:
        if above not in self.seconds or below not in self.seconds:
            return None
        one, two = self.seconds[above], self.seconds[below]
        if not two.wall or not two.cpu:
            return None
        return Ratio(one.wall / two.wall, one.cpu / two.cpu)


@dataclass(frozen=True)
class Ratio:
    """Of medians of wall and of CPU time."""

    wall: float
    cpu: float


def rows_of(measurements: Iterable[Measurement]) -> list[Row]:
    """Return one row for each case, in the order of measurement."""
    by_case: dict[Case, list[Measurement]] = {}
    for one in measurements:
        by_case.setdefault(one.case, []).append(one)
    return [_row(case, found) for case, found in by_case.items()]


def _row(case: Case, measurements: Sequence[Measurement]) -> Row:
    by_name: dict[str, list[Measurement]] = {}
    for one in measurements:
        by_name.setdefault(one.contestant, []).append(one)
    errors = {
        name: next(one.error for one in found if one.error)
        for name, found in by_name.items()
        if any(one.error for one in found)
    }
    idle = [
        name
        for name, found in by_name.items()
        if name not in errors and not all(map(did_the_work, found))
    ]
    # Seconds in which the work was not done are no measurement of it.
    seconds = {
        name: median_of(found)
        for name, found in by_name.items()
        if name not in errors and name not in idle
    }
    return Row(case, seconds, errors, idle)


def median_of(measurements: Sequence[Measurement]) -> Seconds:
    """Return the medians."""
    return Seconds(
        statistics.median(one.wall for one in measurements),
        statistics.median(one.cpu for one in measurements),
        len(measurements),
    )


def did_the_work(measurement: Measurement) -> bool:
    """Say whether the call log shows the moves of every revision."""
    wanted = MOVES.get(measurement.case.work)
    if wanted is None:
        return True
    made = sum(
        count
        for moves, count in measurement.calls.items()
        if contains_in_order(moves, wanted)
    )
    return made == measurement.case.size


def contains_in_order(moves: str, wanted: str) -> bool:
    """Say whether the wanted moves are among those made, in order."""
    rest = iter(moves)
    return all(move in rest for move in wanted)


def moves_of(calls: Iterable[str]) -> dict[str, int]:
    """Return the moves of a revision -> how many revisions made these.

    :param calls: ``+id`` for an upgrade, ``-id`` for a downgrade, in order.
    """
    by_revision: dict[str, str] = {}
    for call in calls:
        revision = call[1:]
        by_revision[revision] = by_revision.get(revision, "") + call[0]
    counts: dict[str, int] = {}
    for moves in by_revision.values():
        counts[moves] = counts.get(moves, 0) + 1
    return counts
