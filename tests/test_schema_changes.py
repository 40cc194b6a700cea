"""Is every change of a schema seen on SQLite, and nothing else?"""

from __future__ import annotations

import unittest
from collections.abc import Callable, Sequence
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from migtestkit.schema import describe_differences, look_at_schema
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from tests.catalogue.cases import statements
from tests.catalogue.sqlite import (
    BASE,
    BATCHES,
    MUTATIONS,
    PATHS,
    TABLES,
)


class TestChanges(unittest.TestCase):

    def setUp(self) -> None:
        self.connect(BASE)

    def connect(self, base: Sequence[str]) -> None:
        """Make another database."""
        engine = create_engine("sqlite://", poolclass=StaticPool)
        self.addCleanup(engine.dispose)
        self.connection = engine.connect()
        self.addCleanup(self.connection.close)
        self.run_sql(*base)

    def run_sql(self, *given: str) -> None:
        for statement in given:
            self.connection.exec_driver_sql(statement)

    def look(self) -> Any:
        return look_at_schema(self.connection)

    def test_each_is_seen_and_gone_when_undone(self) -> None:
        self.assertGreaterEqual(len(MUTATIONS), 20)
        for name, mutation in MUTATIONS.items():
            before = self.look()
            with self.subTest(name):
                self.run_sql(*statements(mutation.do))
                changed = self.look()
                self.run_sql(*statements(mutation.undo))
                text = describe_differences(before.differences(changed))
                self.assertIn(mutation.told, text)
                self.assertFalse(before.same_as(changed))
                self.assertEqual(
                    describe_differences(before.differences(self.look())), ""
                )

    def test_a_path_back_leaves_nothing(self) -> None:
        self.assertGreaterEqual(len(PATHS) + len(BATCHES), 25)
        for name, path in PATHS.items():
            self.leaves_nothing(name, lambda: self.run_sql(*path))
        # A view or trigger stops a table from being made anew.
        self.connect(TABLES)
        op = Operations(MigrationContext.configure(self.connection))
        for name, batch in BATCHES.items():
            self.leaves_nothing(name, lambda: batch(op))

    def leaves_nothing(self, name: str, act: Callable[[], None]) -> None:
        before = self.look()
        with self.subTest(name):
            act()
            self.assertEqual(
                describe_differences(before.differences(self.look())), ""
            )


if __name__ == "__main__":
    unittest.main()
