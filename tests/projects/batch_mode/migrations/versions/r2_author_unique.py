"""Make names unique and longer, and index a new column."""
import sqlalchemy as sa

from alembic import op

revision = "r2_author_unique"
down_revision = "r1_author"


def upgrade() -> None:
    with op.batch_alter_table("author") as batch:
        batch.add_column(sa.Column("born", sa.Integer(), nullable=True))
        batch.alter_column(
            "name", existing_type=sa.String(50), type_=sa.String(80)
        )
        batch.create_unique_constraint("uq_author_name", ["name"])
        batch.create_index("ix_author_born", ["born"])


def downgrade() -> None:
    with op.batch_alter_table("author") as batch:
        batch.drop_index("ix_author_born")
        batch.drop_constraint("uq_author_name", type_="unique")
        batch.alter_column(
            "name", existing_type=sa.String(80), type_=sa.String(50)
        )
        batch.drop_column("born")
