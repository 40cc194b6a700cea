"""Guard the authors; the downgrade forgets the trigger."""
from alembic import context, op

revision = "r2_trigger"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute(
        """
        CREATE TRIGGER IF NOT EXISTS author_is_kept
        BEFORE DELETE ON author
        BEGIN
            SELECT RAISE(ABORT, 'authors are never deleted');
        END
        """
    )


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
