"""Create the book table, and tell the reports' database."""
import sqlalchemy as sa

from alembic import op
from zoo_engine_in_migration_foreign.settings import REPORTS_URL

revision = "r2_book"
down_revision = "r1_author"


def upgrade() -> None:
    engine = sa.create_engine(REPORTS_URL)
    with engine.connect() as reports:
        reports.execute(sa.text("PRAGMA user_version = 2"))
    engine.dispose()
    op.create_table(
        "book",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("title", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("book")
