"""Does a line of a test hold, before it is written?"""

from __future__ import annotations

import contextlib
import datetime
import unittest
import uuid
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from migtestkit.case import MigrationTestCase
from migtestkit.cli.scaffold.source import Call
from migtestkit.config import MigrationConfig

__unittest = True


@contextlib.contextmanager
def stage(config: MigrationConfig) -> Iterator[MigrationTestCase]:
    """Give a test case on a database of its own, as the test that is to be
    written will be one."""

    class Stage(MigrationTestCase):
        def migration_config(self) -> MigrationConfig:
            return config

        def runTest(self) -> None:
            """Runs nothing: its lines are performed one by one."""

    case = Stage()
    case.setUp()
    try:
        yield case
    finally:
        case.doCleanups()


def perform(case: unittest.TestCase, calls: Iterable[Call]) -> None:
    """Do what lines of a test do.

    :raises Exception: whatever the test would end in.
    """
    names = {"self": case, "sa": sa, "datetime": datetime, "uuid": uuid}
    for call in calls:
        # The source itself, so that nothing is written that was not tried.
        exec(call.source, names)


def holds(case: unittest.TestCase, call: Call) -> str:
    """Return why a line does not hold, empty if it does."""
    try:
        perform(case, [call])
    except Exception as error:
        return str(error) or type(error).__name__
    return ""
