"""Are questions about the revision graph answered from the real graph?"""
from __future__ import annotations

import os
import pickle
import sys
import unittest
import warnings
from pathlib import Path
from typing import Any

import alembic.command
from alembic.config import Config
from migtestkit.errors import ConfigError, MigtestkitError, RevisionError
from migtestkit.history import RevisionHistory, load_scripts

from tests import zoo
from tests.support import (
    INI,
    ProjectTestCase,
    Rev,
    add_revision,
    calls_of,
    make_history,
)

#: A branch and its merge; a second base whose first revision depends on the
#: other branch; two labels.
GRAPH = (
    Rev("aa01", labels="core", message="Create it all"),
    Rev("aa02", "aa01"),
    Rev("bb03", "aa02"),
    Rev("cc03", "aa02"),
    Rev("dd04", ("bb03", "cc03"), message="Merge"),
    Rev("xx01", None, "aa02", "billing"),
    Rev("xx02", "xx01", downgrade=None),
)


class HistoryTestCase(ProjectTestCase):

    def history(self, *revisions: Rev, **options: Any) -> RevisionHistory:
        ini = self.make_history(*revisions, **options)
        return RevisionHistory(load_scripts(Config(str(ini))))


class TestUpgradeOrder(HistoryTestCase):
    """`revisions` is the order in which `alembic upgrade heads` runs."""

    def order_of_alembic(self, ini: Path) -> list[str]:
        config = Config(str(ini))
        alembic.command.upgrade(config, "heads")
        return [revision for _, revision in calls_of(config)]

    def test_on_branches_merges_bases_and_depends_on(self):
        history = self.history(*GRAPH)
        order = self.order_of_alembic(self.folder / "alembic.ini")
        self.assertEqual(7, len(order))
        self.assertEqual(order, list(history.revisions))

    def test_on_the_histories_of_the_zoo(self):
        names = (
            "linear", "branched", "merged", "merged_twice", "two_bases",
            "depends_on", "expand_contract", "single",
        )
        for name in names:
            with self.subTest(name):
                ini = self.copy_of(name) / "alembic.ini"
                # For the models, as `prepend_sys_path` does it.
                sys.path.insert(0, str(ini.parent))
                order = self.order_of_alembic(ini)
                history = RevisionHistory(load_scripts(Config(str(ini))))
                self.assertTrue(order)
                self.assertEqual(order, list(history.revisions))

    def test_of_an_empty_history(self):
        history = self.history()
        self.assertEqual((), history.revisions)
        self.assertEqual((), history.heads)
        self.assertEqual((), history.bases)
        self.assertTrue(history.heads_are_labelled)


