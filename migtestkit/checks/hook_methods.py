"""Which methods of a test class are hooks, and of which revision?"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, TracebackType
from typing import Any, TypeVar

from migtestkit.context import MigrationContext
from migtestkit.errors import RevisionError, listing, suggest
from migtestkit.history import RevisionHistory

__unittest = True

F = TypeVar("F", bound=Callable[..., Any])

PRE_UPGRADE = "pre_upgrade"
CHECK = "check"
PRE_DOWNGRADE = "pre_downgrade"
CHECK_DOWNGRADE = "check_downgrade"

#: Which phase a name's beginning stands for. With a "_" before it as well,
#: which is how OpenStack's suites call theirs.
_PREFIXES = {
    "pre_upgrade_": PRE_UPGRADE,
    "check_downgrade_": CHECK_DOWNGRADE,
    "pre_downgrade_": PRE_DOWNGRADE,
    "check_": CHECK,
}
#: Only with the "_": as in oslo.db's WalkVersionsMixin, now removed.
_OLD_PREFIXES = {"post_downgrade_": CHECK_DOWNGRADE}
#: The phases whose hooks get what the hook before them returned.
_SOURCES = {CHECK: PRE_UPGRADE, CHECK_DOWNGRADE: PRE_DOWNGRADE}
_CONNECTION = ("connection", "conn")
_ENGINE = ("engine",)
_MARK = "_migtestkit_revision"


def at_revision(revision: str) -> Callable[[F], F]:
    """Mark a method as a hook of a revision whose id is no identifier.

    The method's name begins as that of any hook, for its phase; how it goes
    on is free::

        @at_revision("2024.01.split")
        def check_names_are_split(self, data): ...

    :param revision: a full or partial id.
    :raises RevisionError: it is no text, or the method is marked already.
    """
    if not isinstance(revision, str) or not revision:
        raise RevisionError(
            "at_revision() takes a revision id, as in "
            f'@at_revision("2024.01.split"), not {revision!r}'
        )

    def mark(method: F) -> F:
        known = getattr(method, _MARK, None)
        if known is not None:
            raise RevisionError(
                f"{method.__qualname__} is marked for two revisions, "
                f"{known!r} and {revision!r}; write a method for each"
            )
        setattr(method, _MARK, revision)
        return method

    return mark


@dataclass(frozen=True, eq=False)
class Hook:
    """One hook of a test class.

    :ivar name: of the method.
    :ivar phase: when it is called.
    :ivar revision: full id.
    :ivar method: bound to the test case.
    :ivar wants: its parameters, by what each is given: ``"connection"``,
        ``"engine"`` or ``"data"``.
    """

    name: str
    phase: str
    revision: str
    method: Callable[..., Any]
    wants: Mapping[str, str]

    @property
    def says_nothing(self) -> bool:
        """Whether its body is empty."""
        code = _code(self.method)
        return code is not None and code.co_code in _EMPTY

    def call(
        self, context: MigrationContext, database: str | None, data: Any
    ) -> Any:
        """Call the hook, and commit what it wrote by a connection handed to
        it.

        :param database: where there are several.
        :param data: what the hook before it returned.
        :return: what it returns.
        """
        if "connection" not in self.wants.values():
            return self._call(context, database, {"data": data})
        # Not begun: a hook may well begin, and commit, by itself.
        with context.connect(database=database) as connection:
            known = {"data": data, "connection": connection}
            found = self._call(context, database, known)
            if connection.in_transaction():
                connection.commit()
            return found

    def _call(
        self,
        context: MigrationContext,
        database: str | None,
        known: dict[str, Any],
    ) -> Any:
        if "engine" in self.wants.values():
            known["engine"] = context.on(database).engine
        positional, by_name = [], {}
        for one in inspect.signature(self.method).parameters.values():
            if one.name not in self.wants:
                continue
            value = known[self.wants[one.name]]
            if one.kind is one.KEYWORD_ONLY:
                by_name[one.name] = value
            else:
                positional.append(value)
        return self.method(*positional, **by_name)

    def place_of(self, error: BaseException) -> str:
        """Return the line of the hook at which an error came up."""
        code = _code(self.method)
        trace: TracebackType | None = error.__traceback__
        line = code.co_firstlineno if code is not None else 0
        while trace is not None:
            if trace.tb_frame.f_code is code:
                line = trace.tb_lineno
            trace = trace.tb_next
        path = code.co_filename if code is not None else "an unknown file"
        source = linecache.getline(path, line).strip()
        return f"{path}, line {line}, in {self.name}: {source}"


Hooks = Mapping[tuple[str, str], Hook]


def find_hooks(
    case: object, context: MigrationContext, ours: type
) -> Hooks:
    """Return the hooks of a test case by phase and revision.

    :param ours: the class of the kit whose own methods, and whose bases'
        are no hooks.
    :raises RevisionError: a name, or a mark, that means no revision, or
        several; two hooks for one revision and phase; a hook of one of
        ``skip_revisions``; a hook that cannot be called.
    """
    found: dict[tuple[str, str], Hook] = {}
    for name, method in _methods(case, ours):
        phases = _phases(name)
        marked = getattr(method, _MARK, None)
        place = f"{type(case).__qualname__}.{name}"
        if marked is not None:
            phase, revision = _of_mark(
                place, marked, phases, context.history
            )
        elif phases:
            phase, revision = _of_name(place, phases, context.history)
        else:
            continue
        hook = Hook(
            name, phase, revision, method, _parameters(place, method, phase)
        )
        _accept(hook, place, context)
        other = found.setdefault((phase, revision), hook)
        if other is not hook:
            raise RevisionError(
                f"{place} and {other.name} are both called for revision "
                f"{context.history.describe(revision)} at the same time; "
                "make one of them, or call one from the other"
            )
    return found


def _methods(
    case: object, ours: type
) -> Iterator[tuple[str, Callable[..., Any]]]:
    foreign = set(ours.__mro__)
    seen = set()
    for owner in type(case).__mro__:
        package = owner.__module__.partition(".")[0]
        if owner in foreign or package in ("migtestkit", "unittest"):
            continue
        for name in vars(owner):
            if name in seen:
                continue
            seen.add(name)
            static = inspect.getattr_static(case, name)
            if not isinstance(static, property):
                method = getattr(case, name)
                if callable(method):
                    yield name, method


def _phases(name: str) -> list[tuple[str, str]]:
    """Return what a method's name can mean: phase and rest."""
    known = _PREFIXES
    if name.startswith("_"):
        name, known = name[1:], {**_PREFIXES, **_OLD_PREFIXES}
    return [
        (phase, name[len(prefix):])
        for prefix, phase in known.items()
        if name.startswith(prefix) and name != prefix
    ]


