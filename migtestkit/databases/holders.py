"""Which sessions are in the way?

When it can be asked who holds a lock that a statement waited for in vain, the
statement has given up, so that the server no longer tells whom it waited for.
In a throw-away database, though, few others are in a transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.sql.elements import TextClause

__unittest = True

#: How much of a session's statement is shown.
_WIDTH = 60


class Session(NamedTuple):
    """A session that is in a transaction, or may be.

    :ivar number: what the server calls it by.
    :ivar host: where it comes from, empty if that is not known.
    :ivar seconds: since its transaction began, ``None`` if that is not known.
    :ivar statement: its present or last one, empty if that is not known.
    """

    number: int
    user: str
    host: str
    seconds: float | None
    statement: str

    def __str__(self) -> str:
        origin = f" from {self.host}" if self.host else ""
        parts = [f"session {self.number} of {self.user}{origin}"]
        if self.seconds is not None:
            parts.append(f"in a transaction for {self.seconds:.0f} s")
        if self.statement:
            statement = " ".join(self.statement.split())
            if len(statement) > _WIDTH:
                statement = f"{statement[:_WIDTH]}..."
            parts.append(f"last statement: {statement}")
        return ", ".join(parts)


def suspects(sessions: Iterable[Session]) -> list[Session]:
    """Return the sessions that are in a transaction, all where that is known
    of none."""
    found = list(sessions)
    return [one for one in found if one.seconds is not None] or found


def is_left_alone(
    connection: Connection, in_the_way: TextClause, name: str, grace: float
) -> bool:
    """Say whether nobody is in a database; sessions that are leaving get a
    moment.

    :param in_the_way: asks for one that is in the database ``:name``.
    :param grace: seconds.
    """
    started = time.monotonic()
    while connection.scalar(in_the_way, {"name": name}):
        if time.monotonic() - started > grace:
            return False
        time.sleep(0.002)
    return True
