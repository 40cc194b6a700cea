"""Has a schema changed at all, before anyone puts it into words?

A walk looks at the schema hundreds of times and finds it unchanged almost
always. A look is the cheapest thing that tells: the raw rows of the
database's own catalogue, which are put into words only where two looks
differ, even when the schema is long gone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Generic, Protocol, TypeVar

from sqlalchemy.engine import Connection

from migtestkit.schema.difference import Difference, compare
from migtestkit.schema.reading import read_schema
from migtestkit.schema.snapshot import SchemaSnapshot

__unittest = True

_RawT = TypeVar("_RawT")


class SchemaLook:
    """A schema as it was at one moment.

    :param snapshot: the schema, read in full.
    """

    def __init__(self, snapshot: SchemaSnapshot) -> None:
        self._snapshot = snapshot

    @property
    def snapshot(self) -> SchemaSnapshot:
        """The schema, read in full."""
        return self._snapshot

    def differences(self, later: SchemaLook) -> tuple[Difference, ...]:
        """Return in what a later look differs."""
        if self._seems_same(later):
            return ()
        return compare(self.snapshot, later.snapshot)

    def same_as(self, other: SchemaLook) -> bool:
        """Say whether nothing has changed."""
        return not self.differences(other)

    def _seems_same(self, other: SchemaLook) -> bool:
        """Say whether nothing has changed, as far as is quickly told."""
        return False


class RawLook(SchemaLook, Generic[_RawT]):
    """Raw rows, and how a schema is made of them.

    :param raw: the rows; equal ones make equal schemas.
    :param understand: makes a snapshot of them, without the database.
    """

    def __init__(
        self, raw: _RawT, understand: Callable[[_RawT], SchemaSnapshot]
    ) -> None:
        self._raw = raw
        self._understand = understand

    def _seems_same(self, other: SchemaLook) -> bool:
        return isinstance(other, RawLook) and bool(self._raw == other._raw)

    @functools.cached_property
    def _understood(self) -> SchemaSnapshot:
        return self._understand(self._raw)

    @property
    def snapshot(self) -> SchemaSnapshot:
        return self._understood


class Looker(Protocol):
    """How one kind of database is looked at; nothing where it cannot be."""

    def __call__(
        self, connection: Connection, exclude: Collection[str]
    ) -> SchemaLook | None:
        """Read the raw rows; writes nothing."""


_LookerT = TypeVar("_LookerT", bound=Looker)
_LOOKERS: dict[str, Looker] = {}


def register_look(*dialects: str) -> Callable[[_LookerT], _LookerT]:
    """Decorator: this function looks at the schemas of these dialects."""

    def register(looker: _LookerT) -> _LookerT:
        for dialect in dialects:
            _LOOKERS[dialect] = looker
        return looker

    return register


def look_at_schema(
    connection: Connection, *, exclude: Collection[str] = ()
) -> SchemaLook:
    """Look at what :func:`read_schema` would read.

    :param exclude: names of tables to leave out.
    """
    looker = _LOOKERS.get(connection.dialect.name)
    found = looker(connection, exclude) if looker else None
    if found is None:
        return SchemaLook(read_schema(connection, exclude=exclude))
    return found