class TestTheGraph(HistoryTestCase):

    def setUp(self):
        super().setUp()
        self.graph = self.history(*GRAPH)

    def test_heads_and_bases_are_those_of_the_scripts(self):
        self.assertEqual({"dd04", "xx02"}, set(self.graph.heads))
        self.assertEqual({"aa01", "xx01"}, set(self.graph.bases))

    def test_parents_are_what_a_revision_stands_on_directly(self):
        self.assertEqual((), self.graph.parents("aa01"))
        self.assertEqual(("aa01",), self.graph.parents("aa02"))
        self.assertEqual({"bb03", "cc03"}, set(self.graph.parents("dd04")))

    def test_a_depends_on_is_a_parent(self):
        self.assertEqual(("aa02",), self.graph.parents("xx01"))

    def test_children_are_in_upgrade_order_depends_on_included(self):
        children = self.graph.children("aa02")
        self.assertEqual({"bb03", "cc03", "xx01"}, set(children))
        self.assertEqual(
            sorted(children, key=self.graph.revisions.index), list(children)
        )
        self.assertEqual((), self.graph.children("dd04"))

    def test_requirements_are_all_that_has_to_be_applied_before(self):
        self.assertEqual(frozenset(), self.graph.requirements("aa01"))
        self.assertEqual(
            {"aa01", "aa02", "bb03", "cc03"}, self.graph.requirements("dd04")
        )
        self.assertEqual(
            {"xx01", "aa02", "aa01"}, self.graph.requirements("xx02")
        )

    def test_dependents_are_all_that_need_a_revision(self):
        self.assertEqual(
            {"bb03", "cc03", "dd04", "xx01", "xx02"},
            self.graph.dependents("aa02"),
        )
        self.assertEqual({"dd04"}, self.graph.dependents("cc03"))
        self.assertEqual(frozenset(), self.graph.dependents("xx02"))

    def test_closure_is_revisions_with_all_they_require(self):
        self.assertEqual(
            {"aa01", "aa02", "bb03", "xx01"},
            self.graph.closure(["bb03", "xx01"]),
        )
        self.assertEqual(frozenset(), self.graph.closure([]))

    def test_maximal_leaves_out_what_another_requires(self):
        self.assertEqual(
            {"bb03", "xx01"},
            set(self.graph.maximal(["aa01", "bb03", "aa02", "xx01"])),
        )
        self.assertEqual((), self.graph.maximal([]))

    def test_last_and_in_order_go_by_upgrade_order(self):
        shuffled = ["dd04", "aa01", "xx02", "bb03"]
        ordered = self.graph.in_order(shuffled)
        self.assertEqual(
            [r for r in self.graph.revisions if r in shuffled], list(ordered)
        )
        self.assertEqual(ordered[-1], self.graph.last(shuffled))
        self.assertEqual("base", self.graph.last([]))

    def test_every_question_takes_a_partial_id(self):
        self.assertEqual(("aa02",), self.graph.parents("xx01"))
        self.assertEqual(
            self.graph.parents("xx01"), self.graph.parents("billing@xx01")
        )
        self.assertEqual(
            self.graph.requirements("dd04"), self.graph.requirements("dd")
        )
        self.assertEqual(("dd04",), self.graph.children("bb"))
        self.assertEqual(
            self.graph.dependents("cc03"), self.graph.dependents("cc")
        )
        self.assertEqual(self.graph.path("dd04"), self.graph.path("dd"))
        self.assertEqual("Merge", self.graph.message("dd"))
        self.assertTrue(self.graph.is_merge("dd"))

    def test_path_is_the_file_of_a_revision(self):
        self.assertTrue(
            os.path.samefile(
                self.folder / "migrations/versions/dd04.py",
                self.graph.path("dd04"),
            )
        )

    def test_message_is_the_first_line_of_the_docstring(self):
        self.assertEqual("Create it all", self.graph.message("aa01"))

    def test_describe_adds_the_message(self):
        self.assertEqual("dd04 (Merge)", self.graph.describe("dd04"))

    def test_describe_without_a_message_is_the_id(self):
        path = self.folder / "migrations/versions/dd04.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"""Merge"""', ""), encoding="utf-8")
        config = Config(str(self.folder / "alembic.ini"))
        history = RevisionHistory(load_scripts(config))
        self.assertEqual("dd04", history.describe("dd04"))

    def test_a_message_of_several_lines_is_shown_by_its_first(self):
        path = self.folder / "migrations/versions/dd04.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace('"""Merge"""', '"""Merge\nof two branches.\n"""'),
            encoding="utf-8",
        )
        config = Config(str(self.folder / "alembic.ini"))
        history = RevisionHistory(load_scripts(config))
        self.assertEqual("dd04 (Merge)", history.describe("dd04"))

    def test_is_merge_holds_for_merges_alone(self):
        self.assertTrue(self.graph.is_merge("dd04"))
        self.assertFalse(self.graph.is_merge("xx01"))
        self.assertFalse(self.graph.is_merge("aa02"))

    def test_has_downgrade_tells_a_script_without_one(self):
        self.assertTrue(self.graph.has_downgrade("xx01"))
        self.assertFalse(self.graph.has_downgrade("xx02"))

    def test_label_gives_the_branch_labels_of_a_revision(self):
        self.assertEqual(("core",), self.graph.label("dd04"))
        self.assertEqual(("billing",), self.graph.label("xx02"))

    def test_labels_are_all_of_the_history(self):
        self.assertEqual(("billing", "core"), self.graph.labels)

    def test_contains_full_ids(self):
        self.assertIn("aa01", self.graph)
        self.assertNotIn("aa", self.graph)
        self.assertNotIn("zz99", self.graph)

    def test_repr_shows_size_and_heads(self):
        self.assertIn("7 revisions", repr(self.graph))
        self.assertIn("dd04", repr(self.graph))


class TestLabelledHeads(HistoryTestCase):

    def test_each_head_with_a_label_of_its_own_is_labelled(self):
        history = self.history(
            Rev("r1"), Rev("e1", "r1", labels="expand"),
            Rev("c1", "r1", labels="contract"),
        )
        self.assertTrue(history.heads_are_labelled)

    def test_a_head_without_a_label_is_not(self):
        history = self.history(
            Rev("r1"), Rev("e1", "r1", labels="expand"), Rev("c1", "r1")
        )
        self.assertFalse(history.heads_are_labelled)

    def test_two_heads_under_one_label_are_not(self):
        history = self.history(
            Rev("r1", labels="core"), Rev("e1", "r1"), Rev("c1", "r1")
        )
        self.assertFalse(history.heads_are_labelled)

    def test_a_label_in_common_does_not_hinder_one_of_its_own(self):
        history = self.history(
            Rev("r1", labels="core"),
            Rev("e1", "r1", labels="expand"),
            Rev("c1", "r1", labels="contract"),
        )
        self.assertTrue(history.heads_are_labelled)


class TestResolve(HistoryTestCase):

    def setUp(self):
        super().setUp()
        self.graph = self.history(*GRAPH)

    def test_ids_labels_and_names(self):
        for target, meaning in {
            "aa02": "aa02",
            "dd": "dd04",
            "base": "base",
            "core@head": "dd04",
            "billing@head": "xx02",
            "billing@base": "base",
            "core@aa02": "aa02",
            "dd04@head": "dd04",
            "aa01+1": "aa02",
            "xx02-1": "xx01",
            "aa01-1": "base",
            "billing": "xx01",
        }.items():
            with self.subTest(target):
                self.assertEqual(meaning, self.graph.resolve(target))

    def test_heads_is_a_tuple_where_it_is_several(self):
        found = self.graph.resolve("heads")
        self.assertIsInstance(found, tuple)
        self.assertEqual({"dd04", "xx02"}, set(found))

    def test_heads_of_a_single_head_is_an_id(self):
        history = self.history(*GRAPH[:2])
        self.assertEqual("aa02", history.resolve("heads"))
        self.assertEqual("aa02", history.resolve("head"))

    def test_heads_of_an_empty_history_is_base(self):
        history = self.history()
        self.assertEqual("base", history.resolve("heads"))
        self.assertEqual("base", history.resolve("head"))

    def test_relative_targets_count_from_where_the_database_stands(self):
        for target, current, meaning in (
            ("+1", ("aa01",), "aa02"),
            ("-1", ("aa02",), "aa01"),
            ("-1", ("aa01",), "base"),
            ("-2", ("aa02",), "base"),
            ("billing@+1", ("aa02",), "xx01"),
            ("billing@-1", ("aa02", "xx02"), "xx01"),
        ):
            with self.subTest(f"{target} from {current}"):
                self.assertEqual(
                    meaning, self.graph.resolve(target, current)
                )

    def test_resolve_one_refuses_several(self):
        with self.assertRaisesRegex(
            RevisionError, "start_revision 'heads' means 2 revisions: .*xx02"
        ):
            self.graph.resolve_one("heads", "start_revision")

    def test_resolve_revision_refuses_base(self):
        with self.assertRaisesRegex(
            RevisionError, "'base' is no revision: it stands for the empty"
        ):
            self.graph.resolve_revision("base")


class TestTargetsThatMeanNothing(HistoryTestCase):

    def setUp(self):
        super().setUp()
        self.graph = self.history(*GRAPH)

    def refused(
        self, target: Any, *words: str, current: tuple[str, ...] = ()
    ) -> None:
        with self.assertRaises(RevisionError) as caught:
            self.graph.resolve(target, current)
        for one in words:
            self.assertIn(one, str(caught.exception))

    def test_an_unknown_id_names_the_nearest(self):
        self.refused(
            "aa03",
            "revision 'aa03'", "Can't locate revision",
            "did you mean ", "'aa01'", "'aa02'",
        )

    def test_an_id_like_no_other_lists_those_there_are(self):
        self.refused(
            "zzzzz",
            "Can't locate revision identified by 'zzzzz'",
            "the history has ", "aa01", "xx02",
            "and the labels billing, core",
        )

    def test_an_ambiguous_id_names_what_it_may_mean(self):
        self.refused(
            "aa0",
            "revision 'aa0': Multiple revisions start with",
            "'aa01'", "'aa02'", "; write more of it",
        )

    def test_a_misspelt_label_names_the_nearest(self):
        self.refused(
            "biling@head",
            "revision 'biling@head'",
            "did you mean 'billing'",
        )

    def test_a_misspelt_id_in_a_relative_target_names_the_nearest(self):
        self.refused(
            "xx03+1",
            "did you mean ", "'xx01'", "'xx02'",
        )

    def test_head_of_several_says_how_to_tell_them_apart(self):
        self.refused(
            "head",
            "revision 'head': Multiple head revisions",
            "'heads' for all heads",
        )

    def test_beyond_the_head(self):
        self.refused(
            "xx02+1",
            "revision 'xx02+1': xx02+1 leads beyond the head",
        )
        self.refused(
            "+9",
            "Relative revision +9 didn't produce 9",
            current=("xx02",),
        )

    def test_below_base(self):
        self.refused(
            "-3",
            "Relative revision -3 didn't produce 3 migrations",
            current=("aa02",),
        )
        self.refused(
            "aa02-3",
            "revision 'aa02-3'",
        )

    def test_a_relative_target_with_no_one_start(self):
        self.refused(
            "core@-1",
            "revision 'core@-1': from where the database stands it leads to "
            "no one revision",
            current=("bb03", "cc03"),
        )

    def test_what_is_no_text(self):
        for target in (None, 3, "", ("aa01",), b"aa01"):
            with self.subTest(repr(target)):
                self.refused(
                    target,
                    "revision must be a non-empty str such as 'head'",
                    repr(target),
                )

    def test_a_question_about_an_unknown_revision(self):
        for question in (
            "parents", "children", "requirements", "dependents", "path",
            "label", "message", "is_merge", "has_downgrade", "describe",
        ):
            with self.subTest(question):
                with self.assertRaisesRegex(
                    RevisionError, "'xx03'.*did you mean 'xx0.' or 'xx0.'"
                ):
                    getattr(self.graph, question)("xx03")

    def test_the_error_survives_pickling(self):
        with self.assertRaises(RevisionError) as caught:
            self.graph.resolve("heads@aa")
        error = caught.exception
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual(str(error), str(again))


class TestScriptsThatDoNotFitTogether(HistoryTestCase):

    def unreadable(
        self, kind: type[MigtestkitError], *revisions: Rev, **files: str
    ) -> str:
        """Return the error of a history; `files` are more scripts."""
        self.project = self.new_folder()
        ini = make_history(self.project, revisions)
        for name, text in files.items():
            Path(self.script(name)).write_text(text, encoding="utf-8")
        with self.assertRaises(kind) as caught:
            RevisionHistory(load_scripts(Config(str(ini))))
        return str(caught.exception)

    def script(self, name: str) -> str:
        return str(self.project / "migrations" / "versions" / f"{name}.py")

    def test_a_dangling_down_revision_names_the_script_that_has_it(self):
        text = self.unreadable(
            RevisionError, Rev("aa01"), Rev("aa02", "aa0x")
        )
        self.assertIn(
            f"{self.script('aa02')}: down_revision of revision aa02 is "
            "'aa0x', which no script defines; did you mean 'aa0",
            text,
        )
        self.assertIn("correct it, or add the missing script", text)

    def test_a_dangling_parent_of_a_merge(self):
        text = self.unreadable(
            RevisionError, Rev("aa01"), Rev("aa02", ("aa01", "zz"))
        )
        self.assertIn("down_revision of revision aa02 is 'zz'", text)
        self.assertNotIn("is 'aa01'", text)

    def test_a_missing_depends_on_names_the_script_that_has_it(self):
        text = self.unreadable(
            RevisionError, Rev("aa01", labels="core"),
            Rev("aa02", "aa01", "nowhere"), Rev("aa03", "aa02", "core"),
        )
        self.assertIn(
            f"{self.script('aa02')}: depends_on of revision aa02 is "
            "'nowhere', which no script defines",
            text,
        )
        self.assertNotIn("'core'", text)

    def test_every_dangling_name_is_reported_at_once(self):
        text = self.unreadable(
            RevisionError, Rev("aa01", "one"), Rev("aa02", "two"),
            Rev("aa03", None, "three"),
        )
        for name in ("'one'", "'two'", "'three'"):
            self.assertIn(name, text)

    def test_a_cycle_names_its_revisions(self):
        for kind, revisions in {
            "Cycle": (Rev("r0"), Rev("r1", "r2"), Rev("r2", "r1")),
            "Self-loop": (Rev("r1", "r1"), Rev("r2", "r1")),
            "Dependency cycle": (
                Rev("r0"), Rev("r1", "r0", "r2"), Rev("r2", "r0", "r1"),
            ),
        }.items():
            with self.subTest(kind):
                text = self.unreadable(RevisionError, *revisions)
                self.assertIn(f"{kind} is detected in revisions", text)
                self.assertIn("r1", text)
                self.assertIn(
                    "correct the down_revision or depends_on of one", text
                )

    def test_an_id_used_twice_names_both_files(self):
        text = self.unreadable(
            RevisionError, Rev("r1"), Rev("r2", "r1"),
            other="revision = 'r2'\ndown_revision = 'r1'\n",
        )
        self.assertIn("every script needs an id of its own", text)
        self.assertIn(
            "revision r2 is present more than once: "
            f"{self.script('other')}, {self.script('r2')}",
            text,
        )
        self.assertNotIn("revision r1 is present", text)

    def test_a_label_used_twice_names_both_revisions(self):
        text = self.unreadable(
            RevisionError, Rev("r1", labels="core"), Rev("r2", labels="core")
        )
        self.assertIn("'core'", text)
        self.assertIn("r1", text)
        self.assertIn("r2", text)
        self.assertNotIn("depends_on", text)

    def test_a_script_without_upgrade_is_named(self):
        text = self.unreadable(
            ConfigError, Rev("r1"), Rev("r2", "r1", upgrade=None)
        )
        self.assertEqual(
            f"{self.script('r2')}: revision r2 has no upgrade() function",
            text,
        )

    def test_a_script_without_down_revision_is_named(self):
        text = self.unreadable(
            ConfigError, Rev("r1"),
            bad="revision = 'r2'\n\ndef upgrade():\n    pass\n",
        )
        self.assertIn(f"{self.script('bad')}: ", text)
        self.assertIn("needs 'revision' and 'down_revision'", text)

    def test_a_syntax_error_names_file_and_line(self):
        text = self.unreadable(
            ConfigError, Rev("r1"), bad="revision = 'r2'\ndown_revision = (\n"
        )
        self.assertIn("the revision scripts cannot be read", text)
        self.assertIn(f"{self.script('bad')}, line 2: SyntaxError", text)

    def test_what_a_script_raises_names_file_and_line(self):
        for name, line in {
            "RuntimeError: boo": "raise RuntimeError('boo')",
            "No module named 'nowhere_to_be'": "import nowhere_to_be",
            "it called sys.exit(3)": "raise SystemExit(3)",
            "Could not parse": "import sqlalchemy;"
            " sqlalchemy.create_engine('nonsense')",
        }.items():
            with self.subTest(name):
                text = self.unreadable(
                    ConfigError, Rev("r1"),
                    bad=f"revision = 'r2'\ndown_revision = 'r1'\n{line}\n",
                )
                self.assertIn(f"{self.script('bad')}, line 3: ", text)
                self.assertIn(name, text)

    def test_a_key_error_of_a_script_is_no_missing_revision(self):
        text = self.unreadable(
            ConfigError, Rev("r1"),
            bad="import os\nrevision = 'r2'\ndown_revision = 'r1'\n"
            "os.environ['NOWHERE_SET']\n",
        )
        self.assertIn(f"{self.script('bad')}, line 4: KeyError: ", text)
        self.assertIn("NOWHERE_SET", text)

    def test_a_project_in_folders_called_alembic_names_its_file(self):
        folder = self.folder / "sqlalchemy" / "alembic"
        folder.mkdir(parents=True)
        make_history(folder, [Rev("r1")])
        bad = folder / "migrations/versions/bad.py"
        bad.write_text("revision = 'r2'\n1 / 0\n", encoding="utf-8")
        with self.assertRaisesRegex(ConfigError, "ZeroDivision") as caught:
            load_scripts(Config(str(folder / "alembic.ini")))
        self.assertIn(f"{bad}, line 2: ", str(caught.exception))

    def test_a_missing_script_folder_is_named(self):
        ini = self.make_history(
            ini=INI.replace("%(here)s/migrations", "%(here)s/nowhere")
        )
        with self.assertRaises(ConfigError) as caught:
            load_scripts(Config(str(ini)))
        text = str(caught.exception)
        self.assertIn(
            f"the script folder '{self.folder / 'nowhere'}' does not exist",
            text,
        )
        self.assertIn("correct script_location", text)
        self.assertIn(str(ini), text)

    def test_a_configuration_without_script_location(self):
        ini = self.make_history(ini="[alembic]\n[other]\n")
        with self.assertRaises(ConfigError) as caught:
            load_scripts(Config(str(ini)))
        self.assertIn(
            f"{ini} has no script_location in section [alembic]; add a line "
            "such as 'script_location = ",
            str(caught.exception),
        )


class TestLoading(HistoryTestCase):

    def test_warnings_of_scripts_are_given_on(self):
        ini = self.make_history(Rev("r1"))
        path = self.folder / "migrations/versions/r1.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text + "\nimport warnings\nwarnings.warn('out of date')\n",
            encoding="utf-8",
        )
        with self.assertWarnsRegex(UserWarning, "out of date"):
            load_scripts(Config(str(ini)))

    def test_a_sound_history_warns_of_nothing(self):
        ini = self.make_history(*GRAPH)
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            load_scripts(Config(str(ini)))

    def test_unread_scripts_are_not_run(self):
        ini = self.make_history(Rev("r1"))
        path = self.folder / "migrations/versions/r1.py"
        path.write_text("raise RuntimeError\n", encoding="utf-8")
        scripts = load_scripts(Config(str(ini)), read=False)
        self.assertEqual(
            str(self.folder / "migrations"), os.path.realpath(scripts.dir)
        )

    def test_a_file_added_later_is_in_the_next_history(self):
        ini = self.make_history(Rev("r1"))
        config = Config(str(ini))
        before = RevisionHistory(load_scripts(config))
        add_revision(self.folder, Rev("r2", "r1"))
        after = RevisionHistory(load_scripts(config))
        self.assertEqual(("r1",), before.heads)
        self.assertEqual(("r2",), after.heads)


class TestTheZoosHistories(HistoryTestCase):

    def test_the_branch_that_is_implied_is_required(self):
        ini = self.copy_of("depends_on") / "alembic.ini"
        history = RevisionHistory(load_scripts(Config(str(ini))))
        self.assertEqual(
            {"c1_account", "c2_email"}, history.requirements("b1_invoice")
        )
        self.assertEqual(("c2_email",), history.parents("b1_invoice"))
        self.assertEqual({"b1_invoice", "c2_email"}, set(history.heads))
        self.assertTrue(history.heads_are_labelled)

    def test_the_manifest_names_revisions_that_exist(self):
        # A misspelt culprit would be an expectation that nothing meets.
        for name in ("branched", "defect_two_heads", "defect_leftover_view"):
            with self.subTest(name):
                ini = self.copy_of(name) / "alembic.ini"
                history = RevisionHistory(load_scripts(Config(str(ini))))
                for culprits in zoo.PROJECTS[name].culprits.values():
                    for culprit in culprits:
                        self.assertIn(culprit, history)


if __name__ == "__main__":
    unittest.main()
