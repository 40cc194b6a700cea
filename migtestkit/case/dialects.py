"""On which databases does a test class, or a single test, run?"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import inspect
import os
import sys
import types
import unittest
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import sqlalchemy.dialects
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from migtestkit.context import MigrationContext
from migtestkit.databases import Backend, backend_for
from migtestkit.databases.registry import known_backends
from migtestkit.errors import (
    ConfigError,
    DatabaseUnavailable,
    listing,
    suggest,
)

__unittest = True

#: Where the server of a dialect is, if nothing says so. The kit takes the
#: first driver that is installed.
DEFAULT_URLS = {
    "sqlite": "sqlite://",
    "postgresql": "postgresql://postgres@localhost/",
    "mysql": "mysql://root@127.0.0.1/",
    "mariadb": "mariadb://root@127.0.0.1/",
}
#: Dialects that must not be skipped for want of a server.
REQUIRE = "MIGTESTKIT_REQUIRE"
#: The dialect of a class that was made by :func:`onDialects`.
DIALECT = "_migtestkit_dialect"
#: What :func:`skipUnlessDialect` asked of a class: a tuple of tuples.
WANTED = "_migtestkit_dialects_wanted"

T = TypeVar("T")

#: URL -> why there is no database to be had, empty if there is.
_answers: dict[URL, str] = {}


def skipUnlessDialect(*names: str) -> Callable[[T], T]:
    """Decorator of a test method or a test class: skip it unless the test's
    database is one of these.

    It is the test's own database that is asked, when the test runs.
    ``"mysql"`` is what SQLAlchemy calls the dialect of a ``mysql://`` URL;
    ``"mariadb"`` is every MariaDB server, by whichever URL.

    :param names: names of dialects, as SQLAlchemy has them.
    :raises ConfigError: no name, or one that no dialect has.
    """
    check_names(names, _sqlalchemy_dialects(), "skipUnlessDialect")

    def decorate(test: Any) -> Any:
        if isinstance(test, type):
            if issubclass(test, unittest.TestCase):
                _require_kit(test, "skipUnlessDialect")
            wanted = getattr(test, WANTED, ())
            setattr(test, WANTED, (*wanted, names))
            return test
        if not callable(test):
            raise ConfigError(
                "skipUnlessDialect decorates a test method or a class, not "
                f"{test!r}"
            )
        if inspect.iscoroutinefunction(test):

            @functools.wraps(test)
            async def asynchronous(self: Any, *args: Any, **more: Any) -> Any:
                _skip_unless(self, names)
                return await test(self, *args, **more)

            return asynchronous

        @functools.wraps(test)
        def synchronous(self: Any, *args: Any, **more: Any) -> Any:
            _skip_unless(self, names)
            return test(self, *args, **more)

        return synchronous

    return decorate


def onDialects(*names: str) -> Callable[[type[T]], type[T]]:
    """Decorator of a test class: run it on these databases too.

    For each name a subclass ``<Class>_<name>`` stands beside the class in
    its module, where every runner finds it and ``python -m unittest
    tests.test_user.TestUser_postgresql`` runs it alone. The class itself is
    what it was.

    The server of a dialect is what the class attribute ``dialect_urls``
    says, else ``$MIGTESTKIT_<NAME>_URL``, else one on this machine. Where
    it cannot be reached, the tests are skipped with the reason, or fail if
    ``$MIGTESTKIT_REQUIRE``, names with commas in between, lists the dialect.

    :param names: dialects of which the kit makes throw-away databases.
    :raises ConfigError: no name, or one that no dialect has; the class is
        not at the top of its module, has an engine of its own, or a name is
        taken there.
    """
    check_names(names, known_backends(), "onDialects")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"onDialects names {listing(twice)} twice")

    def decorate(cls: type[T]) -> type[T]:
        _check_class(cls)
        for name in names:
            _add_class(cls, name)
        return cls

    return decorate


def check_names(
    names: Collection[Any], known: Collection[str], place: str
) -> None:
    """Refuse what is no dialect's name.

    :raises ConfigError: names the nearest.
    """
    if not names:
        raise ConfigError(f"{place} names no dialect; try 'postgresql'")
    for name in names:
        if not isinstance(name, str):
            raise ConfigError(
                f"{place} takes names of dialects, such as "
                f"@{place}('postgresql'), not {name!r}"
            )
        if name not in known:
            near = suggest(name, known)
            near = near or f"; there are {listing(sorted(known))}"
            raise ConfigError(
                f"{place} names {name!r}, which is no dialect{near}"
            )


def _sqlalchemy_dialects() -> set[str]:
    entries = importlib.metadata.entry_points(group="sqlalchemy.dialects")
    return {
        *sqlalchemy.dialects.__all__,
        "mariadb",
        *known_backends(),
        *(entry.name.partition(".")[0] for entry in entries),
    }


# -- classes ------------------------------------------------------------------


def _require_kit(cls: Any, place: str) -> None:
    if not isinstance(cls, type) or not hasattr(cls, "migration_config"):
        raise ConfigError(
            f"{place} is for subclasses of MigrationTestCase, not {cls!r}"
        )


def _check_class(cls: type) -> None:
    _require_kit(cls, "onDialects")
    if "." in cls.__qualname__:
        raise ConfigError(
            f"onDialects adds classes to a module, and {cls.__qualname__} is "
            "not at the top of one; move it there"
        )
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] == "migtestkit":
            break
        if "get_migration_engine" in vars(base):
            raise ConfigError(
                f"{cls.__qualname__} has a get_migration_engine(), and its "
                "database is that engine's; onDialects has no other for it. "
                "Write a subclass for each engine"
            )


def _add_class(cls: type, dialect: str) -> None:
    module = sys.modules[cls.__module__]
    name = f"{cls.__name__}_{dialect}"
    there = vars(module).get(name)
    if there is not None and DIALECT not in getattr(there, "__dict__", {}):
        # (One of ours is there when a module is loaded again.)
        raise ConfigError(
            f"onDialects would make {name}, and {cls.__module__} has "
            "something of that name already; give one another name"
        )

    def get_database_url(self: Any) -> Any:
        base = super(made, self)
        hook = getattr(base, "get_database_url", None)
        given = hook() if callable(hook) else self.database_url
        url = url_of(dialect, self.dialect_urls)
        if isinstance(given, Mapping):
            return {key: url for key in given}
        return url

    members = {
        "__module__": cls.__module__,
        "__qualname__": name,
        "__doc__": cls.__doc__,
        DIALECT: dialect,
        "get_database_url": get_database_url,
    }
    made = types.new_class(
        name, (cls,), exec_body=lambda namespace: namespace.update(members)
    )
    setattr(module, name, made)


# -- servers ------------------------------------------------------------------


def url_of(dialect: str, given: Mapping[str, Any]) -> URL:
    """Return where throw-away databases of a dialect are made.

    :param given: the class's ``dialect_urls``.
    :raises ConfigError: nothing says where, or the URL is of another dialect.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(
            "dialect_urls must be a mapping dialect -> URL, such as "
            f"{{'postgresql': 'postgresql://...'}}, not {given!r}"
        )
    if given:
        check_names(given, known_backends(), "dialect_urls")
    variable = f"MIGTESTKIT_{dialect.upper()}_URL"
    place, value = f"dialect_urls[{dialect!r}]", given.get(dialect)
    if not value:
        place, value = f"${variable}", os.environ.get(variable)
    if not value:
        place, value = "the default", DEFAULT_URLS.get(dialect)
    if not value:
        raise ConfigError(
            f"nothing says where databases of {dialect!r} are made; set "
            f"{variable} or dialect_urls"
        )
    try:
        url = make_url(value)
    except ArgumentError:
        raise ConfigError(
            f"{place} must be a URL such as '{dialect}://user@host/'"
        ) from None
    fitting = {dialect, "mysql"} if dialect == "mariadb" else {dialect}
    if url.get_backend_name() not in fitting:
        raise ConfigError(
            f"{place} must be a URL of {dialect}, not of "
            f"{url.get_backend_name()}"
        )
    return url


