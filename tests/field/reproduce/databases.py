"""The database that a history is walked on: its schema, a copy, its rows.

On a server its own tools are asked, so that nothing here can share a mistake
with the kit, nor with SQLAlchemy. What is read of a schema is a name for each
thing and the pieces of the statement that makes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterable
from typing import Any, Protocol

from sqlalchemy.engine import URL, make_url

Schema = dict[str, list[str]]


class Database(Protocol):
    """One database, which the walk may do anything with.

    ``dumps_all``: whether what is restored is in all things what was saved.
    """

    url: str
    dumps_all: bool

    def save(self) -> Any:
        """All that is in it."""

    def restore(self, saved: Any) -> None:
        """What was saved is in it again; ``None``: nothing."""

    def schema(self, version_tables: Iterable[str]) -> Schema:
        """What is in it, but for version tables."""

    def revisions(self, table: str) -> list[str]:
        """The rows of a version table, none where there is no such table."""


def database(url: str) -> Database:
    found = make_url(url)
    kinds = {
        "sqlite": SQLite, "postgresql": PostgreSQL, "mysql": MariaDB,
    }
    return kinds[found.get_backend_name()](found)


# ---------------------------------------------------------------- statements


def pieces(sql: str) -> list[str]:
    """A CREATE statement as its columns and constraints.

    Quotes, case, white space and an explicit ASC say nothing about the
    schema; what is left is compared word for word.
    """
    sql = re.sub(r"--[^\n]*", " ", sql)
    quoted: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quoted.append(match.group(0))
        return f"\x00{len(quoted) - 1}\x00"

    sql = re.sub(r"'(?:[^']|'')*'", keep, sql)
    sql = re.sub(r'["`\[\]]', "", sql)
    sql = re.sub(r"\s+", " ", sql).strip().lower()
    sql = re.sub(r"\s*([(),])\s*", r"\1", sql)
    sql = re.sub(r" asc([,)])", r"\1", sql)
    sql = re.sub(
        "\x00(\\d+)\x00", lambda match: quoted[int(match.group(1))], sql
    )
    if not sql.startswith("create table"):
        return [sql]
    start, depth, found = sql.index("(") + 1, 0, []
    begin = start
    for index in range(start, len(sql)):
        if sql[index] == "(":
            depth += 1
        elif sql[index] == ")" and depth:
            depth -= 1
        elif sql[index] == ")":
            found.append(sql[begin:index])
            found.append("table options" + sql[index + 1:])
            break
        elif sql[index] == "," and not depth:
            found.append(sql[begin:index])
            begin = index + 1
    return [piece.strip() for piece in found]


# -------------------------------------------------------------------- SQLite


class SQLite:
    """A file."""

    dumps_all = True

    def __init__(self, url: URL) -> None:
        self.url = url.render_as_string(hide_password=False)
        self._path = str(url.database)

    def save(self) -> bytes:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            saved = connection.serialize()
        # A database in memory cannot be read with a write-ahead log, as
        # bytes 18 and 19 may demand.
        return saved[:18] + b"\x01\x01" + saved[20:] if saved else saved

    def restore(self, saved: bytes | None) -> None:
        """Through SQLite's backup: pooled connections survive that."""
        with contextlib.closing(sqlite3.connect(":memory:")) as source:
            if saved:
                source.deserialize(saved)
            with contextlib.closing(sqlite3.connect(self._path)) as target:
                source.backup(target)

    def schema(self, version_tables: Iterable[str]) -> Schema:
        found: Schema = {}
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            for kind, name, table, sql in connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master"
            ):
                if table in version_tables or name.startswith("sqlite_"):
                    continue
                found[f"{kind} {name}"] = pieces(sql)
        return found

    def revisions(self, table: str) -> list[str]:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            with contextlib.suppress(sqlite3.OperationalError):
                return [
                    row[0]
                    for row in connection.execute(
                        f"SELECT version_num FROM {table}"
                    )
                ]
        return []


# ------------------------------------------------------------------- servers


