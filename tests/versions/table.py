"""What do the docs show of the outcomes?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.versions.matrix import CHECKOUT, Combination, combinations
from tests.versions.running import Outcome

RESULTS = Path(__file__).parent / "results.json"
PAGE = CHECKOUT / "docs" / "reference" / "versions.rst"
README = CHECKOUT / "README.rst"

HEAD = """\
Versions
========

.. This page is written by "python -m tests.versions --write".

The tests of the kit run on Python 3.10 and later, SQLAlchemy 2.0 and 2.1, and
Alembic 1.13 and later. ``.ci/run`` runs them on the newest releases and on the
oldest; ``python -m tests.versions`` runs them on all of these, each in a new
virtual environment, on SQLite and, where "servers" says so, on PostgreSQL and
MariaDB.

"""
#: Between these lines README shows the same.
BEGIN = '.. Written by "python -m tests.versions --write":\n'
END = "\n.. (The end of what is written.)\n"

#: What a column is called, and what stands in it.
COLUMNS = {
    "Python": "python",
    "SQLAlchemy": "sqlalchemy",
    "Alembic": "alembic",
    "SQLite": "sqlite",
    "servers": "servers",
    "tests": "counts",
    "on": "date",
}
#: A combination, and how it ended, if it was run.
Run = tuple[Combination, "Mapping[str, Any] | None"]
SHORT = ("Python", "SQLAlchemy", "Alembic", "servers", "tests")


def keep(outcomes: Mapping[str, Outcome], date: str) -> None:
    """Write the results, each in place of an earlier one of the same
    combination, and the page made of all.

    :param outcomes: by combination.
    """
    kept = _kept() if RESULTS.exists() else {}
    for combination, one in outcomes.items():
        kept[combination] = {"date": date, **dataclasses.asdict(one)}
    known = [str(one) for one in combinations()]
    kept = {name: kept[name] for name in known if name in kept}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(), "utf-8")
    README.write_text(readme(README.read_text("utf-8")), "utf-8")


def page() -> str:
    """Return the page that the kept results give."""
    return HEAD + _table(tuple(COLUMNS), _runs())


def readme(text: str) -> str:
    """Return README's text with the table of what was run."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise LookupError(f"README has no {BEGIN!r} with {END!r} behind it")
    table = _table(SHORT, [run for run in _runs() if run[1] is not None])
    return f"{before}{begin}\n{table}{end}{after}"


def _kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return found


def _runs() -> list[Run]:
    kept = _kept()
    return [(one, kept.get(str(one))) for one in combinations()]


def _table(columns: Sequence[str], runs: Sequence[Run]) -> str:
    rows = [
        [_cell(column, *run) for column in columns] for run in runs
    ]
    head = ".. list-table::\n   :header-rows: 1\n\n"
    return head + "".join(map(_row, (columns, *rows)))


def _cell(
    column: str, combination: Combination, kept: Mapping[str, Any] | None
) -> str:
    if column == "servers":
        return "yes" if combination.servers else "no"
    if kept is not None:
        return kept[COLUMNS[column]] or "-"
    asked = {
        "Python": combination.python,
        "SQLAlchemy": combination.sqlalchemy or "newest",
        "Alembic": combination.alembic or "newest",
        "tests": "not run",
    }
    return asked.get(column, "-")


def _row(cells: Sequence[str]) -> str:
    first, *others = (f"     - {cell}\n" for cell in cells)
    return first.replace("     - ", "   * - ", 1) + "".join(others)
