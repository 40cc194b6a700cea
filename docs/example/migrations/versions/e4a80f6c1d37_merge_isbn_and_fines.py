"""merge ISBN and fines

Revision ID: e4a80f6c1d37
Revises: c6d2f8130e5b, d91b7a4e2c63
Create Date: 2025-05-12 10:03:30.214885

"""
from typing import Sequence, Union


# revision identifiers, used by Alembic.
revision: str = 'e4a80f6c1d37'
down_revision: Union[str, Sequence[str], None] = (
    'c6d2f8130e5b', 'd91b7a4e2c63'
)
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    pass


def downgrade() -> None:
    """Downgrade schema."""
    pass
