"""What does ``python -m migtestkit scaffold`` write, and where?"""

from __future__ import annotations

import ast
import contextlib
import datetime
import io
import os
import re
import shutil
import textwrap
import unittest
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import NullType, TypeEngine

from migtestkit.__main__ import main
from migtestkit.cli.scaffold.attributes import find_attributes
from migtestkit.cli.scaffold.source import (
    Call,
    Code,
    Unwritable,
    class_name,
    comment,
    docstring,
    flat,
    layout,
    plain,
)
from migtestkit.cli.scaffold.tables import type_source
from migtestkit.cli.scaffold.writing import project_module
from migtestkit.config import MigrationConfig

from tests import zoo
from tests.support import ProjectTestCase, Python, Rev, create


class TestSource(unittest.TestCase):
    """Values and calls as source."""

    def test_values(self):
        day = datetime.datetime(2021, 3, 4, 5, 6)
        number = uuid.UUID(int=7)
        for value, expected in (
            ("it's", '"it\'s"'),
            ('say "x"', "'say \"x\"'"),
            (Decimal("1.10"), "1.1"),
            (day, '"2021-03-04 05:06:00"'),
            (day.date(), '"2021-03-04"'),
            (datetime.timedelta(hours=1), "datetime.timedelta(seconds=3600)"),
            (number, f'uuid.UUID("{number}")'),
            ({"a": [1, None]}, '{"a": [1, None]}'),
            (b"\xff", "b'\\xff'"),
        ):
            with self.subTest(value):
                self.assertEqual(flat(plain(value)), expected)

    def test_values_that_have_no_short_form(self):
        for value in (object(), Decimal("1." + "1" * 40), float("nan")):
            with self.assertRaises(Unwritable):
                plain(value)

    def test_lines_fit(self):
        long = "word " * 40
        for node in (
            Call("insert_into", ["author", {"name": long, "id": 1}]),
            Call("assertRows", ["author", [{"a": long}, {"b": "x" * 90}]]),
            Call("assertColumn", ["a" * 40, "b" * 40], {"nullable": True}),
        ):
            text = " " * 8 + layout(node, 8, 8)
            with self.subTest(text):
                for line in text.split("\n"):
                    self.assertLessEqual(len(line), 79)
                self.assertEqual(
                    ast.dump(ast.parse(text.strip())),
                    ast.dump(ast.parse(flat(node))),
                )
        text = docstring(f"It says {long}", 4)
        self.assertLessEqual(max(map(len, text.split("\n"))), 79)
        ast.parse(text.strip())
        text = comment(long, 4)
        self.assertLessEqual(max(map(len, text.split("\n"))), 79)

    def test_docstrings_that_could_break_out(self):
        for text in ('a """ b', 'ends in "', "a \\ b"):
            with self.subTest(text):
                tree = ast.parse(docstring(text))
                self.assertIsInstance(tree.body[0], ast.Expr)

    def test_names_of_classes(self):
        self.assertEqual(class_name("Add the author's 2nd name."),
                         "TestAddTheAuthors2ndName")
        self.assertTrue(class_name("8f1e").isidentifier())
        self.assertLess(len(class_name("word " * 50)), 60)

    def test_code_is_left_alone(self):
        self.assertEqual(
            flat(Call("f", [Code("sa.Text")], {"a": 1})),
            "self.f(sa.Text, a=1)",
        )


class TestTypes(unittest.TestCase):
    """Types as source."""

    def test_types(self):
        dialect = sqlite.dialect()
        cases: list[tuple[TypeEngine[Any], str | None]] = [
            (sa.VARCHAR(40), "sa.String(40)"),
            (sa.VARCHAR(), "sa.String"),
            (sa.INTEGER(), "sa.Integer"),
            (sa.BIGINT(), "sa.BigInteger"),
            (sa.NUMERIC(8, 2), "sa.Numeric(8, 2)"),
            (sa.BOOLEAN(), "sa.Boolean"),
            (sa.TEXT(), "sa.Text"),
            (sa.JSON(), "sa.JSON"),
            (sa.TIMESTAMP(), "sa.DateTime"),
            (sa.BLOB(), "sa.LargeBinary"),
            (sa.CHAR(32), None),
            (NullType(), None),
        ]
        for found, expected in cases:
            with self.subTest(found):
                self.assertEqual(type_source(found, dialect), expected)


