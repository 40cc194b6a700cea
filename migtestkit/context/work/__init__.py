"""What does each statement of a revision cost those who use the database?"""

from __future__ import annotations

from migtestkit.context.work.mysql import MySQLWatch
from migtestkit.context.work.postgresql import PostgreSQLWatch
from migtestkit.context.work.seen import Lock, Seen, Watched

__unittest = True

__all__ = ["Lock", "MySQLWatch", "PostgreSQLWatch", "Seen", "Watched"]
