"""Does a test end well under a result that keeps no lists?"""
from __future__ import annotations

import unittest
from typing import Any

from migtestkit import MigrationTestCase

from tests.support import ProjectTestCase, Rev, create


class OnlyAdded:
    """What Django's parallel workers have in place of a result's lists."""

    def append(self, item: Any) -> None:
        """Keep nothing."""


class CountingResult(unittest.TestResult):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.failures = OnlyAdded()  # type: ignore[assignment]
        self.errors = OnlyAdded()  # type: ignore[assignment]

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.told.append("success")

    def addFailure(self, test: Any, err: Any) -> None:
        self.told.append("failure")

    def addError(self, test: Any, err: Any) -> None:
        self.told.append(f"error: {err[1]}")


class TestAResultWithoutLists(ProjectTestCase):
    def told(self, body: Any) -> list[str]:
        ini = str(self.make_history(Rev("r1", upgrade=create("r1"))))

        class Case(MigrationTestCase):
            alembic_config = ini

            def test(self) -> None:
                self.migrate_up_one()
                body(self)

        result = CountingResult()
        Case("test").run(result)
        return result.told

    def test_success_stays_a_success(self) -> None:
        self.assertEqual(
            ["success"], self.told(lambda case: case.assertTableExists("r1"))
        )

    def test_failure_stays_one_failure(self) -> None:
        self.assertEqual(
            ["failure"],
            self.told(lambda case: case.assertTableNotExists("r1")),
        )


if __name__ == "__main__":
    unittest.main()
