"""Give unused pages back to the file system."""
from alembic import context, op

revision = "r2_vacuum"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute("VACUUM")


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
