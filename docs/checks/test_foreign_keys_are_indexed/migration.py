"""the pets"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.create_table(
        "pets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", sa.Integer, sa.ForeignKey("users.id")),
    )


def downgrade():
    op.drop_table("pets")
