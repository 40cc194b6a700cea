"""Does the page of the field trials say what the expectations do?"""

from __future__ import annotations

import unittest

from tests.field import deep, results
from tests.field.expectations import HISTORIES


class TestPage(unittest.TestCase):
    maxDiff = None

    def test_it_is_what_the_kept_runs_and_the_expectations_give(self):
        self.assertEqual(
            results.PAGE.read_text("utf-8"), results.page(results.read())
        )

    def test_every_history_was_run_on_each_of_its_databases(self):
        kept = results.read()
        for name in HISTORIES:
            with self.subTest(name):
                wanted = set(results.histories_on(name))
                if name in deep.DEEP:
                    wanted.add("deep")
                self.assertLessEqual(wanted, set(kept.get(name, ())))

    def test_each_finding_has_its_row(self):
        page = results.page(results.read())
        for name in HISTORIES:
            section = page.partition(f".. _field {name}:")[2]
            section = section.partition("\n.. _field ")[0]
            for history in results.histories_on(name).values():
                for finding in history.findings:
                    for line in finding.lines:
                        revision = line.split()[0]
                        if finding.harmless or revision == "-":
                            continue
                        self.assertIn(f"``{revision}``", section, line)

    def test_a_page_without_a_history_is_another_one(self):
        kept = results.read()
        first = next(iter(kept))
        fewer = {name: runs for name, runs in kept.items() if name != first}
        self.assertNotIn(f".. _field {first}:", results.page(fewer))
        self.assertIn(f".. _field {first}:", results.page(kept))
