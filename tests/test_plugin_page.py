"""Does the backend of the how-to page work, once it is installed?"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import textwrap

from tests.support import ProjectTestCase, Rev, create

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "howto" / "database-plugin.rst"
CASE = '''
import os, unittest
from migtestkit import MigrationTestCase
from migtestkit.checks import DataChecks, HistoryChecks

class TestHistory(HistoryChecks, DataChecks, MigrationTestCase):
    alembic_config = INI
    database_url = URL

    def test_where_it_is(self):
        self.migrate_up_to("r1")
        self.insert_into("user", [{"id": 1}])
        self.assertRowCount("user", 1)
        with open("seen.txt", "a") as file:
            file.write(self.migrations.engine.url.database)
        self.assertTrue(os.path.exists(self.migrations.engine.url.database))
'''


class TestPlugin(ProjectTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.site = self.new_folder()
        shutil.copy(PAGE.parent / "ramdisk.py", self.site)
        info = self.site / "ramdisk-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: ramdisk\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(self.entry_points())

    def entry_points(self) -> str:
        """What setuptools makes of the page's lines."""
        text = PAGE.read_text("utf-8")
        _, _, block = text.partition("[options.entry_points]\n")
        group, entry = block.splitlines()[:2]
        return f"[{group.strip(' =')}]\n{entry.strip()}\n"

    def run_python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join((str(self.site), str(ROOT))),
            },
        )
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout

    def test_the_entry_point(self) -> None:
        said = self.run_python("-c", textwrap.dedent("""
            from migtestkit.databases import backend_for
            print(type(backend_for("sqlite")).__name__)
        """))
        self.assertEqual("RamDisk", said.strip())

    def test_checks_run_on_it_and_nothing_is_left(self) -> None:
        memory = self.new_folder()
        ini = self.make_history(
            Rev("r1", upgrade=create("user"), downgrade="DROP TABLE user"),
            Rev("r2", "r1", upgrade=create("pet"),
                downgrade="DROP TABLE pet"),
        )
        (self.folder / "test_it.py").write_text(
            CASE.replace("INI", repr(str(ini))).replace(
                "URL", repr(f"sqlite:///{memory}")
            )
        )
        said = self.run_python("-m", "unittest", "-v", "test_it")
        self.assertRegex(said, r"test_up_down_consistency .*\n.*ok\n")
        seen = pathlib.Path((self.folder / "seen.txt").read_text())
        self.assertEqual(memory, seen.parent)
        self.assertEqual([], list(memory.iterdir()))
