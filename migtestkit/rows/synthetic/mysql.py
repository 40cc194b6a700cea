"""How do rows get into MySQL's and MariaDB's tables?"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError

from migtestkit.rows.synthetic.conditions import checks_in
from migtestkit.rows.synthetic.dialects import (
    SyntheticDialect,
    register_dialect,
)
from migtestkit.rows.synthetic.shapes import Checks, Key
from migtestkit.rows.synthetic.values import FIRST, Family, register_family

__unittest = True

_COLUMNS = text("""\
SELECT c.table_name, c.ordinal_position, c.column_name, c.column_type,
c.is_nullable, c.column_default, c.extra
FROM information_schema.columns c
WHERE c.table_schema = database()""")
_INDEXES = text("""\
SELECT table_name, index_name, seq_in_index, column_name, non_unique
FROM information_schema.statistics WHERE table_schema = database()""")
_CONSTRAINTS = text("""\
SELECT table_name, constraint_name, constraint_type
FROM information_schema.table_constraints
WHERE constraint_schema = database()""")
_UNSEEN = text("""\
SELECT EXISTS (SELECT 1 FROM information_schema.triggers
    WHERE trigger_schema = database())
OR EXISTS (SELECT 1 FROM information_schema.routines
    WHERE routine_schema = database())
OR EXISTS (SELECT 1 FROM information_schema.views
    WHERE table_schema = database())""")
_COLUMN = re.compile(r"\s*`([^`]+)`")
#: Bits of the types that are narrower or wider than others.
_BITS = {
    mysql.TINYINT: 8, mysql.SMALLINT: 16, mysql.MEDIUMINT: 24,
    mysql.INTEGER: 32, mysql.BIGINT: 64,
}


@register_dialect("mysql", "mariadb")
class MySQLDialect(SyntheticDialect):
    """MySQL and MariaDB, by any driver."""

    def checks(self, connection: Connection, keys: Collection[Key]) -> Checks:
        # The Inspector knows no CHECK of a column.
        quote = connection.dialect.identifier_preparer.quote
        found = {}
        for key in keys:
            query = f"SHOW CREATE TABLE {quote(key[1])}".replace("%", "%%")
            with contextlib.suppress(DBAPIError):
                row = connection.exec_driver_sql(query).one()
                found[key] = list(_checks(key[1], row[1]))
        return found

    def signatures(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> Mapping[Key, Hashable]:
        found: dict[Key, list[tuple[Any, ...]]] = {
            (None, name): [] for name in inspect(connection).get_table_names()
        }
        for query in (_COLUMNS, _INDEXES, _CONSTRAINTS):
            for row in connection.execute(query):
                if (None, row[0]) in found:
                    found[None, row[0]].append(tuple(row[1:]))
        return {key: frozenset(parts) for key, parts in found.items()}

    def writes_unseen(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> bool:
        return bool(connection.scalar(_UNSEEN))

    @contextlib.contextmanager
    def references_later(self, connection: Connection) -> Iterator[None]:
        connection.exec_driver_sql("SET foreign_key_checks = 0")
        try:
            yield
        finally:
            connection.exec_driver_sql("SET foreign_key_checks = 1")


def _checks(table: str, statement: str) -> Iterator[tuple[str, str]]:
    """Return name and text of each CHECK; MariaDB calls one of a column
    after this."""
    for line in statement.splitlines():
        column = _COLUMN.match(line)
        for name, sql in checks_in(line):
            if not name and column is not None:
                name = f"{table}.{column[1]}"
            yield name, sql


def _bits(type_: Any) -> int:
    for kind, bits in _BITS.items():
        if isinstance(type_, kind):
            return bits
    return 32


def _integer(type_: Any, number: int) -> int:
    return 60 + number % 60 if _bits(type_) == 8 else FIRST + number


def _integers(type_: Any, number: int) -> Sequence[int]:
    bits = _bits(type_)
    if getattr(type_, "unsigned", False):
        return (2 ** bits - 1 - number, number)
    most = 2 ** (bits - 1)
    return (most - 1 - number, -most + number)


def _zero_and_less(type_: Any, number: int) -> Sequence[int]:
    return (0,) if getattr(type_, "unsigned", False) else (0, -1)


for _kind in _BITS:
    register_family(_kind, Family(_integer, _integers, _zero_and_less))
register_family(
    mysql.TINYINT,
    Family(
        lambda t, n: n % 2 if t.display_width == 1 else _integer(t, n),
        lambda t, n: (1, 0) if t.display_width == 1 else _integers(t, n),
        lambda t, n: (0, 1) if t.display_width == 1 else _zero_and_less(t, n),
    ),
)
register_family(mysql.YEAR, Family(lambda t, n: 1990 + n % 100))
register_family(
    mysql.SET, Family(lambda t, n: {sorted(t.values)[n % len(t.values)]})
)
register_family(mysql.BIT, Family(lambda t, n: n % 2))
