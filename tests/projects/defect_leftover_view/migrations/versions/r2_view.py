"""Create a view; the downgrade forgets it."""
from alembic import context, op

revision = "r2_view"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute(
        """
        CREATE VIEW IF NOT EXISTS author_names AS
        SELECT name FROM author
        """
    )


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
