"""clean the mail addresses"""
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    op.execute("UPDATE users SET mail = lower(mail)")


def downgrade():
    pass
