"""an index of the names"""
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.create_index("by_name", "users", ["name"], if_not_exists=True)


def downgrade():
    pass
