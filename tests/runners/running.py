"""What comes of a row, and what does it leave behind?"""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from pathlib import Path

from tests import servers
from tests.runners.matrix import Row
from tests.runners.verdicts import TEXTS

PROJECT = Path(__file__).parent / "project"
CHECKOUT = Path(__file__).parent.parent.parent
#: Seconds after which a run hangs.
PATIENCE = 90
_WARNING = re.compile(
    r"^.*(?:\b[A-Z]\w*Warning\b|Exception ignored in).*$", re.M
)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a row.

    :ivar verdicts: test -> verdict.
    :ivar problems: all that is not as it must be, one line each.
    :ivar output: of the runner.
    """

    verdicts: Mapping[str, str]
    problems: Sequence[str]
    seconds: float
    output: str

    @property
    def counts(self) -> str:
        """How many tests had each verdict."""
        found = list(self.verdicts.values())
        return ", ".join(
            f"{found.count(word)} {word}" for word in dict.fromkeys(found)
        )


#: Name of a row -> what comes of it.
_started: dict[str, futures.Future[Outcome]] = {}


def start(rows: Iterable[Row], jobs: int) -> list[futures.Future[Outcome]]:
    """Begin to run rows, so many at once; :func:`outcome` then waits."""
    pool = futures.ThreadPoolExecutor(jobs)
    for row in rows:
        _started[row.name] = pool.submit(run, row)
    pool.shutdown(wait=False)
    return list(_started.values())


def outcome(row: Row) -> Outcome:
    """Return what came of a row that was started, or run it now."""
    begun = _started.get(row.name)
    return begun.result() if begun else run(row)


def run(row: Row) -> Outcome:
    """Run the sample by one row, in a new copy of its project."""
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="runner_"))
        )
        shutil.copytree(
            PROJECT, folder / "project",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        for name in ("tmp", "threads"):
            (folder / name).mkdir()
        role = stack.enter_context(_role())
        before = _files(folder / "project")
        began = time.monotonic()
        output = _call(row, folder, role)
        seconds = time.monotonic() - began
        made = _files(folder / "project") - before
        verdicts = dict(row.read(output))
        problems = [
            *_compare(row.expected, verdicts),
            *_texts(row, output),
            *(f"left in its folder: {one}" for one in sorted(made)
              if not any(fnmatch.fnmatch(one, each) for each in row.leaves)),
            *(f"left in the temporary folder: {one}"
              for one in sorted(_files(folder / "tmp"))),
            *(f"left on the server: {one}" for one in _owned(role)),
            *(f"left running: {one.read_text('utf-8')}"
              for one in (folder / "threads").iterdir()),
        ]
    return Outcome(verdicts, problems, seconds, output)


def _call(row: Row, folder: Path, role: str) -> str:
    url = servers.server_url("postgresql").set(username=role)
    inherited = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("MIGTESTKIT_", "ALEMBIC_", "PYTHON", "DJANGO"))
    }
    process = subprocess.run(
        [sys.executable, *row.command],
        cwd=folder / "project",
        env={
            **inherited,
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "MIGTESTKIT_POSTGRESQL_URL": url.render_as_string(False),
            "MIGTESTKIT_REQUIRE": "postgresql",
            # Else oslotest sends all that is logged to standard error.
            "OS_LOG_CAPTURE": "1",
            "PYTHONDEVMODE": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join([str(CHECKOUT), "."]),
            # Standard output and error end in one text, in their order.
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "error",
            "SAMPLE_THREADS": str(folder / "threads"),
            "TMPDIR": str(folder / "tmp"),
            **row.environ,
        },
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=PATIENCE, text=True,
        errors="replace",
    )
    return process.stdout


def _compare(
    expected: Mapping[str, str], found: Mapping[str, str]
) -> Iterator[str]:
    for test in sorted({*expected, *found}):
        wanted, got = expected.get(test), found.get(test)
        if wanted != got:
            yield f"{test}: {got or 'not run'}, not {wanted or 'run'}"


def _texts(row: Row, output: str) -> Iterator[str]:
    if row.texts:
        for text in TEXTS:
            if text not in output:
                yield f"the output does not tell: {text}"
    for found in _WARNING.findall(output):
        if not any(part in found for part in row.warnings):
            yield f"warned: {found.strip()}"


def _files(folder: Path) -> set[str]:
    """Return the files, and the folders that are empty."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() or not any(path.iterdir())
    }


@contextlib.contextmanager
def _role() -> Iterator[str]:
    """Make a role on the PostgreSQL server for one run: whose databases are
    there after it is then no question."""
    url = servers.require_server("postgresql")
    name = f"runner_{secrets.token_hex(6)}"
    servers.ask(url, f"CREATE ROLE {name} LOGIN CREATEDB")
    try:
        yield name
    finally:
        for database in _owned(name):
            servers.ask(url, f'DROP DATABASE IF EXISTS "{database}" '
                             "WITH (FORCE)")
        servers.ask(url, f"DROP ROLE {name}")


def _owned(role: str) -> list[str]:
    rows = servers.ask(
        servers.server_url("postgresql"),
        "SELECT datname FROM pg_database JOIN pg_roles "
        f"ON pg_roles.oid = datdba WHERE rolname = '{role}'",
    )
    return [row[0] for row in rows]
