"""Index the names; the downgrade forgets it."""
from alembic import context, op

revision = "r2_index"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute("CREATE INDEX IF NOT EXISTS ix_author_name ON author (name)")


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
