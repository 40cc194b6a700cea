"""Names are in capitals."""
import sqlalchemy as sa
from alembic import op

revision = "c303"
down_revision = "b202"


def upgrade():
    op.add_column("author", sa.Column("plain", sa.String(80)))
    op.execute("UPDATE author SET plain = name, name = UPPER(name)")


def downgrade():
    op.execute("UPDATE author SET name = plain")
    op.drop_column("author", "plain")
