"""Its downgrade leaves the column."""
import sqlalchemy as sa
from alembic import op

revision = "f606"
down_revision = "e505"


def upgrade():
    op.add_column("author", sa.Column("name", sa.String(80)))


def downgrade():
    pass
