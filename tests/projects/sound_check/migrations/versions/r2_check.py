"""Add a CHECK to the price."""
from alembic import context, op

revision = "r2_check"
down_revision = "r1_book"


def upgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("upgrade", revision))
    op.execute(
        """
        CREATE TABLE book_new (
            id INTEGER NOT NULL,
            title VARCHAR(100) NOT NULL,
            price INTEGER NOT NULL,
            PRIMARY KEY (id),
            CONSTRAINT ck_book_price CHECK (price >= 0)
        )
        """
    )
    op.execute("INSERT INTO book_new SELECT id, title, price FROM book")
    op.execute("DROP TABLE book")
    op.execute("ALTER TABLE book_new RENAME TO book")


def downgrade() -> None:
    calls = context.config.attributes.setdefault("calls", [])
    calls.append(("downgrade", revision))
    op.execute(
        """
        CREATE TABLE book_new (
            id INTEGER NOT NULL,
            title VARCHAR(100) NOT NULL,
            price INTEGER NOT NULL,
            PRIMARY KEY (id)
        )
        """
    )
    op.execute("INSERT INTO book_new SELECT id, title, price FROM book")
    op.execute("DROP TABLE book")
    op.execute("ALTER TABLE book_new RENAME TO book")
