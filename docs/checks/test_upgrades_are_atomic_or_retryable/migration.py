"""names in small letters"""
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index(
            "by_name", "users", ["name"], postgresql_concurrently=True
        )
    op.execute("UPDATE users SET name = lower(name)")


def downgrade():
    op.drop_index("by_name", "users")
