"""Authors."""
import sqlalchemy as sa
from alembic import op

revision = "e505"
down_revision = None


def upgrade():
    op.create_table("author", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("author")
