"""fines

Revision ID: d91b7a4e2c63
Revises: b05c3e91d7a4
Create Date: 2025-05-07 14:27:19.650482

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'd91b7a4e2c63'
down_revision: Union[str, Sequence[str], None] = 'b05c3e91d7a4'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        'fine',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('loan_id', sa.Integer(), nullable=False),
        sa.Column('cents', sa.Integer(), nullable=False),
        sa.Column(
            'paid', sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.CheckConstraint('cents > 0', name='ck_fine_cents'),
        sa.ForeignKeyConstraint(['loan_id'], ['loan.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_fine_loan_id'), 'fine', ['loan_id'])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index(op.f('ix_fine_loan_id'), table_name='fine')
    op.drop_table('fine')
