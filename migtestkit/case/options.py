"""Which options and hooks does a test class set, and are they spelt right?"""

from __future__ import annotations

import difflib
import inspect
import unittest
from collections.abc import Iterator, Sequence
from typing import Any

from migtestkit.config import MigrationConfig
from migtestkit.errors import ConfigError

__unittest = True

HOOKS = (
    "alembic_context",
    "run_environment",
    "create_base_schema",
    "use_database",
    "get_migration_engine",
)
_INTERNAL = ("search_from", "case")
OPTIONS = tuple(
    name
    for name in MigrationConfig.option_names()
    if name not in HOOKS + _INTERNAL
)
#: What onDialects() reads of a class, and no context.
_OF_CLASSES = ("dialect_urls",)
#: How alike two names are of which one is surely meant for the other.
_CERTAIN = 0.88
#: Options called by ordinary words: a name that only goes on where one of
#: them ends, such as ``database_urls`` or ``redirects``, is the user's own.
_ORDINARY = (
    "alembic_config",
    "database_url",
    "environ",
    "ignore",
    "ini_section",
    "intended",
    "lock_timeout",
    "model_package",
    "redirect",
    "strict",
    "target_metadata",
)


def collect(case: Any) -> dict[str, Any]:
    """Return the options that a test case sets: attributes, and what its
    ``get_<option>()`` methods return, which win.

    :raises ConfigError: such a method needs arguments.
    """
    found = {}
    for name in OPTIONS:
        hook = getattr(case, f"get_{name}", None)
        found[name] = _ask(hook) if callable(hook) else getattr(case, name)
    return found


def _ask(hook: Any) -> Any:
    try:
        inspect.signature(hook).bind()
    except TypeError as error:
        raise ConfigError(
            f"{hook.__qualname__}() is asked for an option and gets no "
            f"argument, but: {error}; if it is your own, give it another name"
        ) from None
    return hook()


def overridden(case: Any, base: type) -> dict[str, Any]:
    """Return the hooks that a test class defines itself.

    :raises ConfigError: one is no method.
    """
    found = {}
    for name in HOOKS:
        hook = getattr(case, name)
        if getattr(type(case), name) is getattr(base, name) and (
            name not in vars(case)
        ):
            continue
        if not callable(hook):
            raise ConfigError(
                f"{type(case).__qualname__}.{name} must be a method, not "
                f"{hook!r}"
            )
        found[name] = hook
    return found


def check_attributes(
    case: Any, base: type, read_only: Sequence[str]
) -> None:
    """Refuse attributes that are misspelt, or hide what the kit needs.

    :raises ConfigError: names the attribute and what was probably meant.
    """
    for place, name, value in _own_attributes(case, base):
        if name in read_only:
            raise ConfigError(
                f"{place} defines {name!r}, which hides a member of "
                "MigrationTestCase; give it another name"
            )
        meant = _meant(name, value)
        if meant is not None:
            raise ConfigError(
                f"{place} sets {name!r}, which is no option; did you mean "
                f"{meant!r}? (If it is your own, begin its name with '_')"
            )


def _own_attributes(case: Any, base: type) -> Iterator[tuple[str, str, Any]]:
    """Yield what neither unittest nor the kit defines: place, name, value."""
    foreign = set(base.__mro__) | set(unittest.TestCase.__mro__)
    for owner in type(case).__mro__:
        package = owner.__module__.partition(".")[0]
        if owner in foreign or package in ("migtestkit", "unittest"):
            continue
        for name, value in vars(owner).items():
            if not name.startswith("_"):
                yield f"{owner.__module__}.{owner.__qualname__}", name, value
    for name, value in vars(case).items():
        if not name.startswith("_"):
            yield f"an instance of {type(case).__qualname__}", name, value


def _meant(name: str, value: Any) -> str | None:
    """Return the option or hook that a name is a slip of, if any."""
    known = (*OPTIONS, *_OF_CLASSES)
    if inspect.isroutine(value) or isinstance(value, property):
        if name.startswith("get_") and name not in HOOKS:
            meant = _nearest(name[4:], (*OPTIONS, "migration_engine"))
            return meant and f"get_{meant}"
        known = (*known, *HOOKS)
    return _nearest(name, known)


def _nearest(name: str, known: Sequence[str]) -> str | None:
    goes_on = any(name.startswith(option) for option in _ORDINARY)
    if name in known or goes_on or name.startswith(("test", "assert")):
        return None
    for one in known:
        if sorted(name) == sorted(one):
            return one  # two letters changed places
    near = difflib.get_close_matches(name, known, 1, _CERTAIN)
    return near[0] if near else None
