"""Do the history checks say what is wrong so that a person can act on it?

What each check decides on each project stands in `test_zoo.py`.
"""

from __future__ import annotations

import contextlib
import io
import unittest
from pathlib import Path
from typing import Any

from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks
from tests import zoo
from tests.support import (
    ProjectTestCase,
    Rev,
    checks_class,
    create,
    run_checks,
)

USER = Rev("r1", upgrade=create("user"), downgrade="DROP TABLE user",
           message="make the users")


class ChecksTestCase(ProjectTestCase):
    def result(self, cls: type, check: str) -> unittest.TestResult:
        result = unittest.TestResult()
        with contextlib.redirect_stdout(io.StringIO()):
            cls(check).run(result)
        self.assertEqual([], result.errors)
        return result

    def zoo_text(self, name: str, check: str, **attributes: Any) -> str:
        """Return a failing check's whole text; `X` is the project."""
        project = zoo.PROJECTS[name]
        root = zoo.copy_project(project, self.folder)
        cls = checks_class(project, root, **attributes)
        (failure,) = self.result(cls, check).failures
        return _whole(failure[1], root)

    def own_text(
        self, check: str, *revisions: Rev, **attributes: Any
    ) -> tuple[str, list[str]]:
        """Return a check's whole text, empty if it does not fail, and the
        reasons of its skips, for a history of our own."""
        ini = self.make_history(*revisions)
        cls = checks_class(alembic_config=str(ini), **attributes)
        result = self.result(cls, check)
        texts = [_whole(text, self.folder) for _, text in result.failures]
        return "".join(texts), [reason for _, reason in result.skipped]


def _whole(text: str, root: Path) -> str:
    return text.replace(str(root), "X")


class TestWholeTexts(ChecksTestCase):
    maxDiff = None

    def assertText(
        self, name: str, check: str, expected: str, **attributes: Any
    ) -> None:
        found = self.zoo_text(name, check, **attributes)
        self.assertEqual(f"AssertionError: {expected}\n", found)

    def test_of_a_broken_upgrade(self):
        self.assertText(
            "defect_broken_upgrade", zoo.UPGRADE,
            "these revisions cannot be applied\n"
            "  r2_index (Index a column that does not exist.): upgrade\n"
            "    upgrade of revision r2_index (Index a column that does not "
            "exist.) failed\n"
            "      file: X/migrations/versions/r2_index.py\n"
            '      at: line 11, in upgrade: op.create_index('
            '"ix_author_surname", "author", ["surname"])\n'
            "      statement 1: CREATE INDEX ix_author_surname ON author "
            "(surname)\n"
            "      sqlite3.OperationalError: no such column: surname\n"
            "not tested:\n"
            "  r3_book (Create the book table.): it needs r2_index, which "
            "cannot be applied\n"
            "  r4_loan (Create the loan table, add the year of birth.): it "
            "needs r2_index, which cannot be applied",
        )

    def test_of_models_over_a_broken_upgrade(self):
        self.assertText(
            "defect_broken_upgrade", zoo.MODELS,
            "upgrade of revision r2_index (Index a column that does not "
            "exist.) failed\n"
            "  file: X/migrations/versions/r2_index.py\n"
            '  at: line 11, in upgrade: op.create_index('
            '"ix_author_surname", "author", ["surname"])\n'
            "  statement 1: CREATE INDEX ix_author_surname ON author "
            "(surname)\n"
            "  sqlite3.OperationalError: no such column: surname",
        )

    def test_of_a_broken_downgrade(self):
        self.assertText(
            "defect_broken_downgrade", zoo.UP_DOWN,
            "these revisions do not survive upgrade, downgrade, upgrade\n"
            "  r2_index (Index the names; the downgrade misspells the "
            "index.): downgrade\n"
            "    downgrade of revision r2_index (Index the names; the "
            "downgrade misspells the index.) failed\n"
            "      file: X/migrations/versions/r2_index.py\n"
            '      at: line 17, in downgrade: op.drop_index('
            '"ix_author_names", "author")\n'
            "      statement 1: DROP INDEX ix_author_names\n"
            "      sqlite3.OperationalError: no such index: ix_author_names",
        )

    def test_of_a_second_upgrade(self):
        self.assertText(
            "defect_second_upgrade_rows", zoo.UP_DOWN,
            "these revisions do not survive upgrade, downgrade, upgrade\n"
            "  r2_anonymous (Insert the anonymous author; the downgrade "
            "forgets the row.): second upgrade, after the downgrade\n"
            "    upgrade of revision r2_anonymous (Insert the anonymous "
            "author; the downgrade forgets the row.) failed\n"
            "      file: X/migrations/versions/r2_anonymous.py\n"
            "      at: line 11, in upgrade: op.execute(\"INSERT INTO author "
            "(id, name) VALUES (1, 'anonymous')\")\n"
            "      statement 1: INSERT INTO author (id, name) VALUES (1, "
            "'anonymous')\n"
            "      sqlite3.IntegrityError: UNIQUE constraint failed: "
            "author.id",
        )

    def test_of_a_trace(self):
        self.assertText(
            "defect_leftover_index", zoo.NO_TRACE,
            "these revisions do not restore the schema\n"
            "  r2_index (Index the names; the downgrade forgets it.): traces "
            "left by the downgrade\n"
            "    file: X/migrations/versions/r2_index.py\n"
            '    table "author": index "ix_author_name" is there only after '
            "the downgrade: (name)",
        )

    def test_of_models_that_drifted(self):
        self.assertText(
            "defect_models_drifted", zoo.MODELS,
            "the models and the migrations differ; `alembic revision "
            "--autogenerate` would write:\n"
            "    op.add_column('author', sa.Column('born', sa.Integer(), "
            "nullable=True))",
        )

    def test_of_what_fails_in_one_way_only(self):
        text = self.zoo_text("defect_fails_only_in_one_run", zoo.UPGRADE)
        self.assertIn("upgrade, only when the whole history is run", text)
        self.assertIn("it passes when each revision is run by itself", text)
        text = self.zoo_text("defect_fails_only_step_by_step", zoo.UPGRADE)
        self.assertIn("upgrade, only when each revision is run by itse", text)
        self.assertIn("it passes in one run of `alembic upgrade heads`", text)

    def test_a_mistake_is_told_once_and_in_few_lines(self):
        """Of each defect that names a revision, by the first check."""
        for project in zoo.DEFECTS:
            for check, culprits in list(project.culprits.items())[:1]:
                with self.subTest(project.name):
                    text = self.zoo_text(project.name, check)
                    for culprit in culprits:
                        self.assertIn(f"  {culprit} (", text)
                        self.assertIn(f"/{culprit}.py\n", text)
                    self.assertNotIn("another exception", text)
                    self.assertNotIn("Traceback", text)
                    self.assertNotIn("None", text)
                    self.assertLess(len(text.splitlines()), 25)


