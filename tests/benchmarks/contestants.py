"""How does each contestant do each piece of work, timed?

One measurement is one call of :func:`measure`, in a process of its own, in
which all that is imported by name here was imported before: imports are not
in the times, the reading of the revision scripts is. All contestants get the
same kind of empty database, with the same settings; making it counts for the
kit, which does it by itself, and for nobody else, but for the work that says
so.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import sys
import time
import types
import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from migtestkit import MigrationContext, MigrationTestCase
from migtestkit.checks import HistoryChecks
from migtestkit.databases import backend_for
from tests.benchmarks.histories import NOTHING
from tests.benchmarks.measurements import (
    ALEMBIC,
    BARE,
    FRESH,
    FRESH_FIRST,
    MODELS,
    NO_TRACE,
    OURS,
    PEER,
    SET_UP,
    START,
    UP_DOWN,
    UPGRADE,
    Case,
    Measurement,
    moves_of,
)

try:
    import pytest_alembic
    from pytest_alembic import tests as peer_tests
    from pytest_alembic.tests import experimental as peer_experimental
except ImportError:
    pytest_alembic = None

#: Where :func:`record` leaves the statements of up, down and up.
STATEMENTS = "statements.json"
#: How often the test that starts at head is run in one process; the median
#: counts, so the first one, which may make a snapshot, does not.
TESTS = 5
UP, DOWN = ("upgrade", "heads"), ("downgrade", "base")


@dataclass(frozen=True)
class Job:
    """What one process has to measure.

    :ivar ini: the project's configuration.
    :ivar place: where databases are made: a URL for ``database_url``.
    :ivar revisions: those that a fresh database is wanted at.
    :ivar collect: whether Python collects garbage meanwhile; instructions
        are counted without.
    """

    case: Case
    contestant: str
    ini: str
    place: str
    revisions: tuple[str, ...] = ()
    collect: bool = True


class Clock:
    """Wall and CPU seconds of a ``with`` block."""

    wall = cpu = 0.0

    def __enter__(self) -> Clock:
        gc.collect()
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.wall = time.perf_counter() - self._began[0]
        self.cpu = time.process_time() - self._began[1]


class DidNotWork(Exception):
    """A contestant's own verdict was not a pass."""


def measure(job: Job) -> Measurement:
    """Measure once, in this process."""
    function = RUNNERS[job.case.work, job.contestant]
    if not job.collect:
        gc.disable()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            clock = function(job)
    except Exception as error:
        text_ = f"{type(error).__name__}: {error}".strip()
        return Measurement(
            job.case, job.contestant, error=text_, calls=moves_of(calls())
        )
    return Measurement(
        job.case, job.contestant, clock.wall, clock.cpu, moves_of(calls())
    )


def calls() -> list[str]:
    """Return which scripts of the project were called so far."""
    module = sys.modules.get("migration_calls")
    return list(module.CALLS) if module is not None else []


