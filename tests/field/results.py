"""What is kept of the runs, and the page of the docs that is made of it.

``results.json`` has when and on what each history ran, and how long that
took; what was found there is in the expectations, which every run is held to.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests import servers
from tests.field import deep
from tests.field.environments import python_of
from tests.field.expectations import HISTORIES
from tests.field.findings import MARIADB, POSTGRESQL, SQLITE, Finding
from tests.field.on_servers import NOT_UP, histories_on
from tests.field.running import CHECKOUT
from tests.field.trials import FieldTest

RESULTS = Path(__file__).parent / "results.json"
PAGE = CHECKOUT / "docs" / "field-trials.rst"

FAMILIES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL", MARIADB: "MariaDB"}

NOT_RUN = "not run"

#: A row of a history's table: what is found, on which kinds of database, and
#: why that is so of which revision (``-``: of the whole).
Row = tuple[str, Sequence[str], Mapping[str, str]]

#: The distribution of a history that is not called like it.
DISTRIBUTIONS = {
    "quetz": "quetz-server", "placement": "openstack-placement",
    "nova_api": "nova", "mlflow": "mlflow-skinny",
}

ASK = """\
import importlib.metadata as m, json, platform, sqlite3, sys
print(json.dumps([m.version(sys.argv[1]), m.version("alembic"),
    m.version("sqlalchemy"), platform.python_version(),
    sqlite3.sqlite_version]))
"""

#: What the kinds of findings are called on the page.
KINDS = {
    "upgrade": "the upgrade fails",
    "step": "the upgrade fails by itself",
    "downgrade": "the downgrade fails",
    "second-upgrade": "the upgrade fails after the downgrade",
    "trace": "the downgrade does not restore the schema",
    "second-trace": "the second upgrade gives another schema",
    "drift": "models and migrations differ",
    "unregistered": "env.py does not know all models",
}

#: What the deep checks are called on the page.
DEEP_CHECKS = {
    deep.UPGRADES: "upgrade over rows",
    deep.DOWNGRADES: "downgrade over rows",
    deep.LOSSES: "loss of data",
    deep.COMPATIBLE: "the release before",
    deep.BLOCKING: "blocking work",
    deep.ATOMIC: "half-way failure",
    deep.OFFLINE: "offline SQL",
    deep.HEALTHY: "health at head",
    deep.INDEXED: "foreign keys without index",
}


# -- keeping ------------------------------------------------------------------


def keep(
    trials: Iterable[type[FieldTest]], deeper: Iterable[str], date: str
) -> None:
    """Keep what was run, in place of earlier runs of the same, and write the
    page."""
    kept = read()
    for trial in trials:
        if trial.outcomes:
            name = trial.history.name
            kept.setdefault(name, {})[trial.family] = {
                "date": date, **_run_on(trial)
            }
    for name in deeper:
        kept.setdefault(name, {})["deep"] = date
    ordered = {name: kept[name] for name in HISTORIES if name in kept}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(ordered), "utf-8")


def read() -> dict[str, Any]:
    """What is kept."""
    if not RESULTS.exists():
        return {}
    found: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return found


def _run_on(trial: type[FieldTest]) -> dict[str, Any]:
    history = trial.history
    distribution = DISTRIBUTIONS.get(history.name, history.name)
    said = subprocess.run(
        [python_of(history.lock), "-c", ASK, distribution],
        check=True, capture_output=True, text=True,
    ).stdout
    release, alembic, sqlalchemy, python, sqlite = json.loads(said)
    return {
        "release": release,
        "alembic": alembic,
        "sqlalchemy": sqlalchemy,
        "python": python,
        "server": sqlite if trial.family == SQLITE else _server(trial.family),
        "seconds": round(
            sum(one["seconds"] for one in trial.outcomes.values()), 1
        ),
    }


def _server(family: str) -> str:
    question = "SHOW server_version"
    if family == MARIADB:
        question = "SELECT VERSION()"
    answer: str = servers.ask(servers.server_url(family), question)[0][0]
    return answer.replace("-", " ").split()[0]


# -- the page -----------------------------------------------------------------

HEAD = """\
Field trials
============

.. This page is written by "python -m tests.field --all --deep --write".

Histories of real projects, as they are published: each is installed with all
that it needs at fixed releases, its env.py is used as it is, and every check
of ``HistoryChecks`` is run, on some histories those of ``DataChecks`` and
``DeploymentChecks`` too. What the checks say must be what Alembic's own
commands show, ``pg_dump``, ``mariadb-dump`` and ``sqlite_master`` telling the
schema: a script without the kit reproduces each finding of a history, one by
one, and the same run compares the two. Each finding was read in the migration
that it names; what is listed here is true.

``python -m tests.field`` repeats it.

.. list-table::
   :header-rows: 1

   * - project
     - revisions
     - {columns}
     - findings
"""

EXPLAINED = """
The figures are the seconds that the six checks of ``HistoryChecks`` took,
env.py and the project's own imports among them, on a machine with two cores
that had other work besides; "no" stands where the history does not go up on
an empty database{missing}. Run {runs}.

