"""Is all that a report holds on its page, and can the page be read?"""

from __future__ import annotations

import html.parser
import json
import random
import re
import unittest
from typing import Any

from migtestkit.cli.html import render
from migtestkit.cli.lanes import Line, columns_of, lay_out
from tests import zoo
from tests.support import random_history
from tests.test_cli import CommandTestCase

VOID = {"meta", "input", "br", "path", "circle", "rect"}


class Page(html.parser.HTMLParser):
    """Reads a page; refuses tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.sources += [
            value for name, value in attrs
            if name in ("src", "srcset", "data", "action") or (
                name == "href" and tag != "a"
            )
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        last = self.open.pop()
        assert last == tag, f"</{tag}> closes <{last}>"

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


class TestPage(CommandTestCase):
    def page(
        self, name: str, *words: str, status: int = 0
    ) -> tuple[Any, Page]:
        root = self.project(name)
        config = root / zoo.PROJECTS[name].config
        place, data = root / "report.html", root / "report.json"
        found, out, err = self.run_command(
            "check", "-c", str(config), "--html", str(place),
            "--json", str(data), *words,
        )
        self.assertEqual(found, status, out + err)
        self.assertIn(f"wrote {place}\n", out)
        self.source = place.read_text("utf-8")
        return json.loads(data.read_text("utf-8")), Page(self.source)

    def test_every_revision_has_a_row_a_bar_and_an_article(self):
        for name in ("linear", "merged_twice", "depends_on"):
            report, page = self.page(name)
            for one in report["revisions"]:
                anchor = f"r-{one['id']}"
                self.assertEqual(page.ids.count(anchor), 1)
                self.assertGreaterEqual(page.links.count(f"#{anchor}"), 2)
                self.assertIn(one["message"], page.text)
                self.assertIn(one["file"], page.text)

    def test_every_link_leads_somewhere_within_the_page(self):
        _, page = self.page("expand_contract")
        for link in page.links:
            self.assertIn(link.removeprefix("#"), page.ids)
            self.assertTrue(link.startswith("#"))

    def test_nothing_is_asked_of_the_network(self):
        _, page = self.page("linear")
        self.assertEqual(page.sources, [])
        self.assertIn("default-src 'none'", self.source)
        self.assertNotRegex(self.source, r"https?://|@import|url\(")

    def test_a_finding_with_the_way_to_repair_it(self):
        report, page = self.page("defect_leftover_view", status=1)
        [finding] = [one for revision in report["revisions"]
                     for one in revision["findings"]]
        for text in (finding["phase"], finding["text"], finding["fix"]):
            self.assertIn(" ".join(text.split()), page.text)
        self.assertIn("4 passed, 1 failed, 1 skipped", page.text)
        self.assertEqual(self.source.count('<li class="failed"'), 1)
        self.assertIn("Checks \N{EM DASH} downgrade leaves no trace",
                      page.text)
        self.assertNotIn('class="checks" open', self.source)

    def test_a_failure_that_no_revision_tells_of_is_in_sight(self):
        self.page("defect_models_drifted", status=1)
        self.assertIn('class="checks" open', self.source)

    def test_what_a_revision_does(self):
        report, page = self.page("linear")
        statements = report["revisions"][0]["upgrades"][0]["statements"]
        for one in statements:
            self.assertIn(" ".join(one["sql"].split()), page.text)
        self.assertIn("Upgrade:", page.text)
        self.assertRegex(self.source, '<li class="added">table author')

    def test_what_was_not_tested_and_what_was_not_judged(self):
        _, page = self.page("defect_downgrade_not_implemented")
        self.assertIn("Not tested", page.text)
        self.assertIn("NotImplementedError", page.text)
        self.assertEqual(self.source.count('<li class="partly"'), 1)
        _, page = self.page("linear", "--since", "r4")
        self.assertIn("since r4: 1 judged", page.text)
        self.assertEqual(self.source.count('<li class="none"'), 3)

    def test_several_databases(self):
        _, page = self.page(
            "multidb_edited",
            "--url", "engine1=sqlite://", "--url", "engine2=sqlite://",
        )
        self.assertIn("Upgrade of engine1:", page.text)
        self.assertIn("Upgrade of engine2:", page.text)

    def test_an_empty_history(self):
        _, page = self.page("empty")
        self.assertIn("0 revisions", page.text)
        self.assertIn("No upgrade was timed", page.text)

    def test_a_place_that_cannot_be_written_is_refused_at_once(self):
        root = self.project("linear")
        for place in (root / "missing" / "report.html", root):
            status, out, err = self.run_command(
                "check", "-c", str(root / "alembic.ini"), "--html", str(place)
            )
            self.assertEqual((status, out), (2, ""))
            self.assertIn(f"--html {place}: ", err)


class TestText(CommandTestCase):
    """Whatever stands in a migration, it stays text."""

    EVIL = "</script><script>alert(1)</script><b> $style ${script} &amp; '\""

    def report(self) -> Any:
        root = self.project("defect_leftover_view")
        place = root / "report.json"
        self.run_command(
            "check", "-c", str(root / "alembic.ini"), "--json", str(place)
        )
        return json.loads(place.read_text("utf-8"))

    def test_markup_is_shown_as_it_is(self):
        report = self.report()
        one = next(r for r in report["revisions"] if r["findings"])
        plain = Page(render(report))
        for place, name in (
            (one, "message"), (one, "file"), (one["findings"][0], "text"),
            (one["findings"][0], "fix"), (one["findings"][0], "phase"),
            (one["upgrades"][0]["statements"][0], "sql"),
            (one["upgrades"][0], "error"), (report["checks"][0], "text"),
            (report["project"], "config"),
        ):
            place[name] = self.EVIL
        one["labels"] = [self.EVIL]
        one["not_tested"] = [{"check": self.EVIL, "reason": self.EVIL}]
        one["work"] = [{
            "statement": 1, "sql": self.EVIL, "scanned": [self.EVIL],
            "rewritten": [], "locks": [{
                "table": self.EVIL, "mode": self.EVIL,
                "keeps_off": ["writers"], "since": 1,
            }],
        }]
        one["upgrades"][0]["schema"][0].update(
            table=self.EVIL, name=self.EVIL, after=self.EVIL
        )
        source = render(report)
        self.assertEqual(source.count("<script>"), 1)
        self.assertNotIn("<b>", source)
        page = Page(source)
        self.assertEqual(page.ids, plain.ids)
        self.assertGreaterEqual(
            page.text.count(" ".join(self.EVIL.split())), 16
        )

    def test_an_odd_id(self):
        report = self.report()
        one = report["revisions"][0]
        old, new = one["id"], 'a "b" <c>'
        source = json.dumps(report).replace(
            f'"{old}"', json.dumps(new)
        )
        page = Page(render(json.loads(source)))
        self.assertIn(f"r-{new}", page.ids)
        for link in page.links:
            self.assertIn(link[1:], page.ids)


def revision(name, *down, depends_on=()):
    return {"id": name, "down_revisions": list(down),
            "depends_on": list(depends_on)}


class TestLanes(unittest.TestCase):
    def test_a_line(self):
        rows = lay_out([revision("a"), revision("b", "a")])
        self.assertEqual(
            [(row.revision, row.column, row.lines) for row in rows],
            [("b", 0, (Line(None, 0),)), ("a", 0, (Line(0, None),))],
        )

    def test_a_branch_and_its_merge(self):
        rows = lay_out([
            revision("a"), revision("l", "a"), revision("r", "a"),
            revision("m", "l", "r"),
        ])
        self.assertEqual(
            {row.revision: row.column for row in rows},
            {"m": 0, "l": 0, "r": 1, "a": 0},
        )
        self.assertEqual(columns_of(rows), 2)
        merge, right, left, base = rows
        self.assertEqual(merge.lines, (Line(None, 0), Line(None, 1)))
        self.assertEqual(right.lines, (Line(0, 0), Line(1, None),
                                       Line(None, 1)))
        self.assertEqual(left.lines, (Line(1, 1), Line(0, None),
                                      Line(None, 0)))
        self.assertEqual(base.lines, (Line(0, None), Line(1, None)))

    def test_a_dependency_is_dashed(self):
        rows = lay_out([
            revision("core"), revision("other"),
            revision("billing", "other", depends_on=["core"]),
        ])
        self.assertEqual(
            [line.dashed for line in rows[0].lines], [False, True]
        )

    def test_every_line_of_any_graph_arrives(self):
        """Each line that leaves a row at the bottom enters the next at the
        top, and every edge of the graph is one path of them."""
        for seed in range(40):
            made = random_history(random.Random(seed), 40)
            revisions = [
                revision(
                    one.id,
                    *([one.down_revision]
                      if isinstance(one.down_revision, str)
                      else one.down_revision or ()),
                    depends_on=[one.depends_on] if one.depends_on else [],
                )
                for one in made
            ]
            rows = lay_out(revisions)
            below: set[Any] = set()
            edges = 0
            for row in rows:
                above = {one.start for one in row.lines} - {None}
                self.assertEqual(above, below, seed)
                below = {one.end for one in row.lines} - {None}
                edges += sum(one.start is None for one in row.lines)
                passing = [one.start for one in row.lines
                           if None not in (one.start, one.end)]
                self.assertNotIn(row.column, passing)
            self.assertEqual(below, set())
            self.assertEqual(
                edges,
                sum(len({*one["down_revisions"], *one["depends_on"]})
                    for one in revisions),
            )
            self.assertEqual(
                [row.revision for row in rows],
                [one["id"] for one in reversed(revisions)],
            )


class TestSize(unittest.TestCase):
    def test_the_page_of_a_long_history_is_of_a_size_to_be_sent(self):
        from migtestkit.cli import page

        for name in ("style.css", "script.js", "page.html"):
            self.assertLess(len(page.part(name)), 16_000)
            self.assertFalse(re.search(r"\$\{?\w+ .*http", page.part(name)))


if __name__ == "__main__":
    unittest.main()
