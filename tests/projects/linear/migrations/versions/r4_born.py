"""Add the author's year of birth."""
import sqlalchemy as sa

from alembic import context, op

revision = "r4_born"
down_revision = "r3_loan"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.add_column("author", sa.Column("born", sa.Integer(), nullable=True))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_column("author", "born")
