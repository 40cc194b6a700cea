"""Has the test left a transaction open, and on which line?"""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
import weakref
from types import FrameType

import sqlalchemy
from sqlalchemy import Connection, Engine, event

from migtestkit.errors import MigtestkitError

__unittest = True

#: Code that opens transactions for somebody else.
_NOT_THE_TESTS = (
    "<sqlalchemy generated",
    "<string>",
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep,
    os.path.dirname(os.path.abspath(sqlalchemy.__file__)) + os.sep,
    os.path.abspath(contextlib.__file__),
)


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
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith("<"):
            path = os.path.abspath(path)
        if not path.startswith(_NOT_THE_TESTS):
            source = linecache.getline(path, frame.f_lineno).strip()
            return f"{path}, line {frame.f_lineno}: {source}"
        frame = frame.f_back
    return "an unknown line"
