"""Do the failures that the pages show, and the jobs for continuous
integration, hold?

The jobs' steps are run, with the servers that are there in place of theirs.
"""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import shlex
import unittest

from tests import servers, zoo
from tests.snippets import BLOCKING, NO_FAX, ONLINE
from tests.support import (
    ENV,
    ProjectTestCase,
    Rev,
    create,
    make_history,
    run_checks,
)
from tests.test_documents import DOCS, ROOT, blocks, run

CASE = """\
from migtestkit import MigrationTestCase
from migtestkit.checks import {0}


class TestIt({0}, MigrationTestCase):
    pass
"""
#: The second makes NOT NULL of a column by batch_alter_table.
NICKS = (
    Rev("1", None, None, None, [
        create("user", "id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
               " nick TEXT"),
    ], ["DROP TABLE user"]),
    Rev("9a2f", "1", None, None, [
        "CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
        " nick TEXT NOT NULL)",
        "INSERT INTO other SELECT * FROM user",
        "DROP TABLE user",
        "ALTER TABLE other RENAME TO user",
    ], "", "nick is required"),
)
ITEMS = (
    Rev("r1", None, None, None,
        ["CREATE TABLE item (id INTEGER PRIMARY KEY)"], ["DROP TABLE item"]),
)


def pattern(shown: str) -> str:
    """What a text is that a page shows, with other numbers, other file names
    and other breaks of lines, and with what it leaves out."""
    found = re.escape(" ".join(shown.split()))
    found = re.sub(r"\.\.\.\\?/?\S*\\.py", "<file>", found)
    found = re.sub(r"(?<=file:\\ )\S+", r"\\S+", found)
    found = re.sub(r"(?<!r)(?<![a-z])\d+(?![a-z])", r"\\d+", found)
    return found.replace(r"\ \.\.\.\ ", " .* ").replace(r"\ ", r"\s+")


class TestShownFailures(ProjectTestCase):
    def said(self, history, suite, env=ENV, **environ):
        """What the tests of a suite say of a history."""
        folder = self.folder / "project"
        folder.mkdir()
        make_history(folder, history, env=env)
        (folder / "test_it.py").write_text(CASE.format(suite), "utf-8")
        status, output = run("unittest", folder=folder, **environ)
        self.assertEqual(1, status, output)
        return output

    def assertShown(self, text, said):
        self.assertRegex(" ".join(said.split()), pattern(text))
        # The pattern is no pattern of everything.
        self.assertNotRegex(
            " ".join(said.split()), pattern(text.replace("9a2f", "9a2e"))
            if "9a2f" in text else pattern(text.replace("view", "index")),
        )

    def on_postgresql(self):
        url = servers.require_server("postgresql")
        return {
            "MIGTESTKIT_DATABASE_URL":
                url.render_as_string(hide_password=False),
        }

    def test_of_the_readme(self):
        readme = (ROOT / "README.rst").read_text("utf-8")
        shown = readme.partition("A finding looks like this::\n")[2]
        shown = shown.partition("\nMost ``env.py``")[0]
        project = zoo.PROJECTS["defect_leftover_view"]
        root = zoo.copy_project(project, self.folder)
        self.addCleanup(zoo.forget_modules, root)
        outcome = run_checks(project, root)
        self.assertShown(shown, "\n".join(map(str, outcome.texts.values())))

    def test_of_rows(self):
        page = (DOCS / "howto" / "populated.rst").read_text("utf-8")
        shown = page.partition("the revision passes::\n")[2]
        shown = shown.partition("\nRows live on")[0]
        self.assertShown(shown, self.said(NICKS, "DataChecks"))

    def test_of_the_running_release(self):
        self.assert_deployment(0, NO_FAX, "no more fax")

    def test_of_blocking_work(self):
        self.assert_deployment(1, BLOCKING, "index the names")

    def assert_deployment(self, number, history, message):
        environ = self.on_postgresql()
        page = (DOCS / "howto" / "deployment.rst").read_text("utf-8")
        shown = list(blocks(page, "text"))
        self.assertEqual(2, len(shown))
        first, second = history
        history = first, second._replace(message=message)
        said = self.said(history, "DeploymentChecks", ONLINE, **environ)
        # Between what the page shows and the advice there may be more.
        table, advice = shown[number].split("if that is meant")
        self.assertShown(table, said)
        self.assertRegex(
            " ".join(said.split()), pattern("if that is meant" + advice)
        )


class TestJobs(ProjectTestCase):
    """docs/howto/ci.rst."""

    def setUp(self):
        super().setUp()
        if importlib.util.find_spec("yaml") is None:
            self.skipTest("PyYAML is not installed")
        import yaml

        page = (DOCS / "howto" / "ci.rst").read_text("utf-8")
        self.jobs = [yaml.safe_load(one) for one in blocks(page, "yaml")]
        self.project = self.folder / "project"
        self.project.mkdir()
        make_history(self.project, ITEMS)
        (self.project / "test_it.py").write_text(
            CASE.format("HistoryChecks"), "utf-8"
        )

    def run_steps(self, steps, family, variables):
        """Run the steps of a job as its shell would, but for pip's."""
        url = servers.require_server(family)
        own = url.render_as_string(hide_password=False)
        environ = {
            name: own if "://" in value else value
            for name, value in variables.items()
            if name.startswith("MIGTESTKIT")
        }
        self.assertTrue(environ)
        ran = 0
        for step in steps:
            program, *words = shlex.split(step)
            if program == "pip":
                self.check_extras(words)
                continue
            self.assertEqual(("python", "-m"), (program, words[0]))
            status, output = run(*words[1:], folder=self.project, **environ)
            self.assertEqual(0, status, output)
            ran += 1
        return ran

    def check_extras(self, words):
        setup = configparser.ConfigParser(interpolation=None)
        setup.read(ROOT / "setup.cfg", "utf-8")
        for extra in re.findall(r"migtestkit\[(\w+)\]", " ".join(words)):
            self.assertIn(extra, setup["options.extras_require"])

    def assertMade(self, *files):
        for file in files:
            self.assertTrue(os.path.exists(self.project / file), file)

    def test_github(self):
        job = self.jobs[0]["jobs"]["migrations"]
        steps = [one["run"] for one in job["steps"] if "run" in one]
        self.assertEqual(2, self.run_steps(steps, "postgresql", job["env"]))
        self.assertMade(job["steps"][-1]["with"]["path"])

    def test_gitlab(self):
        job = self.jobs[1]["migrations"]
        self.assertEqual(
            2, self.run_steps(job["script"], "mysql", job["variables"])
        )
        self.assertMade(*job["artifacts"]["paths"])

    def test_variables(self):
        options = (DOCS / "reference" / "options.rst").read_text("utf-8")
        self.assertEqual(3, len(self.jobs))
        for name in self.jobs[2]:
            self.assertIn(name, options)


if __name__ == "__main__":
    unittest.main()
