"""What must a kind of database offer to be used for throw-away databases?

A third party implements :class:`Backend` and :class:`Database` and registers
the backend in the entry point group ``migtestkit.databases``.
"""

from __future__ import annotations

import abc
import secrets
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import Dialect

from migtestkit.errors import ForeignDatabaseError

__unittest = True

__all__ = [
    "MARK",
    "Backend",
    "Database",
    "disown",
    "is_own",
    "new_token",
    "own",
    "own_addresses",
]

#: Key in ``connection.info`` of the connections that the kit's own engines
#: open: the address of their database.
MARK = "migtestkit_address"

#: The dialects of the kit's own engines (no two engines share one), with
#: the address of each, and its listeners.
_own: weakref.WeakKeyDictionary[Dialect, tuple[str, dict[str, Any]]] = (
    weakref.WeakKeyDictionary()
)

Arguments = tuple[Sequence[Any], Mapping[str, Any]]


def own(
    engine: Engine,
    address: str,
    arguments: Callable[[Dialect], Arguments] | None = None,
) -> None:
    """Make an engine known as the kit's own, and mark its connections.

    While one thread runs env.py, the kit's engines of others go on.

    :param address: of the engine's database.
    :param arguments: with what it connects, whatever a listener that an
        application has set on all engines makes of its arguments.
    """

    def connect(dialect: Dialect, record: Any, *given: Any) -> Any:
        if record is not None:
            record.info[MARK] = address
        if arguments is None:
            return None
        positional, options = arguments(dialect)
        return dialect.connect(*positional, **options)

    def connected(dbapi_connection: Any, record: Any) -> None:
        if MARK not in record.info:
            dbapi_connection.close()
            raise ForeignDatabaseError(
                "a do_connect listener on all engines opened the connection "
                f"to {address} itself, to nobody knows where; it was closed "
                "before a statement was sent. Let that listener return None "
                "for engines that are not its own"
            )

    listeners: dict[str, Any] = {"do_connect": connect, "connect": connected}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    _own[engine.dialect] = (address, listeners)


def disown(engine: Engine) -> None:
    """Undo :func:`own`."""
    _, listeners = _own.pop(engine.dialect, ("", {}))
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def is_own(dialect: Dialect) -> bool:
    """Say whether an engine is the kit's own, by its dialect."""
    return dialect in _own


def own_addresses() -> frozenset[str]:
    """Return the addresses of all databases of the kit's own engines."""
    return frozenset(address for address, _ in list(_own.values()))


def new_token() -> str:
    """Return a token for a database's name that nobody else can hit upon.

    That a name holds it is what proves a database to be ours.
    """
    return secrets.token_hex(8)


