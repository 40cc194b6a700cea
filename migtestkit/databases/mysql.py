"""How do MySQL and MariaDB make, find and drop a throw-away database?"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from migtestkit.databases import mysql_copies, server
from migtestkit.databases.holders import Session
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
_UNCLEAR = (
    "async_creator_fn",
    "default_file",
    "default_group",
    "failover",
    "option_files",
    "option_groups",
    "read_default_file",
    "read_default_group",
)
#: Options of a URL that one driver knows and others do not.
_ONLY = {
    "pymysql": frozenset({
        "binary_prefix",
        "defer_connect",
        "max_allowed_packet",
        "named_pipe",
        "ssl_disabled",
    }),
    "mysqldb": frozenset({"compress", "named_pipe", "ssl_mode"}),
    "asyncmy": frozenset({"echo"}),
    "aiomysql": frozenset({"echo", "loop"}),
}
#: ... and of those of most drivers, what one does not know.
_UNKNOWN = {"aiomysql": frozenset({"read_timeout", "write_timeout"})}
#: Error numbers: no access to a database, access denied, privilege missing.
_DENIED = (1044, 1142, 1227)
#: ... and a lock that was not got in time.
_TIMED_OUT = 1205
#: ... which MySQL and MariaDB tell in the same words.
_TOO_LONG = "Lock wait timeout exceeded"
_SESSIONS = """\
SELECT p.id, p.user, p.host, {seconds}, p.info
FROM information_schema.processlist AS p {join}
WHERE p.db = :name AND p.id <> CONNECTION_ID()"""
_WITH_TRANSACTIONS = text(
    _SESSIONS.format(
        seconds="TIMESTAMPDIFF(SECOND, t.trx_started, NOW())",
        join=(
            "LEFT JOIN information_schema.innodb_trx AS t "
            "ON t.trx_mysql_thread_id = p.id"
        ),
    )
)
#: Not every role may see the transactions.
_WITHOUT = text(_SESSIONS.format(seconds="NULL", join=""))
#: Name of the table that marks a database; MySQL cannot comment on one.
_KEPT = "migtestkit_kept"


class MySQL(ServerBackend):
    """MySQL and MariaDB, by any driver."""

    dialects = ("mysql", "mariadb")
    async_drivers = ("aiomysql", "asyncmy")
    sync_drivers = {
        "pymysql": Driver("pymysql", "'migtestkit[pymysql]'"),
        "mysqldb": Driver("MySQLdb", "'migtestkit[mysqlclient]'"),
        "mariadbconnector": Driver("mariadb", "mariadb"),
    }
    behaviour = frozenset({
        "autocommit",
        "binary_prefix",
        "charset",
        "client_flag",
        "collation",
        "conv",
        "cursorclass",
        "init_command",
        "local_infile",
        "max_allowed_packet",
        "sql_mode",
        "use_unicode",
    })

    def spoken_by(self, driver: str, url: URL) -> URL:
        given = url.drivername.partition("+")[2]
        if given == driver:
            return url
        foreign = _ONLY.get(given, frozenset())
        unknown = _UNKNOWN.get(driver, frozenset())
        return without(url, foreign | unknown)

    def connect_timeout(self, driver: str) -> Mapping[str, Any]:
        return {"connect_timeout": server.CONNECT_TIMEOUT}

    def admin_engine(self, url: URL) -> Engine:
        engine = super().admin_engine(url)
        if url.get_driver_name() == "pymysql" and (
            "read_timeout" not in url.query
        ):
            event.listen(engine, "do_connect", _bound_greeting)
            event.listen(engine, "connect", _greeted)
        return engine

    def admin_url(self, url: URL) -> URL:
        # None has to be entered, so none is.
        return url._replace(database=None)

    def is_encrypted(self, connection: Connection) -> bool:
        status = text("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        return any(row[1] for row in connection.execute(status))

    def shortcuts(
        self, driver: str, options: Mapping[str, Any], encrypted: bool
    ) -> Mapping[str, Any]:
        asked_for = any(name.startswith("ssl") for name in options)
        if driver != "pymysql" or encrypted or asked_for:
            return {}
        # For each connection PyMySQL reads all of the system's certificates,
        # which takes 25 ms, before it sees that the server uses none.
        return {"ssl_disabled": True}

    def default_schema_of(self, options: Mapping[str, Any]) -> str | None:
        name = options.get("database", options.get("db"))
        return name if isinstance(name, str) else None

    def socket_of(self, dbapi_connection: Any) -> int:
        if hasattr(dbapi_connection, "fileno"):
            return super().socket_of(dbapi_connection)
        number: int = dbapi_connection._sock.fileno()  # PyMySQL
        return number

    def merged(
        self, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> dict[str, Any]:
        merged = {**ours, **theirs}
        if "client_flag" in ours and "client_flag" in theirs:
            merged["client_flag"] |= ours["client_flag"]
        return merged

    def address(
        self, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> str | None:
        name = options.get("database", options.get("db"))
        if arguments or not name or any(key in options for key in _UNCLEAR):
            return None
        host = normal_host(options.get("unix_socket") or options.get("host"))
        return f"{host}:{options.get('port') or 3306}/{name}"

    def lock_timeout_command(self, seconds: float) -> str:
        # The first is for metadata locks, for which servers wait a day or a
        # year; the second for rows.
        bound = max(1, round(seconds))
        return "SET " + ", ".join(
            f"SESSION {name} = LEAST(@@SESSION.{name}, {bound})"
            for name in ("lock_wait_timeout", "innodb_lock_wait_timeout")
        )

    def client_command(self, url: URL) -> str:
        socket = first_of(url, "unix_socket")
        parts = ["mysql"]
        if socket:
            parts += ["-S", socket]
        else:
            if url.host:
                parts += ["-h", url.host]
            if url.port:
                parts += ["-P", str(url.port)]
            if normal_host(url.host) == "localhost":
                # The client would look for a socket, of any server.
                parts.append("--protocol=TCP")
        if url.username:
            parts += ["-u", url.username]
        if url.password:
            parts.append("-p")
        return shlex.join([*parts, str(url.database)])

    def take_lock(self, connection: Connection, token: str) -> bool:
        # The session is idle between tests, and must outlive them; waiting
        # for somebody who uses a database to be dropped it would hang.
        connection.execute(
            text(
                "SET SESSION wait_timeout = 31536000, "
                "SESSION lock_wait_timeout = 1"
            )
        )
        query = text("SELECT GET_LOCK(:name, 0)")
        return bool(connection.scalar(query, {"name": _lock_name(token)}))

    def is_spared(
        self, connection: Connection, name: str, token: str
    ) -> bool:
        query = text(
            "SELECT IS_USED_LOCK(:lock) IS NOT NULL OR EXISTS ("
            "SELECT 1 FROM information_schema.tables "
            "WHERE table_schema = :name AND table_name = :kept)"
        )
        values = {"lock": _lock_name(token), "name": name, "kept": _KEPT}
        return bool(connection.scalar(query, values))

    def database_names(self, connection: Connection) -> list[str]:
        query = text(
            "SELECT schema_name FROM information_schema.schemata "
            "WHERE schema_name LIKE :pattern"
        )
        return list(connection.scalars(query, {"pattern": f"{PREFIX}%"}))

    def drop_database(self, connection: Connection, name: str) -> None:
        command = text(f"DROP DATABASE IF EXISTS `{name}`")
        try:
            connection.execute(command)
        except DBAPIError as error:
            if _number(error.orig) != _TIMED_OUT:
                raise
            # Somebody is in the middle of a transaction in it.
            self._send_away(connection, name)
            connection.execute(command)

    def _send_away(self, connection: Connection, name: str) -> None:
        query = text(
            "SELECT id FROM information_schema.processlist WHERE db = :name"
        )
        for number in list(connection.scalars(query, {"name": name})):
            with contextlib.suppress(DBAPIError):
                connection.execute(text(f"KILL {int(number)}"))

    def make_template(
        self, connection: Connection, name: str, template: str
    ) -> int | None:
        if mysql_copies.is_in_use(connection, name):
            return None
        if not self._copy(connection, name, template):
            return None
        return mysql_copies.size_of(connection, template)

    def _copy(self, connection: Connection, name: str, copy: str) -> bool:
        """Copy a database; say whether that was done."""
        try:
            mysql_copies.copy_database(connection, name, copy)
        except (mysql_copies.CannotCopy, DBAPIError):
            self.drop_database(connection, copy)
            return False
        return True

    def refill_database(
        self, connection: Connection, name: str, template: str | None
    ) -> bool:
        if mysql_copies.is_in_use(connection, name):
            return False
        self.drop_database(connection, name)
        if template is not None and self._copy(connection, template, name):
            return True
        self.create_database(connection, name, None)
        return template is None

    def never_entered(self, connection: Connection, name: str) -> bool:
        # Nobody counts who was there, but what nobody left is not.
        return mysql_copies.is_empty(connection, name)

    def keep_database(self, connection: Connection, name: str) -> None:
        connection.execute(
            text(
                f"CREATE TABLE `{name}`.{_KEPT} "
                "(reason VARCHAR(80) DEFAULT 'its test failed')"
            )
        )

    def is_lock_timeout(self, error: str) -> bool:
        return _TOO_LONG in error

    def sessions_in(
        self, connection: Connection, name: str
    ) -> Sequence[Session]:
        try:
            found = connection.execute(_WITH_TRANSACTIONS, {"name": name})
        except DBAPIError:
            found = connection.execute(_WITHOUT, {"name": name})
        return [
            Session(number, user, host, seconds, statement or "")
            for number, user, host, seconds, statement in found
        ]

    def lacks_right(self, error: Any) -> bool:
        return _number(error) in _DENIED

    def grant(self, url: URL) -> str:
        user = url.username or "..."
        return (
            f"GRANT ALL PRIVILEGES ON `{PREFIX}\\_%`.* TO '{user}'@'%'"
        )


def _bound_greeting(
    dialect: Any, record: Any, arguments: Any, options: dict[str, Any]
) -> None:
    # The timeout that PyMySQL has for a connection ends where the server's
    # greeting begins, for which it would wait for ever.
    options["read_timeout"] = server.CONNECT_TIMEOUT


def _greeted(dbapi_connection: Any, record: Any) -> None:
    dbapi_connection._read_timeout = None


def _lock_name(token: str) -> str:
    return f"{PREFIX}_{token}"


def _number(error: Any) -> Any:
    """Return the server's number of a driver's error."""
    return getattr(error, "errno", None) or next(iter(error.args), None)
