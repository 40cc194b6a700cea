"""greater numbers"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.alter_column(
        "users", "id", type_=sa.BigInteger, existing_type=sa.Integer
    )


def downgrade():
    op.alter_column(
        "users", "id", type_=sa.Integer, existing_type=sa.BigInteger
    )
