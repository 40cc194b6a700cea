"""Is it counted who sees a change, and does the page of the docs say so?"""

from __future__ import annotations

import contextlib
import io
import pathlib
import tempfile
import unittest

from tests.catalogue import mariadb, postgresql, sqlite
from tests.catalogue.__main__ import main
from tests.catalogue.counting import PLACES, count

PAGE = (
    pathlib.Path(__file__).resolve().parent.parent
    / "docs" / "reference" / "schemas.rst"
)


class TestCounting(unittest.TestCase):

    def test_who_sees_what(self) -> None:
        seen = {one.name: one.by for one in count("SQLite")}
        self.assertEqual(list(seen), list(sqlite.MUTATIONS))
        self.assertTrue(all(by["migtestkit"] for by in seen.values()))
        self.assertEqual(
            seen["table"],
            {"migtestkit": True, "Inspector": True, "autogenerate": True},
        )
        self.assertEqual(
            seen["trigger"],
            {"migtestkit": True, "Inspector": False, "autogenerate": False},
        )

    def test_the_script(self) -> None:
        output = io.StringIO()
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.rst")
            with contextlib.redirect_stdout(output):
                status = main(["--only", "SQLite", "--write", str(page)])
            text = page.read_text("utf-8")
        self.assertEqual(status, 0)
        number = str(len(sqlite.MUTATIONS))
        self.assertRegex(
            output.getvalue(), rf"(?m)^SQLite +{number} +{number} "
        )
        self.assertIn("   * - user version\n     - yes\n", text)

    def test_the_page_tells_of_all_changes(self) -> None:
        lines = PAGE.read_text("utf-8").split("\n")
        told = [
            line.removeprefix("   * - ") for line in lines
            if line.startswith("   * - ")
        ]
        for cases in (postgresql, mariadb, sqlite):
            for name in cases.MUTATIONS:
                with self.subTest(name):
                    self.assertIn(name, told)
        for place in PLACES:
            self.assertIn(place, told)


if __name__ == "__main__":
    unittest.main()
