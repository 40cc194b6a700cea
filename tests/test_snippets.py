"""Does every block of Python in the documents run, and pass?"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import itertools
import os
import shlex
import shutil
import sys
import unittest
from pathlib import Path
from unittest import mock

from tests import servers
from tests.snippets import (
    BLOCKS,
    COMMANDS,
    ELSEWHERE,
    NAMES,
    OTHER_COMMANDS,
    POSTGRESQL,
    Block,
)
from tests.support import INI, ProjectTestCase, make_history
from tests.test_documents import (
    EXAMPLE,
    ROOT,
    blocks,
    commands,
    documents,
    run,
)

_numbers = itertools.count()


def python_blocks():
    """Page -> its blocks of Python."""
    return {
        path.relative_to(ROOT).as_posix(): found
        for path, text in documents()
        if (found := list(blocks(text, "python")))
    }


class Result(unittest.TestResult):
    """A result that knows what passed, and what was skipped."""

    def __init__(self):
        super().__init__()
        self.passed = set()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed.add(test.id().rpartition(".")[2])

    @property
    def skipped_names(self):
        return {test.id().rpartition(".")[2] for test, _ in self.skipped}

    @property
    def troubles(self):
        return [text for _, text in self.failures + self.errors]


class SnippetTestCase(ProjectTestCase):
    def run_block(self, block: Block, text: str) -> Result:
        """Run a block as a module of tests in a project of its own."""
        folder = self.folder / f"project{next(_numbers)}"
        folder.mkdir()
        name = f"snippet_{next(_numbers)}"
        # A migration that is the block has it by this name.
        env = f"import sys\nblock = sys.modules[{name!r}]\n"
        make_history(
            folder, block.history, env=block.env,
            ini=INI if block.ini is None else block.ini,
        )
        for path in (folder / "migrations" / "versions").glob("*.py"):
            path.write_text(env + path.read_text("utf-8"), "utf-8")
        if block.ini == "":
            (folder / "alembic.ini").unlink()
        for file, content in block.files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
        text = self.on_servers(block, text)
        module = folder / f"{name}.py"
        whole = "\n\n".join(
            self.on_servers(block, part)
            for part in (block.before, text, block.after)
        )
        module.write_text(whole, "utf-8")
        environ = {
            variable: self.on_servers(block, value)
            for variable, value in block.environ.items()
        }
        with mock.patch.dict(os.environ, environ):
            return self.run_module(name, module, set(block.files))

    def on_servers(self, block: Block, text: str) -> str:
        """The text with the URLs of the servers that are there."""
        for family in block.servers:
            url = servers.require_server(family)
            shown = url.render_as_string(hide_password=False)
            if family == "postgresql":
                text = text.replace(POSTGRESQL, shown)
                text = text.replace("postgresql+psycopg://ci@db.test/", shown)
                os.environ["MIGTESTKIT_POSTGRESQL_URL"] = shown
            else:
                os.environ["MIGTESTKIT_MARIADB_URL"] = shown.replace(
                    "mysql+", "mariadb+", 1
                )
        return text

    def run_module(self, name: str, path: Path, files: set[str]) -> Result:
        os.chdir(path.parent)
        sys.path.insert(0, str(path.parent))
        # Another test may have left a module that is called the same.
        own = {file.split("/")[0].removesuffix(".py") for file in files}
        others = {one: sys.modules.pop(one) for one in own & {*sys.modules}}
        spec = importlib.util.spec_from_file_location(name, path)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        result = Result()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                spec.loader.exec_module(module)
                loader = unittest.defaultTestLoader
                loader.loadTestsFromModule(module).run(result)
        finally:
            sys.path.remove(str(path.parent))
            for gone in (name, *own):
                sys.modules.pop(gone, None)
            sys.modules.update(others)
        return result

    def assertRuns(self, block: Block, text: str) -> None:
        result = self.run_block(block, text)
        self.assertEqual([], result.troubles, f"\n{text}")
        self.assertLessEqual(set(block.tests), result.passed, f"\n{text}")
        for name in block.skips:
            self.assertIn(name, result.skipped_names)
        self.assertIn(block.said, "".join(why for _, why in result.skipped))


class TestSnippets(SnippetTestCase):
    maxDiff = None

    def test_each_has_its_place(self):
        there = python_blocks()
        for page, found in there.items():
            with self.subTest(page):
                if page in ELSEWHERE:
                    self.assertNotIn(page, BLOCKS)
                    self.assertTrue((ROOT / ELSEWHERE[page]).exists())
                else:
                    self.assertEqual(
                        list(range(len(found))), sorted(BLOCKS.get(page, ())),
                    )
        self.assertLessEqual({*BLOCKS, *ELSEWHERE}, set(there))

    def test_each_runs(self):
        there = python_blocks()
        for page, numbered in BLOCKS.items():
            for number, block in numbered.items():
                with self.subTest(page, number=number):
                    self.assertRuns(block, there[page][number])


class TestCommands(ProjectTestCase):
    """The commands that the pages show."""

    def setUp(self):
        super().setUp()
        self.names = self.folder / "names"
        self.names.mkdir()
        make_history(self.names, NAMES)
        self.example = self.folder / "example"
        shutil.copytree(EXAMPLE, self.example)

    def run_command(self, command):
        """What a command of the kit's comes to in the project it is for."""
        python, option, *words = shlex.split(command)
        self.assertEqual(("python", "-m"), (python, option))
        folder = self.example if "c6d2f8130e5b" in words else self.names
        return run(*words, folder=folder)

    def shown(self):
        return {
            command: path.relative_to(ROOT).as_posix()
            for path, text in documents()
            for command in commands(text)
        }

    def test_each_is_run_by_somebody(self):
        self.assertEqual(
            sorted({*COMMANDS, *OTHER_COMMANDS}), sorted(self.shown())
        )
        for place in OTHER_COMMANDS.values():
            self.assertTrue((ROOT / place).exists(), place)

    def test_each_of_the_kit_does_what_it_says(self):
        for command, said in COMMANDS.items():
            with self.subTest(command):
                status, output = self.run_command(command)
                self.assertEqual(0, status, output)
                self.assertIn(said, output)

    def test_a_revision_that_is_not_there(self):
        status, output = self.run_command(
            "python -m migtestkit check --since 9a2e"
        )
        self.assertNotEqual(0, status)
        self.assertIn("9a2f", output)


