"""Does anything connect by a driver, without SQLAlchemy?

Only asked with ``strict = True``: Python's audit events show ``sqlite3``
opening a file, before it does. A hook cannot be taken out again, so there is
one for the process, asleep but in strict runs.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from migtestkit.databases import MEMORY, backend_for, own_addresses
from migtestkit.environment.guard import ConnectionGuard
from migtestkit.errors import ForeignDatabaseError

__unittest = True

_guards: list[ConnectionGuard] = []
_installed = False


@contextlib.contextmanager
def driver_watched(guard: ConnectionGuard) -> Iterator[None]:
    """Refuse raw driver connections to a file that is not ours."""
    global _installed
    if not _installed:
        sys.addaudithook(_audit)
        _installed = True
    _guards.append(guard)
    try:
        yield
    finally:
        _guards.remove(guard)


def _audit(name: str, arguments: tuple[Any, ...]) -> None:
    if not _guards or name != "sqlite3.connect":
        return
    guard = _guards[-1]
    path = os.fsdecode(arguments[0]) if arguments else ""
    if guard.connecting:
        return
    # Whether the driver is to take it for a URI is not told here.
    uri = path.startswith("file:")
    address = backend_for("sqlite").address([path], {"uri": uri})
    if address == MEMORY or address in own_addresses():
        return
    error = ForeignDatabaseError(
        f"env.py, or a migration, opens {path} by the sqlite3 driver itself, "
        "and strict = True; it was not opened. Let it go through SQLAlchemy"
    )
    guard.refusals.append(error)
    raise error
