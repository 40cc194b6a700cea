"""an index of the names"""
from alembic import op

revision = "2c3d"
down_revision = "1a0b"
branch_labels = "names"


def upgrade():
    op.create_index("by_name", "users", ["name"])


def downgrade():
    op.drop_index("by_name", "users")
