"""How does SQLite make, find and drop a throw-away database?

Always a file: an engine that env.py makes for itself cannot reach another
engine's in-memory database.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sqlite3
import sys
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import NullPool

from migtestkit.databases.base import Backend, Database, new_token
from migtestkit.databases.folders import OwnFolder
from migtestkit.databases.pages import Image
from migtestkit.errors import ConfigError

__unittest = True

MEMORY = ":memory:"
#: Signs that a migration was written for another kind of database.
_FOREIGN = (
    '": syntax error', "unrecognized token", "no such function: ",
    "No support for ALTER", "sqlite.base.SQLite",
)
#: What every database file begins with (sqlite.org/fileformat2.html).
_MAGIC = b"SQLite format 3\x00"
#: Options of a connection that do not say how it behaves.
_PLACE = ("database", "uri", "timeout")


class SQLiteFile(Database):
    """A database file.

    :param path: the file.
    :param lock_timeout: seconds to wait for another connection's lock.
    :param folder: a folder to remove together with the file, if it is ours.
    """

    def __init__(
        self, path: Path, *, lock_timeout: float, folder: OwnFolder | None
    ) -> None:
        self.path = path
        self.lock_timeout = lock_timeout
        self.url = URL.create("sqlite", database=os.fspath(path))
        self.address = os.path.realpath(path)
        self._folder = folder
        self._check_foreign_keys = False

    def create_engine(self) -> Engine:
        # No pool: a connection that is kept would hold the file open, and
        # go on with the old content where the file is replaced.
        engine = create_engine(
            self.url,
            poolclass=NullPool,
            connect_args={"timeout": self.lock_timeout},
        )
        event.listen(engine, "connect", self._connected)
        return engine

    def _connected(self, dbapi_connection: Any, record: Any) -> None:
        self.prepare(dbapi_connection)

    def connect_arguments(
        self, dialect: Dialect, given: Mapping[str, Any]
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        url = self.url.set(drivername=f"sqlite+{dialect.driver}")
        arguments, options = dialect.create_connect_args(url)
        # isolation_level, detect_types and the like: migrations may pass or
        # fail by them.
        kept = {key: given[key] for key in given if key not in _PLACE}
        return arguments, {**options, **kept, "timeout": self.lock_timeout}

    def prepare(self, dbapi_connection: Any) -> None:
        cursor = dbapi_connection.cursor()
        # env.py may have taken our URL and connected with options of its own.
        wait = int(self.lock_timeout * 1000)
        cursor.execute(f"PRAGMA busy_timeout = {wait}")
        if self._check_foreign_keys:
            cursor.execute("PRAGMA foreign_keys = ON")
        if self._folder is not None:
            # Nothing here has to survive a power failure, and waiting for
            # the disk is most of what a small migration costs. Within a
            # transaction, which some options begin at once, it is refused.
            with contextlib.suppress(sqlite3.OperationalError):
                cursor.execute("PRAGMA synchronous = OFF")
                cursor.execute("PRAGMA journal_mode")
                # A mode that a migration has chosen stays.
                if tuple(cursor.fetchone()) == ("delete",):
                    cursor.execute("PRAGMA journal_mode = MEMORY")
        cursor.close()

    @property
    def can_check_foreign_keys(self) -> bool:
        # Not of a file that was handed over: how an application connects to
        # its databases is not ours to change.
        return self._folder is not None

    def check_foreign_keys(self) -> None:
        self._check_foreign_keys = self.can_check_foreign_keys

    def advice(self, error: str) -> str:
        if any(sign in error for sign in _FOREIGN):
            return (
                "SQLite may not know this; where production runs on another "
                "kind of database, test there: set database_url, or check "
                "--url. What must run on SQLite too can use "
                "op.batch_alter_table()"
            )
        if "is locked" not in error:
            return ""
        return (
            "another connection kept its lock for all of lock_timeout = "
            f"{self.lock_timeout:g} seconds; end its transaction, or close "
            "it, before the move"
        )

    @property
    def place(self) -> str:
        return f"sqlite {sqlite3.sqlite_version}"

    def snapshot(self, near: Any = None) -> Any:
        if self._folder is None:
            return None
        content = _content_of(self.path)
        return None if content is None else _image_of(content, near)

    def pack(self, snapshot: Any) -> bytes | None:
        return bytes(snapshot.content)

    def unpack(self, content: bytes) -> Any:
        if sys.version_info < (3, 11) or content[:16] != _MAGIC:
            return None
        return _image_of(content)

    @property
    def is_untouched(self) -> bool:
        return self._folder is not None and (
            not self.path.exists() or not self.path.stat().st_size
        )

    def restore(self, snapshot: Any) -> bool:
        if self._folder is None:
            return False
        content = b"" if snapshot is None else snapshot.content
        # By SQLite's own copying, which connections that are open notice;
        # a file put in place of theirs they would not.
        with contextlib.closing(_opened(content)) as source:
            target = sqlite3.connect(self.path, timeout=0)
            with contextlib.closing(target):
                self.prepare(target)
                try:
                    source.backup(target, progress=_give_up_when_locked)
                except (sqlite3.OperationalError, _Locked):
                    return False
        return True

    def drop(self) -> None:
        if self._folder is not None:
            self._folder.drop()

    def keep(self) -> bool:
        if self._folder is not None:
            self._folder.keep()
        return True

    def describe(self) -> str:
        return f"sqlite3 {shlex.quote(os.fspath(self.path))}"


class SQLite(Backend):
    """SQLite, by any driver."""

    dialects = ("sqlite",)
    async_drivers = ("aiosqlite",)

    def provision(self, url: URL, *, lock_timeout: float) -> Database:
        place = url.database
        if place == MEMORY or not place:
            place = None
        elif not os.path.isdir(place):
            raise ConfigError(
                f"database_url names the SQLite file {place!r}: the kit "
                "makes its own files and touches no other; write 'sqlite://' "
                "for the temporary folder, or the path of a folder"
            )
        token = new_token()
        folder = _new_folder(place)
        return SQLiteFile(
            folder.path / f"migtestkit_{token}.sqlite",
            lock_timeout=lock_timeout,
            folder=folder,
        )

    def example(self, driver: str) -> str:
        return "sqlite://"

    def adopt(self, engine: Engine, *, lock_timeout: float) -> Database:
        arguments, options = engine.dialect.create_connect_args(engine.url)
        path = self.address(arguments, options)
        if path is None or path == MEMORY:
            raise ConfigError(
                "get_migration_engine() handed over an in-memory SQLite "
                "database, which env.py's own engine cannot reach; hand over "
                "an engine on a file, or leave the hook out"
            )
        return SQLiteFile(
            Path(path), lock_timeout=lock_timeout, folder=None
        )

    def address(
        self, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> str | None:
        name: object
        name = options.get("database", arguments[0] if arguments else None)
        if isinstance(name, bytes):
            name = os.fsdecode(name)
        if not isinstance(name, (str, os.PathLike)):
            return None
        name = os.fspath(name)
        if options.get("uri") and name.startswith("file:"):
            name = _path_of_uri(name)
        if name in ("", MEMORY):
            return MEMORY
        return os.path.realpath(name)

    def names(self, address: str) -> frozenset[str]:
        path = Path(address)
        return frozenset({address, path.name, path.stem})


def _image_of(content: bytes, near: Any = None) -> Image:
    size = int.from_bytes(content[16:18], "big")
    # So says the file format of its largest page.
    page_size = 65536 if size == 1 else size
    return Image.of(content, page_size, near)


def _content_of(path: Path) -> bytes | None:
    """Return a file's committed content, ``None`` while another connection
    is in the way.

    By a connection: opening and closing the file beside it would end the
    locks that this process has on it (sqlite.org/howtocorrupt.html). Python
    before 3.11 cannot do so.
    """
    if sys.version_info < (3, 11):
        return None
    with contextlib.closing(sqlite3.connect(path, timeout=0)) as source:
        try:
            source.execute("SELECT 1 FROM sqlite_master").fetchone()
            content = source.serialize()
        except (sqlite3.OperationalError, MemoryError):
            return None
    # The mode of the write-ahead log is kept in the file, and an image of
    # such a file cannot be opened in memory.
    return None if content[18:20] == b"\x02\x02" else content


def _opened(content: bytes) -> sqlite3.Connection:
    """Return a connection to a database of this content, in memory."""
    # Without a cache of statements, which would outlive the content that
    # they were prepared for.
    connection = sqlite3.connect(MEMORY, cached_statements=0)
    if content and sys.version_info >= (3, 11):
        connection.deserialize(content)
    return connection


class _Locked(Exception):
    """Another connection has a lock on the file."""


def _give_up_when_locked(status: int, remaining: int, total: int) -> None:
    # SQLITE_BUSY and SQLITE_LOCKED, on which Python would try for ever.
    if status in (5, 6):
        raise _Locked


def _new_folder(place: str | None) -> OwnFolder:
    try:
        return OwnFolder(place)
    except OSError as error:
        raise ConfigError(
            f"no throw-away database can be made in {error.filename!r}: "
            f"{error.strerror}; give database_url a folder that can be "
            "written to, such as 'sqlite:////tmp'"
        ) from None


def _path_of_uri(uri: str) -> str:
    """Return the file of SQLite's URI form (sqlite.org/uri.html)."""
    parts = urllib.parse.urlsplit(uri)
    query = urllib.parse.parse_qs(parts.query)
    if parts.path == MEMORY or query.get("mode") == ["memory"]:
        return MEMORY
    return urllib.parse.unquote(parts.path)
