"""loans are due

Revision ID: f27c5b9d8e14
Revises: e4a80f6c1d37
Create Date: 2025-09-01 13:38:57.792046

"""
import datetime
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'f27c5b9d8e14'
down_revision: Union[str, Sequence[str], None] = 'e4a80f6c1d37'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None

loan = sa.table(
    'loan',
    sa.column('id', sa.Integer()),
    sa.column('lent_on', sa.Date()),
    sa.column('due_on', sa.Date()),
)


def upgrade() -> None:
    """A loan without a day has no end; those of today get four weeks."""
    op.add_column('loan', sa.Column('due_on', sa.Date(), nullable=True))

    connection = op.get_bind()
    lent = connection.execute(sa.select(loan.c.id, loan.c.lent_on))
    for id_, lent_on in lent.all():
        connection.execute(
            loan.update()
            .where(loan.c.id == id_)
            .values(due_on=lent_on + datetime.timedelta(weeks=4))
        )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column('loan', 'due_on')
