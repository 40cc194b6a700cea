"""What do several tests need: small projects, and the kit run on them?"""
from __future__ import annotations

import logging
import logging.config
import os
import random
import shutil
import sys
import tempfile
import textwrap
import threading
import unittest
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Optional, TypeVar, Union

from alembic.config import Config
from migtestkit import MigrationContext, MigrationTestCase
from migtestkit.checks import HistoryChecks

from tests import zoo

T = TypeVar("T")

#: What a developer may have set, and what no test may depend on.
VARIABLES = (
    "ALEMBIC_CONFIG",
    "MIGTESTKIT_CACHE",
    "MIGTESTKIT_DATABASE_URL",
    "MIGTESTKIT_KEEP_FAILED",
    "MIGTESTKIT_REQUIRE",
)

INI = """\
[alembic]
script_location = %(here)s/migrations
sqlalchemy.url = sqlite:///%(here)s/production.db
"""

ENV = '''\
"""Alembic's generic way: the URL comes from the configuration."""
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
runs = config.attributes.setdefault("runs", [])
if context.is_offline_mode():
    context.configure(
        url=config.get_main_option("sqlalchemy.url"), literal_binds=True
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    runs.append("online")
    engine = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
'''

MAKO = '''\
"""${message}"""
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


class Python(str):
    """The body of a migration's function, where SQL does not do."""


class Rev(NamedTuple):
    """One revision of a history; a plain tuple of its parts does too.

    `upgrade` and `downgrade` are a statement, several, or `Python`; `""` is
    a function that does nothing, `None` leaves the function out.
    """

    id: str
    down_revision: Union[None, str, Sequence[str]] = None
    depends_on: Union[None, str, Sequence[str]] = None
    labels: Union[None, str, Sequence[str]] = None
    upgrade: Union[None, str, Sequence[str]] = ""
    downgrade: Union[None, str, Sequence[str]] = ""
    message: str = ""


def create(table: str, columns: str = "id INTEGER PRIMARY KEY") -> str:
    """Return the statement that creates a table."""
    return f"CREATE TABLE {table} ({columns})"


def make_history(
    folder: Path,
    revisions: Sequence[Union[Rev, Sequence[Any]]] = (),
    *,
    env: str = ENV,
    ini: str = INI,
) -> Path:
    """Write an Alembic project into a folder; return its alembic.ini.

    Its migrations note what runs as `("upgrade", "r1")` in
    `config.attributes["calls"]`, its env.py notes each of its online runs in
    `config.attributes["runs"]`.
    """
    scripts = folder / "migrations"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text(env, encoding="utf-8")
    (scripts / "script.py.mako").write_text(MAKO, encoding="utf-8")
    path = folder / "alembic.ini"
    path.write_text(ini, encoding="utf-8")
    for one in revisions:
        add_revision(folder, one)
    return path


def add_revision(folder: Path, revision: Union[Rev, Sequence[Any]]) -> Path:
    """Write one more revision of a project; return its file."""
    rev = Rev(*revision)
    path = folder / "migrations" / "versions" / f"{rev.id}.py"
    path.write_text(_script(rev), encoding="utf-8")
    return path


def _script(rev: Rev) -> str:
    return (
        f'"""{rev.message or "revision " + rev.id}"""\n'
        "from alembic import context, op\n\n"
        f"revision = {rev.id!r}\n"
        f"down_revision = {rev.down_revision!r}\n"
        f"branch_labels = {rev.labels!r}\n"
        f"depends_on = {rev.depends_on!r}\n"
        + _function("upgrade", rev.upgrade)
        + _function("downgrade", rev.downgrade)
    )


def _function(name: str, work: Union[None, str, Sequence[str]]) -> str:
    if work is None:
        return ""
    if not isinstance(work, Python):
        statements = [work] if isinstance(work, str) else work
        work = "\n".join(f"op.execute({one!r})" for one in statements if one)
    return (
        f"\n\ndef {name}():\n"
        '    calls = context.config.attributes.setdefault("calls", [])\n'
        f"    calls.append(({name!r}, revision))\n"
        + textwrap.indent(work, "    ")
        + "\n"
    )


def calls_of(config: Config) -> list[tuple[str, str]]:
    """Return what ran since this was last asked, and forget it."""
    found: list[tuple[str, str]] = config.attributes.pop("calls", [])
    return found


def runs_of(config: Config) -> list[str]:
    """Return one entry for each online run since this was last asked."""
    found: list[str] = config.attributes.pop("runs", [])
    return found


# -- test cases ---------------------------------------------------------------


class ProjectTestCase(unittest.TestCase):
    """Gives each test a folder; leaves the process as it was.

    `self.folder` is for projects, `self.temp` is what `tempfile` uses; a
    throw-away database that is left in there fails the test.
    """

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="test_")).resolve()
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(zoo.forget_modules, self.folder)
        self.temp = self.folder / "temp"
        self.temp.mkdir()
        self.addCleanup(self._nothing_is_left)
        self.addCleanup(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = str(self.temp)
        self.addCleanup(os.chdir, os.getcwd())
        self.addCleanup(sys.path.__setitem__, slice(None), list(sys.path))
        self.addCleanup(_set_environ, dict(os.environ))
        os.environ["TMPDIR"] = str(self.temp)
        for name in VARIABLES:
            os.environ.pop(name, None)

    def _nothing_is_left(self) -> None:
        self.assertEqual([], [path.name for path in self.temp.iterdir()])

    def make_history(
        self, *revisions: Union[Rev, Sequence[Any]], **options: Any
    ) -> Path:
        """Write a project; return its alembic.ini.

        The first goes into `self.folder` itself, more into folders in it.
        """
        folder = self.folder
        if (folder / "alembic.ini").exists():
            folder = self.new_folder()
        return make_history(folder, revisions, **options)

    def new_folder(self) -> Path:
        """Make a folder within the test's own."""
        return Path(tempfile.mkdtemp(prefix="folder_", dir=self.folder))

    def copy_of(self, name: str) -> Path:
        """Copy a project of the zoo; return the copy's folder."""
        return zoo.copy_project(zoo.PROJECTS[name], self.new_folder())

    def open(self, config: Any, **options: Any) -> MigrationContext:
        """Return a context, closed after the test."""
        context = MigrationContext(config, **options)
        self.addCleanup(context.close)
        return context

    def open_history(
        self, *revisions: Union[Rev, Sequence[Any]], **options: Any
    ) -> MigrationContext:
        """Write a project; return a context of it. Its `Config`, with the
        calls, is `context.environment.config`."""
        return self.open(Config(str(self.make_history(*revisions))), **options)


def _set_environ(content: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(content)


def run_case(cls: type) -> unittest.TestResult:
    """Run all tests of a class; return what became of them."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(cls).run(result)
    return result


# -- the ready-made checks ----------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What the checks said of a project.

    :ivar verdicts: check -> pass, fail or skip.
    :ivar texts: check -> the failure's text, or the reason of the skip.
    :ivar not_tested: check -> revision -> why it was not tested, of the
        checks that passed all the same.
    """

    verdicts: dict[str, str]
    texts: dict[str, str]
    not_tested: dict[str, dict[str, str]]

    def verdict(self, check: str) -> tuple[str, str]:
        """Return a check's verdict, and the text that goes with it."""
        return self.verdicts[check], self.texts.get(check, "")

    def __str__(self) -> str:
        return "\n".join(
            f"{check}: {verdict}\n{self.texts.get(check, '')}"
            for check, verdict in self.verdicts.items()
        )


def checks_class(
    project: Optional[zoo.Project] = None,
    root: Optional[Path] = None,
    **attributes: Any,
) -> type:
    """Return the class that a user would write for a project.

    :param project: of the zoo, or nothing but `attributes` counts.
    :param root: the copy of the project.
    """
    bases: tuple[type, ...] = (HistoryChecks, MigrationTestCase)
    members: dict[str, Any] = {
        "__module__": __name__,
        "__qualname__": "checks_class.<locals>.Checks",
    }
    if project is not None:
        assert root is not None
        if project.mixin is not None:
            bases = (HistoryChecks, project.mixin, MigrationTestCase)
        members.update(
            alembic_config=str(root / project.config),
            ini_section=project.section,
            environ=dict(project.environ(root)),
            project_root=root,
            **project.attributes,
        )
    return type("Checks", bases, {**members, **attributes})


def run_checks(
    project: Optional[zoo.Project] = None,
    root: Optional[Path] = None,
    **attributes: Any,
) -> Outcome:
    """Run the six history checks; see `checks_class`."""
    return outcome_of(run_case(checks_class(project, root, **attributes)))


def run_check(check: str, **attributes: Any) -> Outcome:
    """Run one of the history checks; see `checks_class`."""
    result = unittest.TestResult()
    checks_class(**attributes)(check).run(result)
    return outcome_of(result)


def outcome_of(result: unittest.TestResult) -> Outcome:
    """Read what a result of `HistoryChecks` says of each check."""
    outcome = Outcome(dict.fromkeys(zoo.CHECKS, "pass"), {}, {})
    for test, text in result.failures + result.errors:
        name = _method(test)
        outcome.verdicts[name] = "fail"
        outcome.texts[name] = text
    for test, reason in result.skipped:
        name = _method(test)
        sub_test = getattr(test, "params", None)
        if sub_test is not None:
            untested = outcome.not_tested.setdefault(name, {})
            untested[sub_test["revision"]] = reason
        else:
            outcome.verdicts[name] = "skip"
            outcome.texts[name] = reason
    return outcome


def _method(test: Any) -> str:
    case = getattr(test, "test_case", test)
    return str(case._testMethodName)


# -- the process --------------------------------------------------------------


def count_calls(function: Callable[[], T]) -> tuple[T, int]:
    """Call a function; return its value and how many calls of functions that
    took, in this and in new threads: seconds would tell of the machine."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        value = function()
    finally:
        sys.setprofile(before)
        threading.setprofile(before)
    return value, count


def process_state() -> dict[str, Any]:
    """Return all of the process that a run must leave as it was."""
    loggers = logging.root.manager.loggerDict
    return {
        "working directory": os.getcwd(),
        "sys.path": list(sys.path),
        "os.environ": dict(os.environ),
        "sys.stdin": sys.stdin,
        "sys.stdout": sys.stdout,
        "warnings.filters": list(warnings.filters),
        "handlers of the root logger": list(logging.root.handlers),
        "level of the root logger": logging.root.level,
        "logging.disable": logging.root.manager.disable,
        "disabled loggers": {
            name
            for name, one in loggers.items()
            if isinstance(one, logging.Logger) and one.disabled
        },
        "fileConfig": logging.config.fileConfig,
        "threads": set(threading.enumerate()),
    }


# -- random histories ---------------------------------------------------------


def random_history(rng: random.Random, size: int) -> list[Rev]:
    """Return revisions with branches, merges, several bases, labels and
    `depends_on`, whose scripts do nothing.
    """
    revisions: list[Rev] = []
    needs: dict[str, set[str]] = {}
    for number in range(size):
        name = f"{rng.choice('abcdef')}{number}{rng.randrange(10, 99)}"
        down = _random_parents(rng, needs)
        below = set(down).union(*(needs[one] for one in down))
        # Alembic itself fails on a merge that depends on what stands on one
        # of the revisions that it merges.
        others = [
            one
            for one in needs
            if one not in below
            and (len(down) < 2 or not needs[one].intersection(down))
        ]
        depends = None
        if others and rng.random() < 0.25:
            depends = rng.choice(others)
            below |= {depends} | needs[depends]
        label = f"label{number}" if rng.random() < 0.2 else None
        needs[name] = below
        downs: Any = tuple(down) if len(down) > 1 else next(iter(down), None)
        revisions.append(Rev(name, downs, depends, label))
    return revisions


def _random_parents(
    rng: random.Random, needs: Mapping[str, set[str]]
) -> list[str]:
    known = list(needs)
    if not known or rng.random() < 0.15:
        return []
    first = rng.choice(known[-3:])
    apart = [
        one
        for one in known
        if one != first and one not in needs[first] and first not in needs[one]
    ]
    if apart and rng.random() < 0.35:
        return [first, rng.choice(apart)]
    return [first]
