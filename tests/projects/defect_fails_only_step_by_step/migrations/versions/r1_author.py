"""Create the author table, and note two titles for r2."""
import sqlalchemy as sa

from alembic import context, op

revision = "r1_author"
down_revision = None


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.create_table(
        "author",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.execute("CREATE TEMPORARY TABLE noted (title VARCHAR(100))")
    op.execute("INSERT INTO noted VALUES ('Emma'), ('Persuasion')")


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.execute("DROP TABLE IF EXISTS temp.noted")
    op.drop_table("author")
