"""How much dearer is a step when the history is longer, and how long does an
import take?"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable

from tests.benchmarks.contestants import Job
from tests.benchmarks.environments import CHECKOUT
from tests.benchmarks.measurements import (
    SET_UP,
    UP_DOWN,
    Growth,
    ImportTime,
    Measurement,
)

#: What was imported before the kit is: exactly alembic, and what a test run
#: that migrates has anyway.
BEFORE = (
    "alembic",
    "alembic.command, alembic.config, sqlalchemy.orm, unittest",
)
IMPORTS = 7

_IMPORT = """\
import {before}
import time
began = time.perf_counter()
import migtestkit
print(time.perf_counter() - began)
"""
#: up, down, up
_LEGS = 3


class CannotCount(Exception):
    """A process to be counted, or the one that counts, failed."""


def can_count() -> bool:
    """Say whether there is a program that counts instructions."""
    return shutil.which("valgrind") is not None


def instructions(job: Job) -> float:
    """Return how many instructions a process for a job executes."""
    done = subprocess.run(
        [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={os.devnull}",
            sys.executable,
            "-m",
            "tests.benchmarks.contestants",
            json.dumps(dataclasses.asdict(job)),
        ],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or counted is None:
        lines = [
            line
            for line in done.stderr.splitlines()
            if line.strip() and not line.startswith("==")
        ]
        raise CannotCount(" ".join(lines[:1]) or "valgrind says nothing")
    return float(counted[1])


def grown_instructions(short: Job, long: Job) -> Growth:
    """Compare a step of two histories by instructions.

    A process that does all but the steps is subtracted: it imports, reads
    the scripts and makes the database.
    """
    costs = []
    for job in (short, long):
        job = dataclasses.replace(job, collect=False)
        walk = instructions(_with_work(job, UP_DOWN))
        rest = instructions(_with_work(job, SET_UP))
        costs.append((walk - rest) / (_LEGS * job.case.size))
    sizes = (short.case.size, long.case.size)
    return Growth("instructions", sizes, (costs[0], costs[1]))


def grown_seconds(
    short: Job,
    long: Job,
    rounds: int,
    measure: Callable[[Job], Measurement],
) -> Growth:
    """The same by CPU time, medians."""
    costs: dict[int, list[float]] = {}
    for _ in range(rounds):
        for job in (short, long):
            job = dataclasses.replace(job, collect=False)
            walk = _cpu(measure(_with_work(job, UP_DOWN)))
            rest = _cpu(measure(_with_work(job, SET_UP)))
            costs.setdefault(job.case.size, []).append(
                (walk - rest) / (_LEGS * job.case.size) * 1e6
            )
    sizes = (short.case.size, long.case.size)
    one, two = (statistics.median(costs[size]) for size in sizes)
    return Growth("CPU us", sizes, (one, two))


def _cpu(measurement: Measurement) -> float:
    if measurement.error:
        raise CannotCount(measurement.error)
    return measurement.cpu


def _with_work(job: Job, work: str) -> Job:
    return dataclasses.replace(
        job, case=dataclasses.replace(job.case, work=work)
    )


def import_times(count: int = IMPORTS) -> list[ImportTime]:
    """Import the kit in fresh processes; return the medians."""
    found: dict[str, list[float]] = {before: [] for before in BEFORE}
    for _ in range(count):
        for before, seconds in found.items():
            said = subprocess.run(
                [sys.executable, "-c", _IMPORT.format(before=before)],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
            seconds.append(float(said))
    return [
        ImportTime(before, statistics.median(seconds))
        for before, seconds in found.items()
    ]
