"""Create the book table, and note the release in the file itself."""
import sqlite3

import sqlalchemy as sa

from alembic import op
from zoo_raw_driver_in_migration.settings import DATABASE

revision = "r2_book"
down_revision = "r1_author"


def upgrade() -> None:
    connection = sqlite3.connect(DATABASE)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("book")
