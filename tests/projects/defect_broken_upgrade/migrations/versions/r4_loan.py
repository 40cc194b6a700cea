"""Create the loan table, add the year of birth."""
import sqlalchemy as sa

from alembic import context, op

revision = "r4_loan"
down_revision = "r3_book"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.create_table(
        "loan",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.add_column("author", sa.Column("born", sa.Integer(), nullable=True))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_column("author", "born")
    op.drop_table("loan")