class CommandTestCase(ProjectTestCase):
    """Runs the command in a copy of a project."""

    def enter(self, name, **more):
        """Stand in the project, and find what its settings read."""
        root = self.copy_of(name)
        os.chdir(root)
        os.environ.update(zoo.PROJECTS[name].environ(root))
        return root

    def scaffold(self, *words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(["scaffold", *words])
            except SystemExit as exit:
                status = exit.code
        return status, out.getvalue(), err.getvalue()

    def written(self, name="tests/test_migrations.py"):
        with open(name, encoding="utf-8") as file:
            return file.read()


class TestProject(CommandTestCase):
    """The test class of a whole project."""

    def test_a_plain_project_needs_nothing(self):
        self.enter("linear")
        status, out, err = self.scaffold()
        self.assertEqual((status, err), (0, ""), out)
        self.assertIn("wrote tests/test_migrations.py\n", out)
        self.assertIn("$ python -m unittest tests/test_migrations.py\n", out)
        self.assertTrue(out.endswith("OK (skipped=1)\n"), out)
        self.assertTrue(os.path.exists("tests/__init__.py"))
        self.assertEqual(self.written(), '''\
"""Do the migrations do what they should?"""

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks


class TestMigrations(HistoryChecks, MigrationTestCase):
    """Ready-made checks of the whole history."""
''')

    def test_nothing_is_overwritten(self):
        self.enter("linear")
        os.mkdir("tests")
        with open("tests/test_migrations.py", "w") as file:
            file.write("mine\n")
        status, out, err = self.scaffold()
        self.assertEqual((status, out), (2, ""))
        self.assertIn("tests/test_migrations.py exists; --force", err)
        self.assertEqual(self.written(), "mine\n")
        self.assertEqual(self.scaffold("--force", "--no-run")[0], 0)
        self.assertIn("HistoryChecks", self.written())

    def test_places_that_cannot_be_written(self):
        self.enter("linear")
        os.mkdir("folder")
        for place, text in (
            ("folder", "is a folder"), ("no/test_x.py", "does not exist"),
        ):
            status, _, err = self.scaffold("-o", place)
            self.assertEqual(status, 2)
            self.assertIn(text, err)

    def test_standard_output(self):
        self.enter("linear")
        before = set(os.listdir())
        status, out, err = self.scaffold("-o", "-")
        self.assertEqual((status, err), (0, ""))
        ast.parse(out)
        self.assertEqual(set(os.listdir()), before)

    def test_no_run_tells_the_command(self):
        self.enter("linear")
        os.mkdir("more-tests")
        _, out, _ = self.scaffold("--no-run", "-o", "more-tests/test_x.py")
        self.assertIn(
            "run it: python -m unittest discover -s more-tests -p test_x.py",
            out,
        )

    def test_a_configuration_that_is_not_found_from_there(self):
        root = self.enter("linear")
        place = self.new_folder()
        os.chdir(place)
        status, out, _ = self.scaffold("-c", str(root / "alembic.ini"))
        self.assertEqual(status, 0, out)
        relative = os.path.relpath(root / "alembic.ini", place / "tests")
        self.assertIn(f'alembic_config = "{relative}"', self.written())

    def test_section_and_arguments(self):
        self.enter("ini_section")
        status, out, _ = self.scaffold("-n", "billing")
        self.assertEqual(status, 0, out)
        self.assertIn('    ini_section = "billing"\n', self.written())
        self.enter("x_argument")
        status, out, _ = self.scaffold("-x", "tenant=acme")
        self.assertEqual(status, 0, out)
        self.assertIn('    x_arguments = ["tenant=acme"]\n', self.written())

    def test_several_databases(self):
        for name, keys in (
            ("template_multidb", ("engine1", "engine2")),
            ("multidb_edited", ("engine1", "engine2")),
        ):
            with self.subTest(name):
                self.enter(name)
                status, out, _ = self.scaffold()
                self.assertEqual(status, 0, out)
                tree = ast.parse(self.written())
                [given] = [
                    ast.literal_eval(node.value)
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Assign)
                ]
                self.assertEqual(given, dict.fromkeys(keys, "sqlite://"))

    def test_another_backend(self):
        self.enter("other_backend")
        status, out, _ = self.scaffold()
        self.assertEqual(status, 2)
        self.assertIn("not run: ", out)
        text = self.written()
        self.assertIn("# env.py insists on postgresql", text)
        self.assertIn(
            'database_url = "postgresql+psycopg://user@localhost/"', text
        )
        self.assertNotIn("secret", text + out)

    def test_passwords_are_not_written_down(self):
        self.enter("multidb_edited")
        urls = {
            "engine1": "sqlite://",
            "engine2": "postgresql+psycopg://me:secret@db/",
        }
        with mock.patch("migtestkit.cli.scaffold.attributes._look"):
            found = find_attributes(
                MigrationConfig.from_options(database_url=urls), Path("tests")
            )
        self.assertEqual(found.values["database_url"], {
            "engine1": "sqlite://", "engine2": "postgresql+psycopg://me@db/",
        })
        self.assertIn("The password for engine2", found.notes[0])
        self.assertNotIn("secret", project_module(found.values, found.notes))

    def test_revisions_without_a_way_back(self):
        self.enter("defect_downgrade_not_implemented")
        status, out, _ = self.scaffold()
        self.assertEqual(status, 0, out)
        self.assertRegex(
            self.written(),
            r'(?s)irreversible_revisions = \{\s+"r2_book": .*NotImplemented',
        )

    def test_the_package_of_the_models(self):
        self.enter("sound_model_package")
        status, out, _ = self.scaffold()
        self.assertEqual(status, 0, out)
        self.assertTrue(out.endswith("OK\n"), out)
        self.assertIn(
            'model_package = "zoo_sound_model_package"', self.written()
        )
        self.enter("linear")
        self.scaffold("--no-run")
        self.assertNotIn("model_package", self.written())

    def test_a_model_that_is_not_registered_is_a_finding(self):
        self.enter("defect_model_unregistered")
        status, out, _ = self.scaffold()
        self.assertEqual(status, 1)
        self.assertIn("What fails is a finding about the migrations", out)

    def test_a_defect_is_a_finding(self):
        self.enter("defect_leftover_view")
        status, out, _ = self.scaffold()
        self.assertEqual(status, 1)
        self.assertIn("traces left by the downgrade", out)
        self.assertIn("What fails is a finding about the migrations", out)

    def test_no_configuration(self):
        os.chdir(self.new_folder())
        status, out, err = self.scaffold("-c", "missing.ini")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("missing.ini", err)
        self.assertEqual(os.listdir(), [])


