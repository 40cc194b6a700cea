"""Is the package put together as it should be, and does the count add up?"""

from __future__ import annotations

import configparser
import contextlib
import fnmatch
import importlib.util
import io
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOP_LEVEL = {
    ".ci", ".git", ".gitattributes", ".gitignore", "CHANGELOG.rst", "LICENSE",
    "MANIFEST.in", "README.rst", "docs", "migtestkit", "setup.cfg",
    "setup.py", "tests",
}
#: What setuptools writes into an sdist.
BY_SETUPTOOLS = {"PKG-INFO"}
DRIVERS = {
    "aiomysql", "aiosqlite", "asyncmy", "asyncpg", "mysqlclient", "psycopg",
    "psycopg2", "pymysql",
}


def load(path):
    """Import a module that is in no package."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


summary = load(ROOT / ".ci" / "summary.py")


class TestSetup(unittest.TestCase):
    """What setup.cfg says."""

    @classmethod
    def read(cls):
        setup = configparser.ConfigParser(interpolation=None)
        setup.read(ROOT / "setup.cfg", encoding="utf-8")
        return setup

    def setUp(self):
        self.setup = self.read()

    def lines(self, section, option):
        return self.setup[section][option].split("\n")[1:]

    def test_two_runtime_dependencies_and_no_more(self):
        self.assertEqual(
            self.lines("options", "install_requires"),
            ["alembic>=1.13.0", "sqlalchemy>=2.0.0"],
        )

    def test_the_lower_bounds_are_what_ci_runs_on(self):
        run = (ROOT / ".ci" / "run").read_text("utf-8")
        for requirement in self.lines("options", "install_requires"):
            self.assertIn(requirement.replace(">=", "=="), run)

    def test_extras(self):
        self.assertEqual(
            set(self.setup["options.extras_require"]),
            DRIVERS
            | {"bench", "browser", "docs", "lint", "runners", "test"},
        )

    def test_the_package_is_typed(self):
        self.assertTrue((ROOT / "migtestkit" / "py.typed").is_file())
        self.assertIn(
            "py.typed", self.setup["options.package_data"]["migtestkit"]
        )

    def test_the_package_holds_the_parts_of_the_report(self):
        given = self.setup["options.package_data"]["migtestkit"]
        parts = {
            path for pattern in given.split(", ")
            for path in (ROOT / "migtestkit").glob(pattern)
        }
        self.assertEqual(
            {path.name for path in parts},
            {"py.typed", "page.html", "script.js", "style.css"},
        )

    def test_sqlite_is_registered_as_a_third_party_would(self):
        self.assertEqual(
            self.lines("options.entry_points", "migtestkit.databases"),
            ["sqlite = migtestkit.databases.sqlite:SQLite"],
        )

    def test_the_version_stands_once(self):
        version = self.setup["metadata"]["version"]
        self.assertIn(version, (ROOT / "CHANGELOG.rst").read_text("utf-8"))
        for path in (ROOT / "migtestkit").rglob("*.py"):
            self.assertNotIn(f'"{version}"', path.read_text("utf-8"), path)

    def test_setup_py_is_a_shim(self):
        self.assertEqual(
            (ROOT / "setup.py").read_text("utf-8"),
            "from setuptools import setup\nsetup()\n",
        )


class TestImport(unittest.TestCase):
    """What ``import migtestkit`` costs."""

    def imports(self, code):
        return subprocess.run(
            [sys.executable, "-c", f"import sys\n{code}\n"
             "print(*sys.modules)"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.split()

    def test_the_orm_is_left_for_those_who_ask_for_objects(self):
        self.assertIn("sqlalchemy.orm", self.imports("import sqlalchemy.orm"))
        with_kit = self.imports("import alembic, migtestkit")
        self.assertIn("migtestkit.case", with_kit)
        if "sqlalchemy.orm" not in self.imports("import alembic"):
            self.assertNotIn("sqlalchemy.orm", with_kit)

    def test_importing_the_kit_leaves_out_what_few_tests_want(self) -> None:
        """A third of the time: walks over rows and of deployments, and what
        makes rows up, with SQLAlchemy's dialects."""
        rare = {
            "migtestkit.context.blocking",
            "migtestkit.context.compatibility",
            "migtestkit.context.faults",
            "migtestkit.context.growth",
            "migtestkit.context.populated",
            "migtestkit.rows.synthetic",
            "migtestkit.schema.postgresql_catalogue",
        }
        with_kit = self.imports(
            "from migtestkit import MigrationTestCase\n"
            "from migtestkit.checks import *"
        )
        self.assertEqual(set(), rare & set(with_kit))
        wanted = self.imports(f"import {', '.join(sorted(rare))}")
        self.assertLessEqual(rare, set(wanted))


