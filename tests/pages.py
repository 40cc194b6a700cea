"""How is the code of a how-to page run, all of it?"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import unittest
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support import ProjectTestCase
from tests.test_documents import blocks

ROOT = Path(__file__).resolve().parent.parent
HOWTO = ROOT / "docs" / "howto"


class PageTestCase(ProjectTestCase):
    """Writes the blocks of a page into a project, and runs it.

    :cvar page: the name of the page.
    :cvar languages: how many blocks there are of each language; one that is
        added to the page, and that no test runs, is a failure.
    """

    page = ""
    languages: Mapping[str, int] = {}

    def setUp(self) -> None:
        if type(self) is PageTestCase:
            raise unittest.SkipTest("a base class")
        super().setUp()
        self.text = (HOWTO / f"{self.page}.rst").read_text("utf-8")

    def blocks(self, language: str) -> list[str]:
        """Return the blocks of one language."""
        found = list(blocks(self.text, language))
        self.assertEqual(self.languages.get(language, 0), len(found))
        return found

    def assert_no_other_blocks(self) -> None:
        """Fail where there is a block in a language that no test knows."""
        there = re.findall(r"(?m)^ *\.\. code-block:: (\w+)", self.text)
        self.assertEqual(
            sorted(there),
            sorted(
                language
                for language, count in self.languages.items()
                for _ in range(count)
            ),
        )
        self.assertNotRegex(self.text, r"(?m)literalinclude|\w::$")

    def write(self, files: Mapping[str, str]) -> None:
        """Write files into the project."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", "utf-8")

    def swap(self, text: str, changes: Sequence[tuple[str, str]]) -> str:
        """Return a text with each of these replaced, which must be there."""
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def shell(self, script: str, **environ: str) -> tuple[int, str]:
        """Run the lines of a console block, up to the first that fails;
        return the exit status and all that they say."""
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        python = tools / "python"
        python.write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n'
        )
        python.chmod(0o755)
        path = (str(tools), str(Path(sys.executable).parent),
                os.environ.get("PATH", ""))
        done = subprocess.run(
            ["sh", "-ec", re.sub(r"(?m)^\$ ", "", script)],
            cwd=self.folder,
            env={
                **{name: value for name, value in os.environ.items()
                   if name != "ALEMBIC_CONFIG"
                   and not name.startswith("MIGTESTKIT_")},
                "PYTHONPATH": str(ROOT),
                "HOME": str(self.folder),
                "TMPDIR": str(self.temp),
                "PATH": os.pathsep.join(path),
                **environ,
            },
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )
        return done.returncode, done.stdout
