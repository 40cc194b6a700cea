"""Does ``python -m migtestkit`` say and return what its help promises?"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from migtestkit.__main__ import main
from migtestkit.cli.advice import how_to_fix
from migtestkit.cli.check import RUNS, known_checks, select_checks
from migtestkit.cli.colours import wants_colours
from migtestkit.cli.main import database_url
from migtestkit.cli.progress import Clock, Progress
from migtestkit.cli.selection import part
from migtestkit.errors import ConfigError
from tests import zoo

ROOT = Path(__file__).resolve().parent.parent


class CommandTestCase(unittest.TestCase):
    """Runs the command in this process."""

    def project(self, name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        project = zoo.PROJECTS[name]
        root = zoo.copy_project(project, Path(folder.name))
        zoo.make_production(project, root)
        self.addCleanup(zoo.forget_modules, root)
        return root

    def run_command(self, *words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main(words)
            except SystemExit as exit:
                status = exit.code
        return status, out.getvalue(), err.getvalue()

    def check(self, name, *words):
        root = self.project(name)
        config = root / zoo.PROJECTS[name].config
        return self.run_command("check", "-c", str(config), *words)


class TestStatus(CommandTestCase):
    def test_zero_where_all_pass(self):
        status, out, err = self.check("merged")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("5 passed, 0 failed, 1 skipped\n", out)
        self.assertIn("4 revisions, head m1_merge\n", out)

    def test_one_where_a_check_fails(self):
        status, out, _ = self.check("defect_leftover_view")
        self.assertEqual(status, 1)
        self.assertIn("4 passed, 1 failed, 1 skipped\n", out)
        self.assertIn("FAILED test_downgrade_leaves_no_trace\n", out)
        self.assertIn("r2_view.py", out)

    def test_one_where_a_migration_fails_outside_of_an_assertion(self):
        status, out, _ = self.check("defect_broken_upgrade", "--check=model_"
                                    "definitions_match_ddl")
        self.assertEqual(status, 1)
        self.assertIn("0 passed, 1 failed, 0 skipped\n", out)
        self.assertIn("upgrade of revision r2_index", out)

    def test_two_where_env_py_cannot_be_run(self):
        status, out, _ = self.check("other_backend")
        self.assertEqual(status, 2)
        self.assertIn("4 could not run\n", out)
        self.assertIn("env.py connects to postgresql", out)
        self.assertEqual(out.count("env.py connects to postgresql"), 1)
        self.assertNotIn("secret", out)

    def test_two_where_there_is_no_configuration(self):
        status, out, err = self.run_command("check", "-c", "missing.ini")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("migtestkit: alembic_config names 'missing.ini'", err)

    def test_two_for_words_that_mean_nothing(self):
        status, _, err = self.run_command("check", "--chek", "x")
        self.assertEqual(status, 2)
        self.assertIn("--chek", err)

    def test_zero_for_an_empty_history_whose_checks_are_skipped(self):
        status, out, _ = self.check("empty")
        self.assertEqual(status, 0)
        self.assertIn("0 passed, 0 failed, 6 skipped\n", out)
        self.assertIn(
            "skipped test_upgrade: the history has no revision\n", out
        )


class TestOptions(CommandTestCase):
    def test_check_and_exclude(self):
        _, out, _ = self.check("linear", "--check", "upgrade", "--check",
                               "test_single_head_revision")
        self.assertIn("2 passed, 0 failed, 0 skipped", out)
        _, out, _ = self.check("linear", "--exclude", "upgrade")
        self.assertNotIn("test_upgrade", out)
        self.assertIn("4 passed, 0 failed, 1 skipped", out)

    def test_an_unknown_check_is_named_with_what_is_near(self):
        status, _, err = self.check("linear", "--check", "up_down_consistancy")
        self.assertEqual(status, 2)
        self.assertIn("no check is called 'up_down_consistancy'", err)
        self.assertIn("did you mean 'up_down_consistency'", err)

    def test_leaving_out_every_check_is_an_error(self):
        with self.assertRaisesRegex(ConfigError, "no check to run"):
            select_checks(["upgrade"], ["test_upgrade"])

    def test_all_six_checks_are_known(self):
        self.assertEqual(set(known_checks("history")), set(zoo.CHECKS))
        self.assertLess(set(zoo.CHECKS), set(known_checks()))

    def test_section(self):
        status, out, _ = self.check("ini_section", "-n", "billing")
        self.assertEqual(status, 0, out)
        status, _, err = self.check("ini_section", "-n", "biling")
        self.assertEqual(status, 2)
        self.assertIn("did you mean 'billing'", err)

    def test_x_arguments(self):
        status, out, _ = self.check("x_argument", "-x", "tenant=acme")
        self.assertEqual(status, 0, out)
        status, out, _ = self.check("x_argument")
        self.assertEqual(status, 2)
        self.assertIn("x_arguments", out)

    def test_url_for_each_database(self):
        status, out, _ = self.check(
            "multidb_edited",
            "--url", "engine1=sqlite://", "--url", "engine2=sqlite://",
        )
        self.assertEqual(status, 0, out)

    def test_url_values(self):
        self.assertIsNone(database_url([]))
        self.assertEqual(database_url(["sqlite://"]), "sqlite://")
        url = "postgresql://db/?options=-c%20x=1"
        self.assertEqual(database_url([url]), url)
        self.assertEqual(
            database_url([f"a={url}", "b=sqlite://"]),
            {"a": url, "b": "sqlite://"},
        )
        with self.assertRaisesRegex(ConfigError, "each must name its"):
            database_url(["sqlite://", "sqlite://"])

    def test_verbose_names_every_revision_as_it_is_run(self):
        _, out, _ = self.check("linear", "-v", "--check", "upgrade")
        self.assertIn("    upgrade  -> r1_author", out)
        self.assertEqual(out.count(" -> r4_born"), 2)
        _, quiet, _ = self.check("linear", "--check", "upgrade")
        self.assertNotIn("-> r1_author", quiet)

    def test_what_a_passing_check_left_out_is_named(self):
        status, out, _ = self.check("defect_downgrade_not_implemented")
        self.assertEqual(status, 0)
        self.assertIn("not tested in test_up_down_consistency:\n  r2_book: ",
                      out)


class TestDeployment(CommandTestCase):
    def test_its_checks_run_where_asked_for(self):
        status, out, _ = self.check("linear")
        self.assertNotIn("test_offline_matches_online", out)
        status, out, _ = self.check("linear", "--deployment")
        self.assertEqual(status, 0, out)
        for name in known_checks("deployment"):
            self.assertIn(f"  {name} ", out)
        self.assertIn("test_upgrade ", out)
        status, out, _ = self.check(
            "linear", "--check", "offline_matches_online"
        )
        self.assertIn("1 passed, 0 failed, 0 skipped", out)

    def test_the_time_left_counts_each_check(self):
        alone = {"test_single_head_revision",
                 "test_all_models_register_on_metadata"}
        self.assertEqual(set(RUNS), set(known_checks()) - alone)

    def test_made_up_rows(self):
        status, out, _ = self.check("linear", "--data")
        self.assertEqual(status, 0, out)
        for name in known_checks("data"):
            self.assertIn(f"  {name} ", out)
        self.assertNotIn("test_offline_matches_online", out)

    def test_each_has_a_way_to_repair_it(self):
        texts = [how_to_fix(name)
                 for name in known_checks("data", "deployment")]
        self.assertEqual(len(texts), len(set(texts)))


class TestSelection(CommandTestCase):
    """Which revisions are judged."""

    def test_since_leaves_out_a_defect_below(self):
        status, out, _ = self.check("defect_leftover_view", "--since", "r2")
        self.assertEqual(status, 1)
        self.assertIn("since r2: judging ", out)
        root = self.project("defect_broken_downgrade")
        config = str(root / "alembic.ini")
        status, out, _ = self.run_command("check", "-c", config)
        self.assertEqual(status, 1)
        self.assertIn("r2_index", out)
        status, out, _ = self.run_command(
            "check", "-c", config, "--since", "r3"
        )
        self.assertEqual((status, "FAILED" in out), (0, False), out)

    def test_what_cannot_be_applied_is_told_where_it_is_needed(self):
        for check in ("upgrade", "up_down_consistency"):
            status, out, _ = self.check(
                "defect_broken_upgrade", "--since", "r3", "--check", check
            )
            self.assertEqual(status, 1, out)
            self.assertIn("r2_index", out)

    def test_since_an_unknown_revision(self):
        status, _, err = self.check("linear", "--since", "r4_bron")
        self.assertEqual(status, 2)
        self.assertIn("--since: revision 'r4_bron'", err)
        self.assertIn("did you mean 'r4_born'", err)

    def test_shards_judge_each_revision_once(self):
        for size in range(12):
            revisions = [str(number) for number in range(size)]
            for count in range(1, 7):
                parts = [
                    part(revisions, number, count)
                    for number in range(1, count + 1)
                ]
                self.assertEqual(sum(parts, []), revisions)

    def test_one_shard_finds_a_defect_and_the_others_pass(self):
        found = [
            self.check("defect_broken_downgrade", "--shard", f"{number}/3")[:2]
            for number in (1, 2, 3)
        ]
        self.assertEqual([status for status, _ in found], [0, 1, 0], found)
        self.assertNotIn("in shard 1/3", found[0][1])
        self.assertIn(
            "skipped test_single_head_revision: it judges the history as a "
            "whole, in shard 1/3", found[1][1],
        )

    def test_what_lies_beyond_a_shard_is_not_run(self):
        for check in (
            "upgrade", "up_down_consistency", "downgrade_leaves_no_trace"
        ):
            with self.subTest(check):
                status, out, _ = self.check(
                    "linear", "--shard", "1/2", "--verbose", "--check", check
                )
                self.assertEqual(status, 0, out)
                self.assertIn("-> r2", out)
                self.assertNotIn("-> r3", out)

    def test_a_shard_without_a_revision(self):
        status, out, _ = self.check("single", "--shard", "1/2")
        self.assertEqual(status, 0)
        self.assertIn("there is no revision to judge", out)

    def test_shards_that_mean_nothing(self):
        for text in ("0/4", "5/4", "2", "a/b", "1/0"):
            status, _, err = self.check("linear", "--shard", text)
            self.assertEqual(status, 2)
            self.assertIn("--shard must be NUMBER/COUNT", err)

    def test_fail_fast(self):
        status, out, _ = self.check("defect_broken_upgrade", "--fail-fast")
        self.assertEqual(status, 1)
        self.assertIn("1 passed, 1 failed, 0 skipped, 4 not run", out)
        self.assertIn("not run (--fail-fast): test_model", out)

    def test_fail_fast_ends_a_walk(self):
        root = self.project("defect_leftover_view")
        scripts = root / "migrations" / "versions"
        [second] = scripts.glob("r2*")
        third = second.read_text("utf-8")
        for old, new in (("r1_author", "r3_loan"), ("r2_view", "r4_view"),
                         ("author_names", "more_names")):
            third = third.replace(old, new)
        (scripts / "r4_view.py").write_text(third, "utf-8")
        words = ("check", "-c", str(root / "alembic.ini"), "--check",
                 "downgrade_leaves_no_trace")
        _, every, _ = self.run_command(*words)
        _, first, _ = self.run_command(*words, "--fail-fast")
        self.assertEqual(
            [text.count(" traces left by") for text in (every, first)],
            [2, 1], every,
        )

    def test_list(self):
        status, out, _ = self.run_command("check", "--list")
        self.assertEqual(status, 0)
        for name in known_checks():
            self.assertRegex(out, f"(?m)^  {name[5:]}\n      [A-Z]")


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, terminal):
        super().__init__()
        self.isatty = lambda: terminal


class TestColours(unittest.TestCase):
    def test_who_gets_them(self):
        for terminal, environ, expected in (
            (True, {}, True),
            (False, {}, False),
            (True, {"NO_COLOR": "1"}, False),
            (True, {"NO_COLOR": ""}, True),
            (True, {"CI": "true"}, False),
            (True, {"TERM": "dumb"}, False),
            (False, {"FORCE_COLOR": "1"}, True),
            (True, {"FORCE_COLOR": "0"}, False),
            (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ):
            with self.subTest(terminal=terminal, **environ):
                self.assertIs(
                    wants_colours(Stream(terminal), environ), expected
                )

    def test_forced(self):
        with mock.patch.dict(os.environ, {"FORCE_COLOR": "1"}):
            progress = Progress(stream := Stream(False))
        progress.stop("test_upgrade", "FAILED", 1.0)
        self.assertIn("\x1b[1;31mFAILED\x1b[0m (1.0 s)", stream.getvalue())


class TestClock(unittest.TestCase):
    def test_time_left(self):
        with mock.patch("migtestkit.cli.progress.time.monotonic") as now:
            now.return_value = 0.0
            clock = Clock()
            clock.expect({"a": 10, "b": 30})
            clock.start("a")
            self.assertEqual(clock.left(), "")
            for _ in range(5):
                clock.step()
            now.return_value = 10.0
            self.assertEqual(clock.left(), "70 s left, ")
            clock.stop()
            clock.start("b")
            self.assertEqual(clock.left(), "30 s left, ")
            now.return_value = 100.0
            self.assertEqual(clock.left(), "5 min left, ")


class TestProcess(CommandTestCase):
    """The command as a person starts it."""

    def start(self, root, **options):
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
        for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
            environ.pop(name, None)
        return subprocess.run(
            [sys.executable, "-m", "migtestkit", "check"],
            cwd=root, env=environ, stdin=subprocess.DEVNULL, **options,
        )

    def test_the_project_of_the_current_folder_is_found(self):
        root = self.project("linear")
        before = (root / "production.db").read_bytes()
        done = self.start(root, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual((root / "production.db").read_bytes(), before)

    def test_a_terminal_is_shown_the_revision_at_hand(self):
        root = self.project("linear")
        ours, theirs = pty.openpty()
        done = self.start(root, stdout=theirs, stderr=theirs)
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 65536):
                shown += piece
        os.close(ours)
        self.assertEqual(done.returncode, 0)
        text = shown.decode()
        self.assertRegex(text, r"test_upgrade \.\.\. \d+: upgrade ")
        final = [
            re.split("\r\x1b\\[K", line)[-1] for line in text.split("\n")
        ]
        self.assertTrue(
            any("test_upgrade \x1b[2m....." in line for line in final), final
        )


if __name__ == "__main__":
    unittest.main()
