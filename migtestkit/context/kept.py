"""May a database that another process made be restored here?

Only where ``$MIGTESTKIT_CACHE`` names a folder, and where all is as it was:
what :func:`~migtestkit.context.reuse.project_key` lists, the releases of
Python, Alembic, SQLAlchemy and the kit, the folders of installed packages,
and each module of the project's own that was imported.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
import unittest
import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import alembic
import sqlalchemy

from migtestkit.databases.base import Database
from migtestkit.databases.cache import ImageFolder
from migtestkit.databases.snapshots import Kept
from migtestkit.environment import Location
from migtestkit.errors import ConfigError

__unittest = True

VARIABLE = "MIGTESTKIT_CACHE"
#: Where installed modules lie; of them the folders' own times are looked at.
_INSTALLED = ("site-packages", "dist-packages")


def image_folder() -> ImageFolder | None:
    """Return the folder that ``$MIGTESTKIT_CACHE`` names, if it is set.

    :raises ConfigError: it cannot be one.
    """
    place = os.environ.get(VARIABLE)
    if not place:
        return None
    folder = Path(place).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise ConfigError(
            f"${VARIABLE} is {place!r}, which is no folder; name a folder "
            "for images of databases, or unset it"
        )
    return ImageFolder(folder)


def restorable(
    folder: ImageFolder,
    key: Hashable,
    steps: Sequence[str],
    beyond: int,
    database: Database,
) -> tuple[tuple[str, ...], Kept] | None:
    """Return the image that has most of some steps behind it, if it leads
    further than a number of them and nothing has changed since."""
    for image in folder.longest(_key(key), steps, beyond):
        facts = image.facts
        if not _unchanged(facts.get("files", {})):
            continue
        snapshot = database.unpack(image.content)
        if snapshot is not None:
            return image.steps, Kept(snapshot, Location(*facts["location"]))
    return None


def keep(
    folder: ImageFolder,
    key: Hashable,
    steps: Sequence[str],
    kept: Kept,
    database: Database,
) -> None:
    """Write an image for the processes to come; warn if that fails."""
    content = database.pack(kept.snapshot)
    if content is None:
        return
    place = kept.location
    facts = {
        "location": [place.database, place.table, place.schema],
        "files": dict(_own_files()),
    }
    try:
        folder.add(_key(key), steps, facts, content)
    except OSError as error:
        warnings.warn(
            f"${VARIABLE}: an image could not be written: {error}",
            RuntimeWarning,
            stacklevel=2,
        )


def _key(key: Hashable) -> str:
    parts = (
        key,
        sys.version,
        alembic.__version__,
        sqlalchemy.__version__,
        tuple(_folders()),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _folders() -> Iterator[tuple[str, int]]:
    """Yield the folders in which a package that is installed, upgraded or
    removed leaves its mark."""
    for place in sys.path:
        if os.path.basename(place) in _INSTALLED and os.path.isdir(place):
            yield place, os.stat(place).st_mtime_ns


def _own_files() -> Iterator[tuple[str, list[int]]]:
    """Yield the files of all modules that are imported and neither installed
    nor Python's own, but for those of tests: migrations do not import them,
    and they change most."""
    standard = sysconfig.get_path("stdlib")
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not os.path.isfile(path):
            continue
        installed = not set(_INSTALLED).isdisjoint(Path(path).parts)
        if installed or path.startswith(standard) or _holds_tests(module):
            continue
        stat = os.stat(path)
        yield path, [stat.st_mtime_ns, stat.st_size]


def _holds_tests(module: ModuleType) -> bool:
    return any(
        isinstance(one, type)
        and issubclass(one, unittest.TestCase)
        and one.__module__ == module.__name__
        for one in list(vars(module).values())
    )


def _unchanged(files: Mapping[str, Any]) -> bool:
    for path, noted in files.items():
        try:
            stat = os.stat(path)
        except OSError:
            return False
        if [stat.st_mtime_ns, stat.st_size] != noted:
            return False
    return True
