"""How do the tests end on a combination of releases?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.versions.matrix import CHECKOUT, Combination, find_python

ASK = """\
import json, platform, importlib.metadata as m, sqlite3
print(json.dumps([platform.python_version(), m.version("sqlalchemy"),
    m.version("alembic"), sqlite3.sqlite_version]))
"""

#: No server listens there, and none is required.
NO_SERVERS = {
    "MIGTESTKIT_TEST_POSTGRESQL_URL":
        "postgresql+psycopg://postgres@127.0.0.1:1/",
    "MIGTESTKIT_TEST_MYSQL_URL": "mysql+pymysql://root@127.0.0.1:1/",
    "MIGTESTKIT_REQUIRE": "",
}


@dataclass(frozen=True)
class Outcome:
    """How one combination ended.

    :ivar python: the release of Python that ran, and so on.
    :ivar counts: "N passed, N failed, N skipped"; what went wrong where it
        did not come to that.
    :ivar good: whether nothing failed.
    :ivar seconds: how long the tests took.
    """

    python: str
    sqlalchemy: str
    alembic: str
    sqlite: str
    counts: str
    good: bool
    seconds: float = 0.0


def copy_checkout(folder: Path) -> None:
    """Copy what git knows, or would add, into an empty folder."""
    names = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
         "--others", "--exclude-standard"],
        cwd=CHECKOUT, check=True, capture_output=True,
    ).stdout
    for name in names.decode().split("\0"):
        source = CHECKOUT / name
        if name and source.exists():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)


def run_combination(
    combination: Combination, modules: Sequence[str], logs: Path | None
) -> Outcome:
    """Install a combination into a new virtual environment and run the tests
    there, on a clean copy of the checkout.

    :param modules: of the tests; none: all.
    :param logs: folder to keep the output in.
    """
    interpreter = find_python(combination.python)
    if interpreter is None:
        return _without(combination, f"no Python {combination.python} here")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "checkout")
        copy.mkdir()
        copy_checkout(copy)
        log = (logs or Path(folder)) / f"{_file_name(combination)}.log"
        python = copy / ".venv" / "bin" / "python"
        with log.open("w") as out:
            for command in (
                [interpreter, "-m", "venv", copy / ".venv"],
                [python, "-m", "pip", "install", "--quiet", "--no-input",
                 "--disable-pip-version-check", ".[test]",
                 *combination.requirements],
            ):
                if _call(command, copy, out):
                    tail = log.read_text("utf-8", "replace").strip()
                    return _without(
                        combination,
                        "does not install: " + tail.splitlines()[-1],
                    )
            releases = json.loads(
                subprocess.run(
                    [python, "-c", ASK], check=True, capture_output=True
                ).stdout
            )
            began = time.monotonic()
            status = _call(
                [python, "-m", "unittest", *modules], copy, out,
                **({} if combination.servers else NO_SERVERS),
            )
            seconds = time.monotonic() - began
        counts = subprocess.run(
            [sys.executable, CHECKOUT / ".ci" / "summary.py", log],
            capture_output=True, text=True,
        )
        good = status == 0 and counts.returncode == 0
        return Outcome(
            *releases, counts.stdout.strip(), good, round(seconds, 1)
        )


def _file_name(combination: Combination) -> str:
    text = str(combination)
    return "".join(c if c.isalnum() or c in ".=" else "_" for c in text)


def _call(
    command: Sequence[object], folder: Path, out: object, **variables: str
) -> int:
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    environ.update(variables)
    return subprocess.run(
        [os.fspath(word) for word in command],  # type: ignore[call-overload]
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
    ).returncode


def _without(combination: Combination, why: str) -> Outcome:
    return Outcome(
        combination.python,
        combination.sqlalchemy or "newest",
        combination.alembic or "newest",
        "",
        why,
        False,
    )
