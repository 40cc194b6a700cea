"""What is left of an upgrade that fails half-way, and can it be run again?

A fault is raised before each statement of a revision in turn, the first
first, on the kit's own connection: the statement is never sent, as where the
server is stopped, a lock times out or the disk is full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alembic.runtime.migration import MigrationStep
from sqlalchemy.exc import OperationalError

from migtestkit.context.core import MigrationContext
from migtestkit.context.roundtrip import Contents, read_contents
from migtestkit.context.walks import (
    EVERYTHING,
    Finding,
    Looks,
    Scope,
    Walk,
    WalkReport,
    apply,
    describe_schema_change,
    go_on,
    look_at_schemas,
    start,
    step_up,
)
from migtestkit.environment import Sending, StatementWatch
from migtestkit.errors import ConfigError, MigrationFailed

__unittest = True

HALF = "upgrade that fails half-way"
#: Of one revision. One that goes through its rows may have any number.
MOST_FAULTS = 100

_READS = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:SELECT|PRAGMA|SHOW|EXPLAIN|DESCRIBE)\b",
    re.IGNORECASE | re.DOTALL,
)
_MESSAGE = "a fault that the kit has put in the statement's place"


def walk_faults(
    context: MigrationContext,
    scope: Scope = EVERYTHING,
    *,
    retryable: bool = True,
) -> WalkReport:
    """Let each revision's upgrade fail at each of its statements.

    It passes if it leaves the database as it was before.

    :param scope: which revisions to judge.
    :param retryable: it also passes if it can be run again and ends in the
        same schema as one that was not disturbed.
    :raises ConfigError: there is but one database.
    """
    with Walk(context) as walk:
        if not walk.renewable:
            raise ConfigError(
                "a fault may spoil a database, and get_migration_engine() "
                "hands over the only one"
            )
        failed: set[str] = set()
        for revision in start(walk, scope):
            if scope.first_only and walk.report.findings:
                break
            if walk.blocked(revision, failed):
                continue
            judged = scope.judges(revision)
            if revision in walk.database.skipped_revisions or not judged:
                if not apply(walk, revision, failed):
                    break
            elif not _Faults(walk, revision, retryable).go(failed):
                break
        return walk.report.limit(scope, context.history)


def has_transactional_ddl(context: MigrationContext) -> bool:
    """Say whether Alembic, as env.py sets it up, holds changes of the schema
    in transactions."""
    found: list[bool] = []

    def plan(location: Any, heads: Any, alembic: Any) -> tuple[()]:
        found.append(bool(alembic.impl.transactional_ddl))
        return ()

    context.look(plan)
    return all(found)


@dataclass
class _Fault(StatementWatch):
    """Fails before one of the statements that write.

    :ivar at: which one, from 1; ``None``: none.
    :ivar sent: the statements before it.
    :ivar statement: that one, once it was its turn.
    """

    at: int | None
    sent: list[str] = field(default_factory=list)
    statement: str = ""

    def before(self, sending: Sending) -> None:
        statement = sending.statement
        if self.statement or _READS.match(statement):
            return
        if self.at is not None and len(self.sent) + 1 == self.at:
            self.statement = statement
            raise OperationalError(statement, None, Exception(_MESSAGE))
        self.sent.append(statement)


@dataclass(frozen=True)
class _Standing:
    """How a database stands."""

    looks: Looks
    applied: frozenset[str]
    contents: Contents

    @classmethod
    def of(cls, context: MigrationContext) -> _Standing:
        return cls(
            look_at_schemas(context),
            frozenset(context.applied),
            read_contents(context, rows=True),
        )

    def change(self, later: _Standing) -> str:
        """Return in what a later one differs."""
        parts = [
            describe_schema_change(
                self.looks, later.looks, "before", "after the failure"
            )
        ]
        parts += (
            f"table {table!r} holds other rows"
            for table, content in self.contents.items()
            if table in later.contents
            and sorted(map(repr, later.contents[table].rows))
            != sorted(map(repr, content.rows))
        )
        if later.applied != self.applied:
            more = ", ".join(sorted(later.applied ^ self.applied))
            parts.append(f"the version table says otherwise of {more}")
        return "\n".join(part for part in parts if part)


class _Faults:
    """Goes through the statements of one revision."""

    def __init__(self, walk: Walk, revision: str, retryable: bool) -> None:
        self._walk = walk
        self._revision = revision
        self._retryable = retryable
        self._applied = walk.applied
        self._before = _Standing.of(walk.database)
        #: Schemas that a second run led to, by the words for the fault.
        self._ends: dict[str, Looks] = {}

    def go(self, failed: set[str]) -> bool:
        """Leave the revision applied, if that can be; say whether it is
        possible to go on."""
        walk = self._walk
        for number in range(1, MOST_FAULTS + 1):
            fault = _Fault(number)
            try:
                self._run(fault)
            except MigrationFailed as failure:
                if not fault.statement:
                    return self._give_up(failure, failed)
                if not self._stands(fault):
                    return self._leave()
            else:
                if not fault.statement:
                    return self._compare()
                # The migration has caught it, and went on.
                self._ends[_words(fault)] = look_at_schemas(walk.database)
                if not go_on(walk, self._applied, ()):
                    return False
        walk.give_up(
            [self._revision], f"only its first {MOST_FAULTS} statements"
        )
        try:
            self._run(_Fault(None))
        except MigrationFailed as failure:
            return self._give_up(failure, failed)
        return self._compare()

    def _run(self, fault: _Fault) -> None:
        database, revision = self._walk.database, self._revision

        def plan(*_: Any) -> Iterator[MigrationStep]:
            if revision not in database.applied:
                yield step_up(database, revision)

        database.run_uncut(plan, watch=fault)

    def _stands(self, fault: _Fault) -> bool:
        """Say whether, after a fault, all is well, and the database as it
        was before the revision."""
        walk = self._walk
        change = self._before.change(_Standing.of(walk.database))
        if not change:
            return True
        text = f"{_words(fault)}\nthe database is not as it was\n{change}"
        if not self._retryable:
            self._find(text)
            return False
        try:
            self._run(_Fault(None))
        except MigrationFailed as failure:
            self._find(
                f"{text}\nand the upgrade cannot be run again: "
                f"{failure.error}"
            )
            return False
        self._ends[_words(fault)] = look_at_schemas(walk.database)
        return go_on(walk, self._applied, ())

    def _compare(self) -> bool:
        """Hold what a second run led to against what an undisturbed one
        does."""
        whole = look_at_schemas(self._walk.database)
        for words, looks in self._ends.items():
            text = describe_schema_change(
                whole, looks, "undisturbed", "after a second run"
            )
            if text:
                self._find(
                    f"{words}\nthe upgrade, run again, ends in another "
                    f"schema\n{text}"
                )
                break
        self._walk.report.tested.append(self._revision)
        return True

    def _find(self, text: str) -> None:
        self._walk.report.findings.append(
            Finding(self._revision, HALF, text)
        )

    def _leave(self) -> bool:
        self._walk.report.tested.append(self._revision)
        return go_on(self._walk, self._applied | {self._revision}, ())

    def _give_up(self, failure: MigrationFailed, failed: set[str]) -> bool:
        self._walk.give_up(
            [self._revision], f"its upgrade fails: {failure.error}"
        )
        failed.add(self._revision)
        return go_on(self._walk, self._applied, ())


def _words(fault: _Fault) -> str:
    first, *more = fault.statement.strip().splitlines()
    return (
        f"a fault in place of statement {len(fault.sent) + 1}: {first[:200]}"
        + (" ..." if more else "")
    )
