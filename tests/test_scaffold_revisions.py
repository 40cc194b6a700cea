"""Does the test that ``scaffold REV`` writes pass, and fail where it must?"""

from __future__ import annotations

import ast
import importlib.util
import sys
import types
import unittest
from pathlib import Path
from typing import Any

from migtestkit.alembic_api import VERSION
from migtestkit.cli.scaffold.revision import study_revision
from migtestkit.cli.scaffold.writing import revision_module
from migtestkit.config import MigrationConfig
from migtestkit.context import MigrationContext

from tests import zoo
from tests.servers import require_server
from tests.support import ProjectTestCase, Python, Rev, run_case

#: A project whose test class needs hooks is none for the command line.
PROJECTS = [
    project
    for project in zoo.PROJECTS.values()
    if project.expect[zoo.UPGRADE] == "pass"
    and project.mixin is None
    and not project.strict_only
]
#: Those that differ in what a test of a revision has to say; on a server
#: each revision takes seconds.
ON_SERVERS = [
    zoo.PROJECTS[name]
    for name in ("merged", "sound_second_upgrade")
]

#: The lines of an upgrade, and what becomes of them in a mutated one.
UPGRADE = """\
op.add_column("author", sa.Column("born", sa.Integer(), nullable=True))
op.add_column("author", sa.Column(
    "country", sa.String(2), nullable=False, server_default="uk"))
op.create_index("ix_author_name", "author", ["name"])
op.create_table(
    "book",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("price", sa.Numeric(8, 2), nullable=True),
    sa.Column("sold", sa.Boolean(), nullable=False,
              server_default=sa.false()),
    sa.Column("printed", sa.DateTime(), server_default=sa.func.now()),
    sa.Column("author_id", sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(
        ["author_id"], ["author.id"], ondelete="CASCADE"),
    sa.UniqueConstraint("title", name="uq_book_title"),
    sa.CheckConstraint("price > 0", name="ck_price"),
)
op.drop_index("ix_author_note", "author")
op.execute("UPDATE author SET name = upper(name)")
op.execute("INSERT INTO author (id, name) VALUES (1, 'nobody')")
op.drop_table("draft")
"""
DOWNGRADE = """\
op.execute("CREATE TABLE draft (id INTEGER PRIMARY KEY)")
op.execute("DELETE FROM author WHERE id = 1")
op.execute("UPDATE author SET name = lower(name)")
op.create_index("ix_author_note", "author", ["note"])
op.drop_table("book")
op.drop_index("ix_author_name", "author")
op.drop_column("author", "country")
op.drop_column("author", "born")
"""
MUTATIONS = (
    ("a column is not added",
     'op.add_column("author", sa.Column("born", sa.Integer(), nullable=True))',
     "pass"),
    ("a column of another type", "sa.Numeric(8, 2)", "sa.Text()"),
    ("a column of another scale", "sa.Numeric(8, 2)", "sa.Numeric(8, 3)"),
    ("a shorter column", "sa.String(100)", "sa.String(99)"),
    ("an added column of another type",
     '"born", sa.Integer()', '"born", sa.Date()'),
    ("a column takes NULL",
     "sa.String(100), nullable=False", "sa.String(100)"),
    ("a column takes no NULL",
     "sa.Numeric(8, 2), nullable=True", "sa.Numeric(8, 2), nullable=False"),
    ("another default", 'server_default="uk"', 'server_default="us"'),
    ("another truth", "server_default=sa.false()", "server_default=sa.true()"),
    ("no default", "server_default=sa.func.now()", "nullable=True"),
    ("a column too many", "sa.UniqueConstraint(",
     'sa.Column("more", sa.Integer()), sa.UniqueConstraint('),
    ("an index is missing",
     'op.create_index("ix_author_name", "author", ["name"])', "pass"),
    ("an index of another column",
     '"author", ["name"]', '"author", ["note"]'),
    ("an index that is unique",
     '"author", ["name"]', '"author", ["name"], unique=True'),
    ("an index is not dropped",
     'op.drop_index("ix_author_note", "author")', "pass"),
    ("no foreign key", """sa.ForeignKeyConstraint(
        ["author_id"], ["author.id"], ondelete="CASCADE"),""", ""),
    ("another action", "CASCADE", "SET NULL"),
    ("no unique constraint",
     'sa.UniqueConstraint("title", name="uq_book_title"),', ""),
    ("no check", 'sa.CheckConstraint("price > 0", name="ck_price"),', ""),
    ("no primary key",
     '"id", sa.Integer(), primary_key=True', '"id", sa.Integer()'),
    ("rows are lost", "UPDATE author SET name = upper(name)",
     "DELETE FROM author"),
    ("a row is lost", "UPDATE author SET name = upper(name)",
     "DELETE FROM author WHERE id = 1000"),
    ("rows are changed otherwise", "upper(name)", "'x'"),
    ("a row is not inserted",
     """op.execute("INSERT INTO author (id, name) VALUES (1, 'nobody')")""",
     "pass"),
    ("a table is not dropped", 'op.drop_table("draft")', "pass"),
    ("the upgrade fails", 'op.drop_table("draft")', "op.drop_table('x')"),
)


