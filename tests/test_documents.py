"""Do the documents say what is so?"""

from __future__ import annotations

import ast
import configparser
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

import migtestkit
from migtestkit import MigrationTestCase, checks
from migtestkit.checks import HistoryChecks
from tests import servers

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
EXAMPLE = DOCS / "example"


def documents():
    """README.rst and every page of the docs, with its text."""
    pages = sorted(
        path for path in DOCS.rglob("*.rst")
        if not {"_build", "example"}.intersection(path.relative_to(DOCS).parts)
    )
    for path in (ROOT / "README.rst", ROOT / "CHANGELOG.rst", *pages):
        yield path, path.read_text("utf-8")


def blocks(text, language):
    """The code blocks of one language in a document."""
    lines = iter(text.split("\n"))
    line = next(lines, None)
    while line is not None:
        found = re.fullmatch(rf"( *)\.\. code-block:: {language}", line)
        line = next(lines, None)
        if found:
            block = []
            while line is not None and (
                not line.strip() or line.startswith(found[1] + "   ")
            ):
                block.append(line)
                line = next(lines, None)
            yield textwrap.dedent("\n".join(block)).strip()


def commands(text):
    """The command lines of a document, without the prompt."""
    return [
        line.removeprefix("$ ")
        for block in blocks(text, "console")
        for line in block.split("\n")
        if line.startswith("$ ")
    ]


def run(*command, folder, **environ):
    """Run Python on a module; its exit status and all that it says."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items()
               if name != "ALEMBIC_CONFIG"
               and not name.startswith("MIGTESTKIT_")},
            "PYTHONPATH": str(ROOT),
            **environ,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


class TestDataMigration(unittest.TestCase):
    """The page's test runs on the example project."""

    def run_it(self, change=lambda text: text):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name, "example")
            shutil.copytree(EXAMPLE, folder)
            page = (DOCS / "howto" / "data-migration.rst").read_text("utf-8")
            [code] = blocks(page, "python")
            (folder / "test_page.py").write_text(code, "utf-8")
            for path in (folder / "migrations" / "versions").glob("b05c*"):
                path.write_text(change(path.read_text("utf-8")), "utf-8")
            return run("unittest", "test_page", folder=folder)

    def test_it_passes(self):
        status, output = self.run_it()
        self.assertEqual(status, 0, output)
        self.assertIn("Ran 5 tests", output)

    def test_it_fails_where_the_migration_is_wrong(self):
        status, output = self.run_it(
            lambda text: text.replace(".rpartition(", ".partition(")
        )
        self.assertEqual(status, 1)
        self.assertIn("FAILED (failures=", output)


class TestAsync(unittest.TestCase):
    """The page's tests run on a project of Alembic's async template."""

    FIRST = """
        import sqlalchemy as sa
        from alembic import op

        revision, down_revision = "a1", None

        def upgrade():
            op.create_table(
                "book",
                sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("name", sa.String(50)),
            )

        def downgrade():
            op.drop_table("book")
    """
    SECOND = """
        from alembic import op

        revision, down_revision = "a2", "a1"

        def upgrade():
            op.execute("ALTER TABLE book RENAME COLUMN name TO title")

        def downgrade():
            op.execute("ALTER TABLE book RENAME COLUMN title TO name")
    """

    def run_it(self, driver, url, second=SECOND):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name, "project")
            shutil.copytree(
                ROOT / "tests" / "projects" / "template_async", folder
            )
            versions = folder / "migrations" / "versions"
            shutil.rmtree(versions)
            versions.mkdir()
            for number, text in enumerate((self.FIRST, second), 1):
                (versions / f"a{number}.py").write_text(
                    textwrap.dedent(text), "utf-8"
                )
            page = (DOCS / "howto" / "async.rst").read_text("utf-8")
            code = "\n\n".join(blocks(page, "python"))
            self.assertEqual(code.count('"sqlite+aiosqlite://"'), 2)
            code = code.replace('"sqlite+aiosqlite://"', repr(url))
            self.assertEqual(code.count('"sqlite+aiosqlite"'), 1)
            code = code.replace('"sqlite+aiosqlite"', repr(driver))
            (folder / "test_page.py").write_text(code, "utf-8")
            return run("unittest", "test_page", folder=folder)

    def on_sqlite(self, **changes):
        if importlib.util.find_spec("aiosqlite") is None:
            self.skipTest("the driver aiosqlite is not installed")
        return self.run_it(
            "sqlite+aiosqlite", "sqlite+aiosqlite://", **changes
        )

    def test_on_sqlite(self):
        status, output = self.on_sqlite()
        self.assertEqual(status, 0, output)
        self.assertIn("Ran 2 tests", output)

    def test_on_postgresql(self):
        url = servers.require_driver("postgresql", "asyncpg")
        status, output = self.run_it(
            url.drivername, url.render_as_string(hide_password=False)
        )
        self.assertEqual(status, 0, output)
        self.assertIn("Ran 2 tests", output)

    def test_both_fail_where_the_migration_is_wrong(self):
        status, output = self.on_sqlite(second="""
            from alembic import op

            revision, down_revision = "a2", "a1"

            def upgrade():
                op.execute("ALTER TABLE book DROP COLUMN name")
                op.execute("ALTER TABLE book ADD COLUMN title VARCHAR(50)")

            def downgrade():
                pass
        """)
        self.assertEqual(status, 1)
        self.assertIn("FAILED (failures=2)", output)


