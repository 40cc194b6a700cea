"""The run that the docs show: as it was measured, and the page made of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from tests.benchmarks import tables
from tests.benchmarks.environments import CHECKOUT
from tests.benchmarks.measurements import (
    Case,
    Growth,
    ImportTime,
    Measurement,
    Report,
    Server,
)

RESULTS = Path(__file__).parent / "results.json"
PAGE = CHECKOUT / "docs" / "benchmarks.rst"


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
