"""an index of the names"""
from alembic import context, op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    if not context.is_offline_mode():
        op.create_index("by_name", "users", ["name"])


def downgrade():
    op.drop_index("by_name", "users")
