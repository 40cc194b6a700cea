"""the pets"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.create_table("pets", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("pets")
