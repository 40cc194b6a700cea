"""a mail address"""
import sqlalchemy as sa
from alembic import op

revision = "4e5f"
down_revision = "1a0b"
branch_labels = "mails"


def upgrade():
    op.add_column("users", sa.Column("mail", sa.String(40)))


def downgrade():
    op.drop_column("users", "mail")
