"""Does the page of a report do in a browser what it promises?

Needs the extra ``browser`` and a Chromium: ``$MIGTESTKIT_TEST_CHROMIUM``, or
one on the path.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

from migtestkit.cli.html import render
from tests.test_html import revision

CHROMIUM = os.environ.get("MIGTESTKIT_TEST_CHROMIUM") or shutil.which(
    "chromium"
) or shutil.which("chromium-browser") or shutil.which("google-chrome")


def why_not() -> str:
    """Return what is missing, nothing if all is here."""
    if importlib.util.find_spec("playwright") is None:
        return "the extra 'browser' is not installed"
    return "" if CHROMIUM else "there is no Chromium on the path"


def report(size: int, failing: tuple[int, ...]) -> dict[str, Any]:
    """Return a report of a line of revisions, some with a finding."""
    revisions = []
    for number in range(size):
        name = f"r{number:03}"
        one: dict[str, Any] = revision(
            name, *([f"r{number - 1:03}"] if number else [])
        )
        findings = []
        if number in failing:
            findings.append({
                "check": "test_upgrade", "phase": "upgrade",
                "text": f"the upgrade of {name} failed", "fix": "Correct it.",
            })
        one.update(
            parents=one["down_revisions"], labels=[], file=f"{name}.py",
            message=f"Step {number}", is_merge=False, judged=True,
            is_head=number == size - 1, findings=findings, not_tested=[],
            state="failed" if findings else "passed",
            upgrades=[{
                "database": None, "seconds": 0.001 * (number + 1), "rows": 0,
                "error": "", "statement_count": 1, "schema": [],
                "statements": [{
                    "sql": f"CREATE TABLE t{number} (id INTEGER)",
                    "seconds": 0.001, "rows": None,
                }],
            }],
            work=[],
        )
        revisions.append(one)
    return {
        "created": "2026-11-27T12:00:00+00:00",
        "project": {"config": "shop/alembic.ini"},
        "versions": {"migtestkit": "0", "python": "3", "alembic": "1",
                     "sqlalchemy": "2", "databases": []},
        "selection": {"since": None, "shard": None, "judged": size},
        "summary": {"passed": 1, "failed": len(failing), "skipped": 0,
                    "could_not_run": 0, "not_run": 0},
        "checks": [], "graph": {"heads": [f"r{size - 1:03}"]},
        "revisions": revisions,
    }


@unittest.skipIf(why_not(), why_not())
class TestBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        from playwright.sync_api import sync_playwright

        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        # As root, as in a container, Chromium refuses its sandbox.
        cls.browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        cls.addClassCleanup(cls.browser.close)

    def open(self, size: int, *failing: int, **options: Any) -> Any:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        place = Path(folder.name, "report.html")
        place.write_text(render(report(size, failing)), "utf-8")
        context = self.browser.new_context(**options)
        self.addCleanup(context.close)
        page = context.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda one: self.errors.append(one.text)
                if one.type in ("error", "warning") else None)
        page.on("request", lambda one: self.asked.append(one.url))
        page.goto(place.as_uri())
        self.addCleanup(self.assertEqual, [], self.errors)
        return page

    def chosen(self, page: Any) -> str:
        """Return the revision that is shown, which must be one alone."""
        shown = [
            one.get_attribute("id")
            for one in page.query_selector_all("article")
            if one.is_visible()
        ]
        self.assertEqual(len(shown), 1, shown)
        [row] = page.query_selector_all("#revisions li.chosen")
        self.assertEqual(row.get_attribute("data-article"), shown[0])
        return str(shown[0]).removeprefix("r-")

    def shown(self, page: Any) -> int:
        return sum(
            one.is_visible()
            for one in page.query_selector_all("#revisions li")
        )

    def test_it_opens_at_the_first_finding_and_asks_nobody(self):
        page = self.open(10, 3, 7)
        self.assertEqual(self.chosen(page), "r007")
        self.assertEqual(len(self.asked), 1, self.asked)
        self.assertIn(
            "the upgrade of r007 failed", page.inner_text("article.chosen")
        )
        self.assertEqual(self.chosen(self.open(4)), "r003")

    def test_a_click_on_a_row_a_bar_and_a_parent(self):
        page = self.open(10, 3)
        page.click("#revisions li[data-article=r-r005]")
        self.assertEqual(self.chosen(page), "r005")
        page.click("article.chosen a[href='#r-r004']")
        self.assertEqual(self.chosen(page), "r004")
        page.click(".timeline a[href='#r-r008'] .ground", force=True)
        self.assertEqual(self.chosen(page), "r008")

    def test_the_keyboard(self):
        page = self.open(10, 2, 6)
        for key, expected in (
            ("ArrowDown", "r005"), ("j", "r004"), ("k", "r005"),
            ("ArrowUp", "r006"), ("n", "r002"), ("n", "r002"),
            ("p", "r006"),
        ):
            page.keyboard.press(key)
            self.assertEqual(self.chosen(page), expected, key)
        focused = page.evaluate("document.activeElement.getAttribute('href')")
        self.assertEqual(focused, "#r-r006")

    def test_the_filter(self):
        page = self.open(30, 4, 5)
        page.keyboard.press("/")
        page.keyboard.type("table t12")
        self.assertEqual((self.shown(page), self.chosen(page)), (1, "r012"))
        self.assertEqual(page.inner_text("#count"), "1 of 30")
        page.keyboard.press("Escape")
        self.assertEqual(self.shown(page), 30)
        page.check("#only")
        self.assertEqual((self.shown(page), self.chosen(page)), (2, "r005"))
        page.fill("#filter", "nothing like it")
        self.assertEqual(self.shown(page), 0)

    def test_the_address_remembers_the_revision(self):
        page = self.open(10, 3)
        page.click("#revisions li[data-article=r-r001]")
        self.assertTrue(page.url.endswith("#r-r001"))
        page.reload()
        self.assertEqual(self.chosen(page), "r001")

    def test_light_and_dark(self):
        grounds = set()
        for scheme in ("light", "dark"):
            page = self.open(3, color_scheme=scheme)
            style = "getComputedStyle(document.body)"
            grounds.add(page.evaluate(f"{style}.backgroundColor"))
            self.assertNotEqual(
                page.evaluate(f"{style}.backgroundColor"),
                page.evaluate(f"{style}.color"),
            )
        self.assertEqual(len(grounds), 2)

    def test_without_javascript_all_is_there(self):
        page = self.open(5, 2, java_script_enabled=False)
        self.assertEqual(
            sum(one.is_visible()
                for one in page.query_selector_all("article")), 5,
        )
        self.assertFalse(page.is_visible(".tools"))

    def test_eight_hundred_revisions(self):
        page = self.open(800, 400)
        self.assertEqual(self.chosen(page), "r400")
        row = page.query_selector("#revisions li.chosen")
        box = row.bounding_box()
        self.assertLess(box["y"], page.viewport_size["height"])
        self.assertFalse(page.evaluate(
            "document.documentElement.scrollWidth > innerWidth"
        ))

    def test_a_narrow_window(self):
        page = self.open(10, 3, viewport={"width": 400, "height": 700})
        self.assertFalse(page.evaluate(
            "document.documentElement.scrollWidth > innerWidth"
        ))
        self.assertEqual(self.chosen(page), "r003")


if __name__ == "__main__":
    unittest.main()
