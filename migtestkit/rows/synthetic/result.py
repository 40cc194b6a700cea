"""Which rows were made, and which could not be?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__unittest = True


@dataclass(frozen=True)
class MadeRow:
    """A row that was made up.

    :ivar kind: one of the five kinds.
    :ivar values: column -> the value that it was given.
    """

    kind: str
    values: Mapping[str, Any]

    def describe(self, limit: int = 300) -> str:
        """Return its values on one line."""
        text = ", ".join(
            f"{name}={_short(value)}" for name, value in self.values.items()
        )
        return text if len(text) <= limit else f"{text[:limit]} ..."


def _short(value: Any, limit: int = 60) -> str:
    text = repr(value)
    if len(text) <= limit:
        return text
    return f"{text[:limit - 20]}...{text[-10:]} ({len(text)} characters)"


@dataclass
class Filled:
    """What :func:`fill` did.

    ``seed``: from which the same rows are made again; ``rows``: table
    (``"schema.table"`` outside the default schema) -> a list of
    :class:`MadeRow`; ``unfilled``: table -> why it got no row;
    ``incomplete``: table -> kind -> why it got no row of this kind.
    """

    seed: int
    rows: dict[str, list[MadeRow]] = field(default_factory=dict)
    unfilled: dict[str, str] = field(default_factory=dict)
    incomplete: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows were made."""
        return sum(len(rows) for rows in self.rows.values())

    def __str__(self) -> str:
        """The numbers of rows, and all that could not be made."""
        lines = [
            f"{self.count} rows in {len(self.rows)} tables, seed {self.seed}"
        ]
        lines += [
            f"  no row in {table}: {reason}"
            for table, reason in sorted(self.unfilled.items())
        ]
        lines += [
            f"  no {kind} row in {table}: {reason}"
            for table, kinds in sorted(self.incomplete.items())
            for kind, reason in kinds.items()
        ]
        return "\n".join(lines)
