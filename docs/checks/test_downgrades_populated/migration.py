"""nicknames"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.create_table(
        "nicknames",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("nick", sa.String(20)),
    )


def downgrade():
    op.execute(
        "INSERT INTO users (id, name) SELECT id + 5000, nick FROM nicknames"
    )
    op.drop_table("nicknames")
