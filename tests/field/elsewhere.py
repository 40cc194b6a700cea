"""What is so of a history on another kind of database than SQLite.

Where much differs, the lines that Alembic's own commands give there are kept
beside, in ``lines``, and only their reasons are written here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.field.expectations import HISTORIES
from tests.field.findings import Expected, Finding, History

LINES = Path(__file__).parent / "lines"


def same(
    name: str,
    without: tuple[str, ...] = (),
    findings: tuple[Finding, ...] = (),
    checks: Mapping[str, Expected] | None = None,
) -> History:
    """What is so on SQLite, but for some lines, and with others."""
    history = HISTORIES[name]
    kept = []
    for finding in history.findings:
        lines = tuple(
            line
            for line in finding.lines
            if not line.startswith(without)
        )
        if lines:
            kept.append(dataclasses.replace(finding, lines=lines))
    return dataclasses.replace(
        history,
        findings=(*kept, *findings),
        checks={**history.checks, **(checks or {})},
        production=None,
    )


def told(
    name: str,
    family: str,
    reasons: Mapping[str, str],
    checks: Mapping[str, Expected],
    harmless: Iterable[str] = (),
) -> History:
    """What the kept lines say, each with its reason.

    :param reasons: what lines begin with -> why; the longest counts. Behind
        them stand SQLite's, by line and by revision.
    :param harmless: the reasons of what is no defect, beside SQLite's.
    """
    revisions, heads, *lines = (
        (LINES / f"{name}.{family}.txt").read_text("utf-8").splitlines()
    )
    there = HISTORIES[name]
    known = {**_reasons_of(there), **reasons}
    grouped: dict[str, list[str]] = {}
    for line in lines:
        begins = [one for one in known if line.startswith(one)]
        if not begins:
            raise LookupError(f"{name}, {family}: why {line!r}?")
        grouped.setdefault(known[max(begins, key=len)], []).append(line)
    fine = {
        *harmless, *(one.why for one in there.findings if one.harmless)
    }
    return dataclasses.replace(
        there,
        revisions=tuple(revisions.split()[3:]),
        heads=tuple(heads.split()[3:]),
        findings=tuple(
            Finding(why, tuple(found), harmless=why in fine)
            for why, found in grouped.items()
        ),
        checks={**there.checks, **checks},
        production=None,
    )


def _reasons_of(history: History) -> dict[str, str]:
    found = {}
    for finding in history.findings:
        for line in finding.lines:
            revision = line.split()[0]
            found[line] = finding.why
            if revision != "-":
                found[f"{revision} "] = finding.why
    return found


def enum_stays(revision: str, *types: str, again: bool = True) -> Finding:
    lines = [f"{revision} trace left type {one}" for one in types]
    if again:
        lines.append(
            f"{revision} second-upgrade ProgrammingError: "
            f'type "{types[0]}" already exists'
        )
    return Finding(
        "the downgrade leaves the enum; "
        + ("the upgrade makes it again" if again else "the upgrade takes it"),
        tuple(lines),
    )