def _of_mark(
    place: str,
    marked: str,
    phases: list[tuple[str, str]],
    history: RevisionHistory,
) -> tuple[str, str]:
    if not phases:
        raise RevisionError(
            f"{place} is marked by at_revision({marked!r}), but its name "
            "does not say when it is called; begin it with one of "
            f"{listing(_PREFIXES)}"
        )
    revisions = _matching(marked, history)
    if len(revisions) != 1:
        raise _unclear(
            f"{place}: at_revision({marked!r})", marked, revisions, history
        )
    return phases[0][0], revisions[0]


def _of_name(
    place: str, phases: list[tuple[str, str]], history: RevisionHistory
) -> tuple[str, str]:
    """Find the revision in a name. ``check_downgrade_x`` may also be the
    check of a revision called ``downgrade_x``."""
    matches = [
        (phase, rest, _matching(rest, history)) for phase, rest in phases
    ]
    clear = [one for one in matches if len(one[2]) == 1]
    if len(clear) > 1:
        raise RevisionError(
            f"{place} can mean two things: "
            + " or ".join(
                f"{phase} of revision {revisions[0]}"
                for phase, _, revisions in clear
            )
            + "; mark it with at_revision()"
        )
    if not clear:
        _, rest, revisions = matches[0]
        raise _unclear(place, rest, revisions, history)
    phase, _, revisions = clear[0]
    return phase, revisions[0]


def _matching(name: str, history: RevisionHistory) -> list[str]:
    """Return the revision of an id, or those that a partial id begins."""
    if name in history:
        return [name]
    return [one for one in history.revisions if one.startswith(name)]


def _unclear(
    place: str,
    name: str,
    revisions: list[str],
    history: RevisionHistory,
) -> RevisionError:
    if revisions:
        return RevisionError(
            f"{place}: {name!r} is the beginning of several revisions: "
            f"{listing(revisions)}; write more of it"
        )
    near = suggest(name, history.revisions) or (
        f"; the history has {listing(history.revisions, 10)}"
    )
    return RevisionError(
        f"{place} is a hook by its name, but no revision is called {name!r}"
        f"{near} (a method that is no hook needs another name)"
    )


def _accept(hook: Hook, place: str, context: MigrationContext) -> None:
    if hook.revision in context.skipped_revisions:
        raise RevisionError(
            f"{place} would never run: revision "
            f"{context.history.describe(hook.revision)} is one of "
            "skip_revisions, stamped in passing and not run; remove the hook, "
            "or take the revision out of skip_revisions"
        )
    function = inspect.unwrap(hook.method)
    if inspect.iscoroutinefunction(function):
        raise RevisionError(
            f"{place} is a coroutine, which would never run: hooks are "
            "called, not awaited; make it a plain method"
        )
    if inspect.isgeneratorfunction(function) or (
        inspect.isasyncgenfunction(function)
    ):
        raise RevisionError(
            f"{place} is a generator, which would never run: hooks are "
            "called, and must not yield"
        )


def _parameters(
    place: str, method: Callable[..., Any], phase: str
) -> Mapping[str, str]:
    """Return what each parameter of a hook is given."""
    wants: dict[str, str] = {}
    for one in inspect.signature(method).parameters.values():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        if one.name in _CONNECTION:
            wanted = "connection"
        elif one.name in _ENGINE:
            wanted = "engine"
        elif phase in _SOURCES and "data" not in wants.values():
            wanted = "data"
        elif one.default is not one.empty:
            continue
        else:
            takes = "connection or conn, and engine"
            if phase in _SOURCES:
                takes += (
                    ", and one more: what the hook before the move returned"
                )
            raise RevisionError(
                f"{place} has a parameter {one.name!r}, for which there is "
                f"nothing to give; it may have {takes}"
            )
        wants[one.name] = wanted
    return wants


def _code(method: Callable[..., Any]) -> CodeType | None:
    function = inspect.unwrap(method)
    return getattr(getattr(function, "__func__", function), "__code__", None)


def _empty() -> None:
    pass


def _docstring() -> None:
    """Nothing but a docstring."""


def _docstring_and_pass() -> None:
    """Nothing but a docstring, and a word."""
    pass


#: What the body of a function that does nothing is compiled to.
_EMPTY = {
    one.__code__.co_code for one in (_empty, _docstring, _docstring_and_pass)
}


def source_of(hooks: Hooks, hook: Hook) -> Hook | None:
    """Return the hook whose result a check is handed."""
    return hooks.get((_SOURCES.get(hook.phase, ""), hook.revision))
