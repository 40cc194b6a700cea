"""What is in a database's schema, as facts that can be compared?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import NamedTuple

#: The kinds of fact that other facts belong to.
CONTAINERS = (
    "table", "virtual table", "foreign table", "view", "materialized view"
)

_PRINTED_FIRST = ("column", "primary key")


class Fact(NamedTuple):
    """The identity of one thing in a schema; hashable and sortable.

    ``kind`` is one of ``"table"``, ``"column"``, ``"primary key"``,
    ``"foreign key"``, ``"unique constraint"``, ``"check"``, ``"index"``,
    ``"trigger"``, ``"view"``, ``"virtual table"``, ``"option"``,
    ``"sequence"``, ``"enum"`` and so on.  ``table`` is the table (for a
    trigger perhaps the view) that it belongs to, ``None`` for what belongs
    to none; a table's own fact names itself.  Things outside the default
    schema are named ``"schema.name"``.  What the author gave no name is
    named after what it says: ``"(age > 0)"``; a table's only primary key
    is named ``""``.
    """

    kind: str
    table: str | None
    name: str

    def __str__(self) -> str:
        """``column "name"``, without the table."""
        name = self.name
        if self.kind == "option" or self.is_nameless:
            return f"{self.kind} {name}"
        return f'{self.kind} "{name}"' if name else self.kind

    @property
    def is_nameless(self) -> bool:
        """Whether it is named after its definition, for want of a name."""
        return self.name.startswith("(")

    def adds(self, definition: str) -> bool:
        """Whether the definition tells more than the name does."""
        repeated = self.is_nameless and definition == self.name
        return bool(definition) and not repeated

    @property
    def container(self) -> str | None:
        """The table or view that this fact describes or belongs to."""
        if self.table is None and self.kind in CONTAINERS:
            return self.name
        return self.table


def by_table(fact: Fact) -> tuple[str, bool, int, str, str]:
    """Sort key: each table together, first itself, then its columns."""
    position = (
        _PRINTED_FIRST.index(fact.kind)
        if fact.kind in _PRINTED_FIRST
        else len(_PRINTED_FIRST)
    )
    own = fact.kind in CONTAINERS
    return fact.container or "", not own, position, fact.kind, fact.name


@dataclasses.dataclass(frozen=True)
class SchemaSnapshot:
    """A database's schema at one moment; plain data, may be pickled.

    Two snapshots are equal when the schemas are: the order of tables, of
    columns and of the clauses in a definition plays no part.

    ``dialect`` is SQLAlchemy's name of the database, ``facts`` maps each
    :class:`~migtestkit.schema.snapshot.Fact` to its definition, a short text
    for people.
    """

    dialect: str
    facts: Mapping[Fact, str] = dataclasses.field(hash=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all in the schema."""
        return not self.facts

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables, virtual and foreign ones too, sorted."""
        return tuple(
            sorted(
                fact.name
                for fact in self.facts
                if fact.kind in ("table", "virtual table", "foreign table")
            )
        )

    def of_kind(self, kind: str, table: str | None = None) -> dict[str, str]:
        """The definitions of one kind of fact, by name.

        ``table`` narrows the answer to one table; without it a name that
        several tables use stands for one of them only.
        """
        return {
            fact.name: definition
            for fact, definition in self.facts.items()
            if fact.kind == kind and table in (None, fact.table)
        }

    def columns(self, table: str) -> dict[str, str]:
        """The definitions of a table's columns, by name."""
        return self.of_kind("column", table)

    def without(self, tables: Iterable[str]) -> SchemaSnapshot:
        """The same schema without these tables and all that is theirs."""
        left_out = frozenset(tables)
        return SchemaSnapshot(
            self.dialect,
            {
                fact: definition
                for fact, definition in self.facts.items()
                if fact.container not in left_out
            },
        )

    def __str__(self) -> str:
        """All facts, grouped by table."""
        lines = []
        for fact in sorted(self.facts, key=by_table):
            definition = self.facts[fact]
            owned = fact.kind not in CONTAINERS and fact.table is not None
            text = f"{'  ' if owned else ''}{fact}"
            more = fact.adds(definition)
            lines.append(f"{text}: {definition}" if more else text)
        return "\n".join(lines) or "an empty schema"
