"""Which rows does a new row refer to?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from migtestkit.rows.synthetic.order import can_wait
from migtestkit.rows.synthetic.shapes import Key, Reference, Shape, label

__unittest = True

Rows = Sequence[Mapping[str, Any]]


class NoParent(Exception):
    """A row cannot be made, for it has nothing to refer to."""


class Parents:
    """The rows that rows of a table can refer to.

    :param shape: the table.
    :param rows: gives the rows of a table.
    :param pending: tables that are going to be filled.
    :param promises: table -> rows that it will have to have; written to.
    """

    def __init__(
        self,
        shape: Shape,
        rows: Callable[[Key], Rows],
        pending: frozenset[Key] = frozenset(),
        promises: dict[Key, dict[str, Any]] | None = None,
    ) -> None:
        self._shape = shape
        self._rows = rows
        self._pending = pending
        self._promises = {} if promises is None else promises

    @property
    def columns(self) -> frozenset[str]:
        """The columns that refer."""
        return frozenset(
            name for one in self._shape.references for name in one.columns
        )

    @property
    def ways(self) -> int:
        """How many combinations of rows there are to refer to."""
        found = 1
        for one in self._shape.references:
            found *= max(len(self._rows(one.target)), 1)
        return found

    def choose(
        self, index: int, row: Mapping[str, Any], promise: Any
    ) -> dict[str, Any]:
        """Return the values of all columns that refer; another index gives,
        as long as there are some, another combination.

        :param row: the values of the other columns.
        :param promise: gives a value for a column of a table to come.
        :raises NoParent: names the table that has no row.
        """
        found: dict[str, Any] = {}
        for one in self._shape.references:
            rows = self._agreeing(one, found)
            if rows:
                index, digit = divmod(index, len(rows))
                found.update(zip(one.columns, rows[digit]))
            else:
                found.update(self._without(one, found, row, promise))
        return found

    def _agreeing(
        self, reference: Reference, found: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Return the values to refer to that fit those of the columns that
        another reference has given."""
        rows = self._rows(reference.target)
        values = [
            tuple(row.get(name) for name in reference.target_columns)
            for row in rows
        ]
        if not reference.target_columns:
            # SQLite's short form means the primary key, in order.
            size = len(reference.columns)
            values = [tuple(row.values())[:size] for row in rows]
        return [
            one
            for one in values
            if None not in one
            and all(
                found[name] == value
                for name, value in zip(reference.columns, one)
                if found.get(name) is not None
            )
        ]

    def _without(
        self,
        reference: Reference,
        found: Mapping[str, Any],
        row: Mapping[str, Any],
        promise: Any,
    ) -> dict[str, Any]:
        """Return what to write where no row can be referred to yet."""
        columns = self._shape.table.columns
        if can_wait(self._shape, reference):
            return {
                name: None
                for name in reference.columns
                if columns[name].nullable and name not in found
            }
        if reference.target == self._shape.key:
            return {
                name: row.get(other)
                for name, other in zip(
                    reference.columns, reference.target_columns
                )
            }
        if reference.target in self._pending:
            promised = self._promises.setdefault(reference.target, {})
            for other in reference.target_columns:
                if other not in promised:
                    promised[other] = promise(reference.target, other)
            return {
                name: promised[other]
                for name, other in zip(
                    reference.columns, reference.target_columns
                )
            }
        raise NoParent(
            f"it refers to {label(reference.target)}, which has no row that "
            "fits"
        )
