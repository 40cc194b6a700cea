"""Expand: create the setting table and copy the old rows."""
import sqlalchemy as sa

from alembic import context, op

revision = "e1_setting"
down_revision = "x1_initial"
branch_labels = "expand"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.create_table(
        "setting",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.execute("INSERT INTO setting SELECT id, name FROM old_setting")


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_table("setting")
