"""Create the book table; the downgrade forgets it."""
from alembic import context, op

revision = "r2_book"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS book (
            id INTEGER NOT NULL PRIMARY KEY,
            title VARCHAR(100) NOT NULL
        )
        """
    )


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
