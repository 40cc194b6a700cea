"""Which database may a connection open to while env.py runs?

Listeners on SQLAlchemy's classes see every connection before a socket or a
file is opened, whatever way env.py, the application or a migration makes it:
``do_connect`` redirects or refuses new ones, ``checkout`` renews those that
wait in a pool, ``before_cursor_execute`` refuses those that were open before.
A ``creator`` connects by itself: its connection is refused before SQLAlchemy
sends it a statement.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import AdaptedConnection
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool

from migtestkit.databases import (
    MARK,
    Backend,
    Database,
    is_own,
    known_backends,
)
from migtestkit.environment.watching import Sending
from migtestkit.errors import (
    ConfigError,
    ForeignDatabaseError,
    MigtestkitError,
    listing,
)

__unittest = True


@dataclass
class Target:
    """A throw-away database and what may be redirected to it.

    :ivar name: key of ``database_url``, ``None`` for the only database.
    :ivar engine: the kit's own way to it.
    :ivar driver: the driver that ``database_url`` asks for, if it does.
    :ivar foreign: addresses that env.py's settings give for this name.
    """

    name: str | None
    database: Database
    backend: Backend
    engine: Engine
    driver: str | None = None
    foreign: set[str] = field(default_factory=set)

    def accepts(self, address: str) -> bool:
        """Say whether a foreign address is meant by this target's name."""
        if address in self.foreign:
            return True
        return self.name in self.backend.names(address)


