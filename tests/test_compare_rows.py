"""Are rows compared as multisets, and in time that grows as they do?"""

from __future__ import annotations

import datetime
import random
import time
import unittest
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from migtestkit.rows import RowDifference, compare_rows

#: Equal and unequal values of many types, some that cannot be hashed.
VALUES = (
    1, 1.0, True, Decimal("1"), 0, False, None, "1", "", b"1",
    bytearray(b"1"), [1], [1.0], {"a": 1}, {"a": True}, float("nan"),
    datetime.date(2021, 3, 4), datetime.datetime(2021, 3, 4),
)


def by_hand(
    expected: Sequence[Any], actual: Sequence[Any], key: Sequence[str]
) -> RowDifference:
    """The same by comparing each row with each."""

    def match(wanted: Any, found: Any, same: Any) -> Any:
        left, pairs, missing = list(found), [], []
        for row in wanted:
            for index, other in enumerate(left):
                if same(row, other):
                    pairs.append((row, left.pop(index)))
                    break
            else:
                missing.append(row)
        return pairs, missing, left

    _, missing, left = match(expected, actual, lambda a, b: a == b)
    if not key or any(name not in row for row in missing for name in key):
        return RowDifference(tuple(missing), tuple(left))
    changed, gone, others = match(
        missing, left, lambda a, b: all(a[name] == b[name] for name in key)
    )
    return RowDifference(
        tuple(gone), tuple(others), tuple(changed), tuple(key)
    )


class TestCompareRows(unittest.TestCase):
    def test_the_same_as_by_hand(self) -> None:
        rng = random.Random(7)
        different = 0
        for _ in range(3000):
            names = ["id", "a", "b"][:rng.randint(1, 3)]

            def rows() -> list[dict[str, Any]]:
                return [
                    {name: rng.choice(VALUES) for name in names}
                    for _ in range(rng.randrange(6))
                ]

            expected, actual = rows(), rows()
            actual += rng.sample(expected, rng.randint(0, len(expected)))
            rng.shuffle(actual)
            key = rng.choice([(), ("id",), tuple(names), ("other",)])
            wanted = by_hand(expected, actual, key)
            found = compare_rows(expected, actual, key)
            # By identity, as far as the order goes: equal is not the same.
            for one, other in (
                (wanted.missing, found.missing), (wanted.extra, found.extra),
            ):
                self.assertEqual(list(map(id, one)), list(map(id, other)))
            self.assertEqual(repr(wanted), repr(found))
            different += bool(found)
        self.assertGreater(different, 1000)

    def test_columns_that_are_gone(self) -> None:
        wanted = [{"id": 1, "a": "x", "b": 2}]
        difference = compare_rows(wanted, [{"id": 1, "b": 3}], ["id"])
        self.assertEqual(
            "  ! changed id=1: a is gone, with 'x', b is 3, not 2",
            difference.describe(),
        )
        difference = compare_rows(wanted, [{"a": "x", "b": 2}], ["id"])
        self.assertEqual(
            "  - missing {'id': 1, 'a': 'x', 'b': 2}\n"
            "  + extra   {'a': 'x', 'b': 2}",
            difference.describe(),
        )

    def test_many_rows(self) -> None:
        """Each with each would be 400 million comparisons."""
        number = 20_000
        rows = [{"id": at, "name": f"n{at % 9}"} for at in range(number)]
        other = [{**row, "name": "x"} for row in reversed(rows)]
        alike = [{"name": "same"}] * number
        began = time.process_time()
        self.assertFalse(compare_rows(rows, rows[::-1], ("id",)))
        found = compare_rows(rows, other, ("id",))
        self.assertFalse(compare_rows(alike, list(alike)))
        self.assertLess(time.process_time() - began, 5)
        self.assertEqual(len(found.changed), number)
        self.assertEqual((found.missing, found.extra), ((), ()))


if __name__ == "__main__":
    unittest.main()
