"""How do rows get into SQLite's tables?"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from migtestkit.rows.synthetic.conditions import checks_in
from migtestkit.rows.synthetic.dialects import (
    SyntheticDialect,
    register_dialect,
)
from migtestkit.rows.synthetic.shapes import Checks, Key

__unittest = True

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_INDEXES = text('SELECT name, "unique" FROM pragma_index_list(:name)')
_COLUMNS = text("SELECT name FROM pragma_index_info(:name)")


@register_dialect("sqlite")
class SQLiteDialect(SyntheticDialect):
    """SQLite, by any driver."""

    foreign_keys_by_choice = True

    def begin(self, connection: Connection) -> None:
        # The driver begins with the first INSERT alone, and a savepoint
        # before that would be the transaction.
        with contextlib.suppress(DBAPIError):
            connection.exec_driver_sql("BEGIN")

    def tables(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> list[Key]:
        # Virtual tables, and those in which they keep their content, are
        # not like others.
        rows = connection.exec_driver_sql(_SCHEMA).all()
        virtual = {
            row[1] for row in rows
            if row[0] == "table" and _is_virtual(row[3])
        }
        return sorted(
            (None, row[1])
            for row in rows
            if row[0] == "table"
            and not row[1].startswith("sqlite_")
            and not any(
                row[1] == one or row[1].startswith(f"{one}_")
                for one in virtual
            )
        )

    def checks(self, connection: Connection, keys: Collection[Key]) -> Checks:
        rows = connection.exec_driver_sql(_SCHEMA).all()
        wanted = {key[1] for key in keys}
        return {
            (None, row[1]): list(checks_in(row[3] or ""))
            for row in rows
            if row[0] == "table" and row[1] in wanted
        }

    def uniques(
        self, connection: Connection, keys: Collection[Key]
    ) -> Mapping[Key, Sequence[frozenset[str]]]:
        # The Inspector looks for them in the table's text, and overlooks
        # some.
        return {
            key: [
                frozenset(
                    column
                    for (column,) in connection.execute(
                        _COLUMNS, {"name": index}
                    )
                    if column is not None
                )
                for index, unique in connection.execute(
                    _INDEXES, {"name": key[1]}
                )
                if unique
            ]
            for key in keys
        }

    def signatures(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> Mapping[Key, Hashable]:
        found: dict[Key, set[tuple[str, str]]] = {}
        for kind, name, table, sql in connection.exec_driver_sql(_SCHEMA):
            if kind in ("table", "index"):
                found.setdefault((None, table), set()).add((name, sql or ""))
        return {key: frozenset(parts) for key, parts in found.items()}

    def writes_unseen(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> bool:
        query = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' LIMIT 1"
        return connection.exec_driver_sql(query).first() is not None

    @contextlib.contextmanager
    def references_later(self, connection: Connection) -> Iterator[None]:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        yield


def _is_virtual(sql: str | None) -> bool:
    return (sql or "").upper().lstrip().startswith("CREATE VIRTUAL")
