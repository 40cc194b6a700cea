"""Which rows are there?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table

from migtestkit.assertions.base import AssertionMixin
from migtestkit.errors import TableError
from migtestkit.rows import check_columns, coerce, compare_rows

__unittest = True


class RowAssertions(AssertionMixin):
    """Assertions about rows. ``table`` may be ``"schema.table"``."""

    def assertRows(
        self,
        table: str,
        expected: Sequence[Mapping[str, Any]],
        msg: Any = None,
        *,
        where: Mapping[str, Any] | str | None = None,
        order_by: str | Sequence[str] | None = None,
        schema: str | None = None,
        database: str | None = None,
        allow_empty: bool = False,
    ) -> None:
        """Fail unless a table holds exactly these rows, in any order.

        The failure tells rows that are missing, rows that nobody expected
        and, by the primary key where it is expected too, rows with other
        values.

        :param expected: the rows; columns that they leave out are not
            looked at.
        :param order_by: columns to sort the table by; the rows are expected
            in that order then.
        :param where: look only at the rows that match: column -> value, or
            an SQL condition.
        :param allow_empty: ``expected`` may be empty.
        :raises TableError: no such table or column, rows with different
            columns, or no row expected.
        """
        definition = self._table(table, schema, database)
        names = _columns_expected(expected, definition, allow_empty)
        found = self.migrations.rows(
            table,
            where=where,
            order_by=order_by,
            schema=schema,
            database=database,
        )
        kept = [
            {name: row[name] for name in names} if names else row
            for row in found
        ]
        wanted = [
            {
                name: coerce(definition.columns[name].type, row[name])
                for name in names
            }
            for row in expected
        ]
        key = [column.name for column in definition.primary_key]
        difference = compare_rows(wanted, kept, key)
        if difference:
            self._refute(
                msg,
                f"table {table!r} does not hold the rows expected\n"
                + difference.describe(),
            )
        if order_by is not None and wanted != kept:
            first = next(i for i, row in enumerate(kept) if row != wanted[i])
            self._refute(
                msg,
                f"table {table!r} holds the rows expected in another order: "
                f"row {first + 1} is {kept[first]!r}, not {wanted[first]!r}",
            )

    def assertRowCount(
        self,
        table: str,
        count: int,
        msg: Any = None,
        *,
        where: Mapping[str, Any] | str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table holds this many rows.

        :param where: count only the rows that match.
        :raises TableError: no such table or column, or ``count`` is no
            number.
        """
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise TableError(f"count must be a number of rows, not {count!r}")
        found = len(
            self.migrations.rows(
                table, where=where, schema=schema, database=database
            )
        )
        if found != count:
            self._refute(
                msg, f"table {table!r} holds {found} rows, not {count}"
            )


def _columns_expected(
    expected: Any, table: Table, allow_empty: bool
) -> list[str]:
    """Return the columns that the expected rows have in common."""
    if isinstance(expected, (str, Mapping)) or not isinstance(
        expected, Sequence
    ):
        raise TableError(
            f"the rows expected must be a list of mappings, not {expected!r}"
        )
    if not expected:
        if allow_empty:
            return []
        raise TableError(
            "no row is expected, so there is nothing to compare; if the "
            "table shall be empty, say allow_empty=True"
        )
    for row in expected:
        if not isinstance(row, Mapping) or not row:
            raise TableError(
                f"a row expected must be a mapping column -> value, not "
                f"{row!r}"
            )
        check_columns(table, row)
        if set(row) != set(expected[0]):
            raise TableError(
                "the rows expected have different columns: "
                f"{sorted(expected[0])} and {sorted(row)}"
            )
    return list(expected[0])
