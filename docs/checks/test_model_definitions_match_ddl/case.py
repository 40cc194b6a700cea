import sqlalchemy as sa
from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

metadata = sa.MetaData()
sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), nullable=False),
    sa.Column("fax", sa.String(20)),
)


class TestHistory(HistoryChecks, MigrationTestCase):
    target_metadata = metadata
