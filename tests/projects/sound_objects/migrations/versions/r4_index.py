"""Add an index."""
from alembic import context, op

revision = "r4_index"
down_revision = "r3_column"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.create_index("ix_book_title", "book", ["title"])


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_index("ix_book_title", "book")
