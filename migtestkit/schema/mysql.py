"""What do MySQL's and MariaDB's own catalogues say of a schema?

Tables are told by ``SHOW CREATE TABLE``, which knows more of them than
``information_schema`` does; :mod:`~migtestkit.schema.mysql_parser` takes its
lines apart. The next number of an AUTO_INCREMENT is no schema.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.engine import Connection

from migtestkit.errors import MigtestkitError, listing, suggest
from migtestkit.schema.look import RawLook, register_look
from migtestkit.schema.mysql_parser import plain, table_facts
from migtestkit.schema.reading import register_reader
from migtestkit.schema.snapshot import Fact, SchemaSnapshot

__unittest = True

_DIALECTS = ("mysql", "mariadb")

# Decide how SHOW CREATE writes.
_SETTINGS = {"sql_mode": "", "sql_quote_show_create": 1}

_TABLES = """
SELECT table_name, table_type FROM information_schema.tables
WHERE table_schema = :schema ORDER BY table_name
"""
_TRIGGERS = """
SELECT event_object_table, trigger_name, action_timing, event_manipulation,
    action_statement, definer
FROM information_schema.triggers WHERE trigger_schema = :schema
"""
_ROUTINES = """
SELECT routine_type, routine_name FROM information_schema.routines
WHERE routine_schema = :schema
"""
# The start of an event that has none of its own is when it was made.
_EVENTS = """
SELECT event_name, definer, execute_at, interval_value, interval_field,
    CASE WHEN starts <> created THEN starts END, ends, status,
    on_completion, event_comment, event_definition
FROM information_schema.events WHERE event_schema = :schema
"""
_SCHEMA = """
SELECT default_character_set_name, default_collation_name,
    default_collation_name = @@collation_server
FROM information_schema.schemata WHERE schema_name = :schema
"""

_AUTO_INCREMENT = re.compile(r"(?<=\) )(ENGINE=\w+ )AUTO_INCREMENT=\d+ ")

_Facts = Iterator[tuple[Fact, str]]


class Raw(NamedTuple):
    """All that one schema's catalogue holds, as it was read."""

    schema: str
    tables: frozenset[tuple[str, str, str]]
    triggers: frozenset[tuple[Any, ...]]
    routines: frozenset[tuple[str, str, str]]
    events: frozenset[tuple[Any, ...]]
    charset: str


@register_reader(*_DIALECTS)
def read_mysql(
    connection: Connection,
    exclude: frozenset[str],
    schemas: Sequence[str | None] | None,
) -> SchemaSnapshot:
    """The reader for MySQL and MariaDB; a schema is a database there."""
    raw = _read(connection, exclude, schemas)
    return _understand(connection)(raw)


@register_look(*_DIALECTS)
def look_at_mysql(
    connection: Connection, exclude: Collection[str]
) -> RawLook[tuple[Raw, ...]]:
    """Look at the connection's database."""
    raw = _read(connection, frozenset(exclude), None)
    return RawLook(raw, _understand(connection))


def _default(connection: Connection) -> str:
    found = connection.exec_driver_sql("SELECT DATABASE()").scalar()
    if found is None:
        raise MigtestkitError(
            "the connection is to no database, so it has no schema; name one "
            "in its URL"
        )
    return str(found)


def _read(
    connection: Connection,
    exclude: frozenset[str],
    schemas: Sequence[str | None] | None,
) -> tuple[Raw, ...]:
    default = None
    if schemas is None or None in schemas:
        default = _default(connection)
    with _settled(connection):
        return tuple(
            _Reader(connection, schema or default or "", exclude).read()
            for schema in (schemas or (None,))
        )


def _understand(
    connection: Connection,
) -> Callable[[tuple[Raw, ...]], SchemaSnapshot]:
    dialect = connection.dialect.name
    default = connection.dialect.default_schema_name

    def understand(raw: tuple[Raw, ...]) -> SchemaSnapshot:
        facts: dict[Fact, str] = {}
        for one in raw:
            prefix = "" if one.schema == default else f"{one.schema}."
            facts.update(_facts(one, prefix))
        return SchemaSnapshot(dialect, facts)

    return understand


@contextlib.contextmanager
def _settled(connection: Connection) -> Iterator[None]:
    """Settings of the session that decide how things are written."""
    names = ", ".join(f"@@SESSION.{name}" for name in _SETTINGS)
    before = connection.exec_driver_sql(f"SELECT {names}").one()
    _apply(connection, _SETTINGS)
    try:
        yield
    finally:
        _apply(connection, dict(zip(_SETTINGS, before, strict=True)))


