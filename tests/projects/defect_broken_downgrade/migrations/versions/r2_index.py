"""Index the names; the downgrade misspells the index."""
from alembic import context, op

revision = "r2_index"
down_revision = "r1_author"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.create_index("ix_author_name", "author", ["name"])


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.drop_index("ix_author_names", "author")
