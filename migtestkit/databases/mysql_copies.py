"""How is a database on MySQL or MariaDB copied to another on its server?

These servers have no command for it. Each table is made again by the text
that the server gives of it, and its rows are copied within the server, so
that no driver has to read and write them. What such a copy would lack
(routines, triggers, events, sequences, histories of rows, privileges) is a
reason not to make one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from migtestkit.databases.holders import is_left_alone

__unittest = True

#: Seconds that sessions get to leave a database.
_GRACE = 0.5
#: Engines whose tables are all that their text says, and the rows in them.
_ENGINES = frozenset(("InnoDB", "MyISAM", "Aria"))
_TABLES = text(
    "SELECT table_name, table_type, engine "
    "FROM information_schema.tables WHERE table_schema = :name "
    "ORDER BY table_name"
)
_COLUMNS = text(
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = :name AND coalesce(generation_expression, '') = '' "
    "ORDER BY table_name, ordinal_position"
)
#: What is in a database besides tables and views, and who.
_ELSE = text("""\
SELECT EXISTS (
    SELECT 1 FROM information_schema.routines WHERE routine_schema = :name
) OR EXISTS (
    SELECT 1 FROM information_schema.triggers WHERE trigger_schema = :name
) OR EXISTS (
    SELECT 1 FROM information_schema.events WHERE event_schema = :name
) OR EXISTS (
    SELECT 1 FROM information_schema.table_privileges
    WHERE table_schema = :name
) OR EXISTS (
    SELECT 1 FROM information_schema.column_privileges
    WHERE table_schema = :name
)""")
_IN_THE_WAY = text(
    "SELECT EXISTS (SELECT 1 FROM information_schema.processlist "
    "WHERE db = :name AND id <> CONNECTION_ID())"
)
_IS_PLAIN = text(
    "SELECT default_collation_name = @@collation_server "
    "FROM information_schema.schemata WHERE schema_name = :name"
)
_SIZE = text(
    "SELECT coalesce(sum(data_length + index_length), 0) "
    "FROM information_schema.tables WHERE table_schema = :name"
)
#: What a text is to be understood by, and a row not to be refused or changed
#: by: a key that refers to a table to come, a 0 in a column that counts, an
#: hour that comes twice.
_SESSION = (
    "SET SESSION foreign_key_checks = 0, SESSION unique_checks = 0, "
    "SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', "
    "SESSION time_zone = '+00:00'"
)


class CannotCopy(Exception):
    """A copy would lack something, or differ."""


def is_empty(connection: Connection, name: str) -> bool:
    """Say whether a database is as ``CREATE DATABASE`` makes it."""
    values = {"name": name}
    return not (
        connection.execute(_TABLES, values).first()
        or connection.scalar(_ELSE, values)
        or not connection.scalar(_IS_PLAIN, values)
    )


def is_in_use(connection: Connection, name: str) -> bool:
    """Say whether any other session is in a database; those that are leaving
    get a moment."""
    return not is_left_alone(connection, _IN_THE_WAY, name, _GRACE)


def size_of(connection: Connection, name: str) -> int:
    """Return how many bytes the tables of a database take."""
    return int(connection.scalar(_SIZE, {"name": name}) or 0)


def copy_database(session: Connection, source: str, target: str) -> None:
    """Make a database with the content of another.

    :param session: whose user makes it. A session of its own does the work:
        this one's settings stay as they are.
    :param target: its name; there is none that is called so.
    :raises CannotCopy: the copy would lack something. There may be a
        database by then.
    :raises DBAPIError: the server refuses to make it.
    """
    with session.engine.connect() as connection:
        connection.exec_driver_sql(_SESSION)
        _Copy(connection, source, target).make()


class _Copy:
    def __init__(
        self, connection: Connection, source: str, target: str
    ) -> None:
        self._connection = connection
        self._source = source
        self._target = target

    def make(self) -> None:
        tables, views = self._objects()
        self._send(
            self._moved(self._shown("DATABASE", _quoted(self._source)))
        )
        self._send(f"USE {_quoted(self._target)}")
        columns = self._columns()
        made = {name: self._table_text(self._source, name) for name in tables}
        for name, statement in made.items():
            self._make_table(name, statement)
        # One transaction waits for the disk once.
        self._send("START TRANSACTION")
        for name in tables:
            self._copy_rows(name, columns[name])
        self._send("COMMIT")
        self._make_views(views)
        for name, statement in made.items():
            there = self._table_text(self._target, name)
            if _by_keys(there) != _by_keys(self._moved(statement)):
                raise CannotCopy(f"table {name!r} has become another")

    def _objects(self) -> tuple[list[str], list[str]]:
        """Return the names of tables and of views."""
        values = {"name": self._source}
        if self._connection.scalar(_ELSE, values):
            raise CannotCopy("there is more than tables and views")
        tables, views = [], []
        found = self._connection.execute(_TABLES, values)
        for name, kind, engine in found:
            if kind == "VIEW":
                views.append(name)
            elif kind != "BASE TABLE" or engine not in _ENGINES:
                raise CannotCopy(f"{name!r} is a {kind} of {engine}")
            else:
                tables.append(name)
        return tables, views

    def _columns(self) -> dict[str, list[str]]:
        """Return the columns of each table that take values."""
        found: dict[str, list[str]] = {}
        values = {"name": self._source}
        for table, column in self._connection.execute(_COLUMNS, values):
            found.setdefault(table, []).append(column)
        return found

    def _table_text(self, database: str, table: str) -> str:
        return self._shown(
            "TABLE", f"{_quoted(database)}.{_quoted(table)}"
        )

    def _make_table(self, name: str, statement: str) -> None:
        text = _TableText(name, statement)
        if not text.may_have_generated_key():
            self._send(self._moved(statement))
            return
        # What the text calls a key may be one that the server has made for a
        # foreign key, and drops when another serves as well. LIKE knows.
        quoted = _quoted(name)
        self._send(
            f"CREATE TABLE {quoted} LIKE {_quoted(self._source)}.{quoted}"
        )
        changes = self._moved(", ".join(text.lost_by_like()))
        self._send(f"ALTER TABLE {quoted} {changes}")

    def _copy_rows(self, table: str, columns: Sequence[str]) -> None:
        names = ", ".join(_quoted(name) for name in columns)
        quoted = _quoted(table)
        self._send(
            f"INSERT INTO {quoted} ({names}) SELECT {names} "
            f"FROM {_quoted(self._source)}.{quoted}"
        )

    def _make_views(self, names: Sequence[str]) -> None:
        """Make the views, those first that others look at."""
        left = [self._view_text(name) for name in names]
        while left:
            waiting = []
            error: Exception | None = None
            for setting, statement in left:
                self._send(setting)
                try:
                    self._send(self._moved(statement))
                except Exception as refused:
                    error = refused
                    waiting.append((setting, statement))
            if error is not None and len(waiting) == len(left):
                raise error
            left = waiting

    def _view_text(self, name: str) -> tuple[str, str]:
        """Return what sets the session for the text of a view, and that."""
        quoted = f"{_quoted(self._source)}.{_quoted(name)}"
        row = self._send(f"SHOW CREATE VIEW {quoted}").one()
        return f"SET NAMES {row[2]} COLLATE {row[3]}", row[1]

    def _shown(self, kind: str, name: str) -> str:
        return str(self._send(f"SHOW CREATE {kind} {name}").one()[1])

    def _moved(self, statement: str) -> str:
        """Return a text that says the target where it said the source, whose
        name nothing else has."""
        return statement.replace(
            _quoted(self._source), _quoted(self._target)
        )

    def _send(self, statement: str) -> Any:
        # Without parameters no driver looks for a % in the text.
        return self._connection.exec_driver_sql(
            statement, execution_options={"no_parameters": True}
        )


class _TableText:
    """What the server's text of a table says, a line for each part of it."""

    def __init__(self, name: str, statement: str) -> None:
        self._lines = statement.splitlines()
        begins = re.escape(_quoted(name)[:-1])
        self._named_by_server = re.compile(
            rf"CONSTRAINT {begins}_ibfk_(\d+)` "
        )

    def _foreign_keys(self) -> list[str]:
        return [
            line.strip().rstrip(",")
            for line in self._lines
            if re.match(r"  CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY \(", line)
        ]

    def may_have_generated_key(self) -> bool:
        """Say whether a key is just on the columns of a foreign key; what it
        is called does not tell who made it, for columns are renamed."""
        keys = {
            match[1]
            for line in self._lines
            if (match := re.match(r"  KEY `(?:[^`]|``)+` \((.+?)\)", line))
        }
        return any(
            one.partition(" FOREIGN KEY (")[2]
            .partition(") REFERENCES ")[0]
            .replace("`, `", "`,`")
            in keys
            for one in self._foreign_keys()
        )

    def lost_by_like(self) -> list[str]:
        """Return what ``CREATE TABLE ... LIKE`` leaves out, for an ALTER.

        A foreign key whose name the server made gets it again, for a key made
        for it is called otherwise where the name was given.
        """
        named, numbered = [], {}
        for one in self._foreign_keys():
            match = self._named_by_server.match(one)
            if match:
                numbered[int(match[1])] = f"ADD {one[match.end():]}"
            else:
                named.append(f"ADD {one}")
        counts = re.search(r" AUTO_INCREMENT=\d+", self._lines[-1])
        return [
            *named,
            *(numbered[number] for number in sorted(numbered)),
            *([counts[0].strip()] if counts else []),
        ]


def _by_keys(statement: str) -> tuple[list[str], list[str]]:
    """Return a table's text with its keys, whose order is of no account,
    apart."""
    lines = [line.rstrip(",") for line in statement.splitlines()]
    keys = [line for line in lines if line.startswith("  KEY `")]
    return [line for line in lines if line not in keys], sorted(keys)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
