"""Are differences between schemas found, sorted and told well?"""

from __future__ import annotations

import pickle
import unittest

from migtestkit.errors import MigtestkitError
from migtestkit.schema import (
    Difference,
    Fact,
    SchemaSnapshot,
    compare,
    describe_differences,
)

UP = "before the upgrade"
DOWN = "after the downgrade"


def schema(**tables: str) -> SchemaSnapshot:
    """Tables by name, each with its columns as one text."""
    facts = {}
    for table, columns in tables.items():
        facts[Fact("table", table, table)] = ""
        for column in columns.split():
            facts[Fact("column", table, column)] = "INT"
    return SchemaSnapshot("sqlite", facts)


class TestDifference(unittest.TestCase):
    def test_describe(self) -> None:
        cases = {
            "added": (
                Difference("column", "user", "name", None, "VARCHAR(20)"),
                f'table "user": column "name" is there only {DOWN}: '
                "VARCHAR(20)",
            ),
            "removed": (
                Difference("index", "user", "ix", "(a)", None),
                f'table "user": index "ix" is there only {UP}: (a)',
            ),
            "changed": (
                Difference("column", "user", "name", "INT", "TEXT"),
                f'table "user": column "name" is INT {UP}, TEXT {DOWN}',
            ),
            "table": (
                Difference("table", "user", "user", None, '"id"'),
                f'table "user" is there only {DOWN}: "id"',
            ),
            "view": (
                Difference("view", None, "v", None, "AS SELECT 1"),
                f'view "v" is there only {DOWN}: AS SELECT 1',
            ),
            "primary key": (
                Difference("primary key", "user", "", "(a)", "(b)"),
                f'table "user": primary key is (a) {UP}, (b) {DOWN}',
            ),
            "without a name": (
                Difference("check", "user", "(a > 0)", "(a > 0)", None),
                f'table "user": check (a > 0) is there only {UP}',
            ),
            "option": (
                Difference("option", "user", "STRICT", None, ""),
                f'table "user": option STRICT is there only {DOWN}',
            ),
        }
        for name, (difference, expected) in cases.items():
            with self.subTest(name):
                self.assertEqual(
                    difference.describe(before_label=UP, after_label=DOWN),
                    expected,
                )

    def test_change(self) -> None:
        cases = {
            "added": Difference("index", "t", "i", None, ""),
            "removed": Difference("index", "t", "i", "", None),
            "changed": Difference("index", "t", "i", "", "(a)"),
        }
        for change, difference in cases.items():
            with self.subTest(change):
                self.assertEqual(difference.change, change)

    def test_long_definitions_show_where_they_differ(self) -> None:
        start = "SELECT " + ", ".join(f"column_{i}" for i in range(100))
        difference = Difference(
            "view", None, "v", f"{start} FROM old", f"{start} FROM new"
        )
        text = difference.describe()
        self.assertLess(len(text), 400)
        self.assertIn("FROM old before, ...", text)
        self.assertTrue(text.endswith("FROM new after"), text)
        added = Difference("view", None, "v", None, start).describe()
        self.assertLess(len(added), 250)

    def test_a_sentence_has_one_line(self) -> None:
        view = Difference("view", None, "v", "SELECT a\n  FROM t", "SELECT 1")
        self.assertEqual(
            view.describe(),
            'view "v" is SELECT a FROM t before, SELECT 1 after',
        )
        added = Difference("view", None, "v", None, "SELECT a\n  FROM t")
        self.assertTrue(added.describe().endswith(": SELECT a FROM t"))
        spaces = Difference("function", None, "f()", "a\nb", "a b")
        self.assertEqual(
            spaces.describe(),
            "function \"f()\" is 'a\\nb' before, 'a b' after",
        )

    def test_plain_data(self) -> None:
        difference = Difference("column", "t", "a", None, "INT")
        self.assertEqual(pickle.loads(pickle.dumps(difference)), difference)
        self.assertEqual({difference}, {difference})
        self.assertEqual(str(difference), difference.describe())


class TestCompare(unittest.TestCase):
    def test_equal(self) -> None:
        self.assertEqual(compare(schema(a="x y"), schema(a="y x")), ())

    def test_one_difference_for_a_whole_table(self) -> None:
        after = schema(a="x", b="y z")
        facts = {
            **after.facts,
            Fact("index", "b", "ix"): "(y)",
            Fact("trigger", "b", "tr"): "",
            Fact("view", None, "v"): "AS SELECT 1",
            Fact("trigger", "v", "tr_v"): "",
        }
        after = SchemaSnapshot("sqlite", facts)
        self.assertEqual(
            compare(schema(a="x"), after),
            (
                Difference("table", "b", "b", None, '"y", "z"'),
                Difference("view", None, "v", None, "AS SELECT 1"),
            ),
        )
        removed = compare(after, schema(a="x"))
        self.assertEqual([d.change for d in removed], ["removed"] * 2)
        self.assertEqual(removed[0].before, '"y", "z"')

    def test_table_that_became_a_view(self) -> None:
        view = SchemaSnapshot("sqlite", {Fact("view", None, "a"): "AS x"})
        self.assertEqual(
            [str(d) for d in compare(schema(a="x"), view)],
            [
                'table "a" is there only before: "x"',
                'view "a" is there only after: AS x',
            ],
        )

    def test_sorted_by_table(self) -> None:
        found = compare(schema(b="x", a="z", c="q"), schema(a="y", b="w"))
        self.assertEqual(
            [(d.table, d.kind, d.name) for d in found],
            [
                ("a", "column", "y"),
                ("a", "column", "z"),
                ("b", "column", "w"),
                ("b", "column", "x"),
                ("c", "table", "c"),
            ],
        )

    def test_other_dialect(self) -> None:
        with self.assertRaisesRegex(MigtestkitError, "sqlite.*postgresql"):
            compare(schema(), SchemaSnapshot("postgresql", {}))


class TestDescribeDifferences(unittest.TestCase):
    def test_limit(self) -> None:
        after = schema(a=" ".join(f"c{i:02}" for i in range(20)))
        found = compare(schema(a="c00"), after)
        lines = describe_differences(found, limit=7).splitlines()
        self.assertEqual(len(lines), 8)
        self.assertEqual(lines[-1], "... and 12 more")
        self.assertEqual(
            lines[0], 'table "a": column "c01" is there only after: INT'
        )

    def test_exactly_the_limit(self) -> None:
        found = compare(schema(a="x"), schema(a="y"))
        self.assertNotIn("more", describe_differences(found, limit=2))

    def test_labels_and_nothing(self) -> None:
        found = compare(schema(a="x"), schema(a="x y"))
        self.assertEqual(
            describe_differences(
                found, before_label="in the models", after_label="there"
            ),
            'table "a": column "y" is there only there: INT',
        )
        self.assertEqual(describe_differences(()), "")


if __name__ == "__main__":
    unittest.main()
