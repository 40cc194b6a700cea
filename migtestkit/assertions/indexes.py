"""Does a table have an index?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from migtestkit.assertions.base import names_of
from migtestkit.assertions.parts import (
    PartAssertions,
    Place,
    joined,
    named,
    require_something,
    there_are,
)
from migtestkit.rows import check_columns
from migtestkit.schema.expressions import condition_matches, same_expression
from migtestkit.schema.parts import IndexPart, TableParts

__unittest = True


class IndexAssertions(PartAssertions):
    """Assertions about indexes."""

    def assertIndexExists(
        self,
        table: str,
        name: str | None = None,
        columns: Sequence[str] | None = None,
        msg: Any = None,
        *,
        unique: bool | None = None,
        where: str | re.Pattern[str] | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table has such an index.

        :param name: its name.
        :param columns: what it is of, in order: columns, or expressions such
            as ``"lower(name)"``.
        :param unique: whether it is unique; left out, either will do.
        :param where: the condition of a partial index, or a compiled
            pattern to find in it.
        :raises TableError: no such table or column, or neither name nor
            columns given.
        """
        require_something(name=name, columns=columns)
        require_something(where=where, unique=True)
        with self._looking_at(table, schema, database) as place:
            members = _members(place, columns)
            found = place.parts.indexes()
        if not _matching(found, name, members, unique, where):
            self._refute(
                msg,
                f"table {table!r} has no "
                f"{_wanted(name, members, unique, where)}\n"
                + there_are("index", [_show(one) for one in found]),
            )

    def assertIndexNotExists(
        self,
        table: str,
        name: str | None = None,
        columns: Sequence[str] | None = None,
        msg: Any = None,
        *,
        unique: bool | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail if a table has such an index.

        :param name: its name.
        :param columns: what it is of, in order.
        :param unique: only one that is unique, or is not.
        :raises TableError: no such table, neither name nor columns given, or
            a name that neither the database nor any script mentions.
        """
        require_something(name=name, columns=columns)
        with self._looking_at(table, schema, database) as place:
            members = _members(place, columns, check=False)
            for one in _matching(
                place.parts.indexes(), name, members, unique, None
            ):
                self._refute(msg, f"table {table!r} has {_show(one)}")
            self._require_mentioned_part(name, place, TableParts.indexes)
            for member in members or ():
                if re.fullmatch(r"\w+", member):
                    self._require_mentioned(member, place.columns)


def _members(
    place: Place, columns: Any, *, check: bool = True
) -> tuple[str, ...] | None:
    if columns is None:
        return None
    if isinstance(columns, str):
        columns = [columns]
    names = tuple(names_of(columns, "columns"))
    if check:
        # What is no plain name is an expression, for the database to know.
        plain = [one for one in names if re.fullmatch(r"\w+", one)]
        check_columns(place.table, plain)
    return names


def _matching(
    found: Sequence[IndexPart],
    name: str | None,
    members: tuple[str, ...] | None,
    unique: bool | None,
    where: str | re.Pattern[str] | None,
) -> list[IndexPart]:
    return [
        one
        for one in found
        if name in (None, one.name)
        and (members is None or _same(members, one.members))
        and unique in (None, one.unique)
        and (
            where is None
            or (one.where is not None and condition_matches(where, one.where))
        )
    ]


def _same(wanted: Sequence[str], found: Sequence[str]) -> bool:
    return len(wanted) == len(found) and all(
        one == other or same_expression(one, other)
        for one, other in zip(wanted, found)
    )


def _wanted(
    name: str | None,
    members: tuple[str, ...] | None,
    unique: bool | None,
    where: str | re.Pattern[str] | None,
) -> str:
    text = "index"
    if unique is not None:
        text = "unique index" if unique else "index that is not unique"
    if name:
        text += f" {name!r}"
    if members:
        text += f" on {joined(members)}"
    if where is not None:
        text += f" where {getattr(where, 'pattern', where)}"
    return text


def _show(index: IndexPart) -> str:
    text = "unique index " if index.unique else "index "
    text += named(index.name, f"on {joined(index.members)}")
    return f"{text} where {index.where}" if index.where else text
