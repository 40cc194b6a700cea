"""Which releases are put together?"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
#: The minor releases of Alembic between the oldest and the newest.
ALEMBICS = ("1.13", "1.14", "1.15", "1.16", "1.17", "1.18", "1.19")
NEWEST = ""


@dataclass(frozen=True)
class Combination:
    """Releases that are installed together.

    :ivar python: minor release of Python, such as ``3.12``.
    :ivar sqlalchemy: what pip is told of SQLAlchemy after its name; empty:
        nothing, which gives the newest.
    :ivar alembic: the same of Alembic.
    :ivar servers: whether PostgreSQL and MariaDB are tested as well; without
        them it takes a third of the time.
    """

    python: str
    sqlalchemy: str = NEWEST
    alembic: str = NEWEST
    servers: bool = True

    @property
    def requirements(self) -> tuple[str, ...]:
        """What pip is given besides the kit."""
        return f"sqlalchemy{self.sqlalchemy}", f"alembic{self.alembic}"

    def __str__(self) -> str:
        return " ".join((f"python{self.python}", *self.requirements))


def floors() -> dict[str, str]:
    """Return the oldest releases that ``setup.cfg`` admits, by name."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(CHECKOUT / "setup.cfg", encoding="utf-8")
    lines = setup["options"]["install_requires"].split("\n")
    return dict(line.split(">=") for line in lines if ">=" in line)


def combinations() -> Iterator[Combination]:
    """Yield the combinations: every Python with the newest releases, the
    oldest pair, both series of SQLAlchemy at their ends, and every minor
    Alembic, these on SQLite."""
    oldest = floors()
    yield Combination(
        PYTHONS[0], f"=={oldest['sqlalchemy']}", f"=={oldest['alembic']}"
    )
    for python in PYTHONS:
        yield Combination(python)
    yield Combination(PYTHONS[-1], "<2.1")
    yield Combination("3.12", "==2.1.0")
    for alembic in ALEMBICS:
        yield Combination("3.12", "<2.1", f"=={alembic}.*", servers=False)


def find_python(version: str) -> Path | None:
    """Return the interpreter of a minor release, if the machine has one that
    runs."""
    name = f"python{version}"
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = shutil.which(name)
    candidates = [Path(found)] if found else []
    candidates += sorted(root.glob(f"versions/{version}.*/bin/{name}"))
    for candidate in candidates:
        # One of pyenv's own commands may name a release that is not there.
        done = subprocess.run(
            [candidate, "-c", "import ensurepip, sqlite3"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        if done.returncode == 0:
            return candidate
    return None
