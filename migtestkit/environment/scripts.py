"""Which revision scripts does a configuration have, read once per process?"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass, field

from alembic.config import Config
from alembic.script import ScriptDirectory

from migtestkit.environment.declared import Declarations
from migtestkit.history import RevisionHistory, load_scripts

__unittest = True


@dataclass(frozen=True)
class Scripts:
    """The revision scripts of a project.

    :ivar directory: Alembic's object.
    :ivar history: the graph.
    :ivar import_paths: what ``prepend_sys_path`` asks for.
    :ivar signature: changes when one of the files does, env.py among them.
    :ivar declarations: kind of database -> what the upgrades that anybody in
        this process has run there have declared.
    """

    directory: ScriptDirectory
    history: RevisionHistory
    import_paths: tuple[str, ...]
    signature: tuple[object, ...] = ()
    declarations: dict[str, Declarations] = field(
        default_factory=dict, compare=False
    )


_Key = tuple[object, ...]
_cache: dict[_Key, Scripts] = {}


def read_scripts(config: Config, *, refresh: bool = False) -> Scripts:
    """Return the scripts of a configuration.

    Must be called with the run's working directory and environment set up.
    The files are read again when one of them was added, removed or changed
    (by size or time of change), or when ``refresh`` asks for it.

    :raises ConfigError: see :func:`~migtestkit.history.load_scripts`.
    :raises RevisionError: likewise.
    """
    before = list(sys.path)
    try:
        probe = load_location(config)
        added = sys.path[: len(sys.path) - len(before)]
        key = (tuple(added), *_signature(probe))
        found = _cache.get(key)
        if found is None or refresh:
            directory = load_scripts(config)
            found = Scripts(
                directory,
                RevisionHistory(directory),
                tuple(os.path.abspath(path) for path in added),
                key,
                # Read anew, they are still the same files.
                found.declarations if found is not None else {},
            )
            _cache[key] = found
    finally:
        sys.path[:] = before
    return found


def forget_scripts() -> None:
    """Make the next look read every script again."""
    _cache.clear()


def load_location(config: Config) -> ScriptDirectory:
    """Return the script directory without reading the scripts."""
    return load_scripts(config, read=False)


def _signature(directory: ScriptDirectory) -> tuple[object, ...]:
    """Return what changes when a file does. Each test asks for it, so the
    files, hundreds of them, are looked at once, and kept as a digest."""
    home = os.path.abspath(directory.dir)
    # env.py, and the data that migrations may read.
    files = _files(home, True, every=True)
    recursive = getattr(directory, "recursive_version_locations", False)
    locations = directory.version_locations or [
        os.path.join(directory.dir, "versions")
    ]
    folders = [os.path.abspath(one) for one in locations]
    for location, folder in zip(locations, folders):
        if ":" in os.fspath(location) and not os.path.exists(location):
            # "package:folder"; Alembic finds it, its files are not stat-ed.
            continue
        # The others were looked at with env.py's folder, but for __pycache__,
        # in which scripts lie where there are no sources.
        if not folder.startswith(home + os.sep) or directory.sourceless:
            files += _files(folder, recursive)
    text = "\0".join(sorted(files)).encode("utf-8", "surrogateescape")
    return (
        home,
        directory.sourceless,
        recursive,
        *folders,
        hashlib.sha256(text).hexdigest(),
    )


def _files(
    folder: str, recursive: bool, *, every: bool = False
) -> list[str]:
    found: list[str] = []
    if not os.path.isdir(folder):
        return found
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if recursive and not (every and entry.name == "__pycache__"):
                    found += _files(entry.path, recursive, every=every)
            elif every or entry.name.endswith((".py", ".pyc")):
                stat = entry.stat()
                found.append(
                    f"{entry.path}\0{stat.st_mtime_ns}\0{stat.st_size}"
                )
    return found
