"""Tests of the library's migrations."""

import datetime

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

ADA = {"id": 1, "full_name": "Ada King Lovelace", "email": "ada@example.org"}
HOMER = {"id": 2, "full_name": "Homer", "email": "homer@example.org"}


class TestHistory(HistoryChecks, MigrationTestCase):
    """The ready-made tests, over all revisions."""

    model_package = "library"


class TestSplitTheMembersName(MigrationTestCase):
    """Revision b05c: one name becomes two."""

    start_revision = "8a7e64d2c9f0"  # the one before

    def setUp(self):
        super().setUp()
        self.insert_into("member", [ADA, HOMER])

    def test_the_last_word_is_the_last_name(self):
        self.migrate_up_one()
        self.assertTableHasColumns("member", ["first_name", "last_name"])
        self.assertTableLacksColumns("member", ["full_name"])
        self.assertRows("member", [
            {"id": 1, "first_name": "Ada King", "last_name": "Lovelace"},
            {"id": 2, "first_name": "", "last_name": "Homer"},
        ])

    def test_the_downgrade_gives_the_names_back(self):
        self.assertRoundtrip("b05c3e91d7a4")
        self.migrate_down_to("8a7e64d2c9f0")
        self.assertRows("member", [ADA, HOMER])


class TestLoansAreDue(MigrationTestCase):
    """Revision f27c: what is lent already gets four weeks."""

    start_revision = "e4a80f6c1d37"  # the one before

    def test_four_weeks_after_it_was_lent(self):
        self.insert_into("member", {
            "id": 1, "first_name": "Ada", "last_name": "Lovelace",
            "email": "ada@example.org",
        })
        self.insert_into("book", {
            "id": 1, "title": "The Odyssey", "author": "Homer",
        })
        self.insert_into("loan", {
            "id": 1, "member_id": 1, "book_id": 1,
            "lent_on": datetime.date(2025, 8, 1),
        })
        self.migrate_up_one()
        self.assertRows("loan", [
            {"id": 1, "due_on": datetime.date(2025, 8, 29)},
        ])
