"""Create the book table, which refers to the author."""
import sqlalchemy as sa

from alembic import op

revision = "r2_book"
down_revision = "r1_author"


def upgrade() -> None:
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column(
            "author_id",
            sa.Integer(),
            sa.ForeignKey("author.id"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_table("book")
