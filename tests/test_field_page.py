"""Does the page of the field trials say what the expectations do?"""

from __future__ import annotations

import unittest

from tests.field import deep, results, trials
from tests.field.expectations import HISTORIES
from tests.field.on_servers import NOT_UP, histories_on


class TestDatabases(unittest.TestCase):
    def test_a_history_is_tried_where_it_goes_up_and_nowhere_else(self):
        for name in HISTORIES:
            with self.subTest(name):
                families = [
                    one.family for one in trials.test_classes([name], False)
                ]
                self.assertEqual(list(histories_on(name)), families)
                for family in families:
                    self.assertNotIn((name, family), NOT_UP)

    def test_the_deep_checks_are_run_where_a_history_goes_up(self):
        for name in deep.DEEP:
            with self.subTest(name):
                (one,) = deep.deep_classes([name])
                self.assertEqual(
                    {
                        f"test_{family}"
                        for family in deep.FAMILIES
                        if family in histories_on(name)
                    },
                    {test for test in dir(one) if test.startswith("test_")},
                )
                for found in deep.DEEP[name].values():
                    if len(deep.families_of(name)) < 2:
                        self.assertIsNone(found.postgresql)

    def test_one_may_go_up_on_a_server_alone(self):
        self.assertEqual(["postgresql"], list(histories_on("ckan")))


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
                wanted = set(histories_on(name))
                if name in deep.DEEP:
                    wanted.add("deep")
                self.assertLessEqual(wanted, set(kept.get(name, ())))

    def test_no_stands_where_a_history_does_not_go_up(self):
        page = results.page(results.read())
        for name in HISTORIES:
            row = page.partition(f":ref:`{name} <field {name}>`\n")[2]
            cells = [line.strip(" -") for line in row.splitlines()[1:]]
            for family, cell in zip(results.FAMILIES, cells):
                with self.subTest(name, family=family):
                    self.assertEqual(cell == "no", (name, family) in NOT_UP)

    def test_what_the_deep_checks_find_has_its_row(self):
        page = results.page(results.read())
        for name, checks in deep.DEEP.items():
            section = page.partition(f".. _field {name}:")[2]
            section = section.partition("\n.. _field ")[0]
            for check, found in checks.items():
                for family in deep.families_of(name):
                    reasons = found.on(family)
                    if isinstance(reasons, str):
                        continue
                    self.assertIn(results.DEEP_CHECKS[check], section)
                    for revision in set(reasons) - {"-"}:
                        self.assertIn(f"``{revision}``", section, check)

    def test_each_finding_has_its_row(self):
        page = results.page(results.read())
        for name in HISTORIES:
            section = page.partition(f".. _field {name}:")[2]
            section = section.partition("\n.. _field ")[0]
            for history in histories_on(name).values():
                for finding in history.findings:
                    for line in finding.lines:
                        revision = line.split()[0]
                        if finding.harmless or revision == "-":
                            continue
                        self.assertIn(f"``{revision}``", section, line)

    def test_what_nobody_has_tried_is_told_apart(self):
        kept = results.read()
        self.assertNotIn("nobody has tried", results.page(kept))
        without = {family: run for family, run in kept["nova"].items()
                   if family != "mysql"}
        page = results.page({**kept, "nova": without})
        self.assertIn("     - not run\n", page)
        self.assertIn('"not run" where nobody has tried yet', page)

    def test_a_page_without_a_history_is_another_one(self):
        kept = results.read()
        first = next(iter(kept))
        fewer = {name: runs for name, runs in kept.items() if name != first}
        self.assertNotIn(f".. _field {first}:", results.page(fewer))
        self.assertIn(f".. _field {first}:", results.page(kept))