def _middle(clocks: list[Clock]) -> Clock:
    """Return the median of several, by wall time."""
    return sorted(clocks, key=lambda one: one.wall)[len(clocks) // 2]


def _mean(clocks: list[Clock]) -> Clock:
    mean = Clock()
    mean.wall = sum(one.wall for one in clocks) / len(clocks)
    mean.cpu = sum(one.cpu for one in clocks) / len(clocks)
    return mean


# -- databases ----------------------------------------------------------------


@contextlib.contextmanager
def empty_database(place: str) -> Iterator[Engine]:
    """Give an ordinary engine on a new, empty database, set up as the kit
    sets up its own, so that nobody wins by a setting of SQLite's."""
    url = make_url(place)
    backend = backend_for(url.get_backend_name())
    database = backend.provision(url, lock_timeout=5.0)
    try:
        engine = create_engine(database.url)
        event.listen(
            engine, "connect", lambda raw, record: database.prepare(raw)
        )
        try:
            yield engine
        finally:
            engine.dispose()
    finally:
        database.drop()


def alembic_config(job: Job, engine: Engine) -> Config:
    """Return Alembic's configuration with an engine for env.py."""
    config = Config(job.ini, stdout=io.StringIO())
    config.attributes["connection"] = engine
    return config


def _touch(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


# -- the kit ------------------------------------------------------------------


class Checks(HistoryChecks, MigrationTestCase):
    """The kit's checks as a user has them."""

    def stand_at_base(self) -> None:
        """Do all that a check does before its first step."""
        self.migrations.apply_revisions(())
        assert self.migrations.is_at_heads is False


class StartsAtHead(MigrationTestCase):
    """One and the same test, two ways to get to head."""

    def started(self) -> None:
        """Look, where ``start_revision`` is head."""
        assert self.scalar("SELECT count(*) FROM t0001") is not None

    def migrated(self) -> None:
        """Migrate from base by Alembic's own command, and look."""
        self.raw_command("upgrade", "heads")
        self.started()


def _run(
    cls: type[MigrationTestCase], name: str, job: Job, **options: Any
) -> Clock:
    """Run one test of the kit; time its whole life."""
    options = {
        "alembic_config": job.ini,
        "database_url": job.place,
        "__module__": __name__,
        **options,
    }
    case = type(cls.__name__, (cls,), options)(name)
    result = unittest.TestResult()
    with Clock() as clock:
        case.run(result)
    for _, reason in [*result.errors, *result.failures, *result.skipped]:
        raise DidNotWork(reason)
    return clock


def _ours(name: str) -> Callable[[Job], Clock]:
    return lambda job: _run(Checks, name, job)


def _fresh(job: Job) -> list[Clock]:
    clocks = []
    for revision in job.revisions:
        context = MigrationContext(
            job.ini, database_url=job.place, start_revision=revision
        )
        with contextlib.closing(context):
            with Clock() as clock:
                context.scalar("SELECT 1")
            clocks.append(clock)
            assert context.current == revision, context.current
    return clocks


def _fresh_again(job: Job) -> list[Clock]:
    _fresh(job)
    return _fresh(job)


def _starts(name: str, **options: Any) -> Callable[[Job], Clock]:
    return lambda job: _middle(
        [_run(StartsAtHead, name, job, **options) for _ in range(TESTS)]
    )


# -- pytest-alembic -----------------------------------------------------------


def _peer(name: str) -> Callable[[Job], Clock]:
    def run(job: Job) -> Clock:
        place = peer_experimental if work_of(name) == NO_TRACE else peer_tests
        test = getattr(place, name)
        with empty_database(job.place) as engine, Clock() as clock:
            with _peer_runner(job, engine) as runner:
                test(runner)
        return clock

    return run


def _peer_fresh(job: Job) -> list[Clock]:
    clocks = []
    for revision in job.revisions:
        with empty_database(job.place) as engine:
            with Clock() as clock:
                _peer_up_to(job, engine, revision)
                _touch(engine)
            clocks.append(clock)
    return clocks


def _peer_from_base(job: Job) -> Clock:
    clocks = []
    for _ in range(TESTS):
        with Clock() as clock, empty_database(job.place) as engine:
            _peer_up_to(job, engine, "heads")
            _touch(engine)
        clocks.append(clock)
    return _middle(clocks)


def _peer_runner(job: Job, engine: Engine) -> Any:
    config = pytest_alembic.Config.from_raw_config({"file": job.ini})
    return pytest_alembic.runner(config, engine)


def _peer_up_to(job: Job, engine: Engine, revision: str) -> None:
    with _peer_runner(job, engine) as runner:
        runner.migrate_up_to(revision)


# -- Alembic's commands -------------------------------------------------------


def _commands(*moves: tuple[str, ...]) -> Callable[[Job], Clock]:
    def run(job: Job) -> Clock:
        with empty_database(job.place) as engine, Clock() as clock:
            config = alembic_config(job, engine)
            for name, *arguments in moves:
                getattr(command, name)(config, *arguments)
        return clock

    return run


def _command_fresh(job: Job) -> list[Clock]:
    clocks = []
    for revision in job.revisions:
        with empty_database(job.place) as engine:
            with Clock() as clock:
                command.upgrade(alembic_config(job, engine), revision)
                _touch(engine)
            clocks.append(clock)
    return clocks


# -- the bare statements ------------------------------------------------------


def record(job: Job) -> Measurement:
    """Leave a file with the statements, commits and calls of up, down, up,
    each a list, as Alembic's own commands make them. (It also leaves the
    scripts compiled.)"""
    with empty_database(job.place) as engine:
        config = alembic_config(job, engine)
        legs = []
        for name, target in (UP, DOWN, UP):
            with _recorded(engine) as leg:
                getattr(command, name)(config, target)
            legs.append(leg)
    path = Path(job.ini).parent / STATEMENTS
    path.write_text(json.dumps(legs))
    return Measurement(job.case, job.contestant)


@contextlib.contextmanager
def _recorded(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    found: list[tuple[str, Any]] = []
    seen = len(calls())

    def note_calls() -> None:
        nonlocal seen
        now = calls()
        found.extend(("call", one) for one in now[seen:])
        seen = len(now)

    def statement(
        connection: Any, cursor: Any, sql: str, parameters: Any, *rest: Any
    ) -> None:
        note_calls()
        if not _looks_only(sql):
            found.append(("execute", [sql, parameters or None]))

    def commit(connection: Connection) -> None:
        note_calls()
        found.append(("commit", None))

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


def _looks_only(sql: str) -> bool:
    """Say whether a statement is a look of Alembic's at the database, which
    is none of a migration's own and no move of the version table."""
    changes = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")
    return sql != NOTHING and not sql.lstrip().upper().startswith(changes)


def _bare(legs: int) -> Callable[[Job], Clock]:
    def run(job: Job) -> Clock:
        path = Path(job.ini).parent / STATEMENTS
        recorded = json.loads(path.read_text())[:legs]
        made: list[str] = []
        with empty_database(job.place) as engine:
            # Connected before, for the first connection of an engine does
            # more than the driver.
            connection = engine.raw_connection()
            with Clock() as clock:
                for leg in recorded:
                    _replay(connection.driver_connection, leg, made)
            connection.close()
        _replayed(made)
        return clock

    return run


def _replay(raw: Any, leg: list[tuple[str, Any]], made: list[str]) -> None:
    for kind, value in leg:
        if kind == "execute":
            cursor = raw.cursor()
            cursor.execute(*value if value[1] else value[:1])
            cursor.close()
        elif kind == "commit":
            raw.commit()
        else:
            made.append(value)


def _replayed(made: list[str]) -> None:
    """Say which scripts' statements ran, as if these had said it."""
    module = types.ModuleType("migration_calls")
    vars(module)["CALLS"] = made
    sys.modules["migration_calls"] = module


# -- who does what ------------------------------------------------------------

TEST_NAMES = {
    UP_DOWN: "test_up_down_consistency",
    NO_TRACE: "test_downgrade_leaves_no_trace",
    UPGRADE: "test_upgrade",
    MODELS: "test_model_definitions_match_ddl",
}


def work_of(test_name: str) -> str:
    """Return the work that a test does."""
    return next(work for work, name in TEST_NAMES.items() if name == test_name)


RUNNERS: dict[tuple[str, str], Callable[[Job], Clock]] = {
    **{(work, OURS): _ours(name) for work, name in TEST_NAMES.items()},
    **{(work, PEER): _peer(name) for work, name in TEST_NAMES.items()},
    (UP_DOWN, BARE): _bare(3),
    (UP_DOWN, ALEMBIC): _commands(UP, DOWN, UP),
    (NO_TRACE, BARE): _bare(3),
    (NO_TRACE, ALEMBIC): _commands(UP, DOWN, UP),
    (UPGRADE, BARE): _bare(1),
    (UPGRADE, ALEMBIC): _commands(UP),
    (MODELS, BARE): _bare(1),
    (MODELS, ALEMBIC): _commands(UP, ("check",)),
    (FRESH, OURS): lambda job: _middle(_fresh_again(job)),
    (FRESH, PEER): lambda job: _middle(_peer_fresh(job)),
    (FRESH, ALEMBIC): lambda job: _middle(_command_fresh(job)),
    (FRESH_FIRST, OURS): lambda job: _mean(_fresh(job)),
    (FRESH_FIRST, PEER): lambda job: _mean(_peer_fresh(job)),
    (FRESH_FIRST, ALEMBIC): lambda job: _mean(_command_fresh(job)),
    (START, OURS): _starts("started", start_revision="heads"),
    (START, PEER): _peer_from_base,
    (START, ALEMBIC): _starts("migrated"),
    (SET_UP, OURS): _ours("stand_at_base"),
}


def taking_part(work: str) -> list[str]:
    """Return the contestants of a work that are there."""
    return [
        contestant
        for known, contestant in RUNNERS
        if known == work and (contestant != PEER or peer_is_there())
    ]


def peer_is_there() -> bool:
    """Say whether pytest-alembic can be imported."""
    return pytest_alembic is not None


def main(arguments: list[str]) -> None:
    """Measure one job, given as JSON; for programs that count."""
    given = json.loads(arguments[0])
    case = Case(**given.pop("case"))
    revisions = tuple(given.pop("revisions"))
    measurement = measure(Job(case, revisions=revisions, **given))
    if measurement.error:
        sys.exit(measurement.error)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
