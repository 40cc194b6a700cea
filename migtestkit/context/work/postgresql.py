"""Which locks does PostgreSQL hold, and which rows does it go through?

Counters and locks of the transaction at hand tell it, asked on the run's own
connection after each statement. That needs no row: a table that was never
analysed is planned for as if it had some, so a scan is a scan.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from migtestkit.context.work.seen import Lock, Seen, Watched
from migtestkit.environment import Sending

__unittest = True

#: Modes that keep off those who write; all but the first let them read.
_BLOCKING = (
    "AccessExclusiveLock",
    "ExclusiveLock",
    "ShareRowExclusiveLock",
    "ShareLock",
)
# No percent sign and no colon: some drivers take these for parameters.
_TABLES = """\
SELECT CAST(c.oid AS bigint), n.nspname, c.relname,
CAST(pg_relation_filenode(c.oid) AS bigint), n.nspname = current_schema()
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'"""
_STATE = """\
SELECT 'scan', CAST(relid AS bigint), seq_scan, ''
FROM pg_stat_xact_user_tables WHERE seq_scan > 0
UNION ALL
SELECT 'file', CAST(oid AS bigint),
CAST(pg_relation_filenode(oid) AS bigint), ''
FROM pg_class WHERE relkind IN ('r', 'm') AND relpersistence <> 't'
UNION ALL
SELECT 'lock', CAST(relation AS bigint), 0, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND granted AND locktype = 'relation'
UNION ALL
SELECT 'begun', 0, 0, CAST(transaction_timestamp() AS text)
UNION ALL
SELECT 'timeout', 0, CAST(setting AS bigint), reset_val FROM pg_settings
WHERE name = 'lock_timeout'"""
_BEGUN = "SELECT CAST(transaction_timestamp() AS text)"

_GAP = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
#: What takes such locks where it is a transaction by itself.
_CHANGES = re.compile(
    rf"{_GAP}(?:ALTER|CREATE|DROP|REINDEX|CLUSTER|REFRESH|TRUNCATE|DO)\b",
    re.IGNORECASE | re.DOTALL,
)
#: Gives a table a new file, and has nothing to write into it.
_EMPTIES = re.compile(rf"{_GAP}TRUNCATE\b", re.IGNORECASE | re.DOTALL)


@dataclass
class _State:
    """How a transaction stands."""

    begun: str = ""
    scans: dict[int, int] = field(default_factory=dict)
    files: dict[int, int] = field(default_factory=dict)
    locks: dict[int, set[str]] = field(default_factory=dict)
    timeout: int = 0
    reset: str = "0"


@dataclass
class _Tables:
    """The tables that were there before the revision.

    :ivar held: table -> mode -> number of the statement that took it, in the
        transaction that began at ``begun``.
    """

    names: dict[int, str]
    files: dict[int, int]
    begun: str = ""
    held: dict[int, dict[str, int]] = field(default_factory=dict)


