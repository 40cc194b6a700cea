"""Do the walks run each migration as often as they claim, and blame the
right one?
"""
from __future__ import annotations

import unittest
from typing import Any

from alembic.config import Config
from migtestkit.context.there_and_back import (
    DOWNGRADE,
    SECOND_UPGRADE,
    TRACE,
    walk_traces,
    walk_up_down_up,
)
from migtestkit.context.walks import (
    UPGRADE,
    Finding,
    WalkReport,
    walk_upgrades,
)
from migtestkit.errors import MigrationFailed
from sqlalchemy import create_engine, pool

from tests import servers, zoo
from tests.support import (
    ENV,
    Outcome,
    ProjectTestCase,
    Python,
    Rev,
    calls_of,
    count_calls,
    create,
    make_history,
    run_check,
    runs_of,
)

LINEAR = (
    Rev("r1", None, upgrade=create("a"), downgrade="DROP TABLE a"),
    Rev("r2", "r1", upgrade=create("b"), downgrade="DROP TABLE b"),
    Rev("r3", "r2", upgrade=create("c"), downgrade="DROP TABLE c"),
)
#: Two branches and their merge.
DIAMOND = (
    Rev("top", None, upgrade=create("t"), downgrade="DROP TABLE t"),
    Rev("left", "top", upgrade=create("l"), downgrade="DROP TABLE l"),
    Rev("right", "top", upgrade=create("r"), downgrade="DROP TABLE r"),
    Rev("merge", ("left", "right")),
)
#: env.py says in the call log that it runs.
LOUD_ENV = ENV.replace(
    "runs = ",
    'config.attributes.setdefault("calls", []).append(("env.py", "runs"))\n'
    "runs = ",
)


def up(*revisions: str) -> list[tuple[str, str]]:
    return [("upgrade", one) for one in revisions]


def down(*revisions: str) -> list[tuple[str, str]]:
    return [("downgrade", one) for one in revisions]


def up_down_up(*revisions: str) -> list[tuple[str, str]]:
    return [
        call for one in revisions for call in up(one) + down(one) + up(one)
    ]


class WalkTestCase(ProjectTestCase):

    def config(self, *revisions: Rev, **options: Any) -> Config:
        return Config(str(self.make_history(*revisions, **options)))

    def check(
        self, check: str, config: Config, **attributes: Any
    ) -> Outcome:
        return run_check(check, alembic_config=config, **attributes)

    def calls(
        self, check: str, *revisions: Rev, **attributes: Any
    ) -> list[tuple[str, str]]:
        """Return what a check ran; it must not fail."""
        config = self.config(*revisions)
        outcome = self.check(check, config, **attributes)
        self.assertNotEqual("fail", outcome.verdicts[check], str(outcome))
        return calls_of(config)

    def zoo_config(self, name: str) -> Config:
        return Config(str(self.copy_of(name) / zoo.PROJECTS[name].config))

    def open_zoo(self, name: str) -> Any:
        return self.open(self.zoo_config(name))


