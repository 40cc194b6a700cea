"""Which reader reads the schema of a given database?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

from migtestkit.schema.snapshot import SchemaSnapshot

__unittest = True

#: The name under which the reader for all other dialects is registered.
ANY_DIALECT = "*"


class Reader(Protocol):
    """How the schema of one kind of database is read.

    ``exclude`` holds names of tables to leave out, ``schemas`` the schemas
    to look at, ``None`` among them for the connection's default one; it is
    ``None`` where all that a database has are to be read.
    """

    def __call__(
        self,
        connection: Connection,
        exclude: frozenset[str],
        schemas: Sequence[str | None] | None,
    ) -> SchemaSnapshot:
        """Read the schema; writes nothing."""


_ReaderT = TypeVar("_ReaderT", bound=Reader)
_READERS: dict[str, Reader] = {}


def register_reader(*dialects: str) -> Callable[[_ReaderT], _ReaderT]:
    """Decorator: this function reads the schemas of these dialects.

    The names are SQLAlchemy's (``"sqlite"``, ``"postgresql"``,
    ``"mysql"``, ``"mariadb"``).  A later registration replaces an earlier.
    """

    def register(reader: _ReaderT) -> _ReaderT:
        for dialect in dialects:
            _READERS[dialect] = reader
        return reader

    return register


def read_schema(
    connection: Connection,
    *,
    exclude: Collection[str] = (),
    schemas: Collection[str | None] | None = None,
) -> SchemaSnapshot:
    """What the database's own catalogue says of its schema, as data.

    ``exclude`` names tables to leave out with all that is theirs,
    typically Alembic's version table; ``"schema.table"`` names one outside
    the default schema.  ``schemas`` names the schemas to read, ``None``
    among them for the connection's default one; by default all are read
    where the dialect has a reader of its own, else the default one alone.

    The connection is the caller's, and only read.  Where the caller had no
    transaction open, none is open afterwards.
    """
    if isinstance(exclude, str):
        raise TypeError("exclude is a collection of names, not one name")
    if isinstance(schemas, str):
        raise TypeError("schemas is a collection of names, not one name")
    reader = _READERS.get(connection.dialect.name, _READERS[ANY_DIALECT])
    mine = not connection.in_transaction()
    try:
        return reader(
            connection,
            frozenset(exclude),
            None if schemas is None else tuple(schemas),
        )
    finally:
        # SQLAlchemy begins by itself with the first statement.
        if mine and connection.in_transaction():
            connection.rollback()
