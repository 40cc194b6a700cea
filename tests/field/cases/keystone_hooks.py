"""keystone's tests of its migrations: as it ships them, and ported.

``Shipped`` holds the hooks of the installed
``keystone/tests/unit/test_sql_banned_operations.py``, unedited: its class is
compiled from that file without its walker and its bases. ``Ported`` asserts
the same facts with what the kit has. ``FIELD_DATABASE_URL`` says where, and
``FIELD_VERSIONS`` names a copy of the scripts to test instead.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import Any

import keystone.conf
import sqlalchemy
from alembic.config import Config
from keystone.common import sql
from keystone.common.sql import upgrades
from keystone.common.sql.migrations import manage
from sqlalchemy import inspect

from migtestkit import MigrationTestCase
from migtestkit.checks import RevisionHooks

SUITE = Path(
    os.path.dirname(keystone.conf.__file__),
    "..", "tests", "unit", "test_sql_banned_operations.py",
)


def is_hook(node: ast.stmt) -> bool:
    """A hook, or the table that two of the hooks read."""
    if isinstance(node, ast.FunctionDef):
        return node.name.startswith(("_pre_upgrade_", "_check_"))
    return isinstance(node, ast.Assign) and (
        ast.unparse(node.targets[0]).startswith("_99de3849d860")
    )


def shipped_class() -> ast.ClassDef:
    """The class of keystone's suite with nothing left but its hooks."""
    tree = ast.parse(SUITE.read_text("utf-8"))
    (found,) = (
        node for node in tree.body
        if isinstance(node, ast.ClassDef)
        and node.name == "KeystoneMigrationsWalk"
    )
    found.bases = []
    found.body = [node for node in found.body if is_hook(node)]
    return found


def shipped_hooks() -> Any:
    module = ast.Module(body=[shipped_class()], type_ignores=[])
    names: dict[str, Any] = {"sqlalchemy": sqlalchemy, "__name__": __name__}
    exec(compile(module, os.fspath(SUITE), "exec"), names)
    return names["KeystoneMigrationsWalk"]


class Keystone:
    database_url = os.environ.get("FIELD_DATABASE_URL", "sqlite://")

    def get_alembic_config(self) -> Config:
        keystone.conf.configure()
        sql.initialize()
        config = upgrades.get_alembic_config()
        copied = os.environ.get("FIELD_VERSIONS")
        if copied:
            place = os.path.join(
                os.path.dirname(upgrades.__file__), "migrations", "versions"
            )
            option = config.get_main_option("version_locations")
            config.set_main_option(
                "version_locations", option.replace(place, copied)
            )
        return config

    def alembic_context(self) -> None:
        manage.import_sql_modules()


class Shipped(
    shipped_hooks(), Keystone, RevisionHooks, MigrationTestCase
):
    pass


class Ported(Keystone, RevisionHooks, MigrationTestCase):
    def uniques(self, table):
        found = inspect(self.migrations.engine)
        found = found.get_unique_constraints(table)
        return {one["name"]: one["column_names"] for one in found}

    def indexes(self, table):
        found = inspect(self.migrations.engine).get_indexes(table)
        return {one["name"] for one in found}

    def default(self, table, column):
        found = inspect(self.migrations.engine).get_columns(table)
        return {one["name"]: one["default"] for one in found}[column]

    def pre_upgrade_99de(self):
        self.assertIn(
            "access_rule_external_id_key", self.uniques("access_rule"))
        self.assertIn(
            "duplicate_trust_constraint_expanded", self.uniques("trust"))

    def check_99de(self):
        self.assertNotIn(
            "access_rule_external_id_key", self.uniques("access_rule"))
        self.assertNotIn(
            "duplicate_trust_constraint_expanded", self.uniques("trust"))

    def pre_upgrade_b4f8(self):
        self.assertNotIn("duplicate_trust_constraint", self.uniques("trust"))

    def check_b4f8(self):
        self.assertEqual(
            ["trustor_user_id", "trustee_user_id", "project_id",
             "impersonation", "expires_at"],
            self.uniques("trust").get("duplicate_trust_constraint"),
        )

    def pre_upgrade_c88c(self):
        if self.migrations.engine.name != "mysql":
            self.skipTest("only MySQL has the duplicate")
        self.assertIn("project_id", self.indexes("project_tag"))

    def check_c88c(self, data):
        self.assertNotIn("project_id", self.indexes("project_tag"))

    def pre_upgrade_11c3(self):
        self.assertIsNotNone(
            self.default("service_provider", "relay_state_prefix"))

    def check_11c3(self):
        self.assertIsNone(
            self.default("service_provider", "relay_state_prefix"))

    def pre_upgrade_4714(self):
        self.assertTableLacksColumns("mapping", ["schema_version"])

    def check_4714(self):
        self.assertTableHasColumns("mapping", ["schema_version"])

    def pre_upgrade_e872(self):
        self.assertNotIn(
            "idx_project_id", self.indexes("project_endpoint_group"))

    def check_e872(self):
        self.assertIn(
            "idx_project_id", self.indexes("project_endpoint_group"))

    NEW = {
        "ix_revocation_event_project_id_user_id",
        "ix_revocation_event_composite",
    }

    def pre_upgrade_742c(self):
        self.assertEqual(set(), self.NEW & self.indexes("revocation_event"))

    def check_742c(self):
        self.assertEqual(
            self.NEW, self.NEW & self.indexes("revocation_event"))

    def test_every_revision_is_tested(self):
        self.assertEveryRevisionTested(
            since="27e6", exempt={"e25f": "a no-op", "29e8": "a no-op"})
