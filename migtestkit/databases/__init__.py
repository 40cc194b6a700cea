"""Who makes and drops the throw-away databases?"""

from __future__ import annotations

from migtestkit.databases.base import MARK, Backend, Database
from migtestkit.databases.registry import backend_for, known_backends

__all__ = ["MARK", "Backend", "Database", "backend_for", "known_backends"]
