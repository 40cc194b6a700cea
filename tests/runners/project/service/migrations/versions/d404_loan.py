"""Loans."""
import sqlalchemy as sa
from alembic import op

revision = "d404"
down_revision = "c303"


def upgrade():
    op.create_table(
        "loan",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("book_id", sa.Integer, sa.ForeignKey("book.id")),
    )


def downgrade():
    op.drop_table("loan")