class TestRevision(CommandTestCase):
    """What is said of one revision; whether it is true, other tests say."""

    def test_one_revision(self):
        root = self.enter("linear")
        zoo.make_production(zoo.PROJECTS["linear"], root)
        before = (root / "production.db").read_bytes()
        status, out, err = self.scaffold("r4")
        self.assertEqual((status, err), (0, ""), out)
        self.assertTrue(out.endswith("OK\n"), out)
        text = self.written("tests/test_revision_r4_born.py")
        self.assertIn("class TestAddTheAuthorsYearOfBirth(", text)
        self.assertEqual((root / "production.db").read_bytes(), before)

    def test_an_unknown_revision(self):
        self.enter("linear")
        status, out, err = self.scaffold("r4_bron")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("did you mean 'r4_born'?", err)
        self.assertFalse(os.path.exists("tests"))

    def test_a_revision_that_fails(self):
        self.enter("defect_broken_upgrade")
        for revision in ("r2_index", "r4"):
            status, _, err = self.scaffold(revision)
            self.assertEqual(status, 2)
            self.assertIn("upgrade of revision r2_index", err)

    def test_no_way_back(self):
        self.enter("defect_downgrade_not_implemented")
        status, out, _ = self.scaffold("r2_book", "-o", "-")
        self.assertEqual(status, 0)
        self.assertIn("# There is no way back: ", out)
        self.assertNotIn("assertRoundtrip", out)

    def test_a_way_back_that_leaves_traces(self):
        self.enter("defect_leftover_view")
        status, out, err = self.scaffold("r2_view")
        self.assertEqual((status, err), (0, ""), out)
        self.assertIn("note: assertRoundtrip fails", out)
        self.assertTrue(out.endswith("OK (expected failures=1)\n"), out)
        text = self.written("tests/test_revision_r2_view.py")
        self.assertIn("    @unittest.expectedFailure\n", text)

    def test_a_way_back_that_cannot_give_back_what_was_dropped(self):
        self.make_history(
            Rev("r1", upgrade=create("t", "id INTEGER PRIMARY KEY, n TEXT")),
            Rev("r2", "r1", upgrade="ALTER TABLE t DROP COLUMN n",
                downgrade="ALTER TABLE t ADD COLUMN n TEXT"),
        )
        os.chdir(self.folder)
        status, out, err = self.scaffold("r2", "-o", "-")
        self.assertIn('self.assertRoundtrip("r2", lossy=["t.n"])', out)
        self.assertIn('self.assertTableLacksColumns("t", ["n"])', out)
        self.assertIn("cannot give back what its upgrade drops: t.n", err)

    def test_an_upgrade_that_fails_with_rows_is_told(self):
        self.make_history(
            Rev("r1", upgrade=create("t", "id INTEGER PRIMARY KEY, n TEXT")),
            Rev("r2", "r1", upgrade="CREATE UNIQUE INDEX x ON t (n)",
                downgrade="DROP INDEX x"),
        )
        os.chdir(self.folder)
        status, out, err = self.scaffold("r2", "-o", "-")
        self.assertIn("with rows that are alike but for their keys:", err)
        self.assertIn('self.insert_into("t", {"id": 1000', out)

    def test_rows_that_the_database_makes_up(self):
        work = "op.execute(\"INSERT INTO t (n) VALUES (hex(randomblob(9)))\")"
        self.make_history(
            Rev("r1", upgrade=create("t", "id INTEGER PRIMARY KEY, n TEXT")),
            Rev("r2", "r1", upgrade=Python(work),
                downgrade="DELETE FROM t WHERE id < 10"),
        )
        os.chdir(self.folder)
        status, out, err = self.scaffold("r2", "--no-run")
        text = self.written("tests/test_revision_r2.py")
        self.assertIn('self.assertRows("t", [{"id": ', text)

    def test_parents_get_rows_first(self):
        self.make_history(
            Rev("r1", upgrade=[
                create("zebra"),
                create("animal", "id INTEGER PRIMARY KEY, zebra_id INTEGER "
                                 "NOT NULL REFERENCES zebra (id)"),
            ]),
            Rev("r2", "r1", upgrade="ALTER TABLE animal ADD COLUMN n TEXT",
                downgrade="ALTER TABLE animal DROP COLUMN n"),
        )
        os.chdir(self.folder)
        _, out, _ = self.scaffold("r2", "-o", "-")
        self.assertLess(
            out.index('"zebra"'), out.index('"animal"'), out
        )
        self.assertEqual(out.count("self.insert_into("), 2)

    def test_the_url_is_handed_on_and_not_written(self):
        self.enter("linear")
        with mock.patch("subprocess.run") as run:
            run.return_value.returncode = 0
            run.return_value.stdout = "OK\n"
            self.scaffold("r4", "--url", "sqlite://")
        environ = run.call_args.kwargs["env"]
        self.assertEqual(environ["MIGTESTKIT_DATABASE_URL"], "sqlite://")
        self.assertNotIn(
            "sqlite", self.written("tests/test_revision_r4_born.py")
        )


