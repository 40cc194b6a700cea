"""Which database servers are there to test on?

`MIGTESTKIT_TEST_POSTGRESQL_URL` and `MIGTESTKIT_TEST_MYSQL_URL` name others
than the defaults. What needs a server that is not there is skipped, unless
`MIGTESTKIT_REQUIRE` lists its dialect, as it does where all must be tested.
"""
from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

from migtestkit.databases import server as databases_server
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

DEFAULTS = {
    "postgresql": "postgresql+psycopg://postgres@localhost/",
    "mysql": "mysql+pymysql://root@127.0.0.1/",
}
VARIABLES = {
    "postgresql": "MIGTESTKIT_TEST_POSTGRESQL_URL",
    "mysql": "MIGTESTKIT_TEST_MYSQL_URL",
}
#: How a member of a family may be called in MIGTESTKIT_REQUIRE.
NAMES = {"postgresql": {"postgresql"}, "mysql": {"mysql", "mariadb"}}
FAMILIES = tuple(DEFAULTS)

#: Tests set another, which the user of a server may not enter.
_TEMPORARY = tempfile.gettempdir()

#: Set once here, for tests clear the variables that a developer may have set.
_REQUIRED = {
    name.strip().lower()
    for name in os.environ.get("MIGTESTKIT_REQUIRE", "").split(",")
}


def server_url(family: str) -> URL:
    """Return the URL of a server, as `database_url` takes it."""
    return make_url(os.environ.get(VARIABLES[family], DEFAULTS[family]))


def is_required(family: str, required: Optional[set[str]] = None) -> bool:
    """Say whether tests must not be skipped for want of a server."""
    wanted = _REQUIRED if required is None else required
    return bool(NAMES[family] & wanted)


def refuse_or_skip(
    family: str, reason: str, required: Optional[set[str]] = None
) -> None:
    """Skip the test, or fail it where the server is required."""
    if is_required(family, required):
        raise AssertionError(
            f"MIGTESTKIT_REQUIRE lists {family}, but {reason}"
        )
    raise unittest.SkipTest(reason)


def _reason(url: URL) -> str:
    try:
        with contextlib.closing(admin_engine(url).connect()):
            return ""
    except Exception as error:
        return f"there is no server at {url}: {error}"


@functools.lru_cache(maxsize=None)
def why_missing(url: URL) -> str:
    """Return why there is no connection to a server, nothing if there is."""
    return _reason(url)


def require_server(family: str) -> URL:
    """Return the URL of a server; skip, or fail, where it is not there."""
    reason = why_missing(server_url(family))
    if reason:
        refuse_or_skip(family, reason)
    return server_url(family)


def require_driver(family: str, driver: str) -> URL:
    """Return the URL of a server with another driver; skip without it."""
    url = require_server(family)
    modules = {"mysqldb": "MySQLdb", "psycopg_async": "psycopg"}
    if importlib.util.find_spec(modules.get(driver, driver)) is None:
        raise unittest.SkipTest(f"the driver {driver} is not installed")
    return url.set(drivername=f"{url.get_backend_name()}+{driver}")


def each_server() -> Iterator[tuple[str, URL]]:
    """Return the servers that there are, at least one.

    A family that is not there, and need not be, is left out; tests that
    concern one alone ask for it.
    """
    found = [
        (family, server_url(family))
        for family in FAMILIES
        if is_required(family) or not why_missing(server_url(family))
    ]
    if not found:
        raise unittest.SkipTest("there is no database server")
    for family, url in found:
        require_server(family)
        yield family, url


def every_url() -> list[str]:
    """Return where databases are made: SQLite, and the servers there are."""
    return ["sqlite://", *(
        url.render_as_string(hide_password=False) for _, url in each_server()
    )]


