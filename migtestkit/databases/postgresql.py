"""How does PostgreSQL make, find and drop a throw-away database?"""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError

from migtestkit.databases import server
from migtestkit.databases.holders import Session, is_left_alone
from migtestkit.databases.server import (
    PREFIX,
    Driver,
    ServerBackend,
    first_of,
    normal_host,
    without,
)

__unittest = True

#: Connect options that say which server or database in a way that cannot be
#: compared.
_UNCLEAR = ("dsn", "hostaddr", "service", "servicefile", "async_creator_fn")
#: Of asyncpg's options those that libpq does not know ...
_ASYNCPG_ONLY = frozenset({
    "command_timeout",
    "direct_tls",
    "max_cacheable_statement_size",
    "max_cached_statement_lifetime",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
    "timeout",
})
#: ... and of a URL's options those that asyncpg knows, too.
_ASYNCPG_KNOWS = frozenset({
    "host", "passfile", "port", "ssl", "target_session_attrs"
}) | _ASYNCPG_ONLY
#: Seconds that backends get to leave a database, before they are told to,
#: and until they must have gone.
_GRACE, _PATIENCE = 0.1, 5.0

_KEPT = "migtestkit: kept, for its test failed"

_SET_LOCK_TIMEOUT = """\
SELECT set_config('lock_timeout', '{milliseconds}', false)
WHERE extract(epoch FROM current_setting('lock_timeout')::interval) * 1000
NOT BETWEEN 1 AND {milliseconds}"""
# Advisory locks belong to a database, but pg_locks shows those of all of
# them: owners may be connected elsewhere than we are.
_IS_SPARED = text("""\
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND classid::bigint = :high AND objid::bigint = :low
) OR EXISTS (
    SELECT FROM pg_database
    WHERE datname = :name
    AND shobj_description(oid, 'pg_database') = :kept
)""")
#: Autovacuum steps aside by itself, and could not be told to.
_WHO = """\
FROM pg_stat_activity
WHERE datname = :name AND backend_type = 'client backend'"""
_COUNT_CLIENTS = text(f"SELECT count(*) {_WHO}")
_SEND_AWAY = text(f"SELECT pg_terminate_backend(pid) {_WHO}")
#: What a template does not take over (its settings, comment, privileges and
#: limits), or must not (what it is subscribed to), and who is in the way.
_CANNOT_COPY = text("""\
SELECT EXISTS (
    SELECT FROM pg_database AS d WHERE datname = :name AND (
        datacl IS NOT NULL OR datconnlimit <> -1
        OR shobj_description(d.oid, 'pg_database') IS NOT NULL
        OR EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = d.oid)
        OR EXISTS (SELECT FROM pg_shseclabel WHERE objoid = d.oid)
        OR EXISTS (SELECT FROM pg_replication_slots WHERE database = datname)
        OR EXISTS (SELECT FROM pg_subscription WHERE subdbid = d.oid)
    )
)""")
_IN_THE_WAY = text("""\
SELECT (
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = :name AND backend_type <> 'autovacuum worker'
) + (SELECT count(*) FROM pg_prepared_xacts WHERE database = :name)""")
#: Since PostgreSQL 15 a session is counted before it has ended.
_NEVER_ENTERED = text("""\
SELECT coalesce((
    SELECT sessions = 0 FROM pg_stat_database WHERE datname = :name
), false)""")
_FIRST_TO_COUNT = (15,)
_FIRST_WITH_STRATEGY = (15,)
_SESSIONS = text("""\
SELECT pid, usename, coalesce(host(client_addr), ''),
extract(epoch FROM clock_timestamp() - xact_start), query
FROM pg_stat_activity
WHERE datname = :name AND backend_type = 'client backend'
AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
ORDER BY xact_start""")
#: A server may end sessions that are idle, as the owner's is between tests.
#: What it does must not wait for ever, as for two that drop one database.
_STAY = text("""\
SELECT set_config(
    name, CASE name WHEN 'lock_timeout' THEN :bound ELSE '0' END, false
) FROM pg_settings
WHERE name IN ('idle_session_timeout', 'statement_timeout', 'lock_timeout')
""")


