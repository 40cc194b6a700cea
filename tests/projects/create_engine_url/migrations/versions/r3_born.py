"""Add the author's year of birth."""
import sqlalchemy as sa

from alembic import op

revision = "r3_born"
down_revision = "r2_book"


def upgrade() -> None:
    op.add_column("author", sa.Column("born", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("author", "born")
