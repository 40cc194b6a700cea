"""Moves, rows and snapshots."""
import unittest

from migtestkit import MigrationTestCase

from sample import SERVICE


class TestMoves(MigrationTestCase):
    alembic_config = SERVICE

    def test_starts_at_base(self):
        self.assertEqual(self.current, "base")

    def test_up_and_down(self):
        self.migrate_up_to("head")
        self.assertCurrentRevision("d404")
        self.migrate_down_to("b202")
        self.assertTableNotExists("loan")
        self.assertCurrentRevision("b202")

    def test_one_by_one(self):
        seen = []
        while revision := self.migrate_up_one():
            seen.append(revision)
        self.assertEqual(seen, ["a101", "b202", "c303", "d404"])

    def test_fails_on_a_column(self):
        self.migrate_up_to("b202")
        self.assertTableHasColumns("book", ["id", "isbn"])

    @unittest.skip("to see a skip")
    def test_skipped_by_decorator(self):
        self.fail("it ran")

    def test_skipped_inside(self):
        self.migrate_up_one()
        self.skipTest("half-way")


class TestData(MigrationTestCase):
    alembic_config = SERVICE
    start_revision = "b202"

    def setUp(self):
        super().setUp()
        self.insert_into("author", {"id": 1, "name": "Ada"})

    def test_names_are_changed(self):
        self.migrate_up_one()
        self.assertRows(
            "author", [{"id": 1, "name": "ADA", "plain": "Ada"}]
        )

    def test_and_changed_back(self):
        self.assertRoundtrip("c303")

    def test_nobody_else_s_rows(self):
        self.assertRowCount("author", 1)

    def test_fails_on_rows(self):
        self.migrate_up_one()
        self.assertRows("author", [{"name": "Ada"}])


class TestSetUp(MigrationTestCase):
    alembic_config = SERVICE

    def setUp(self):
        super().setUp()
        self.migrate_up_one()
        raise ValueError("setUp is broken")

    def test_breaks_in_set_up(self):
        self.fail("it ran")


class TestForgotten(MigrationTestCase):
    """A setUp that does not call super()."""

    alembic_config = SERVICE

    def setUp(self):
        self.seen = []

    def test_needs_no_super(self):
        self.migrate_up_to("head")
        self.assertTrue(self.is_at_heads)
