"""What belongs to what in PostgreSQL's catalogues, and what is it called?"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from migtestkit.schema.postgresql_queries import PG_CLASS, PG_NAMESPACE

__unittest = True


class Namespace(NamedTuple):
    """A schema of a database."""

    oid: int
    name: str
    owner: str
    of_the_server: bool


class Relation(NamedTuple):
    """A table, view, sequence or composite type."""

    oid: int
    namespace: int
    name: str
    kind: str
    owner: str
    persistence: str
    is_partition: bool
    method: str | None
    tablespace: str | None
    options: list[str] | None
    toast_options: list[str] | None
    row_security: bool
    forced_row_security: bool
    replica_identity: str
    is_populated: bool
    bound: str | None
    definition: str | None
    foreign: list[Any] | None
    of_type: str | None
    type: int


class Inherits(NamedTuple):
    """That a table is a partition, or a child, of another."""

    child: int
    parent: int
    number: int
    is_detaching: bool


class Column(NamedTuple):
    """A column of a table, view or composite type."""

    relation: int
    number: int
    name: str
    type: str
    not_null: bool
    default: str | None
    identity: str = ""
    generated: str = ""
    collation: str | None = None
    storage: str | None = None
    compression: str | None = None
    statistics: int | None = None
    options: list[str] | None = None
    foreign_options: list[str] | None = None


class Sequence_(NamedTuple):
    """A sequence, and the column that owns it."""

    oid: int
    type: str
    start: int
    increment: int
    least: int
    most: int
    cache: int
    cycles: bool
    table: int | None
    column: int | None
    dependence: str | None


class Constraint(NamedTuple):
    """A constraint of a table or of a domain."""

    oid: int
    relation: int
    domain: int
    name: str
    kind: str
    index_oid: int
    definition: str


class Index(NamedTuple):
    """An index; that of a constraint has no definition of its own."""

    oid: int
    relation: int
    name: str
    definition: str | None
    tablespace: str | None
    options: list[str] | None
    is_valid: bool
    is_clustered: bool
    is_identity: bool


class Trigger(NamedTuple):
    """A trigger; one of a foreign key has no definition."""

    oid: int
    relation: int
    name: str
    enabled: str
    is_internal: bool
    definition: str | None


class Rule(NamedTuple):
    """A rewrite rule."""

    oid: int
    relation: int
    name: str
    enabled: str
    definition: str


class Policy(NamedTuple):
    """A policy of row-level security."""

    oid: int
    relation: int
    name: str
    command: str
    is_permissive: bool
    roles: list[str]
    using: str | None
    check: str | None


class Type(NamedTuple):
    """An enum, a domain, a range or a base type."""

    oid: int
    namespace: int
    name: str
    kind: str
    owner: str
    base: str | None
    not_null: bool
    default: str | None
    collation: str | None
    labels: list[str] | None
    range: list[Any] | None


class Function(NamedTuple):
    """A function, procedure or aggregate."""

    oid: int
    namespace: int
    name: str
    arguments: str
    kind: str
    language: str
    owner: str
    definition: str


class Grant(NamedTuple):
    """A right that was granted, or taken away."""

    catalogue: int
    oid: int
    column: int
    granted: bool
    privilege: str
    role: str
    is_grantable: bool


class Other(NamedTuple):
    """Anything else."""

    catalogue: int
    oid: int
    kind: str
    relation: int
    namespace: int
    name: str
    definition: str
    owner: str | None


_Row = TypeVar("_Row", bound="tuple[Any, ...]")
#: What belongs to a table.
_PartT = TypeVar("_PartT", Constraint, Index, Trigger, Rule, Policy)


class Catalogue:
    """All sections of the catalogues that were read at one moment.

    :param sections: the rows of each.
    :param default: the schema whose things go by their plain names.
    :param exclude: tables to leave out.
    :param wanted: the schemas to look at, all if ``None``.
    """

    def __init__(
        self,
        sections: Mapping[str, Sequence[Sequence[Any]]],
        default: str,
        exclude: Collection[str],
        wanted: Collection[str] | None,
    ) -> None:
        self._sections = sections
        self._default = default
        self._exclude = frozenset(exclude)
        self.wanted = wanted
        self._members = {tuple(row) for row in sections["members"]}
        self.namespaces = {
            row.oid: row
            for row in self._rows("namespaces", Namespace)
            if (PG_NAMESPACE, row.oid) not in self._members
        }
        self.database_owner = sections["database"][0][0]
        self.comments = {
            tuple(row[:3]): row[3] for row in sections["comments"]
        }
        #: Tables, views, sequences and composite types that count.
        self.relations = {
            row.oid: row
            for row in self._rows("relations", Relation)
            if self.counts(PG_CLASS, row.oid, row.namespace)
            and not self._is_excluded(row)
        }

    def _rows(self, section: str, type_: type[_Row]) -> list[_Row]:
        return [type_(*row) for row in self._sections[section]]

    def of_relations(
        self, section: str, type_: type[_PartT]
    ) -> list[tuple[str, _PartT]]:
        """The rows that belong to tables that count, each with its table."""
        return [
            (self.relation_name(row.relation), row)
            for row in self._rows(section, type_)
            if row.relation in self.relations
        ]

    def rows(self, section: str, type_: type[_Row]) -> list[_Row]:
        """All rows of a section."""
        return self._rows(section, type_)

    def counts(self, catalogue: int, oid: int, namespace: int) -> bool:
        """Whether a thing is in a schema to look at and no extension's."""
        if (catalogue, oid) in self._members:
            return False
        if self.wanted is None:
            return True
        found = self.namespaces.get(namespace)
        return found is not None and found.name in self.wanted

    def _is_excluded(self, row: Relation) -> bool:
        schema = self.schema_name(row.namespace)
        return (
            row.name in self._exclude
            or f"{schema}.{row.name}" in self._exclude
        )

    def schema_name(self, namespace: int) -> str:
        """The name of a schema."""
        found = self.namespaces.get(namespace)
        return "pg_catalog" if found is None else found.name

    def qualified(self, name: str, namespace: int) -> str:
        """The name by which a fact knows a thing of a schema."""
        schema = self.schema_name(namespace)
        return name if schema == self._default else f"{schema}.{name}"

    def relation_name(self, oid: int) -> str:
        """The name by which a fact knows a table."""
        row = self.relations[oid]
        return self.qualified(row.name, row.namespace)

    @functools.cached_property
    def columns(self) -> dict[int, list[Column]]:
        """The columns of each table, in order."""
        found = defaultdict(list)
        for *row, rare in self._sections["columns"]:
            column = Column(*row, *(rare or ()))
            found[column.relation].append(column)
        return found

    @functools.cached_property
    def column_names(self) -> dict[tuple[int, int], str]:
        """The names of the columns by table and number."""
        return {
            (row.relation, row.number): row.name
            for rows in self.columns.values()
            for row in rows
        }

    @functools.cached_property
    def sequences(self) -> list[Sequence_]:
        """The sequences of all schemas."""
        return self._rows("sequences", Sequence_)

    def comment(self, catalogue: int, oid: int, column: int = 0) -> str:
        """`` COMMENT '...'``, or nothing."""
        found = self.comments.get((catalogue, oid, column))
        return "" if found is None else f"COMMENT {literal(found)}"

    def owner(self, owner: str | None) -> str:
        """``OWNER ...``, or nothing where it is the database's."""
        mine = owner is None or owner == self.database_owner
        return "" if mine else f"OWNER {owner}"


def literal(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def join(words: Iterable[str | None]) -> str:
    """The words that there are, with a space between them."""
    return " ".join(word for word in words if word)