def load(text: str, **attributes: Any) -> type:
    """Return the test class of a module's text."""
    name = "tests_scaffold_written"
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, f"<{name}>", "exec"), vars(module))
    [case] = [
        one for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == name
    ]
    for attribute, value in attributes.items():
        setattr(case, attribute, value)
    return case


class ScaffoldTestCase(ProjectTestCase):
    """Writes tests, and runs them."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(sys.modules.pop, "tests_scaffold_written", None)

    def study(self, revision: str, **options: Any) -> Any:
        config = MigrationConfig.from_options(**options)
        return study_revision(config, revision)

    def run_text(self, text: str, **attributes: Any) -> Any:
        result = run_case(load(text, **attributes))
        problems = result.errors + result.failures
        self.assertEqual(result.unexpectedSuccesses, [])
        self.assertGreater(result.testsRun, 0)
        return "\n".join(problem for _, problem in problems)

    def assertTidy(self, text: str) -> None:
        """Fail unless a linter would be silent."""
        for line in text.splitlines():
            self.assertLessEqual(len(line), 79, text)
            self.assertEqual(line, line.rstrip(), text)
        self.assertTrue(text.endswith("\n") and not text.endswith("\n\n"))
        tree = ast.parse(text)
        used = {
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for one in node.names:
                    self.assertIn(one.asname or one.name, used, text)

    def options_of(
        self, project: zoo.Project, root: Path
    ) -> dict[str, Any]:
        return {
            "alembic_config": str(root / project.config),
            "ini_section": project.section,
            "environ": dict(project.environ(root)),
            **project.attributes,
        }

    def revisions_of(self, **options: Any) -> tuple[str, ...]:
        config = MigrationConfig.from_options(**options)
        with MigrationContext(config) as context:
            return context.history.revisions


class TestZoo(ScaffoldTestCase):
    """Every revision of the zoo whose upgrade is sound."""

    def test_what_is_written_passes(self) -> None:
        number = 0
        for project in PROJECTS:
            missing = [
                one for one in project.requires
                if importlib.util.find_spec(one) is None
            ]
            if missing or VERSION < project.min_alembic:
                continue
            root = self.copy_of(project.name)
            options = self.options_of(project, root)
            for revision in self.revisions_of(**options):
                with self.subTest(project.name, revision=revision):
                    test = self.study(revision, **options)
                    self.assertEqual(test.left_out, [])
                    text = revision_module(test, {})
                    self.assertTidy(text)
                    self.assertIn("self.assert", text)
                    self.assertEqual("", self.run_text(text, **options), text)
                    number += 1
            zoo.forget_modules(root)
        self.assertGreater(number, 100)


class TestMutations(ScaffoldTestCase):
    """A test that was written fails once its migration does something
    else."""

    def history(self, upgrade: str = UPGRADE) -> dict[str, Any]:
        path = self.make_history(
            Rev("r1", upgrade=[
                "CREATE TABLE author (id INTEGER PRIMARY KEY, "
                "name VARCHAR(50) NOT NULL, note VARCHAR(9))",
                "CREATE INDEX ix_author_note ON author (note)",
                "CREATE TABLE draft (id INTEGER PRIMARY KEY)",
            ]),
            Rev("r2", "r1", upgrade=Python("import sqlalchemy as sa\n"
                                           + upgrade),
                downgrade=Python(DOWNGRADE)),
        )
        return {"alembic_config": str(path)}

    def check(self, **attributes: Any) -> None:
        options = {**self.history(), **attributes}
        test = self.study("r2", **options)
        self.assertEqual(test.left_out, [])
        text = revision_module(test, {})
        self.assertTidy(text)
        self.assertEqual("", self.run_text(text, **options), text)
        for name, old, new in MUTATIONS:
            with self.subTest(name):
                self.assertEqual(UPGRADE.count(old), 1, old)
                mutated = self.history(UPGRADE.replace(old, new))
                found = self.run_text(text, **{**attributes, **mutated})
                self.assertNotEqual("", found)
                self.assertIn("test_upgrade", found)

    def test_sqlite(self) -> None:
        self.check()

    def test_postgresql(self) -> None:
        self.check(database_url=require_server("postgresql"))

    def test_what_was_written_on_sqlite_passes_on_postgresql(self) -> None:
        options = self.history()
        text = revision_module(self.study("r2", **options), {})
        url = require_server("postgresql")
        self.assertEqual(
            "", self.run_text(text, **options, database_url=url), text
        )


class TestServers(ScaffoldTestCase):
    """The same on PostgreSQL, and what was written on SQLite there too."""

    def test_postgresql(self) -> None:
        url = require_server("postgresql")
        number = 0
        for project in ON_SERVERS:
            root = self.copy_of(project.name)
            options = self.options_of(project, root)
            there = {**options, "database_url": url}
            for revision in self.revisions_of(**options):
                with self.subTest(project.name, revision=revision):
                    test = self.study(revision, **there)
                    self.assertEqual(test.left_out, [])
                    text = revision_module(test, {})
                    self.assertTidy(text)
                    self.assertEqual("", self.run_text(text, **there), text)
                    text = revision_module(
                        self.study(revision, **options), {}
                    )
                    self.assertEqual("", self.run_text(text, **there), text)
                    number += 1
            zoo.forget_modules(root)
        self.assertGreater(number, 5)


if __name__ == "__main__":
    unittest.main()
