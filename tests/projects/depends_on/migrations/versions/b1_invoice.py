"""Create the invoice table, which refers to core's account."""
import sqlalchemy as sa

from alembic import context, op

revision = "b1_invoice"
down_revision = None
branch_labels = "billing"
depends_on = "c2_email"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "account_id",
            sa.Integer(),
            sa.ForeignKey("account.id"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_table("invoice")
