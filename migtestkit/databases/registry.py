"""Which kinds of database are there?"""

from __future__ import annotations

import importlib.metadata

from migtestkit.databases.base import Backend
from migtestkit.databases.mysql import MySQL
from migtestkit.databases.postgresql import PostgreSQL
from migtestkit.databases.sqlite import SQLite
from migtestkit.errors import ConfigError, listing, suggest

__unittest = True

GROUP = "migtestkit.databases"

_loaded: dict[str, Backend] = {}
#: Entry points that cannot be used: their names, and why.
_broken: dict[str, str] = {}


def known_backends() -> dict[str, Backend]:
    """Return every backend by the names of the dialects that it serves.

    Those of other distributions come from the entry point group
    ``migtestkit.databases``; an entry may also replace one of the kit's.
    """
    if not _loaded:
        for backend in (SQLite, PostgreSQL, MySQL):
            _register(backend())
        for entry in importlib.metadata.entry_points(group=GROUP):
            if not entry.value.startswith("migtestkit."):
                _load(entry)
    return _loaded


def _load(entry: importlib.metadata.EntryPoint) -> None:
    try:
        backend = entry.load()()
        if not isinstance(backend, Backend):
            raise TypeError(f"{backend!r} is no migtestkit.databases.Backend")
    except Exception as error:
        # Told when its database is asked for; the others work without it.
        _broken[entry.name] = (
            f"the entry point {entry.name} = {entry.value} in group {GROUP!r} "
            f"cannot be used: {type(error).__name__}: {error}"
        )
    else:
        _register(backend)


def _register(backend: Backend) -> None:
    for name in backend.dialects:
        _loaded[name] = backend


def backend_for(dialect_name: str) -> Backend:
    """Return the backend for a dialect.

    :raises ConfigError: there is none.
    """
    backends = known_backends()
    if dialect_name not in backends:
        if dialect_name in _broken:
            raise ConfigError(_broken[dialect_name])
        raise ConfigError(
            f"no throw-away databases for {dialect_name!r}: the kit makes "
            f"them for {listing(sorted(backends))}"
            f"{suggest(dialect_name, backends)}; hand over an engine of "
            "your own with get_migration_engine(), or register a backend in "
            f"the entry point group {GROUP!r}"
        )
    return backends[dialect_name]