class TestMoving(unittest.TestCase):
    """What the page on moving calls the kit's are the kit's names."""

    KNOWN = {
        "HistoryChecks", "DataChecks", "RevisionHooks", "onDialects",
        "skipUnlessDialect", "get_migration_engine", "migrations",
        "MIGTESTKIT_REQUIRE", "MIGTESTKIT_DATABASE_URL",
        "MIGTESTKIT_POSTGRESQL_URL",
    }

    def test_each_name_in_the_second_column(self):
        text = (DOCS / "howto" / "moving.rst").read_text("utf-8")
        cells = re.findall(r"(?m)^     - (.*(?:\n       .*)*)", text)
        self.assertGreater(len(cells), 30)
        names = {
            name
            for cell in cells
            for name in re.findall(r"``(\w+)``", cell)
        } - self.KNOWN - {"env", "here"}
        self.assertGreater(len(names), 30)
        there = {*dir(MigrationTestCase), *dir(HistoryChecks)}
        self.assertEqual(names - there, set())
        for name in self.KNOWN - {"migrations", "get_migration_engine"}:
            if name.startswith("MIGTESTKIT"):
                options = (DOCS / "reference" / "options.rst").read_text()
                self.assertIn(name, options)
            else:
                self.assertTrue(
                    hasattr(migtestkit, name) or hasattr(checks, name), name
                )


class TestReadme(unittest.TestCase):
    """The README's commands are what continuous integration runs."""

    def setUp(self):
        self.commands = commands((ROOT / "README.rst").read_text("utf-8"))

    def test_there_are_two(self):
        self.assertEqual(len(self.commands), 2)

    def test_ci_runs_them_word_for_word(self):
        lines = [
            line.strip()
            for line in (ROOT / ".ci" / "run").read_text("utf-8").split("\n")
        ]
        for command in self.commands:
            self.assertIn(command, lines)


class TestExample(unittest.TestCase):
    """The example project of the docs is sound."""

    DATABASE = EXAMPLE / "library.db"

    def setUp(self):
        if self.DATABASE.exists():
            self.skipTest(f"somebody works with {self.DATABASE}")

    def test_its_own_tests_pass(self):
        status, output = run("unittest", folder=EXAMPLE)
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"(?m)^OK$")
        self.assertFalse(self.DATABASE.exists())

    def test_its_checks_pass(self):
        status, output = run(
            "migtestkit", "check", "-c", "docs/example/alembic.ini",
            folder=ROOT,
        )
        self.assertEqual(status, 0, output)
        self.assertFalse(self.DATABASE.exists())

    def test_its_checks_pass_where_it_is_found_by_itself(self):
        status, output = run("migtestkit", "check", folder=EXAMPLE)
        self.assertEqual(status, 0, output)
        self.assertFalse(self.DATABASE.exists())


class TestTutorial(unittest.TestCase):
    """The example, broken and repaired as the tutorial says."""

    LINE = "        batch.drop_column('last_name')\n"

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve() / "example"
        shutil.copytree(EXAMPLE, self.folder)
        [self.script] = self.folder.glob("migrations/versions/b05c*.py")

    def test_it_goes_as_it_says(self):
        tutorial = (DOCS / "tutorial.rst").read_text("utf-8")
        self.assertIn(f"``{self.LINE.strip()}``", tutorial)
        sound = self.script.read_text("utf-8")
        self.assertIn(self.LINE, sound)
        self.script.write_text(sound.replace(self.LINE, ""), "utf-8")
        status, output = run("unittest", folder=self.folder)
        self.assertEqual(status, 1, output)
        self.assertIn("FAILED (failures=3)", output)
        output = output.replace(f"{self.folder}/", "")
        shown = list(blocks(tutorial, "text"))
        self.assertEqual(2, len(shown))
        for text in shown:
            self.assertIn(text, output)
        self.script.write_text(sound, "utf-8")
        status, output = run("unittest", folder=self.folder)
        self.assertEqual(status, 0, output)
        self.assertFalse((self.folder / "library.db").exists())


