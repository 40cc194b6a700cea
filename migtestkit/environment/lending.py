"""What is put into the user's ``Config`` for the length of a run?

env.py files keep things on that very object, so it is never copied; what the
kit changes in it is put back.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from migtestkit.environment.guard import Target

__unittest = True

OPTION = "sqlalchemy.url"


@contextlib.contextmanager
def lent(
    config: Config,
    targets: Sequence[Target],
    *,
    driver: str | None = None,
    redirect: bool = True,
) -> Iterator[None]:
    """Offer the throw-away databases in a ``Config``.

    :param config: the user's object.
    :param targets: the databases.
    :param driver: name of the driver for the URLs, instead of the one that
        the present URL names.
    :param redirect: whether a connection that the user left in
        ``attributes`` may be exchanged.
    """
    with contextlib.ExitStack() as stack:
        # The options go into a copy of the parser: a value that the user's
        # file spells with a bare "%" could not be set back.
        stack.enter_context(_kept(config, "file_config"))
        cast(Any, config).file_config = copy.deepcopy(config.file_config)
        for section, target in _sections(config, targets):
            _offer_url(config, section, target, driver)
        if len(targets) == 1 and redirect:
            stack.enter_context(_attributes(config, targets[0]))
        if hasattr(config, "stdout"):
            stack.enter_context(_kept(config, "stdout"))
        yield


@contextlib.contextmanager
def located(config: Config, location: str | None) -> Iterator[None]:
    """Give a ``Config`` the ``script_location`` that it lacks.

    :param location: the option's value, ``None`` if it lacks nothing.
    """
    with contextlib.ExitStack() as stack:
        if location is not None:
            stack.enter_context(_kept(config, "file_config"))
            cast(Any, config).file_config = copy.deepcopy(config.file_config)
            config.set_main_option("script_location", location)
        yield


def _sections(
    config: Config, targets: Sequence[Target]
) -> Iterator[tuple[str, Target]]:
    """Return where the URL of each database belongs."""
    for target in targets:
        if target.name is None:
            yield config.config_ini_section, target
        elif config.file_config.has_section(target.name):
            yield target.name, target


def note_foreign_addresses(config: Config, targets: Sequence[Target]) -> None:
    """Learn which foreign database the section of each named target means.

    An env.py with settings of its own may still connect there.
    """
    for section, target in _sections(config, targets):
        url = _present_url(config, section)
        if target.name is None or url is None:
            continue
        with contextlib.suppress(Exception):
            arguments, options = url.get_dialect()().create_connect_args(url)
            address = target.backend.address(arguments, options)
            if address is not None:
                target.foreign.add(address)


def _present_url(config: Config, section: str) -> URL | None:
    try:
        text = config.get_section_option(section, OPTION)
        return make_url(text) if text else None
    except Exception:
        # Unescaped "%", a missing section, no URL at all: env.py gets ours.
        return None


def url_for(config: Config, section: str, target: Target) -> URL:
    """Return a target's URL, with the driver that env.py expects."""
    ours = target.database.url
    present = _present_url(config, section)
    if present is not None and "+" in present.drivername:
        with contextlib.suppress(ArgumentError):
            if present.get_backend_name() in target.backend.dialects:
                return ours.set(drivername=present.drivername)
    if target.driver is not None:
        return ours.set(
            drivername=f"{ours.get_backend_name()}+{target.driver}"
        )
    return ours


def _offer_url(
    config: Config, section: str, target: Target, driver: str | None
) -> None:
    url = url_for(config, section, target)
    if driver is not None:
        url = url.set(drivername=f"{url.get_backend_name()}+{driver}")
    text = url.render_as_string(hide_password=False).replace("%", "%%")
    config.set_section_option(section, OPTION, text)


@contextlib.contextmanager
def _kept(owner: Any, name: str) -> Iterator[None]:
    saved = getattr(owner, name)
    try:
        yield
    finally:
        setattr(owner, name, saved)


class _LentAttributes(dict[str, Any]):
    """``Config.attributes`` that can produce a connection on demand.

    Only an env.py that insists on ``attributes["connection"]`` gets one; for
    ``attributes.get("connection")`` there is none, as on the command line.
    """

    def __init__(self, content: Mapping[str, Any], target: Target) -> None:
        super().__init__(content)
        self._target = target
        self.opened: list[Connection] = []

    def __missing__(self, key: str) -> Any:
        if key != "connection":
            raise KeyError(key)
        self[key] = connection = self.open()
        return connection

    def open(self) -> Connection:
        """Return a connection that may be used as an Engine too."""
        engine = self._target.database.create_engine()
        connection = engine.connect()
        # Half of the env.py files that read the attribute expect a
        # Connection, the other half an Engine to call connect() on.
        cast(Any, connection).connect = lambda: contextlib.nullcontext(
            connection
        )
        self.opened.append(connection)
        return connection

    def close(self) -> None:
        """Close what was opened."""
        for connection in self.opened:
            connection.close()
            connection.engine.dispose()


@contextlib.contextmanager
def _attributes(config: Config, target: Target) -> Iterator[None]:
    own = config.attributes
    given = own.get("connection")
    attributes = _LentAttributes(own, target)
    if isinstance(given, Connection):
        attributes["connection"] = attributes.open()
    cast(Any, config).attributes = attributes
    try:
        yield
    finally:
        attributes.close()
        cast(Any, config).attributes = own
        # What env.py or a migration left there stays, but for a connection:
        # it goes to our database, and the next run must not meet it.
        attributes.pop("connection", None)
        if "connection" in own:
            attributes["connection"] = given
        own.clear()
        own.update(attributes)