def required_dialects() -> set[str]:
    """Return what ``$MIGTESTKIT_REQUIRE`` lists.

    :raises ConfigError: a name that no dialect has would protect nothing.
    """
    text = os.environ.get(REQUIRE, "")
    names = {name.strip().lower() for name in text.split(",")} - {""}
    if names:
        check_names(sorted(names), known_backends(), f"${REQUIRE}")
    return names


def check_dialect(case: Any, context: MigrationContext) -> None:
    """Before a test's first step: skip it if its database is not one of
    those that its class wants, or is one on a server that is not there.

    :raises unittest.SkipTest: with the reason.
    :raises DatabaseUnavailable: the server is required.
    """
    dialect = getattr(case, DIALECT, None)
    if dialect is not None:
        _check_server(dialect, context)
    for names in getattr(case, WANTED, ()):
        _compare(context, names)


def _check_server(dialect: str, context: MigrationContext) -> None:
    required = dialect in required_dialects()
    given: Any = context.config.database_url
    for url in given.values() if isinstance(given, Mapping) else [given]:
        url = make_url(url)
        if url not in _answers:
            _answers[url] = _why_missing(url)
        reason = _answers[url]
        if reason and required:
            raise DatabaseUnavailable(
                f"${REQUIRE} lists {dialect}, but {reason}"
            )
        if reason:
            raise unittest.SkipTest(reason)


def _why_missing(url: URL) -> str:
    """Return why no database can be made, nothing if one could.

    A server that is there and refuses to make one is an error.
    """
    backend = backend_for(url.get_backend_name())
    lacking = _lacking_driver(backend, url)
    if lacking:
        return lacking
    try:
        backend.provision(url, lock_timeout=10.0).drop()
    except DatabaseUnavailable as error:
        return str(error)
    return ""


def _lacking_driver(backend: Backend, url: URL) -> str:
    drivers = getattr(backend, "sync_drivers", {})
    if "+" in url.drivername or not drivers:
        return ""  # who names a driver is told that it is not installed
    if any(importlib.util.find_spec(one.module) for one in drivers.values()):
        return ""
    return (
        f"no driver of {url.get_backend_name()} is installed; try "
        f"pip install {next(iter(drivers.values())).package}"
    )


def _skip_unless(case: Any, names: Collection[str]) -> None:
    _require_kit(type(case), "skipUnlessDialect")
    _compare(case.migrations, names)


def _compare(context: MigrationContext, names: Collection[str]) -> None:
    for database in context.databases:
        engine = context.on(database).engine
        present = {engine.dialect.name}
        if engine.dialect.name == "mysql":
            # SQLAlchemy learns which of the two it is as it connects.
            engine.connect().close()
            if getattr(engine.dialect, "is_mariadb", False):
                present.add("mariadb")
        if not present.intersection(names):
            raise unittest.SkipTest(
                f"only on {listing(names)}; the database is "
                f"{listing(sorted(present))}"
            )
