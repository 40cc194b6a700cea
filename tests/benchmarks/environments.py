"""Which interpreter has pytest-alembic, and the same of all else as this one?
"""

from __future__ import annotations

import configparser
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
FINISHED = "finished"
#: What all contestants use, and what must not differ from this interpreter.
SHARED = (
    "alembic",
    "sqlalchemy",
    "greenlet",
    "psycopg2-binary",
    "psycopg2",
    "pymysql",
)


class CannotInstall(Exception):
    """The extra ``bench`` does not install here."""


def peer_is_here() -> bool:
    """Say whether this interpreter has pytest-alembic."""
    return importlib.util.find_spec("pytest_alembic") is not None


def cache_folder() -> Path:
    """``$MIGTESTKIT_BENCH_CACHE``, else a folder in the user's cache."""
    given = os.environ.get("MIGTESTKIT_BENCH_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    return Path.home() / ".cache" / "migtestkit" / "benchmarks"


def requirements() -> list[str]:
    """The extra ``bench``, and this interpreter's versions of what the
    contestants share."""
    settings = configparser.ConfigParser()
    settings.read(CHECKOUT / "setup.cfg", "utf-8")
    extra = settings["options.extras_require"]["bench"].split("\n")
    found = [line.strip() for line in extra if line.strip()]
    for name in SHARED:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{name}=={importlib.metadata.version(name)}")
    return found


def python_with_peer() -> Path:
    """The interpreter of a virtual environment, which is made if need be.

    It is built under a temporary name and gets its own when all is installed,
    so that one that was interrupted is never taken for finished.

    :raises CannotInstall: pip's last words.
    """
    wanted = "\n".join([*requirements(), sys.version, ""])
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:16]
    folder = cache_folder() / f"bench-{digest}"
    if not (folder / FINISHED).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(
            tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent)
        )
        try:
            _build(building)
            (building / FINISHED).write_text(wanted)
            with contextlib.suppress(OSError):  # another was faster
                building.rename(folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    if not (folder / FINISHED).exists():
        raise CannotInstall(f"{folder} is in the way; remove it")
    return _python(folder)


def _build(folder: Path) -> None:
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    command = [
        os.fspath(_python(folder)), "-m", "pip", "install", "--quiet",
        "--no-input", "--disable-pip-version-check", *requirements(),
    ]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        tail = done.stdout.strip().splitlines()[-5:]
        raise CannotInstall("pip: " + " | ".join(tail))


def _python(folder: Path) -> Path:
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"
