"""How does PostgreSQL make, find and drop a throw-away database?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from migtestkit.databases.server import PREFIX, ServerBackend, normal_host

__unittest = True

#: Connect options that say which server or database in a way that cannot be
#: compared.
_UNCLEAR = ("dsn", "hostaddr", "service", "servicefile")


class PostgreSQL(ServerBackend):
    """PostgreSQL, by any driver."""

    dialects = ("postgresql",)
    async_drivers = ("asyncpg", "psycopg")
    sync_drivers = {"psycopg": "psycopg", "psycopg2": "psycopg2"}

    def admin_url(self, url: URL) -> URL:
        return url if url.database else url.set(database="postgres")

    def address(
        self, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> str | None:
        name = options.get("dbname", options.get("database"))
        if arguments or not name or any(key in options for key in _UNCLEAR):
            return None
        host = normal_host(options.get("host"))
        return f"{host}:{options.get('port') or 5432}/{name}"

    def session_options(
        self, driver: str, lock_timeout: float
    ) -> Mapping[str, Any]:
        milliseconds = str(int(lock_timeout * 1000))
        if driver == "asyncpg":
            return {"server_settings": {"lock_timeout": milliseconds}}
        return {"options": f"-c lock_timeout={milliseconds}"}

    def client_command(self, url: URL) -> str:
        parts = ["psql"]
        for flag, value in (
            ("-h", url.host),
            ("-p", url.port),
            ("-U", url.username),
        ):
            if value:
                parts.append(f"{flag} {value}")
        return " ".join([*parts, str(url.database)])

    def take_lock(self, connection: Connection, token: str) -> None:
        connection.execute(
            text("SELECT pg_advisory_lock(:key)"), {"key": _key(token)}
        )

    def is_locked(self, connection: Connection, token: str) -> bool:
        # Advisory locks belong to a database, but pg_locks shows those of
        # all of them: owners may be connected elsewhere than we are.
        high, low = divmod(_key(token) % 2**64, 2**32)
        query = text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
            "AND granted AND objsubid = 1 "
            "AND classid::bigint = :high AND objid::bigint = :low"
        )
        return bool(connection.scalar(query, {"high": high, "low": low}))

    def database_names(self, connection: Connection) -> list[str]:
        query = text(
            "SELECT datname FROM pg_database "
            "WHERE starts_with(datname, :prefix)"
        )
        return list(connection.scalars(query, {"prefix": f"{PREFIX}_"}))

    def drop_database(self, connection: Connection, name: str) -> None:
        # A backend that was just left is still exiting, and DROP DATABASE
        # looks for it only every 100 ms: looking ourselves is quicker.
        query = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = :name"
        )
        deadline = time.monotonic() + 0.5
        while connection.scalar(query, {"name": name}):
            if time.monotonic() > deadline:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) "
                        "FROM pg_stat_activity WHERE datname = :name"
                    ),
                    {"name": name},
                )
                break
            time.sleep(0.002)
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))


def _key(token: str) -> int:
    """Return a token as the signed 64 bits that name an advisory lock."""
    number = int(token, 16)
    return number - 2**64 if number >= 2**63 else number
