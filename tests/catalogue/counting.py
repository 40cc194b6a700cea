"""Who sees a change of a schema?"""

from __future__ import annotations

import contextlib
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from migtestkit.databases import backend_for
from migtestkit.schema import read_schema
from migtestkit.schema.inspector import read_inspector
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from tests import servers
from tests.catalogue import mariadb, postgresql, sqlite
from tests.catalogue.cases import Mutation, statements

#: Who looks, in the order in which the table shows them.
LOOKERS = ("migtestkit", "Inspector", "autogenerate")


class Place(NamedTuple):
    """A database to change, and how names are filled in."""

    connection: Connection
    fill: Callable[[str], str]
    schemas: tuple[str | None, ...]


class Seen(NamedTuple):
    """A change, and who has seen it."""

    name: str
    by: Mapping[str, bool]


@contextlib.contextmanager
def _postgresql() -> Iterator[Place]:
    server = servers.require_server("postgresql")
    role = f"migtestkit_role_{uuid.uuid4().hex[:12]}"
    with _provisioned("postgresql", server) as (connection, name):
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        try:
            me = connection.exec_driver_sql("SELECT current_user").scalar()
            words = {"$role": role, "$me": str(me), "$database": name}
            yield Place(connection, _filler(words), (None, "app"))
        finally:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")


@contextlib.contextmanager
def _mariadb() -> Iterator[Place]:
    server = servers.require_server("mysql")
    with _provisioned("mysql", server) as (connection, _name):
        charset, collation = connection.exec_driver_sql(
            "SELECT @@character_set_database, @@collation_database"
        ).one()
        words = {"$charset": charset, "$collation": collation}
        yield Place(connection, _filler(words), (None,))


@contextlib.contextmanager
def _sqlite() -> Iterator[Place]:
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            yield Place(connection, str, (None,))
    finally:
        engine.dispose()


@contextlib.contextmanager
def _provisioned(
    dialect: str, server: sa.URL
) -> Iterator[tuple[Connection, str]]:
    database = backend_for(dialect).provision(server, lock_timeout=5.0)
    try:
        engine = sa.create_engine(
            database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            yield connection, str(database.url.database)
    finally:
        database.drop()


def _filler(words: Mapping[str, str]) -> Callable[[str], str]:
    def fill(text: str) -> str:
        for mark, word in words.items():
            text = text.replace(mark, word)
        return text

    return fill


PLACES: Mapping[str, Any] = {
    "PostgreSQL": (_postgresql, postgresql),
    "MariaDB": (_mariadb, mariadb),
    "SQLite": (_sqlite, sqlite),
}


def count(name: str) -> list[Seen]:
    """Make every change of one database, and say who saw it."""
    opened, cases = PLACES[name]
    with opened() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for statement in cases.BASE:
            _run(place, statement)
        return [
            _seen(place, title, mutation)
            for title, mutation in cases.MUTATIONS.items()
        ]


def _run(place: Place, *given: str) -> None:
    for statement in given:
        place.connection.exec_driver_sql(place.fill(statement))


def _seen(place: Place, title: str, mutation: Mutation) -> Seen:
    metadata = sa.MetaData()
    for schema in place.schemas:
        metadata.reflect(place.connection, schema=schema)
    before = _views(place, metadata)
    _run(place, *statements(mutation.do))
    after = _views(place, metadata)
    _run(place, *statements(mutation.undo))
    return Seen(
        title, {who: before[who] != after[who] for who in LOOKERS}
    )


def _views(place: Place, metadata: sa.MetaData) -> dict[str, Any]:
    """Return what each one has to say of the schema now."""
    connection = place.connection
    return {
        "migtestkit": read_schema(connection),
        "Inspector": read_inspector(connection, frozenset(), place.schemas),
        "autogenerate": _autogenerate(connection, metadata, place.schemas),
    }


def _autogenerate(
    connection: Connection,
    metadata: sa.MetaData,
    schemas: tuple[str | None, ...],
) -> str:
    """Return what Alembic would change, with all that it can compare.

    That it fails counts as having seen something.
    """
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "compare_server_default": True,
            "include_schemas": len(schemas) > 1,
        },
    )
    try:
        differences = compare_metadata(context, metadata)
    except Exception as error:
        return f"fails: {type(error).__name__}"
    return "\n".join(sorted(map(_shown, differences)))


def _shown(difference: Any) -> str:
    """Return a difference without addresses of objects."""
    if isinstance(difference, list):
        return "\n".join(sorted(map(_shown, difference)))
    return " ".join(
        str(getattr(part, "name", None) or part) for part in difference
    )
