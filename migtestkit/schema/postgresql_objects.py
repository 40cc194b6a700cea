"""What does PostgreSQL say of types, functions, rights and the rest?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migtestkit.schema.postgresql_catalogue import (
    Catalogue,
    Constraint,
    Function,
    Grant,
    Other,
    Type,
    join,
    literal,
)
from migtestkit.schema.postgresql_queries import (
    PG_ATTRIBUTE,
    PG_CLASS,
    PG_CONSTRAINT,
    PG_FDW,
    PG_LANGUAGE,
    PG_NAMESPACE,
    PG_PROC,
    PG_SERVER,
    PG_TYPE,
)
from migtestkit.schema.snapshot import Fact

__unittest = True

_Facts = Iterator[tuple[Fact, str]]

_KINDS = {"f": "function", "w": "function", "p": "procedure",
          "a": "aggregate"}
_TYPES = {"e": "enum", "d": "domain", "r": "range", "b": "type"}
#: In these the space at a line's ends has no meaning.
_FREE_LANGUAGES = ("sql", "plpgsql")
_DOLLARS = re.compile(r"\s*(\$(?:function|procedure)x*\$)\s*")
_PUBLIC = "public"
_PUBLIC_COMMENT = "standard public schema"


def object_facts(catalogue: Catalogue) -> _Facts:
    """All facts of what is neither a table nor a table's."""
    yield from _namespaces(catalogue)
    yield from _types(catalogue)
    yield from _composites(catalogue)
    yield from _functions(catalogue)
    yield from _others(catalogue)
    yield from _grants(catalogue)


def _namespaces(catalogue: Catalogue) -> _Facts:
    """The schemas; one called "public" is in every new database."""
    for row in catalogue.namespaces.values():
        if catalogue.wanted is not None and row.name not in catalogue.wanted:
            continue
        owner = catalogue.owner(row.owner)
        comment = catalogue.comments.get((PG_NAMESPACE, row.oid, 0))
        if row.name == _PUBLIC:
            if row.of_the_server or row.owner == "pg_database_owner":
                owner = ""
            if comment in (None, _PUBLIC_COMMENT) and not owner:
                continue
        words = [owner, f"COMMENT {literal(comment)}" if comment else ""]
        yield Fact("schema", None, row.name), join(words)


def _types(catalogue: Catalogue) -> _Facts:
    checks: dict[int, list[str]] = {}
    for row in catalogue.rows("constraints", Constraint):
        if row.domain:
            text = f"CONSTRAINT {row.name} {row.definition}"
            comment = catalogue.comment(PG_CONSTRAINT, row.oid)
            checks.setdefault(row.domain, []).append(join([text, comment]))
    for type_ in catalogue.rows("types", Type):
        if not catalogue.counts(PG_TYPE, type_.oid, type_.namespace):
            continue
        if type_.labels is not None:
            text = ", ".join(map(literal, type_.labels))
        elif type_.kind == "d":
            text = join([
                type_.base,
                f"COLLATE {type_.collation}" if type_.collation else "",
                "NOT NULL" if type_.not_null else "",
                f"DEFAULT {type_.default}" if type_.default else "",
                *sorted(checks.get(type_.oid, ())),
            ])
        elif type_.range is not None:
            text = _range(*type_.range)
        else:
            text = ""
        name = catalogue.qualified(type_.name, type_.namespace)
        words = [
            text,
            catalogue.owner(type_.owner),
            catalogue.comment(PG_TYPE, type_.oid),
        ]
        yield Fact(_TYPES[type_.kind], None, name), join(words)


def _range(
    subtype: str,
    operator_class: str,
    is_default: bool,
    collation: str | None,
    canonical: str | None,
    difference: str | None,
    multirange: str | None,
) -> str:
    return join([
        f"OF {subtype}",
        "" if is_default else f"SUBTYPE_OPCLASS {operator_class}",
        f"COLLATION {collation}" if collation else "",
        f"CANONICAL {canonical}" if canonical else "",
        f"SUBTYPE_DIFF {difference}" if difference else "",
        f"MULTIRANGE {multirange}" if multirange else "",
    ])


