"""What have databases on a server in common?

A process owns every database that it makes by a lock that its session holds
on the server. The lock goes with the session, however the process ends, so
that whoever comes next can tell what dead owners left behind from what is in
use, by other processes and on other hosts too.
"""

from __future__ import annotations

import abc
import atexit
import contextlib
import importlib.util
import itertools
import os
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import (
    DBAPIError,
    NoSuchModuleError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.pool import NullPool

from migtestkit.databases.alive import Sign, is_here
from migtestkit.databases.base import (
    Backend,
    Database,
    disown,
    new_token,
    own,
)
from migtestkit.databases.holders import Session, suspects
from migtestkit.databases.templates import Template
from migtestkit.errors import (
    ConfigError,
    DatabaseUnavailable,
    MigtestkitError,
)

__unittest = True

PREFIX = "migtestkit"
#: Seconds for a server to answer, where the URL says nothing else.
CONNECT_TIMEOUT = 10
_NAME = re.compile(rf"{PREFIX}_(?P<token>[0-9a-f]{{16}})_\d+")


def token_of(name: str) -> str | None:
    """Return the token in a database's name, ``None`` if it is not ours."""
    match = _NAME.fullmatch(name)
    return match["token"] if match else None


class Driver(NamedTuple):
    """A driver that the kit can use for its own connections.

    :ivar module: what to import.
    :ivar package: what to install, as ``pip`` takes it.
    """

    module: str
    package: str


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
        #: Whether a connection to it was ever made through the kit.
        self._entered = False
        arguments, options = url.get_dialect()().create_connect_args(url)
        self.address = backend.address(arguments, options) or ""

    def create_engine(self) -> Engine:
        dialect = self.url.get_dialect()()
        engine = create_engine(
            self.url,
            poolclass=NullPool,
            connect_args=dict(self.connect_arguments(dialect, {})[1]),
        )
        event.listen(engine, "connect", self._connected)
        return engine

    def _connected(self, dbapi_connection: Any, record: Any) -> None:
        self.prepare(dbapi_connection)

    def connect_arguments(
        self, dialect: Dialect, given: Mapping[str, Any]
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        if self._owner is not None:
            # Somebody is about to use the database.
            self._owner.hold()
        backend, driver = self._backend, dialect.driver
        url = backend.spoken_by(driver, self.url).set(
            drivername=f"{dialect.name}+{driver}"
        )
        arguments, options = dialect.create_connect_args(url)
        kept = {
            name: value
            for name, value in given.items()
            if name in backend.behaviour
        }
        options = backend.merged(options, kept)
        return arguments, {
            **backend.connect_timeout(driver),
            **options,
            **self.shortcuts(dialect, options),
        }

    def shortcuts(
        self, dialect: Dialect, options: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if self._owner is None:
            return {}
        return self._backend.shortcuts(
            dialect.driver, options, self._owner.encrypted
        )

    @property
    def default_schema(self) -> str | None:
        return self._backend.default_schema_of(
            {"database": self.url.database}
        )

    def prepare(self, dbapi_connection: Any) -> None:
        self._entered = True
        # Not by an option of the connection, which not every driver, and no
        # proxy in between, takes.
        command = self._backend.lock_timeout_command(self.lock_timeout)
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(command)
        finally:
            cursor.close()
        dbapi_connection.commit()

    def advice(self, error: str) -> str:
        if not self._backend.is_lock_timeout(error):
            return ""
        found: list[Session] = []
        with contextlib.suppress(SQLAlchemyError, MigtestkitError):
            found = suspects(self._others())
        return (
            "another session kept its lock for all of lock_timeout = "
            f"{self.lock_timeout:g} seconds; end its transaction, or close "
            "it, before the move"
        ) + "".join(f"\n  perhaps {one}" for one in found)

    def _others(self) -> Sequence[Session]:
        """Return the sessions in this database that may hold locks."""
        name = str(self.url.database)
        if self._owner is not None and self._owner.of_this_process:
            return self._owner.sessions_in(name)
        engine = self.create_engine()
        own(engine, self.address)
        try:
            with engine.connect() as connection:
                return self._backend.sessions_in(connection, name)
        finally:
            disown(engine)
            engine.dispose()

    @property
    def steps_per_snapshot(self) -> int:
        # A copy takes as long as a run of env.py with about so many.
        return 5

    def snapshot(self, near: Any = None) -> Any:
        if self._owner is None:
            return None
        return self._owner.copy(str(self.url.database))

    @property
    def is_untouched(self) -> bool:
        return (
            self._owner is not None
            and not self._entered
            and self._owner.is_untouched(str(self.url.database))
        )

    def restore(self, snapshot: Any) -> bool:
        if self._owner is None:
            return False
        done = self._owner.replace(str(self.url.database), snapshot)
        self._entered = self._entered or done
        return done

    def drop(self) -> None:
        if self._owner is not None:
            self._owner.drop(str(self.url.database))

    def keep(self) -> bool:
        return self._owner is None or self._owner.keep(str(self.url.database))

    def describe(self) -> str:
        return self._backend.client_command(self.url)


class Owner:
    """This process's session on a server, and the lock that it holds.

    :param backend: the kind of server.
    :param url: the server, with the database to be connected to.
    :raises DatabaseUnavailable: there is no connection to it.

    :ivar encrypted: whether its session is.
    """

    def __init__(self, backend: ServerBackend, url: URL) -> None:
        #: Tokens with the signs that we live, the present one last ...
        self._tokens: dict[str, Sign] = {}
        #: ... and those whose locks the session does not hold.
        self._unheld: set[str] = set()
        self._closed = False
        self._process = os.getpid()
        self._backend = backend
        self._url = url
        self._numbers = itertools.count(1)
        self._names: set[str] = set()
        #: Empty databases that nobody has entered, to be used next ...
        self._spares: list[str] = []
        #: ... templates, and those of them that are to be dropped.
        self._templates: set[str] = set()
        self._forgotten: list[str] = []
        # Tests in several threads share the session.
        self._busy = threading.RLock()
        self._engine = backend.admin_engine(url)
        own(self._engine, str(url))
        self._new_token()
        try:
            self._connection = self._connect()
        except BaseException:
            self._close_signs()
            raise
        self.encrypted = backend.is_encrypted(self._connection)

    def _connect(self) -> Connection:
        try:
            connection = self._engine.connect()
        except TypeError as error:
            # What PyMySQL raises for an option that it does not know.
            raise ConfigError(
                f"no connection to {self._url}: {error}"
            ) from None
        except Exception as error:
            reason = getattr(error, "orig", None) or error
            raise DatabaseUnavailable(
                f"no connection to {self._url}: {str(reason).strip()}"
                f"{self._backend.connect_hint(reason)}"
            ) from None
        try:
            self._unheld = set(self._tokens)
            self._take_locks(connection)
            if self.token in self._unheld:
                # Our own lost session, which the server has not noticed yet,
                # holds it; what has this token in its name is safe until
                # then.
                self._new_token()
                self._take_locks(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def token(self) -> str:
        """Part of the name of every database that is made from now on."""
        return next(reversed(self._tokens))

    def _new_token(self) -> None:
        token = new_token()
        self._tokens[token] = Sign(token)
        self._unheld.add(token)

    def _take_locks(self, connection: Connection) -> None:
        for token in sorted(self._unheld):
            if self._backend.take_lock(connection, token):
                self._unheld.discard(token)

    def _session(self) -> Connection:
        """Return the session, a new one if it was lost."""
        try:
            self._connection.execute(text("SELECT 1"))
            self._take_locks(self._connection)
        except SQLAlchemyError:
            with contextlib.suppress(Exception):
                self._connection.close()
            self._connection = self._connect()
        return self._connection

    def hold(self) -> None:
        """Take the lock again if the session that held it was lost."""
        if self._closed or not self.of_this_process or self._is_held():
            return
        # In this thread env.py may be running, all of whose connections are
        # watched.
        thread = threading.Thread(target=self._hold)
        thread.start()
        thread.join()

    def _is_held(self) -> bool:
        with self._busy, contextlib.suppress(Exception):
            if not self._unheld:
                # By the driver: who watches statements need not see it.
                pooled = self._connection.connection
                with contextlib.closing(pooled.cursor()) as cursor:
                    cursor.execute("SELECT 1")
                    cursor.fetchall()
                return True
        return False

    def _hold(self) -> None:
        # If the server cannot be reached, what comes next tells so.
        with self._busy, contextlib.suppress(SQLAlchemyError, MigtestkitError):
            self._session()

    @property
    def of_this_process(self) -> bool:
        """Whether it is not the owner of the process that forked us, whose
        session two cannot share."""
        return self._process == os.getpid()

    def locate(self, url: URL) -> URL:
        """Return a URL that no longer depends on the environment."""
        with self._busy:
            return self._backend.located(url, self._session())

    def create(self) -> str:
        """Make an empty database; return its name.

        :raises ConfigError: the role may not.
        :raises DatabaseUnavailable: the server does not.
        """
        with self._busy:
            session = self._session()
            self._drop_forgotten(session)
            name = self._new_name()
            if self._take_spare(session, name):
                self._names.add(name)
                return name
            try:
                self._backend.create_database(session, name, None)
            except DBAPIError as error:
                raise self._cannot_create(error) from None
            self._names.add(name)
            return name

    def _new_name(self) -> str:
        return f"{PREFIX}_{self.token}_{next(self._numbers)}"

    def _take_spare(self, session: Connection, name: str) -> bool:
        while self._spares:
            spare = self._spares.pop()
            with contextlib.suppress(DBAPIError):
                if self._backend.never_entered(session, spare):
                    self._backend.rename_database(session, spare, name)
                    return True
            self._drop_quietly(session, spare)
        return False

    def copy(self, name: str) -> Template | None:
        """Return a template with the content of a database of this owner,
        ``None`` where that is not offered, while somebody is connected to
        the database, or where a copy would lack something."""
        if not self.of_this_process:
            return None
        with self._busy:
            if name not in self._names:
                return None
            with contextlib.suppress(DBAPIError, MigtestkitError):
                session = self._session()
                self._drop_forgotten(session)
                copy = self._new_name()
                size = self._backend.make_template(session, name, copy)
                if size is not None:
                    self._templates.add(copy)
                    return Template(copy, size, self._forget)
        return None

    def _forget(self, template: str) -> None:
        # At any time, in any thread: to be dropped when the session is ours.
        if self.of_this_process:
            self._forgotten.append(template)

    def _drop_forgotten(self, session: Connection) -> None:
        while self._forgotten:
            name = self._forgotten.pop()
            self._templates.discard(name)
            self._drop_quietly(session, name)

    def _drop_quietly(self, session: Connection, name: str) -> None:
        # If it is not to be now, it has no owner when this process ends.
        with contextlib.suppress(DBAPIError):
            self._backend.drop_database(session, name)

    def is_untouched(self, name: str) -> bool:
        """Say whether it is known that nobody was ever connected to a
        database of this owner."""
        if not self.of_this_process:
            return False
        with self._busy:
            if name not in self._names:
                return False
            with contextlib.suppress(DBAPIError, MigtestkitError):
                return self._backend.never_entered(self._session(), name)
        return False

    def replace(self, name: str, template: Template | None) -> bool:
        """Put a copy of a template, or an empty database, in the place of a
        database of this owner; say whether that was done."""
        if not self.of_this_process:
            return False
        with self._busy:
            if name not in self._names:
                return False
            with contextlib.suppress(DBAPIError, MigtestkitError):
                return self._replace(self._session(), name, template)
        return False

    def _replace(
        self, session: Connection, name: str, template: Template | None
    ) -> bool:
        if not self._backend.renames:
            return self._backend.refill_database(
                session, name, template.name if template else None
            )
        aside = self._new_name()
        clean = self._backend.never_entered(session, name)
        if not self._backend.rename_database(session, name, aside):
            return False
        try:
            self._backend.create_database(
                session, name, template.name if template else None
            )
        except DBAPIError:
            self._backend.rename_database(session, aside, name)
            return False
        if clean:
            self._spares.append(aside)
        else:
            self._drop_quietly(session, aside)
        return True

    def _cannot_create(self, error: DBAPIError) -> MigtestkitError:
        problem = (
            f"no database can be made on {self._url}: "
            f"{str(error.orig).strip()}"
        )
        if not self._backend.lacks_right(error.orig):
            return DatabaseUnavailable(problem)
        return ConfigError(
            f"{problem}. Give database_url a role that may create databases "
            f"({self._backend.grant(self._url)}), or hand over an empty one "
            "with get_migration_engine()"
        )

    def drop(self, name: str) -> None:
        """Drop a database of this owner; doing so twice is no error.

        :raises MigtestkitError: the server refuses.
        """
        if not self.of_this_process:
            return
        with self._busy:
            if name not in self._names:
                return
            self._names.discard(name)
            try:
                self._backend.drop_database(self._session(), name)
            except DatabaseUnavailable:
                # The server is gone. Whoever comes next finds the database
                # without an owner, and drops it.
                return
            except StatementError as error:
                raise MigtestkitError(
                    f"the database {name} on {self._url} could not be "
                    f"dropped: {str(error.orig).strip()}. It will be when "
                    "the tests run again"
                ) from None

    def keep(self, name: str) -> bool:
        """Neither drop nor reap a database of this owner; say whether that
        was done."""
        if not self.of_this_process:
            return False
        with self._busy:
            if name not in self._names:
                return False
            self._names.discard(name)
            # The failure of the test is what counts, and may well be that
            # the server is gone.
            with contextlib.suppress(DatabaseUnavailable, StatementError):
                self._backend.keep_database(self._session(), name)
                return True
        return False

    def sessions_in(self, name: str) -> Sequence[Session]:
        """Return the sessions in a database that may hold locks in it."""
        with self._busy:
            return self._backend.sessions_in(self._session(), name)

    def reap(self) -> list[str]:
        """Drop what dead owners left; return the names."""
        reaped = []
        session = self._connection
        for name in self._backend.database_names(session):
            token = token_of(name)
            if token is None or token in self._tokens or is_here(token):
                continue
            try:
                if self._backend.is_spared(session, name, token):
                    continue
                self._backend.drop_database(session, name)
            except DBAPIError:
                # Another process is reaping it, or it belongs to a role
                # whose databases we may not drop.
                continue
            reaped.append(name)
        return reaped

    def close(self) -> None:
        """Drop what waited to be used again, and let go of the lock."""
        self._closed = True
        if self.of_this_process:
            with contextlib.suppress(SQLAlchemyError):
                for name in [*self._spares, *self._templates]:
                    self._drop_quietly(self._connection, name)
            self._spares.clear()
            self._templates.clear()
            with contextlib.suppress(SQLAlchemyError):
                self._connection.close()
            self._engine.dispose()
            self._close_signs()

    def _close_signs(self) -> None:
        for sign in self._tokens.values():
            sign.close()

    def forget_session(self) -> None:
        """In a forked process: see to it that nothing which happens to our
        copy of the session, its end included, is sent to the server, and that
        we are not taken for the owner."""
        self._close_signs()
        connection = self._connection.connection.dbapi_connection
        with contextlib.suppress(Exception):
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, self._backend.socket_of(connection))
            os.close(nowhere)


_owners: dict[URL, Owner] = {}
#: Those of the process that forked this one: to close them is not for us.
_inherited: list[Owner] = []
_lock = threading.Lock()


@atexit.register
def _close_owners() -> None:
    for owner in _owners.values():
        owner.close()
    _owners.clear()


def _start_anew() -> None:
    """In a forked process: have no owner yet."""
    global _lock
    # A thread that is not in this process may have held it.
    _lock = threading.Lock()
    for owner in _owners.values():
        owner.forget_session()
    _inherited.extend(_owners.values())
    _owners.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


class ServerBackend(Backend):
    """Base of the kinds of database that live on a server.

    :cvar sync_drivers: drivers for the kit's own connections by SQLAlchemy's
        name, the preferred one first.
    :cvar behaviour: connect options that say how a connection behaves, and
        not where it goes or as whom.
    :cvar renames: whether databases can be renamed.
    """

    renames: ClassVar[bool] = False

    sync_drivers: ClassVar[Mapping[str, Driver]]
    behaviour: ClassVar[frozenset[str]]

    def provision(self, url: URL, *, lock_timeout: float) -> Database:
        url = self._sync(url)
        owner = self._owner(url)
        place = owner.locate(url)
        return ServerDatabase(
            self,
            place.set(database=owner.create()),
            lock_timeout=lock_timeout,
            owner=owner,
        )

    def adopt(self, engine: Engine, *, lock_timeout: float) -> Database:
        if not engine.url.database:
            raise ConfigError(
                "get_migration_engine() handed over an engine whose URL "
                f"names no database: {engine.url}"
            )
        if engine.dialect.is_async:
            raise ConfigError(
                "get_migration_engine() handed over an asynchronous engine: "
                f"{engine.url}. Hand over one with a driver such as "
                f"{next(iter(self.sync_drivers))}; env.py may go on using "
                "its own driver"
            )
        return ServerDatabase(
            self, self._sync(engine.url), lock_timeout=lock_timeout, owner=None
        )

    def names(self, address: str) -> frozenset[str]:
        return frozenset({address, address.rpartition("/")[2]})

    def _owner(self, url: URL) -> Owner:
        admin = self.admin_url(url)
        with _lock:
            if admin not in _owners:
                owner = Owner(self, admin)
                _owners[admin] = owner
                owner.reap()
            return _owners[admin]

    def _sync(self, url: URL) -> URL:
        """Return a URL with a driver that the kit can use itself."""
        given = url.drivername.partition("+")[2]
        drivers = self.sync_drivers
        wanted = [given] if given in drivers else list(drivers)
        for driver in wanted:
            if importlib.util.find_spec(drivers[driver].module) is None:
                continue
            found = self.spoken_by(driver, url).set(
                drivername=f"{url.get_backend_name()}+{driver}"
            )
            with contextlib.suppress(NoSuchModuleError):
                found.get_dialect()
                return found
        raise ConfigError(
            f"the kit's own connections to {url.get_backend_name()} need "
            + (f"the driver {given}" if given in drivers else "a driver")
            + ", which is not installed; try\n  pip install "
            f"{drivers[wanted[0]].package}"
        )

    def admin_engine(self, url: URL) -> Engine:
        """Return an engine for the session that creates databases.

        :raises ConfigError: its driver is installed, but does not load.
        """
        dialect = url.get_dialect()()
        _, options = dialect.create_connect_args(url)
        try:
            return create_engine(
                url,
                poolclass=NullPool,
                isolation_level="AUTOCOMMIT",
                connect_args={
                    **self.connect_timeout(url.get_driver_name()), **options
                },
            )
        except ImportError as error:
            raise ConfigError(
                f"the driver of {url} cannot be loaded: {error}"
            ) from None

    def connect_hint(self, reason: object) -> str:
        """Return what to do about a connection that failed, if that can be
        told; to be appended to the reason."""
        return ""

    def located(self, url: URL, connection: Connection) -> URL:
        """Return a URL with all that the environment added to it when a
        connection was made; env.py may change the environment."""
        return url

    def is_encrypted(self, connection: Connection) -> bool:
        """Say whether a session is encrypted, where that matters."""
        return True

    def shortcuts(
        self, driver: str, options: Mapping[str, Any], encrypted: bool
    ) -> Mapping[str, Any]:
        """Return connect options that save time and change nothing.

        :param options: those that are given.
        :param encrypted: whether sessions on the server are.
        """
        return {}

    def socket_of(self, dbapi_connection: Any) -> int:
        """Return the file descriptor of a driver connection."""
        number: int = dbapi_connection.fileno()
        return number

    def merged(
        self, ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the connect options of a URL together with those of an
        engine that say how a connection behaves."""
        return {**ours, **theirs}

    @abc.abstractmethod
    def spoken_by(self, driver: str, url: URL) -> URL:
        """Return a URL with the options of its query as another driver
        understands them."""

    @abc.abstractmethod
    def connect_timeout(self, driver: str) -> Mapping[str, Any]:
        """Return the connect option that bounds how long a connection may
        take."""

    @abc.abstractmethod
    def admin_url(self, url: URL) -> URL:
        """Return where to connect in order to create databases."""

    @abc.abstractmethod
    def lock_timeout_command(self, seconds: float) -> str:
        """Return the statement that bounds how long a session's statements
        wait for locks, unless the session has a stricter bound."""

    @abc.abstractmethod
    def client_command(self, url: URL) -> str:
        """Return the command that connects a person, without password."""

    @abc.abstractmethod
    def take_lock(self, connection: Connection, token: str) -> bool:
        """Hold a lock named by a token as long as the session lives; say
        whether nobody else held it."""

    @abc.abstractmethod
    def is_spared(
        self, connection: Connection, name: str, token: str
    ) -> bool:
        """Say whether a database must not be reaped: some session of the
        server holds its owner's lock, or it is kept."""

    @abc.abstractmethod
    def database_names(self, connection: Connection) -> list[str]:
        """Return the names of all databases that may be ours."""

    @abc.abstractmethod
    def drop_database(self, connection: Connection, name: str) -> None:
        """Drop a database, whoever is still connected to it."""

    @abc.abstractmethod
    def keep_database(self, connection: Connection, name: str) -> None:
        """Mark a database as one that is not to be reaped."""

    def create_database(
        self, connection: Connection, name: str, template: str | None
    ) -> None:
        """Create a database, empty or as a copy of a template."""
        connection.execute(text(f"CREATE DATABASE {name}"))

    def rename_database(
        self, connection: Connection, name: str, new: str
    ) -> bool:
        """Rename a database to which nobody is connected; say whether that
        was done."""
        return False

    def refill_database(
        self, connection: Connection, name: str, template: str | None
    ) -> bool:
        """Where databases cannot be renamed: put the content of a template,
        or none, in the place of a database's; say whether that was done."""
        return False

    def make_template(
        self, connection: Connection, name: str, template: str
    ) -> int | None:
        """Create a template with the content of a database; return its size
        in bytes, ``None`` where it cannot be made, or would lack
        something."""
        return None

    def never_entered(self, connection: Connection, name: str) -> bool:
        """Say whether it is known that nobody was ever connected to a
        database."""
        return False

    @abc.abstractmethod
    def is_lock_timeout(self, error: str) -> bool:
        """Say whether a driver's error text tells of a lock that was not got
        in time."""

    @abc.abstractmethod
    def sessions_in(
        self, connection: Connection, name: str
    ) -> Sequence[Session]:
        """Return the other sessions in a database that may hold locks."""

    @abc.abstractmethod
    def lacks_right(self, error: Any) -> bool:
        """Say whether a driver's error means that the role may not."""

    @abc.abstractmethod
    def grant(self, url: URL) -> str:
        """Return the statement that gives a role the right to create
        databases."""


def normal_host(host: Any) -> str:
    """Return one spelling for this machine, any other host as it is."""
    name = str(host or "localhost").lower()
    if name in ("127.0.0.1", "::1", "[::1]") or name.startswith("/"):
        return "localhost"
    return name


def first_of(url: URL, name: str) -> str | None:
    """Return an option of a URL's query, the first where there are more."""
    found = url.query.get(name)
    if found is None or isinstance(found, str):
        return found
    return found[0] if found else None


def without(url: URL, names: frozenset[str]) -> URL:
    """Return a URL whose query lacks some options."""
    return url.difference_update_query(
        [name for name in url.query if name in names]
    )
