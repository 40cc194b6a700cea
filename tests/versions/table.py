"""What do the docs show of the outcomes?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.versions.matrix import CHECKOUT, combinations
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
virtual environment, on SQLite and, where "servers" says so, on PostgreSQL and
MariaDB.

.. list-table::
   :header-rows: 1

   * - Python
     - SQLAlchemy
     - Alembic
     - SQLite
     - servers
     - tests
     - on
"""


def keep(outcomes: Mapping[str, Outcome], date: str) -> None:
    """Write the results, each in place of an earlier one of the same
    combination, and the page made of all.

    :param outcomes: by combination.
    """
    kept: dict[str, Any] = {}
    if RESULTS.exists():
        kept = json.loads(RESULTS.read_text("utf-8"))
    for combination, one in outcomes.items():
        kept[combination] = {"date": date, **dataclasses.asdict(one)}
    known = [str(one) for one in combinations()]
    kept = {name: kept[name] for name in known if name in kept}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page that the kept results give."""
    kept = json.loads(RESULTS.read_text("utf-8"))
    servers = {str(one): one.servers for one in combinations()}
    return HEAD + "".join(
        _row({**one, "servers": "yes" if servers[name] else "no"})
        for name, one in kept.items()
    )


def _row(kept: Mapping[str, Any]) -> str:
    cells = [
        kept[name] or "-"
        for name in (
            "python", "sqlalchemy", "alembic", "sqlite", "servers", "counts",
            "date",
        )
    ]
    first, *others = (f"     - {cell}\n" for cell in cells)
    return first.replace("     - ", "   * - ", 1) + "".join(others)
