"""Whose identities are the made-up UUIDs of a column?

Random ids are never the same in two tables, unless one refers to the other.
A foreign key may come later than the columns, so that what a column refers
to is told by its name.
"""

from __future__ import annotations

import re
import zlib
from typing import Any

from sqlalchemy import types as sqltypes

__unittest = True

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
#: Words of columns that say nothing of what is identified, or that it is a
#: row of the same table.
_OF_THE_TABLE = frozenset(
    ("id", "uuid", "guid", "uid", "pk", "key", "parent", "root", "previous")
)


def is_identity(type_: Any) -> bool:
    """Say whether a type's values are UUIDs, by what is known of it."""
    plain = getattr(type_, "data_type", type_)
    return isinstance(plain, sqltypes.Uuid) or getattr(
        plain, "identity", False
    )


def number_of(table: str, column: str, number: int) -> int:
    """Return the number of which a UUID is made, another one for what
    another kind of thing is."""
    return _apart(_thing(table, column), number)


def number_of_nothing(table: str, column: str, number: int) -> int:
    """Return the number of which a UUID is made that no other column has,
    whatever its name."""
    return _apart(f"{table}.{column}", number)


def _apart(text: str, number: int) -> int:
    # Above the bits that say of a UUID which version it is.
    return number + (zlib.crc32(text.encode()) << 80)


def _thing(table: str, column: str) -> str:
    """Return the last word that names the thing: "run" for ``task_run_id``
    as for the ``id`` of ``task_runs``."""
    for name in (column, table):
        words = [
            word
            for word in map(str.lower, _WORD.findall(name))
            if word not in _OF_THE_TABLE
        ]
        if words:
            return _singular(words[-1])
    return table


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word.rstrip("s") or word
