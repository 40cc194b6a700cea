"""Who makes and drops the throw-away databases?"""

from __future__ import annotations

from migtestkit.databases.base import (
    MARK,
    Backend,
    Database,
    disown,
    is_own,
    new_token,
    own,
    own_addresses,
)
from migtestkit.databases.registry import backend_for, known_backends
from migtestkit.databases.sqlite import MEMORY

__all__ = [
    "MARK",
    "MEMORY",
    "Backend",
    "Database",
    "backend_for",
    "disown",
    "is_own",
    "known_backends",
    "new_token",
    "own",
    "own_addresses",
]
