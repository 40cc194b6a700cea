"""Create a pen name for each author.

The authors are read through the application's URL, before this revision
writes anything: SQLite has one writer.
"""
import sqlalchemy as sa

from alembic import op
from zoo_engine_in_migration.settings import DATABASE_URL

revision = "r2_pen_name"
down_revision = "r1_author"


def upgrade() -> None:
    engine = sa.create_engine(DATABASE_URL)
    with engine.connect() as reader:
        rows = reader.execute(sa.text("SELECT id, name FROM author"))
        authors = [row._asdict() for row in rows]
    engine.dispose()
    pen_name = op.create_table(
        "pen_name",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
    )
    op.bulk_insert(pen_name, authors)


def downgrade() -> None:
    op.drop_table("pen_name")
