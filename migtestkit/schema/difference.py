"""What differs between two schemas?"""

from __future__ import annotations

import dataclasses
import os.path
from collections.abc import Collection, Iterable

from migtestkit.errors import MigtestkitError
from migtestkit.schema.snapshot import (
    CONTAINERS,
    Fact,
    SchemaSnapshot,
    by_table,
)

__unittest = True

#: How much of a long definition (a trigger, a view) a sentence shows.
_LONGEST = 160


@dataclasses.dataclass(frozen=True)
class Difference:
    """One thing that two schemas do not agree on; plain data.

    ``kind``, ``table`` and ``name`` are those of
    :class:`~migtestkit.schema.snapshot.Fact`.  ``before`` and ``after``
    are its definitions, ``None`` where it does not exist; those of a table
    that exists on one side only list its columns.
    """

    kind: str
    table: str | None
    name: str
    before: str | None
    after: str | None

    @property
    def change(self) -> str:
        """``"added"``, ``"removed"`` or ``"changed"``."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def fact(self) -> Fact:
        """What it is that differs."""
        return Fact(self.kind, self.table, self.name)

    def describe(
        self, *, before_label: str = "before", after_label: str = "after"
    ) -> str:
        """One sentence without a full stop.

        The labels complete "is there only ..."; for example ``"before the
        upgrade"`` and ``"after the downgrade"``, or ``"in the models"`` and
        ``"in the database"``.
        """
        subject = str(self.fact)
        if self.table is not None and self.kind not in CONTAINERS:
            subject = f'table "{self.table}": {subject}'
        if self.before is not None and self.after is not None:
            before, after = _shorten_both(
                *_on_one_line(self.before, self.after)
            )
            return (
                f"{subject} is {before} {before_label}, "
                f"{after} {after_label}"
            )
        there = after_label if self.before is None else before_label
        sentence = f"{subject} is there only {there}"
        definition = self.after or self.before or ""
        if not self.fact.adds(definition):
            return sentence
        (shown,) = _on_one_line(definition)
        return f"{sentence}: {_shorten(shown)}"

    def __str__(self) -> str:
        """The sentence with the plainest labels."""
        return self.describe()


def compare(
    before: SchemaSnapshot, after: SchemaSnapshot
) -> tuple[Difference, ...]:
    """All differences between two schemas, sorted by table.

    A table or view that exists on one side only is one difference; its
    columns, constraints, indexes and triggers are not told one by one.
    Comparing two empty schemas gives no difference: whether that means
    anything (``is_empty``) is the caller's to judge.

    Raises :class:`~migtestkit.errors.MigtestkitError` where the snapshots
    were taken from different kinds of database: their texts do not compare.
    """
    if before.dialect != after.dialect:
        raise MigtestkitError(
            f"a schema of {before.dialect} cannot be compared with one of "
            f"{after.dialect}: each database describes the same table in "
            "its own words"
        )
    one_sided = {
        fact.name for fact in _containers(before) ^ _containers(after)
    }
    facts = {
        fact
        for fact in before.facts.keys() | after.facts.keys()
        if before.facts.get(fact) != after.facts.get(fact)
        and (fact.container not in one_sided or fact.kind in CONTAINERS)
    }
    return tuple(
        Difference(
            *fact,
            before=_definition(before, fact, fact.container in one_sided),
            after=_definition(after, fact, fact.container in one_sided),
        )
        for fact in sorted(facts, key=by_table)
    )


def describe_differences(
    differences: Collection[Difference],
    *,
    before_label: str = "before",
    after_label: str = "after",
    limit: int = 30,
) -> str:
    """The sentences of all differences, one to a line, table by table.

    Of more than ``limit`` differences the last line says how many more
    there are.  The text of no difference is empty.
    """
    ordered = sorted(differences, key=lambda item: by_table(item.fact))
    lines = [
        item.describe(before_label=before_label, after_label=after_label)
        for item in ordered[:limit]
    ]
    if len(ordered) > limit:
        lines.append(f"... and {len(ordered) - limit} more")
    return "\n".join(lines)


def _containers(snapshot: SchemaSnapshot) -> frozenset[Fact]:
    return frozenset(
        fact for fact in snapshot.facts if fact.kind in CONTAINERS
    )


def _definition(
    snapshot: SchemaSnapshot, fact: Fact, one_sided: bool
) -> str | None:
    """What a difference says of a fact on one side."""
    definition = snapshot.facts.get(fact)
    if definition is None or definition or not one_sided:
        return definition
    return _list(snapshot.columns(fact.name))


def _list(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _on_one_line(*texts: str) -> list[str]:
    """Texts as a sentence holds them, still different if they were."""
    shown = [" ".join(text.split()) for text in texts]
    if len(set(shown)) < len(set(texts)):
        return [repr(text) for text in texts]
    return shown


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _shorten_both(before: str, after: str) -> tuple[str, str]:
    """Both texts, cut so that the place where they differ is in sight."""
    if max(len(before), len(after)) <= _LONGEST:
        return before, after
    same = len(os.path.commonprefix([before, after]))
    start = max(0, same - _LONGEST // 4)
    lead = "..." if start else ""
    return (
        _shorten(lead + before[start:]),
        _shorten(lead + after[start:]),
    )