class TestAllCulprits(ChecksTestCase):
    def test_every_failing_revision_is_named_in_one_failure(self):
        text, _ = self.own_text(
            zoo.UP_DOWN,
            USER._replace(downgrade="DROP TABLE usr"),
            Rev("r2", "r1", upgrade=create("book"), downgrade=""),
            Rev("r3", "r2", upgrade=create("shelf"),
                downgrade="DROP TABLE shelf"),
            Rev("r4", "r3", upgrade="DROP TABLE nowhere"),
            Rev("r5", "r4"),
            Rev("r3b", "r2", downgrade="DROP TABLE nowhere"),
        )
        for words in (
            "r1 (make the users): downgrade",
            "r2 (revision r2): second upgrade, after the downgrade",
            "r4 (revision r4): upgrade",
            "r3b (revision r3b): downgrade",
            "r5 (revision r5): it needs r4, which cannot be applied",
        ):
            self.assertIn(f"  {words}\n", text)
        self.assertNotIn("r3 (revision r3)", text)


class TestUntested(ChecksTestCase):
    def untested(self, *revisions: Rev, **attributes: Any) -> Any:
        ini = self.make_history(*revisions)
        outcome = run_checks(alembic_config=str(ini), **attributes)
        self.assertEqual("pass", outcome.verdicts[zoo.UP_DOWN], outcome)
        self.assertEqual("pass", outcome.verdicts[zoo.NO_TRACE], outcome)
        found = outcome.not_tested
        self.assertEqual(found.get(zoo.UP_DOWN), found.get(zoo.NO_TRACE))
        return found.get(zoo.UP_DOWN, {})

    def test_each_downgrade_that_was_not_tested_is_named(self):
        says = "def downgrade():\n    raise NotImplementedError('rows')\n"
        history = [
            USER, Rev("r2", "r1", downgrade=None), Rev("r3", "r2"),
            Rev("r4", "r3", downgrade=None),
        ]
        self.make_history(*history)
        path = self.folder / "migrations" / "versions" / "r4.py"
        path.write_text(path.read_text() + says)
        outcome = run_checks(
            alembic_config=str(self.folder / "alembic.ini"),
            irreversible_revisions={"r3": "it drops the ages"},
        )
        self.assertEqual(
            {
                "r2": "the script has no downgrade() function",
                "r3": "declared irreversible: it drops the ages",
                "r4": "its downgrade raises NotImplementedError: rows",
            },
            outcome.not_tested[zoo.UP_DOWN],
        )
        self.assertEqual("pass", outcome.verdicts[zoo.UP_DOWN])

    def test_nothing_is_named_where_all_was_tested(self):
        self.assertEqual({}, self.untested(USER, Rev("r2", "r1")))

    def test_the_note_is_a_skipped_sub_test(self):
        ini = self.make_history(USER, Rev("r2", "r1", downgrade=None))
        cls = checks_class(alembic_config=str(ini))
        result = self.result(cls, zoo.UP_DOWN)
        ((test, reason),) = result.skipped
        self.assertIn("[not tested] (revision='r2')", str(test))
        self.assertEqual("the script has no downgrade() function", reason)
        self.assertTrue(result.wasSuccessful())

    def test_a_runner_without_sub_tests_sees_a_test_that_passes(self):
        class Plain(unittest.TestResult):
            addSubTest = property()  # type: ignore[assignment]

            def addSuccess(self, test: Any) -> None:
                passed.append(test._testMethodName)

        passed: list[str] = []
        ini = self.make_history(USER, Rev("r2", "r1", downgrade=None))
        result = Plain()
        checks_class(alembic_config=str(ini))(zoo.UP_DOWN).run(result)
        self.assertEqual([zoo.UP_DOWN], passed)
        self.assertEqual([], result.skipped)

    def test_untested_ones_stand_in_a_failure_too(self):
        text, skips = self.own_text(
            zoo.UP_DOWN, USER._replace(downgrade="DROP TABLE usr"),
            Rev("r2", "r1", downgrade=None),
        )
        self.assertIn(
            "not tested:\n"
            "  r2 (revision r2): the script has no downgrade() function\n",
            text,
        )
        self.assertEqual([], skips)


