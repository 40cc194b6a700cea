"""Add the account's address."""
import sqlalchemy as sa

from alembic import context, op

revision = "c2_email"
down_revision = "c1_account"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.add_column("account", sa.Column("email", sa.String(80), nullable=True))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_column("account", "email")
