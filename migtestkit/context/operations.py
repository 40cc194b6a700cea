"""Which of Alembic's operations does a revision really call?"""

from __future__ import annotations

import contextlib
import functools
import inspect
import linecache
import os.path
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alembic.operations import BatchOperations, Operations

from migtestkit.history import RevisionHistory

__unittest = True

#: Public members of ``op`` that change nothing by themselves.
_HELPERS = frozenset(
    {
        "context",
        "create_module_class_proxy",
        "f",
        "get_bind",
        "get_context",
        "implementation_for",
        "inline_literal",
        "invoke",
        "register_operation",
        "run_async",
    }
)
_watching = threading.local()


@dataclass(frozen=True)
class Call:
    """One operation that a revision called.

    :ivar revision: its id.
    :ivar operation: such as ``"drop_column"``.
    :ivar path: the revision's file.
    :ivar line: the line of it from which the operation was called.
    :ivar text: the SQL, where the operation is ``execute``.
    """

    revision: str
    operation: str
    path: str
    line: int
    text: str = ""

    def describe(self) -> str:
        """Return file, line and the source of that line."""
        source = linecache.getline(self.path, self.line).strip()
        where = f"{self.path}:{self.line}"
        return f"{where}: {source}" if source else where


def known_operations() -> frozenset[str]:
    """Return the names of all operations, those of plugins too."""
    return frozenset(
        name
        for kind in (Operations, BatchOperations)
        for name in dir(kind)
        if not name.startswith("_")
        and name not in _HELPERS
        and callable(getattr(kind, name))
    )


@contextlib.contextmanager
def watched_operations(history: RevisionHistory) -> Iterator[list[Call]]:
    """Note every operation that a revision calls meanwhile: of ``op``, of a
    batch, and by ``op.invoke()``.

    Operations are watched on their classes, for ``op`` hands all calls on to
    an object of these; whose call it is, its stack tells.
    """
    files = {
        os.path.realpath(history.path(revision)): revision
        for revision in history.revisions
    }
    calls: list[Call] = []
    names = known_operations()
    with contextlib.ExitStack() as stack:
        for kind in (Operations, BatchOperations):
            for name in (*sorted(names), "invoke"):
                original = getattr(kind, name, None)
                if original is not None and inspect.isfunction(original):
                    if name in vars(kind):
                        stack.callback(setattr, kind, name, original)
                    else:
                        stack.callback(delattr, kind, name)
                    setattr(
                        kind, name, _noting(name, original, files, calls)
                    )
        yield calls


def _noting(
    name: str,
    original: Callable[..., Any],
    files: Mapping[str, str],
    calls: list[Call],
) -> Callable[..., Any]:
    @functools.wraps(original)
    def noting(self: Any, *args: Any, **options: Any) -> Any:
        if getattr(_watching, "inside", False):
            return original(self, *args, **options)
        operation = _name_of(args, options) if name == "invoke" else name
        found = _caller(files)
        if found is not None:
            revision, path, line = found
            text = ""
            if operation == "execute":
                text = _sql_of(name, args, options)
            calls.append(Call(revision, operation, path, line, text))
        if operation == "batch_alter_table":
            # A context manager, within which the revision goes on.
            return original(self, *args, **options)
        _watching.inside = True
        try:
            return original(self, *args, **options)
        finally:
            _watching.inside = False

    return noting


def _name_of(args: Any, options: Any) -> str:
    """Return what ``op`` calls an operation object: ``DropColumnOp`` is
    ``drop_column``."""
    given = args[0] if args else options.get("operation")
    kind = type(given).__name__.removesuffix("Op")
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.removesuffix("SQL")).lower()
    return name


def _sql_of(name: str, args: Any, options: Any) -> str:
    given = args[0] if args else next(iter(options.values()), "")
    return str(getattr(given, "sqltext", given) if name == "invoke" else given)


def _caller(files: Mapping[str, str]) -> tuple[str, str, int] | None:
    """Return the revision that is calling, its file and its line."""
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        revision = files.get(os.path.realpath(path))
        if revision is not None:
            return revision, path, frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None
