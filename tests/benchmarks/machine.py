"""On what was measured: versions, load, and where the databases' data lie?"""

from __future__ import annotations

import configparser
import importlib.metadata
import os
import platform
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from tests.benchmarks.environments import CHECKOUT
from tests.benchmarks.measurements import Server

#: Where databases are made: an environment variable, else a server of this
#: machine.
PLACES = {
    "sqlite": ("MIGTESTKIT_BENCH_SQLITE", "sqlite://"),
    "postgresql": (
        "MIGTESTKIT_BENCH_POSTGRESQL",
        "postgresql+psycopg2:///postgres",
    ),
    "mariadb": (
        "MIGTESTKIT_BENCH_MARIADB",
        "mysql+pymysql://root@localhost/"
        "?unix_socket=/run/mysqld/mysqld.sock",
    ),
}
_IN_MEMORY = ("tmpfs", "ramfs")
_DISTRIBUTIONS = (
    "alembic",
    "sqlalchemy",
    "pytest-alembic",
    "psycopg2-binary",
    "pymysql",
)


class Unreachable(Exception):
    """There is no such server."""


def place_of(database: str) -> URL:
    """Return where databases of a kind are made."""
    variable, default = PLACES[database]
    return make_url(os.environ.get(variable) or default)


def load() -> str:
    """Return the machine's load averages."""
    try:
        return " ".join(f"{one:.1f}" for one in os.getloadavg())
    except (AttributeError, OSError):
        return "unknown"


def versions() -> dict[str, str]:
    """Return the version of everything that takes part."""
    settings = configparser.ConfigParser()
    settings.read(CHECKOUT / "setup.cfg", "utf-8")
    found = {
        "Python": platform.python_version(),
        "migtestkit": settings["metadata"]["version"],
    }
    for name in _DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def ask(database: str) -> Server:
    """Ask a server what it is and where its data lie.

    :raises Unreachable: it does not answer.
    """
    url = place_of(database)
    if url.get_backend_name() == "sqlite":
        folder = url.database or tempfile.gettempdir()
        return Server(
            database,
            f"SQLite {sqlite3.sqlite_version}, a file, synchronous=OFF for "
            "all",
            storage(folder),
        )
    try:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            about, folder = _QUESTIONS[url.get_backend_name()](connection)
    except (SQLAlchemyError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error)
        raise Unreachable(reason.splitlines()[0]) from None
    return Server(database, about, storage(folder if _local(url) else None))


def _postgresql(connection: Connection) -> tuple[str, str]:
    def show(name: str) -> str:
        return str(connection.scalar(text(f"SHOW {name}")))

    about = f"PostgreSQL {show('server_version')}, fsync={show('fsync')}"
    return about, show("data_directory")


def _mysql(connection: Connection) -> tuple[str, str]:
    version, flush, folder = connection.execute(
        text(
            "SELECT @@version, @@innodb_flush_log_at_trx_commit, @@datadir"
        )
    ).one()
    return f"{version}, innodb_flush_log_at_trx_commit={flush}", str(folder)


_QUESTIONS = {"postgresql": _postgresql, "mysql": _mysql, "mariadb": _mysql}


def _local(url: URL) -> bool:
    return (url.host or "localhost") in ("localhost", "127.0.0.1", "::1")


def storage(folder: str | None) -> str:
    """Say whether a folder of this machine lies on disk or in memory."""
    mounts = Path("/proc/self/mounts")
    if folder is None or not os.path.exists(folder) or not mounts.exists():
        return "unknown"
    kind = file_system(os.path.realpath(folder), mounts.read_text())
    if kind in _IN_MEMORY:
        return f"memory ({kind})"
    return f"disk ({kind})" if kind else "unknown"


def file_system(folder: str, mounts: str) -> str:
    """Return the type of the file system that holds a folder.

    :param mounts: the text of ``/proc/self/mounts``.
    """
    best, kind = "", ""
    for line in mounts.splitlines():
        _, point, type_, *_ = line.split()
        point = point.replace("\\040", " ")
        inside = folder == point or folder.startswith(
            point.rstrip("/") + "/"
        )
        # Of two on one point the later one hides the earlier.
        if inside and len(point) >= len(best):
            best, kind = point, type_
    return kind