class TestPages(unittest.TestCase):
    """What the pages show can be written."""

    def snippets(self):
        for path, text in documents():
            for block in blocks(text, "python"):
                yield path.relative_to(ROOT), block, ast.parse(block)

    def test_there_are_snippets(self):
        self.assertGreater(len(list(self.snippets())), 15)

    def test_imported_names_exist(self):
        for path, block, tree in self.snippets():
            with self.subTest(path, begins=block.split("\n")[0]):
                source = ast.unparse([
                    node for node in tree.body
                    if isinstance(node, ast.ImportFrom)
                    and node.module.startswith("migtestkit")
                ])
                exec(source, {})

    def test_test_cases_use_what_there_is(self):
        from migtestkit import MigrationTestCase
        from migtestkit.checks import (
            DataChecks, HistoryChecks, RevisionHooks,
        )

        class Everything(
            HistoryChecks, DataChecks, RevisionHooks, MigrationTestCase
        ):
            pass

        for path, _, tree in self.snippets():
            for node in ast.walk(tree):
                if not isinstance(node, ast.ClassDef):
                    continue
                for name in sorted(set(self.names_used(node))):
                    with self.subTest(path, case=node.name, name=name):
                        known = hasattr(Everything, name) or (
                            # A method get_<option>() wins over the option.
                            name.startswith("get_")
                            and hasattr(Everything, name[4:])
                        ) or name.removeprefix("_").startswith(
                            ("pre_upgrade_", "check_")
                        )
                        # A helper: defined here, and used here. A hook that
                        # is misspelt is used by nobody.
                        known = known or bool(
                            re.search(rf"self\.{name}\b", ast.unparse(node))
                            and f"def {name}(" in ast.unparse(node)
                        )
                        self.assertTrue(known)

    def names_used(self, case):
        """What a class sets, overrides or calls that it has not invented."""
        for node in ast.walk(case):
            if isinstance(node, ast.Attribute):
                if ast.unparse(node.value) == "self":
                    yield node.attr
        for node in case.body:
            if isinstance(node, ast.FunctionDef):
                if not node.name.startswith("test_"):
                    yield node.name
            elif isinstance(node, ast.Assign):
                yield from (target.id for target in node.targets)

    def test_every_option_has_a_row(self):
        from migtestkit.config import MigrationConfig

        text = (DOCS / "reference" / "options.rst").read_text("utf-8")
        rows = re.findall(r"(?m)^   \* - ``(\w+)(?:\(.*\))?``$", text)
        self.assertEqual(
            sorted(rows),
            sorted(
                set(MigrationConfig.option_names()) - {"case", "search_from"}
            ),
        )

    def test_every_option_of_the_command_is_told(self):
        status, usage = run("migtestkit", "check", "--help", folder=ROOT)
        self.assertEqual(status, 0, usage)
        told = (DOCS / "howto" / "command-line.rst").read_text("utf-8")
        documented = re.findall(r"(?m)^``(--?[\w-]+)", told)
        for option in documented:
            with self.subTest(option):
                self.assertRegex(usage, rf"(?<![\w-]){option}(?![\w-])")

    def test_pages_are_in_the_index(self):
        index = (DOCS / "index.rst").read_text("utf-8")
        listed = set(re.findall(r"(?m)^   ([\w/-]+)$", index))
        pages = {
            path.relative_to(DOCS).with_suffix("").as_posix()
            for path, _ in documents() if path.is_relative_to(DOCS)
        }
        self.assertEqual(listed, pages - {"index"})

    def test_the_changelog_names_the_version(self):
        setup = configparser.ConfigParser(interpolation=None)
        setup.read(ROOT / "setup.cfg", encoding="utf-8")
        self.assertIn(
            setup["metadata"]["version"],
            (ROOT / "CHANGELOG.rst").read_text("utf-8"),
        )


if __name__ == "__main__":
    unittest.main()