class PostgreSQL:
    """A database on a server, through ``pg_dump`` and ``psql``."""

    dumps_all = True

    def __init__(self, url: URL) -> None:
        self.url = url.render_as_string(hide_password=False)
        self._environment = _filled(
            PGHOST=url.host, PGPORT=url.port, PGUSER=url.username,
            PGPASSWORD=url.password, PGDATABASE=url.database,
        )

    def _call(self, *command: str, text: str = "") -> str:
        return _call(command, self._environment, text)

    def _sql(self, text: str) -> str:
        return self._call("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", text=text)

    def save(self) -> str:
        # Of an extension only what it is called: its schema's dump has none.
        return self._call("pg_dump", "--schema=public", "--extension=*")

    def restore(self, saved: str | None) -> None:
        self._sql("DROP SCHEMA public CASCADE;")
        self._sql(saved or "CREATE SCHEMA public;")

    def schema(self, version_tables: Iterable[str]) -> Schema:
        dump = self._call(
            "pg_dump", "--schema-only", "--no-owner", "--schema=public"
        )
        # Before each thing stands a comment that says what it is.
        parts = re.split(r"(?m)^-- Name: (.*?); Type: (.*?);.*$", dump)[1:]
        found: Schema = {}
        for name, kind, sql in zip(parts[::3], parts[1::3], parts[2::3]):
            if name.split()[0] in version_tables or name.endswith("public"):
                continue
            # Settings, and psql's commands, one of which is new each time.
            sql = re.sub(r"(?m)^(SET .*;|\\.*)$", "", sql)
            sql = sql.replace("public.", "")
            found[f"{kind.lower()} {name}"] = pieces(sql)
        return found

    def revisions(self, table: str) -> list[str]:
        if self._sql(f"SELECT to_regclass('{table}') IS NULL;") == "t\n":
            return []
        return self._sql(f"SELECT version_num FROM {table};").split()


class MariaDB:
    """A database on a server, through ``mariadb-dump`` and ``mariadb``.

    A dump does not say which keys the server has made for foreign keys: these
    it drops when another serves as well.
    """

    dumps_all = False

    def __init__(self, url: URL) -> None:
        self.url = url.render_as_string(hide_password=False)
        self._name = str(url.database)
        self._options = [
            f"--host={url.host}", f"--port={url.port or 3306}",
            f"--user={url.username}",
        ]
        self._environment = _filled(MYSQL_PWD=url.password)

    def _call(self, *command: str, text: str = "") -> str:
        program, *others = command
        whole = (program, "--no-defaults", *self._options, *others)
        return _call(whole, self._environment, text)

    def _sql(self, text: str) -> str:
        return self._call("mariadb", "-BN", self._name, text=text)

    def save(self) -> str:
        return self._call("mariadb-dump", "--skip-comments", self._name)

    def restore(self, saved: str | None) -> None:
        tables = self._sql("SHOW TABLES;").splitlines()
        drops = "".join(f"DROP TABLE `{table}`;\n" for table in tables)
        self._sql(f"SET foreign_key_checks = 0;\n{drops}{saved or ''}")

    def schema(self, version_tables: Iterable[str]) -> Schema:
        dump = self._call(
            "mariadb-dump", "--no-data", "--skip-comments", "--skip-opt",
            "--create-options", self._name,
        )
        return {
            f"table {name}": pieces(re.sub(r" AUTO_INCREMENT=\d+", "", sql))
            for sql, name in re.findall(
                r"(?ms)^(CREATE TABLE `(.*?)` \(.*?);$", dump
            )
            if name not in version_tables
        }

    def revisions(self, table: str) -> list[str]:
        if table not in self._sql("SHOW TABLES;").splitlines():
            return []
        return self._sql(f"SELECT version_num FROM `{table}`;").split()


def _filled(**variables: Any) -> dict[str, str]:
    return {
        name: str(value) for name, value in variables.items() if value
    }


def _call(
    command: Iterable[str], environment: dict[str, str], text: str
) -> str:
    done = subprocess.run(
        list(command), env={**os.environ, **environment}, input=text,
        capture_output=True, text=True,
    )
    if done.returncode:
        raise AssertionError(
            f"{' '.join(command)} ended with exit status "
            f"{done.returncode}: {done.stderr.strip()}"
        )
    return done.stdout