class ConnectionGuard:
    """Redirects or refuses every connection while it is entered.

    :param targets: the throw-away databases.
    :param redirect: ``False`` refuses what is foreign.
    :param on_statement: told each statement that is let through.
    :param on_success: told each that has succeeded, and of how many rows.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        redirect: bool = True,
        on_statement: Callable[[Sending], None] | None = None,
        on_success: Callable[[Sending, int], None] | None = None,
    ) -> None:
        self.targets = tuple(targets)
        self.redirect = redirect
        self.refusals: list[MigtestkitError] = []
        self._on_statement = on_statement
        self._on_success = on_success
        self._first_foreign: str | None = None
        #: By the driver connection's id: it, its database and pool entry.
        self._opened: dict[int, tuple[Any, Target, Any]] = {}
        self._schemas: dict[Dialect, str | None] = {}
        #: Refused ones. Some releases of SQLAlchemy close them as well, and
        #: would complain of a connection that is closed already.
        self._strangers: list[Any] = []
        #: What an application may hold of these.
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._proxies: weakref.WeakValueDictionary[int, Any] = (
            weakref.WeakValueDictionary()
        )
        self._connecting = threading.local()
        self._threads: set[int] = set()
        self._listeners: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
            (Engine, "do_connect", self._do_connect),
            (Pool, "connect", self._connected),
            (Pool, "checkout", self._checked_out),
            (Engine, "engine_connect", self._engaged),
            (Engine, "before_cursor_execute", self._executing),
            (Engine, "after_cursor_execute", self._executed),
        )

    def __enter__(self) -> ConnectionGuard:
        _watch_pools()
        self._threads.add(threading.get_ident())
        for owner, name, listener in self._listeners:
            event.listen(owner, name, listener)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for owner, name, listener in self._listeners:
            event.remove(owner, name, listener)
        for dialect, schema in self._schemas.items():
            dialect.default_schema_name = schema
        self._close_left_open()
        for stranger in self._strangers:
            with contextlib.suppress(Exception):
                stranger.close()
        self._strangers.clear()

    @contextlib.contextmanager
    def in_thread(self) -> Iterator[None]:
        """Take what this thread does for the run's own doing."""
        ident = threading.get_ident()
        known = ident in self._threads
        self._threads.add(ident)
        try:
            yield
        finally:
            if not known:
                self._threads.discard(ident)

    def _close_left_open(self) -> None:
        """Close what env.py, or what it called, keeps open: it would hold
        locks, and an application would go on with our database."""
        for connection in list(self._connections):
            if connection.closed or connection.invalidated:
                continue
            opened = connection.connection.dbapi_connection
            if id(opened) in _ours and not _needs_loop(opened):
                connection.invalidate()
        for key, (opened, _, record) in self._opened.items():
            # An asynchronous one can be closed in its own loop alone.
            if _ours.pop(key, None) is None or _needs_loop(opened):
                continue
            proxy = self._proxies.get(key)
            if proxy is not None and proxy.is_valid:
                proxy.invalidate()
            elif record is not None:
                record.invalidate()

    @property
    def connecting(self) -> bool:
        """Whether this thread is just connecting on the guard's word."""
        return getattr(self._connecting, "now", False)

    def target_of(self, connection: Connection) -> Target:
        """Return the database that an open connection goes to."""
        found = self._opened.get(id(connection.connection.dbapi_connection))
        if found:
            return found[1]
        marked = self._marked(connection.connection.info)
        if marked is None:
            self._refuse(ForeignDatabaseError(_unknown_connection()))
        return marked

    def _do_connect(
        self,
        dialect: Dialect,
        record: Any,
        arguments: list[Any],
        options: dict[str, Any],
    ) -> Any:
        if self._of_another_thread(dialect):
            return None
        target, redirected = self._choose(dialect, arguments, options)
        given: tuple[Sequence[Any], Any] = (arguments, options)
        if redirected:
            given = target.database.connect_arguments(dialect, options)
            self._lend_schema(dialect, target, options)
        self._connecting.now = True
        try:
            # Connecting here, not in SQLAlchemy's own step after this one:
            # a listener that comes later could change the arguments again.
            opened = dialect.connect(*given[0], **given[1])
        finally:
            self._connecting.now = False
        self._opened[id(opened)] = (opened, target, record)
        if record is not None:
            record.info[MARK] = target.database.address
        _ours[id(opened)] = opened
        target.database.prepare(opened)
        return opened

    def _lend_schema(
        self, dialect: Dialect, target: Target, options: dict[str, Any]
    ) -> None:
        """Make an engine of the application look for tables in our database:
        it remembers the name of the first one that it connected to."""
        ours = target.database.default_schema
        if ours is None:
            return
        if dialect not in self._schemas:
            self._schemas[dialect] = (
                dialect.default_schema_name
                or target.backend.default_schema_of(options)
            )
        dialect.default_schema_name = ours

    def _of_another_thread(self, dialect: Dialect) -> bool:
        """Say whether an engine is of another test, in another thread."""
        return is_own(dialect) and threading.get_ident() not in self._threads

    def _choose(
        self, dialect: Dialect, arguments: list[Any], options: dict[str, Any]
    ) -> tuple[Target, bool]:
        same_kind = [
            target
            for target in self.targets
            if dialect.name in target.backend.dialects
        ]
        if not self.targets:
            self._refuse(
                ForeignDatabaseError(
                    f"a {dialect.name} connection was about to open before "
                    "there is a throw-away database; nothing was sent"
                )
            )
        if not same_kind:
            self._refuse(ConfigError(self._other_backend(dialect)))
        address = same_kind[0].backend.address(arguments, options)
        for target in same_kind:
            if address == target.database.address:
                return target, False
        if address is None:
            self._refuse(
                ForeignDatabaseError(
                    f"env.py opens a {dialect.name} connection whose "
                    "arguments do not name a database; nothing was sent. "
                    "Name the database in env.py's URL"
                )
            )
        if not self.redirect:
            self._refuse(
                ForeignDatabaseError(
                    f"env.py opens a connection to {address}, which the kit "
                    "did not make, and redirect = False; nothing was sent. "
                    "Make env.py use the URL in its configuration, or set "
                    "redirect = True"
                )
            )
        return self._redirect(address, same_kind), True

    def _redirect(self, address: str, same_kind: list[Target]) -> Target:
        for target in same_kind:
            if target.name is not None and target.accepts(address):
                return target
        if len(self.targets) > 1 or self.targets[0].name is not None:
            self._refuse(
                ForeignDatabaseError(
                    f"env.py opens a connection to {address}, and no entry "
                    "of database_url is for that; nothing was sent. The "
                    f"entries are {listing(str(t.name) for t in self.targets)}"
                    f"; add {self._key(address)!r}: {self._example()!r}"
                )
            )
        if self._first_foreign is None:
            self._first_foreign = address
        if address != self._first_foreign:
            self._refuse(
                ForeignDatabaseError(self._second_database(address))
            )
        return same_kind[0]

    def _second_database(self, address: str) -> str:
        first, example = self._first_foreign or "", self._example()
        entries = ", ".join(
            f"{self._key(one)!r}: {example!r}" for one in (first, address)
        )
        return (
            f"env.py, or a migration, opens two different databases: {first} "
            f"and {address}; nothing was sent to either. If the "
            "history migrates both, give each a throw-away database:\n"
            f"  database_url = {{{entries}}}"
        )

    def _key(self, address: str) -> str:
        names = self.targets[0].backend.names(address)
        return min(names, key=lambda name: (len(name), name))

    def _example(self) -> str:
        target = self.targets[0]
        return f"{target.database.url.get_backend_name()}://"

    def _other_backend(self, dialect: Dialect) -> str:
        ours = listing(
            sorted({t.database.url.get_backend_name() for t in self.targets})
        )
        refused = (
            f"env.py connects to {dialect.name}, but the throw-away database "
            f"is {ours}; nothing was sent."
        )
        backend = known_backends().get(dialect.name)
        if backend is None:
            return (
                f"{refused} The kit makes no {dialect.name} databases; hand "
                "over an engine of your own with get_migration_engine()"
            )
        example = backend.example(f"{dialect.name}+{dialect.driver}")
        return (
            f"{refused} Write\n  database_url = \"{example}\"\nin the test "
            "class, or set $MIGTESTKIT_DATABASE_URL"
        )

    def _connected(self, dbapi_connection: Any, record: Any) -> None:
        if id(dbapi_connection) in self._opened or MARK in record.info:
            return
        if _needs_loop(dbapi_connection):
            # It can be closed in its own loop alone, which is here.
            with contextlib.suppress(Exception):
                dbapi_connection.close()
        else:
            self._strangers.append(dbapi_connection)
        self._refuse(
            ForeignDatabaseError(
                "env.py, or a migration, connects through an engine with a "
                "creator or a pool of its own, which nothing can redirect; "
                "it was closed before a statement was sent. Give the engine "
                "a URL in place of the creator, or take the URL from "
                "Alembic's configuration"
            )
        )

    def _checked_out(
        self, dbapi_connection: Any, record: Any, proxy: Any
    ) -> None:
        if id(dbapi_connection) in self._opened or MARK in record.info:
            self._proxies[id(dbapi_connection)] = proxy
            return
        # The pool drops this connection and opens another, by way of
        # do_connect.
        raise DisconnectionError("opened before the throw-away database")

    def _engaged(self, connection: Connection) -> None:
        self._connections.add(connection)

    def _executing(
        self,
        connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,
    ) -> None:
        proxied = connection.connection
        known = id(proxied.dbapi_connection) in self._opened
        if (
            not known
            and not self._marked(proxied.info)
            and not self._of_another_thread(connection.dialect)
        ):
            self._refuse(ForeignDatabaseError(_unknown_connection()))
        if known and self._on_statement is not None:
            self._on_statement(
                Sending(connection, statement, parameters, context,
                        executemany)
            )

    def _executed(
        self,
        connection: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,
    ) -> None:
        proxied = connection.connection
        if (
            self._on_success is None
            or id(proxied.dbapi_connection) not in self._opened
        ):
            return
        rows = getattr(cursor, "rowcount", -1)
        self._on_success(
            Sending(connection, statement, parameters, context, executemany),
            rows if isinstance(rows, int) else -1,
        )

    def _marked(self, info: dict[Any, Any]) -> Target | None:
        address = info.get(MARK)
        for target in self.targets:
            if address is not None and target.database.address == address:
                return target
        return None

    def _refuse(self, error: MigtestkitError) -> NoReturn:
        # Kept, for an env.py may catch what is raised in it.
        self.refusals.append(error)
        raise error


def _unknown_connection() -> str:
    return (
        "a statement was about to run on a connection that was opened before "
        "env.py ran, to a database that the kit did not make; it was not "
        "sent. Let env.py open its own connection, or hand the database over "
        "with get_migration_engine()"
    )


#: Driver connections to throw-away databases that somebody's pool may hold.
_ours: dict[int, Any] = {}
_watching = False


def _watch_pools() -> None:
    """See to it that no pool keeps a connection to a throw-away database."""
    global _watching
    if not _watching:
        event.listen(Pool, "checkin", _returned)
        event.listen(Pool, "close", _closed)
        event.listen(Pool, "close_detached", _closed)
        _watching = True


def _needs_loop(dbapi_connection: Any) -> bool:
    return isinstance(dbapi_connection, AdaptedConnection)


def _returned(dbapi_connection: Any, record: Any) -> None:
    if dbapi_connection is not None and id(dbapi_connection) in _ours:
        # An application's own engine goes back to its own database.
        record.invalidate()


def _closed(dbapi_connection: Any, record: Any = None) -> None:
    _ours.pop(id(dbapi_connection), None)
