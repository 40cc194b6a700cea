"""Does the page on OpenStack's suites tell what is so?"""

from __future__ import annotations

import importlib.util
import re
import unittest

from sqlalchemy.engine import URL

from tests import servers
from tests.pages import PageTestCase
from tests.support import INI, Rev, create, make_history

BASE = '''
import fixtures
import oslotest.base
from sqlalchemy import inspect

from shop.db import migration


class TestCase(oslotest.base.BaseTestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MockPatchObject(
            migration, "CONNECTION", "PRODUCTION"
        ))


def column_names(engine, table):
    return {one["name"] for one in inspect(engine).get_columns(table)}
'''
MIGRATION = '''
import os

from alembic.config import Config

CONNECTION = None


def find_alembic_conf():
    here = os.path.dirname(os.path.abspath(__file__))
    config = Config(os.path.join(here, "..", "..", "alembic.ini"))
    # Fails where the project's setUp has not run yet.
    config.set_main_option("sqlalchemy.url", CONNECTION.replace("%", "%%"))
    return config
'''
CONF = """
from oslo_config import cfg

CONF = cfg.ConfigOpts()
CONF.register_opt(
    cfg.StrOpt("connection", default="mysql+pymysql://shop@db.example/shop"),
    group="database",
)
"""
FIRST = Rev(
    "1a0f", upgrade=create("setting", "id INTEGER PRIMARY KEY, "
                           "name VARCHAR(20)"),
    downgrade="DROP TABLE setting",
)
EXPAND = Rev(
    "5b3c", "1a0f", labels="expand",
    upgrade=("ALTER TABLE setting ADD COLUMN slug VARCHAR(20)",
             "UPDATE setting SET slug = lower(name)"),
    downgrade="ALTER TABLE setting DROP COLUMN slug",
)
CONTRACT = Rev(
    "9d2e", "1a0f", depends_on="5b3c", labels="contract",
    upgrade="ALTER TABLE setting DROP COLUMN name",
    downgrade=("ALTER TABLE setting ADD COLUMN name VARCHAR(20)",
               "UPDATE setting SET name = slug"),
)


