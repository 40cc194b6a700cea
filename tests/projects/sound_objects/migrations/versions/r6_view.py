"""Add a view."""
from alembic import context, op

revision = "r6_view"
down_revision = "r5_trigger"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute(
        """
        CREATE VIEW loan_names AS
        SELECT name FROM loan
        """
    )


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.execute("DROP VIEW loan_names")
