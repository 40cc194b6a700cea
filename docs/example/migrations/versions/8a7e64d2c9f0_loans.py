"""loans

Revision ID: 8a7e64d2c9f0
Revises: 3f1d0c8a5b21
Create Date: 2025-02-03 16:02:55.120933

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '8a7e64d2c9f0'
down_revision: Union[str, Sequence[str], None] = '3f1d0c8a5b21'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        'loan',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('member_id', sa.Integer(), nullable=False),
        sa.Column('book_id', sa.Integer(), nullable=False),
        sa.Column('lent_on', sa.Date(), nullable=False),
        sa.Column('returned_on', sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(['book_id'], ['book.id']),
        sa.ForeignKeyConstraint(['member_id'], ['member.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_loan_book_id'), 'loan', ['book_id'])
    op.create_index(op.f('ix_loan_member_id'), 'loan', ['member_id'])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index(op.f('ix_loan_member_id'), table_name='loan')
    op.drop_index(op.f('ix_loan_book_id'), table_name='loan')
    op.drop_table('loan')
