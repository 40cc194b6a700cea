"""Its upgrade fails."""
from alembic import op

revision = "f808"
down_revision = "f707"


def upgrade():
    op.execute("INSERT INTO nowhere VALUES (1)")


def downgrade():
    pass
