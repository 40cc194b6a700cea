"""How is the process left as it was found?

env.py is written for a process of its own: it sets up logging, changes
``sys.path``, reads the environment. Everything is put back after a run, also
after one that failed.
"""

from __future__ import annotations

import contextlib
import io
import logging
import logging.config
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from migtestkit import alembic_api
from migtestkit.errors import MigtestkitError

__unittest = True

#: Alembic's proxies are globals of the process, so only one migration can
#: run at a time in it.
LOCK = threading.RLock()
_running = threading.local()

#: libpq connects where these say, whatever the URL says.
LIBPQ_VARIABLES = ("PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let one run at a time through.

    :raises MigtestkitError: this thread is already within a run.
    """
    with LOCK:
        if getattr(_running, "now", False):
            raise MigtestkitError(
                "a migration, or env.py, started another migration run; "
                "Alembic cannot nest them"
            )
        _running.now = True
        try:
            yield
        finally:
            _running.now = False


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
    """Undo env.py's ``fileConfig`` before it happens, all else after it.

    ``fileConfig`` disables every existing logger and empties the root's
    handlers, which breaks ``assertLogs`` and closes the user's log files.
    Doing nothing, for this configuration's file alone, is the one treatment
    that harms neither.
    """
    original = logging.config.fileConfig

    def file_config(fname: Any, *args: Any, **options: Any) -> Any:
        if fname is None or _same_file(fname, ini):
            return None
        return original(fname, *args, **options)

    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    known = [
        (one, one.disabled, one.level, one.propagate, list(one.handlers))
        for one in list(root.manager.loggerDict.values())
        if isinstance(one, logging.Logger)
    ]
    threshold = root.manager.disable
    logging.config.fileConfig = file_config
    try:
        yield
    finally:
        logging.config.fileConfig = original
        root.handlers[:] = handlers
        root.setLevel(level)
        root.manager.disable = threshold
        for logger, disabled, its_level, propagate, its_handlers in known:
            logger.disabled = disabled
            logger.propagate = propagate
            logger.handlers[:] = its_handlers
            if logger.level != its_level:
                logger.setLevel(its_level)


def _same_file(given: Any, names: Sequence[str]) -> bool:
    if not isinstance(given, (str, os.PathLike)):
        return False
    return os.fspath(given) in names or os.path.abspath(given) in names