def _composites(catalogue: Catalogue) -> _Facts:
    """Types made of columns, whose order is part of their values."""
    for row in catalogue.relations.values():
        if row.kind != "c":
            continue
        columns = ", ".join(
            join([
                column.name,
                column.type,
                f"COLLATE {column.collation}" if column.collation else "",
                catalogue.comment(PG_CLASS, row.oid, column.number),
            ])
            for column in catalogue.columns.get(row.oid, ())
        )
        words = [
            f"({columns})",
            catalogue.owner(row.owner),
            catalogue.comment(PG_TYPE, row.type),
        ]
        name = catalogue.relation_name(row.oid)
        yield Fact("composite type", None, name), join(words)


def _functions(catalogue: Catalogue) -> _Facts:
    for row in catalogue.rows("functions", Function):
        if not catalogue.counts(PG_PROC, row.oid, row.namespace):
            continue
        name = f"{row.name}({row.arguments})"
        words = [
            _function(row),
            catalogue.owner(row.owner),
            catalogue.comment(PG_PROC, row.oid),
        ]
        kind = _KINDS.get(row.kind, "function")
        title = catalogue.qualified(name, row.namespace)
        yield Fact(kind, None, title), join(words)


def _function(row: Function) -> str:
    """A function's text after its name."""
    text = row.definition
    if row.kind == "a":
        return text
    text = re.sub(r"^CREATE OR REPLACE (FUNCTION|PROCEDURE) ", "", text)
    if row.language in _FREE_LANGUAGES:
        lines = (line.strip() for line in text.splitlines())
        text = " ".join(line for line in lines if line)
        text = _DOLLARS.sub(r" \1 ", text)
    return text.strip()


def _others(catalogue: Catalogue) -> _Facts:
    for row in catalogue.rows("others", Other):
        if row.relation:
            if row.relation not in catalogue.relations:
                continue
        elif not row.namespace and catalogue.wanted is not None:
            continue  # in no schema
        if not catalogue.counts(row.catalogue, row.oid, row.namespace):
            continue
        name = row.name
        if row.namespace:
            name = catalogue.qualified(name, row.namespace)
        table = None
        if row.relation:
            table = catalogue.relation_name(row.relation)
        words = [
            row.definition,
            catalogue.owner(row.owner),
            catalogue.comment(row.catalogue, row.oid),
        ]
        yield Fact(row.kind, table, name), join(words)


def _grants(catalogue: Catalogue) -> _Facts:
    """Rights beyond, or short of, those that come with a thing."""
    names = _Names(catalogue)
    for row in catalogue.rows("grants", Grant):
        found = names.of(row)
        if found is None:
            continue
        table, thing = found
        column = ""
        if row.column:
            name = catalogue.column_names.get((row.oid, row.column), "?")
            column = f"({name})"
        title = join([
            row.privilege,
            column,
            f"ON {thing}" if thing else "",
            "TO" if row.granted else "FROM",
            row.role,
            "WITH GRANT OPTION" if row.is_grantable else "",
        ])
        kind = "grant" if row.granted else "revocation"
        yield Fact(kind, table, title), ""


class _Names:
    """What rights are rights on: a table, or something else by its name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.others: dict[tuple[int, int], str] = {
            (PG_NAMESPACE, row.oid): f"SCHEMA {row.name}"
            for row in catalogue.namespaces.values()
            if catalogue.wanted is None or row.name in catalogue.wanted
        }
        for function in catalogue.rows("functions", Function):
            if catalogue.counts(PG_PROC, function.oid, function.namespace):
                name = f"{function.name}({function.arguments})"
                self.others[PG_PROC, function.oid] = "FUNCTION " + (
                    catalogue.qualified(name, function.namespace)
                )
        for type_ in catalogue.rows("types", Type):
            if catalogue.counts(PG_TYPE, type_.oid, type_.namespace):
                self.others[PG_TYPE, type_.oid] = "TYPE " + (
                    catalogue.qualified(type_.name, type_.namespace)
                )
        for other in catalogue.rows("others", Other):
            if other.catalogue in (PG_FDW, PG_LANGUAGE, PG_SERVER):
                key = other.catalogue, other.oid
                self.others[key] = f"{other.kind.upper()} {other.name}"

    def of(self, row: Grant) -> tuple[str | None, str] | None:
        """The table, and the name of what is not the table itself."""
        if row.catalogue not in (PG_CLASS, PG_ATTRIBUTE):
            name = self.others.get((row.catalogue, row.oid))
            return None if name is None else (None, name)
        relation = self.catalogue.relations.get(row.oid)
        if relation is None:
            return None
        name = self.catalogue.relation_name(row.oid)
        return (None, f"SEQUENCE {name}") if relation.kind == "S" else (
            name, ""
        )
