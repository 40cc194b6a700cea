"""What is a change of a schema, and what is none?"""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """A change, what undoes it, and what is said of it.

    :ivar do: statements.
    :ivar undo: statements after which the schema is as it was.
    :ivar told: is in the sentence that tells of the change.
    """

    do: str | tuple[str, ...]
    undo: str | tuple[str, ...]
    told: str


#: Statements that end where they began.
Path = tuple[str, ...]


def statements(given: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return one statement, or many, as many."""
    return (given,) if isinstance(given, str) else given
