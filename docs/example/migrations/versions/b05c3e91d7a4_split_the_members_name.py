"""split the member's name

Revision ID: b05c3e91d7a4
Revises: 8a7e64d2c9f0
Create Date: 2025-03-20 11:45:08.907310

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'b05c3e91d7a4'
down_revision: Union[str, Sequence[str], None] = '8a7e64d2c9f0'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None

member = sa.table(
    'member',
    sa.column('id', sa.Integer()),
    sa.column('full_name', sa.String()),
    sa.column('first_name', sa.String()),
    sa.column('last_name', sa.String()),
)


def upgrade() -> None:
    """The last word is the last name, all before it the first name."""
    with op.batch_alter_table('member') as batch:
        batch.add_column(sa.Column('first_name', sa.String(length=60)))
        batch.add_column(sa.Column('last_name', sa.String(length=60)))

    connection = op.get_bind()
    people = connection.execute(sa.select(member.c.id, member.c.full_name))
    for id_, full_name in people.all():
        first_name, _, last_name = full_name.strip().rpartition(' ')
        connection.execute(
            member.update()
            .where(member.c.id == id_)
            .values(first_name=first_name, last_name=last_name)
        )

    with op.batch_alter_table('member') as batch:
        batch.alter_column('first_name', nullable=False)
        batch.alter_column('last_name', nullable=False)
        batch.drop_column('full_name')


def downgrade() -> None:
    """First and last name, with a space between where both are there."""
    with op.batch_alter_table('member') as batch:
        batch.add_column(sa.Column('full_name', sa.String(length=120)))

    connection = op.get_bind()
    people = connection.execute(
        sa.select(member.c.id, member.c.first_name, member.c.last_name)
    )
    for id_, first_name, last_name in people.all():
        connection.execute(
            member.update()
            .where(member.c.id == id_)
            .values(full_name=f'{first_name} {last_name}'.strip())
        )

    with op.batch_alter_table('member') as batch:
        batch.alter_column('full_name', nullable=False)
        batch.drop_column('first_name')
        batch.drop_column('last_name')
