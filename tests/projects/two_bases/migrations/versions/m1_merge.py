"""Merge the two histories."""
from alembic import context

revision = "m1_merge"
down_revision = ("a2_book", "b1_library")


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
