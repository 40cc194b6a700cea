"""Does revision c6d2f8130e5b do what it should?"""

import sqlalchemy as sa

from migtestkit import MigrationTestCase


class TestBooksHaveAnIsbn(MigrationTestCase):
    """Revision c6d2f8130e5b: books have an ISBN"""

    def setUp(self):
        super().setUp()
        self.migrate_up_before("c6d2f8130e5b")
        self.insert_into(
            "book",
            [
                {"id": 1000, "title": "amber1000", "author": "amber1000"},
                {"id": 1001, "title": "amber1000", "author": "amber1000"},
            ],
        )

    def test_upgrade(self):
        self.migrate_up_one()
        self.assertTableHasColumns("book", ["isbn"])
        self.assertColumn("book", "isbn", type=sa.String(13), nullable=True)
        self.assertIndexExists(
            "book", "ix_book_isbn", columns=["isbn"], unique=True
        )
        self.assertRows(
            "book",
            [
                {
                    "id": 1000,
                    "title": "amber1000",
                    "author": "amber1000",
                    "isbn": None,
                },
                {
                    "id": 1001,
                    "title": "amber1000",
                    "author": "amber1000",
                    "isbn": None,
                },
            ],
        )

    def test_roundtrip(self):
        self.assertRoundtrip("c6d2f8130e5b")
