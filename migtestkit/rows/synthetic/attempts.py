"""Does the database take a row?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

__unittest = True

#: What a value, sent or received, can run into beside the database.
REFUSALS = (
    SQLAlchemyError, ValueError, TypeError, LookupError, ArithmeticError,
)


def attempt(
    connection: Connection, statement: Any, *, keep: bool = True
) -> Exception | None:
    """Execute a statement in a savepoint; return why it was refused.

    :param keep: undo it even if it was not.
    """
    savepoint = connection.begin_nested()
    try:
        connection.execute(statement)
    except REFUSALS as error:
        if is_lost(error):
            raise
        savepoint.rollback()
        return error
    if keep:
        savepoint.commit()
    else:
        savepoint.rollback()
    return None


def is_lost(error: Exception) -> bool:
    """Say whether an error is the connection's end."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


class Objection(Exception):
    """A table that seemed easy has refused a row."""


class Default:
    """Stands for a column that is left to its default."""

    def __repr__(self) -> str:
        return "DEFAULT"


DEFAULT = Default()


class Refused(Exception):
    """No row of a kind was taken."""

    def __init__(self, error: Exception) -> None:
        text = str(getattr(error, "orig", None) or error)
        self.text = " ".join(text.split())[:300]
        super().__init__(self.text)
