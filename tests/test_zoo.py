"""Does the kit tell the truth about every project of the zoo, and touch
nothing but its throw-away database?
"""
from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import logging
import os
import re
import shutil
import tempfile
import unittest
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from migtestkit.alembic_api import VERSION

from tests import zoo
from tests.support import (
    VARIABLES,
    Outcome,
    ProjectTestCase,
    process_state,
    run_checks,
)

#: Projects whose env.py connects to what its own settings name, whatever
#: URL the configuration holds.
OWN_URL = (
    "settings_object",
    "section_dict",
    "section_dict_prefix",
    "environment_variable",
    "create_engine_url",
    "connect_args",
    "flask_migrate",
    "second_connection_lock",
    "statements_before_configure",
    "pragma_before_configure",
    "engine_in_migration",
    "warm_pool",
    "module_level_asyncio",
    "x_argument",
)

#: env.py takes no URL, but what `attributes["connection"]` holds.
HANDED_OVER = (
    "attributes_connection_required",
    "attributes_engine_required",
)

#: What the refusal of a project has to say, besides the error's name.
HELP = {
    "creator": (
        "creator",
        "closed before a statement was sent",
        "Give the engine a URL in place of the creator",
    ),
    "engine_in_migration_foreign": (
        "upgrade of revision r2_book (",
        "opens two different databases",
        "production.db",
        "reports.db",
        "nothing was sent to either",
        "database_url = {'production': 'sqlite://', "
        "'reports': 'sqlite://'}",
    ),
    "second_foreign_database": (
        "opens two different databases",
        "production.db",
        "reports.db",
        "nothing was sent to either",
        "database_url = {'production': 'sqlite://', "
        "'reports': 'sqlite://'}",
    ),
    "other_backend": (
        "env.py connects to postgresql",
        "the throw-away database is sqlite",
        'database_url = "postgresql+psycopg://user@localhost/"',
        "$MIGTESTKIT_DATABASE_URL",
    ),
}


@dataclass(frozen=True)
class Observation:
    """What running the checks on a copy of a project did.

    :ivar changed: production files that are not what they were.
    :ivar appeared: files that were not in the project before.
    :ivar left: what is left in the temporary folder.
    :ivar disturbed: what of the process is not as it was.
    :ivar files: revision -> its file in the copy.
    """

    outcome: Outcome
    changed: list[str]
    appeared: list[str]
    left: list[str]
    disturbed: list[str]
    files: dict[str, Path]


@functools.lru_cache(maxsize=None)
def observe(name: str, **attributes: Any) -> Observation:
    """Run the checks on a project, once for all tests."""
    project = zoo.PROJECTS[name]
    folder = Path(tempfile.mkdtemp(prefix="test_")).resolve()
    try:
        root = zoo.copy_project(project, folder)
        production = zoo.make_production(project, root)
        before, state = _files(root), process_state()
        with _temporary(folder / "temp"), _quiet():
            outcome = run_checks(project, root, **attributes)
            left = [path.name for path in (folder / "temp").iterdir()]
        now = process_state()
        return Observation(
            outcome,
            [one.name for one, content in production.items()
             if one.read_bytes() != content],
            sorted(map(str, _files(root) - before)),
            left,
            [key for key, value in now.items() if value != state[key]],
            _revision_files(root),
        )
    finally:
        zoo.forget_modules(folder)
        shutil.rmtree(folder)


@contextlib.contextmanager
def _temporary(place: Path) -> Iterator[None]:
    """Make throw-away databases there, whatever the developer has set."""
    place.mkdir()
    with mock.patch.dict(os.environ), mock.patch.object(
        tempfile, "tempdir", str(place)
    ):
        for name in VARIABLES:
            os.environ.pop(name, None)
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the projects print and warn of from the terminal."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _files(root: Path) -> set[Path]:
    return {
        path.relative_to(root)
        for path in root.rglob("*")
        if "__pycache__" not in path.parts
    }


def _revision_files(root: Path) -> dict[str, Path]:
    found = {}
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        match = re.search(r"^revision\b.*=\s*['\"](.+)['\"]", text, re.M)
        if match:
            found[match.group(1)] = path
    return found


def missing(project: zoo.Project) -> str:
    """Return what is not here that a project needs, nothing if all is."""
    if VERSION < project.min_alembic:
        wanted = ".".join(map(str, project.min_alembic))
        return f"{project.name} needs Alembic {wanted}"
    for module in project.requires:
        if importlib.util.find_spec(module) is None:
            return f"{project.name} needs {module}"
    return ""


def projects(*names: str) -> list[zoo.Project]:
    """Return the projects of some names, all of them by default."""
    return [zoo.PROJECTS[name] for name in names or zoo.PROJECTS]


