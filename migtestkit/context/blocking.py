"""What does a revision keep the application from while it runs?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from alembic.runtime.migration import MigrationStep

from migtestkit.config import IntendedUse
from migtestkit.context.core import MigrationContext
from migtestkit.context.growth import fill_named
from migtestkit.context.intentions import if_meant
from migtestkit.context.walks import (
    EVERYTHING,
    Finding,
    Scope,
    Walk,
    WalkReport,
    apply,
    go_on,
    start,
    step_up,
)
from migtestkit.context.work import (
    Lock,
    MySQLWatch,
    PostgreSQLWatch,
    Seen,
    Watched,
)
from migtestkit.errors import MigrationFailed

__unittest = True

BLOCKING = "upgrade that blocks the application"
REWRITE = "upgrade that rewrites a table"
NO_TIMEOUT = "upgrade that may wait for a lock for ever"
#: Of one revision.
MOST_TOLD = 6
#: Where a table needs a row.
_COPY = ("mysql", "mariadb")

#: Given a revision and a statement of it, returns what is wrong with it.
Judge = Callable[[str, Seen], str]


def cannot_watch(context: MigrationContext, *, copies: bool = False) -> str:
    """Return why locks cannot be seen here; empty where they can.

    :param copies: it is enough to see that a table is copied.
    """
    for name in context.databases:
        dialect = context.on(name).engine.dialect.name
        if dialect != "postgresql" and not (copies and dialect in _COPY):
            where = "PostgreSQL, MySQL and MariaDB" if copies else "PostgreSQL"
            return (
                f"what blocks can be seen on {where} only, and this is "
                f"{dialect}"
            )
    return ""


def walk_blocking(
    context: MigrationContext,
    intended: IntendedUse,
    scope: Scope = EVERYTHING,
) -> WalkReport:
    """Find statements that go through the rows of a table while the
    application waits for one.

    :param intended: which tables may be blocked.
    """

    def judge(revision: str, seen: Seen) -> str:
        work = [*_scans(seen)]
        if not work:
            return ""
        locks = [
            one
            for one in seen.locks
            if not intended.covers(revision, one.table)
        ]
        if not locks:
            return ""
        held = "; ".join(_held(one, seen) for one in locks)
        return f"it {' and '.join(work)}; meanwhile {held}"

    return _walk(context, judge, BLOCKING, scope, keyword="blocking")


def walk_rewrites(
    context: MigrationContext, scope: Scope = EVERYTHING
) -> WalkReport:
    """Find statements that write a table anew."""

    def judge(revision: str, seen: Seen) -> str:
        names = " and ".join(repr(one) for one in seen.rewritten)
        return f"it rewrites table {names}" if names else ""

    return _walk(context, judge, REWRITE, scope)


def walk_lock_timeouts(
    context: MigrationContext, scope: Scope = EVERYTHING
) -> WalkReport:
    """Find statements that take a lock which blocks the application, with no
    limit to how long they wait for it."""

    def judge(revision: str, seen: Seen) -> str:
        if not seen.waits:
            return ""
        return "; ".join(
            f"it takes {one.mode} on table {one.table!r}, and lock_timeout "
            "is not set"
            for one in seen.new_locks
        )

    return _walk(context, judge, NO_TIMEOUT, scope)


def watch_work(
    context: MigrationContext, scope: Scope = EVERYTHING
) -> dict[str, list[Seen]]:
    """Return what the statements of each revision do to tables that were
    there before it: those that go through rows, rewrite or lock one that
    was not locked yet.

    Revisions that cannot be applied are left out.

    :param scope: of the revisions that it judges; default: all.
    """
    with Walk(context) as walk:
        return {
            revision: [
                one
                for one in seen
                if one.scanned or one.rewritten or one.new_locks
            ]
            for revision, seen in _watched(walk, scope)
        }


def _scans(seen: Seen) -> Iterator[str]:
    for table in seen.rewritten:
        yield f"rewrites table {table!r}"
    for table in seen.scanned:
        if table not in seen.rewritten:
            yield f"goes through all rows of table {table!r}"


def _held(lock: Lock, seen: Seen) -> str:
    what = "read or write" if lock.reads else "write to"
    since = ""
    if lock.since != seen.number:
        since = f", since statement {lock.since}"
    return f"nobody can {what} {lock.table!r} ({lock.mode}{since})"


def _walk(
    context: MigrationContext,
    judge: Judge,
    phase: str,
    scope: Scope,
    keyword: str = "",
) -> WalkReport:
    """Judge each statement.

    :param keyword: of ``Intended``, by which a finding is declared as meant.
    """
    with Walk(context) as walk:
        for revision, seen in _watched(walk, scope):
            told = list(_told(revision, seen, judge))
            if len(told) > MOST_TOLD:
                more = len(told) - MOST_TOLD
                told[MOST_TOLD:] = [f"... and {more} more statements"]
            if not told:
                continue
            if keyword:
                told.append(if_meant(revision, keyword))
            text = "\n".join(told)
            walk.report.findings.append(Finding(revision, phase, text))
        return walk.report.limit(scope, context.history)


def _watched(walk: Walk, scope: Scope) -> Iterator[tuple[str, list[Seen]]]:
    """Apply the history; yield each revision that is to be judged, with what
    its statements did."""
    failed: set[str] = set()
    for revision in start(walk, scope):
        if scope.first_only and walk.report.findings:
            return
        if walk.blocked(revision, failed):
            continue
        skipped = revision in walk.database.skipped_revisions
        if skipped or not scope.judges(revision):
            if not apply(walk, revision, failed):
                return
            continue
        applied = walk.applied
        filled = _filled(walk, revision)
        try:
            seen = _watch(walk.database, revision, filled)
        except MigrationFailed as failure:
            if not _go_on_behind(walk, failure, applied, failed):
                return
            continue
        walk.report.tested.append(revision)
        yield revision, seen


def _go_on_behind(
    walk: Walk,
    failure: MigrationFailed,
    applied: frozenset[str],
    failed: set[str],
) -> bool:
    """Try a revision without rows that has failed; say whether it is possible
    to go on."""
    revision = failure.revision
    if not go_on(walk, applied, ()) or not apply(walk, revision, failed):
        return False
    if revision not in failed:
        walk.give_up(
            [revision],
            f"a made-up row stops its upgrade, {failure.error}, and only "
            "rows show what is copied",
        )
    return True


def _told(revision: str, seen: list[Seen], judge: Judge) -> Iterator[str]:
    for one in seen:
        text = judge(revision, one)
        if text:
            first, *more = one.statement.splitlines()
            yield (
                f"statement {one.number}: {first[:200]}"
                + (" ..." if more else "")
                + f"\n  {text}"
            )


def _filled(walk: Walk, revision: str) -> set[str]:
    """Give tables a row where only that shows what is done to them."""
    database = walk.database
    if all(
        database.on(name).engine.dialect.name not in _COPY
        for name in database.databases
    ):
        return set()
    return fill_named(walk, revision, 1)


def _watch(
    database: MigrationContext, revision: str, filled: set[str]
) -> list[Seen]:
    """Apply a revision, and say what its statements did."""
    names = database.databases
    watch: Watched
    if any(database.on(one).engine.dialect.name in _COPY for one in names):
        watch = MySQLWatch(tables=filled)
    else:
        watch = PostgreSQLWatch(
            exclude=tuple(database.on(one).version_table for one in names),
            own_timeout=_mark_timeout(database),
        )

    def plan(*_: Any) -> Iterator[MigrationStep]:
        if revision not in database.applied:
            yield step_up(database, revision)

    database.run_uncut(plan, watch=watch)
    return watch.seen


def _mark_timeout(database: MigrationContext) -> int:
    """Make the kit's own ``lock_timeout``, in milliseconds, one that nobody
    else would set; return it."""
    own = int(database.config.lock_timeout * 1000) + 7
    for target in database._databases.targets:
        # Half a millisecond more, for the way down to whole ones.
        target.database.lock_timeout = (own + 0.5) / 1000
    return own
