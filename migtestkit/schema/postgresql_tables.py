"""What does PostgreSQL say of tables and views, and of all that is theirs?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from migtestkit.schema.postgresql_catalogue import (
    Catalogue,
    Column,
    Constraint,
    Index,
    Inherits,
    Policy,
    Relation,
    Rule,
    Sequence_,
    Trigger,
    join,
)
from migtestkit.schema.postgresql_queries import (
    PG_CLASS,
    PG_CONSTRAINT,
    PG_POLICY,
    PG_REWRITE,
    PG_TRIGGER,
    STAMP,
)
from migtestkit.schema.snapshot import Fact

__unittest = True

_Facts = Iterator[tuple[Fact, str]]

_CONTAINERS = {
    "r": "table",
    "p": "table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
}
_CONSTRAINTS = {
    "p": "primary key",
    "f": "foreign key",
    "u": "unique constraint",
    "c": "check",
    "x": "exclude constraint",
    "n": "not null",
}
_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "x": "EXTENDED", "m": "MAIN"}
_COMPRESSION = {"p": "pglz", "l": "lz4"}
_IDENTITY = {"a": "ALWAYS", "d": "BY DEFAULT"}
_REPLICA = {"n": "NOTHING", "f": "FULL"}
_COMMANDS = {
    "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"
}
_ENABLED = {
    "O": "", "D": "DISABLED", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"
}
_MOST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}

_WORDS = re.compile(
    r"^(?:PRIMARY KEY|FOREIGN KEY|UNIQUE|CHECK|EXCLUDE) ?(?=\(|USING|NULLS)"
)
_INDEX_METHOD = re.compile(r"^btree (?=\()")


def table_facts(catalogue: Catalogue) -> _Facts:
    """All facts of tables, views and sequences."""
    reader = _Reader(catalogue)
    for row in catalogue.relations.values():
        yield from reader.relation(row)
    parts: tuple[Callable[[], _Facts], ...] = (
        reader.inheritance,
        reader.sequences,
        reader.constraints,
        reader.indexes,
        reader.triggers,
        reader.rules,
        reader.policies,
    )
    for part in parts:
        yield from part()


class _Reader:
    """Puts the rows of the catalogues into words."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.identities = {
            (row.table, row.column): row
            for row in catalogue.sequences
            if row.dependence == "i"
        }
        indexes = catalogue.of_relations("indexes", Index)
        self.plain_indexes = [
            (table, row) for table, row in indexes if row.definition
        ]
        self.key_indexes = {
            row.oid: row for _table, row in indexes if not row.definition
        }
        self.identity_indexes = {
            row.relation: row for _table, row in indexes if row.is_identity
        }

    # -- the table itself --------------------------------------------------

    def relation(self, row: Relation) -> _Facts:
        """A table or view, its options and its columns."""
        kind = _CONTAINERS.get(row.kind)
        if kind is None:
            return
        name = self.catalogue.relation_name(row.oid)
        is_view = row.kind in "vm"
        fact = Fact(kind, None if is_view else name, name)
        yield fact, one_statement(row.definition or "") if is_view else ""
        for option, value in self.options(row):
            yield Fact("option", name, option), value
        owner = self.catalogue.owner(row.owner)
        if owner:
            yield Fact("owner", name, ""), row.owner
        comment = self.catalogue.comments.get((PG_CLASS, row.oid, 0))
        if comment:
            yield Fact("comment", name, ""), comment
        for column in self.catalogue.columns.get(row.oid, ()):
            text = self.column(column)
            if not is_view:
                yield Fact("column", name, column.name), text
            elif text != column.type:
                # Its type follows from the view's text.
                yield Fact("column", name, column.name), text

    def options(self, row: Relation) -> Iterator[tuple[str, str]]:
        """What distinguishes a table from a plain one."""
        if row.persistence == "u":
            yield "UNLOGGED", ""
        if row.method:
            yield "access method", row.method
        if row.tablespace:
            yield "tablespace", row.tablespace
        for prefix, options in (
            ("", row.options), ("toast.", row.toast_options)
        ):
            for option in options or ():
                key, _, value = option.partition("=")
                yield prefix + key, value
        if row.row_security:
            yield "ROW LEVEL SECURITY", ""
        if row.forced_row_security:
            yield "FORCE ROW LEVEL SECURITY", ""
        if row.replica_identity in _REPLICA:
            yield "REPLICA IDENTITY", _REPLICA[row.replica_identity]
        elif row.replica_identity == "i":
            index = self.identity_indexes.get(row.oid)
            yield "REPLICA IDENTITY", f"INDEX {index.name if index else ''}"
        if not row.is_populated:
            yield "WITH NO DATA", ""
        if row.kind == "p":
            yield "PARTITION BY", row.definition or ""
        if row.foreign:
            server, options = row.foreign
            yield "server", join([server, *(options or ())])
        if row.of_type:
            yield "OF", row.of_type

    def inheritance(self) -> _Facts:
        """Which tables are partitions or children of others."""
        relations = self.catalogue.relations
        for row in self.catalogue.rows("inherits", Inherits):
            child, parent = relations.get(row.child), row.parent
            if child is None or parent not in relations:
                continue
            name = self.catalogue.relation_name(row.child)
            title = self.catalogue.relation_name(parent)
            if child.is_partition:
                pending = "DETACH PENDING" if row.is_detaching else ""
                text = join([title, child.bound, pending])
                yield Fact("option", name, "PARTITION OF"), text
            else:
                option = f"INHERITS {title}"
                yield Fact("option", name, option), str(row.number)

    def column(self, row: Column) -> str:
        """The definition of one column."""
        words = [row.type]
        if row.collation:
            words.append(f"COLLATE {row.collation}")
        if row.not_null:
            words.append("NOT NULL")
        words.append(self.value(row))
        if row.storage:
            words.append(f"STORAGE {_STORAGE[row.storage]}")
        if row.compression:
            words.append(f"COMPRESSION {_COMPRESSION[row.compression]}")
        if row.statistics is not None:
            words.append(f"STATISTICS {row.statistics}")
        for options in (row.options, row.foreign_options):
            shown = [
                one for one in options or () if not one.startswith(STAMP)
            ]
            if shown:
                words.append(f"OPTIONS ({', '.join(shown)})")
        words.append(
            self.catalogue.comment(PG_CLASS, row.relation, row.number)
        )
        return join(words)

    def value(self, row: Column) -> str:
        """Where a column's value comes from when none is given."""
        if row.generated:
            kind = "STORED" if row.generated == "s" else "VIRTUAL"
            return f"GENERATED ALWAYS AS ({row.default}) {kind}"
        if row.identity:
            text = f"GENERATED {_IDENTITY[row.identity]} AS IDENTITY"
            sequence = self.identities.get((row.relation, row.number))
            options = sequence_options(sequence, row.type) if sequence else ""
            return f"{text} ({options})" if options else text
        return f"DEFAULT {row.default}" if row.default is not None else ""

    # -- what belongs to a table -------------------------------------------

    def sequences(self) -> _Facts:
        """Sequences; one that a column owns belongs to its table.

        That of an identity is part of its column.
        """
        catalogue = self.catalogue
        for row in catalogue.sequences:
            relation = catalogue.relations.get(row.oid)
            if relation is None or row.dependence == "i":
                continue
            table = column = None
            if row.table is not None and row.column is not None:
                if row.table not in catalogue.relations:
                    continue  # the table is left out
                table = catalogue.relation_name(row.table)
                column = catalogue.column_names.get((row.table, row.column))
            text = join([
                f"AS {row.type}",
                "UNLOGGED" if relation.persistence == "u" else "",
                sequence_options(row, row.type),
                f"OWNED BY {column}" if column else "",
                catalogue.owner(relation.owner),
                catalogue.comment(PG_CLASS, row.oid),
            ])
            yield Fact("sequence", table, catalogue.relation_name(row.oid)), (
                text
            )

    def constraints(self) -> _Facts:
        """Keys, CHECKs and the like."""
        for table, row in self.catalogue.of_relations(
            "constraints", Constraint
        ):
            kind = _CONSTRAINTS.get(row.kind, "constraint")
            text = _WORDS.sub("", row.definition)
            if row.kind == "f":
                text = text.replace(" REFERENCES ", " -> ", 1)
            name = row.name
            if row.kind == "p":
                text, name = f"CONSTRAINT {row.name} {text}", ""
            index = self.key_indexes.get(row.index_oid)
            words = [text]
            if index is not None and row.kind in "pux":
                words.extend(self.index_options(index))
            words.append(self.catalogue.comment(PG_CONSTRAINT, row.oid))
            yield Fact(kind, table, name), join(words)

    def indexes(self) -> _Facts:
        """The indexes that are no constraint's."""
        for table, row in self.plain_indexes:
            start, _, text = (row.definition or "").partition(" USING ")
            words = [
                "UNIQUE" if start.startswith("CREATE UNIQUE ") else "",
                _INDEX_METHOD.sub("", text),
                *self.index_options(row),
                self.catalogue.comment(PG_CLASS, row.oid),
            ]
            yield Fact("index", table, row.name), join(words)

    def index_options(self, row: Index) -> Iterator[str]:
        """What an index's own text does not tell."""
        if row.options:
            yield f"WITH ({', '.join(row.options)})"
        if row.tablespace:
            yield f"TABLESPACE {row.tablespace}"
        if row.is_clustered:
            yield "CLUSTER"
        if not row.is_valid:
            yield "INVALID"

    def triggers(self) -> _Facts:
        """Triggers, and that those of foreign keys are switched off."""
        for table, row in self.catalogue.of_relations("triggers", Trigger):
            enabled = _ENABLED[row.enabled]
            if row.is_internal:
                fact = Fact("option", table, "triggers of foreign keys")
                yield fact, enabled
                continue
            text = _after_name(row.definition or "", " TRIGGER ", row.name)
            comment = self.catalogue.comment(PG_TRIGGER, row.oid)
            yield Fact("trigger", table, row.name), join(
                [text, enabled, comment]
            )

    def rules(self) -> _Facts:
        """Rewrite rules."""
        for table, row in self.catalogue.of_relations("rules", Rule):
            text = _after_name(row.definition, " RULE ", row.name)
            text = text.removeprefix("AS").strip().rstrip(";")
            comment = self.catalogue.comment(PG_REWRITE, row.oid)
            yield Fact("rule", table, row.name), join(
                [text, _ENABLED[row.enabled], comment]
            )

    def policies(self) -> _Facts:
        """Policies of row-level security."""
        for table, row in self.catalogue.of_relations("policies", Policy):
            words = [
                "" if row.is_permissive else "AS RESTRICTIVE",
                f"FOR {_COMMANDS[row.command]}",
                f"TO {', '.join(row.roles)}",
                f"USING {row.using}" if row.using else "",
                f"WITH CHECK {row.check}" if row.check else "",
                self.catalogue.comment(PG_POLICY, row.oid),
            ]
            yield Fact("policy", table, row.name), join(words)


