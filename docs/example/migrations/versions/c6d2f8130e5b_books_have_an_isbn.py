"""books have an ISBN

Revision ID: c6d2f8130e5b
Revises: b05c3e91d7a4
Create Date: 2025-05-06 08:12:41.336270

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'c6d2f8130e5b'
down_revision: Union[str, Sequence[str], None] = 'b05c3e91d7a4'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        'book', sa.Column('isbn', sa.String(length=13), nullable=True)
    )
    op.create_index(op.f('ix_book_isbn'), 'book', ['isbn'], unique=True)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index(op.f('ix_book_isbn'), table_name='book')
    op.drop_column('book', 'isbn')
