"""a table that a batch operation left"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.create_table(
        "_alembic_tmp_users", sa.Column("id", sa.Integer, primary_key=True)
    )


def downgrade():
    op.drop_table("_alembic_tmp_users")