class TestLayout(unittest.TestCase):
    """What stands where."""

    def test_the_top_level(self):
        ignored = [
            line.rstrip("/")
            for line in (ROOT / ".gitignore").read_text("utf-8").split("\n")
            if line and not line.startswith("#")
        ]
        there = {
            name for name in os.listdir(ROOT)
            if not any(fnmatch.fnmatch(name, each) for each in ignored)
        }
        self.assertEqual(there - TOP_LEVEL - BY_SETUPTOOLS, set())

    def test_ci_can_be_run(self):
        mode = (ROOT / ".ci" / "run").stat().st_mode
        self.assertTrue(mode & stat.S_IXUSR)

    def test_no_test_needs_pytest(self):
        for path in (ROOT / "tests").glob("*.py"):
            self.assertNotRegex(
                path.read_text("utf-8"), r"(?m)^\s*(import|from) pytest", path
            )


class TestSummary(unittest.TestCase):
    """.ci/summary.py reads what unittest writes."""

    def assertCounted(self, log, passed, failed, skipped):
        self.assertEqual(
            summary.outcome(textwrap.dedent(log)),
            (passed, failed, skipped),
        )

    def test_how_a_run_may_end(self):
        for ended, counts in (
            ("OK", (7, 0, 0)),
            ("OK (skipped=3)", (4, 0, 3)),
            ("OK (skipped=1, expected failures=2)", (6, 0, 1)),
            ("FAILED (failures=1)", (6, 1, 0)),
            ("FAILED (failures=1, errors=2)", (4, 3, 0)),
            ("FAILED (failures=1, errors=2, skipped=1, "
             "expected failures=1, unexpected successes=1)", (2, 4, 1)),
        ):
            with self.subTest(ended):
                self.assertCounted(
                    f"...\n{'-' * 70}\nRan 7 tests in 0.012s\n\n{ended}\n",
                    *counts,
                )

    def test_one_test(self):
        self.assertCounted("Ran 1 test in 0.001s\n\nOK\n", 1, 0, 0)

    def test_more_sub_tests_fail_than_tests_run(self):
        self.assertCounted(
            "Ran 1 test in 0.001s\n\nFAILED (failures=3)\n", 0, 3, 0
        )

    def test_no_tests(self):
        for ended, skipped in (
            ("OK", 0), ("NO TESTS RAN", 0), ("NO TESTS RAN (skipped=2)", 2)
        ):
            with self.subTest(ended):
                self.assertCounted(
                    f"Ran 0 tests in 0.000s\n\n{ended}\n", 0, 0, skipped
                )

    def test_a_run_that_was_cut_off_has_failed(self):
        for log in (
            "",
            "Traceback (most recent call last):\nImportError: no\n",
            "..F....Segmentation fault\n",
            "Ran 7 tests in 0.012s\n",
        ):
            with self.subTest(log):
                self.assertCounted(log, 0, 1, 0)

    def test_only_what_is_said_last_counts(self):
        self.assertCounted(
            """\
            Ran 2 tests in 0.001s

            FAILED (errors=2)
            ..
            Ran 3 tests in 0.100s

            OK
            """, 3, 0, 0,
        )

    def test_what_unittest_really_says(self):
        class Sample(unittest.TestCase):
            def test_passes(self):
                pass

            def test_fails(self):
                self.fail()

            def test_raises(self):
                raise ValueError

            def test_is_skipped(self):
                self.skipTest("why not")

            @unittest.expectedFailure
            def test_fails_as_expected(self):
                self.fail()

            @unittest.expectedFailure
            def test_passes_unexpectedly(self):
                pass

        stream = io.StringIO()
        unittest.TextTestRunner(stream, verbosity=0).run(
            unittest.defaultTestLoader.loadTestsFromTestCase(Sample)
        )
        self.assertCounted(stream.getvalue(), 2, 3, 1)

    def main(self, *logs):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, log in enumerate(logs):
                paths.append(pathlib.Path(folder, str(number)))
                paths[-1].write_text(log, "utf-8")
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                status = summary.main([str(path) for path in paths])
        return printed.getvalue(), status

    def test_the_line_and_the_exit_status(self):
        good = "Ran 7 tests in 0.012s\n\nOK (skipped=3)\n"
        bad = "Ran 2 tests in 0.012s\n\nFAILED (failures=1)\n"
        empty = "Ran 0 tests in 0.000s\n\nOK\n"
        self.assertEqual(
            self.main(good, good), ("8 passed, 0 failed, 6 skipped\n", 0)
        )
        self.assertEqual(
            self.main(good, bad), ("5 passed, 1 failed, 3 skipped\n", 1)
        )
        self.assertEqual(
            self.main(empty), ("0 passed, 0 failed, 0 skipped\n", 1)
        )
        self.assertEqual(self.main(), ("0 passed, 0 failed, 0 skipped\n", 1))


if __name__ == "__main__":
    unittest.main()
