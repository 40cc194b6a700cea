"""How is a report shown to a person?

One page that holds all it needs and asks the network for nothing. Without
JavaScript it is a long document with a list of links.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from migtestkit.cli.lanes import Row, columns_of, lay_out
from migtestkit.cli.page import part

__unittest = True

Data = Mapping[str, Any]

#: Class of a state, and its sign in words.
STATES = {
    "passed": "passed",
    "failed": "failed",
    "partly tested": "partly",
    "not judged": "none",
}
_STEP, _HEIGHT, _MARGIN = 14, 30, 12


def render(report: Data) -> str:
    """Return the page of a report.

    :param report: as :func:`~migtestkit.cli.report.make_report` returns it.
    """
    revisions = report["revisions"]
    project, versions = report["project"], report["versions"]
    good = not (
        report["summary"]["failed"] or report["summary"]["could_not_run"]
    )
    count = len(revisions)
    return string.Template(part("page.html")).substitute(
        title=escape(f"Migrations of {project['config'] or 'a project'}"),
        style=part("style.css"),
        script=part("script.js"),
        heading=escape(project["config"] or "Alembic's configuration"),
        facts=escape(_facts(report)),
        verdict="good" if good else "bad",
        summary=escape(_summary(report["summary"])),
        open=" open" if _belongs_to_no_revision(report) else "",
        checked=_checked(report["checks"]),
        checks="\n".join(map(_check, report["checks"])),
        timeline=_timeline(revisions),
        count=f"{count} of {count}",
        rows=_rows(revisions),
        articles="\n".join(map(_article, reversed(revisions))),
        foot=escape(
            f"migtestkit {versions['migtestkit']}, {report['created']}"
        ),
    )


def _facts(report: Data) -> str:
    versions, selection = report["versions"], report["selection"]
    parts = [
        _several(len(report["revisions"]), "revision"),
        f"head {', '.join(report['graph']['heads']) or 'none'}",
    ]
    if selection["since"] or selection["shard"]:
        words = [f"since {selection['since']}"] if selection["since"] else []
        if selection["shard"]:
            words.append(f"shard {selection['shard']}")
        parts.append(f"{', '.join(words)}: {selection['judged']} judged")
    parts += [
        f"{one['dialect']} {one['version']} ({one['driver']})"
        for one in versions["databases"]
    ]
    parts += [
        f"Alembic {versions['alembic']}",
        f"SQLAlchemy {versions['sqlalchemy']}",
        f"Python {versions['python']}",
    ]
    return " \N{MIDDLE DOT} ".join(parts)


def _summary(summary: Mapping[str, int]) -> str:
    parts = [
        f"{summary[name]} {name}" for name in ("passed", "failed", "skipped")
    ]
    parts += [
        f"{summary[name]} {words}"
        for name, words in (
            ("could_not_run", "could not run"), ("not_run", "not run")
        )
        if summary[name]
    ]
    return ", ".join(parts)


def _several(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    if seconds >= 10:
        return f"{seconds:.0f} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.1f} ms"


# -- checks -------------------------------------------------------------------


def _belongs_to_no_revision(report: Data) -> bool:
    """Say whether a check failed of which no revision tells."""
    told = {
        finding["check"]
        for one in report["revisions"]
        for finding in one["findings"]
    }
    return any(
        one["outcome"] in ("failed", "could not run")
        and one["name"] not in told
        for one in report["checks"]
    )


def _checked(checks: Sequence[Data]) -> str:
    bad = [
        _words(one["name"])
        for one in checks
        if one["outcome"] in ("failed", "could not run")
    ]
    if not bad:
        return "Checks"
    return (
        'Checks <span class="outcome-failed">\N{EM DASH} '
        f"{escape(', '.join(bad))}</span>"
    )


def _words(check: str) -> str:
    return check.removeprefix("test_").replace("_", " ")


def _check(check: Data) -> str:
    outcome = check["outcome"]
    style = {
        "passed": "passed", "failed": "failed", "could not run": "error",
    }.get(outcome, "skipped")
    text = escape(check["catches"].replace("``", ""))
    if check["text"] and outcome == "skipped":
        text += f"<br><em>{escape(check['text'])}</em>"
    elif check["text"]:
        text += f"<details><summary>text</summary>{_pre(check['text'])}"
        text += "</details>"
    return (
        f"<tr><td>{escape(_words(check['name']))}</td>"
        f'<td class="outcome-{style}">{escape(outcome)}</td>'
        f'<td class="number">{_time(check["seconds"])}</td><td>{text}</td>'
        "</tr>"
    )


# -- the list -----------------------------------------------------------------


def _rows(revisions: Sequence[Data]) -> str:
    by_id = {one["id"]: one for one in revisions}
    rows = lay_out(revisions)
    width = columns_of(rows) * _STEP + _MARGIN
    return "\n".join(_item(by_id[row.revision], row, width) for row in rows)


def _item(one: Data, row: Row, width: int) -> str:
    state = STATES[one["state"]]
    badges = [f'<span class="badge">{escape(name)}</span>'
              for name in one["labels"]]
    if one["findings"]:
        badges.append(
            '<span class="badge failed">'
            f"{_several(len(one['findings']), 'finding')}</span>"
        )
    elif state in ("partly", "none"):
        badges.append(
            f'<span class="badge {state}">{escape(one["state"])}</span>'
        )
    return (
        f'<li class="{state}" data-article="{_anchor(one["id"])}">'
        f'<a href="#{_anchor(one["id"])}">{_drawing(row, state, width)}'
        f'<span class="id">{escape(one["id"])}</span>'
        f'<span class="message">{escape(one["message"])}</span>'
        f"{''.join(badges)}</a></li>"
    )


def _anchor(revision: str) -> str:
    return f"r-{escape(revision, quote=True)}"


def _drawing(row: Row, state: str, width: int) -> str:
    middle, dot = _HEIGHT / 2, _x(row.column)
    parts = []
    for line in row.lines:
        style = "rail dashed" if line.dashed else "rail"
        start, top = _x(line.start), 0.0
        end, bottom = _x(line.end), float(_HEIGHT)
        if line.start is None:
            start, top = dot, middle
        if line.end is None:
            end, bottom = dot, middle
        bend = (top + bottom) / 2
        parts.append(
            f'<path class="{style}" d="M{start} {top:g}C{start} {bend:g} '
            f'{end} {bend:g} {end} {bottom:g}"/>'
        )
    parts.append(f'<circle class="dot" cx="{dot}" cy="{middle:g}" r="6"/>')
    if state == "failed":
        parts.append(
            f'<path class="mark" d="M{dot - 2.5:g} {middle - 2.5:g}l5 5m0-5'
            'l-5 5"/>'
        )
    elif state == "partly":
        parts.append(
            f'<path class="mark" d="M{dot - 3:g} {middle:g}h6"/>'
        )
    return (
        f'<svg width="{width}" height="{_HEIGHT}" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )


def _x(column: int | None) -> int:
    return _MARGIN + (column or 0) * _STEP


# -- cost ---------------------------------------------------------------------


def _cost(one: Data) -> float:
    return sum(float(upgrade["seconds"]) for upgrade in one["upgrades"])


def _timeline(revisions: Sequence[Data]) -> str:
    costs = [_cost(one) for one in revisions]
    most = max(costs, default=0.0)
    if not most:
        return "<p><span>No upgrade was timed.</span></p>"
    bars = []
    for at, (one, cost) in enumerate(zip(revisions, costs)):
        # By the root: else one slow revision hides all others.
        height = max((cost / most) ** 0.5 * 100, 1.5) if cost else 0
        words = f"{one['id']} {one['message']}: {_time(cost)}"
        bars.append(
            f'<a href="#{_anchor(one["id"])}" class="{STATES[one["state"]]}" '
            f'tabindex="-1"><title>{escape(words)}</title>'
            f'<rect class="ground" x="{at}" y="0" width="1" height="100"/>'
            f'<rect x="{at + 0.1:g}" y="{100 - height:.2f}" width="0.8" '
            f'height="{height:.2f}"/></a>'
        )
    return (
        f"<p><span>Time of each upgrade, the oldest first; "
        f"{_time(sum(costs))} in all</span><span>highest bar: {_time(most)}"
        f'</span></p><svg viewBox="0 0 {len(revisions)} 100" '
        f'preserveAspectRatio="none" role="img" aria-label="Time of each '
        f'upgrade">{"".join(bars)}</svg>'
    )


# -- one revision -------------------------------------------------------------


def _article(one: Data) -> str:
    state = one["state"]
    parts = [
        f'<article id="{_anchor(one["id"])}">',
        f'<h2><span class="id">{escape(one["id"])}</span> '
        f"{escape(one['message'])}</h2>",
        f'<p class="about"><span class="state {STATES[state]}">'
        f"{escape(state)}</span> \N{MIDDLE DOT} {_relations(one)}</p>",
        f'<p class="about"><code>{escape(one["file"])}</code></p>',
    ]
    parts += _findings(one["findings"])
    if one["not_tested"]:
        parts.append("<h3>Not tested</h3><ul>")
        parts += [
            f"<li>{escape(each['check'])}: {escape(each['reason'])}</li>"
            for each in one["not_tested"]
        ]
        parts.append("</ul>")
    for upgrade in one["upgrades"]:
        parts += _upgrade(upgrade)
    parts += _work(one["work"])
    if not one["upgrades"]:
        parts.append('<p class="about">Its upgrade was not recorded.</p>')
    parts.append("</article>")
    return "\n".join(parts)


def _relations(one: Data) -> str:
    parts = []
    if one["down_revisions"]:
        parts.append("after " + _links(one["down_revisions"]))
    else:
        parts.append("a base")
    if one["depends_on"]:
        parts.append("depends on " + _links(one["depends_on"]))
    if one["labels"]:
        parts.append("branch " + escape(", ".join(one["labels"])))
    if one["is_merge"]:
        parts.append("merge")
    if one["is_head"]:
        parts.append("head")
    return " \N{MIDDLE DOT} ".join(parts)


def _links(revisions: Iterable[str]) -> str:
    return ", ".join(
        f'<a class="id" href="#{_anchor(one)}">{escape(one)}</a>'
        for one in revisions
    )


def _findings(findings: Sequence[Data]) -> list[str]:
    if not findings:
        return []
    parts = ["<h3>Findings</h3>"]
    for one in findings:
        parts.append(
            f'<div class="finding"><p><strong>{escape(one["phase"])}</strong>'
            f" ({escape(_words(one['check']))})</p>{_pre(one['text'])}"
            f'<p class="fix"><strong>To do:</strong> {escape(one["fix"])}</p>'
            "</div>"
        )
    return parts


def _upgrade(upgrade: Data) -> list[str]:
    where = f" of {upgrade['database']}" if upgrade["database"] else ""
    rows = upgrade["rows"]
    parts = [
        f"<h3>Upgrade{escape(where)}: {_time(upgrade['seconds'])}, "
        f"{_several(upgrade['statement_count'], 'statement')}, "
        f"{_several(rows, 'row')} written</h3>"
    ]
    if upgrade["error"]:
        parts.append(f'<div class="finding">{_pre(upgrade["error"])}</div>')
    if upgrade["schema"]:
        parts.append('<ul class="changes" aria-label="Changes of the schema">')
        parts += [
            f'<li class="{escape(one["change"])}">{escape(_change(one))}</li>'
            for one in upgrade["schema"]
        ]
        parts.append("</ul>")
    if upgrade["statements"]:
        parts.append("<h3>Statements</h3>")
        parts.append('<ol class="statements">')
        parts += map(_statement, upgrade["statements"])
        parts.append("</ol>")
    left = upgrade["statement_count"] - len(upgrade["statements"])
    if left:
        parts.append(f'<p class="about">and {left} more</p>')
    return parts


def _work(work: Sequence[Data]) -> list[str]:
    if not work:
        return []
    parts = ["<h3>Locks and rewrites</h3>", '<ol class="statements">']
    for one in work:
        told = [f"rewrites table {table}" for table in one["rewritten"]]
        told += [
            f"goes through all rows of table {table}"
            for table in one["scanned"]
            if table not in one["rewritten"]
        ]
        told += [_lock(lock, one["statement"]) for lock in one["locks"]]
        parts.append(f'<li value="{one["statement"]}">{_pre(one["sql"])}<ul>')
        parts += [f"<li>{escape(words)}</li>" for words in told]
        parts.append("</ul></li>")
    return [*parts, "</ol>"]


def _lock(lock: Data, statement: int) -> str:
    who = " and ".join(lock["keeps_off"])
    since = ""
    if lock["since"] != statement:
        since = f", held since statement {lock['since']}"
    return f"keeps {who} off table {lock['table']}: {lock['mode']}{since}"


def _change(one: Data) -> str:
    table = f"table {one['table']}: " if one["table"] else ""
    what = f"{table}{one['kind']} {one['name'] or ''}".rstrip()
    if one["change"] == "changed":
        return f"{what}: {one['before']} \N{RIGHTWARDS ARROW} {one['after']}"
    definition = one["after"] if one["change"] == "added" else one["before"]
    return f"{what} {definition}" if definition else what


def _statement(one: Data) -> str:
    rows = "" if one["rows"] is None else f", {_several(one['rows'], 'row')}"
    return (
        f'<li>{_pre(one["sql"])}<span class="cost">{_time(one["seconds"])}'
        f"{rows}</span></li>"
    )


def _pre(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"
