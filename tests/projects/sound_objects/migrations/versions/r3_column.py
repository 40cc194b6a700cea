"""Add a column."""
import sqlalchemy as sa

from alembic import context, op

revision = "r3_column"
down_revision = "r2_loan"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.add_column("book", sa.Column("currency", sa.String(3), nullable=True))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_column("book", "currency")
