"""Create the book table; there is no way back."""
import sqlalchemy as sa

from alembic import context, op

revision = "r2_book"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    raise NotImplementedError("downgrades are not supported")
