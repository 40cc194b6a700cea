"""Its downgrade leaves the table."""
from alembic import op

revision = "f707"
down_revision = "f606"


def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS book (id INTEGER PRIMARY KEY)")


def downgrade():
    pass