class TestSkips(ChecksTestCase):
    def assertSkips(
        self, check: str, reason: str, *revisions: Rev, **attributes: Any
    ) -> None:
        text, skips = self.own_text(check, *revisions, **attributes)
        self.assertEqual(("", [reason]), (text, skips))

    def test_of_an_empty_history(self):
        self.make_history()
        for check in (zoo.SINGLE_HEAD, zoo.UPGRADE, zoo.UP_DOWN,
                      zoo.NO_TRACE):
            with self.subTest(check):
                cls = checks_class(
                    alembic_config=str(self.folder / "alembic.ini")
                )
                ((_, reason),) = self.result(cls, check).skipped
                self.assertEqual("the history has no revision", reason)

    def test_where_no_downgrade_was_tested(self):
        self.assertSkips(
            zoo.UP_DOWN,
            "no downgrade was tested\n"
            "  r1 (make the users): the script has no downgrade() function\n"
            "  r2 (revision r2): declared irreversible: no way back",
            USER._replace(downgrade=None), Rev("r2", "r1"),
            irreversible_revisions={"r2": "no way back"},
        )

    def test_where_all_is_kept(self):
        text, (reason,) = self.own_text(
            zoo.NO_TRACE, USER, minimum_downgrade_revision="r1"
        )
        self.assertEqual("", text)
        self.assertIn("no downgrade was tested", reason)

    def test_where_there_are_no_models(self):
        self.assertSkips(
            zoo.MODELS,
            "env.py passes no target_metadata to configure(), so there are "
            "no models to compare; pass it there, or set target_metadata",
            USER,
        )
        self.folder = self.folder / "next"
        self.folder.mkdir()
        self.assertSkips(
            zoo.REGISTERED,
            "model_package is not set; name the package that holds the "
            "models, such as model_package = 'shop.models'",
            USER,
        )


class TestTheMixin(unittest.TestCase):
    def test_it_has_the_six_tests_and_is_no_test_case(self):
        names = [n for n in dir(HistoryChecks) if n.startswith("test")]
        self.assertEqual(sorted(zoo.CHECKS), sorted(names))
        self.assertFalse(issubclass(HistoryChecks, unittest.TestCase))

    def test_every_test_is_explained(self):
        for name in zoo.CHECKS:
            with self.subTest(name):
                self.assertTrue(getattr(HistoryChecks, name).__doc__)

    def test_a_users_class_has_them_once(self):
        cls = type("TestHistory", (HistoryChecks, MigrationTestCase), {})
        self.assertEqual(
            sorted(zoo.CHECKS),
            unittest.defaultTestLoader.getTestCaseNames(cls),
        )


if __name__ == "__main__":
    unittest.main()