class TestUpDownConsistency(WalkTestCase):

    def test_each_revision_goes_up_and_down_and_up_in_upgrade_order(self):
        for name in ("linear", "merged", "depends_on", "expand_contract"):
            with self.subTest(name):
                config = self.zoo_config(name)
                history = self.open(config).history
                outcome = self.check(zoo.UP_DOWN, config)
                self.assertEqual(
                    ("pass", ""), outcome.verdict(zoo.UP_DOWN)
                )
                self.assertEqual(
                    up_down_up(*history.revisions), calls_of(config)
                )

    def test_all_that_goes_well_is_one_run_of_env_py(self):
        for check in (zoo.UP_DOWN, zoo.NO_TRACE):
            with self.subTest(check):
                config = self.config(*LINEAR, env=LOUD_ENV)
                self.check(check, config)
                steps = calls_of(config)
                first = steps.index(("upgrade", "r1"))
                self.assertEqual(
                    up_down_up("r1", "r2", "r3"), steps[first:]
                )

    def test_where_env_py_holds_the_transaction_each_step_is_a_run(self):
        env = LOUD_ENV.replace("engine.connect()", "engine.begin()")
        self.assertNotEqual(LOUD_ENV, env)
        config = self.config(*LINEAR, env=env)
        outcome = self.check(zoo.UP_DOWN, config)
        self.assertEqual(("pass", ""), outcome.verdict(zoo.UP_DOWN))
        run = ("env.py", "runs")
        self.assertEqual(
            [
                step
                for one in up_down_up("r1", "r2", "r3")
                for step in (run, one)
            ],
            calls_of(config)[-18:],
        )

    def test_a_run_that_keeps_nothing_has_tested_nothing(self):
        env = LOUD_ENV.replace(
            "context.configure(connection=connection)",
            "context.configure(connection=connection, "
            "transactional_ddl=True)",
        ).replace("with context.begin_transaction():", "if True:")
        self.assertNotEqual(LOUD_ENV, env)
        report = walk_up_down_up(
            self.open(self.config(LINEAR[0], env=env))
        )
        self.assertEqual([], report.tested)
        self.assertEqual(["r1"], [one.revision for one in report.findings])
        self.assertIn("did not commit", report.findings[0].text)

    def test_revision_data_is_there_before_its_revision(self):
        context = self.open_history(
            LINEAR[0],
            Rev(
                "r2", "r1", upgrade="UPDATE a SET id = id / (id - 7)",
                downgrade="DELETE FROM a",
            ),
            Rev("r3", "r2"),
            before_revision_data={"r2": {"a": {"id": 7}}},
        )
        report = walk_up_down_up(context)
        # With no row there would be nothing to go wrong.
        self.assertEqual(
            [("r2", UPGRADE)],
            [(one.revision, one.phase) for one in report.findings],
        )
        self.assertEqual(["r1"], report.tested)

    def test_types_that_a_downgrade_leaves_are_met_by_the_next_upgrade(self):
        url = servers.require_server("postgresql")
        left = Rev(
            "r1", None,
            upgrade=Python(
                "import sqlalchemy as sa\n"
                "op.create_table('a', sa.Column('c', sa.Enum('x', name='k')))"
            ),
            downgrade="DROP TABLE a",
        )
        kept = left._replace(downgrade=["DROP TABLE a", "DROP TYPE k"])
        for revision, findings in (
            (left, [("r1", SECOND_UPGRADE)]), (kept, []),
        ):
            with self.subTest(findings):
                context = self.open_history(
                    revision, Rev("r2", "r1"), database_url=str(url)
                )
                report = walk_up_down_up(context)
                self.assertEqual(
                    findings,
                    [(one.revision, one.phase) for one in report.findings],
                )
                self.assertEqual(["r1", "r2"], report.tested)

    def test_what_the_end_of_a_transaction_refuses_is_the_revision_s(self):
        url = servers.require_server("postgresql")
        context = self.open_history(
            Rev(
                "r1", None,
                upgrade=[
                    "CREATE TABLE a (id INTEGER PRIMARY KEY)",
                    "CREATE TABLE b (a INTEGER REFERENCES a "
                    "DEFERRABLE INITIALLY DEFERRED)",
                ],
                downgrade=["DROP TABLE b", "DROP TABLE a"],
            ),
            Rev("r2", "r1", upgrade="INSERT INTO b VALUES (1)"),
            Rev("r3", "r1", upgrade=create("c"), downgrade="DROP TABLE c"),
            database_url=str(url),
        )
        report = walk_up_down_up(context)
        self.assertEqual(
            [("r2", UPGRADE)],
            [(one.revision, one.phase) for one in report.findings],
        )
        self.assertIn("foreign key", report.findings[0].text)
        self.assertEqual({"r1", "r3"}, set(report.tested))

    def test_a_broken_downgrade_is_tried_by_itself_and_the_rest_tested(self):
        config = self.config(
            LINEAR[0],
            LINEAR[1]._replace(downgrade="DROP TABLE nowhere"),
            LINEAR[2],
        )
        outcome = self.check(zoo.UP_DOWN, config)
        self.assertEqual(
            up_down_up("r1")
            + up("r2") + down("r2")
            + up("r1")  # a clean database, and r2 by itself
            + up("r2") + down("r2")
            + up("r1", "r2")  # a clean database is brought there
            + up_down_up("r3"),
            calls_of(config),
        )
        verdict, text = outcome.verdict(zoo.UP_DOWN)
        self.assertEqual("fail", verdict)
        self.assertIn("r2 (revision r2): downgrade", text)
        self.assertIn(str(self.folder / "migrations/versions/r2.py"), text)
        self.assertIn("statement 1: DROP TABLE nowhere", text)
        self.assertNotIn("r1.py", text)
        self.assertNotIn("r3.py", text)

    def test_a_second_upgrade_that_fails_is_told_from_the_first(self):
        context = self.open_history(
            Rev("r1", None, upgrade=create("a")), Rev("r2", "r1")
        )
        report = walk_up_down_up(context)
        self.assertEqual(
            [("r1", SECOND_UPGRADE)],
            [(one.revision, one.phase) for one in report.findings],
        )
        self.assertIn("table a already exists", report.findings[0].text)
        self.assertEqual(["r1", "r2"], report.tested)

    def test_every_failing_revision_is_reported_at_once(self):
        context = self.open_history(
            Rev("r1", None, upgrade=create("a"), downgrade="DROP TABLE x"),
            Rev("r2", "r1", upgrade=create("b")),
            Rev("r3", "r2", upgrade="CREATE nonsense"),
            Rev("r4", "r3"),
            Rev("r5", "r4"),
            Rev("s1", "r2", upgrade=create("s"), downgrade="DROP TABLE y"),
        )
        report = walk_up_down_up(context)
        self.assertEqual(
            {
                ("r1", DOWNGRADE),
                ("r2", SECOND_UPGRADE),
                ("r3", UPGRADE),
                ("s1", DOWNGRADE),
            },
            {(one.revision, one.phase) for one in report.findings},
        )
        self.assertEqual(
            dict.fromkeys(
                ("r4", "r5"), "it needs r3, which cannot be applied"
            ),
            report.untested,
        )

    def test_a_merge_of_a_branch_that_fails_is_given_up(self):
        left = DIAMOND[1]._replace(upgrade="CREATE nonsense")
        context = self.open_history(DIAMOND[0], left, *DIAMOND[2:])
        report = walk_up_down_up(context)
        self.assertEqual(["left"], [one.revision for one in report.findings])
        self.assertEqual({"merge"}, set(report.untested))
        self.assertEqual({"top", "right"}, set(report.tested))


