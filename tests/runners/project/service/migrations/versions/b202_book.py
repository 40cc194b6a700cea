"""Books."""
import sqlalchemy as sa
from alembic import op

revision = "b202"
down_revision = "a101"


def upgrade():
    op.create_table(
        "book",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column(
            "author_id", sa.Integer, sa.ForeignKey("author.id"), nullable=False
        ),
    )


def downgrade():
    op.drop_table("book")
