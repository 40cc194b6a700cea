"""Are rows kept, rejected and connected as they should be?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.exc import DBAPIError

from migtestkit.assertions.base import AssertionMixin, pattern_of
from migtestkit.context import MigrationContext
from migtestkit.context.references import find_dangling, foreign_keys
from migtestkit.context.roundtrip import Contents, check_lossy, read_contents
from migtestkit.errors import TableError, first_lines, listing, suggest
from migtestkit.rows import TableRows, insert_rows, what_was_lost

__unittest = True


class DataAssertions(AssertionMixin):
    """Assertions about what happens to rows."""

    def assertInsertFails(
        self,
        table: str,
        row: Mapping[str, Any],
        regex: str | re.Pattern[str] | None = None,
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless the database rejects a row.

        Nothing of it stays, whether it is rejected or not (but in a MySQL
        table without transactions, such as MyISAM's), and the database can
        be used afterwards. Constraints that are deferred to the end of a
        transaction are asked at once. On SQLite foreign keys are switched on
        for this row, for there each connection has to ask for them.

        :param row: column -> value.
        :param regex: searched in the database's own text.
        :raises TableError: no such table or column.
        :raises ConfigError: ``regex`` is no regular expression.
        """
        pattern = None if regex is None else pattern_of(regex)
        if not isinstance(row, Mapping):
            raise TableError(
                f"one row is expected, a mapping column -> value, not {row!r}"
            )
        definition = self._table(table, schema, database)
        view = self.migrations.on(database)
        with view.connect() as connection:
            _check_at_once(connection)
            dangling = _dangling_on_sqlite(connection, definition)
            try:
                insert_rows(connection, definition, [row])
                if _dangling_on_sqlite(connection, definition) > dangling:
                    # The commit would refuse it, in these words.
                    self._check_rejection(
                        table, "FOREIGN KEY constraint failed", pattern, msg
                    )
                    return
            except DBAPIError as error:
                text = str(error.orig)
                if error.connection_invalidated or view.advice(text):
                    # It was not the row that was rejected.
                    raise
                self._check_rejection(table, text, pattern, msg)
                return
            finally:
                connection.rollback()
        self._refute(msg, f"table {table!r} accepts the row {dict(row)!r}")

    def _check_rejection(
        self,
        table: str,
        text: str,
        pattern: re.Pattern[str] | None,
        msg: Any,
    ) -> None:
        if pattern is not None and not pattern.search(text):
            self._refute(
                msg,
                f"table {table!r} rejects the row with another text than "
                f"{pattern.pattern!r}: {text}",
            )

    def assertDataPreserved(
        self,
        *tables: str,
        lossy: Sequence[str] = (),
        msg: Any = None,
        database: str | None = None,
        allow_empty: bool = False,
    ) -> Any:
        """Fail unless the rows that live before a block live after it::

            with self.assertDataPreserved("user", lossy=["user.fax"]):
                self.migrate_up_to("9a2f")

        Rows are paired by primary key, where the table keeps its own, and
        compared by the columns that are there both times. A column that has
        another type afterwards keeps its values if they mean the same.

        :param tables: those to look at; default: all but the version table.
        :param lossy: tables, and columns as ``"table.column"``, that may
            lose what they hold.
        :param allow_empty: there need not be a row before.
        :return: a context manager.
        :raises TableError: no such table or column, or no row before that
            is to be preserved.
        """
        view = self.migrations.on(database)
        return _Preserving(self, view, tables, lossy, msg, allow_empty)

    def assertForeignKeysIntact(
        self,
        msg: Any = None,
        *,
        database: str | None = None,
        allow_empty: bool = False,
    ) -> None:
        """Fail if a row refers, by a foreign key, to one that is not there.

        The rows are asked, not the database's word taken: SQLite checks
        foreign keys only for connections that ask for it, and on servers
        checks can be switched off.

        :param allow_empty: there need not be a foreign key.
        :raises TableError: no table has a foreign key.
        """
        found = []
        seen = 0
        view = self.migrations.on(database)
        with view.connect() as connection:
            inspector = inspect(connection)
            for schema, table, key in foreign_keys(
                inspector, view.schemas(connection)
            ):
                seen += 1
                dangling = find_dangling(
                    connection, inspector, schema, table, key
                )
                if dangling is not None:
                    found.append(f"  {dangling}")
        if found:
            text = first_lines("\n".join(found))
            self._refute(msg, f"rows refer to what is not there\n{text}")
        if not seen and not allow_empty:
            raise TableError(
                "no table has a foreign key, so there is nothing to look at; "
                "if that is meant, say allow_empty=True"
            )


class _Preserving:
    """What :meth:`DataAssertions.assertDataPreserved` enters."""

    def __init__(
        self,
        case: DataAssertions,
        view: MigrationContext,
        tables: Sequence[str],
        lossy: Sequence[str],
        msg: Any,
        allow_empty: bool,
    ) -> None:
        self._case = case
        self._view = view
        self._tables = tables
        self._lossy = lossy
        self._msg = msg
        self._allow_empty = allow_empty
        self._contents: Contents = {}
        self._before: dict[str, TableRows] = {}

    def __enter__(self) -> None:
        self._contents, self._before = _read(self._view)
        for table in self._tables:
            if not isinstance(table, str):
                raise TableError(
                    f"tables are named one by one, not as {table!r}"
                )
            if table not in self._before:
                known = sorted(self._before)
                raise TableError(
                    f"no table {table!r}; there are {listing(known)}"
                    f"{suggest(str(table), known)}"
                )
        if self._tables:
            self._before = {one: self._before[one] for one in self._tables}
        if not self._allow_empty and not any(
            one.rows for one in self._before.values()
        ):
            raise TableError(
                "there is no row before, so none can be lost; insert rows "
                "first, or say allow_empty=True"
            )

        if not self._allow_empty and not any(
            one.rows
            and table not in self._lossy
            and set(one.columns) - self._lossy_columns(table)
            for table, one in self._before.items()
        ):
            raise TableError(
                "lossy names all that holds rows, so nothing would be "
                f"compared: {listing(map(repr, self._lossy))}; leave out what "
                "has to be preserved, or say allow_empty=True"
            )

    def _lossy_columns(self, table: str) -> frozenset[str]:
        return frozenset(
            name.rpartition(".")[2]
            for name in self._lossy
            if name.rpartition(".")[0] == table
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            return
        contents, after = _read(self._view)
        check_lossy(self._lossy, self._contents, contents)
        lines = []
        for table, rows in sorted(self._before.items()):
            if table not in self._lossy:
                lines += what_was_lost(
                    table, rows, after.get(table), self._lossy_columns(table)
                )
        if lines:
            text = first_lines("\n".join(f"  {line}" for line in lines))
            self._case._refute(
                self._msg, f"rows are not what they were\n{text}"
            )


def _read(view: MigrationContext) -> tuple[Contents, dict[str, TableRows]]:
    contents = read_contents(view, rows=True)
    return contents, {
        key: TableRows(one.columns, one.key, one.rows)
        for key, one in contents.items()
    }


def _dangling_on_sqlite(connection: Connection, table: Table) -> int:
    """Count a table's rows that refer to nothing, which SQLite, where a
    constraint is deferred, refuses at the commit alone."""
    if connection.dialect.name != "sqlite":
        return 0
    quote = connection.dialect.identifier_preparer.quote
    try:
        return len(
            connection.exec_driver_sql(
                f"PRAGMA foreign_key_check({quote(table.name)})"
            ).all()
        )
    except DBAPIError:
        # A key that refers to no key, of which the insert itself tells.
        return 0


def _check_at_once(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
