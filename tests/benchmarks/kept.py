"""The run that the docs show: as it was measured, and the page made of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from tests.benchmarks import tables
from tests.benchmarks.environments import CHECKOUT
from tests.benchmarks.histories import LINEAR
from tests.benchmarks.measurements import (
    NO_TRACE,
    OURS,
    PEER,
    UP_DOWN,
    Case,
    Growth,
    ImportTime,
    Measurement,
    Report,
    Row,
    Server,
    rows_of,
)

RESULTS = Path(__file__).parent / "results.json"
PAGE = CHECKOUT / "docs" / "benchmarks.rst"
#: What README says of the kept run.
SENTENCE = (
    "Taking each of 800 revisions up, down and up again took the kit {0} on "
    "SQLite, and pytest-alembic's test of the same name {1}; looking for what "
    "their downgrades leave behind took {2}, and {3}."
)


def as_json(report: Report) -> str:
    """Return all measurements for programs."""
    return json.dumps(dataclasses.asdict(report), indent=1) + "\n"


def from_json(text: str) -> Report:
    """Return the report that :func:`as_json` wrote."""
    found: dict[str, Any] = json.loads(text)
    measurements = [
        Measurement(**{**one, "case": Case(**one["case"])})
        for one in found.pop("measurements")
    ]
    servers = [Server(**one) for one in found.pop("servers")]
    imports = [ImportTime(**one) for one in found.pop("imports")]
    growth = found.pop("growth")
    if growth is not None:
        growth = Growth(
            growth["unit"],
            tuple(growth["sizes"]),
            tuple(growth["per_step"]),
        )
    return Report(
        servers=servers,
        measurements=measurements,
        imports=imports,
        growth=growth,
        **found,
    )


def keep(report: Report) -> None:
    """Write what was measured, and the page of the docs."""
    RESULTS.write_text(as_json(report), "utf-8")
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page that the kept run gives."""
    return tables.as_page(from_json(RESULTS.read_text("utf-8")))


def sentence() -> str:
    """Return what README says of the kept run."""
    report = from_json(RESULTS.read_text("utf-8"))
    rows = {row.case: row for row in rows_of(report.measurements)}
    return SENTENCE.format(
        *(
            _seconds(rows[Case(work, "sqlite", LINEAR, 800)], name)
            for work in (UP_DOWN, NO_TRACE)
            for name in (OURS, PEER)
        )
    )


def _seconds(row: Row, name: str) -> str:
    wall = row.seconds[name].wall
    return f"{wall:.0f} s" if wall >= 10 else f"{wall:.1f} s"
