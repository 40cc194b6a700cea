"""What does SQLite's own catalogue say of a schema?

Columns come from ``PRAGMA table_xinfo``; all else from the texts that
SQLite keeps in ``sqlite_master``, taken apart by
:mod:`~migtestkit.schema.sqlite_parser`.  Two spellings with one meaning
are one fact: an UNIQUE in a column or below it, an ASC, parentheses around
a whole expression, ``REFERENCES t`` for ``REFERENCES t (id)``, clauses that
state what holds anyway (``NULL``, ``DEFAULT NULL``, ``ON DELETE NO ACTION``,
``COLLATE BINARY``, ``NOT NULL`` of an INTEGER PRIMARY KEY).
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from migtestkit.errors import MigtestkitError, listing
from migtestkit.schema.reading import register_reader
from migtestkit.schema.snapshot import Fact, SchemaSnapshot
from migtestkit.schema.sqlite_parser import (
    Column,
    Constraint,
    Tokens,
    parse_table,
)
from migtestkit.schema.sqlite_tokens import (
    closing,
    fold,
    show,
    show_name,
    show_string,
    split_at_commas,
    strip_parentheses,
    tokenize,
)

__unittest = True

# The second column of a virtual table's PRAGMA is "schema"; without it
# SQLite would look into the temporary schema first.
_COLUMNS = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM {schema}.sqlite_master AS m, pragma_table_xinfo(m.name, {text}) AS c
WHERE m.type = 'table' AND m.name IN ({names})
"""

# How many tables' facts are remembered; all are forgotten then.
_MOST_KNOWN = 4096

# PRAGMA table_list tells which tables are shadows of virtual ones; for an
# older SQLite their names are known (documentation of FTS3, FTS5, R-Tree).
_TABLE_LIST_SINCE = (3, 37)
_SHADOWS = {
    "fts3": ("content", "segments", "segdir"),
    "fts4": ("content", "segments", "segdir", "docsize", "stat"),
    "fts5": ("data", "idx", "content", "docsize", "config"),
    "rtree": ("node", "parent", "rowid"),
    "rtree_i32": ("node", "parent", "rowid"),
    "geopoly": ("node", "parent", "rowid"),
}

# A bare word after DEFAULT is a string, but for these.
_LITERALS = frozenset(
    "null true false current_date current_time current_timestamp".split()
)

_Facts = Iterator[tuple[Fact, str]]


@dataclasses.dataclass(frozen=True)
class _Row:
    """One row of sqlite_master."""

    type: str
    name: str
    table: str
    sql: str

    @functools.cached_property
    def is_virtual(self) -> bool:
        """Whether this is a virtual table."""
        tokens = tokenize(self.sql)
        return self.type == "table" and tokens[1].is_word("virtual")


class _ColumnRow(NamedTuple):
    """One row of PRAGMA table_xinfo."""

    name: str
    type: str
    not_null: int
    default: str | None
    key: int
    hidden: int


_KEY = operator.attrgetter("key")


class _Table:
    """A table as the PRAGMA and the text together tell it."""

    def __init__(self, name: str, sql: str, rows: Sequence[_ColumnRow]):
        self.name = name
        self.parsed = parse_table(sql)
        self.columns = {fold(row.name): row for row in rows}
        self.names = frozenset([*self.columns, fold(name), "rowid", "oid"])
        keys = sorted(filter(_KEY, rows), key=_KEY)
        self.key = tuple(row.name for row in keys)
        #: Kind, name and definition of all but the foreign keys, which
        #: depend on other tables too.
        self.facts = tuple(_table_facts(self))
        self.foreign_keys = tuple(
            constraint
            for constraint in self.parsed.constraints
            if constraint.kind == "foreign key"
        )

    def column_name(self, name: str) -> str:
        """The column's name in its own spelling."""
        row = self.columns.get(fold(name))
        return fold(name) if row is None else row.name


# A text makes the same table wherever it stands, so that most tables need
# not be looked at again from one snapshot to the next.
_KNOWN: dict[tuple[str, str], _Table] = {}


