"""What does each revision really do: statements, rows, time, schema?"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.runtime.migration import MigrationContext as AlembicContext
from alembic.runtime.migration import MigrationStep
from sqlalchemy import Engine, event

from migtestkit import alembic_api
from migtestkit.context.core import MigrationContext
from migtestkit.context.walks import EVERYTHING, Scope, Walk, go_on, step_up
from migtestkit.environment import Location
from migtestkit.errors import MigrationFailed, redact
from migtestkit.schema import Difference, SchemaLook, look_at_schema

__unittest = True

_WRITES = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Statement:
    """A statement that a revision sent to the database.

    :ivar sql: its text, without parameters.
    :ivar seconds: how long the database took.
    :ivar rows: how many rows it wrote; ``None`` where it writes none, or the
        driver does not tell.
    """

    sql: str
    seconds: float
    rows: int | None = None


@dataclass
class RevisionRecord:
    """What one revision did to one database.

    :ivar revision: its id.
    :ivar database: name of the database, where there are several.
    :ivar seconds: how long its ``upgrade()`` took.
    :ivar statements: what it sent, in order.
    :ivar changes: what it changed in the schema.
    :ivar error: why it came to no end; empty if it did.
    """

    revision: str
    database: str | None = None
    seconds: float = 0.0
    statements: list[Statement] = field(default_factory=list)
    changes: tuple[Difference, ...] = ()
    error: str = ""

    @property
    def rows(self) -> int:
        """How many rows it wrote."""
        return sum(one.rows or 0 for one in self.statements)


def record_upgrades(
    context: MigrationContext, scope: Scope = EVERYTHING
) -> list[RevisionRecord]:
    """Apply the history on an empty database and note what each revision
    does; go on behind a failing one with all that does not need it.

    As many revisions as possible share one run of env.py.

    :param scope: note the revisions that it judges; default: all.
    :return: a record for each revision and database, in upgrade order.
    """
    records: list[RevisionRecord] = []
    with Walk(context) as walk:
        walk.take(())
        left = scope.reach(walk.history.revisions)
        done: list[str] = []
        while left:
            recorder = _Recorder(walk, left, scope)
            failure = recorder.run()
            records += recorder.records
            if failure is None:
                break
            at = left.index(failure.revision)
            done += left[:at]
            lost = walk.history.dependents(failure.revision)
            left = [one for one in left[at + 1:] if one not in lost]
            if not go_on(walk, done, left):
                break
    order = {one: at for at, one in enumerate(walk.history.revisions)}
    return sorted(records, key=lambda one: order[one.revision])


class _Recorder:
    """One run of env.py that is watched."""

    def __init__(
        self,
        walk: Walk,
        revisions: Sequence[str],
        scope: Scope,
    ) -> None:
        self._walk = walk
        self._revisions = revisions
        self._scope = scope
        self._now: RevisionRecord | None = None
        self._began = 0.0
        self._looks: list[tuple[RevisionRecord, SchemaLook, SchemaLook]] = []
        self.records: list[RevisionRecord] = []

    def run(self) -> MigrationFailed | None:
        """Make the run; return what failed in it."""
        listeners: tuple[tuple[str, Callable[..., None]], ...] = (
            ("before_cursor_execute", self._before),
            ("after_cursor_execute", self._after),
            ("handle_error", self._refused),
        )
        for name, listener in listeners:
            event.listen(Engine, name, listener)
        try:
            self._walk.database.run_uncut(self._plan)
        except MigrationFailed as failure:
            self._tell(failure)
            return failure
        finally:
            for name, listener in listeners:
                event.remove(Engine, name, listener)
            # Only now: putting a look into words may need a connection of
            # its own, which the run's guard would send elsewhere.
            for record, before, after in self._looks:
                record.changes = before.differences(after)
        return None

    def _tell(self, failure: MigrationFailed) -> None:
        for one in self.records:
            if one.revision == failure.revision:
                one.error = str(failure)

    def _plan(
        self,
        location: Location,
        heads: tuple[str, ...],
        context: AlembicContext,
    ) -> Iterator[MigrationStep]:
        database = self._walk.database
        done = self._walk.history.closure(heads)
        before: SchemaLook | None = None
        for revision in self._revisions:
            if revision in done:
                continue
            step = step_up(database, revision)
            stamped = revision in database.skipped_revisions
            if stamped or not self._scope.judges(revision):
                before = None
                yield step
            else:
                if before is None:
                    before = _look(location, context)
                record = RevisionRecord(revision, location.database)
                self.records.append(record)
                yield self._watched(step, record)
                after = _look(location, context)
                self._looks.append((record, before, after))
                before = after

    def _watched(
        self, step: MigrationStep, record: RevisionRecord
    ) -> MigrationStep:
        function = step.migration_fn

        @functools.wraps(function)
        def watched(**options: Any) -> Any:
            self._now, began = record, time.perf_counter()
            try:
                return function(**options)
            finally:
                record.seconds = time.perf_counter() - began
                self._now = None

        step.migration_fn = watched
        return step

    def _before(self, *given: Any) -> None:
        self._began = time.perf_counter()

    def _after(
        self,
        connection: Any,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,
    ) -> None:
        if self._now is not None:
            rows = getattr(cursor, "rowcount", -1)
            writes = _WRITES.match(statement) and isinstance(rows, int)
            self._note(statement, rows if writes and rows >= 0 else None)

    def _refused(self, context: Any) -> None:
        if self._now is not None and context.statement:
            self._note(context.statement, None)

    def _note(self, sql: str, rows: int | None) -> None:
        assert self._now is not None
        seconds = time.perf_counter() - self._began
        self._now.statements.append(
            Statement(redact(sql.strip()), seconds, rows)
        )


def _look(location: Location, context: AlembicContext) -> SchemaLook:
    assert context.connection is not None
    open_before = context.connection.in_transaction()
    try:
        return look_at_schema(context.connection, exclude=(location.table,))
    finally:
        if not open_before:
            alembic_api.end_look(context)