@dataclass
class PostgreSQLWatch(Watched):
    """Sees locks, scans and rewrites.

    :ivar own_timeout: the ``lock_timeout``, in milliseconds, that is the
        kit's and not the project's.
    """

    own_timeout: int = 0
    _number: int = 0
    _tables: dict[str | None, _Tables] = field(default_factory=dict)
    _before: _State | None = None

    def before(self, sending: Sending) -> None:
        self._number += 1
        self._before = None
        if sending.database not in self._tables:
            self._tables[sending.database] = self._look(sending)
        # One by one where each is a transaction by itself.
        (begun,), = _ask(sending, _BEGUN)
        state = _state(sending)
        if state.begun == begun:
            self._before = state
        elif _CHANGES.match(sending.statement) and not sending.many:
            self._try(sending)

    def after(self, sending: Sending, rows: int) -> None:
        before, self._before = self._before, None
        if before is not None:
            later = _state(sending)
            # It may have been a COMMIT.
            if later.begun == before.begun:
                self._note(sending, before, later)

    def _look(self, sending: Sending) -> _Tables:
        tables = _Tables({}, {})
        for oid, schema, name, file, default in _ask(sending, _TABLES):
            if name in self.exclude:
                continue
            tables.names[oid] = name if default else f"{schema}.{name}"
            if file is not None:
                tables.files[oid] = file
        return tables

    def _try(self, sending: Sending) -> None:
        """See in a transaction that is rolled back what a statement does
        that will be one by itself: there it would have let go of its locks
        before anybody could look."""
        _tell(sending, "BEGIN")
        try:
            before = _state(sending)
            try:
                _send(sending)
            except Exception:
                # CONCURRENTLY and its like refuse; what fails will fail.
                return
            self._note(sending, before, _state(sending))
        finally:
            _tell(sending, "ROLLBACK")

    def _note(
        self, sending: Sending, before: _State, later: _State
    ) -> None:
        tables = self._tables[sending.database]
        if tables.begun != before.begun:
            tables.begun, tables.held = before.begun, {}
        scanned = [
            oid
            for oid, count in later.scans.items()
            if count > before.scans.get(oid, 0)
        ]
        rewritten = [
            oid
            for oid, file in later.files.items()
            if file != before.files.get(oid, file)
            # Else it was a rollback to a savepoint that took it back.
            and _BLOCKING[0] in later.locks.get(oid, ())
        ]
        if _EMPTIES.match(sending.statement):
            scanned = rewritten = []
        self.seen.append(
            Seen(
                self._number,
                sending.statement.strip(),
                self._names(tables, scanned),
                self._names(tables, rewritten),
                tuple(self._locks(tables, before, later)),
                before.reset == "0"
                and before.timeout in (0, self.own_timeout),
            )
        )

    def _names(self, tables: _Tables, oids: list[int]) -> tuple[str, ...]:
        return tuple(
            sorted(tables.names[oid] for oid in oids if oid in tables.names)
        )

    def _locks(
        self, tables: _Tables, before: _State, later: _State
    ) -> Iterator[Lock]:
        """Yield the strongest lock on each table; a stronger one than before
        is a new one."""
        for oid, name in sorted(tables.names.items(), key=lambda one: one[1]):
            modes = later.locks.get(oid, set())
            held = tables.held.setdefault(oid, {})
            for gone in set(held) - modes:
                # A rollback to a savepoint has let go of it.
                del held[gone]
            mode = next((one for one in _BLOCKING if one in modes), None)
            if mode is None:
                continue
            held.setdefault(mode, self._number)
            yield Lock(name, mode, mode == _BLOCKING[0], held[mode])


def _state(sending: Sending) -> _State:
    state = _State()
    for kind, oid, number, text in _ask(sending, _STATE):
        if kind == "scan":
            state.scans[oid] = number
        elif kind == "file" and number is not None:
            state.files[oid] = number
        elif kind == "lock":
            state.locks.setdefault(oid, set()).add(text)
        elif kind == "begun":
            state.begun = text
        elif kind == "timeout":
            state.timeout, state.reset = number, text
    return state


@contextlib.contextmanager
def _cursor(sending: Sending) -> Iterator[Any]:
    # Beneath SQLAlchemy, whose events would tell of it again.
    cursor = sending.connection.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def _ask(sending: Sending, question: str) -> list[Any]:
    with _cursor(sending) as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def _tell(sending: Sending, command: str) -> None:
    with _cursor(sending) as cursor:
        cursor.execute(command)


def _send(sending: Sending) -> None:
    """Send a statement as SQLAlchemy will."""
    dialect, context = sending.connection.dialect, sending.context
    with _cursor(sending) as cursor:
        if not sending.parameters and context.no_parameters:
            dialect.do_execute_no_params(cursor, sending.statement, context)
        else:
            dialect.do_execute(
                cursor, sending.statement, sending.parameters, context
            )
