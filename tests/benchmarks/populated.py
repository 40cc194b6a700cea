"""``python -m tests.benchmarks populated``: what does a revision cost over
rows, as histories and tables grow?

Half of the revisions create a table, the others change one; so of 100
revisions the last ones run over 50 tables with rows. Beside it, plain
``alembic upgrade head`` over empty tables. Times are the best of several;
statements are counted, which no load of the machine changes. The cost of the
later half of each history shows whether it grows.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from migtestkit import MigrationContext
from migtestkit.context import populated
from migtestkit.databases.registry import backend_for
from tests.benchmarks import machine
from tests.benchmarks.histories import Operation, Revision, write_project

SIZES = (25, 50, 100)


@dataclass(frozen=True)
class Cost:
    """What one history cost, in all and by revision.

    :ivar cpu: of the check, without what the server does.
    :ivar statements: how many each revision of the second half took.
    """

    database: str
    size: int
    tables: int
    plain: float
    checked: float
    cpu: float
    statements: float

    def row(self) -> str:
        """Return a line of the table."""
        return (
            f"{self.database:<12}{self.size:>6}{self.tables:>8}"
            f"{self.plain / self.size * 1000:>12.1f}"
            f"{self.checked / self.size * 1000:>12.1f}"
            f"{self.cpu / self.size * 1000:>8.1f}"
            f"{self.checked / self.plain:>8.1f}"
            f"{self.statements:>13.1f}"
        )


HEAD = (
    f"{'database':<12}{'revs':>6}{'tables':>8}{'plain ms':>12}"
    f"{'checked ms':>12}{'cpu ms':>8}{'ratio':>8}{'statements':>13}"
)


def revisions(size: int) -> tuple[Revision, ...]:
    """Every other revision creates a table, the others each add a column to
    the table before or insert a row."""
    found: list[Revision] = []
    for number in range(1, size + 1):
        table = f"t{(number + 1) // 2:03}"
        kind = "create" if number % 2 else "column"
        if number % 10 == 0:
            kind = "insert"
        down = (found[-1].id,) if found else ()
        operation = Operation(kind, table, f"c{number:03}", number)
        found.append(Revision(f"r{number:03}", down, operation))
    return tuple(found)


class _Counter:
    """Counts the statements of each revision."""

    def __init__(self) -> None:
        self.statements = 0
        self.marks: list[int] = []

    def note(self, *given: Any) -> None:
        """Note a statement."""
        self.statements += 1

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count meanwhile; a revision ends where the next is visited."""
        visit = populated._PopulatedWalk._visit

        def marked(walk: Any, *args: Any) -> bool:
            done = visit(walk, *args)
            self.marks.append(self.statements)
            return done

        event.listen(Engine, "before_cursor_execute", self.note)
        populated._PopulatedWalk._visit = marked  # type: ignore
        try:
            yield
        finally:
            populated._PopulatedWalk._visit = visit  # type: ignore
            event.remove(Engine, "before_cursor_execute", self.note)

    def later_half(self, size: int) -> float:
        """Return how many statements a revision of the later half took, in
        the first pass."""
        half = size // 2
        return (self.marks[size - 1] - self.marks[half - 1]) / (size - half)


def plain_upgrade(ini: Path, url: URL) -> float:
    """Return how long Alembic takes over empty tables."""
    database = backend_for(url.get_backend_name()).provision(
        url, lock_timeout=10
    )
    # The kit's own engine, which does not wait for the disk either.
    engine = database.create_engine()
    try:
        with engine.connect() as connection:
            config = Config(str(ini))
            config.attributes["connection"] = connection
            began = time.perf_counter()
            command.upgrade(config, "head")
            return time.perf_counter() - began
    finally:
        engine.dispose()
        database.drop()


def checked_upgrade(ini: Path, url: URL) -> tuple[float, float]:
    """Return how long the check of upgrades takes, and of that the time of
    the processor."""
    with MigrationContext(Config(str(ini)), database_url=url) as context:
        context.history
        began, cpu = time.perf_counter(), time.process_time()
        report = populated.walk_populated(context, populated.Aim())
        took = time.perf_counter() - began, time.process_time() - cpu
    if report.findings or len(report.tested) < len(report.untested):
        raise RuntimeError(f"it did not test what it should: {report}")
    return took


def cost_of(database: str, size: int, rounds: int) -> Cost:
    """Measure one history."""
    url = machine.place_of(database)
    with tempfile.TemporaryDirectory() as folder:
        ini = write_project(Path(folder), revisions(size), "sqlite://")
        plain = min(plain_upgrade(ini, url) for _ in range(rounds))
        checked, cpu = min(
            checked_upgrade(ini, url) for _ in range(rounds)
        )
        counter = _Counter()
        with counter.counting():
            checked_upgrade(ini, url)
    return Cost(
        database, size, (size + 1) // 2, plain, checked, cpu,
        counter.later_half(size),
    )


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks populated", description=__doc__
    )
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    print(f"by revision; load {machine.load()}\n{HEAD}", flush=True)
    for database in asked.databases.split(","):
        for size in map(int, asked.sizes.split(",")):
            print(cost_of(database, size, asked.rounds).row(), flush=True)
    return 0
