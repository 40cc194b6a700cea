"""Do all runners tell the same of the same tests, and leave nothing?

``python -m tests.runners`` runs this with a table.
"""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

from tests import servers
from tests.runners import reading, running, table, verdicts
from tests.runners.matrix import ROWS, Row
from tests.runners.running import outcome


class TestRunners(unittest.TestCase):
    """One test for each row of the matrix."""

    def check(self, row: Row) -> None:
        if row.missing:
            self.skipTest(
                f"not installed: {', '.join(row.missing)}; the extra "
                "'runners' has all"
            )
        servers.require_server("postgresql")
        found = outcome(row)
        if found.problems:
            self.fail(
                "\n".join([row.name, *found.problems])
                + f"\n\nThe output:\n{found.output[-6000:]}"
            )


def name_of(row: Row) -> str:
    """Return the name of a row's test."""
    name = re.sub(r"\W+", "_", row.name.replace("python -m ", "")).strip("_")
    return f"test_{name.lower()}"


def _add(row: Row) -> None:
    def test(self: TestRunners) -> None:
        self.check(row)

    test.__name__ = name_of(row)
    test.__doc__ = row.name
    assert not hasattr(TestRunners, test.__name__)
    setattr(TestRunners, test.__name__, test)


for _row in ROWS:
    _add(_row)


class TestMatrix(unittest.TestCase):
    def test_every_difference_has_its_reason(self):
        for row in ROWS:
            with self.subTest(row.name):
                self.assertTrue(row.tests)
                if row.differences:
                    self.assertTrue(row.reason)
                self.assertLessEqual({*row.differences}, {*row.tests})

    def test_no_name_comes_twice(self):
        self.assertEqual(len({row.name for row in ROWS}), len(ROWS))

    def test_every_module_of_the_sample_is_run_by_unittest(self):
        sample = Path(__file__).parent / "runners" / "project" / "sample"
        self.assertEqual(
            {test.split(".")[1] for test in ROWS[0].tests},
            {path.stem for path in sample.glob("test_*.py")},
        )

    def test_the_page_of_the_docs_is_what_the_matrix_gives(self):
        self.assertEqual(table.PAGE.read_text("utf-8"), table.page())


class TestRunning(unittest.TestCase):
    """What is not as it must be is told."""

    def test_verdicts(self):
        self.assertEqual(
            list(running._compare(
                {"a": "passed", "b": "failed"}, {"b": "passed", "c": "passed"}
            )),
            ["a: not run, not passed", "b: passed, not failed",
             "c: passed, not run"],
        )

    def test_texts_and_warnings(self):
        row = Row("one", (), warnings=("<known>",))
        output = "\n".join([
            *verdicts.TEXTS[1:], "ResourceWarning: <known>",
            "ResourceWarning: <other>",
        ])
        self.assertEqual(
            list(running._texts(row, output)),
            [f"the output does not tell: {verdicts.TEXTS[0]}",
             "warned: ResourceWarning: <other>"],
        )

    def test_files_and_empty_folders(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "a" / "b").mkdir(parents=True)
            (folder / "c").touch()
            self.assertEqual(running._files(folder), {"a/b", "c"})

    def test_databases_of_a_role(self):
        url = servers.require_server("postgresql")
        with running._role() as role:
            self.assertEqual(running._owned(role), [])
            servers.ask(url, f"CREATE DATABASE {role} OWNER {role}")
            self.assertEqual(running._owned(role), [role])
        self.assertEqual(running._owned(role), [])


class TestReading(unittest.TestCase):
    """Each reader on what its runner wrote."""

    def test_unittest_by_old_and_new_pythons(self):
        self.assertEqual(
            reading.read_unittest(
                "test_a (m.n.C.test_a) ... ok\n"
                "test_b (m.n.C) ... FAIL\n"
                "test_c (m.n.C.test_c)\n"
                "A sentence about it ... skipped 'why not'\n"
                "test_d (m.n.C.test_d)\nm.n.C.test_d ... ERROR\n"
                "test_e (m.n.C.test_e) ... expected failure\n"
                "=====\nFAIL: test_f (m.n.C.test_f)\n"
                "test_g (m.n.C.test_g) ... ok\n"
            ),
            {
                "m.n.C.test_a": "passed", "m.n.C.test_b": "failed",
                "m.n.C.test_c": "skipped", "m.n.C.test_d": "error",
                "m.n.C.test_e": "expected failure", "m.n.C.test_f": "failed",
            },
        )

    def test_workers_that_write_at_once(self):
        self.assertEqual(
            reading.read_unittest_parallel(
                "test_a (m.n.C.test_a) ...test_b (m.n.C.test_b) ...\n\n"
                "test_a (m.n.C.test_a) ... oktest_b (m.n.C.test_b)\n"
                "A sentence. ... FAIL\n\n"
            ),
            {"m.n.C.test_a": "passed", "m.n.C.test_b": "failed"},
        )

    def test_trial_s_tree(self):
        self.assertEqual(
            reading.read_trial(
                "m.n\n  C\n    test_a ...      [OK]\n    test_b ... noise\n"
                "          [FAIL]\n  D\n    test_a ...  [SKIPPED]\n=====\n"
                "[ERROR]\n"
            ),
            {
                "m.n.C.test_a": "passed", "m.n.C.test_b": "failed",
                "m.n.D.test_a": "skipped",
            },
        )

    def test_stestr(self):
        self.assertEqual(
            reading.read_stestr(
                "{0} m.n.C.test_a [0.25s] ... ok\n"
                "{1} m.n.C.test_b [0.25s] ... FAILED\n"
                "{1} m.n.C.test_c ... SKIPPED: why not\n"
            ),
            {
                "m.n.C.test_a": "passed", "m.n.C.test_b": "failed",
                "m.n.C.test_c": "skipped",
            },
        )

    def test_zope(self):
        self.assertEqual(
            reading.read_zope(
                " test_a (m.n.C.test_a) (0.1 s)\n"
                " test_b (m.n.C.test_b) (0.1 s)\n\n"
                "Failure in test test_b (m.n.C.test_b)\n"
                " test_c (m.n.C.test_c) (skipped: why)\n"
            ),
            {
                "m.n.C.test_a": "passed", "m.n.C.test_b": "failed",
                "m.n.C.test_c": "skipped",
            },
        )


if __name__ == "__main__":
    unittest.main()
