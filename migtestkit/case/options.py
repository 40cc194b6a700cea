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
#: Attributes that a name may resemble by chance.
_CERTAIN = 0.88


def collect(case: Any) -> dict[str, Any]:
    """Return the options that a test case sets: attributes, and what its
    ``get_<option>()`` methods return, which win."""
    found = {}
    for name in OPTIONS:
        hook = getattr(case, f"get_{name}", None)
        if callable(hook):
            found[name] = hook()
        else:
            found[name] = getattr(case, name)
    return found


def overridden(case: Any, base: type) -> dict[str, Any]:
    """Return the hooks that a test class defines itself."""
    return {
        name: getattr(case, name)
        for name in HOOKS
        if getattr(type(case), name) is not getattr(base, name)
    }


def check_attributes(
    cls: type, base: type, read_only: Sequence[str]
) -> None:
    """Refuse attributes that are misspelt, or hide what the kit needs.

    :raises ConfigError: names the attribute and what was probably meant.
    """
    for owner, name, value in _own_attributes(cls, base):
        place = f"{owner.__module__}.{owner.__qualname__}"
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


def _own_attributes(
    cls: type, base: type
) -> Iterator[tuple[type, str, Any]]:
    foreign = set(base.__mro__) | set(unittest.TestCase.__mro__)
    for owner in cls.__mro__:
        package = owner.__module__.partition(".")[0]
        if owner in foreign or package in ("migtestkit", "unittest"):
            continue
        for name, value in vars(owner).items():
            if not name.startswith("_"):
                yield owner, name, value


def _meant(name: str, value: Any) -> str | None:
    """Return the option that a name is one slip away from, if any."""
    if name in OPTIONS or name in HOOKS or name.startswith(("test", "assert")):
        return None
    known: Sequence[str] = OPTIONS
    if inspect.isroutine(value) or isinstance(value, property):
        known = (*HOOKS, *(f"get_{option}" for option in OPTIONS))
        if name in known:
            return None
    near = difflib.get_close_matches(name, known, 1, _CERTAIN)
    return near[0] if near else None
