"""What does SQLAlchemy's Inspector say of a schema?

The reader for every database that has no reader of its own.  It sees what
SQLAlchemy reflects and no more: no triggers, functions or grants, and on
MariaDB no CHECK of a column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Connection, Inspector
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.exc import CompileError, UnsupportedCompilationError

from migtestkit.schema.reading import ANY_DIALECT, register_reader
from migtestkit.schema.snapshot import Fact, SchemaSnapshot

__unittest = True

_Facts = Iterator[tuple[Fact, str]]
_Names = Callable[..., Collection[str]]

# Options of a foreign key in the order of people's SQL.
_ACTIONS = ("match", "ondelete", "onupdate", "deferrable", "initially")


@register_reader(ANY_DIALECT)
def read_inspector(
    connection: Connection,
    exclude: frozenset[str],
    schemas: Sequence[str | None] | None,
) -> SchemaSnapshot:
    """The reader for databases that have no other."""
    inspector = sqlalchemy.inspect(connection)
    facts: dict[Fact, str] = {}
    for schema in (None,) if schemas is None else schemas:
        reader = _Reader(inspector, connection, exclude, schema)
        for fact, definition in reader.facts():
            if fact.container is None or fact.container not in reader.hidden:
                facts[fact] = definition
    return SchemaSnapshot(connection.dialect.name, facts)


class _Reader:
    """Reads one schema through an Inspector."""

    def __init__(
        self,
        inspector: Inspector,
        connection: Connection,
        exclude: frozenset[str],
        schema: str | None,
    ) -> None:
        self.inspector = inspector
        self.dialect = connection.dialect
        default = connection.dialect.default_schema_name
        # Named or not, the default schema's tables go by their plain names.
        self.schema = None if schema == default else schema
        self.hidden = set(map(self.qualified, exclude))
        for name in exclude:
            prefix, _, table = name.rpartition(".")
            if prefix and prefix == (schema or default):
                self.hidden.add(self.qualified(table))

    def qualified(self, name: str) -> str:
        """The name by which a fact knows a table of this schema."""
        return name if self.schema is None else f"{self.schema}.{name}"

    def facts(self) -> _Facts:
        """All facts of the schema."""
        for name in self.inspector.get_table_names(self.schema):
            yield Fact("table", *[self.qualified(name)] * 2), ""
        yield from self.views()
        yield from self.columns()
        yield from self.keys()
        yield from self.constraints()
        yield from self.indexes()
        yield from self.comments()
        for name in self.offered("get_sequence_names"):
            yield Fact("sequence", None, self.qualified(name)), ""
        for enum in self.offered("get_enums"):
            labels = ", ".join(map(repr, enum["labels"]))
            yield Fact("enum", None, self.qualified(enum["name"])), labels
        for domain in self.offered("get_domains"):
            name = self.qualified(domain["name"])
            yield Fact("domain", None, name), _domain(domain)

    def offered(self, method: str) -> Any:
        """What a method says that not every dialect has."""
        try:
            return getattr(self.inspector, method)(schema=self.schema)
        except (AttributeError, NotImplementedError):
            return ()

    def by_table(
        self, method: str, kind: ObjectKind = ObjectKind.TABLE
    ) -> Iterator[tuple[str, Any]]:
        """What a ``get_multi_...`` method says of each table."""
        try:
            found = getattr(self.inspector, method)(
                schema=self.schema, kind=kind
            )
        except NotImplementedError:
            return
        for (_schema, table), value in found.items():
            yield self.qualified(table), value

    def views(self) -> _Facts:
        """Views, with their text where the database tells it."""
        for kind, method in (
            ("view", "get_view_names"),
            ("materialized view", "get_materialized_view_names"),
        ):
            for name in self.offered(method):
                fact = Fact(kind, None, self.qualified(name))
                yield fact, self.view_text(name)

    def view_text(self, name: str) -> str:
        """A view's SELECT on one line."""
        try:
            text = self.inspector.get_view_definition(name, self.schema)
        except NotImplementedError:
            return ""
        return " ".join((text or "").split())

    def columns(self) -> _Facts:
        """The columns of all tables."""
        for table, columns in self.by_table("get_multi_columns"):
            for column in columns:
                fact = Fact("column", table, column["name"])
                yield fact, self.column(column)

    def column(self, column: Mapping[str, Any]) -> str:
        """The definition of one column."""
        parts = [self.type(column["type"])]
        if not column.get("nullable", True):
            parts.append("NOT NULL")
        if column.get("default") is not None:
            parts.append(f"DEFAULT {column['default']}")
        if column.get("autoincrement") is True:
            parts.append("AUTOINCREMENT")
        for option in ("identity", "computed", "dialect_options"):
            if column.get(option):
                parts.append(f"{option.upper()} {_options(column[option])}")
        if column.get("comment"):
            parts.append(f"COMMENT {column['comment']!r}")
        return " ".join(parts)

    def type(self, type_: Any) -> str:
        """A type in the database's own words."""
        try:
            text = str(type_.compile(dialect=self.dialect))
        except (CompileError, UnsupportedCompilationError):
            return type(type_).__name__.upper()
        collation = getattr(type_, "collation", None)
        if collation and str(collation) not in text:
            text += f" COLLATE {collation}"
        return text

    def keys(self) -> _Facts:
        """Primary keys and foreign keys."""
        for table, key in self.by_table("get_multi_pk_constraint"):
            if key and key["constrained_columns"]:
                name = f"CONSTRAINT {key['name']} " if key["name"] else ""
                text = name + _columns(key["constrained_columns"])
                yield Fact("primary key", table, ""), text
        for table, found in self.by_table("get_multi_foreign_keys"):
            for key in found:
                text = _columns(key["constrained_columns"])
                fact = Fact("foreign key", table, key["name"] or text)
                yield fact, f"{text} -> {_target(key)}"

    def constraints(self) -> _Facts:
        """UNIQUE, CHECK and the like."""
        methods = {
            "unique constraint": "get_multi_unique_constraints",
            "check": "get_multi_check_constraints",
        }
        for kind, method in methods.items():
            for table, found in self.by_table(method):
                for constraint in found:
                    # MySQL has one thing for both: the index tells it.
                    if constraint.get("duplicates_index"):
                        continue
                    text = constraint.get("sqltext") or _columns(
                        constraint.get("column_names", ())
                    )
                    fact = Fact(kind, table, constraint["name"] or text)
                    options = _options(constraint.get("dialect_options"))
                    yield fact, _join(text, options)

    def indexes(self) -> _Facts:
        """Indexes, without those that a UNIQUE constraint made."""
        for table, found in self.by_table(
            "get_multi_indexes", ObjectKind.ANY
        ):
            for index in found:
                if not index.get("duplicates_constraint"):
                    yield Fact("index", table, index["name"]), _index(index)

    def comments(self) -> _Facts:
        """The tables' comments."""
        for table, comment in self.by_table("get_multi_table_comment"):
            if comment and comment.get("text"):
                yield Fact("comment", table, ""), comment["text"]
        for table, options in self.by_table("get_multi_table_options"):
            # MySQL tells its next number there, which is no schema.
            for name, value in sorted(options.items()):
                if name not in ("mysql_auto_increment", "mysql_comment"):
                    yield Fact("option", table, name), str(value)


