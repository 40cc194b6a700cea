"""What do assertions about the parts of a table need?"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Inspector, inspect

from migtestkit.assertions.base import (
    AssertionMixin,
    columns_of,
    mentioned,
    names_of,
)
from migtestkit.errors import TableError
from migtestkit.quiet import quiet_reflection
from migtestkit.rows import check_columns, find_table
from migtestkit.schema.parts import TableParts, read_parts

__unittest = True

#: How many of a table's parts a message shows.
_SHOWN = 15


class Place(NamedTuple):
    """A table that an assertion is about, with a connection to look."""

    connection: Connection
    inspector: Inspector
    table: Any
    parts: TableParts

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return columns_of(self.table)


class PartAssertions(AssertionMixin):
    """Base of the assertions about the parts of a table."""

    @contextlib.contextmanager
    def _looking_at(
        self, table: str, schema: str | None, database: str | None
    ) -> Iterator[Place]:
        with (
            self.migrations.connect(database=database) as connection,
            quiet_reflection(),
        ):
            found = find_table(connection, table, schema)
            yield Place(
                connection,
                inspect(connection),
                found,
                read_parts(connection, found.name, found.schema),
            )

    def _columns_given(
        self, place: Place, columns: Any, *, absent: bool = False
    ) -> tuple[str, ...] | None:
        """Return the columns of an expectation, which must exist, or for
        one of absence have been heard of."""
        if columns is None:
            return None
        if isinstance(columns, str):
            columns = [columns]
        names = tuple(names_of(columns, "columns"))
        if absent:
            for name in names:
                self._require_mentioned(name, place.columns)
        else:
            check_columns(place.table, names)
        return names

    def _require_mentioned_part(
        self,
        name: str | None,
        place: Place,
        kind: Callable[[TableParts], Iterable[Any]],
    ) -> None:
        """Refuse to state that a part is absent that never was anywhere."""
        if name is None or mentioned(self.migrations, name):
            return
        known: set[str] = set()
        schema = place.table.schema
        for table in place.inspector.get_table_names(schema):
            parts = read_parts(place.connection, table, schema)
            known.update(one.name for one in kind(parts) if one.name)
        self._require_mentioned(name, known)


def require_something(**given: Any) -> None:
    """Refuse an expectation that says nothing.

    :raises TableError: nothing is given, or a name or text is empty.
    """
    for name, value in given.items():
        if value is not None and not value and value is not False:
            raise TableError(f"{name} is empty, so there is nothing to assert")
    if all(value is None for value in given.values()):
        raise TableError(
            f"nothing is expected: say {' or '.join(f'{n}=' for n in given)}"
        )


def there_are(kind: str, found: Sequence[str]) -> str:
    """Return the lines that say what a table has."""
    if not found:
        return f"  there is no {kind} at all"
    lines = [f"  there is {one}" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN} more")
    return "\n".join(lines)


def named(name: str | None, text: str) -> str:
    """Return a part as messages show it."""
    return f"{name!r} {text}" if name else text


def joined(names: Iterable[str]) -> str:
    """Return columns as they stand in SQL."""
    return f"({', '.join(names)})"