@register_reader("sqlite")
def read_sqlite(
    connection: Connection,
    exclude: frozenset[str],
    schemas: Sequence[str | None] | None,
) -> SchemaSnapshot:
    """The reader for SQLite; ``schemas`` may name attached databases.

    Temporary objects, SQLite's own tables and indexes, and the shadow
    tables of virtual tables are no facts.
    """
    facts: dict[Fact, str] = {}
    for schema in (None,) if schemas is None else schemas:
        for fact, definition in _Reader(connection, exclude, schema).facts():
            facts[_unused(fact, facts)] = definition
    return SchemaSnapshot(connection.dialect.name, facts)


def _unused(fact: Fact, facts: Mapping[Fact, str]) -> Fact:
    """The fact, numbered if the same stands there already.

    Two equal CHECKs without a name are two things, not one.
    """
    number, candidate = 1, fact
    while candidate in facts:
        number += 1
        candidate = fact._replace(name=f"{fact.name} #{number}")
    return candidate


class _Reader:
    """Reads one schema of one connection."""

    def __init__(
        self,
        connection: Connection,
        exclude: frozenset[str],
        schema: str | None,
    ) -> None:
        self.connection = connection
        self.schema = "main" if schema is None else schema
        self.exclude = frozenset(fold(name) for name in exclude)
        self.tables: dict[str, _Table] = {}

    def query(self, sql: str, **texts: str) -> Sequence[Any]:
        """All rows of a query that mentions the schema."""
        sql = sql.format(
            schema='"' + self.schema.replace('"', '""') + '"',
            text=show_string(self.schema),
            **texts,
        )
        return self.connection.exec_driver_sql(sql).all()

    def facts(self) -> _Facts:
        """All facts of the schema."""
        self.check_schema()
        rows = self.rows()
        self.read_tables(rows)
        for row in rows:
            if self.is_fact(row):
                yield from self.facts_of(row)
        for (version,) in self.query("PRAGMA {schema}.user_version"):
            if version:
                name = self.qualified("user_version")
                yield Fact("option", None, name), str(version)

    def check_schema(self) -> None:
        """Say so when no such schema is attached."""
        names = [row[0] for row in self.query(
            "SELECT name FROM pragma_database_list ORDER BY seq"
        )]
        if fold(self.schema) not in map(fold, names):
            raise MigtestkitError(
                f'no schema "{self.schema}" is attached to this SQLite '
                f"connection; there is {listing(names)}"
            )

    def rows(self) -> list[_Row]:
        """What sqlite_master holds that has a text."""
        rows = [_Row(*row) for row in self.query(
            "SELECT type, name, tbl_name, sql FROM {schema}.sqlite_master "
            "WHERE sql IS NOT NULL"
        )]
        virtual = [row for row in rows if row.is_virtual]
        shadows = self.shadows(virtual) if virtual else frozenset()
        return [row for row in rows if fold(row.table) not in shadows]

    def shadows(self, virtual: Sequence[_Row]) -> frozenset[str]:
        """The folded names of the virtual tables' own tables."""
        (version,), = self.query("SELECT sqlite_version()")
        if tuple(map(int, version.split("."))) >= _TABLE_LIST_SINCE:
            return frozenset(fold(name) for name, in self.query(
                "SELECT name FROM pragma_table_list "
                "WHERE schema = {text} AND type = 'shadow'"
            ))
        return frozenset(
            fold(f"{row.name}_{suffix}")
            for row in virtual
            for suffix in _SHADOWS.get(_module(tokenize(row.sql)), ())
        )

    def read_tables(self, rows: Sequence[_Row]) -> None:
        """Learn all tables before any reference is understood."""
        new = []
        for row in rows:
            if row.type == "table" and not row.is_virtual:
                known = _KNOWN.get((row.name, row.sql))
                if known is None:
                    new.append(row)
                else:
                    self.tables[fold(row.name)] = known
        if len(_KNOWN) + len(new) > _MOST_KNOWN:
            _KNOWN.clear()
        columns = self.columns(new) if new else {}
        for row in new:
            table = _Table(row.name, row.sql, columns.get(row.name, ()))
            self.tables[fold(row.name)] = table
            _KNOWN[row.name, row.sql] = table

    def columns(self, rows: Sequence[_Row]) -> dict[str, list[_ColumnRow]]:
        """What the PRAGMA says of these tables' columns."""
        columns: dict[str, list[_ColumnRow]] = {}
        names = ", ".join(show_string(row.name) for row in rows)
        for table, *column in self.query(_COLUMNS, names=names):
            columns.setdefault(table, []).append(_ColumnRow(*column))
        return columns

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The names that a view or trigger may use."""
        tables = self.tables.values()
        return frozenset().union(*(table.names for table in tables))

    def is_fact(self, row: _Row) -> bool:
        """Whether anybody but SQLite and the version table is concerned."""
        return not (
            fold(row.name).startswith("sqlite_")
            or fold(row.table) in self.exclude
            or fold(f"{self.schema}.{row.table}") in self.exclude
        )

    def qualified(self, name: str) -> str:
        """The name by which a fact knows a table of this schema."""
        main = fold(self.schema) == "main"
        return name if main else f"{self.schema}.{name}"

    def facts_of(self, row: _Row) -> _Facts:
        """The facts of one row of sqlite_master."""
        name, table = self.qualified(row.name), self.qualified(row.table)
        if row.is_virtual:
            using = " ".join(token.text for token in tokenize(row.sql)[5:])
            yield Fact("virtual table", name, name), f"USING {using}"
        elif row.type == "table":
            yield Fact("table", name, name), ""
            yield from self.table_facts(self.tables[fold(row.name)], name)
        elif row.type == "index":
            index = _index(row.sql, self.tables[fold(row.table)])
            yield Fact("index", table, row.name), index
        elif row.type == "trigger":
            yield Fact("trigger", table, row.name), self.text(row.sql)
        elif row.type == "view":
            yield Fact("view", None, name), self.text(row.sql)

    def text(self, sql: str) -> str:
        """A trigger's or view's text without CREATE and its name."""
        return show(tokenize(sql)[3:], self.names)

    def table_facts(self, table: _Table, name: str) -> _Facts:
        """The facts of a table beside its own."""
        for kind, title, definition in table.facts:
            yield Fact(kind, name, title), definition
        for key in table.foreign_keys:
            columns = _columns(table, key.columns)
            words = columns, "->", self.target(key), key.options
            definition = " ".join(word for word in words if word)
            yield Fact("foreign key", name, key.name or columns), definition

    def target(self, constraint: Constraint) -> str:
        """What a foreign key refers to.

        Without columns it is the primary key (SQLite documentation,
        "Foreign Keys", 3), which is written out where it is known.
        """
        target = self.tables.get(fold(constraint.target))
        if target is None:
            columns = [fold(name) for name in constraint.target_columns]
            return _call(fold(constraint.target), columns)
        columns = [
            target.column_name(name) for name in constraint.target_columns
        ]
        return _call(target.name, columns or target.key)


def _module(tokens: Tokens) -> str:
    """The module of a virtual table: CREATE VIRTUAL TABLE x USING it."""
    return fold(tokens[5].name) if len(tokens) > 5 else ""


def _call(name: str, columns: Sequence[str]) -> str:
    shown = ", ".join(show_name(column) for column in columns)
    return f"{show_name(name)} ({shown})" if shown else show_name(name)


def _table_facts(table: _Table) -> Iterator[tuple[str, str, str]]:
    """Kind, name and definition of what a table alone tells."""
    for key, row in table.columns.items():
        yield "column", row.name, _column(table, key, row)
    for constraint in table.parsed.constraints:
        if constraint.kind != "foreign key":
            title, definition = _constraint(table, constraint)
            yield constraint.kind, title, definition
    for option in table.parsed.options:
        yield "option", option, ""
    for unknown in table.parsed.unknown:
        yield "clause", f"({show(unknown)})", ""


def _constraint(table: _Table, constraint: Constraint) -> tuple[str, str]:
    """A constraint's name and definition."""
    if constraint.kind == "check":
        expression = strip_parentheses(constraint.expression)
        title = f"({show(expression, table.names)})"
    else:
        title = _columns(table, constraint.columns)
    definition = f"{title} {constraint.options}".rstrip()
    if constraint.kind != "primary key":
        return constraint.name or title, definition
    if constraint.name:
        definition = f"CONSTRAINT {show_name(constraint.name)} {definition}"
    return "", definition


