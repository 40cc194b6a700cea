"""What have databases on a server in common?

A process owns every database that it makes by a lock that its session holds
on the server. The lock goes with the session, however the process ends, so
that whoever comes next can tell what dead owners left behind from what is in
use, by other processes and on other hosts too.
"""

from __future__ import annotations

import abc
import atexit
import importlib.util
import itertools
import os
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from migtestkit.databases.base import MARK, Backend, Database, new_token
from migtestkit.errors import ConfigError, DatabaseUnavailable, redact

__unittest = True

PREFIX = "migtestkit"
_NAME = re.compile(rf"{PREFIX}_(?P<token>[0-9a-f]{{16}})_\d+")


def token_of(name: str) -> str | None:
    """Return the token in a database's name, ``None`` if it is not ours."""
    match = _NAME.fullmatch(name)
    return match["token"] if match else None


class ServerDatabase(Database):
    """A database on a server.

    :param backend: the kind of server.
    :param url: how the kit connects.
    :param lock_timeout: seconds that a statement may wait for a lock.
    :param owner: who drops it; ``None``: nobody, it was handed over.
    """

    def __init__(
        self,
        backend: ServerBackend,
        url: URL,
        *,
        lock_timeout: float,
        owner: Owner | None,
    ) -> None:
        self.url = url
        self.lock_timeout = lock_timeout
        self._backend = backend
        self._owner = owner
        arguments, options = url.get_dialect()().create_connect_args(url)
        self.address = backend.address(arguments, options) or ""

    def create_engine(self) -> Engine:
        engine = create_engine(
            self.url,
            poolclass=NullPool,
            connect_args=self._backend.session_options(
                self.url.get_driver_name(), self.lock_timeout
            ),
        )
        event.listen(engine, "connect", self._connected)
        return engine

    def _connected(self, dbapi_connection: Any, record: Any) -> None:
        record.info[MARK] = self.address

    def connect_arguments(
        self, dialect: Dialect
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        url = self.url.set(drivername=f"{dialect.name}+{dialect.driver}")
        arguments, options = dialect.create_connect_args(url)
        session = self._backend.session_options(
            dialect.driver, self.lock_timeout
        )
        return arguments, {**options, **session}

    def drop(self) -> None:
        if self._owner is not None:
            self._owner.drop(str(self.url.database))

    def describe(self) -> str:
        return self._backend.client_command(self.url)


class Owner:
    """This process's session on a server, and the lock that it holds.

    :param backend: the kind of server.
    :param url: the server, with the database to be connected to.
    """

    def __init__(self, backend: ServerBackend, url: URL) -> None:
        self.token = new_token()
        self.process = os.getpid()
        self._backend = backend
        self._numbers = itertools.count(1)
        self._engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        self._connection = self._connect()
        self._names: set[str] = set()

    def _connect(self) -> Connection:
        try:
            connection = self._engine.connect()
        except DBAPIError as error:
            raise DatabaseUnavailable(
                f"no connection to {self._engine.url}: {error.orig}"
            ) from None
        self._backend.take_lock(connection, self.token)
        return connection

    def create(self) -> str:
        """Make an empty database; return its name.

        :raises ConfigError: the role may not.
        """
        name = f"{PREFIX}_{self.token}_{next(self._numbers)}"
        try:
            self._connection.execute(text(f"CREATE DATABASE {name}"))
        except DBAPIError as error:
            raise ConfigError(
                f"no database can be made on {self._engine.url}: "
                f"{redact(str(error.orig)).strip()}. Give database_url a "
                "role that may create databases, or hand over an empty one "
                "with get_migration_engine()"
            ) from None
        self._names.add(name)
        return name

    def drop(self, name: str) -> None:
        """Drop a database of this owner."""
        if name in self._names and self.process == os.getpid():
            self._names.discard(name)
            self._backend.drop_database(self._connection, name)

    def reap(self) -> list[str]:
        """Drop what dead owners left; return the names."""
        reaped = []
        for name in self._backend.database_names(self._connection):
            token = token_of(name)
            if token is None or token == self.token:
                continue
            if self._backend.is_locked(self._connection, token):
                continue
            try:
                self._backend.drop_database(self._connection, name)
            except DBAPIError:
                # Another process is reaping it, or it belongs to a role
                # whose databases we may not drop.
                continue
            reaped.append(name)
        return reaped

    @property
    def alive(self) -> bool:
        """Whether the session is this process's and answers."""
        if self.process != os.getpid() or self._connection.closed:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def close(self) -> None:
        """Let go of the lock."""
        if self.process == os.getpid():
            self._connection.close()
            self._engine.dispose()


_owners: dict[URL, Owner] = {}
_lock = threading.Lock()


@atexit.register
def _close_owners() -> None:
    for owner in _owners.values():
        owner.close()
    _owners.clear()


class ServerBackend(Backend):
    """Base of the kinds of database that live on a server.

    :cvar sync_drivers: drivers for the kit's own connections, the preferred
        one first: SQLAlchemy's name and the module to import.
    """

    sync_drivers: ClassVar[Mapping[str, str]]

    def provision(self, url: URL, *, lock_timeout: float) -> Database:
        url = self._sync(url)
        owner = self._owner(url)
        name = owner.create()
        return ServerDatabase(
            self,
            url.set(database=name),
            lock_timeout=lock_timeout,
            owner=owner,
        )

    def adopt(self, engine: Engine, *, lock_timeout: float) -> Database:
        if not engine.url.database:
            raise ConfigError(
                "get_migration_engine() handed over an engine whose URL "
                f"names no database: {engine.url}"
            )
        return ServerDatabase(
            self, self._sync(engine.url), lock_timeout=lock_timeout, owner=None
        )

    def names(self, address: str) -> frozenset[str]:
        return frozenset({address, address.rpartition("/")[2]})

    def _owner(self, url: URL) -> Owner:
        admin = self.admin_url(url)
        with _lock:
            owner = _owners.get(admin)
            if owner is None or not owner.alive:
                owner = _owners[admin] = Owner(self, admin)
                owner.reap()
            return owner

    def _sync(self, url: URL) -> URL:
        """Return a URL with a driver that the kit can use itself."""
        given = url.drivername.partition("+")[2]
        drivers = self.sync_drivers
        wanted = [given] if given in drivers else list(drivers)
        for driver in wanted:
            if importlib.util.find_spec(drivers[driver]) is not None:
                try:
                    url.set(
                        drivername=f"{url.get_backend_name()}+{driver}"
                    ).get_dialect()
                except NoSuchModuleError:
                    continue
                return url.set(
                    drivername=f"{url.get_backend_name()}+{driver}"
                )
        raise ConfigError(
            f"the kit's own connections to {url.get_backend_name()} need one "
            f"of these drivers: {', '.join(wanted)}; install one, such as "
            f"with pip install 'migtestkit[{wanted[0]}]'"
        )

    @abc.abstractmethod
    def admin_url(self, url: URL) -> URL:
        """Return where to connect in order to create databases."""

    @abc.abstractmethod
    def session_options(
        self, driver: str, lock_timeout: float
    ) -> Mapping[str, Any]:
        """Return connect options that bound how long statements wait for
        locks."""

    @abc.abstractmethod
    def client_command(self, url: URL) -> str:
        """Return the command that connects a person, without password."""

    @abc.abstractmethod
    def take_lock(self, connection: Connection, token: str) -> None:
        """Hold a lock named by a token as long as the session lives."""

    @abc.abstractmethod
    def is_locked(self, connection: Connection, token: str) -> bool:
        """Say whether any session of the server holds that lock."""

    @abc.abstractmethod
    def database_names(self, connection: Connection) -> list[str]:
        """Return the names of all databases that may be ours."""

    @abc.abstractmethod
    def drop_database(self, connection: Connection, name: str) -> None:
        """Drop a database, whoever is still leaving it."""


def normal_host(host: Any) -> str:
    """Return one spelling for this machine, any other host as it is."""
    name = str(host or "localhost").lower()
    if name in ("127.0.0.1", "::1", "[::1]") or name.startswith("/"):
        return "localhost"
    return name
