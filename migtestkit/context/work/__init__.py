"""What does each statement of a revision cost those who use the database?"""

from __future__ import annotations

from migtestkit.context.work.seen import Lock, Seen, Watched
from migtestkit.context.work.postgresql import PostgreSQLWatch

__unittest = True

__all__ = ["Lock", "PostgreSQLWatch", "Seen", "Watched"]
