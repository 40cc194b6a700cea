"""What is known of a checked history, as data?"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import alembic
import sqlalchemy

from migtestkit.cli.check import CheckRun, Outcome, catches
from migtestkit.config import config_place
from migtestkit.context import MigrationContext
from migtestkit.context.blocking import cannot_watch, watch_work
from migtestkit.context.recording import RevisionRecord, record_upgrades
from migtestkit.context.work import Seen
from migtestkit.errors import MigtestkitError, redact
from migtestkit.history import RevisionHistory

__unittest = True

#: What a reader of the data looks at first. The version grows when a member
#: is taken away or changes its meaning; new members may come at any time.
FORMAT, VERSION = "migtestkit-report", 1
#: Of one revision; what is over is counted.
MOST_STATEMENTS, LONGEST_STATEMENT = 200, 4000


def make_report(run: CheckRun) -> dict[str, Any]:
    """Return all that is known after the checks ran, fit for JSON.

    :param run: the checks, and how they ended.
    """
    with MigrationContext(run.config) as context:
        history = context.history
        records, problem = _record(context, run)
        work, no_work = _work(context, run)
        return {
            "format": FORMAT,
            "version": VERSION,
            "created": datetime.datetime.now(datetime.timezone.utc).isoformat(
                timespec="seconds"
            ),
            "project": _project(context),
            "versions": _versions(context),
            "selection": {
                "since": run.selection.since,
                "shard": "{}/{}".format(*run.selection.shard)
                if run.selection.shard
                else None,
                "judged": len(
                    [r for r in history.revisions if run.scope.judges(r)]
                ),
            },
            "summary": _summary(run.outcome),
            "checks": _checks(run),
            "graph": {
                "heads": list(history.heads),
                "bases": list(history.bases),
                "labels": list(history.labels),
            },
            "recording_problem": problem,
            "work_problem": no_work,
            "revisions": [
                _revision(
                    one, history, run, records.get(one, []), work.get(one, [])
                )
                for one in history.revisions
            ],
        }


def dump(report: Mapping[str, Any]) -> str:
    """Return a report as JSON."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def _record(
    context: MigrationContext, run: CheckRun
) -> tuple[dict[str, list[RevisionRecord]], str]:
    """Return the records of each revision, or why there are none."""
    found: dict[str, list[RevisionRecord]] = {}
    try:
        for one in record_upgrades(context, run.scope):
            found.setdefault(one.revision, []).append(one)
    except MigtestkitError as error:
        return found, str(error)
    return found, ""


def _work(
    context: MigrationContext, run: CheckRun
) -> tuple[dict[str, list[Seen]], str]:
    """Return what each revision locks and goes through, or why that is not
    known."""
    try:
        reason = cannot_watch(context, copies=True)
        return ({} if reason else watch_work(context, run.scope)), reason
    except MigtestkitError as error:
        return {}, str(error)


def _project(context: MigrationContext) -> dict[str, Any]:
    config = context.environment.config
    return {
        "config": config_place(config),
        "section": config.config_ini_section,
        "env": context.environment.env_path,
        "scripts": os.fspath(context.environment.scripts.directory.dir),
    }


def _versions(context: MigrationContext) -> dict[str, Any]:
    try:
        own = metadata.version("migtestkit")
    except metadata.PackageNotFoundError:
        own = ""
    return {
        "migtestkit": own,
        "python": platform.python_version(),
        "alembic": alembic.__version__,
        "sqlalchemy": sqlalchemy.__version__,
        "databases": _databases(context),
    }


def _databases(context: MigrationContext) -> list[dict[str, Any]]:
    found = []
    try:
        for name in context.databases:
            with context.connect(database=name) as connection:
                dialect = connection.dialect
                number = getattr(dialect, "server_version_info", None) or ()
                found.append(
                    {
                        "name": name,
                        "dialect": dialect.name,
                        "driver": dialect.driver,
                        "version": ".".join(map(str, number)),
                    }
                )
    except MigtestkitError:
        # The checks say why.
        return found
    return found


def _summary(outcome: Outcome) -> dict[str, int]:
    return {
        "passed": len(outcome.passed),
        "failed": len(outcome.failures),
        "skipped": len(outcome.skipped),
        "could_not_run": len(outcome.errors),
        "not_run": len(outcome.not_run),
    }


def _checks(run: CheckRun) -> list[dict[str, Any]]:
    outcome = run.outcome
    found = []
    for name in run.names:
        text, state = "", "not run"
        for mapping, word in (
            (outcome.failures, "failed"),
            (outcome.errors, "could not run"),
            (outcome.skipped, "skipped"),
        ):
            if name in mapping:
                text, state = redact(mapping[name]), word
        if name in outcome.passed:
            state = "passed"
        found.append(
            {
                "name": name,
                "catches": catches(name),
                "outcome": state,
                "text": text,
                "seconds": round(outcome.seconds.get(name, 0.0), 4),
                "not_tested": outcome.notes.get(name, []),
            }
        )
    return found


def _revision(
    revision: str,
    history: RevisionHistory,
    run: CheckRun,
    records: Sequence[RevisionRecord],
    work: Sequence[Seen],
) -> dict[str, Any]:
    script = history.script(revision)
    down = script.down_revision or ()
    down = [down] if isinstance(down, str) else list(down)
    parents = list(history.parents(revision))
    return {
        "id": revision,
        "parents": parents,
        "down_revisions": down,
        "depends_on": [one for one in parents if one not in down],
        "labels": list(history.label(revision)),
        "message": history.message(revision),
        "file": history.path(revision),
        "is_merge": history.is_merge(revision),
        "is_head": revision in history.heads,
        "judged": run.scope.judges(revision),
        "state": _state(revision, run),
        "findings": [
            {
                "check": one.check,
                "phase": one.phase,
                "text": redact(one.text),
                "fix": one.fix,
            }
            for one in run.outcome.findings
            if one.revision == revision
        ],
        "not_tested": [
            {"check": check, "reason": reason}
            for check, reasons in run.outcome.untested.items()
            for one, reason in reasons.items()
            if one == revision
        ],
        "upgrades": [_upgrade(one) for one in records],
        "work": [_seen(one) for one in work[:MOST_STATEMENTS]],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "statement": seen.number,
        "sql": redact(seen.statement.strip())[:LONGEST_STATEMENT],
        "scanned": list(seen.scanned),
        "rewritten": list(seen.rewritten),
        "locks": [
            {
                "table": one.table,
                "mode": one.mode,
                "keeps_off": ["readers", "writers"]
                if one.reads
                else ["writers"],
                "since": one.since,
            }
            for one in seen.locks
        ],
    }


def _state(revision: str, run: CheckRun) -> str:
    if any(one.revision == revision for one in run.outcome.findings):
        return "failed"
    if not run.scope.judges(revision) or run.outcome.errors:
        return "not judged"
    if any(revision in one for one in run.outcome.untested.values()):
        return "partly tested"
    return "passed"


def _upgrade(record: RevisionRecord) -> dict[str, Any]:
    statements = record.statements
    return {
        "database": record.database,
        "seconds": round(record.seconds, 6),
        "rows": record.rows,
        "error": record.error,
        "statement_count": len(statements),
        "statements": [
            {
                "sql": one.sql[:LONGEST_STATEMENT],
                "seconds": round(one.seconds, 6),
                "rows": one.rows,
            }
            for one in statements[:MOST_STATEMENTS]
        ],
        "schema": [
            {
                "change": one.change,
                "kind": one.kind,
                "table": one.table,
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "text": one.describe(
                    before_label="before", after_label="after"
                ),
            }
            for one in record.changes
        ],
    }