def admin_engine(url: URL, database: Optional[str] = None) -> Engine:
    """Return an engine that keeps nothing open and no transaction."""
    if url.get_backend_name() == "postgresql":
        url = url.set(database=database or url.database or "postgres")
    elif database is not None:
        url = url.set(database=database)
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    event.listen(engine, "connect", _bound_waits)
    return engine


def _bound_waits(dbapi_connection: Any, record: Any) -> None:
    # Servers let a statement wait for another session's lock for ever, or a
    # day: a test that stalls tells nothing.
    postgresql = "psycopg" in type(dbapi_connection).__module__
    cursor = dbapi_connection.cursor()
    cursor.execute(
        "SET lock_timeout = '30s'" if postgresql
        else "SET SESSION lock_wait_timeout = 30"
    )
    cursor.close()
    dbapi_connection.commit()


def ask(url: URL, statement: str, database: Optional[str] = None) -> Any:
    """Return the rows of a statement, none where it returns none."""
    with admin_engine(url, database).connect() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def database_names(url: URL) -> set[str]:
    """Return the names of all databases of a server."""
    if url.get_backend_name() == "postgresql":
        return {row[0] for row in ask(url, "SELECT datname FROM pg_database")}
    return {row[0] for row in ask(url, "SHOW DATABASES")}


def drop_database(url: URL, name: str) -> None:
    """Drop a database whoever is connected to it."""
    force = " WITH (FORCE)"
    if url.get_backend_name() != "postgresql":
        force = ""
    ask(url, f"DROP DATABASE IF EXISTS {name}{force}")


# -- a server of the test's own -----------------------------------------------