class TestUpgrade(WalkTestCase):

    def test_the_history_runs_once_in_one_run_and_once_one_by_one(self):
        for revisions in (LINEAR, DIAMOND):
            with self.subTest(revisions[-1].id):
                config = self.config(*revisions, env=LOUD_ENV)
                order = self.open(config).history.revisions
                outcome = self.check(zoo.UPGRADE, config)
                self.assertEqual(
                    ("pass", ""), outcome.verdict(zoo.UPGRADE)
                )
                steps = calls_of(config)
                run = ("env.py", "runs")
                whole = up(*order)
                start = steps.index(whole[0])
                self.assertEqual(run, steps[start - 1])
                self.assertEqual(whole, steps[start:start + len(order)])
                rest = steps[start + len(order):]
                self.assertEqual(
                    [step for one in whole for step in (run, one)],
                    rest[-2 * len(order):],
                )

    def test_what_fails_in_one_run_only_is_told_apart(self):
        context = self.open_zoo("defect_fails_only_in_one_run")
        (finding,) = walk_upgrades(context).findings
        self.assertEqual("r2_vacuum", finding.revision)
        self.assertIn("only when the whole history is run", finding.phase)
        self.assertIn("passes when each revision is run by", finding.text)

    def test_what_fails_step_by_step_only_is_told_apart(self):
        context = self.open_zoo("defect_fails_only_step_by_step")
        (finding,) = walk_upgrades(context).findings
        self.assertEqual("r2_book", finding.revision)
        self.assertIn("only when each revision is run by", finding.phase)
        self.assertIn("passes in one run of `alembic upgrade", finding.text)

    def test_what_fails_in_both_ways_is_reported_once(self):
        context = self.open_history(
            LINEAR[0], LINEAR[1]._replace(upgrade="CREATE nonsense")
        )
        (finding,) = walk_upgrades(context).findings
        self.assertEqual(("r2", UPGRADE), (finding.revision, finding.phase))

    def test_no_downgrade_is_run(self):
        calls = self.calls(zoo.UPGRADE, *LINEAR)
        self.assertEqual(up("r1", "r2", "r3") * 2, calls)


