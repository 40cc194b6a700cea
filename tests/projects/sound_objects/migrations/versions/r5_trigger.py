"""Add a trigger."""
from alembic import context, op

revision = "r5_trigger"
down_revision = "r4_index"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute(
        """
        CREATE TRIGGER loan_is_kept
        BEFORE DELETE ON loan
        BEGIN
            SELECT RAISE(ABORT, 'loans are never deleted');
        END
        """
    )


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.execute("DROP TRIGGER loan_is_kept")
