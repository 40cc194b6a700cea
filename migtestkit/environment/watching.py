"""Who hears of each statement that a revision sends?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

__unittest = True


# Not frozen, which takes four times as long to make, of each statement one.
@dataclass(slots=True)
class Sending:
    """A statement on its way to a throw-away database.

    :ivar connection: the run's own connection.
    :ivar statement: its text, as the driver takes it.
    :ivar parameters: what the driver takes with it.
    :ivar context: SQLAlchemy's execution context.
    :ivar many: whether it is executed once for each set of parameters.
    :ivar database: name of the database, where there are several.
    """

    connection: Connection
    statement: str
    parameters: Any = None
    context: Any = None
    many: bool = False
    database: str | None = None


class StatementWatch:
    """Hears of the statements of a step, its note in the version table
    included, on connections to the kit's own databases; of no other."""

    def before(self, sending: Sending) -> None:
        """Hear of a statement that is about to be sent; what is raised here
        is raised in its place."""

    def after(self, sending: Sending, rows: int) -> None:
        """Hear of one that has succeeded.

        :param rows: how many rows the driver says it met, -1 if it cannot.
        """