def _apply(connection: Connection, settings: dict[str, Any]) -> None:
    words = ", ".join(f"SESSION {name} = :{name}" for name in settings)
    connection.execute(text(f"SET {words}"), settings)


class _Reader:
    """Reads one schema of one connection."""

    def __init__(
        self, connection: Connection, schema: str, exclude: frozenset[str]
    ) -> None:
        self.connection = connection
        self.schema = schema
        self.exclude = exclude

    def query(self, sql: str) -> Sequence[Any]:
        """All rows of a query that names the schema."""
        return self.connection.execute(
            text(sql), {"schema": self.schema}
        ).all()

    def read(self) -> Raw:
        """All rows of the schema."""
        found = self.query(_SCHEMA)
        if not found:
            names = [
                row[0] for row in self.query(
                    "SELECT schema_name FROM information_schema.schemata"
                )
            ]
            raise MigtestkitError(
                f'no schema "{self.schema}" is on this server, or it is not '
                f"to be seen; there is {listing(names)}"
                f"{suggest(self.schema, names)}"
            )
        charset, collation, is_default = found[0]
        return Raw(
            self.schema,
            frozenset(self.tables()),
            frozenset(
                tuple(row) for row in self.query(_TRIGGERS)
                if not self.is_excluded(row[0])
            ),
            frozenset(
                (kind, name, self.shown(f"{kind} {self.quoted(name)}"))
                for kind, name in self.query(_ROUTINES)
                if kind in ("FUNCTION", "PROCEDURE")
            ),
            frozenset(tuple(row) for row in self.query(_EVENTS)),
            "" if is_default else f"{charset} COLLATE {collation}",
        )

    def is_excluded(self, table: str) -> bool:
        """Whether a table is left out."""
        return (
            table in self.exclude or f"{self.schema}.{table}" in self.exclude
        )

    def tables(self) -> Iterator[tuple[str, str, str]]:
        """Tables, views and sequences, each with its text."""
        for name, kind in self.query(_TABLES):
            if not self.is_excluded(name):
                what = "SEQUENCE" if kind == "SEQUENCE" else "TABLE"
                shown = self.shown(f"{what} {self.quoted(name)}")
                yield name, kind, _AUTO_INCREMENT.sub(r"\1", shown)

    def quoted(self, name: str) -> str:
        """A name with its schema's, as a driver takes it."""
        parts = (self.schema, name)
        return ".".join(
            "`" + part.replace("`", "``").replace("%", "%%") + "`"
            for part in parts
        )

    def shown(self, what: str) -> str:
        """What SHOW CREATE says.

        It says nothing of a routine to whom may only call it.
        """
        row = self.connection.exec_driver_sql(f"SHOW CREATE {what}").one()
        # The text stands in another place for each kind of thing.
        (found,) = [
            value for name, value in row._mapping.items()
            if str(name).startswith("Create ")
        ]
        return "not shown to this user" if found is None else str(found)


def _facts(raw: Raw, prefix: str) -> _Facts:
    """All facts of a schema."""
    for name, kind, shown in raw.tables:
        title = prefix + name
        shown = shown.replace(f"`{raw.schema}`.", "")
        if kind == "VIEW":
            yield Fact("view", None, title), plain(_after(shown, "VIEW"))
        elif kind == "SEQUENCE":
            sequence = _after(shown, "SEQUENCE")
            yield Fact("sequence", None, title), plain(sequence)
        else:
            yield from table_facts(title, shown)
    for table, name, timing, event, statement, definer in raw.triggers:
        words = f"{timing} {event} {statement} DEFINER {definer}"
        yield Fact("trigger", prefix + table, name), words
    for kind, name, shown in raw.routines:
        yield Fact(kind.lower(), None, prefix + name), _routine(shown)
    for name, *parts in raw.events:
        words = " ".join(str(part) for part in parts if part is not None)
        yield Fact("event", None, prefix + name), words
    if raw.charset:
        name = f"{prefix}CHARACTER SET"
        yield Fact("option", None, name), raw.charset


def _after(shown: str, word: str) -> str:
    """What follows the name of a view or sequence, and what precedes it."""
    found = re.match(
        rf"CREATE (.*?){word} (?:`(?:[^`]|``)*`)\s*(.*)", shown, re.DOTALL
    )
    if found is None:
        return shown
    rest = found[2].removeprefix("AS ")
    return f"{found[1]}AS {rest}" if word == "VIEW" else rest


def _routine(shown: str) -> str:
    """A routine's text, on which the space at a line's ends has no part."""
    lines = (line.strip() for line in shown.splitlines())
    joined = " ".join(line for line in lines if line)
    return plain(joined.removeprefix("CREATE "))
