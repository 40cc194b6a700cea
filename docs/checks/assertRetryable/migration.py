"""the pets, and an index"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.create_table("pets", sa.Column("id", sa.Integer, primary_key=True))
    op.create_index("by_name", "users", ["name"])


def downgrade():
    op.drop_index("by_name", "users")
    op.drop_table("pets")
