"""Merge left and right."""
from alembic import context

revision = "m1_merge"
down_revision = ("left_book", "right_loan")


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
