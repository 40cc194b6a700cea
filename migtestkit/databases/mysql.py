"""How do MySQL and MariaDB make, find and drop a throw-away database?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from migtestkit.databases.server import PREFIX, ServerBackend, normal_host

__unittest = True

_UNCLEAR = ("read_default_file", "read_default_group")


class MySQL(ServerBackend):
    """MySQL and MariaDB, by any driver."""

    dialects = ("mysql", "mariadb")
    async_drivers = ("aiomysql", "asyncmy")
    sync_drivers = {
        "pymysql": "pymysql",
        "mysqldb": "MySQLdb",
        "mariadbconnector": "mariadb",
    }

    def admin_url(self, url: URL) -> URL:
        return url

    def address(
        self, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> str | None:
        name = options.get("database", options.get("db"))
        if arguments or not name or any(key in options for key in _UNCLEAR):
            return None
        host = normal_host(options.get("unix_socket") or options.get("host"))
        return f"{host}:{options.get('port') or 3306}/{name}"

    def session_options(
        self, driver: str, lock_timeout: float
    ) -> Mapping[str, Any]:
        seconds = max(1, round(lock_timeout))
        # The first is for metadata locks, for which servers wait a day or a
        # year; the second for rows.
        command = (
            f"SET SESSION lock_wait_timeout = {seconds}, "
            f"SESSION innodb_lock_wait_timeout = {seconds}"
        )
        return {"init_command": command}

    def client_command(self, url: URL) -> str:
        parts = ["mysql"]
        for flag, value in (
            ("-h", url.host),
            ("-P", url.port),
            ("-u", url.username),
        ):
            if value:
                parts.append(f"{flag} {value}")
        return " ".join([*parts, str(url.database)])

    def take_lock(self, connection: Connection, token: str) -> None:
        # The session is idle between tests; it must outlive them.
        connection.execute(text("SET SESSION wait_timeout = 31536000"))
        connection.execute(
            text("SELECT GET_LOCK(:name, 0)"), {"name": _lock_name(token)}
        )

    def is_locked(self, connection: Connection, token: str) -> bool:
        holder = connection.scalar(
            text("SELECT IS_USED_LOCK(:name)"), {"name": _lock_name(token)}
        )
        return holder is not None

    def database_names(self, connection: Connection) -> list[str]:
        query = text(
            "SELECT schema_name FROM information_schema.schemata "
            "WHERE schema_name LIKE :pattern"
        )
        return list(
            connection.scalars(query, {"pattern": f"{PREFIX}\\_%"})
        )

    def drop_database(self, connection: Connection, name: str) -> None:
        connection.execute(text(f"DROP DATABASE IF EXISTS `{name}`"))


def _lock_name(token: str) -> str:
    return f"{PREFIX}_{token}"
