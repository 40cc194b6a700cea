"""Which tables are there, and with what columns?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from migtestkit.assertions.base import columns_of, names_of, quoted
from migtestkit.assertions.columns import ColumnAssertions
from migtestkit.assertions.constraints import ConstraintAssertions
from migtestkit.assertions.indexes import IndexAssertions
from migtestkit.errors import TableError, suggest
from migtestkit.rows import split_name
from migtestkit.schema import (
    SchemaSnapshot,
    compare,
    describe_differences,
    read_schema,
)

__unittest = True


class SchemaAssertions(
    ColumnAssertions, IndexAssertions, ConstraintAssertions
):
    """Assertions about tables and columns.

    In all of them ``table`` may be ``"schema.table"``, and ``database``
    names one of several databases. A view counts as a table.
    """

    def assertTableExists(
        self,
        table: str,
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table exists.

        :param table: its name.
        """
        bare, schema, known = self._lookup(table, schema, database)
        if bare not in known:
            self._refute(
                msg,
                f"table {table!r} does not exist; there are "
                f"{quoted(known)}{suggest(bare, known)}",
            )

    def assertTableNotExists(
        self,
        table: str,
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail if a table exists.

        :param table: its name.
        :raises TableError: neither the database nor any script mentions the
            name.
        """
        bare, schema, known = self._lookup(table, schema, database)
        if bare in known:
            self._refute(msg, f"table {table!r} exists")
        self._require_mentioned(bare, known)

    def assertTableHasColumns(
        self,
        table: str,
        columns: Sequence[str],
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table has at least these columns.

        :raises TableError: no such table, or no column given.
        """
        expected = names_of(columns, "columns")
        present = columns_of(self._table(table, schema, database))
        missing = [name for name in expected if name not in present]
        if missing:
            self._refute(
                msg,
                f"table {table!r} lacks the columns {quoted(missing)}; it "
                f"has {quoted(present)}",
            )

    def assertTableColumns(
        self,
        table: str,
        columns: Sequence[str],
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table has exactly these columns, in any order.

        :raises TableError: no such table, or no column given.
        """
        expected = names_of(columns, "columns")
        present = columns_of(self._table(table, schema, database))
        missing = [name for name in expected if name not in present]
        extra = [name for name in present if name not in expected]
        if missing or extra:
            lines = [f"table {table!r} has other columns than expected"]
            if missing:
                lines.append(f"  missing: {quoted(missing)}")
            if extra:
                lines.append(f"  not expected: {quoted(extra)}")
            self._refute(msg, "\n".join(lines))

    def assertTableLacksColumns(
        self,
        table: str,
        columns: Sequence[str],
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail if a table has any of these columns.

        :raises TableError: no such table, no column given, or a name that
            neither the database nor any script mentions.
        """
        unwanted = names_of(columns, "columns")
        present = columns_of(self._table(table, schema, database))
        found = [name for name in unwanted if name in present]
        if found:
            self._refute(
                msg, f"table {table!r} has the columns {quoted(found)}"
            )
        for name in unwanted:
            self._require_mentioned(name, present)

    def schema_snapshot(
        self, *, database: str | None = None
    ) -> SchemaSnapshot:
        """Return what the schema is now, without the version table, for
        :meth:`assertSchemasEqual`."""
        view = self.migrations.on(database)
        with view.connect() as connection:
            return read_schema(connection, exclude=[view.version_table])

    def assertSchemasEqual(
        self,
        before: SchemaSnapshot,
        after: SchemaSnapshot,
        msg: Any = None,
        *,
        allow_empty: bool = False,
    ) -> None:
        """Fail unless two snapshots tell of the same schema.

        :param before: one of :meth:`schema_snapshot`.
        :param after: another.
        :param allow_empty: both may be empty.
        :raises TableError: there is no snapshot, or nothing in either.
        """
        for one in (before, after):
            if not isinstance(one, SchemaSnapshot):
                raise TableError(
                    "a schema to compare must come from schema_snapshot(), "
                    f"not {one!r}"
                )
        if before.is_empty and after.is_empty and not allow_empty:
            raise TableError(
                "both schemas are empty, so there is nothing to compare; if "
                "they shall be, say allow_empty=True"
            )
        differences = compare(before, after)
        if differences:
            self._refute(
                msg,
                "the schemas differ\n"
                + describe_differences(differences, limit=20),
            )

    def _lookup(
        self, table: str, schema: str | None, database: str | None
    ) -> tuple[str, str | None, list[str]]:
        """Return a table's bare name, its schema, and the names there."""
        if not isinstance(table, str) or not table:
            raise TableError(
                f"a table's name must be a non-empty str, not {table!r}"
            )
        with self.migrations.connect(database=database) as connection:
            bare, schema = split_name(connection, table, schema)
        return bare, schema, self._tables(schema, database)
