"""What is a revision meant to do that a check would take for a defect?"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migtestkit.errors import ConfigError, listing, suggest

__unittest = True


class Intended:
    """What one revision does on purpose.

    :param reason: why.
    :param lossy: what may lose its rows or values: tables, and columns as
        ``"table.column"``.
    :param contract: ``True``, or the tables and columns that the previous
        release of the application must not use any more.
    :param seed: table -> column -> the values that made-up rows take over
        which this revision runs: one value, a list to take in turn, or a
        callable that is given the row's number.
    :param unfillable: tables for which no rows can be made up.
    :param blocking: ``True``, or the tables that may be locked while the
        revision works on their rows.
    :raises ConfigError: no reason, an unknown keyword, nothing is said, or a
        value has the wrong shape.
    """

    def __init__(
        self,
        *,
        reason: str = "",
        lossy: Sequence[str] = (),
        contract: bool | Sequence[str] = False,
        seed: Mapping[str, Mapping[str, Any]] | None = None,
        unfillable: Sequence[str] = (),
        blocking: bool | Sequence[str] = False,
        **unknown: Any,
    ) -> None:
        self.reason = reason
        self.lossy = _names(lossy, "lossy")
        self.contract = _names_or_all(contract, "contract")
        self.seed = _seed({} if seed is None else seed)
        self.unfillable = _names(unfillable, "unfillable")
        self.blocking = _names_or_all(blocking, "blocking")
        for name in unknown:
            raise ConfigError(
                f"Intended has no {name!r}; it has {listing(_KEYWORDS)}"
                f"{suggest(name, _KEYWORDS)}"
            )
        if not isinstance(reason, str) or not reason.strip():
            raise ConfigError(
                f"{self} gives no reason; write why the revision does this"
            )
        if not self._said():
            raise ConfigError(
                f"{self} says nothing of the revision; give one of "
                f"{listing(one for one in _KEYWORDS if one != 'reason')}"
            )

    def _said(self) -> list[str]:
        return [
            f"{name}={getattr(self, name)!r}"
            for name in _KEYWORDS
            if name != "reason" and getattr(self, name)
        ]

    def __repr__(self) -> str:
        """As it is written."""
        parts = [*self._said(), f"reason={self.reason!r}"]
        return f"Intended({', '.join(parts)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Intended) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def names(self, keyword: str) -> tuple[str, ...]:
        """Return the tables and columns that a keyword names.

        :param keyword: such as ``"lossy"``.
        """
        value = getattr(self, keyword)
        return () if isinstance(value, bool) else tuple(value)

    @property
    def tables(self) -> tuple[str, ...]:
        """All that is named, be it a table or a column of one."""
        found = [
            name
            for keyword in _KEYWORDS
            if keyword != "reason"
            for name in self.names(keyword)
        ]
        found += [
            f"{table}.{column}"
            for table, columns in self.seed.items()
            for column in columns
        ]
        return tuple(dict.fromkeys(found))


_KEYWORDS = tuple(
    name
    for name, one in inspect.signature(Intended).parameters.items()
    if one.kind is one.KEYWORD_ONLY
)


def _names(value: Any, keyword: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (Sequence, set)):
        raise ConfigError(
            f"Intended: {keyword} must be a sequence of names, such as "
            f"('user', 'user.fax'), not {value!r}"
        )
    for one in value:
        if not isinstance(one, str) or not one:
            raise ConfigError(
                f"Intended: {keyword} holds {one!r}, which is no name"
            )
    return tuple(value)


def _names_or_all(value: Any, keyword: str) -> bool | tuple[str, ...]:
    return value if isinstance(value, bool) else _names(value, keyword)


def _seed(value: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping) or not all(
        isinstance(one, Mapping) and isinstance(table, str)
        for table, one in value.items()
    ):
        raise ConfigError(
            "Intended: seed must be a mapping table -> column -> values, "
            f"such as {{'user': {{'nick': ['ada', 'eve']}}}}, not {value!r}"
        )
    return {table: dict(columns) for table, columns in value.items()}


def check_intended(value: Any) -> Mapping[str, Intended]:
    """Return what was given for the option ``intended``.

    :raises ConfigError: it is no mapping of revisions to :class:`Intended`.
    """
    if not isinstance(value, Mapping):
        raise ConfigError(
            "intended must be a mapping revision -> Intended(...), not "
            f"{value!r}"
        )
    for revision, one in value.items():
        if not isinstance(revision, str):
            raise ConfigError(
                f"intended has the key {revision!r}, which is no str"
            )
        if not isinstance(one, Intended):
            raise ConfigError(
                f"intended[{revision!r}] must be an Intended(...), not "
                f"{one!r}"
            )
    return value


class IntendedUse:
    """What one keyword declares, and what of it was of any use.

    :param declared: full id of a revision -> what is intended of it.
    :param keyword: such as ``"lossy"``.
    """

    def __init__(
        self, declared: Mapping[str, Intended], keyword: str
    ) -> None:
        self._keyword = keyword
        self._all = {
            revision
            for revision, one in declared.items()
            if getattr(one, keyword) is True
        }
        self._names = {
            revision: one.names(keyword) for revision, one in declared.items()
        }
        self._used: set[tuple[str, str]] = set()

    def names(self, revision: str) -> tuple[str, ...]:
        """Return the tables and columns that are declared of a revision."""
        return self._names.get(revision, ())

    def covers(self, revision: str, *names: str) -> bool:
        """Say whether any of these names is declared of a revision, and note
        that it was asked for with good reason."""
        found = [one for one in self.names(revision) if one in names]
        self._used.update((revision, one) for one in found)
        if revision in self._all:
            self._used.add((revision, ""))
            return True
        return bool(found)

    def refuse_stale(self, judged: Iterable[str]) -> None:
        """Refuse what was never needed.

        :param judged: the revisions that were looked at in full.
        :raises ConfigError: names them.
        """
        lines = []
        for revision in judged:
            if revision in self._all and (revision, "") not in self._used:
                lines.append(f"  intended[{revision!r}]: {self._keyword}=True")
            lines += [
                f"  intended[{revision!r}]: {self._keyword} names {name!r}"
                for name in self.names(revision)
                if (revision, name) not in self._used
            ]
        if lines:
            raise ConfigError(
                "intended declares what does not happen any more; remove "
                "it\n" + "\n".join(lines)
            )