class Database(abc.ABC):
    """One database that the kit made, or that the user handed over.

    :ivar url: how the kit itself connects, by a synchronous driver.
    :ivar address: identity of the database, comparable with
        :meth:`Backend.address`.
    :ivar lock_timeout: seconds that :meth:`prepare` lets a statement wait
        for a lock, where the database knows such a limit.
    """

    url: URL
    address: str
    lock_timeout: float = 10.0

    @property
    def default_schema(self) -> str | None:
        """The name of its default schema, where each database has its own;
        an engine that was made for another remembers that one's."""
        return None

    @abc.abstractmethod
    def create_engine(self) -> Engine:
        """Return a new engine on the database; the caller disposes of it."""

    @abc.abstractmethod
    def connect_arguments(
        self, dialect: Dialect, given: Mapping[str, Any]
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """Return the arguments with which another engine's dialect, of the
        same kind but perhaps with another driver, connects to this
        database.

        :param given: the options with which that engine was about to
            connect to its own database; those may be kept that say how a
            connection behaves, none that says where it goes.
        """

    def prepare(self, dbapi_connection: Any) -> None:
        """Set up a driver connection that env.py opened to this database."""

    @property
    def can_check_foreign_keys(self) -> bool:
        """Whether each connection chooses if foreign keys are checked, and
        the choice is ours."""
        return False

    def check_foreign_keys(self) -> None:
        """Have foreign keys checked on all connections to this database that
        are opened from now on, where that can be chosen."""

    def advice(self, error: str) -> str:
        """Return a line of advice on a driver's error text, empty if there
        is none to give."""
        return ""

    @property
    def place(self) -> str:
        """Where the database is: a server, or a kind of file."""
        return str(self.url._replace(database=None))

    @property
    def steps_per_snapshot(self) -> int:
        """How many steps a snapshot must save to be worth taking. ``0``: one
        is taken after every step; else at the end of a walk alone, when
        nobody is connected."""
        return 0

    def snapshot(self, near: Any = None) -> Any:
        """Return what :meth:`restore` makes the same content of again,
        ``None`` where that is not offered, or not possible now.

        :param near: an earlier snapshot that is much the same.
        """
        return None

    @property
    def is_untouched(self) -> bool:
        """Whether it is known that nothing was ever written to it."""
        return False

    def restore(self, snapshot: Any) -> bool:
        """Give a database to which nothing was written the content of a
        snapshot of another one of this kind; with ``None``, make it empty
        again. Say whether that was done."""
        return False

    def pack(self, snapshot: Any) -> bytes | None:
        """Return a snapshot as bytes that another process can use, ``None``
        where that is not offered."""
        return None

    def unpack(self, content: bytes) -> Any:
        """Return the snapshot that :meth:`pack` made bytes of, ``None``
        where they are none."""
        return None

    @abc.abstractmethod
    def drop(self) -> None:
        """Remove the database; doing so twice is no error."""

    def keep(self) -> bool:
        """Let nobody drop the database from now on, not even when this
        process has ended; say whether that was done."""
        return True

    @abc.abstractmethod
    def describe(self) -> str:
        """Return one line that a person can paste to connect, without a
        password."""


class Backend(abc.ABC):
    """A kind of database.

    :cvar dialects: SQLAlchemy's names of the dialects that it serves.
    :cvar async_drivers: asynchronous drivers, the preferred one first.
    """

    dialects: ClassVar[tuple[str, ...]]
    async_drivers: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def provision(self, url: URL, *, lock_timeout: float) -> Database:
        """Make a new, empty database where ``url`` points to.

        :param url: the place: a server, or a folder.
        :param lock_timeout: seconds that a statement may wait for a lock.
        :raises ConfigError: ``url`` is no such place, or gives no right to
            create databases there.
        :raises DatabaseUnavailable: the server cannot be reached.
        """

    @abc.abstractmethod
    def adopt(self, engine: Engine, *, lock_timeout: float) -> Database:
        """Return the database of an engine that the user handed over, which
        is never created, restored or dropped.

        :raises ConfigError: other engines could not reach it.
        """

    @abc.abstractmethod
    def address(
        self, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> str | None:
        """Return the identity of the database that final connect arguments
        name, ``None`` if they do not say which."""

    def schemas(self, connection: Connection) -> Sequence[str | None]:
        """Return the schemas of a database that may hold somebody's tables;
        ``None`` is the default one."""
        return (None,)

    def example(self, driver: str) -> str:
        """Return a ``database_url`` as one might write it.

        :param driver: dialect and driver, as in a URL.
        """
        return f"{driver}://user@localhost/"

    def default_schema_of(self, options: Mapping[str, Any]) -> str | None:
        """Return the default schema of a connection to be made, where each
        database has its own.

        :param options: of the connection.
        """
        return None

    def moved_default_schema(self, dialect: Dialect) -> str | None:
        """Return the default schema of a connection in use, where it need
        not be that of a new one.

        :param dialect: of the connection.
        """
        return None

    def names(self, address: str) -> frozenset[str]:
        """Return what a user may call the database at an address as key of
        ``database_url``."""
        return frozenset({address})