class TestDowngradeLeavesNoTrace(WalkTestCase):

    def test_each_revision_goes_up_and_down_and_up_in_upgrade_order(self):
        for name in ("linear", "merged_twice", "two_bases", "depends_on"):
            with self.subTest(name):
                config = self.zoo_config(name)
                history = self.open(config).history
                outcome = self.check(zoo.NO_TRACE, config)
                self.assertEqual(
                    ("pass", ""), outcome.verdict(zoo.NO_TRACE)
                )
                self.assertEqual(
                    up_down_up(*history.revisions), calls_of(config)
                )

    def test_a_trace_is_blamed_on_the_revision_that_leaves_it(self):
        context = self.open_history(
            LINEAR[0],
            LINEAR[1]._replace(
                upgrade=[create("b"), "CREATE VIEW peep AS SELECT 1"],
            ),
            LINEAR[2],
        )
        (finding,) = walk_traces(context).findings
        self.assertEqual(("r2", TRACE), (finding.revision, finding.phase))
        self.assertIn("peep", finding.text)

    def test_a_failing_second_upgrade_is_left_to_the_other_check(self):
        # No trace in the schema; but a row that hinders it.
        context = self.open_zoo("defect_second_upgrade_rows")
        self.assertEqual([], walk_traces(context).findings)
        (finding,) = walk_up_down_up(context).findings
        self.assertEqual("r2_anonymous", finding.revision)

    def test_the_version_table_is_no_trace(self):
        context = self.open_zoo("custom_version_table")
        report = walk_traces(context)
        self.assertEqual([], report.findings)
        self.assertTrue(report.tested)

    def test_each_of_several_databases_is_looked_at(self):
        root = self.copy_of("multidb_edited")
        script = root / "migrations/versions/r2_book.py"
        text = script.read_text(encoding="utf-8")
        script.write_text(
            text + "\n\ndef downgrade_engine1():\n    pass\n",
            encoding="utf-8",
        )
        context = self.open(
            str(root / "alembic.ini"), database_url=zoo.TWO_ENGINES
        )
        (finding,) = walk_traces(context).findings
        self.assertEqual("r2_book", finding.revision)
        self.assertIn("engine1", finding.text)
        self.assertIn("book", finding.text)


class TestWork(WalkTestCase):
    """Four times the revisions are about four times the work, in calls of
    functions: seconds would tell of the machine."""

    def calls_of_walk(self, walk: Any, length: int) -> int:
        ini = make_history(
            self.new_folder(),
            [
                Rev(f"r{number}", f"r{number - 1}" if number else None)
                for number in range(length)
            ],
        )
        context = self.open(str(ini))
        self.assertEqual(length, len(context.history.revisions))
        report, count = count_calls(lambda: walk(context))
        self.assertEqual([], report.findings)
        self.assertEqual(length, len(report.tested))
        return count

    def test_grows_as_the_number_of_revisions(self) -> None:
        for walk in (walk_up_down_up, walk_traces):
            with self.subTest(walk.__name__):
                few = self.calls_of_walk(walk, 100)
                many = self.calls_of_walk(walk, 400)
                self.assertGreater(few, 100 * 100)
                # In proportion to the square it would be sixteen times.
                self.assertLess(many / few, 4.8, (few, many))


