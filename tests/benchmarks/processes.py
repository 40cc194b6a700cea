"""How does a piece of work get a process of its own, with all imported?"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

from tests.benchmarks.contestants import Job
from tests.benchmarks.measurements import Measurement

#: What a worker is given and returns.
Work = Callable[[Job], Measurement]

_PRELOADED = [
    "tests.benchmarks.contestants",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.dialects.mysql.pymysql",
    "psycopg2",
    "pymysql",
]


class Processes:
    """Runs functions, each in a new process with all modules loaded."""

    def __init__(self) -> None:
        methods = multiprocessing.get_all_start_methods()
        forks = "forkserver" in methods
        self._context: Any = multiprocessing.get_context(
            "forkserver" if forks else "spawn"
        )
        if forks:
            self._context.set_forkserver_preload(_PRELOADED)

    def __call__(self, function: Work, job: Job) -> Measurement:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_answer, args=(theirs, function, job)
        )
        process.start()
        theirs.close()
        try:
            found: Measurement = ours.recv()
        except EOFError:
            found = Measurement(
                job.case, job.contestant, error="the process died"
            )
        process.join()
        return found


def _answer(connection: Any, function: Work, job: Job) -> None:
    try:
        found = function(job)
    except Exception as error:
        found = Measurement(
            job.case, job.contestant, error=f"{type(error).__name__}: {error}"
        )
    connection.send(found)
    connection.close()
