"""What is measured on what, and in which order?"""

from __future__ import annotations

import dataclasses
import datetime
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks import counting, machine
from tests.benchmarks.contestants import Job, measure, record, taking_part
from tests.benchmarks.histories import (
    BRANCHED,
    EMPTY,
    HISTORIES,
    LINEAR,
    write_project,
)
from tests.benchmarks.measurements import (
    FRESH,
    FRESH_FIRST,
    MODELS,
    NO_TRACE,
    OURS,
    START,
    UP_DOWN,
    UPGRADE,
    Case,
    Growth,
    ImportTime,
    Measurement,
    Report,
    Server,
)
from tests.benchmarks.processes import Processes
from tests.benchmarks.tables import headline
from tests.benchmarks.targets import GROWTH_SIZES

#: What is measured on which history.
PLAN = {
    LINEAR: (UP_DOWN, NO_TRACE, UPGRADE, MODELS, FRESH, FRESH_FIRST, START),
    EMPTY: (UP_DOWN,),
    BRANCHED: (UP_DOWN,),
}
STEPS, IMPORT = "steps", "import"
NAMES = (*PLAN[LINEAR], STEPS, IMPORT)
#: At how many revisions a fresh database is wanted.
FRESH_REVISIONS = 7


class Projects:
    """The projects, made when they are first wanted.

    :param folder: where.
    :param run: runs a function in a new process.
    """

    def __init__(self, folder: Path, run: Processes) -> None:
        self._folder = folder
        self._run = run
        self._made: dict[tuple[str, str, int], str] = {}

    def job(self, case: Case, contestant: str) -> Job:
        """Return what a contestant has to do."""
        place = machine.place_of(case.database)
        revisions = HISTORIES[case.history](case.size)
        inner = [one.id for one in revisions[1:-1]]
        chosen = random.Random(case.size).sample(
            inner, min(FRESH_REVISIONS, len(inner))
        )
        key = (case.database, case.history, case.size)
        job = Job(
            case,
            contestant,
            self._made.get(key, ""),
            place.render_as_string(hide_password=False),
            tuple(chosen),
        )
        if key in self._made:
            return job
        # A database that nobody has: to be redirected, or not looked at.
        production = place.set(
            database=os.path.join(self._folder, "production.db")
            if place.get_backend_name() == "sqlite"
            else "production"
        )
        ini = write_project(
            self._folder / "-".join(map(str, key)),
            revisions,
            production.render_as_string(hide_password=False),
        )
        self._made[key] = os.fspath(ini)
        job = dataclasses.replace(job, ini=self._made[key])
        recorded = self._run(record, job)
        if recorded.error:
            raise RuntimeError(recorded.error)
        return job


@dataclasses.dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    sizes: Sequence[int]
    databases: Sequence[str]
    only: Sequence[str]
    rounds: int
    patience: float
    quick: bool


def cases_of(options: Options, databases: Sequence[str]) -> Iterator[Case]:
    """Yield what is to be measured."""
    for database in databases:
        for size in options.sizes:
            for history, works in PLAN.items():
                for work in works:
                    if not options.only or work in options.only:
                        yield Case(work, database, history, size)


def measure_case(
    case: Case, options: Options, projects: Projects, run: Processes
) -> list[Measurement]:
    """Let the contestants take turns; whoever needs very long, once."""
    found: list[Measurement] = []
    out: set[str] = set()
    contestants = taking_part(case.work)
    for number in range(options.rounds):
        # Nobody is always the first or behind the same one.
        turned = contestants if number % 2 == 0 else contestants[::-1]
        for contestant in turned:
            if contestant in out:
                continue
            one = run(measure, projects.job(case, contestant))
            found.append(one)
            said = headline(one.error) if one.error else (
                f"{one.wall * 1000:.1f} ms"
            )
            progress(
                f"{case.work} {case.database} {case.history} {case.size} "
                f"{contestant}: {said}"
            )
            if one.error or one.wall > options.patience:
                out.add(contestant)
    return found


def measure_growth(
    options: Options, projects: Projects, run: Processes
) -> Growth:
    """Compare a step with a short and with a long history."""
    sizes = GROWTH_SIZES
    if options.quick:
        sizes = (min(options.sizes), 4 * min(options.sizes))
    short, long = (
        projects.job(Case(UP_DOWN, "sqlite", EMPTY, size), OURS)
        for size in sizes
    )
    progress(f"a step at {sizes[0]} and at {sizes[1]} revisions")
    if counting.can_count() and not options.quick:
        return counting.grown_instructions(short, long)
    return counting.grown_seconds(
        short, long, options.rounds, lambda job: run(measure, job)
    )


def servers_of(options: Options) -> tuple[list[Server], list[str]]:
    """Return the servers that answer, and why others do not."""
    found, missing = [], []
    for name in options.databases:
        try:
            found.append(machine.ask(name))
        except machine.Unreachable as error:
            missing.append(f"{name} was not measured: {error}")
    return found, missing


def run_all(options: Options, missing: Sequence[str]) -> Report:
    """Measure everything that was asked for."""
    began, load = time.monotonic(), machine.load()
    run = Processes()
    servers, unreachable = servers_of(options)
    measurements: list[Measurement] = []
    growth: Growth | None = None
    imports: list[ImportTime] = []
    with tempfile.TemporaryDirectory(prefix="migtestkit-bench-") as folder:
        projects = Projects(Path(folder), run)
        for case in cases_of(options, [one.name for one in servers]):
            measurements += measure_case(case, options, projects, run)
        if not options.only or STEPS in options.only:
            try:
                growth = measure_growth(options, projects, run)
            except counting.CannotCount as error:
                # What was measured before must not be lost.
                unreachable.append(f"steps: {error}")
    if not options.only or IMPORT in options.only:
        progress("import")
        count = 1 if options.quick else counting.IMPORTS
        imports = counting.import_times(count)
    facts = {
        "measured on": datetime.date.today().isoformat(),
        **machine.versions(),
        "processors": str(os.cpu_count()),
        "load before and after": f"{load}; {machine.load()}",
        "the run took": f"{time.monotonic() - began:.0f} s",
    }
    return Report(
        facts, servers, measurements, growth, imports,
        [*missing, *unreachable],
    )


def progress(text: str) -> None:
    """Say on standard error what is going on."""
    print(text, file=sys.stderr, flush=True)
