"""Which revision, and which of its statements, is running?"""

from __future__ import annotations

import dataclasses
import linecache
import os
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from alembic.runtime.migration import MigrationStep
from sqlalchemy.exc import DBAPIError, StatementError

from migtestkit import alembic_api
from migtestkit.environment.declared import Declarations
from migtestkit.environment.watching import Sending, StatementWatch
from migtestkit.errors import MigrationFailed
from migtestkit.history import RevisionHistory

__unittest = True


class StepTracker:
    """Follows the steps of a run and words their failure.

    :param history: the revisions.
    :param watch: told each statement of a step.
    :param declarations: told what upgrades declare.
    """

    def __init__(
        self,
        history: RevisionHistory,
        watch: StatementWatch | None = None,
        declarations: Declarations | None = None,
    ) -> None:
        self._history = history
        self._watch = watch
        self._declarations = declarations
        self.revision: str | None = None
        #: The last one that came to its end.
        self.behind: str | None = None
        self.direction = "upgrade"
        self.database: str | None = None
        self.statements = 0
        self.last_statement: str | None = None
        #: What scripts raised, even if env.py caught it.
        self.failures: list[MigrationFailed] = []

    def statement(self, sending: Sending) -> None:
        """Note a statement of the step at hand."""
        if self.revision is not None:
            self.statements += 1
            self.last_statement = sending.statement
            sending = self._placed(sending)
            if self._declarations is not None and self.direction == "upgrade":
                self._declarations.hear(self.revision, sending)
            if self._watch is not None:
                self._watch.before(sending)

    def success(self, sending: Sending, rows: int) -> None:
        """Note that a statement of the step at hand has succeeded."""
        if self.revision is not None and self._watch is not None:
            self._watch.after(self._placed(sending), rows)

    def _placed(self, sending: Sending) -> Sending:
        if self.database is None:
            return sending
        return dataclasses.replace(sending, database=self.database)

    def follow(
        self, step: MigrationStep, database: str | None
    ) -> MigrationStep:
        """Make a step tell when it starts and what it raises."""
        function = step.migration_fn
        revision = alembic_api.step_revision(step)
        direction = "upgrade" if step.is_upgrade else "downgrade"

        def followed(**options: Any) -> Any:
            self.statements, self.last_statement = 0, None
            try:
                return function(**options)
            except BaseException as error:
                self.failures.append(self.failure(error))
                raise

        # All that Alembic asks of it; functools.wraps() costs each step more.
        followed.__name__ = getattr(function, "__name__", direction)
        self.revision, self.direction = revision, direction
        self.database = database
        if self._declarations is not None and step.is_upgrade:
            self._declarations.begin(database, revision)
        step.migration_fn = followed
        return step

    def done(self) -> None:
        """Note that the step at hand is behind."""
        self.behind, self.revision = self.revision, None

    def refused(self, error: DBAPIError) -> MigrationFailed | None:
        """Return the error for what the database refused after the last
        step, at the end of its transaction."""
        if self.behind is None or self.revision is not None:
            return None
        return describe_failure(
            self._history,
            self.behind,
            self.direction,
            error,
            database=self.database,
        ).with_note(
            "the database refused it at the end of the transaction, which "
            "other revisions may have shared"
        )

    def failure(self, error: BaseException) -> MigrationFailed:
        """Return the error for the step at hand."""
        assert self.revision is not None
        failed = isinstance(error, StatementError)
        return describe_failure(
            self._history,
            self.revision,
            self.direction,
            error,
            statement=self.last_statement if failed else None,
            position=self.statements if failed else None,
            database=self.database,
        )


def describe_failure(
    history: RevisionHistory,
    revision: str,
    direction: str,
    error: BaseException | str,
    *,
    statement: str | None = None,
    position: int | None = None,
    database: str | None = None,
) -> MigrationFailed:
    """Return :class:`MigrationFailed` for what a revision raised."""
    path = history.path(revision)
    where, error_type, text = "", "", error
    if isinstance(error, BaseException):
        where = where_in(path, error.__traceback__)
        error_type, text = name_error(error)
        if isinstance(error, StatementError) and error.statement:
            statement = error.statement
    return MigrationFailed.build(
        revision=revision,
        description=history.message(revision),
        path=path,
        direction=direction,
        statement=statement,
        position=position,
        error=str(text),
        error_type=error_type,
        where=where,
        database=database,
    )


def name_error(error: BaseException) -> tuple[str, str]:
    """Return an error's class and text, the driver's own where one failed."""
    original: BaseException = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        original = error.orig
    elif isinstance(error, StatementError) and error.orig is not None:
        original = error.orig
    kind = type(original)
    module = "" if kind.__module__ == "builtins" else kind.__module__ + "."
    text = str(original) or (
        "exit status" if isinstance(error, SystemExit) else "no message"
    )
    return f"{module}{kind.__qualname__}", text


def where_in(path: str, frames: TracebackType | None) -> str:
    """Return the place within a file at which an error passed through."""
    found = None
    while frames is not None:
        code = frames.tb_frame.f_code
        if os.path.abspath(code.co_filename) == os.path.abspath(path):
            found = (frames.tb_lineno, code.co_name)
        frames = frames.tb_next
    if found is None:
        return ""
    line, function = found
    source = linecache.getline(path, line).strip()
    return f"line {line}, in {function}: {source}"


def failed_script(
    history: RevisionHistory, error: BaseException
) -> tuple[str, str] | None:
    """Return revision and direction of the script that raised an error, by
    the files that it passed through."""
    paths = {os.path.abspath(history.path(r)): r for r in history.revisions}
    for frame in _frames(error):
        revision = paths.get(os.path.abspath(frame.filename))
        if revision and frame.name in ("upgrade", "downgrade"):
            return revision, frame.name
    return None


def _frames(error: BaseException) -> Iterable[traceback.FrameSummary]:
    return traceback.extract_tb(error.__traceback__)