class ZooTestCase(unittest.TestCase):
    """Loops over projects, each in a sub-test."""

    def observe(
        self, project: zoo.Project, **attributes: Any
    ) -> Observation:
        """Run the checks on a project, or skip where it cannot run."""
        reason = missing(project)
        if reason:
            self.skipTest(reason)
        return observe(project.name, **attributes)


class TestTheZoo(unittest.TestCase):

    def test_has_every_project_in_its_manifest(self):
        folders = {one.name for one in zoo.HERE.iterdir() if one.is_dir()}
        folders.discard("__pycache__")
        self.assertEqual(folders, set(zoo.PROJECTS))

    def test_has_at_least_thirty_projects_that_can_be_run_here(self):
        runnable = [
            name for name, one in zoo.PROJECTS.items() if not missing(one)
        ]
        self.assertGreaterEqual(len(runnable), 30)

    def test_has_the_projects_that_can_be_run_on_any_installation(self):
        # Guards against a manifest whose requirements skip it all away.
        anywhere = [
            name
            for name, one in zoo.PROJECTS.items()
            if not one.requires and one.min_alembic == (1, 13)
        ]
        self.assertGreaterEqual(len(anywhere), 60)


class TestAnswers(ZooTestCase):

    def test_each_check_says_what_is_true_of_the_project(self):
        for project in projects():
            with self.subTest(project.name):
                outcome = self.observe(project).outcome
                self.assertEqual(
                    dict(project.expect), outcome.verdicts, str(outcome)
                )

    def test_each_failing_check_names_the_culprits_and_their_files(self):
        for project in projects():
            with self.subTest(project.name):
                seen = self.observe(project)
                for check, culprits in project.culprits.items():
                    text = seen.outcome.texts[check]
                    for culprit in culprits:
                        self.assertIn(culprit, text)
                        if not project.refused:
                            self.assertIn(str(seen.files[culprit]), text)

    def test_a_failing_check_blames_no_sound_revision(self):
        for project in projects():
            with self.subTest(project.name):
                seen = self.observe(project)
                for check, culprits in project.culprits.items():
                    text = seen.outcome.texts[check]
                    for revision in set(seen.files) - set(culprits):
                        self.assertNotIn(str(seen.files[revision]), text)

    def test_each_skipped_check_says_why(self):
        for project in projects():
            with self.subTest(project.name):
                outcome = self.observe(project).outcome
                for check, verdict in outcome.verdicts.items():
                    if verdict == "skip":
                        self.assertRegex(
                            outcome.texts[check],
                            "history has no revision|model_package is not set"
                            "|no target_metadata|no downgrade was tested"
                            "|no model and no table",
                        )

    def test_what_was_not_tested_is_named_with_the_reason(self):
        for project in projects():
            with self.subTest(project.name):
                outcome = self.observe(project).outcome
                for check in (zoo.UP_DOWN, zoo.NO_TRACE):
                    named = outcome.not_tested.get(check, {})
                    if outcome.verdicts[check] == "pass":
                        self.assertEqual(set(project.not_tested), set(named))
                        for reason in named.values():
                            self.assertRegex(
                                reason, r"NotImplementedError|no downgrade\(\)"
                            )
                    elif outcome.verdicts[check] == "skip":
                        for revision in project.not_tested:
                            self.assertIn(revision, outcome.texts[check])

    def test_a_refused_project_raises_an_error_that_says_what_to_do(self):
        visited = []
        for project in projects(*HELP):
            with self.subTest(project.name):
                visited.append(project.name)
                outcome = self.observe(project).outcome
                for check in zoo.RUNS_ENV:
                    text = outcome.texts[check]
                    self.assertIn(f"errors.{project.refused}: ", text)
                    for words in HELP[project.name]:
                        self.assertIn(words, text)
        self.assertIn("second_foreign_database", visited)

    def test_every_refusal_is_described_here(self):
        refused = {
            name
            for name, one in zoo.PROJECTS.items()
            if one.refused and not one.strict_only
        }
        self.assertEqual(refused, set(HELP))


class TestNothingIsTouched(ZooTestCase):

    def test_production_is_byte_for_byte_what_it_was(self):
        for project in projects():
            with self.subTest(project.name):
                if not project.strict_only:
                    self.assertEqual([], self.observe(project).changed)

    def test_no_file_appears_in_the_project(self):
        for project in projects():
            with self.subTest(project.name):
                self.assertEqual([], self.observe(project).appeared)

    def test_no_throw_away_database_is_left(self):
        for project in projects():
            with self.subTest(project.name):
                self.assertEqual([], self.observe(project).left)

    def test_the_process_is_left_as_it_was(self):
        for project in projects():
            with self.subTest(project.name):
                self.assertEqual([], self.observe(project).disturbed)


