"""Which databases does one context have, and for how long?"""

from __future__ import annotations

import contextlib
import inspect as python_inspect
import os
import sys
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from migtestkit.config import MigrationConfig
from migtestkit.context.transactions import OpenTransactions
from migtestkit.databases import Database, backend_for, disown, own
from migtestkit.environment import Environment, Location, Target, read_heads
from migtestkit.errors import (
    ConfigError,
    MigtestkitError,
    listing,
    suggest,
)

__unittest = True

VARIABLE = "MIGTESTKIT_DATABASE_URL"
#: The one column of every version table.
VERSION_COLUMN = "version_num"


class ContextDatabases:
    """Provisions on first use, and drops at the end.

    :param options: what the user set.
    :param environment: runs env.py.
    """

    def __init__(
        self, options: MigrationConfig, environment: Environment
    ) -> None:
        self._options = options
        self._environment = environment
        self._cleanup = contextlib.ExitStack()
        self._locations: dict[str | None, Location] = {}
        self._watch: dict[str | None, OpenTransactions] = {}
        self._pristine = False
        self.keep = False
        self.opened = False
        self.handed_over = False

    def open(self) -> None:
        """Provision the databases, once.

        :raises ConfigError: the URL cannot be used, or the engine handed
            over is not empty.
        """
        if self.opened:
            return
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        self.opened = True

    def _open(self) -> None:
        hook = self._options.get_migration_engine
        engine = hook() if hook is not None else None
        if engine is not None:
            self._environment.attach([self._adopt(engine)])
        else:
            self._environment.attach(
                [self._provision(*pair) for pair in self._urls().items()]
            )
        for target in self.targets:
            watch = OpenTransactions(target.engine)
            self._watch[target.name] = watch
            self._cleanup.callback(watch.close)
        self._pristine = engine is None
        if self.handed_over and not self._options.adopt_existing_database:
            # Before anything is done to it.
            self._refuse_tables()
        self._make_base_schema()
        for target in self.targets:
            self._hand_to_application(target)

    @property
    def targets(self) -> tuple[Target, ...]:
        """The databases."""
        return self._environment.targets

    def _urls(self) -> Mapping[str | None, URL]:
        given = self._options.database_url
        if given is None:
            given = os.environ.get(VARIABLE) or "sqlite://"
        if isinstance(given, Mapping):
            return {name: _url(url) for name, url in given.items()}
        return {None: _url(given)}

    def _provision(self, name: str | None, url: URL) -> Target:
        backend = backend_for(url.get_backend_name())
        database = backend.provision(
            url, lock_timeout=float(self._options.lock_timeout)
        )
        self._cleanup.callback(self._drop, database)
        engine = database.create_engine()
        own(
            engine,
            database.address,
            lambda dialect: database.connect_arguments(dialect, {}),
        )
        self._cleanup.callback(engine.dispose)
        driver = url.drivername.partition("+")[2] or None
        return Target(name, database, backend, engine, driver)

    def _adopt(self, engine: Any) -> Target:
        if not isinstance(engine, Engine):
            raise ConfigError(
                "get_migration_engine() must return a sqlalchemy Engine or "
                f"None, not {engine!r}"
            )
        backend = backend_for(engine.dialect.name)
        database = backend.adopt(
            engine, lock_timeout=float(self._options.lock_timeout)
        )
        own(engine, database.address)
        self._cleanup.callback(disown, engine)
        self.handed_over = True
        return Target(None, database, backend, engine)

    def _refuse_tables(self) -> None:
        """Refuse a database that is somebody's: this is the last barrier
        before a downgrade drops its tables."""
        target = self.targets[0]
        with target.engine.connect() as connection:
            inspector = inspect(connection)
            found = [
                (schema, table)
                for schema in target.backend.schemas(connection)
                for table in inspector.get_table_names(schema)
            ]
            columns = [
                [column["name"] for column in inspector.get_columns(table, s)]
                for s, table in found
            ]
        tables = [f"{s}.{name}" if s else name for s, name in found]
        if tables:
            # env.py is asked for the version table's name only where that
            # may be all there is.
            if columns == [[VERSION_COLUMN]]:
                location = self.location(target)
                where = found[0] in (
                    (location.schema, location.table),
                    (None, location.table),
                )
                if where and not self._rows_in(location):
                    return
            raise ConfigError(
                "get_migration_engine() handed over a database that is not "
                f"empty: it has the tables {listing(sorted(tables), 8)}. "
                "Nothing was run in it. Hand over an empty database, or, if "
                "its content may be lost, set adopt_existing_database = True"
            )

    def _rows_in(self, location: Location) -> bool:
        with self.targets[0].engine.connect() as connection:
            return bool(read_heads(connection, location))

    def _make_base_schema(self) -> None:
        hook = self._options.create_base_schema
        if hook is None:
            return
        for target in self.targets:
            with target.engine.begin() as connection:
                made: object = cast(Any, hook)(connection)
            if python_inspect.isgenerator(made):
                raise ConfigError(
                    "create_base_schema(connection) is called, and must not "
                    "yield: nothing of it was run"
                )

    def _hand_to_application(self, target: Target) -> None:
        hook = self._options.use_database
        manager = hook(target.engine) if hook is not None else None
        if manager is None:
            return
        if not hasattr(manager, "__enter__"):
            raise ConfigError(
                "use_database(engine) must return a context manager, or be "
                "decorated with contextlib.contextmanager; it returned "
                f"{manager!r}"
            )
        self._cleanup.enter_context(manager)

    def _drop(self, database: Database) -> None:
        if self.keep:
            # A backend of somebody else's may not say.
            done = database.keep() is not False
            # Printed, for a log record may be captured with the test's own.
            print(
                f"migtestkit: {'kept' if done else 'could not keep'} the "
                f"database of a failed test: {database.describe()}",
                file=sys.stderr,
            )
        else:
            database.drop()

    def close(self) -> None:
        """Drop what was provisioned."""
        self.opened = False
        self._locations.clear()
        self._watch.clear()
        self._cleanup.close()

    def select(self, name: str | None) -> Target:
        """Return the database that a member was asked about.

        :raises ConfigError: there are several and none is named, or none is
            called so.
        """
        self.open()
        known = [target.name for target in self.targets]
        if name is None and len(known) > 1:
            raise ConfigError(
                "this history migrates several databases; say which with "
                f"database=, one of {listing(map(repr, known))}"
            )
        for target in self.targets:
            if target.name == name or (name is None and len(known) == 1):
                return target
        there = listing(repr(one) for one in known if one is not None)
        raise ConfigError(
            f"no database is called {name!r}; database_url has {there}"
            f"{suggest(str(name), (str(one) for one in known))}"
        )

    @property
    def pristine(self) -> bool:
        """Whether the databases were made a moment ago, and nothing was
        done to them."""
        return self._pristine

    def note(self, location: Location) -> None:
        """Learn where a version table is that env.py may have changed."""
        self.note_seen(location)
        self._pristine = False

    def note_seen(self, location: Location) -> None:
        """Learn where a version table is."""
        known = self._locations.setdefault(location.database, location)
        if known != location:
            raise ConfigError(
                "env.py keeps several version tables in one database: "
                f"{known.schema or ''}.{known.table} and "
                f"{location.schema or ''}.{location.table}; give x_arguments "
                "or environ so that it works on one of them at a time"
            )

    def expect_changes(self) -> None:
        """Look into the database from now on: something is about to run of
        which no report comes back."""
        self._pristine = False

    def location(self, target: Target) -> Location:
        """Return where the version table of a database is; asks env.py the
        first time."""
        if target.name not in self._locations:
            for visit in self._environment.walk(_no_steps, mutate=False):
                self.note_seen(visit.location)
        if target.name not in self._locations:
            raise ConfigError(
                f"env.py never worked on the database {target.name!r}; it "
                f"did on {listing(map(repr, self._locations))}"
            )
        return self._locations[target.name]

    def heads(self, target: Target) -> tuple[str, ...]:
        """Return what the version table of a database holds."""
        if self._pristine:
            # Made a moment ago and not yet seen by env.py.
            return ()
        location = self.location(target)
        try:
            with target.engine.connect() as connection:
                return read_heads(connection, location)
        except DBAPIError as error:
            advice = target.database.advice(str(error.orig))
            raise MigtestkitError(
                f"the version table {location.table!r} cannot be read: "
                f"{error.orig}" + (advice and f"; {advice}")
            ) from None

    def refuse_open_transactions(self) -> None:
        """Refuse to migrate while a connection of the test is in the middle
        of something, which would lock the migration out.

        A run that fails may have changed something as well, so from now on
        the database itself is asked where it stands."""
        self.expect_changes()
        for watch in self._watch.values():
            watch.refuse()


def _no_steps(*_: Any) -> tuple[()]:
    return ()


def _url(url: str | URL) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise ConfigError(
            f"database_url {url!r} is no URL; write for example 'sqlite://' "
            "or 'postgresql+psycopg://user@localhost/'"
        ) from None
