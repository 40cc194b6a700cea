"""What does PostgreSQL's own catalogue say of a schema?

All that the schemas hold which do not belong to the server: what belongs to
an extension is the extension's, and is left out. Names are as a session sees
them whose search path is the default schema alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from migtestkit.schema.inspector import read_inspector
from migtestkit.schema.look import RawLook, register_look
from migtestkit.schema.postgresql_queries import SECTIONS, catalogue_query
from migtestkit.schema.reading import register_reader
from migtestkit.schema.snapshot import SchemaSnapshot

__unittest = True

#: Columns that the queries name are there from this version on.
_OLDEST = (13,)

# What decides how the server writes names and values; and no time is spent
# on compiling a query that takes milliseconds.
_SETTINGS = {
    "bytea_output": "hex",
    "datestyle": "ISO, MDY",
    "extra_float_digits": "1",
    "intervalstyle": "postgres",
    "jit": "off",
    "quote_all_identifiers": "off",
    "timezone": "UTC",
}

Raw = tuple["str | None", ...]


@register_reader("postgresql")
def read_postgresql(
    connection: Connection,
    exclude: frozenset[str],
    schemas: Sequence[str | None] | None,
) -> SchemaSnapshot:
    """The reader for PostgreSQL; without ``schemas`` it reads all."""
    if _version(connection) < _OLDEST:
        return read_inspector(connection, exclude, schemas)
    return _understand(connection, exclude, schemas)(read_raw(connection))


@register_look("postgresql")
def look_at_postgresql(
    connection: Connection, exclude: Collection[str]
) -> RawLook[Raw] | None:
    """Look at all schemas of a database."""
    if _version(connection) < _OLDEST:
        return None
    understand = _understand(connection, frozenset(exclude), None)
    return RawLook(read_raw(connection), understand)


def _version(connection: Connection) -> tuple[int, ...]:
    found: Any = getattr(connection.dialect, "server_version_info", None)
    return tuple(found or ())


def _default_schema(connection: Connection) -> str:
    return connection.dialect.default_schema_name or "public"


def read_raw(connection: Connection) -> Raw:
    """All sections of the catalogue, each a text of JSON or nothing."""
    query = catalogue_query(_version(connection))
    with _settled(connection):
        return tuple(connection.exec_driver_sql(query).one())


def _understand(
    connection: Connection,
    exclude: frozenset[str],
    schemas: Sequence[str | None] | None,
) -> Callable[[Raw], SchemaSnapshot]:
    """What makes a snapshot of raw rows, long after they were read."""
    dialect = connection.dialect.name
    default = _default_schema(connection)
    wanted = None
    if schemas is not None:
        wanted = frozenset(
            default if name is None else name for name in schemas
        )

    def understand(raw: Raw) -> SchemaSnapshot:
        # Where rows of PostgreSQL's are read at all.
        from migtestkit.schema.postgresql_catalogue import Catalogue
        from migtestkit.schema.postgresql_objects import object_facts
        from migtestkit.schema.postgresql_tables import table_facts

        sections: Mapping[str, Any] = {
            name: json.loads(rows) if rows else ()
            for name, rows in zip(SECTIONS, raw, strict=True)
        }
        catalogue = Catalogue(sections, default, exclude, wanted)
        facts = dict(table_facts(catalogue))
        facts.update(object_facts(catalogue))
        return SchemaSnapshot(dialect, facts)

    return understand


@contextlib.contextmanager
def _settled(connection: Connection) -> Iterator[None]:
    """Settings that do not depend on the session, for a while.

    They hold for the transaction alone, so that a session's own survive
    whatever happens. Without a transaction, one is begun.
    """
    schema = _default_schema(connection).replace('"', '""')
    wanted = {
        **_SETTINGS, "search_path": f'pg_catalog, "{schema}", pg_temp'
    }
    before = _current(connection)
    _apply(connection, wanted)
    alone = _current(connection)["search_path"] != wanted["search_path"]
    if alone:
        connection.exec_driver_sql("BEGIN")
    try:
        if alone:
            _apply(connection, wanted)
        yield
    except BaseException:
        with contextlib.suppress(Exception):
            _restore(connection, before, alone)
        raise
    _restore(connection, before, alone)


def _restore(
    connection: Connection, before: Mapping[str, str], alone: bool
) -> None:
    if alone:
        connection.exec_driver_sql("ROLLBACK")
    else:
        _apply(connection, before)


def _current(connection: Connection) -> dict[str, str]:
    names = ", ".join(
        f"current_setting('{name}')" for name in (*_SETTINGS, "search_path")
    )
    values = connection.exec_driver_sql(f"SELECT {names}").one()
    return dict(zip((*_SETTINGS, "search_path"), values, strict=True))


def _apply(connection: Connection, settings: Mapping[str, str]) -> None:
    calls = ", ".join(
        f"set_config('{name}', :{name}, true)" for name in settings
    )
    connection.execute(text(f"SELECT {calls}"), settings)