class TestMinimumDowngradeRevision(WalkTestCase):

    def test_it_and_all_it_requires_stay_applied(self):
        calls = self.calls(
            zoo.UP_DOWN, *LINEAR, minimum_downgrade_revision="r2"
        )
        self.assertEqual(up("r1", "r2") + up_down_up("r3"), calls)

    def test_so_it_does_where_traces_are_looked_for(self):
        calls = self.calls(
            zoo.NO_TRACE, *LINEAR, minimum_downgrade_revision="r1"
        )
        self.assertEqual(up("r1") + up_down_up("r2", "r3"), calls)

    def test_all_other_branches_are_really_downgraded(self):
        calls = self.calls(
            zoo.UP_DOWN, *DIAMOND, minimum_downgrade_revision="left"
        )
        self.assertEqual(
            {"right", "merge"},
            {one for kind, one in calls if kind == "downgrade"},
        )

    def test_a_tuple_gives_one_for_each_branch(self):
        calls = self.calls(
            zoo.UP_DOWN,
            *DIAMOND,
            minimum_downgrade_revision=("left", "right"),
        )
        self.assertEqual(
            down("merge"), [one for one in calls if one[0] == "downgrade"]
        )

    def test_a_depends_on_counts_as_required(self):
        config = self.zoo_config("depends_on")
        outcome = self.check(
            zoo.UP_DOWN, config, minimum_downgrade_revision="b1_invoice"
        )
        self.assertEqual("skip", outcome.verdicts[zoo.UP_DOWN])
        self.assertEqual(
            up("c1_account", "c2_email", "b1_invoice"), calls_of(config)
        )

    def test_where_it_leaves_nothing_the_check_is_skipped_and_says_why(self):
        for check in (zoo.UP_DOWN, zoo.NO_TRACE):
            with self.subTest(check):
                outcome = self.check(
                    check,
                    self.config(*LINEAR),
                    minimum_downgrade_revision="head",
                )
                verdict, text = outcome.verdict(check)
                self.assertEqual("skip", verdict)
                self.assertIn("no downgrade was tested", text)
                self.assertIn(
                    "minimum_downgrade_revision keeps it applied", text
                )

    def test_an_unknown_one_is_an_error_that_names_the_option(self):
        outcome = self.check(
            zoo.UP_DOWN, self.config(*LINEAR), minimum_downgrade_revision="r9"
        )
        verdict, text = outcome.verdict(zoo.UP_DOWN)
        self.assertEqual("fail", verdict)
        self.assertIn("RevisionError: minimum_downgrade_revision: ", text)
        self.assertIn("'r9'; the history has r1, r2, r3", text)


class TestIrreversibleRevisions(WalkTestCase):

    def test_their_downgrade_is_not_run_and_they_are_named(self):
        for check in (zoo.UP_DOWN, zoo.NO_TRACE):
            with self.subTest(check):
                config = self.config(*LINEAR)
                outcome = self.check(
                    check,
                    config,
                    irreversible_revisions={"r2": "rows are lost"},
                )
                self.assertEqual(("pass", ""), outcome.verdict(check))
                self.assertEqual(
                    {"r2": "declared irreversible: rows are lost"},
                    outcome.not_tested[check],
                )
                self.assertEqual(
                    up_down_up("r1") + up("r2") + up_down_up("r3"),
                    calls_of(config),
                )

    def test_a_script_that_raises_not_implemented_says_the_same(self):
        config = self.config(
            LINEAR[0],
            LINEAR[1]._replace(
                downgrade=Python("raise NotImplementedError('one way')")
            ),
            LINEAR[2],
        )
        outcome = self.check(zoo.UP_DOWN, config)
        self.assertEqual(("pass", ""), outcome.verdict(zoo.UP_DOWN))
        self.assertEqual(
            {"r2": "its downgrade raises NotImplementedError: one way"},
            outcome.not_tested[zoo.UP_DOWN],
        )
        self.assertIn(("downgrade", "r3"), calls_of(config))

    def test_a_script_that_raises_another_error_does_not_say_so(self):
        config = self.config(
            LINEAR[0]._replace(downgrade=Python("raise RuntimeError('no')"))
        )
        verdict, text = self.check(zoo.UP_DOWN, config).verdict(zoo.UP_DOWN)
        self.assertEqual("fail", verdict)
        self.assertIn("RuntimeError: no", text)

    def test_a_script_without_downgrade_says_the_same(self):
        config = self.config(LINEAR[0], LINEAR[1]._replace(downgrade=None))
        outcome = self.check(zoo.UP_DOWN, config)
        self.assertEqual(
            {"r2": "the script has no downgrade() function"},
            outcome.not_tested[zoo.UP_DOWN],
        )

    def test_where_no_downgrade_is_tested_the_check_is_skipped(self):
        config = self.config(*LINEAR[:2])
        outcome = self.check(
            zoo.UP_DOWN,
            config,
            irreversible_revisions={"r1": "first", "r2": "second"},
        )
        verdict, text = outcome.verdict(zoo.UP_DOWN)
        self.assertEqual("skip", verdict)
        self.assertIn("no downgrade was tested", text)
        self.assertIn("r1 (revision r1): declared irreversible: first", text)
        self.assertIn("r2 (revision r2): declared irreversible: second", text)

    def test_an_unknown_one_is_an_error_that_names_the_option(self):
        outcome = self.check(
            zoo.UP_DOWN,
            self.config(*LINEAR),
            irreversible_revisions={"r22": "why"},
        )
        verdict, text = outcome.verdict(zoo.UP_DOWN)
        self.assertEqual("fail", verdict)
        self.assertIn("RevisionError: irreversible_revisions: ", text)
        self.assertIn("did you mean 'r2'", text)