class TestWrongSnippets(SnippetTestCase):
    """A block that does not hold is found."""

    def changed(self, page, number, old, new):
        text = python_blocks()[page][number]
        self.assertIn(old, text)
        result = self.run_block(
            BLOCKS[page][number], text.replace(old, new)
        )
        return "\n".join(result.troubles)

    def test_a_wrong_value(self):
        self.assertIn("Byron", self.changed(
            "README.rst", 0, '"last_name": "Lovelace"',
            '"last_name": "Byron"',
        ))

    def test_an_option_that_is_needed(self):
        for page, number, old, new, word in (
            ("docs/howto/configuration.rst", 1, "acme", "other", "tenant"),
            ("docs/howto/configuration.rst", 3, "testing", "x", "testing"),
            ("docs/howto/irreversible-revisions.rst", 3, "77d0", "4c1b",
             "postgis"),
            ("docs/howto/populated.rst", 1, "token {}", "token", "tokens"),
            ("docs/howto/populated.rst", 2, '"user.fax", ', "", "fax"),
            ("docs/howto/revision-hooks.rst", 2, '"77d0"', '"8f1e"', "8f1e"),
            ("docs/howto/deployment.rst", 1, "postgresql_concurrently=True, ",
             "", "by_name"),
            ("docs/howto/deployment.rst", 2, "users.fax", "users.id", "fax"),
            ("docs/howto/deployment.rst", 3, "9a2f", "8f1e", "by_name"),
            ("docs/reference/options.rst", 0, "celery_*", "other", "celery"),
            ("docs/reference/options.rst", 1, "user.fax", "user.id", "fax"),
        ):
            with self.subTest(page, number=number):
                self.assertIn(word, self.changed(page, number, old, new))


if __name__ == "__main__":
    unittest.main()
