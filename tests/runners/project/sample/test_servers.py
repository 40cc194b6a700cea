"""The same class on SQLite and on PostgreSQL."""
from migtestkit import MigrationTestCase, onDialects

from sample import SERVICE


@onDialects("postgresql")
class TestServers(MigrationTestCase):
    alembic_config = SERVICE
    start_revision = "c303"

    def test_roundtrip(self):
        self.insert_into("author", {"id": 1, "name": "Ada"})
        self.assertRoundtrip("d404")

    def test_fails_on_a_table(self):
        self.assertTableExists("loan")
