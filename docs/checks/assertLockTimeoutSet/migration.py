"""a mail address"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.add_column("users", sa.Column("mail", sa.String(40)))


def downgrade():
    op.drop_column("users", "mail")