class PostgreSQL(ServerBackend):
    """PostgreSQL, by any driver."""

    dialects = ("postgresql",)
    renames = True
    async_drivers = ("asyncpg", "psycopg")
    sync_drivers = {
        "psycopg": Driver("psycopg", "'migtestkit[psycopg]'"),
        "psycopg2": Driver("psycopg2", "'migtestkit[psycopg2]'"),
    }
    behaviour = (_ASYNCPG_ONLY - {"timeout", "direct_tls"}) | {
        "application_name",
        "autocommit",
        "client_encoding",
        "context",
        "cursor_factory",
        "options",
        "prepare_threshold",
        "row_factory",
        "server_settings",
    }

    def schemas(self, connection: Connection) -> Sequence[str | None]:
        default = connection.dialect.default_schema_name
        return [
            None if name == default else name
            for name in inspect(connection).get_schema_names()
            if name != "information_schema" and not name.startswith("pg_")
        ]

    def spoken_by(self, driver: str, url: URL) -> URL:
        if driver == "asyncpg":
            mode = first_of(url, "sslmode")
            if mode and "ssl" not in url.query:
                url = url.update_query_dict({"ssl": mode})
            return without(url, frozenset(url.query) - _ASYNCPG_KNOWS)
        mode = first_of(url, "ssl")
        if mode and "sslmode" not in url.query:
            url = url.update_query_dict({"sslmode": mode})
        return without(url, _ASYNCPG_ONLY | {"ssl"})

    def connect_timeout(self, driver: str) -> Mapping[str, Any]:
        seconds = server.CONNECT_TIMEOUT
        if driver == "asyncpg":
            return {"timeout": seconds}
        if driver in ("psycopg", "psycopg_async", "psycopg2"):
            return {"connect_timeout": seconds}
        return {}

    def merged(
        self, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> dict[str, Any]:
        merged = {**ours, **theirs}
        if "options" in ours and "options" in theirs:
            merged["options"] = f"{ours['options']} {theirs['options']}"
        return merged

    def admin_url(self, url: URL) -> URL:
        return url if url.database else url.set(database="postgres")

    def address(
        self, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> str | None:
        name = options.get("dbname", options.get("database"))
        if arguments or not name or any(key in options for key in _UNCLEAR):
            return None
        # Where nothing is said libpq asks the environment.
        host = options.get("host") or os.environ.get("PGHOST")
        port = options.get("port") or os.environ.get("PGPORT") or 5432
        return f"{normal_host(host)}:{port}/{name}"

    def connect_hint(self, reason: object) -> str:
        text = str(reason)
        if "database" in text and "does not exist" in text:
            return (
                ". The database in the URL is the one to be connected to "
                "when others are created; leave it out, or name one that "
                "exists, such as postgres"
            )
        return ""

    def located(self, url: URL, connection: Connection) -> URL:
        info = connection.connection.dbapi_connection.info  # type: ignore
        if not url.username and info.user:
            url = url.set(username=info.user)
        if url.host or "host" in url.query or not info.host:
            return url
        if info.host.startswith("/"):
            return url.update_query_dict(
                {"host": info.host, "port": str(info.port)}
            )
        return url.set(host=info.host, port=info.port)

    def lock_timeout_command(self, seconds: float) -> str:
        milliseconds = max(1, int(seconds * 1000))
        return _SET_LOCK_TIMEOUT.format(milliseconds=milliseconds)

    def client_command(self, url: URL) -> str:
        parts = ["psql"]
        for flag, value in (
            ("-h", first_of(url, "host") or url.host),
            ("-p", first_of(url, "port") or url.port),
            ("-U", url.username),
        ):
            if value:
                parts += [flag, str(value)]
        return shlex.join([*parts, str(url.database)])

    def take_lock(self, connection: Connection, token: str) -> bool:
        connection.execute(_STAY, {"bound": f"{server.CONNECT_TIMEOUT}s"})
        return bool(
            connection.scalar(
                text("SELECT pg_try_advisory_lock(:key)"),
                {"key": _key(token)},
            )
        )

    def is_spared(
        self, connection: Connection, name: str, token: str
    ) -> bool:
        high, low = divmod(_key(token) % 2**64, 2**32)
        return bool(
            connection.scalar(
                _IS_SPARED,
                {"high": high, "low": low, "name": name, "kept": _KEPT},
            )
        )

    def database_names(self, connection: Connection) -> list[str]:
        query = text(
            "SELECT datname FROM pg_database "
            "WHERE starts_with(datname, :prefix)"
        )
        return list(connection.scalars(query, {"prefix": f"{PREFIX}_"}))

    def drop_database(self, connection: Connection, name: str) -> None:
        # A backend that was just left is still exiting, and DROP DATABASE
        # looks for it only every 100 ms: looking ourselves is quicker.
        started, told = time.monotonic(), False
        while connection.scalar(_COUNT_CLIENTS, {"name": name}):
            waited = time.monotonic() - started
            if waited > _PATIENCE:
                break
            if waited > _GRACE and not told:
                told = True
                with contextlib.suppress(DBAPIError):
                    connection.execute(_SEND_AWAY, {"name": name})
            time.sleep(0.002)
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))

    def create_database(
        self, connection: Connection, name: str, template: str | None
    ) -> None:
        source = f' TEMPLATE "{template}"' if template else ""
        source += _strategy(connection)
        connection.execute(text(f'CREATE DATABASE "{name}"{source}'))

    def rename_database(
        self, connection: Connection, name: str, new: str
    ) -> bool:
        if not is_left_alone(connection, _IN_THE_WAY, name, _GRACE):
            return False
        connection.execute(text(f'ALTER DATABASE "{name}" RENAME TO "{new}"'))
        return True

    def moved_default_schema(self, dialect: Dialect) -> str | None:
        # That of a new one, unless the server was told otherwise: then it is
        # right to name it too.
        name = dialect.default_schema_name
        return None if name in (None, "public") else name

    def make_template(
        self, connection: Connection, name: str, template: str
    ) -> int | None:
        version = connection.dialect.server_version_info or ()
        if version < _FIRST_TO_COUNT:
            return None
        if connection.scalar(_CANNOT_COPY, {"name": name}):
            return None
        if not is_left_alone(connection, _IN_THE_WAY, name, _GRACE):
            return None
        connection.execute(
            text(
                f'CREATE DATABASE "{template}" TEMPLATE "{name}" '
                f"ALLOW_CONNECTIONS false{_strategy(connection)}"
            )
        )
        size = connection.scalar(
            text("SELECT pg_database_size(:name)"), {"name": template}
        )
        return int(size or 0)

    def never_entered(self, connection: Connection, name: str) -> bool:
        version = connection.dialect.server_version_info or ()
        if version < _FIRST_TO_COUNT:
            return False
        return bool(connection.scalar(_NEVER_ENTERED, {"name": name}))

    def keep_database(self, connection: Connection, name: str) -> None:
        connection.execute(
            text(f"COMMENT ON DATABASE \"{name}\" IS '{_KEPT}'")
        )

    def is_lock_timeout(self, error: str) -> bool:
        return "due to lock timeout" in error

    def sessions_in(
        self, connection: Connection, name: str
    ) -> Sequence[Session]:
        found = connection.execute(_SESSIONS, {"name": name})
        return [
            Session(number, user, host, float(seconds), statement)
            for number, user, host, seconds, statement in found
        ]

    def lacks_right(self, error: Any) -> bool:
        state = getattr(error, "sqlstate", getattr(error, "pgcode", None))
        return bool(state == "42501")

    def grant(self, url: URL) -> str:
        return f'ALTER ROLE "{url.username or "..."}" CREATEDB'


def _strategy(connection: Connection) -> str:
    """Return how CREATE DATABASE is to copy.

    Whole files are quicker than the default, which writes all into the log,
    but want two checkpoints: those are cheap only on a server that does not
    wait for its disk.
    """
    version = connection.dialect.server_version_info or ()
    if version < _FIRST_WITH_STRATEGY:
        return ""
    waits = connection.scalar(text("SELECT current_setting('fsync')")) != "off"
    return "" if waits else " STRATEGY file_copy"


def _key(token: str) -> int:
    """Return a token as the signed 64 bits that name an advisory lock."""
    number = int(token, 16)
    return number - 2**64 if number >= 2**63 else number
