"""How is a report shown, on a terminal and as a page of the docs?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tests.benchmarks.histories import BRANCHED, EMPTY, LINEAR
from tests.benchmarks.measurements import (
    ALEMBIC,
    BARE,
    CONTESTANTS,
    MOVES,
    PEER,
    WORKS,
    Ratio,
    Report,
    Row,
    Seconds,
    rows_of,
)
from tests.benchmarks.targets import verdicts

Line = Sequence[str]

_NAMED_ERROR = re.compile(r"[\w.]*(Error|Exception|Failed|Failure)\b.*:")

HISTORY_WORDS = {
    LINEAR: "20% create a table, 40% add a column, 20% create an index, 20% "
    "insert a row",
    EMPTY: "each revision executes SELECT 1 and nothing else",
    BRANCHED: "as lin, in blocks of 20 with two branches of seven and a merge",
}

PAGE = """\
.. This page is written by "python -m tests.benchmarks --keep".

Benchmarks
==========

How long the kit takes, as ratios to others that do the same work, all from
one run of ``python -m tests.benchmarks`` on one machine. Times differ from
machine to machine and with its load, which hits all contestants alike, for
they take turns; the ratios are what to look at.

Every measurement is a process of its own with everything imported. Each
contestant has the same kind of empty database, the same settings, the same
scripts and the same ``env.py``; the scripts note every call, and a time counts
only if these notes show that the work was really done.

{body}
"""


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    return _document(report)


def as_page(report: Report) -> str:
    """Return the report as a page of the docs."""
    return PAGE.format(body=_document(report).rstrip())


def _document(report: Report) -> str:
    rows = rows_of(report.measurements)
    parts = [
        _section("Ratios to reach", _targets(report)),
        _section("Ratios", _ratios(rows)),
        _section("Medians", _medians(rows)),
        _section("Measured with", _facts(report)),
    ]
    if report.missing or any(row.errors or row.idle for row in rows):
        parts.append(_section("Missing", _missing(report, rows)))
    return "\n\n".join(parts) + "\n"


def _section(title: str, body: str) -> str:
    return f"{title}\n{'-' * len(title)}\n\n{body}"


def _targets(report: Report) -> str:
    lines = [
        (one.what, one.bound, one.reached, one.cpu, one.met)
        for one in verdicts(report)
    ]
    header = ("what", "bound", "wall", "CPU", "reached")
    return (
        "\"Against\" others: so many times faster; \"times\" the bare DDL: so "
        "many times\nas long. The wall time decides.\n\n"
        + simple_table(header, lines)
    )


def _ratios(rows: Iterable[Row]) -> str:
    lines = [
        (
            row.case.work,
            row.case.database,
            f"{row.case.history} {row.case.size}",
            _pair(row.faster_than(PEER)),
            _pair(row.faster_than(ALEMBIC)),
            _pair(row.times_as_long_as(BARE)),
            moves_cell(row),
        )
        for row in rows
    ]
    header = (
        "work",
        "database",
        "history",
        f"faster than {PEER}",
        f"faster than {ALEMBIC}",
        f"times {BARE}",
        "moves made",
    )
    legend = [
        f"* ``{work}``: {words}" for work, words in WORKS.items()
    ] + [f"* ``{name}``: {words}" for name, words in HISTORY_WORDS.items()]
    return (
        "Of wall time (of this process's CPU time), medians.\n\n"
        + simple_table(header, lines)
        + "\n\n"
        + "\n".join(map(_wrapped, legend))
    )


def _wrapped(line: str) -> str:
    if len(line) < 79:
        return line
    cut = line.rindex(" ", 0, 79)
    return f"{line[:cut]}\n  {line[cut + 1:]}"


def moves_cell(row: Row) -> str:
    """Say whose scripts' own notes show that the work was done."""
    if row.case.work not in MOVES:
        return "-"
    if row.idle:
        return f"NOT BY {', '.join(row.idle)}"
    return f"{MOVES[row.case.work]} by all {len(row.seconds)}"


def _medians(rows: Iterable[Row]) -> str:
    lines = [
        (
            row.case.work,
            row.case.database,
            f"{row.case.history} {row.case.size}",
            *(_seconds(row, name) for name in CONTESTANTS),
        )
        for row in rows
    ]
    header = ("work", "database", "history", *CONTESTANTS)
    return (
        "Milliseconds of wall time (of this process's CPU time) and how often "
        "measured.\n\n" + simple_table(header, lines)
    )


def _seconds(row: Row, name: str) -> str:
    if name in row.errors:
        return "failed"
    if name in row.idle:
        return "did not work"
    found = row.seconds.get(name)
    return _milliseconds(found) if found else ""


def _milliseconds(seconds: Seconds) -> str:
    return (
        f"{_number(seconds.wall * 1000)} ({_number(seconds.cpu * 1000)}) "
        f"x{seconds.count}"
    )


def _pair(ratio: Ratio | None) -> str:
    if ratio is None:
        return ""
    return f"{_number(ratio.wall)} ({_number(ratio.cpu)})"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _facts(report: Report) -> str:
    lines = [(name, value) for name, value in report.facts.items()]
    for server in report.servers:
        lines.append(
            (server.name, f"{server.about}; data on: {server.storage}")
        )
    if report.growth is not None:
        growth = report.growth
        one, two = (f"{cost:,.0f}" for cost in growth.per_step)
        short, long = growth.sizes
        lines.append(
            (
                f"{growth.unit} per step",
                f"{one} at {short} revisions, {two} at {long}: "
                f"{growth.ratio:.3f} times",
            )
        )
    lines += [
        (f"import after {one.before}", f"{one.seconds * 1000:.0f} ms")
        for one in report.imports
    ]
    return simple_table(("", ""), lines)


def _missing(report: Report, rows: Iterable[Row]) -> str:
    found = [f"* {one}" for one in report.missing]
    for row in rows:
        case = row.case
        where = f"{case.work}, {case.database}, {case.history} {case.size}"
        found += [
            f"* {where}: {name} failed: ``{headline(error)}``"
            for name, error in row.errors.items()
        ]
        found += [
            f"* {where}: {name} did not make the moves ``{MOVES[case.work]}`` "
            "with every revision"
            for name in row.idle
        ]
    return "\n".join(found)


def headline(error: str) -> str:
    """Return the line of an error, or of a traceback, that says it all."""
    lines = [line.strip() for line in error.strip().splitlines()]
    for line in lines:
        if _NAMED_ERROR.match(line) and not line.startswith("DidNotWork"):
            return line
    return lines[0] if lines else ""


def simple_table(header: Line, lines: Sequence[Line]) -> str:
    """Return a table that reads well as text and is reStructuredText."""
    # An empty first cell would continue the row above.
    shown = [header] if any(header) else []
    widths = [
        max(len(line[index]) for line in [*shown, *lines])
        for index in range(len(header))
    ]
    rule = "  ".join("=" * max(width, 1) for width in widths)
    text = [
        "  ".join(
            cell.ljust(width)
            for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in [*shown, *lines]
    ]
    if shown:
        return "\n".join([rule, text[0], rule, *text[1:], rule])
    return "\n".join([rule, *text, rule])