class TestDocuments(CommandTestCase):
    """The how-to shows what is written."""

    HOWTO = Path(__file__).resolve().parent.parent / "docs" / "howto"

    def test_the_revision(self):
        root = self.new_folder() / "example"
        leave = shutil.ignore_patterns("library.db", "__pycache__")
        shutil.copytree(self.HOWTO.parent / "example", root, ignore=leave)
        os.chdir(root)
        status, out, err = self.scaffold("c6d2f8130e5b")
        self.assertEqual((status, err), (0, ""), out)
        self.assertEqual(
            self.written("tests/test_revision_c6d2f8130e5b.py"),
            (self.HOWTO / "scaffold_revision.py").read_text("utf-8"),
        )

    def test_the_project(self):
        self.enter("linear")
        _, out, _ = self.scaffold("-o", "-")
        told = (self.HOWTO / "scaffold.rst").read_text("utf-8")
        self.assertIn(textwrap.indent(out, "   "), told)

    def test_options(self):
        _, usage, _ = self.scaffold("--help")
        told = (self.HOWTO / "scaffold.rst").read_text("utf-8")
        for option in re.findall(r"(?m)^``(--?[\w-]+)", told):
            self.assertRegex(usage, rf"(?<![\w-]){option}(?![\w-])")


if __name__ == "__main__":
    unittest.main()
