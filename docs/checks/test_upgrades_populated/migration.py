"""no name twice"""
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.create_index("one_name", "users", ["name"], unique=True)


def downgrade():
    op.drop_index("one_name", "users")
