"""Insert the anonymous author; the downgrade forgets the row."""
from alembic import context, op

revision = "r2_anonymous"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute("INSERT INTO author (id, name) VALUES (1, 'anonymous')")


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
