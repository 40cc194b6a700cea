"""Does the page of checks show what the checks say?"""

from __future__ import annotations

import pathlib
import re
import shutil
import tempfile
import unittest
from unittest import mock

from tests import checks_page, support


class TestExamples(support.ProjectTestCase):
    """Two tests for each example, added below."""


def _add(name: str, exception: bool) -> None:
    def test(self: TestExamples) -> None:
        checks_page.check(name, exception)

    what = "exception" if exception else "failure"
    test.__name__ = f"test_{what}_of_{name}"
    setattr(TestExamples, test.__name__, test)


for _name in checks_page.examples():
    _add(_name, False)
    _add(_name, True)


class TestWrongExamples(support.ProjectTestCase):
    """Is an example that is not true any more found out?"""

    def setUp(self) -> None:
        super().setUp()
        copy = pathlib.Path(tempfile.mkdtemp(dir=self.folder), "checks")
        shutil.copytree(checks_page.FOLDER, copy)
        patch = mock.patch.object(checks_page, "FOLDER", copy)
        patch.start()
        self.addCleanup(patch.stop)
        self.copy = copy

    def refused(
        self, regex: str, name: str, exception: bool = False
    ) -> None:
        with self.assertRaisesRegex(AssertionError, regex):
            checks_page.check(name, exception)

    def verdict(self, name: str, exception: bool) -> str:
        if not exception:
            return "fail"
        page = checks_page.PAGE.read_text("utf-8")
        skipped = checks_page.OUTCOMES["skip", True]
        entry = checks_page.sections(page)[name]
        return "skip" if skipped in entry else "pass"

    def test_another_text(self) -> None:
        # What is run is not in question here, so each is told once.
        for name in checks_page.examples():
            for exception in (False, True):
                file = "exception.txt" if exception else "failure.txt"
                path = self.copy / name / file
                text = path.read_text("utf-8") if path.exists() else ""
                told = checks_page.Told(self.verdict(name, exception),
                                        text.rstrip("\n"))
                with self.subTest(name, file=file), mock.patch.object(
                    checks_page, "run", return_value=told
                ):
                    checks_page.check(name, exception)
                    path.write_text(text + " ", encoding="utf-8")
                    self.refused("and the check says", name, exception)

    def test_a_sound_migration(self) -> None:
        path = self.copy / "test_upgrade" / "migration.py"
        text = path.read_text("utf-8").replace("SET mail", "SET fax")
        path.write_text(text.replace("(mail)", "(fax)"), encoding="utf-8")
        self.refused("test_upgrade: pass", "test_upgrade")

    def test_another_outcome(self) -> None:
        told = checks_page.Told("skip", "not today")
        with mock.patch.object(checks_page, "run", return_value=told):
            self.refused(
                "the page must say: The test is then skipped",
                "test_no_data_loss", True,
            )

    def test_an_exception_that_is_none(self) -> None:
        for name in ("test_no_data_loss", "test_foreign_keys_are_indexed"):
            with self.subTest(name):
                suite = checks_page.suites()[name]
                (self.copy / name / "exception.py").write_text(
                    checks_page.DEFAULT.format(suite), encoding="utf-8"
                )
                self.refused(f"{name}: fail", name, True)


class TestPage(unittest.TestCase):
    PAGE = checks_page.PAGE.read_text("utf-8")

    def test_nothing_is_lacking(self) -> None:
        self.assertEqual([], checks_page.lacking(self.PAGE))

    def test_all_suites_are_known(self) -> None:
        self.assertGreaterEqual(len(checks_page.suites()), 16)
        self.assertGreaterEqual(len(checks_page.assertions()), 12)

    def test_what_lacks_is_found(self) -> None:
        for name in checks_page.sections(self.PAGE):
            with self.subTest(name):
                page = re.sub(rf"(?m)^{name}\n~+$", "", self.PAGE)
                self.assertIn(f"{name}: no entry", checks_page.lacking(page))
        for line in self.PAGE.splitlines():
            if "literalinclude:: ../checks/test_" in line:
                with self.subTest(line):
                    page = self.PAGE.replace(line + "\n", "")
                    self.assertRegex(
                        "\n".join(checks_page.lacking(page)), "is not shown"
                    )

    def test_where_it_runs_on_one_database(self) -> None:
        entries = checks_page.sections(self.PAGE)
        for name in checks_page.ON_POSTGRESQL:
            self.assertRegex(entries[name], r":Runs on:\n? +PostgreSQL")


if __name__ == "__main__":
    unittest.main()