class PrivateServer:
    """A server that one test, or one class, may do anything with.

    Its log tells of every connection and every statement.
    """

    url: URL

    def __init__(self) -> None:
        self.folder = Path(
            tempfile.mkdtemp(prefix="test_server_", dir=_TEMPORARY)
        )
        self.log = self.folder / "log"
        self.port = _free_port()
        try:
            self.set_up()
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def set_up(self) -> None:
        """Make the server's data."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the server."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop the server as a crash would."""
        raise NotImplementedError

    def ensure_running(self) -> None:
        """Start the server if it was stopped."""
        if _reason(self.url):
            self.start()

    def log_of(self, database: str) -> list[str]:
        """Return what the log says of connections to a database, and of
        statements in it."""
        raise NotImplementedError

    def log_lines(self) -> list[str]:
        """Return all of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return text.splitlines()

    def close(self) -> None:
        """Stop the server and remove it."""
        forget_owners(self.port)
        with contextlib.suppress(AssertionError):
            self.stop()
        shutil.rmtree(self.folder)


class PrivatePostgreSQL(PrivateServer):
    """One of PostgreSQL."""

    def set_up(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        initdb = str(found[-1]) if found else shutil.which("initdb")
        if initdb is None:
            raise unittest.SkipTest("initdb is not installed")
        self._programs = Path(initdb).parent
        self.url = make_url(
            f"postgresql+psycopg://keeper@127.0.0.1:{self.port}/"
        )
        if os.geteuid() == 0:
            # The server refuses to run as root.
            if shutil.which("runuser") is None:
                raise unittest.SkipTest("runuser is not installed")
            shutil.chown(self.folder, "postgres", "postgres")
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "keeper",
            "--auth", "trust", "--no-sync", "-E", "UTF8",
        )

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        _run(*command)

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "log_connections": "on",
            "log_statement": "all",
            "log_line_prefix": "[%d]",
            "max_connections": 40,
        }
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-w",
            "-l", str(self.log), "start", "-o",
            " ".join(f"-c {name}={value}" for name, value in options.items()),
        )

    def stop(self) -> None:
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate",
            "-w", "stop",
        )

    def demand_password(self, role: str, password: str) -> None:
        """Make a role that may create databases and needs a password."""
        ask(
            self.url,
            f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{password}'",
        )
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text(
            f"host all {role} 127.0.0.1/32 scram-sha-256\n"
            + rules.read_text(encoding="utf-8"),
            encoding="utf-8",
        )
        ask(self.url, "SELECT pg_reload_conf()")

    def log_of(self, database: str) -> list[str]:
        signs = (f"[{database}]", f"database={database}", f'"{database}"')
        return [
            line
            for line in self.log_lines()
            if any(sign in line for sign in signs)
        ]


class PrivateMariaDB(PrivateServer):
    """One of MariaDB."""

    def set_up(self) -> None:
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
        program = shutil.which("mariadbd", path=path)
        if program is None or shutil.which("mariadb-install-db") is None:
            raise unittest.SkipTest("mariadbd is not installed")
        self.url = make_url(f"mysql+pymysql://root@127.0.0.1:{self.port}/")
        self._program = program
        # In a folder that servers share, one that starts removes the others'
        # temporary tables.
        temporary = self.folder / "temporary"
        temporary.mkdir()
        self._data = [
            f"--datadir={self.folder / 'data'}", f"--tmpdir={temporary}"
        ]
        self._user = ["--user=root"] if os.geteuid() == 0 else []
        _run(
            "mariadb-install-db", "--no-defaults", *self._data, *self._user,
            "--auth-root-authentication-method=normal", "--skip-test-db",
        )

    def start(self) -> None:
        output = open(self.folder / "output", "ab")
        with output:
            self._process = subprocess.Popen(
                [
                    self._program, "--no-defaults", *self._data, *self._user,
                    f"--port={self.port}", f"--socket={self.folder / 's'}",
                    "--bind-address=127.0.0.1", "--general-log=1",
                    f"--general-log-file={self.log}",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--innodb-buffer-pool-size=16M",
                ],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )
        if not eventually(lambda: not _reason(self.url), 30):
            self.stop()
            raise AssertionError(_reason(self.url))

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def log_of(self, database: str) -> list[str]:
        pattern = re.compile(
            rf"(\son|Init DB)\s+{database}\b|\b{database}`?\."
            rf"|\bUSE\s+`?{database}\b",
            re.IGNORECASE,
        )
        return [line for line in self.log_lines() if pattern.search(line)]


PRIVATE = {"postgresql": PrivatePostgreSQL, "mysql": PrivateMariaDB}


class OwnServers:
    """Servers of one class of tests, which no other test run reaps on and
    none keeps busy; each is started when it is first asked for."""

    def __init__(self) -> None:
        self._started: dict[str, PrivateServer] = {}

    def require(self, family: str) -> URL:
        """Return the URL of a server; skip where it cannot be started."""
        if family not in self._started:
            self._started[family] = PRIVATE[family]()
        return self._started[family].url

    def each(self) -> Iterator[tuple[str, URL]]:
        """Return the servers that can be started here, at least one."""
        reasons = []
        for family in FAMILIES:
            try:
                url = self.require(family)
            except unittest.SkipTest as error:
                reasons.append(str(error))
                continue
            yield family, url
        if len(reasons) == len(FAMILIES):
            raise unittest.SkipTest("; ".join(reasons))

    def place(self, family: str) -> PrivateServer:
        """Return a server of this class."""
        self.require(family)
        return self._started[family]

    def close(self) -> None:
        """Stop them."""
        for place in self._started.values():
            place.close()
        self._started.clear()


def _run(*command: str) -> None:
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise AssertionError(f"{command}: {done.stdout}")


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def forget_owners(port: int) -> None:
    """Let go of the sessions on a server that is about to go."""
    for url, owner in list(databases_server._owners.items()):
        if url.port == port:
            owner.close()
            del databases_server._owners[url]


def environment(**changes: str) -> Mapping[str, str]:
    """Return the environment of a child process that imports the package."""
    here = str(Path(__file__).resolve().parent.parent)
    return {**os.environ, "PYTHONPATH": here, **changes}


def eventually(
    condition: Callable[[], Any], seconds: float = 10.0
) -> Any:
    """Return what a condition returns as soon as it holds."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)
