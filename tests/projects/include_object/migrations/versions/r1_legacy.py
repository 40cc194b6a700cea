"""Create the table of the old application, which has no model."""
import sqlalchemy as sa

from alembic import op

revision = "r1_legacy"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "legacy_log",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("legacy_log")