class TestStrict(ZooTestCase):

    def test_a_raw_driver_call_is_the_documented_limit(self):
        for project in projects("raw_driver_in_migration"):
            with self.subTest(project.name):
                seen = self.observe(project)
                self.assertEqual(dict(project.expect), seen.outcome.verdicts)
                self.assertEqual(["production.db"], seen.changed)

    def test_strict_refuses_a_raw_driver_call_before_it_opens_the_file(self):
        for project in projects("raw_driver_in_migration"):
            with self.subTest(project.name):
                seen = self.observe(project, strict=True)
                self.assertEqual([], seen.changed)
                for check in zoo.RUNS_ENV:
                    text = seen.outcome.texts[check]
                    self.assertIn("ForeignDatabaseError: ", text)
                    self.assertIn("upgrade of revision r2_book", text)
                    self.assertIn("by the sqlite3 driver itself", text)
                    self.assertIn("production.db", text)
                    self.assertIn("Let it go through SQLAlchemy", text)

    def test_strict_refuses_a_creator_before_it_opens_the_file(self):
        for project in projects("creator"):
            with self.subTest(project.name):
                seen = self.observe(project, strict=True)
                self.assertEqual([], seen.changed)
                for check in zoo.RUNS_ENV:
                    text = seen.outcome.texts[check]
                    self.assertIn("ForeignDatabaseError: ", text)
                    self.assertIn("by the sqlite3 driver itself", text)
                    self.assertIn("it was not opened", text)

    def test_strict_changes_no_other_answer(self):
        for project in projects(
            "linear", "create_engine_url", "warm_pool", "multidb_edited",
            "module_level_asyncio", "attributes_connection_required",
            "defect_leftover_view",
        ):
            with self.subTest(project.name):
                outcome = self.observe(project, strict=True).outcome
                self.assertEqual(
                    dict(project.expect), outcome.verdicts, str(outcome)
                )


class TestNoRedirect(ZooTestCase):
    """`redirect = False`: nothing that env.py opens is exchanged."""

    def test_production_is_byte_for_byte_what_it_was(self):
        for project in projects():
            if project.production and project.kind != "defect":
                with self.subTest(project.name):
                    seen = self.observe(project, redirect=False)
                    self.assertEqual([], seen.changed)
                    self.assertEqual([], seen.left)

    def test_an_env_with_its_own_url_is_refused(self):
        for project in projects(*OWN_URL, "raw_driver_in_migration"):
            with self.subTest(project.name):
                outcome = self.observe(project, redirect=False).outcome
                for check in zoo.RUNS_ENV:
                    text = outcome.texts[check]
                    self.assertEqual("fail", outcome.verdicts[check])
                    self.assertIn("ForeignDatabaseError: ", text)
                    self.assertIn("redirect = False; nothing was sent", text)
                    self.assertIn(project.production[0], text)
                    self.assertIn("use the URL in its configuration", text)

    def test_an_env_that_must_be_handed_a_connection_is_refused(self):
        for project in projects(*HANDED_OVER):
            with self.subTest(project.name):
                outcome = self.observe(project, redirect=False).outcome
                for check in zoo.RUNS_ENV:
                    self.assertEqual("fail", outcome.verdicts[check])
                    self.assertIn("'connection'", outcome.texts[check])

    def test_all_others_take_the_url_from_the_configuration(self):
        others = [
            name
            for name, project in zoo.PROJECTS.items()
            if project.kind in ("template", "style")
            and name not in OWN_URL + HANDED_OVER
        ]
        for project in projects(*others):
            with self.subTest(project.name):
                outcome = self.observe(project, redirect=False).outcome
                self.assertEqual(
                    dict(project.expect), outcome.verdicts, str(outcome)
                )


class TestTheProbes(ProjectTestCase):
    """What looks for a change must see one."""

    def test_production_that_is_written_to_is_seen(self):
        # The one project whose limit lets it through.
        self.assertEqual(
            ["production.db"], observe("raw_driver_in_migration").changed
        )

    def test_a_file_that_appears_is_seen(self):
        before = _files(self.folder)
        (self.folder / "alembic.log").write_text("", encoding="utf-8")
        self.assertEqual({Path("alembic.log")}, _files(self.folder) - before)

    def test_a_disturbed_process_is_seen(self):
        before = process_state()
        os.chdir(self.folder)
        os.environ["DISTURBED"] = "1"
        logging.getLogger("tests.disturbed").disabled = True
        now = process_state()
        logging.getLogger("tests.disturbed").disabled = False
        self.assertEqual(
            ["working directory", "os.environ", "disabled loggers"],
            [key for key, value in now.items() if value != before[key]],
        )


if __name__ == "__main__":
    unittest.main()
