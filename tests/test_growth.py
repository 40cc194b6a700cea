"""Is it found that a revision does more where there are more rows?"""

from __future__ import annotations

import unittest

from migtestkit.errors import ConfigError, RevisionError
from sqlalchemy import create_engine

from tests import servers
from tests.support import Python, Rev, create
from tests.test_deployment import DeploymentTestCase

BASE = Rev(
    "r1", upgrade=create(
        "users", "id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL"
    ),
)
LOOP = Python(
    "import sqlalchemy as sa\n"
    "bind = op.get_bind()\n"
    "for (id,) in bind.execute(sa.text('SELECT id FROM users')).all():\n"
    "    bind.execute(\n"
    "        sa.text('UPDATE users SET name = :name WHERE id = :id'),\n"
    "        {'name': 'x', 'id': id},\n"
    "    )\n"
)


class TestConstantWork(DeploymentTestCase):
    def test_row_by_row(self):
        for case in self.cases(BASE, Rev("r2", "r1", upgrade=LOOP)):
            with self.subTest(case.database_url):
                text = self.assertFails(case.assertConstantWork, "r2", "slow")
                self.assertIn("does more where there are more rows", text)
                self.assertRegex(
                    text,
                    r"UPDATE users SET .*\n"
                    r" +is sent 20 times over 20 rows, 2 times over 2",
                )
                self.assertTrue(text.endswith(" : slow"))

    def test_all_rows_at_once(self):
        for case in self.cases(
            BASE, Rev("r2", "r1", upgrade="UPDATE users SET name = 'x'")
        ):
            with self.subTest(case.database_url):
                text = self.assertFails(case.assertConstantWork, "r2")
                self.assertIn(
                    "writes 20 rows where a table has 20, 2 where it has 2",
                    text,
                )

    def test_a_table_that_is_copied(self):
        batch = Python(
            "import sqlalchemy as sa\n"
            "with op.batch_alter_table('users') as batch:\n"
            "    batch.alter_column('name', nullable=True,\n"
            "                       existing_type=sa.String(20))\n"
        )
        case = self.on_sqlite(BASE, Rev("r2", "r1", upgrade=batch))
        text = self.assertFails(case.assertConstantWork, "r2")
        self.assertIn("INSERT INTO _alembic_tmp_users", text)
        convert = "ALTER TABLE users MODIFY name INTEGER"
        self.folder = self.new_folder()
        case = self.case(
            BASE, Rev("r1b", "r1", upgrade="ALTER TABLE users ADD n INTEGER"),
            Rev("r2", "r1b", upgrade=convert.replace("name", "n")
                .replace("INTEGER", "VARCHAR(9)")),
            database_url=servers.require_server("mysql"),
        )
        text = self.assertFails(case.assertConstantWork, "r2")
        self.assertIn("ALTER TABLE users MODIFY n", text)

    def test_a_table_that_postgresql_reads(self):
        case = self.on_postgresql(
            BASE,
            Rev("r2", "r1", upgrade="CREATE INDEX by_name ON users (name)"),
        )
        text = self.assertFails(case.assertConstantWork, "r2")
        self.assertIn("goes through all rows of 'users'", text)

    def test_what_does_not_grow(self):
        for case in self.cases(
            BASE,
            Rev("r2", "r1", upgrade=[
                "ALTER TABLE users ADD COLUMN nick VARCHAR(20)",
                "INSERT INTO users (id, name) VALUES (1, 'x')",
                "UPDATE users SET name = 'y' WHERE id = 1",
            ]),
        ):
            with self.subTest(case.database_url):
                case.assertConstantWork("r2")
                self.assertEqual(frozenset(), case.applied)

    def test_where_there_is_nothing_to_fill(self):
        case = self.on_sqlite(BASE, Rev("r2", "r1", upgrade=create("more")))
        for revision in ("r1", "r2"):
            text = self.assertFails(case.assertConstantWork, revision)
            self.assertIn("names no table that was there before it", text)

    def test_an_upgrade_that_fails(self):
        case = self.on_sqlite(BASE, Rev("r2", "r1", upgrade="NONSENSE users"))
        text = self.assertFails(case.assertConstantWork, "r2")
        self.assertIn("its upgrade fails", text)

    def test_arguments(self):
        case = self.on_sqlite(BASE, Rev("r2", "r1"), skip_revisions=("r2",))
        refused = case.assertConstantWork
        self.assertIn("r9", self.refused(RevisionError, refused, "r9"))
        self.assertIn(
            "skip_revisions", self.refused(RevisionError, refused, "r2")
        )
        engine = create_engine(f"sqlite:///{self.folder}/one.db")
        self.addCleanup(engine.dispose)
        case = self.on_sqlite(BASE, get_migration_engine=lambda self: engine)
        self.assertIn(
            "run twice",
            self.refused(ConfigError, case.assertConstantWork, "r1"),
        )


if __name__ == "__main__":
    unittest.main()
