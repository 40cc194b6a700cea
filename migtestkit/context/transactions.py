"""Has the test left a transaction open, and on which line?"""

from __future__ import annotations

import os
import traceback
import weakref

from sqlalchemy import Connection, Engine, event

from migtestkit.errors import MigtestkitError

__unittest = True

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class OpenTransactions:
    """Watches an engine for connections that stay within a transaction.

    :param engine: the engine of a throw-away database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._begun: weakref.WeakKeyDictionary[Connection, str] = (
            weakref.WeakKeyDictionary()
        )
        event.listen(engine, "begin", self._note)

    def close(self) -> None:
        """Stop watching."""
        event.remove(self._engine, "begin", self._note)

    def _note(self, connection: Connection) -> None:
        self._begun[connection] = _caller()

    def refuse(self) -> None:
        """Raise if a transaction is open.

        :raises MigtestkitError: names the line that opened it.
        """
        for connection, line in list(self._begun.items()):
            if connection.closed or not connection.in_transaction():
                self._begun.pop(connection, None)
                continue
            raise MigtestkitError(
                f"the test has a transaction open, begun at {line}; a "
                "migration would wait for its locks for ever. Commit it, or "
                "close the connection, before the move"
            )


def _caller() -> str:
    """Return the line outside of SQLAlchemy and the kit that is running."""
    for frame in reversed(traceback.extract_stack(limit=60)):
        ours = frame.filename.startswith(_OURS + os.sep)
        if ours or "sqlalchemy" in frame.filename.split(os.sep):
            continue
        return f"{frame.filename}, line {frame.lineno}: {frame.line}"
    return "an unknown line"