def _column(table: _Table, key: str, row: _ColumnRow) -> str:
    """The definition of one column."""
    parsed = table.parsed.columns.get(key, Column(row.name))
    parts = [_type(row.type)]
    if row.not_null and not _is_rowid(table, row):
        parts += ["NOT NULL", parsed.conflict]
    if row.default is not None:
        default = _default(row.default)
        parts += [f"DEFAULT {default}" if default != "NULL" else ""]
    if parsed.collation != "BINARY":
        parts += [f"COLLATE {show_name(parsed.collation)}"]
    if parsed.generated:
        expression = strip_parentheses(parsed.generated)
        parts += [f"GENERATED AS ({show(expression, table.names)})"]
        # Values of PRAGMA table_xinfo's "hidden".
        parts += ["STORED" if row.hidden == 3 else "VIRTUAL"]
    return " ".join(part for part in parts if part) or "no type"


def _is_rowid(table: _Table, row: _ColumnRow) -> bool:
    """Whether the column is another name for the rowid.

    Such a column is never NULL, said or not (SQLite documentation,
    "ROWIDs and the INTEGER PRIMARY KEY").
    """
    return (
        len(table.key) == 1
        and bool(row.key)
        and row.type.upper() == "INTEGER"
        and "WITHOUT ROWID" not in table.parsed.options
    )


