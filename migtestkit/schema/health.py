"""Does a schema hold what a migration has left half done?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, Inspector, inspect

__unittest = True

#: How Alembic's batch mode calls the table that it copies rows into.
BATCH_PREFIX = "_alembic_tmp_"

_INVALID_INDEXES = """\
SELECT n.nspname, t.relname, i.relname
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE NOT x.indisvalid AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2, 3
"""
_NOT_VALIDATED = """\
SELECT n.nspname, t.relname, c.conname
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE NOT c.convalidated AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2, 3
"""
#: By dialect: what to ask, and what each row means.
_QUESTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "postgresql": (
        (
            _INVALID_INDEXES,
            "index {2!r} of table {1!r} is invalid: CREATE INDEX CONCURRENTLY "
            "broke off, or found what it forbids; no query uses it. Drop it "
            "and create it again",
        ),
        (
            _NOT_VALIDATED,
            "constraint {2!r} of table {1!r} is NOT VALID: rows that were "
            "there before may break it. Run ALTER TABLE ... VALIDATE "
            "CONSTRAINT in a later revision",
        ),
    ),
}


def find_ailments(
    connection: Connection, schemas: Sequence[str | None]
) -> list[str]:
    """Return, in a sentence each, what was left half done.

    :param schemas: where to look for tables, ``None`` for the default one.
    """
    found = [
        f"table {_label(schema, table)!r} is left over from a batch "
        "operation that broke off; drop it once its rows are safe"
        for schema in schemas
        for table in inspect(connection).get_table_names(schema)
        if table.startswith(BATCH_PREFIX)
    ]
    for question, words in _QUESTIONS.get(connection.dialect.name, ()):
        # As it is: no parameter, so that no % is one.
        rows = connection.execution_options(
            no_parameters=True
        ).exec_driver_sql(question)
        found += (words.format(*row) for row in rows)
    return found


def foreign_keys_without_index(
    connection: Connection,
    schemas: Sequence[str | None],
    exclude: Collection[str] = (),
) -> Iterator[tuple[str, bool]]:
    """Yield each foreign key, as ``table.column`` or ``table.(a, b)``, and
    whether no index begins with its columns, in any order."""
    inspector = inspect(connection)
    for schema in schemas:
        for table in inspector.get_table_names(schema):
            if table in exclude:
                continue
            begun = list(_begun(inspector, table, schema))
            for key in inspector.get_foreign_keys(table, schema):
                columns = key["constrained_columns"]
                name = columns[0]
                if len(columns) > 1:
                    name = f"({', '.join(columns)})"
                yield f"{_label(schema, table)}.{name}", not any(
                    set(one[: len(columns)]) == set(columns) for one in begun
                )


def _begun(
    inspector: Inspector, table: str, schema: str | None
) -> Iterator[Sequence[str | None]]:
    """Yield the columns of all that an index stands behind."""
    yield inspector.get_pk_constraint(table, schema)["constrained_columns"]
    for unique in inspector.get_unique_constraints(table, schema):
        yield unique["column_names"]
    for index in inspector.get_indexes(table, schema):
        options = index.get("dialect_options", {})
        if not any(name.endswith("_where") for name in options):
            yield index["column_names"]


def _label(schema: str | None, table: str) -> str:
    return f"{schema}.{table}" if schema else table
