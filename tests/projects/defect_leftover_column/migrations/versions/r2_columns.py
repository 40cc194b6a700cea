"""Add two columns; the downgrade forgets one."""
import sqlalchemy as sa

from alembic import context, op

revision = "r2_columns"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    there = {
        column["name"]
        for column in sa.inspect(op.get_bind()).get_columns("author")
    }
    if "born" not in there:
        op.add_column("author", sa.Column("born", sa.Integer()))
    op.add_column("author", sa.Column("email", sa.String(80)))


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_column("author", "email")
