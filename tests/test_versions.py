"""Does ``python -m tests.versions`` put together what is supported?"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tests import servers
from tests.versions import matrix, running, table
from tests.versions.__main__ import main
from tests.versions.matrix import Combination


class TestMatrix(unittest.TestCase):
    def test_the_oldest_pair_is_that_of_setup_cfg(self):
        self.assertEqual(
            matrix.floors(), {"alembic": "1.13.0", "sqlalchemy": "2.0.0"}
        )
        self.assertIn(
            Combination("3.10", "==2.0.0", "==1.13.0"),
            list(matrix.combinations()),
        )

    def test_every_python_that_setup_cfg_names_runs_the_newest(self):
        setup = (matrix.CHECKOUT / "setup.cfg").read_text("utf-8")
        for python in matrix.PYTHONS:
            self.assertIn(f"Programming Language :: Python :: {python}", setup)
            self.assertIn(Combination(python), list(matrix.combinations()))
        self.assertEqual(
            setup.count("Programming Language :: Python :: 3."),
            len(matrix.PYTHONS),
        )

    def test_no_combination_comes_twice(self):
        every = list(matrix.combinations())
        self.assertEqual(len(every), len(set(every)))

    def test_an_interpreter_that_does_not_run_is_none(self):
        with tempfile.TemporaryDirectory() as folder:
            false = Path(folder, "python3.12")
            false.write_text("#!/bin/sh\nexit 127\n")
            false.chmod(0o755)
            with mock.patch.dict(
                "os.environ", PATH=folder, PYENV_ROOT=folder
            ):
                self.assertIsNone(matrix.find_python("3.12"))
                false.write_text("#!/bin/sh\nexit 0\n")
                self.assertEqual(matrix.find_python("3.12"), false)


class TestRunning(unittest.TestCase):
    def test_a_python_that_is_missing_is_a_failure_that_says_so(self):
        outcome = running.run_combination(Combination("2.1"), (), None)
        self.assertFalse(outcome.good)
        self.assertEqual(outcome.counts, "no Python 2.1 here")

    def test_where_servers_are_left_out_there_is_none(self):
        done = subprocess.run(
            [sys.executable, "-c", "from tests import servers\n"
             "for family in servers.FAMILIES:\n"
             "    assert not servers.is_required(family)\n"
             "    print(servers.why_missing(servers.server_url(family)))"],
            env=servers.environment(**running.NO_SERVERS), text=True,
            capture_output=True, check=True,
        )
        self.assertEqual(2, done.stdout.count("there is no server at"))

    def test_the_copy_has_what_git_knows(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            try:
                running.copy_checkout(folder)
            except (OSError, subprocess.CalledProcessError):
                self.skipTest("this is no checkout of git")
            self.assertTrue((folder / "migtestkit" / "py.typed").exists())
            self.assertFalse((folder / ".git").exists())


class TestTables(unittest.TestCase):
    """What is shown is what the kept runs gave."""

    maxDiff = None

    def test_page_and_readme_are_what_the_kept_runs_give(self):
        self.assertEqual(table.PAGE.read_text("utf-8"), table.page())
        text = table.README.read_text("utf-8")
        self.assertEqual(text, table.readme(text))

    def test_a_combination_that_was_not_run_says_so(self):
        newest = Combination("3.13")
        kept = {
            str(newest): {
                "date": "2026-01-01",
                **dataclasses.asdict(
                    running.Outcome("3.13.7", "2.2", "1.9", "3", "ran", True)
                ),
            },
        }
        with tempfile.TemporaryDirectory() as name:
            results = Path(name, "results.json")
            results.write_text(json.dumps(kept))
            with mock.patch.object(table, "RESULTS", results):
                rows = table.page().split("   * - ")[2:]
        self.assertEqual(len(rows), len(list(matrix.combinations())))
        shown = {row.splitlines()[0]: row for row in rows}
        self.assertIn("     - ran\n     - 2026-01-01\n", shown["3.13.7"])
        self.assertIn("     - ==1.13.0\n", rows[0])
        self.assertEqual(
            len(rows) - 1, sum("     - not run\n" in row for row in rows)
        )


class TestCommand(unittest.TestCase):
    def run_command(self, *words):
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                status = main(words)
            except SystemExit as exit:
                status = exit.code
        return status, out.getvalue()

    def test_list(self):
        status, out = self.run_command("--list", "--only", "==1.13.0")
        self.assertEqual(
            (status, out),
            (0, "python3.10 sqlalchemy==2.0.0 alembic==1.13.0\n"),
        )

    def test_what_matches_nothing_is_refused(self):
        status, out = self.run_command("--only", "python4")
        self.assertEqual(status, 2)
        self.assertIn("no combination holds python4", out)

    def test_a_part_is_not_written_into_the_docs(self):
        status, out = self.run_command("--write", "tests.test_history")
        self.assertEqual(status, 2)
        self.assertIn("--write wants all modules", out)

    def test_results_are_kept_by_combination(self):
        with tempfile.TemporaryDirectory() as name:
            results, page = Path(name, "r.json"), Path(name, "p.rst")
            readme = Path(name, "README.rst")
            readme.write_text(f"Ours\n\n{table.BEGIN}old{table.END}\nMore\n")
            first, second = list(matrix.combinations())[:2]

            def outcome(counts):
                return running.Outcome("3", "2", "1", "3", counts, True)

            with mock.patch.object(table, "RESULTS", results), \
                    mock.patch.object(table, "PAGE", page), \
                    mock.patch.object(table, "README", readme):
                table.keep({str(second): outcome("2 passed")}, "2026-01-01")
                table.keep(
                    {str(first): outcome("1 passed"), "gone": outcome("0")},
                    "2026-01-02",
                )
                table.keep({str(second): outcome("3 passed")}, "2026-01-03")
                text = page.read_text("utf-8")
                start = readme.read_text("utf-8")
        for written in (text, start):
            shown = [line for line in written.splitlines() if "ssed" in line]
            self.assertEqual(["     - 1 passed", "     - 3 passed"], shown)
        self.assertIn("     - 2026-01-03\n", text)
        self.assertTrue(start.startswith(f"Ours\n\n{table.BEGIN}\n.. list"))
        self.assertTrue(start.endswith(f"3 passed\n{table.END}\nMore\n"))

    def test_a_readme_without_the_place_is_refused(self):
        with self.assertRaisesRegex(LookupError, "README has no"):
            table.readme("Nothing here\n")

    def test_one_that_fails_fails_all(self):
        bad = running.Outcome("3.12.1", "2.1", "1.20", "3", "1 failed", False)
        good = running.Outcome("3.12.1", "2.1", "1.20", "3", "1 passed", True)
        with mock.patch(
            "tests.versions.__main__.run_combination", side_effect=[bad, good]
        ):
            status, out = self.run_command(
                "--only", "python3.10", "tests.test_history"
            )
        self.assertEqual(status, 1)
        self.assertTrue(out.endswith("1 passed, 1 failed\n"), out)


if __name__ == "__main__":
    unittest.main()
