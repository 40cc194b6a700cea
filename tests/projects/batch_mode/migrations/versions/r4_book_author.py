"""Let a book refer to its author."""
import sqlalchemy as sa

from alembic import op

revision = "r4_book_author"
down_revision = "r3_book"


def upgrade() -> None:
    with op.batch_alter_table("book") as batch:
        batch.add_column(sa.Column("author_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_book_author_id_author", "author", ["author_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("book") as batch:
        batch.drop_constraint("fk_book_author_id_author", type_="foreignkey")
        batch.drop_column("author_id")
