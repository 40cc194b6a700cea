"""Which revisions and tables does the option ``intended`` speak of?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from migtestkit.config import Intended
from migtestkit.context.seeding import revision_in
from migtestkit.errors import ConfigError, suggest
from migtestkit.history import RevisionHistory

__unittest = True

_WORD = re.compile(r"\w+")


def resolve_intended(
    declared: Mapping[str, Intended],
    history: RevisionHistory,
    *,
    elsewhere: bool = False,
) -> dict[str, Intended]:
    """Return what is intended, by full id.

    :param elsewhere: tables may come from elsewhere than the scripts.
    :raises RevisionError: a revision does not exist.
    :raises ConfigError: two entries are for one revision, or no script
        mentions a table.
    """
    found: dict[str, Intended] = {}
    for revision, one in declared.items():
        full = revision_in(history, revision, "intended")
        if full in found:
            raise ConfigError(f"intended has two entries for {full}")
        found[full] = one
    if not elsewhere:
        _check_tables(found, history)
    return found


def if_meant(revision: str, keyword: str) -> str:
    """Return the line that says how to declare what a revision does.

    :param keyword: of ``Intended``.
    """
    return (
        f"if that is meant: intended = {{{revision!r}: "
        f"Intended({keyword}=[...], reason=...)}}"
    )


def _check_tables(
    declared: Mapping[str, Intended], history: RevisionHistory
) -> None:
    """Before a migration runs, the scripts are all that can tell whether
    there ever is such a table."""
    named = {rev: one.tables for rev, one in declared.items() if one.tables}
    if not named:
        return
    words = set(_words(history))
    for revision, names in named.items():
        for name in names:
            for part in _WORD.findall(name):
                if part not in words:
                    raise ConfigError(
                        f"intended[{revision!r}] names {name!r}, but no "
                        f"revision script mentions {part!r}"
                        f"{suggest(part, _long(words))}"
                    )


def _words(history: RevisionHistory) -> Iterator[str]:
    for revision in history.revisions:
        path = history.path(revision)
        with open(path, encoding="utf-8", errors="replace") as file:
            yield from _WORD.findall(file.read())


def _long(words: Iterable[str]) -> list[str]:
    return [one for one in words if len(one) > 2]
