"""Do the checks say what the page of examples says that they do?"""

from __future__ import annotations

import dataclasses
import unittest

from migtestkit import checks
from tests import servers
from tests.check_examples import (
    EXAMPLES,
    HEAD,
    PAGE,
    failure,
    relief,
    section,
)
from tests.test_documents import blocks

SUITES = ("HistoryChecks", "DataChecks", "DeploymentChecks", "RevisionHooks")


def example(check):
    return next(one for one in EXAMPLES if one.check == check)


class TestExamples(unittest.TestCase):
    maxDiff = None

    def test_each_check_has_one(self):
        there = {
            (suite, name)
            for suite in SUITES
            for name in vars(getattr(checks, suite))
            if name.startswith("test_")
        }
        self.assertEqual(there, {(one.base, one.check) for one in EXAMPLES})

    def test_each_says_what_the_page_says(self):
        text = PAGE.read_text("utf-8")
        self.assertTrue(text.startswith(HEAD))
        self.assertEqual(len(EXAMPLES), len(list(blocks(text, "text"))))
        for one in EXAMPLES:
            with self.subTest(one.check):
                if one.family != "sqlite":
                    servers.require_server(one.family)
                told = text.partition(f"\n{one.check}\n---")[2]
                told = told.partition("\ntest_")[0].partition("\n")[2]
                mine = "\n".join(section(one)).split("\n", 2)[2]
                self.assertEqual(told.strip(), mine.strip())

    def test_an_exception_that_is_none_is_found(self):
        for check, word in (
            ("test_no_data_loss", "lossy"),
            ("test_downgrade_leaves_no_trace", "by_name"),
            ("test_upgrade", "no such table"),
        ):
            one = dataclasses.replace(example(check), meant="")
            with self.subTest(check), self.assertRaisesRegex(
                AssertionError, word
            ):
                relief(one)

    def test_a_revision_that_is_sound_is_no_example(self):
        sound = dataclasses.replace(
            example("test_up_down_consistency"),
            script=dataclasses.replace(
                example("test_up_down_consistency").script,
                downgrade='op.drop_column("users", "address")',
            ),
        )
        with self.assertRaisesRegex(AssertionError, "pass"):
            failure(sound)


if __name__ == "__main__":
    unittest.main()