class TestOpenStack(PageTestCase):
    page = "openstack"
    languages = {"python": 2, "console": 2, "ini": 1}

    def setUp(self) -> None:
        super().setUp()
        missing = [
            name for name in ("oslotest", "testtools", "stestr", "fixtures")
            if importlib.util.find_spec(name) is None
        ]
        if missing:
            self.skipTest(
                f"not installed: {', '.join(missing)}; the extra 'runners' "
                "has all"
            )

    def make(
        self,
        *changed: Rev,
        page: tuple[tuple[str, str], ...] = (),
        production: str = "sqlite:////srv/shop/50%25.db",
    ) -> None:
        new = {one.id: one for one in changed}
        make_history(
            self.folder,
            [new.get(one.id, one) for one in (FIRST, EXPAND, CONTRACT)],
            ini=INI,
        )
        code = self.blocks("python")[0]
        [conf] = self.blocks("ini")
        self.write({
            "shop/__init__.py": "",
            "shop/db/__init__.py": "",
            "shop/db/migration.py": MIGRATION,
            "shop/tests/__init__.py": "",
            "shop/tests/base.py": BASE.replace("PRODUCTION", production),
            "shop/tests/test_migrations.py": self.swap(code, page),
            ".stestr.conf": conf,
        })

    def admin_urls(self) -> dict[str, str]:
        urls = [
            servers.require_driver(family, driver)
            for family, driver in (
                ("postgresql", "psycopg"), ("mysql", "pymysql"),
            )
        ]
        return {
            "OS_TEST_DBAPI_ADMIN_CONNECTION": ";".join(map(text_of, urls))
        }

    def run_unittest(self, name: str = "", **environ: str) -> str:
        # With two servers that nobody finds, so that nothing is left out by
        # what the machine has.
        nowhere = {
            "OS_TEST_DBAPI_ADMIN_CONNECTION":
                "postgresql+psycopg://nobody@127.0.0.1:9/;"
                "mysql+pymysql://nobody@127.0.0.1:9/",
        }
        status, output = self.shell(
            f"python -m unittest shop.tests.test_migrations{name}",
            **{**nowhere, **environ},
        )
        self.assertEqual(status, 0 if re.search("(?m)^OK", output) else 1)
        return output

    def run_stestr(self, number: int, **environ: str) -> tuple[int, str]:
        """Run a block of the page, with a server of the tests."""
        block = self.blocks("console")[number]
        if number == 0:
            there = re.findall(r"postgresql\+psycopg://\S+", block)
            self.assertEqual(1, len(there))
            url = servers.require_driver("postgresql", "psycopg")
            block = block.replace(there[0], text_of(url))
        return self.shell(block, **environ)

    def run_by_settings(
        self, *changes: tuple[str, str], **environ: str
    ) -> str:
        """Run the page's second test, with an env.py that has its URL from
        oslo.config."""
        if importlib.util.find_spec("oslo_config") is None:
            self.skipTest(
                "not installed: oslo.config; the extra 'runners' has it"
            )
        self.make()
        path = self.folder / "migrations" / "env.py"
        text = path.read_text("utf-8")
        start = text.index("engine = engine_from_config(")
        end = text.index("    with engine.connect()")
        self.write({
            "shop/conf.py": CONF,
            "migrations/env.py": (
                "from shop.conf import CONF\nfrom sqlalchemy import "
                "create_engine\n" + text[:start]
                + "engine = create_engine(CONF.database.connection)\n"
                + text[end:]
            ),
            "shop/tests/test_settings.py": self.swap(
                self.blocks("python")[1], changes
            ),
        })
        _, output = self.shell(
            "python -m unittest shop.tests.test_settings", **environ
        )
        return output

    def test_a_url_from_the_settings(self) -> None:
        url = servers.require_driver("postgresql", "psycopg")
        output = self.run_by_settings(
            MIGTESTKIT_POSTGRESQL_URL=text_of(url),
            MIGTESTKIT_REQUIRE="postgresql",
        )
        self.assertRegex(output, r"(?m)^Ran 12 tests[\s\S]*^OK \(skipped=4\)")

    def test_a_url_from_the_settings_that_are_not_set(self) -> None:
        output = self.run_by_settings(("def use_database", "def uses"))
        self.assertIn(
            "env.py connects to mysql, but the throw-away database is sqlite",
            output,
        )

    def test_no_other_blocks(self) -> None:
        self.assert_no_other_blocks()

    def test_it_passes_where_there_is_no_server(self) -> None:
        self.make()
        output = self.run_unittest()
        # Two checks are skipped for want of models, one class for each
        # server.
        self.assertRegex(output, r"(?m)^Ran 24 tests[\s\S]*^OK \(skipped=18")

    def test_each_class_on_its_server(self) -> None:
        self.make()
        output = self.run_unittest(
            **self.admin_urls(), MIGTESTKIT_REQUIRE="postgresql,mysql"
        )
        self.assertRegex(output, r"(?m)^Ran 24 tests[\s\S]*^OK \(skipped=6\)")

    def test_stestr_on_the_kit_s_own_variables(self) -> None:
        self.make()
        status, output = self.run_stestr(0)
        self.assertEqual(0, status, output)
        self.assertIn("TestMigrations_postgresql.test_revision_hooks", output)
        self.assertRegex(output, r"Passed: 6\n")
        self.assertRegex(output, r"Skipped: 2\n")

    def test_stestr_on_two_workers(self) -> None:
        self.make()
        status, output = self.run_stestr(1, **self.admin_urls())
        self.assertEqual(0, status, output)
        self.assertRegex(output, r"Passed: 18\n")
        self.assertIn("{1} ", output)

    def test_a_required_server_that_is_not_there(self) -> None:
        self.make()
        output = self.run_unittest(
            ".TestMigrations_postgresql", MIGTESTKIT_REQUIRE="postgresql"
        )
        self.assertRegex(output, r"FAILED \((failures|errors)=8\)")

    def test_a_hook_that_does_not_hold(self) -> None:
        self.make(EXPAND._replace(upgrade=EXPAND.upgrade[0]))
        output = self.run_unittest(".TestMigrations")
        self.assertIn("FAILED (failures=1, skipped=2)", output)
        self.assertIn("_check_5b3c", output)

    def test_a_second_hook_that_does_not_hold(self) -> None:
        self.make(CONTRACT._replace(upgrade="SELECT 1", downgrade="SELECT 1"))
        output = self.run_unittest(".TestMigrations")
        self.assertIn("FAILED (failures=1, skipped=2)", output)
        self.assertIn("_check_9d2e", output)

    def test_a_hook_that_is_misspelt(self) -> None:
        self.make(page=(("_check_9d2e", "_check_9e2e"),))
        output = self.run_unittest(".TestMigrations")
        self.assertIn("no revision is called '9e2e'", output)

    def test_an_expand_revision_that_takes_away(self) -> None:
        self.make()
        path = self.folder / "migrations" / "versions" / "5b3c.py"
        path.write_text(path.read_text("utf-8").replace(
            "    calls = ", "    op.drop_column('setting', 'name')\n"
            "    op.execute('ALTER TABLE setting ADD COLUMN name TEXT')\n"
            "    calls = ", 1,
        ), "utf-8")
        output = self.run_unittest(".TestMigrations.test_expand_only_adds")
        self.assertIn("FAILED (failures=1)", output)
        self.assertIn("drop_column", output)

    def test_a_third_head(self) -> None:
        self.make()
        self.write({"migrations/versions/7777.py": (
            "revision, down_revision = '7777', '5b3c'\n"
            "def upgrade(): pass\ndef downgrade(): pass"
        ), "migrations/versions/8888.py": (
            "revision, down_revision = '8888', '5b3c'\n"
            "def upgrade(): pass\ndef downgrade(): pass"
        )})
        output = self.run_unittest(
            ".TestMigrations.test_single_head_revision"
        )
        self.assertIn("FAILED (failures=1)", output)

    def test_the_project_s_base_first(self) -> None:
        self.make(page=((
            "RevisionHooks, HistoryChecks, MigrationTestCase, base.TestCase",
            "base.TestCase, RevisionHooks, HistoryChecks, MigrationTestCase",
        ),))
        output = self.run_unittest(".TestMigrations")
        self.assertIn("FAILED (errors=8)", output)
        self.assertIn("in find_alembic_conf", output)


def text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


if __name__ == "__main__":
    unittest.main()
