"""Merge the second pair, and add the author's address."""
import sqlalchemy as sa

from alembic import context, op

revision = "m2_merge"
down_revision = ("left2_born", "right2_reader")


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.add_column("author", sa.Column("email", sa.String(80), nullable=True))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_column("author", "email")
