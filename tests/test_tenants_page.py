"""Does the page on tenants tell what is so?"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tests import servers
from tests.pages import PageTestCase

INI = """
[alembic]
script_location = %(here)s/migrations
sqlalchemy.url = postgresql+psycopg://shop@db.example/shop
"""
FIRST = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "a1", None


def upgrade():
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(50)),
    )


def downgrade():
    op.drop_table("customer")
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "a2", "a1"


def upgrade():
    op.add_column("customer", sa.Column("domain", sa.String(50)))
    op.execute(
        "UPDATE customer "
        "SET domain = lower(substr(email, length('Ada@') + 1))"
    )


def downgrade():
    op.execute("ALTER TABLE customer DROP COLUMN domain")
"""
Changes = Sequence[tuple[str, str]]


class TenantsTestCase(PageTestCase):
    page = "tenants"
    languages = {"python": 4, "console": 1}

    def make(self, env: str, test: str, second: str) -> None:
        self.write({
            "alembic.ini": INI,
            "migrations/env.py": env,
            "migrations/versions/a1.py": FIRST,
            "migrations/versions/a2.py": second,
            "test_page.py": test,
        })

    def assert_fails(self, output: str, *words: str) -> None:
        self.assertIn("FAILED (", output)
        for word in words:
            self.assertIn(word, output)


class TestSchemas(TenantsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = servers.require_driver("postgresql", "psycopg")

    def on_server(self, text: str) -> str:
        """Return a block of the page, on the server of the tests."""
        url = self.url.render_as_string(hide_password=False)
        return self.swap(
            text, [("postgresql+psycopg://postgres@localhost/", url)]
        )

    def run_it(
        self, *, env: Changes = (), test: Changes = (), second: Changes = ()
    ) -> tuple[int, str]:
        blocks = self.blocks("python")
        self.make(
            self.swap(blocks[0], env),
            self.swap(self.on_server(blocks[1]), test),
            self.swap(SECOND, second),
        )
        return self.shell("python -m unittest test_page")

    def test_it_passes(self) -> None:
        status, output = self.run_it()
        self.assertEqual(0, status, output)
        self.assertRegex(output, r"Ran 8 tests [\s\S]*OK \(skipped=2\)")

    def test_the_command(self) -> None:
        self.run_it()
        [block] = self.blocks("console")
        status, output = self.shell(self.on_server(block))
        self.assertEqual(0, status, output)
        self.assertRegex(output, r"4 passed")
        status, output = self.shell(
            self.swap(self.on_server(block), [("-x tenant=acme", "")])
        )
        self.assertEqual(2, status, output)

    def test_a_migration_that_writes_to_another_tenant(self) -> None:
        _, output = self.run_it(
            second=[("UPDATE customer ", "UPDATE globex.customer ")]
        )
        self.assert_fails(output, "test_no_tenant_touches_another")

    def test_a_migration_that_changes_all_rows_of_another(self) -> None:
        _, output = self.run_it(second=[(
            "def downgrade",
            "    op.execute(\"DO 'BEGIN IF EXISTS (SELECT FROM pg_namespace "
            "WHERE nspname = ''globex'') THEN UPDATE globex.customer SET "
            "email = NULL; END IF; END'\")\n\n\ndef downgrade",
        )])
        self.assert_fails(output, "test_no_tenant_touches_another", "email")
        self.assertIn("failures=1, skipped=2)", output)

    def test_one_schema_for_all_tenants(self) -> None:
        _, output = self.run_it(
            env=[('SET search_path TO "{tenant}"', "SET search_path TO acme")]
        )
        self.assert_fails(output, "test_each_tenant_is_migrated")

    def test_all_schemas_in_one_run(self) -> None:
        text = self.blocks("python")[0]
        before, line, rest = text.partition("with engine.connect()")
        loop = before + "for tenant in ('acme', 'globex'):\n"
        loop += textwrap.indent(line + rest, "    ")
        self.make(loop, self.on_server(self.blocks("python")[1]), SECOND)
        _, output = self.shell("python -m unittest test_page")
        self.assert_fails(output, "keeps several version tables")

    def test_without_adopting(self) -> None:
        _, output = self.run_it(test=[
            ("adopt_existing_database=True", "adopt_existing_database=False")
        ])
        self.assert_fails(output, "set adopt_existing_database = True")


class TestDatabases(TenantsTestCase):
    def run_it(
        self, *, env: Changes = (), test: Changes = (), second: Changes = ()
    ) -> tuple[int, str]:
        blocks = self.blocks("python")
        self.make(
            self.swap(blocks[2], env),
            self.swap(blocks[3], test),
            self.swap(SECOND, second),
        )
        return self.shell("python -m unittest test_page")

    def test_no_other_blocks(self) -> None:
        self.assert_no_other_blocks()

    def test_it_passes(self) -> None:
        status, output = self.run_it()
        self.assertEqual(0, status, output)
        self.assertRegex(output, r"Ran 8 tests [\s\S]*OK \(skipped=2\)")

    def test_it_is_the_same_on_postgresql(self) -> None:
        url = servers.require_driver("postgresql", "psycopg")
        text = url.render_as_string(hide_password=False)
        status, output = self.run_it(
            env=[(
                "sqlite:////srv/shop/{tenant}.db",
                "postgresql+psycopg://shop@db.example/{tenant}",
            )],
            test=[("sqlite://", text)],
        )
        self.assertEqual(0, status, output)

    def test_a_tenant_that_is_left_out(self) -> None:
        _, output = self.run_it(env=[('"acme", "globex"', '"acme",')])
        self.assert_fails(output, "globex")

    def test_a_tenant_that_is_not_in_the_mapping(self) -> None:
        _, output = self.run_it(env=[('"globex")', '"globex", "initech")')])
        self.assert_fails(output, "initech")

    def test_a_wrong_migration(self) -> None:
        _, output = self.run_it(second=[("lower(", "upper(")])
        self.assert_fails(output, "test_no_tenant_touches_another")
        self.assertIn("failures=1", output)

    def test_one_database_for_all_tenants(self) -> None:
        _, output = self.run_it(env=[("{tenant}.db", "acme.db")])
        self.assert_fails(output, "test_each_tenant_is_migrated")
