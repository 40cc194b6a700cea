"""What do the docs show of the outcomes?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from tests.versions.matrix import CHECKOUT
from tests.versions.running import Outcome

RESULTS = Path(__file__).parent / "results.json"
PAGE = CHECKOUT / "docs" / "reference" / "versions.rst"

HEAD = """\
Versions
========

.. This page is written by "python -m tests.versions --write".

The tests of the kit run on Python 3.10 and later, SQLAlchemy 2.0 and 2.1, and
Alembic 1.13 and later. ``.ci/run`` runs them on the newest releases and on the
oldest; ``python -m tests.versions`` runs them on all of these, each in a new
virtual environment. On {date}:

.. list-table::
   :header-rows: 1

   * - Python
     - SQLAlchemy
     - Alembic
     - SQLite
     - tests
"""


def keep(outcomes: Sequence[Outcome], date: str) -> None:
    """Write the results, and the page made of them."""
    kept = {
        "date": date,
        "outcomes": [dataclasses.asdict(one) for one in outcomes],
    }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page that the kept results give."""
    kept = json.loads(RESULTS.read_text("utf-8"))
    rows = [Outcome(**one) for one in kept["outcomes"]]
    return HEAD.format(date=kept["date"]) + "".join(map(_row, rows))


def _row(outcome: Outcome) -> str:
    cells = (
        outcome.python,
        outcome.sqlalchemy,
        outcome.alembic,
        outcome.sqlite or "-",
        outcome.counts,
    )
    first, *others = (f"     - {cell}\n" for cell in cells)
    return first.replace("     - ", "   * - ", 1) + "".join(others)