def _columns(names: Sequence[str | None]) -> str:
    return f"({', '.join(str(name) for name in names)})"


def _join(*texts: str) -> str:
    return " ".join(text for text in texts if text)


def _options(options: Mapping[str, Any] | None) -> str:
    """Options that are set, by name, as one text."""
    shown = [
        f"{name}={value!r}"
        for name, value in sorted((options or {}).items())
        if value not in (None, False, "", [], {}, ())
    ]
    return ", ".join(shown)


def _target(key: Mapping[str, Any]) -> str:
    """What a foreign key refers to, and what it does."""
    table = key["referred_table"]
    if key.get("referred_schema"):
        table = f"{key['referred_schema']}.{table}"
    options = {
        name: value
        for name, value in (key.get("options") or {}).items()
        if name in _ACTIONS
    }
    columns = _columns(key["referred_columns"])
    return _join(f"{table} {columns}", _options(options))


def _index(index: Mapping[str, Any]) -> str:
    """The definition of an index."""
    members = index.get("expressions") or index["column_names"]
    sorting = index.get("column_sorting") or {}
    text = _columns(
        [_join(str(name), *sorting.get(name, ())) for name in members]
    )
    unique = "UNIQUE" if index.get("unique") else ""
    return _join(unique, text, _options(index.get("dialect_options")))


def _domain(domain: Mapping[str, Any]) -> str:
    """The definition of one of PostgreSQL's domains."""
    shown = {
        name: value
        for name, value in domain.items()
        if name not in ("name", "schema", "visible", "type")
    }
    return _join(str(domain["type"]), _options(shown))
