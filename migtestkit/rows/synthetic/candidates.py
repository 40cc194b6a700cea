"""Which values are worth trying in a column?"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Column
from sqlalchemy import types as sqltypes

from migtestkit.rows.synthetic.conditions import (
    named_texts,
    numbers_in,
    texts_in,
)
from migtestkit.rows.synthetic.identities import (
    is_identity,
    number_of,
    number_of_nothing,
)
from migtestkit.rows.synthetic.shapes import Shape
from migtestkit.rows.synthetic.values import family_of, is_known, text_of
from migtestkit.rows.tables import coerce

__unittest = True

#: Texts of forms that conditions often ask for.
_FORMS = (
    "ada{}@example.com", "https://example.com/{}", "a{}", "A{}", "ABC", "abc",
    "{}", "+1555000{}", "#aabbcc", "2021-03-04", "de_DE", "EUR", "[]", "{{}}",
    "00000000-0000-4000-8000-000000000000",
)
_NUMBERS = (1, 0, 2, 5, 10, 50, 100)
#: How many combinations of values are tried at most.
MOST_TRIES = 400


class Candidates:
    """The values for a table's columns.

    :param shape: the table.
    :param overrides: column -> the values that the user gives.
    """

    def __init__(self, shape: Shape, overrides: Mapping[str, Any]) -> None:
        self.shape = shape
        self.overrides = overrides
        #: Column -> a value that the table has taken, where the everyday
        #: one was refused.
        self.learnt: dict[str, Any] = {}
        #: Whether the table has taken all that it was given, so far.
        self.easy = True
        #: Kind of row and column: what is wanted there was refused.
        self.refused: set[tuple[str, str]] = set()

    @property
    def computed(self) -> frozenset[str]:
        """The columns whose values the user computes for each row."""
        return frozenset(
            name for name, one in self.overrides.items() if callable(one)
        )

    def first(self, column: Column[Any], number: int) -> Any:
        """Return the value to try first."""
        if column.name in self.overrides:
            return overriding(self.overrides[column.name], number)
        if column.name in self.learnt:
            return self.learnt[column.name]
        return self._typical(column, number)

    def _typical(self, column: Column[Any], number: int) -> Any:
        if is_identity(column.type):
            number = number_of(self.shape.table.name, column.name, number)
        return family_of(column.type).typical(column.type, number)

    def all(self, column: Column[Any], number: int) -> list[Any]:
        """Return all values to try, likely ones first."""
        if column.name in self.overrides:
            return [self.first(column, number)]
        found = [self.first(column, number), *self._of_conditions(column)]
        family = family_of(column.type)
        for step in (1, -1, 2, 7):
            found.append(self._typical(column, max(number + step, 0)))
        found += self._common(column, number)
        found += family.variants(column.type, number)
        found += family.extremes(column.type, number)
        if column.nullable:
            found.append(None)
        return distinct(found)

    def _of_conditions(self, column: Column[Any]) -> Iterator[Any]:
        for condition in self.shape.conditions_of(column.name):
            yield from _read(condition.sql, column.type)

    def _common(self, column: Column[Any], number: int) -> Iterable[Any]:
        if isinstance(column.type, (sqltypes.Integer, sqltypes.Numeric)):
            return [_number(one, column.type) for one in _NUMBERS]
        if _is_text(column.type) and self.shape.conditions_of(column.name):
            length = getattr(_plain(column.type), "length", None)
            found = [one.format(number) for one in _FORMS]
            found += [
                text_of("7", number, size)
                for size in (length,)
                if size is not None
            ]
            return [one for one in found if not length or len(one) <= length]
        return ()

    def variants(self, column: Column[Any], number: int) -> Sequence[Any]:
        """Return values that differ in kind."""
        if column.name in self.overrides:
            return ()
        found: list[Any] = []
        if _is_text(column.type):
            for condition in self.shape.conditions_of(column.name):
                found += [
                    coerce(column.type, one)
                    for one in named_texts(condition.sql)
                ]
        if found and not isinstance(column.type, sqltypes.Enum):
            return distinct(found)
        return distinct(family_of(column.type).variants(column.type, number))

    def extremes(self, column: Column[Any], number: int) -> Sequence[Any]:
        """Return the greatest and the least value."""
        if column.name in self.overrides:
            return ()
        family = family_of(column.type)
        if is_identity(column.type):
            # No UUID is greater than it should be, but one may be of nothing.
            apart = number_of_nothing(
                self.shape.label, column.name, number
            )
            return [family.typical(column.type, apart)]
        return family.extremes(column.type, number)


def overriding(value: Any, number: int) -> Any:
    """Return what an override says for one row."""
    if callable(value):
        return value(number)
    if isinstance(value, (list, tuple)):
        return value[number % len(value)] if value else None
    return value


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return values without those that came before; ``1`` is not ``True``
    here, nor are lists hashed."""
    found: dict[tuple[str, str], Any] = {}
    for value in values:
        found.setdefault((type(value).__name__, repr(value)), value)
    return list(found.values())


def combinations(
    choices: Sequence[Sequence[Any]], most: int = MOST_TRIES
) -> Iterator[tuple[Any, ...]]:
    """Return ways to take one of each, the likely ones first: those where
    few of them are not the first choice, and no far one."""
    indexes = (
        one
        for total in range(sum(len(each) - 1 for each in choices) + 1)
        for one in _summing_to(total, [len(each) for each in choices])
    )
    for one in itertools.islice(indexes, most):
        yield tuple(each[index] for each, index in zip(choices, one))


def _summing_to(total: int, sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    if not sizes:
        if not total:
            yield ()
        return
    for index in range(min(total, sizes[0] - 1) + 1):
        for rest in _summing_to(total - index, sizes[1:]):
            yield (index, *rest)


def _plain(type_: Any) -> Any:
    """Return the type beneath a domain."""
    return getattr(type_, "data_type", type_)


def _is_text(type_: Any) -> bool:
    return isinstance(_plain(type_), sqltypes.String) or not is_known(type_)


def _read(sql: str, type_: Any) -> Iterator[Any]:
    """Return what a condition names, as a column's type takes it."""
    plain = _plain(type_)
    if isinstance(plain, sqltypes.Integer):
        yield from (int(one) for one in numbers_in(sql) if one == int(one))
    elif isinstance(plain, (sqltypes.Numeric, sqltypes.Float)):
        yield from (_number(one, plain) for one in numbers_in(sql))
    elif isinstance(plain, (sqltypes.Date, sqltypes.DateTime)):
        for text in texts_in(sql):
            value = coerce(plain, text)
            if isinstance(value, datetime.date):
                yield value
                yield value + datetime.timedelta(days=1)
                yield value - datetime.timedelta(days=1)
    elif _is_text(type_):
        length = getattr(plain, "length", None)
        for text in texts_in(sql):
            if length is None or len(text) <= length:
                yield text
        if not is_known(type_):
            yield from (int(one) for one in numbers_in(sql) if one % 1 == 0)


def _number(value: Any, type_: Any) -> Any:
    if isinstance(_plain(type_), sqltypes.Integer):
        return int(value)
    return Decimal(value) if type_.asdecimal else float(value)