def sequence_options(row: Sequence_, type_: str) -> str:
    """The options of a sequence that differ from the default."""
    most = _MOST.get(row.type, 2**63 - 1)
    up = row.increment > 0
    least_of_all, most_of_all = (1, most) if up else (-most - 1, -1)
    first = row.least if up else row.most
    words = [
        f"INCREMENT {row.increment}" if row.increment != 1 else "",
        f"MINVALUE {row.least}" if row.least != least_of_all else "",
        f"MAXVALUE {row.most}" if row.most != most_of_all else "",
        f"START {row.start}" if row.start != first else "",
        f"CACHE {row.cache}" if row.cache != 1 else "",
        "CYCLE" if row.cycles else "",
        f"AS {row.type}" if row.type != type_ else "",
    ]
    return join(words)


def one_statement(text: str) -> str:
    """A view's text without what only ends it."""
    return text.strip().rstrip(";")


def _after_name(definition: str, word: str, name: str) -> str:
    """A definition without ``CREATE ... name``."""
    start, _, rest = definition.partition(word)
    quoted = '"' + name.replace('"', '""') + '"'
    for shown in (name, quoted):
        if rest.startswith(f"{shown} "):
            rest = rest[len(shown) + 1:]
            break
    constraint = "CONSTRAINT" if "CONSTRAINT" in start else ""
    return join([constraint, rest])
