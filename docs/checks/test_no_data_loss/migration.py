"""no more fax"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.drop_column("users", "fax")


def downgrade():
    op.add_column("users", sa.Column("fax", sa.String(20)))