"""
MISSING = ', "not run" where nobody has tried yet'


def page(kept: Mapping[str, Any]) -> str:
    """The page that kept results give."""
    text = HEAD.format(columns="\n     - ".join(FAMILIES.values()))
    for name, runs in kept.items():
        text += _row(name, runs)
    missing = MISSING if f"- {NOT_RUN}\n" in text else ""
    text += EXPLAINED.format(runs=_when(kept), missing=missing)
    for name, runs in kept.items():
        text += _section(name, runs)
    return text


def _row(name: str, runs: Mapping[str, Any]) -> str:
    seconds = [
        str(runs[family]["seconds"]) if family in runs
        else "no" if (name, family) in NOT_UP else NOT_RUN
        for family in FAMILIES
    ]
    number = sum(len(reasons) for _, _, reasons in _findings(name, runs))
    cells = [
        f":ref:`{name} <field {name}>`",
        str(len(HISTORIES[name].revisions)),
        *seconds,
        str(number),
    ]
    first, *others = (f"     - {cell}\n" for cell in cells)
    return first.replace("     - ", "   * - ", 1) + "".join(others)


def _when(kept: Mapping[str, Any]) -> str:
    dates = sorted(
        {
            one["date"]
            for runs in kept.values()
            for family, one in runs.items()
            if family != "deep"
        }
    )
    return " to ".join(dict.fromkeys((dates[0], dates[-1])))


def _section(name: str, runs: Mapping[str, Any]) -> str:
    first = runs[next(family for family in FAMILIES if family in runs)]
    title = f"{DISTRIBUTIONS.get(name, name)} {first['release']}"
    on = ", ".join(
        f"{FAMILIES[family]} {runs[family]['server']}"
        for family in FAMILIES
        if family in runs
    )
    text = (
        f".. _field {name}:\n\n{title}\n{'-' * len(title)}\n\n"
        f"{len(HISTORIES[name].revisions)} revisions; on {on}; Python "
        f"{first['python']}, SQLAlchemy {first['sqlalchemy']}, Alembic "
        f"{first['alembic']}.\n\n"
    )
    rows = _findings(name, runs)
    if not rows:
        return text + "Nothing was found.\n\n"
    return text + "".join(_table(rows)) + "\n"


def _table(rows: Iterable[Row]) -> Iterator[str]:
    yield ".. list-table::\n   :header-rows: 1\n\n"
    yield "   * - revision\n     - finding\n     - on\n     - why\n"
    for kind, families, reasons in rows:
        by_reason: dict[str, list[str]] = {}
        for revision, why in reasons.items():
            by_reason.setdefault(why, []).append(revision)
        for why, revisions in by_reason.items():
            names = ", ".join(
                f"``{one}``" for one in revisions if one != "-"
            )
            on = ", ".join(FAMILIES[family] for family in families)
            yield f"   * - {names or 'all'}\n     - {kind}\n"
            yield f"     - {on}\n     - {_escaped(why)}\n"


def _escaped(text: str) -> str:
    for sign in "\\*`|_":
        text = text.replace(sign, f"\\{sign}")
    return text


def _findings(name: str, runs: Mapping[str, Any]) -> list[Row]:
    rows = _told(name)
    return rows + _deep(name) if "deep" in runs else rows


def _told(name: str) -> list[Row]:
    """What the checks of a history find."""
    where: dict[tuple[str, str, str], list[str]] = {}
    for family, history in histories_on(name).items():
        for finding in history.findings:
            for revision, kind in _things(finding):
                key = kind, finding.why, revision
                where.setdefault(key, []).append(family)
    grouped: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (kind, why, revision), families in where.items():
        grouped.setdefault((kind, why, tuple(families)), []).append(revision)
    return [
        (kind, families, dict.fromkeys(revisions, why))
        for (kind, why, families), revisions in grouped.items()
    ]


def _things(finding: Finding) -> Iterator[tuple[str, str]]:
    """Revision and kind of what a finding shows, the gravest of each."""
    if finding.harmless:
        return
    kinds: dict[str, set[str]] = {}
    for line in finding.lines:
        revision, kind = line.split()[:2]
        kinds.setdefault(revision, set()).add(kind)
    for revision, found in kinds.items():
        yield revision, ", ".join(
            said for kind, said in KINDS.items() if kind in found
        )


def _deep(name: str) -> list[Row]:
    """What the deep checks find."""
    rows: list[Row] = []
    for check, found in deep.DEEP.get(name, {}).items():
        on: dict[tuple[str, str], list[str]] = {}
        for family in deep.families_of(name):
            reasons = found.on(family)
            if not isinstance(reasons, str):
                for item in reasons.items():
                    on.setdefault(item, []).append(family)
        grouped: dict[tuple[str, ...], dict[str, str]] = {}
        for (revision, why), families in on.items():
            grouped.setdefault(tuple(families), {})[revision] = why
        rows += [
            (DEEP_CHECKS[check], families, reasons)
            for families, reasons in grouped.items()
        ]
    return rows