class TestSkipRevisions(WalkTestCase):

    def test_they_never_run_in_any_check(self):
        broken = LINEAR[1]._replace(
            upgrade="CREATE nonsense", downgrade="DROP nonsense"
        )
        for check in (zoo.UPGRADE, zoo.UP_DOWN, zoo.NO_TRACE):
            with self.subTest(check):
                config = self.config(LINEAR[0], broken, LINEAR[2])
                outcome = self.check(check, config, skip_revisions=("r2",))
                self.assertEqual(("pass", ""), outcome.verdict(check))
                ran = [one for _, one in calls_of(config)]
                self.assertEqual({"r1", "r3"}, set(ran))

    def test_where_nothing_else_is_left_nothing_passes(self):
        for check, words in (
            (zoo.UPGRADE, "no revision could be applied"),
            (zoo.UP_DOWN, "it is one of skip_revisions"),
        ):
            with self.subTest(check):
                outcome = self.check(
                    check,
                    self.config(*LINEAR),
                    skip_revisions=("r1", "r2", "r3"),
                )
                verdict, text = outcome.verdict(check)
                self.assertEqual("skip", verdict, text)
                self.assertIn(words, text)


class TestOneDatabaseHandedOver(WalkTestCase):
    """`get_migration_engine()` gives one database, and no second."""

    def setUp(self):
        super().setUp()
        self.given = create_engine(
            f"sqlite:///{self.folder / 'given.db'}", poolclass=pool.NullPool
        )
        self.addCleanup(self.given.dispose)

    def test_sound_revisions_are_all_tested_in_it(self):
        context = self.open_history(
            *LINEAR, get_migration_engine=lambda: self.given
        )
        report = walk_up_down_up(context)
        self.assertEqual([], report.findings)
        self.assertEqual(["r1", "r2", "r3"], report.tested)

    def test_behind_a_failure_the_rest_is_named_as_not_tested(self):
        context = self.open_history(
            LINEAR[0],
            LINEAR[1]._replace(downgrade="DROP TABLE nowhere"),
            LINEAR[2],
            get_migration_engine=lambda: self.given,
        )
        report = walk_up_down_up(context)
        self.assertEqual(
            [("r2", DOWNGRADE)],
            [(one.revision, one.phase) for one in report.findings],
        )
        self.assertIn(
            "get_migration_engine() hands over only one",
            report.untested["r3"],
        )


class TestWalkReport(WalkTestCase):

    def test_describes_a_finding_with_its_file(self):
        history = self.open_history(*LINEAR).history
        report = WalkReport(findings=[Finding("r2", TRACE, "one\ntwo")])
        self.assertEqual(
            f"  r2 (revision r2): {TRACE}\n"
            f"    file: {history.path('r2')}\n"
            "    one\n"
            "    two",
            report.describe_findings(history),
        )

    def test_does_not_repeat_a_file_that_the_failure_names(self):
        context = self.open_history(
            LINEAR[0]._replace(upgrade="CREATE nonsense")
        )
        with self.assertRaises(MigrationFailed) as caught:
            context.migrate_up_one()
        report = WalkReport()
        report.fail(caught.exception, UPGRADE)
        text = report.describe_findings(context.history)
        self.assertEqual(1, text.count(context.history.path("r1")))

    def test_names_the_file_beside_a_text_that_speaks_of_another(self):
        history = self.open_history(*LINEAR).history
        report = WalkReport(findings=[Finding("r2", TRACE, "file: x")])
        self.assertIn(
            history.path("r2"), report.describe_findings(history)
        )

    def test_describes_what_was_not_tested_with_the_reason(self):
        history = self.open_history(*LINEAR).history
        report = WalkReport(untested={"r3": "it cannot be"})
        self.assertEqual(
            "  r3 (revision r3): it cannot be",
            report.describe_untested(history),
        )


class TestTheProbe(WalkTestCase):

    def test_runs_and_calls_are_forgotten_once_read(self):
        context = self.open_history(*LINEAR)
        config = context.environment.config
        context.migrate_up_to("r1")
        self.assertEqual(up("r1"), calls_of(config))
        self.assertEqual([], calls_of(config))
        self.assertTrue(runs_of(config))


if __name__ == "__main__":
    unittest.main()
