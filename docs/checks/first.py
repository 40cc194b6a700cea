"""make the users"""
import sqlalchemy as sa
from alembic import op

revision = "1a0b"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("fax", sa.String(20)),
    )


def downgrade():
    op.drop_table("users")
