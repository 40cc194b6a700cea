"""Which differences are meant, and which rules have had their time?"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from migtestkit.errors import ConfigError, listing, suggest

__unittest = True

#: What only a comparison of models tells apart: in a database's schema all
#: of it is a changed column.
OF_MODELS = ("autoincrement", "default", "nullable", "other", "type")
KINDS = (
    *OF_MODELS,
    "access method",
    "aggregate",
    "cast",
    "check",
    "clause",
    "collation",
    "column",
    "comment",
    "composite type",
    "conversion",
    "default privilege",
    "domain",
    "enum",
    "event",
    "event trigger",
    "exclude constraint",
    "extension",
    "foreign key",
    "foreign table",
    "foreign-data wrapper",
    "function",
    "grant",
    "index",
    "language",
    "materialized view",
    "not null",
    "operator",
    "operator class",
    "operator family",
    "option",
    "owner",
    "policy",
    "primary key",
    "procedure",
    "publication",
    "range",
    "revocation",
    "rule",
    "schema",
    "sequence",
    "server",
    "statistics",
    "subscription",
    "table",
    "text search configuration",
    "text search dictionary",
    "text search parser",
    "text search template",
    "transform",
    "trigger",
    "unique constraint",
    "user mapping",
    "view",
    "virtual table",
)
MODELS, SCHEMA = "models", "schema"


class Described(Protocol):
    """A difference: of schemas, or of models and a database."""

    @property
    def kind(self) -> str:
        """Of what kind the thing is that differs."""

    @property
    def table(self) -> str | None:
        """Whose it is."""

    @property
    def name(self) -> str:
        """What it is called."""


@dataclass(frozen=True)
class Ignore:
    """A difference that is meant.

    All that is given must hold. In ``table`` and ``name`` a ``*`` stands for
    any text.

    :ivar kind: such as ``"table"``, ``"column"``, ``"index"``, ``"foreign
        key"``, ``"unique constraint"``; where models are compared also
        ``"type"``, ``"nullable"``, ``"default"`` of a column.
    :ivar table: the table, ``"schema.table"`` outside the default schema.
    :ivar name: of the column, the index and so on.
    :ivar when: called with the difference, which has ``kind``, ``table`` and
        ``name``; of schemas also ``before`` and ``after``, of models
        Alembic's ``operation``.
    :ivar reason: why it is meant.
    :ivar of: ``"models"`` or ``"schema"``: only where these are compared.
    :raises ConfigError: no reason, an unknown kind, or nothing is said of
        the difference.
    """

    kind: str | None = None
    table: str | None = None
    name: str | None = None
    when: Callable[[Any], object] | None = None
    reason: str = ""
    of: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.reason, str) or not self.reason.strip():
            raise ConfigError(
                f"{self} gives no reason; write why the difference is meant"
            )
        if self.kind is not None and self.kind not in KINDS:
            near = suggest(str(self.kind), KINDS)
            near = near or f"; there are {listing(sorted(KINDS), 99)}"
            raise ConfigError(f"{self} has an unknown kind{near}")
        for option in ("table", "name"):
            value = getattr(self, option)
            if value is not None and (not isinstance(value, str) or not value):
                raise ConfigError(f"{self}: {option} must be a non-empty str")
        if self.when is not None and not callable(self.when):
            raise ConfigError(f"{self}: when must be callable")
        if self.of not in (None, MODELS, SCHEMA):
            raise ConfigError(f"{self}: of must be 'models' or 'schema'")
        if self.of == SCHEMA and self.kind in OF_MODELS:
            raise ConfigError(
                f"{self}: in a schema this is a difference of kind 'column'"
            )
        if (self.kind, self.table, self.name, self.when) == (None,) * 4:
            raise ConfigError(
                f"{self} would ignore everything; give kind, table, name or "
                "when"
            )

    def __str__(self) -> str:
        """As it is written."""
        parts = [
            f"{name}={getattr(self, name)!r}"
            for name in ("kind", "table", "name", "reason", "of")
            if getattr(self, name)
        ]
        if self.when is not None:
            told = getattr(self.when, "__qualname__", repr(self.when))
            parts.insert(-1, f"when={told}")
        return f"Ignore({', '.join(parts)})"

    def matches(self, difference: Described) -> bool:
        """Say whether a difference is the one that is meant."""
        if self.kind not in (None, difference.kind):
            return False
        if not _fits(self.table, difference.table):
            return False
        if not _fits(self.name, difference.name):
            return False
        return self.when is None or bool(self.when(difference))


def _fits(pattern: str | None, text: str | None) -> bool:
    if pattern is None:
        return True
    parts = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), text or "", re.DOTALL) is not None


class IgnoreRules:
    """The rules of one comparison, and what they were good for.

    :param rules: all rules that there are.
    :param of: what is compared, ``"models"`` or ``"schema"``.
    """

    def __init__(self, rules: Iterable[Ignore], of: str) -> None:
        self._of = of
        self._rules = [one for one in rules if one.of in (None, of)]
        self._used: list[Ignore] = []

    def drops(self, difference: Described) -> bool:
        """Say whether a difference is meant, and note by which rules."""
        found = [one for one in self._rules if one.matches(difference)]
        self._used.extend(found)
        return bool(found)

    def refuse_stale(self) -> None:
        """Refuse rules that matched nothing, after all was compared.

        A rule that does not say of what it is belongs to models, as far as
        this is concerned.

        :raises ConfigError: names them.
        """
        stale = [
            one
            for one in self._rules
            if one not in self._used and self._of in (one.of or MODELS)
        ]
        if stale:
            hint = ""
            if self._of == MODELS and any(one.of is None for one in stale):
                hint = ", or say of='schema' if it is not for models"
            lines = "\n".join(f"  {one}" for one in stale)
            raise ConfigError(
                f"ignore has rules that match no difference; remove them"
                f"{hint}\n{lines}"
            )


def check_ignore(value: Any, place: str = "ignore") -> Sequence[Ignore]:
    """Return rules as they were given.

    :raises ConfigError: they are none.
    """
    if isinstance(value, (str, Ignore)) or not isinstance(value, Collection):
        raise ConfigError(
            f"{place} must be a sequence of Ignore rules, not {value!r}"
        )
    for one in value:
        if not isinstance(one, Ignore):
            raise ConfigError(f"{place} holds {one!r}, which is no Ignore")
    return tuple(value)
