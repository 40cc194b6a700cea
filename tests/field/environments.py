"""The virtual environment that a lock file describes, made once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"
FINISHED = "finished"


class CannotInstall(Exception):
    """What a lock file names does not install here."""


def cache_folder() -> Path:
    """``$MIGTESTKIT_FIELD_CACHE``, else a folder in the user's cache."""
    given = os.environ.get("MIGTESTKIT_FIELD_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    return Path.home() / ".cache" / "migtestkit" / "field"


def environment_folder(name: str) -> Path:
    """Another lock file, or another Python, is another environment."""
    digest = hashlib.sha256(_lock_file(name).read_bytes())
    digest.update(sys.version.encode())
    return cache_folder() / f"{name}-{digest.hexdigest()[:16]}"


def python_of(name: str) -> Path:
    """The interpreter of the environment, which is made if need be.

    An environment is built under a temporary name, gets its mark when
    all is installed, and only then its own name: any number of
    processes may ask for it at a time, and one that was interrupted
    leaves nothing that could be taken for finished.
    """
    folder = environment_folder(name)
    if not (folder / FINISHED).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(
            tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent)
        )
        try:
            _build(name, building)
            with contextlib.suppress(OSError):  # another was faster
                building.rename(folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    if not (folder / FINISHED).exists():
        raise CannotInstall(
            f"{folder} is in the way: it was not made by these tests. "
            f"Remove it, or set MIGTESTKIT_FIELD_CACHE."
        )
    return _python(folder)


def _build(name: str, folder: Path) -> None:
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    lock_file = _lock_file(name)
    command = [
        os.fspath(_python(folder)), "-m", "pip", "install", "--quiet",
        "--no-input", "--disable-pip-version-check",
        "--requirement", os.fspath(lock_file),
    ]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise CannotInstall(
            f"pip could not install {lock_file} on Python "
            f"{sys.version.split()[0]} (exit status {done.returncode}):\n"
            f"{tail}"
        )
    (folder / FINISHED).write_text(lock_file.read_text())


def _lock_file(name: str) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def _python(folder: Path) -> Path:
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"
