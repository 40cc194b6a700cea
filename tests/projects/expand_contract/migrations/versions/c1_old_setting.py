"""Contract: the old table goes, its rows have moved."""
import sqlalchemy as sa

from alembic import context, op

revision = "c1_old_setting"
down_revision = "x1_initial"
branch_labels = "contract"
depends_on = "e1_setting"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.drop_table("old_setting")


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.create_table(
        "old_setting",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.execute("INSERT INTO old_setting SELECT id, name FROM setting")
