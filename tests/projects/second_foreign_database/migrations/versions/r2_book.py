"""Create the book table."""
import sqlalchemy as sa

from alembic import op

revision = "r2_book"
down_revision = "r1_author"


def upgrade() -> None:
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("book")