@functools.lru_cache(maxsize=1024)
def _type(text: str) -> str:
    """A declared type, its case and spaces without meaning."""
    words = [
        token.text.upper() if token.kind == "word" else token.text
        for token in tokenize(text)
    ]
    joined = " ".join(words)
    for spaced, plain in ((" ( ", "("), (" )", ")"), (" ,", ",")):
        joined = joined.replace(spaced, plain)
    return joined


@functools.lru_cache(maxsize=1024)
def _default(text: str) -> str:
    """A default, as people write it."""
    tokens = strip_parentheses(tokenize(text))
    if len(tokens) == 1 and not tokens[0].is_word(*_LITERALS):
        # DEFAULT abc and DEFAULT "abc" are strings.
        if tokens[0].kind in ("word", "quoted"):
            return show_string(tokens[0].name)
    return show(tokens)


def _columns(table: _Table, items: Sequence[Tokens]) -> str:
    return f"({', '.join(_indexed(table, item) for item in items)})"


def _indexed(table: _Table, item: Tokens) -> str:
    """One member of an index or key: column or expression, and order."""
    order = collation = ""
    if item[-1].is_word("asc", "desc"):
        order = " DESC" if item[-1].is_word("desc") else ""
        item = item[:-1]
    if len(item) > 2 and item[-2].is_word("collate"):
        collation = item[-1].name.upper()
        item = item[:-2]
    item = strip_parentheses(item)
    key = fold(item[0].name)
    if len(item) == 1 and key in table.columns:
        own = table.parsed.columns.get(key, Column(key)).collation
        text = show_name(table.columns[key].name)
    else:
        own, text = "", show(item, table.names)
    if collation and collation != own:
        text += f" COLLATE {show_name(collation)}"
    return text + order


@functools.lru_cache(maxsize=4096)
def _index(sql: str, table: _Table) -> str:
    """The definition of an index: its columns, and what it leaves out."""
    tokens = tokenize(sql)
    start = next(i for i, token in enumerate(tokens) if token.is_sign("("))
    end = closing(tokens, start) or len(tokens)
    text = _columns(table, split_at_commas(tokens[start + 1:end]))
    if tokens[1].is_word("unique"):
        text = f"UNIQUE {text}"
    where = tokens[end + 1:]
    if where:
        condition = strip_parentheses(where[1:])
        text += f" WHERE {show(condition, table.names)}"
    return text
