"""How is the process left as it was found?

env.py is written for a process of its own: it sets up logging, changes
``sys.path``, reads the environment. Everything is put back after a run, also
after one that failed.
"""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import logging.config
import os
import sys
import threading
import warnings
from collections.abc import (
    Callable,
    Iterator,
    Mapping,
    MutableMapping,
    Sequence,
)
from pathlib import Path
from typing import Any, NoReturn

from migtestkit import alembic_api
from migtestkit.errors import MigtestkitError

__unittest = True

#: Alembic's proxies are globals of the process, so only one migration can
#: run at a time in it.
LOCK = threading.Lock()
_running = threading.local()

#: libpq connects where these say, whatever the URL says.
LIBPQ_VARIABLES = ("PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one run at a time through.

    :raises MigtestkitError: this thread is already within a run.
    """
    if getattr(_running, "now", False):
        raise MigtestkitError(
            "a migration, env.py or a hook started another migration run "
            "while one is under way; Alembic cannot nest them, for its "
            "alembic.op and alembic.context are one for the process. Do it "
            "before or after the run"
        )
    with LOCK, within_run():
        yield


@contextlib.contextmanager
def within_run() -> Iterator[None]:
    """Note that this thread is within a run, be it one more of the same:
    waiting for the lock it would wait for itself."""
    before = getattr(_running, "now", False)
    _running.now = True
    try:
        yield
    finally:
        _running.now = before


@contextlib.contextmanager
def process_left_as_found(
    *,
    folder: Path,
    environ: Mapping[str, str],
    import_paths: Sequence[str],
    ini: Sequence[str],
) -> Iterator[None]:
    """Set the process up for a run, and put it back.

    :param folder: the working directory of the run.
    :param environ: environment variables of the run.
    :param import_paths: what Alembic's ``prepend_sys_path`` asks for.
    :param ini: the file whose ``fileConfig`` is to be left undone, by the
        names that it goes by.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(_environment_variables(environ))
        stack.enter_context(_working_directory(folder))
        stack.enter_context(_import_path(import_paths))
        stack.enter_context(_no_questions())
        stack.enter_context(_logging(ini))
        stack.callback(alembic_api.forget_operations)
        yield


@contextlib.contextmanager
def _environment_variables(environ: Mapping[str, str]) -> Iterator[None]:
    saved = dict(os.environ)
    for name in LIBPQ_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(saved):
            del os.environ[name]
        for name, value in saved.items():
            if os.environ.get(name) != value:
                os.environ[name] = value


@contextlib.contextmanager
def _working_directory(folder: Path) -> Iterator[None]:
    saved = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(saved)


@contextlib.contextmanager
def _import_path(import_paths: Sequence[str]) -> Iterator[None]:
    saved = list(sys.path)
    # Absolute, for "." would mean another folder after a chdir.
    sys.path[:0] = [os.path.abspath(path) for path in import_paths]
    try:
        yield
    finally:
        sys.path[:] = saved


class _NoInput(io.StringIO):
    """A standard input on which nobody answers."""

    def read(self, size: int | None = -1, /) -> NoReturn:
        raise EOFError(
            "a question was asked on standard input, which is closed while "
            "migrations are tested"
        )

    def readline(self, size: int | None = -1, /) -> NoReturn:
        self.read(size)


@contextlib.contextmanager
def _no_questions() -> Iterator[None]:
    saved = sys.stdin
    sys.stdin = _NoInput()
    try:
        yield
    finally:
        sys.stdin = saved


@contextlib.contextmanager
def _logging(ini: Sequence[str]) -> Iterator[None]:
    """Leave undone what env.py does to logging, or undo it afterwards.

    ``fileConfig`` and ``dictConfig`` disable every existing logger, take the
    root's handlers away and close every handler there is, which breaks
    ``assertLogs`` and the user's log files. Doing nothing, for this
    configuration's file, and undoing the rest at once harms neither.
    """
    before = _LoggingState()
    with contextlib.ExitStack() as stack:
        stack.callback(before.restore)
        for owner, name in (
            (logging.config, "fileConfig"),
            (logging.config, "dictConfig"),
            (logging, "basicConfig"),
        ):
            original = getattr(owner, name)
            stack.callback(setattr, owner, name, original)
            setattr(owner, name, _harmless(original, before, ini))
        yield


def _harmless(
    original: Callable[..., Any], before: _LoggingState, ini: Sequence[str]
) -> Callable[..., Any]:
    """Return a function of logging that leaves what was there before."""

    @functools.wraps(original)
    def configure(*args: Any, **options: Any) -> Any:
        if original.__name__ == "fileConfig":
            given = args[0] if args else options.get("fname")
            if given is None or _same_file(given, ini):
                return None
        before.set_aside()
        try:
            return original(*args, **options)
        finally:
            before.put_back()

    return configure


class _LoggingState:
    """How logging is set up at a moment."""

    def __init__(self) -> None:
        self._root = logging.getLogger()
        self._threshold = self._root.manager.disable
        self._root_state = _state_of(self._root)
        # Places in the tree too, such as "alembic" above "alembic.ddl",
        # which are no loggers before somebody asks for them.
        self._loggers = {
            name: _state_of(one)
            for name, one in list(self._root.manager.loggerDict.items())
        }
        self._handlers = [list(one) for one in _all_handlers()]
        self._names = dict(_names_of_handlers())
        self._dropped: list[logging.Handler] = []

    def set_aside(self) -> None:
        """Hide the handlers there are from what would close them."""
        self._root.handlers.clear()
        for one in _all_handlers():
            one.clear()

    def put_back(self) -> None:
        """Undo all but loggers and handlers that did not exist."""
        self._root.manager.disable = self._threshold
        self._set(self._root, self._root_state)
        for name, state in self._loggers.items():
            self._set(self._root.manager.loggerDict.get(name), state)
        for now, before in zip(_all_handlers(), self._handlers):
            now.extend(one for one in before if one not in now)
        _names_of_handlers().update(self._names)

    def restore(self) -> None:
        """Undo everything, and close the handlers made since."""
        self.put_back()
        for name, one in list(self._root.manager.loggerDict.items()):
            if name not in self._loggers:
                # Its application may have set it up while it was imported;
                # with "propagate" off it would hide from assertLogs().
                self._set(one, None)
        for handler in self._dropped:
            handler.close()

    def _set(self, logger: Any, state: _State | None) -> None:
        if not isinstance(logger, logging.Logger):
            return
        state = state or _NEW_LOGGER
        logger.disabled, level, logger.propagate, handlers = state
        new = [one for one in logger.handlers if one not in handlers]
        silent = [one for one in new if isinstance(one, logging.NullHandler)]
        self._dropped += [one for one in new if one not in silent]
        logger.handlers[:] = [*handlers, *silent]
        if logger.level != level:
            logger.setLevel(level)


_State = tuple[bool, int, bool, list[logging.Handler]]
_NEW_LOGGER: _State = (False, logging.NOTSET, True, [])


def _state_of(logger: Any) -> _State | None:
    if not isinstance(logger, logging.Logger):
        return None
    return (
        logger.disabled,
        logger.level,
        logger.propagate,
        list(logger.handlers),
    )


def _all_handlers() -> list[list[Any]]:
    """Return logging's own list of weak references to all handlers, which
    are flushed and closed when the process ends."""
    found = getattr(logging, "_handlerList", None)
    return [] if found is None else [found]


def _names_of_handlers() -> MutableMapping[Any, Any]:
    """Return where logging finds handlers by name."""
    found: MutableMapping[Any, Any] = getattr(logging, "_handlers", {})
    return found


def _same_file(given: Any, names: Sequence[str]) -> bool:
    if not isinstance(given, (str, os.PathLike)):
        return False
    return os.fspath(given) in names or os.path.abspath(given) in names
