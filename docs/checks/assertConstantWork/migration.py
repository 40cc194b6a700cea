"""names in capitals"""
import sqlalchemy as sa
from alembic import op

revision = "2c3d"
down_revision = "1a0b"


def upgrade():
    connection = op.get_bind()
    for id, name in connection.execute(sa.text("SELECT id, name FROM users")):
        connection.execute(
            sa.text("UPDATE users SET name = :name WHERE id = :id"),
            {"id": id, "name": name.title()},
        )


def downgrade():
    pass
