"""Do the moves go where Alembic's own commands go, on any history?"""
from __future__ import annotations

import contextlib
import random
import sqlite3
import unittest
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import alembic.command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from migtestkit import MigrationContext, MigrationTestCase
from migtestkit.errors import ConfigError, MigrationFailed, RevisionError

from tests import zoo
from tests.support import (
    ProjectTestCase,
    Python,
    Rev,
    add_revision,
    calls_of,
    create,
    make_history,
    random_history,
    run_case,
)

#: A branch and its merge, and a second base that depends on the first
#: revision of a branch.
GRAPH = (
    Rev("aa01", labels="core"),
    Rev("bb02", "aa01"),
    Rev("cc02", "aa01"),
    Rev("dd03", ("bb02", "cc02")),
    Rev("xx01", None, "bb02", "billing"),
    Rev("xx02", "xx01"),
)
LINEAR = (Rev("rr01"), Rev("rr02", "rr01"), Rev("rr03", "rr02"))


class MoveTestCase(ProjectTestCase):

    def graph(self, **options: Any) -> MigrationContext:
        return self.standing(self.open_history(*GRAPH, **options))

    def linear(self, **options: Any) -> MigrationContext:
        return self.standing(self.open_history(*LINEAR, **options))

    def standing(self, context: MigrationContext) -> MigrationContext:
        """Bring a database to its start; forget what ran for that."""
        context.databases
        self.calls(context)
        return context

    def calls(self, context: MigrationContext) -> list[tuple[str, str]]:
        return calls_of(context.environment.config)

    @contextlib.contextmanager
    def refused(
        self, context: MigrationContext, *words: str
    ) -> Iterator[None]:
        """Expect a RevisionError that says these, with nothing run."""
        before = context.current_heads
        self.calls(context)
        with self.assertRaises(RevisionError) as caught:
            yield
        for one in words:
            self.assertIn(one, str(caught.exception))
        self.assertEqual([], self.calls(context))
        self.assertEqual(before, context.current_heads)


class TestMigrateUpTo(MoveTestCase):

    def test_returns_what_the_target_resolves_to(self):
        for start, target, meaning in (
            ("base", "dd03", "dd03"),
            ("base", "dd", "dd03"),
            ("base", "billing@head", "xx02"),
            ("base", "billing@+1", "xx01"),
            ("base", "aa01+0", "aa01"),
            ("aa01", "xx02-1", "xx01"),
            ("dd03", "base", "base"),
        ):
            with self.subTest(f"{start} to {target}"):
                context = self.graph(start_revision=start)
                self.assertEqual(meaning, context.migrate_up_to(target))

    def test_returns_a_tuple_where_it_is_several(self):
        context = self.graph()
        found = context.migrate_up_to("heads")
        self.assertIsInstance(found, tuple)
        self.assertEqual({"dd03", "xx02"}, set(found))
        self.assertEqual(("dd03", "xx02"), context.current_heads)

    def test_applies_what_the_target_requires_and_no_more(self):
        context = self.graph()
        context.migrate_up_to("xx01")
        self.assertEqual({"aa01", "bb02", "xx01"}, context.applied)

    def test_other_branches_stay(self):
        context = self.graph()
        context.migrate_up_to("cc02")
        context.migrate_up_to("xx02")
        self.assertEqual(
            {"aa01", "bb02", "cc02", "xx01", "xx02"}, context.applied
        )

    def test_a_single_run_applies_all_of_it(self):
        context = self.linear()
        runs = context.environment.config.attributes
        context.migrate_up_to("rr01")
        runs.pop("runs", None)
        context.migrate_up_to("rr03")
        self.assertEqual(1, len(runs["runs"]))

    def test_where_all_is_there_already_nothing_runs(self):
        context = self.graph()
        context.migrate_up_to("dd03")
        self.calls(context)
        self.assertEqual("bb02", context.migrate_up_to("bb02"))
        self.assertEqual([], self.calls(context))
        self.assertEqual(("dd03",), context.current_heads)

    def test_an_unknown_target_is_refused_with_near_matches(self):
        context = self.graph()
        with self.refused(
            context, "revision 'bb03'", "Can't locate", "did you mean 'bb02'"
        ):
            context.migrate_up_to("bb03")

    def test_head_of_several_is_refused_in_alembics_words(self):
        context = self.graph()
        with self.refused(
            context, "Multiple head revisions are present", "'heads'"
        ):
            context.migrate_up_to("head")

    def test_targets_on_which_alembic_breaks_down_are_refused(self):
        context = self.graph()
        with self.refused(context, "'xx02+1'", "leads beyond the head"):
            context.migrate_up_to("xx02+1")
        with self.refused(context, "'aa01-1'", "leads to no one revision"):
            context.migrate_up_to("aa01-1")

    def test_a_downward_target_is_refused_in_alembics_words(self):
        context = self.graph(start_revision="bb02")
        with self.refused(
            context, "Relative revision -1 didn't produce 1 migrations"
        ):
            context.migrate_up_to("-1")

    def test_a_target_that_is_no_text_is_refused(self):
        context = self.graph()
        for target in (None, 1, ""):
            with self.subTest(repr(target)):
                with self.refused(context, "non-empty str", repr(target)):
                    context.migrate_up_to(target)

    def test_a_failing_revision_leaves_those_before_the_run(self):
        context = self.open_history(
            LINEAR[0], LINEAR[1]._replace(upgrade="CREATE nonsense")
        )
        context.migrate_up_to("rr01")
        with self.assertRaises(MigrationFailed) as caught:
            context.migrate_up_to("rr02")
        self.assertEqual("rr02", caught.exception.revision)
        self.assertEqual("upgrade", caught.exception.direction)
        self.assertEqual("rr01", context.current)


class TestMigrateUpBefore(MoveTestCase):

    def test_applies_what_is_required_and_missing(self):
        context = self.graph()
        context.migrate_up_before("xx01")
        self.assertEqual({"aa01", "bb02"}, context.applied)

    def test_reverts_nothing(self):
        context = self.graph()
        context.migrate_up_to("dd03")
        self.calls(context)
        self.assertEqual("bb02", context.migrate_up_before("xx01"))
        self.assertEqual([], self.calls(context))
        self.assertEqual("dd03", context.current)

    def test_returns_what_the_revision_stands_on(self):
        for target, position in (
            ("bb02", "aa01"), ("aa01", "base"), ("xx02", "xx01"),
            ("xx01", "bb02"), ("xx", None),
        ):
            with self.subTest(target):
                context = self.graph()
                if position is None:
                    with self.refused(context, "'xx01'", "'xx02'"):
                        context.migrate_up_before(target)
                else:
                    self.assertEqual(
                        position, context.migrate_up_before(target)
                    )

    def test_returns_a_tuple_before_a_merge(self):
        context = self.graph()
        found = context.migrate_up_before("dd03")
        self.assertIsInstance(found, tuple)
        self.assertEqual({"bb02", "cc02"}, set(found))

    def test_the_next_step_up_applies_the_revision(self):
        context = self.graph()
        for revision in ("xx01", "dd03"):
            with self.subTest(revision):
                context.migrate_up_before(revision)
                self.assertEqual(revision, context.migrate_up_one())
        # Which is not what a step up does by itself.
        context.migrate_down_to("base")
        context.migrate_up_to("bb02")
        first = context.history.revisions
        missing = [one for one in first if one not in context.applied]
        self.assertEqual(missing[0], context.migrate_up_one())

    def test_the_next_round_trip_is_about_the_revision(self):
        context = self.graph()
        first = context.history.revisions[0]
        other = "xx01" if first != "xx01" else "cc02"
        context.migrate_up_before(other)
        self.assertEqual(other, context.roundtrip_next_revision())

    def test_is_remembered_once(self):
        context = self.linear()
        context.migrate_up_before("rr02")
        self.assertEqual("rr02", context.migrate_up_one())
        self.assertEqual("rr03", context.migrate_up_one())
        self.assertIsNone(context.migrate_up_one())

    def test_every_other_move_forgets_the_revision(self):
        context = self.graph()
        # With all but xx02 and dd03 applied, the two branches' heads are
        # left, and the first in upgrade order comes by itself.
        ready = self.graph(start_revision="base")
        self.assertEqual(ready.history.revisions, context.history.revisions)
        left = [
            one for one in context.history.revisions
            if one in ("dd03", "xx02")
        ]
        by_itself, wanted = left
        moves = {
            "migrate_up_to": lambda: context.migrate_up_to("aa01"),
            "managed_upgrade": lambda: context.managed_upgrade("aa01"),
            "migrate_down_to": lambda: context.migrate_down_to("xx01"),
            "managed_downgrade": lambda: context.managed_downgrade("xx01"),
            "migrate_down_before": lambda: context.migrate_down_before("xx01"),
            "set_revision": lambda: context.set_revision("aa01"),
            "raw_command": lambda: context.raw_command("upgrade", "aa01"),
            "apply_revisions": lambda: context.apply_revisions(["aa01"]),
            "revert_revisions": lambda: context.revert_revisions(["dd03"]),
        }
        for name, move in moves.items():
            with self.subTest(name):
                context.migrate_down_to("base")
                context.migrate_up_before(by_itself)
                context.migrate_up_before(wanted)
                move()
                missing = [
                    one for one in context.history.revisions
                    if one not in context.applied
                ]
                self.assertNotEqual(wanted, missing[0])
                self.assertEqual(missing[0], context.migrate_up_one())

    def test_looking_forgets_nothing(self):
        context = self.graph()
        context.migrate_up_before("xx01")
        context.applied, context.current_heads, context.heads
        context.execute("SELECT 1")
        context.table_at_revision("alembic_version")
        self.assertEqual("xx01", context.migrate_up_one())

    def test_a_revision_that_is_applied_is_refused(self):
        context = self.graph(start_revision="dd03")
        with self.refused(
            context,
            "revision bb02 (revision bb02) is applied already",
            "no moving up to just before it",
            "the database stands at dd03",
        ):
            context.migrate_up_before("bb02")

    def test_what_is_no_single_revision_is_refused(self):
        context = self.graph()
        with self.refused(context, "'base' is no revision"):
            context.migrate_up_before("base")
        with self.refused(context, "'heads' means 2 revisions"):
            context.migrate_up_before("heads")

    def test_takes_relative_targets(self):
        context = self.linear(start_revision="rr01")
        self.assertEqual("rr02", context.migrate_up_before("+2"))
        self.assertEqual("rr03", context.migrate_up_one())

    def test_a_context_that_was_closed_remembers_nothing(self):
        context = self.linear()
        context.migrate_up_before("rr03")
        context.close()
        self.assertEqual("rr01", context.migrate_up_one())

    def test_a_revision_whose_script_is_gone_is_forgotten(self):
        context = self.linear()
        context.migrate_up_before("rr03")
        (self.folder / "migrations/versions/rr03.py").unlink()
        context.refresh_history()
        self.assertIsNone(context.migrate_up_one())


class TestMigrateUpOne(MoveTestCase):

    def test_goes_by_upgrade_order_and_ends_with_none(self):
        context = self.graph()
        seen = [context.migrate_up_one() for _ in GRAPH]
        self.assertEqual(list(context.history.revisions), seen)
        self.assertIsNone(context.migrate_up_one())
        self.assertTrue(context.is_at_heads)

    def test_goes_on_from_any_state(self):
        context = self.graph()
        context.migrate_up_to("xx02")
        self.assertIn(context.migrate_up_one(), ("cc02",))
        self.assertEqual("dd03", context.migrate_up_one())
        self.assertIsNone(context.migrate_up_one())

    def test_an_empty_history_has_nothing_to_apply(self):
        self.assertIsNone(self.open_history().migrate_up_one())

    def test_what_failed_can_be_tried_again(self):
        context = self.open_history(
            LINEAR[0]._replace(upgrade="INSERT INTO a VALUES (1)")
        )
        with self.assertRaises(MigrationFailed):
            context.migrate_up_one()
        self.assertEqual("base", context.current)
        context.execute(create("a"))
        self.assertEqual("rr01", context.migrate_up_one())


class TestMigrateDownTo(MoveTestCase):

    def test_the_target_stays_and_what_depends_on_it_is_reverted(self):
        context = self.graph(start_revision="heads")
        self.assertEqual("xx01", context.migrate_down_to("xx01"))
        self.assertEqual([("downgrade", "xx02")], self.calls(context)[-1:])
        self.assertEqual({"dd03", "xx01"}, set(context.current_heads))

    def test_other_branches_stay(self):
        context = self.graph(start_revision="heads")
        context.migrate_down_to("billing@base")
        self.assertEqual(
            {"aa01", "bb02", "cc02", "dd03"}, context.applied
        )

    def test_a_dependent_by_depends_on_is_reverted_too(self):
        context = self.graph(start_revision="heads")
        context.migrate_down_to("aa01")
        self.assertEqual({"aa01"}, context.applied)

    def test_returns_what_the_target_resolves_to(self):
        for target, meaning in (
            ("base", "base"), ("aa", "aa01"), ("billing@-1", "xx01"),
            ("billing@base", "base"), ("xx02-1", "xx01"),
        ):
            with self.subTest(target):
                context = self.graph(start_revision="heads")
                self.assertEqual(meaning, context.migrate_down_to(target))

    def test_to_where_the_database_stands_nothing_runs(self):
        context = self.linear(start_revision="rr02")
        self.assertEqual("rr02", context.migrate_down_to("rr02"))
        self.assertEqual([], self.calls(context))

    def test_base_from_base_is_nothing_to_do(self):
        context = self.linear()
        self.assertEqual("base", context.migrate_down_to("base"))

    def test_a_revision_that_is_not_applied_is_refused(self):
        context = self.graph(start_revision="cc02")
        with self.refused(
            context,
            "revision xx01 (revision xx01) is not applied",
            "the database stands at cc02",
        ):
            context.migrate_down_to("xx01")

    def test_alembics_own_words_when_it_refuses(self):
        context = self.linear(start_revision="rr02")
        with self.refused(
            context, "Relative revision -5 didn't produce 5 migrations"
        ):
            context.migrate_down_to("-5")
        with self.refused(
            context, "Relative revision +1 didn't produce 1 migrations"
        ):
            context.migrate_down_to("+1")

    def test_an_unknown_target_is_refused_with_near_matches(self):
        context = self.linear(start_revision="rr02")
        with self.refused(context, "Can't locate", "did you mean 'rr0"):
            context.migrate_down_to("rr09")

    def test_a_branch_that_the_target_is_not_on_is_refused(self):
        context = self.graph(start_revision="heads")
        with self.refused(context, "revision 'billing@aa01'"):
            context.migrate_down_to("billing@aa01")

    def test_a_revision_that_a_depends_on_implies_works_too(self):
        # bb02 has no row of its own once xx01 is applied; Alembic says
        # "not a valid downgrade target".
        context = self.open_history(
            Rev("aa01"), Rev("xx01", None, "aa01"), Rev("xx02", "xx01")
        )
        context.migrate_up_to("heads")
        self.assertEqual(("xx02",), context.current_heads)
        with self.assertRaisesRegex(RevisionError, "not a valid downgrade"):
            context.raw_command("downgrade", "aa01")
        self.assertEqual("aa01", context.migrate_down_to("aa01"))
        self.assertEqual({"aa01"}, context.applied)
        self.assertEqual(("aa01",), context.current_heads)

    def test_a_missing_downgrade_fails_by_its_revisions_name(self):
        context = self.open_history(
            LINEAR[0], LINEAR[1]._replace(downgrade=None)
        )
        context.migrate_up_to("head")
        with self.assertRaises((MigrationFailed, ConfigError)) as caught:
            context.migrate_down_to("base")
        self.assertIn("rr02", str(caught.exception))
        self.assertIn("no downgrade() function", str(caught.exception))
        self.assertEqual("rr02", context.current)


class TestMigrateDownBefore(MoveTestCase):

    def test_the_children_stay_and_all_above_them_is_reverted(self):
        context = self.graph(start_revision="heads")
        found = context.migrate_down_before("aa01")
        self.assertEqual({"bb02", "cc02"}, set(found))
        self.assertEqual({"aa01", "bb02", "cc02"}, context.applied)

    def test_a_child_by_depends_on_counts(self):
        context = self.graph(start_revision="heads")
        found = context.migrate_down_before("bb02")
        self.assertEqual({"dd03", "xx01"}, set(found))
        self.assertEqual(
            {"aa01", "bb02", "cc02", "dd03", "xx01"}, context.applied
        )

    def test_a_child_that_stands_on_another_child_stays_too(self):
        context = self.open_history(
            Rev("aa01"), Rev("bb02", "aa01"), Rev("cc02", "aa01", "bb02"),
            Rev("dd03", "cc02"),
        )
        context.migrate_up_to("heads")
        found = context.migrate_down_before("aa01")
        self.assertEqual({"bb02", "cc02"}, set(found))
        self.assertEqual({"aa01", "bb02", "cc02"}, context.applied)

    def test_returns_the_single_child(self):
        context = self.linear(start_revision="rr03")
        self.assertEqual("rr02", context.migrate_down_before("rr01"))
        self.assertEqual("rr02", context.current)

    def test_with_no_child_applied_there_is_nothing_to_do(self):
        context = self.linear(start_revision="rr01")
        self.assertEqual("rr01", context.migrate_down_before("rr01"))
        self.assertEqual([], self.calls(context))

    def test_a_revision_that_is_not_applied_is_refused(self):
        context = self.linear(start_revision="rr01")
        with self.refused(
            context, "revision rr03 (revision rr03) is not applied",
            "stands at rr01",
        ):
            context.migrate_down_before("rr03")

    def test_base_is_refused(self):
        context = self.linear(start_revision="rr01")
        with self.refused(context, "'base' is no revision"):
            context.migrate_down_before("base")


class TestMigrateDownOne(MoveTestCase):

    def test_reverts_what_comes_last_in_upgrade_order(self):
        context = self.graph(start_revision="heads")
        order = list(context.history.revisions)
        while order:
            last = order.pop()
            expected = order[-1] if order else "base"
            self.assertEqual(expected, context.migrate_down_one())
            self.assertEqual([("downgrade", last)], self.calls(context))
            self.assertEqual(frozenset(order), context.applied)

    def test_reverting_a_merge_leaves_both_parents(self):
        context = self.graph(start_revision="dd03")
        self.assertIn(context.migrate_down_one(), ("bb02", "cc02"))
        self.assertEqual(("bb02", "cc02"), context.current_heads)

    def test_base_is_refused(self):
        context = self.linear()
        with self.refused(
            context, "the database is at base", "nothing to revert"
        ):
            context.migrate_down_one()


class TestRoundtripNextRevision(MoveTestCase):

    def test_goes_up_and_down_and_up(self):
        context = self.linear(start_revision="rr01")
        self.assertEqual("rr02", context.roundtrip_next_revision())
        self.assertEqual(
            [("upgrade", "rr02"), ("downgrade", "rr02"), ("upgrade", "rr02")],
            self.calls(context),
        )
        self.assertEqual("rr02", context.current)

    def test_a_merge_alone_goes_down(self):
        context = self.graph()
        context.migrate_up_before("dd03")
        self.calls(context)
        self.assertEqual("dd03", context.roundtrip_next_revision())
        self.assertEqual({"dd03"}, {one for _, one in self.calls(context)})

    def test_at_heads_there_is_none(self):
        context = self.linear(start_revision="head")
        self.assertIsNone(context.roundtrip_next_revision())
        self.assertEqual([], self.calls(context))


class TestManagedWalks(MoveTestCase):

    def test_go_where_the_moves_go(self):
        context = self.graph()
        self.assertEqual("xx01", context.managed_upgrade("billing@+1"))
        self.assertEqual({"aa01", "bb02", "xx01"}, context.applied)
        self.assertEqual("base", context.managed_downgrade("base"))
        self.assertEqual(frozenset(), context.applied)

    def test_insert_revision_data(self):
        context = self.open_history(
            LINEAR[0]._replace(upgrade=create("a")), LINEAR[1],
            at_revision_data={"rr01": {"__tablename__": "a", "id": 7}},
        )
        context.managed_upgrade("rr02")
        self.assertEqual([{"id": 7}], context.rows("a"))


class TestSetRevision(MoveTestCase):

    def test_sets_the_version_table_and_runs_no_script(self):
        context = self.graph()
        self.assertEqual("dd03", context.set_revision("dd03"))
        self.assertEqual(("dd03",), context.current_heads)
        self.assertEqual([], self.calls(context))
        self.assertEqual("aa01", context.set_revision("aa"))
        self.assertEqual({"aa01"}, context.applied)
        self.assertEqual("base", context.set_revision("base"))
        self.assertEqual((), context.current_heads)
        self.assertEqual([], self.calls(context))

    def test_heads_are_several(self):
        context = self.graph()
        self.assertEqual(
            {"dd03", "xx02"}, set(context.set_revision("heads"))
        )
        self.assertEqual({"dd03", "xx02"}, set(context.current_heads))

    def test_the_moves_go_on_from_there(self):
        context = self.linear()
        context.set_revision("rr02")
        self.assertEqual("rr03", context.migrate_up_one())
        self.assertEqual([("upgrade", "rr03")], self.calls(context))

    def test_an_unknown_revision_is_refused(self):
        context = self.linear()
        with self.refused(context, "Can't locate", "did you mean 'rr0"):
            context.set_revision("rr09")

    def test_what_alembic_cannot_stamp_is_refused_in_its_words(self):
        context = self.linear(start_revision="rr01")
        with self.refused(context, "revision '+1'", "Can't locate revision"):
            context.set_revision("+1")

    def test_an_env_that_does_not_commit_is_found_out(self):
        ini = self.copy_of("defect_env_commits_nothing") / "alembic.ini"
        context = self.open(str(ini))
        with self.assertRaisesRegex(
            (MigrationFailed, ConfigError), "did not commit"
        ):
            context.set_revision("head")


class TestWhereAmI(MoveTestCase):

    def test_at_base(self):
        context = self.graph()
        self.assertEqual("base", context.current)
        self.assertEqual(frozenset(), context.applied)
        self.assertEqual((), context.current_heads)
        self.assertFalse(context.is_at_heads)

    def test_heads_and_bases_are_of_the_scripts(self):
        context = self.graph()
        self.assertEqual({"dd03", "xx02"}, set(context.heads))
        self.assertEqual({"aa01", "xx01"}, set(context.bases))

    def test_a_head_that_a_depends_on_implies_counts_as_applied(self):
        root = self.copy_of("depends_on")
        context = self.open(str(root / "alembic.ini"))
        context.migrate_up_to("heads")
        self.assertEqual(("b1_invoice",), context.current_heads)
        self.assertIn("c2_email", context.applied)
        self.assertTrue(context.is_at_heads)

    def test_current_is_the_last_of_the_maximal_ones_in_upgrade_order(self):
        context = self.graph()
        context.migrate_up_to("cc02")
        context.migrate_up_to("bb02")
        order = context.history.revisions
        self.assertEqual(
            max(("bb02", "cc02"), key=order.index), context.current
        )

    def test_an_empty_history_is_at_its_heads(self):
        context = self.open_history()
        self.assertEqual((), context.heads)
        self.assertTrue(context.is_at_heads)
        self.assertEqual("base", context.current)

    def test_the_version_table_is_read_from_the_database(self):
        context = self.linear(start_revision="rr02")
        context.execute("UPDATE alembic_version SET version_num = 'rr01'")
        self.assertEqual(("rr01",), context.current_heads)
        self.assertEqual("rr01", context.current)

    def test_a_version_table_of_another_name_is_found(self):
        root = self.copy_of("custom_version_table")
        context = self.open(str(root / "alembic.ini"))
        context.migrate_up_one()
        self.assertNotEqual("alembic_version", context.version_table)
        self.assertEqual(
            context.current,
            context.scalar(f"SELECT version_num FROM {context.version_table}"),
        )


class TestUnknownIdInTheVersionTable(MoveTestCase):

    def setUp(self):
        super().setUp()
        self.context = self.linear(start_revision="rr02")
        self.context.execute("UPDATE alembic_version SET version_num = 'rr9'")

    def test_every_member_that_needs_it_says_so(self):
        context = self.context
        for name, call in {
            "applied": lambda: context.applied,
            "current": lambda: context.current,
            "is_at_heads": lambda: context.is_at_heads,
            "migrate_up_one": context.migrate_up_one,
            "migrate_up_to": lambda: context.migrate_up_to("rr03"),
            "migrate_up_before": lambda: context.migrate_up_before("rr03"),
            "migrate_down_one": context.migrate_down_one,
            "migrate_down_to": lambda: context.migrate_down_to("rr01"),
            "migrate_down_before": lambda: context.migrate_down_before("rr01"),
            "roundtrip_next_revision": context.roundtrip_next_revision,
            "set_revision": lambda: context.set_revision("rr01"),
        }.items():
            with self.subTest(name):
                with self.refused(
                    context,
                    "the version table holds 'rr9', which no script defines",
                    "the heads are rr03",
                    "raw_command('stamp', 'base', purge=True)",
                ):
                    call()

    def test_current_heads_shows_it(self):
        self.assertEqual(("rr9",), self.context.current_heads)

    def test_the_remedy_helps(self):
        self.context.raw_command("stamp", "base", purge=True)
        self.assertEqual("base", self.context.current)
        self.assertEqual("rr01", self.context.migrate_up_one())


class TestSkipRevisions(MoveTestCase):
    """Stamped in passing, in both directions; never run, never returned."""

    def skipping(self, *skipped: str) -> MigrationContext:
        never = Python("raise AssertionError('it ran')")
        revisions = [
            one._replace(upgrade=never, downgrade=never)
            if one.id in skipped
            else one
            for one in GRAPH
        ]
        return self.open_history(*revisions, skip_revisions=skipped)

    def test_a_walk_up_and_down_one_by_one_passes_them(self):
        for skipped in (
            ("aa01",), ("bb02",), ("dd03",), ("xx02", "cc02"),
            ("aa01", "bb02", "cc02"),
        ):
            with self.subTest(", ".join(skipped)):
                context = self.skipping(*skipped)
                real = [
                    one for one in context.history.revisions
                    if one not in skipped
                ]
                up = list(iter(context.migrate_up_one, None))
                self.assertEqual(real, up)
                self.assertTrue(context.is_at_heads)
                down = list(iter(context.migrate_down_one, "base"))
                self.assertEqual(real[-2::-1], down)
                self.assertEqual((), context.current_heads)

    def test_moves_to_a_target_stamp_them(self):
        context = self.skipping("bb02", "dd03")
        self.assertNotIn("dd03", context.migrate_up_to("heads"))
        self.assertTrue(context.is_at_heads)
        self.assertEqual("base", context.migrate_down_to("base"))
        self.assertEqual((), context.current_heads)

    def test_what_stands_below_is_returned_in_their_place(self):
        for skipped, move, target, position in (
            (("dd03",), "migrate_up_to", "dd03", {"bb02", "cc02"}),
            (("xx02",), "migrate_up_to", "xx02", {"xx01"}),
            (("aa01",), "migrate_up_to", "aa01", {"base"}),
            (("xx02",), "migrate_up_to", "heads", {"xx01", "dd03"}),
            (("bb02",), "migrate_up_before", "dd03", {"cc02"}),
            (("aa01",), "migrate_up_before", "cc02", {"base"}),
        ):
            with self.subTest(f"{move} {target} skipping {skipped}"):
                found = getattr(self.skipping(*skipped), move)(target)
                several = (found,) if isinstance(found, str) else found
                self.assertEqual(position, set(several))

    def test_moves_down_return_what_stands_below_too(self):
        context = self.skipping("bb02")
        context.migrate_up_to("heads")
        self.assertEqual("aa01", context.migrate_down_to("bb02"))
        context.migrate_up_to("heads")
        self.assertEqual("cc02", context.migrate_down_before("aa01"))

    def test_there_is_no_moving_to_just_before_one(self):
        context = self.skipping("bb02")
        with self.refused(
            context, "bb02", "is one of skip_revisions", "never run"
        ):
            context.migrate_up_before("bb02")

    def test_a_round_trip_passes_over_them(self):
        context = self.skipping("aa01")
        first = context.roundtrip_next_revision()
        self.assertNotEqual("aa01", first)
        self.assertIn("aa01", context.applied)

    def test_an_unknown_one_is_refused_before_anything_runs(self):
        context = self.open_history(*GRAPH, skip_revisions=("bb0x",))
        with self.assertRaisesRegex(
            RevisionError, "skip_revisions: .*'bb0x'.*did you mean 'bb02'"
        ):
            context.migrate_up_one()


class TestStartRevision(MoveTestCase):

    def test_each_context_starts_there(self):
        for start, heads in (
            ("base", ()),
            ("heads", ("dd03", "xx02")),
            ("dd03", ("dd03",)),
            ("billing@head", ("xx02",)),
            ("cc", ("cc02",)),
            ("core@+1", ("aa01",)),
        ):
            with self.subTest(start):
                context = self.graph(start_revision=start)
                self.assertEqual(heads, context.current_heads)

    def test_of_a_test_case_is_where_each_test_starts(self):
        ini = self.make_history(*GRAPH)

        class Tests(MigrationTestCase):
            alembic_config = str(ini)
            start_revision = "bb02"
            seen: list[str] = []

            def test_one(self) -> None:
                self.seen.append(self.current)
                self.migrate_down_to("base")

            def test_two(self) -> None:
                self.seen.append(self.current)
                self.migrate_up_to("heads")

        result = run_case(Tests)
        self.assertEqual([], result.failures + result.errors)
        self.assertEqual(["bb02", "bb02"], Tests.seen)

    def test_an_unknown_one_is_refused_by_the_options_name(self):
        for start, words in (
            ("bb03", "start_revision: .*'bb03'.*did you mean 'bb02'"),
            ("head", "start_revision: .*Multiple head revisions"),
            ("-1", "start_revision: .*Relative revision -1"),
        ):
            with self.subTest(start):
                context = self.open_history(*GRAPH, start_revision=start)
                with self.assertRaisesRegex(RevisionError, words):
                    context.current

    def test_one_that_fails_leaves_no_database(self):
        context = self.open_history(
            LINEAR[0]._replace(upgrade="CREATE nonsense"),
            start_revision="rr01",
        )
        with self.assertRaisesRegex(MigrationFailed, "rr01"):
            context.current
        self.assertEqual([], list(self.temp.iterdir()))


class TestRefreshHistory(MoveTestCase):

    def test_a_script_added_since_is_found(self):
        context = self.linear()
        context.migrate_up_to("head")
        add_revision(self.folder, Rev("rr04", "rr03"))
        self.assertIsNone(context.migrate_up_one())
        context.refresh_history()
        self.assertEqual(("rr04",), context.heads)
        self.assertFalse(context.is_at_heads)
        self.assertEqual("rr04", context.migrate_up_one())

    def test_what_is_remembered_survives(self):
        context = self.graph()
        context.migrate_up_before("xx01")
        add_revision(self.folder, Rev("ee04", "dd03"))
        context.refresh_history()
        self.assertEqual("xx01", context.migrate_up_one())

    def test_a_broken_script_is_an_error_and_the_old_history_stays(self):
        context = self.linear()
        context.migrate_up_to("rr01")
        add_revision(self.folder, Rev("rr04", "rr0x"))
        with self.assertRaisesRegex(RevisionError, "'rr0x'"):
            context.refresh_history()
        self.assertEqual("rr02", context.migrate_up_one())


class TestSeveralDatabases(MoveTestCase):

    def setUp(self):
        super().setUp()
        root = self.copy_of("multidb_edited")
        self.context = self.open(
            str(root / "alembic.ini"), database_url=zoo.TWO_ENGINES
        )

    def heads(self) -> list[tuple[str, ...]]:
        return [
            self.context.on(name).current_heads
            for name in self.context.databases
        ]

    def test_are_named_as_in_database_url(self):
        self.assertEqual(("engine1", "engine2"), self.context.databases)

    def test_each_moves_alone(self):
        context = self.context
        self.assertEqual(
            "r2_book", context.migrate_up_to("head", database="engine1")
        )
        self.assertEqual([("r2_book",), ()], self.heads())
        self.assertEqual(
            "r1_author", context.migrate_up_one(database="engine2")
        )
        self.assertEqual([("r2_book",), ("r1_author",)], self.heads())
        context.migrate_down_one(database="engine1")
        self.assertEqual([("r1_author",), ("r1_author",)], self.heads())
        context.set_revision("head", database="engine2")
        context.migrate_down_to("base", database="engine1")
        self.assertEqual([(), ("r2_book",)], self.heads())

    def test_a_walk_through_all_runs_in_each_only_what_it_lacks(self):
        context = self.context
        context.migrate_up_to("r1_author", database="engine1")
        # A second time, "CREATE TABLE author" would fail there.
        context.apply_revisions(["r1_author", "r2_book"])
        self.assertEqual([("r2_book",)] * 2, self.heads())
        context.migrate_down_to("r1_author", database="engine1")
        context.revert_revisions(["r2_book", "r1_author"])
        self.assertEqual([(), ()], self.heads())

    def test_a_view_speaks_of_one(self):
        view = self.context.on("engine2")
        self.assertEqual("r1_author", view.migrate_up_one())
        self.assertEqual("r1_author", view.current)
        self.assertEqual([(), ("r1_author",)], self.heads())

    def test_every_move_wants_one_named(self):
        context = self.context
        for name, call in {
            "migrate_up_to": lambda: context.migrate_up_to("head"),
            "migrate_up_before": lambda: context.migrate_up_before("r2_book"),
            "migrate_up_one": context.migrate_up_one,
            "migrate_down_to": lambda: context.migrate_down_to("base"),
            "migrate_down_before": lambda: context.migrate_down_before("r1"),
            "migrate_down_one": context.migrate_down_one,
            "managed_upgrade": lambda: context.managed_upgrade("head"),
            "managed_downgrade": lambda: context.managed_downgrade("base"),
            "roundtrip_next_revision": context.roundtrip_next_revision,
            "set_revision": lambda: context.set_revision("head"),
            "applied": lambda: context.applied,
            "current": lambda: context.current,
            "current_heads": lambda: context.current_heads,
            "is_at_heads": lambda: context.is_at_heads,
            "engine": lambda: context.engine,
        }.items():
            with self.subTest(name):
                with self.assertRaisesRegex(
                    ConfigError, "several databases.*'engine1', 'engine2'"
                ):
                    call()
        self.assertEqual([(), ()], self.heads())

    def test_an_unknown_name_is_refused_with_the_nearest(self):
        with self.assertRaisesRegex(
            ConfigError, "'engin1'; .*engine1.*did you mean 'engine1'"
        ):
            self.context.migrate_up_to("head", database="engin1")

    def test_each_remembers_a_revision_of_its_own(self):
        root = self.copy_of("multidb_edited")
        versions = root / "migrations/versions"
        text = (versions / "r2_book.py").read_text(encoding="utf-8")
        # A second child of r1_author, so that there is something to choose.
        for name, table in (("r2_aside", "aside"), ("r2_zoo", "zoo")):
            (versions / f"{name}.py").write_text(
                text.replace("r2_book", name).replace('"book"', f'"{table}"'),
                encoding="utf-8",
            )
        context = self.open(
            str(root / "alembic.ini"), database_url=zoo.TWO_ENGINES
        )
        last = context.history.revisions[-1]
        context.migrate_up_before(last, database="engine1")
        context.migrate_up_to("r1_author", database="engine2")
        self.assertEqual(last, context.migrate_up_one(database="engine1"))
        self.assertNotEqual(last, context.migrate_up_one(database="engine2"))

    def test_start_revision_counts_for_all(self):
        context = self.open(
            self.context.environment.config.config_file_name,
            database_url=zoo.TWO_ENGINES,
            start_revision="r1_author",
        )
        self.assertEqual(
            [("r1_author",)] * 2,
            [context.on(name).current_heads for name in context.databases],
        )


# -- random histories ---------------------------------------------------------

#: The least that costs time; the twin's disk need not be waited for.
FAST_ENV = """\
from alembic import context
from sqlalchemy import create_engine, event, pool

engine = create_engine(
    context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool
)


@event.listens_for(engine, "connect")
def hurry(connection, record):
    connection.execute("PRAGMA synchronous = OFF")


with engine.connect() as connection:
    context.configure(connection=connection, version_table="version")
    with context.begin_transaction():
        context.run_migrations()
"""


class Twin:
    """A database that plain Alembic's commands move."""

    def __init__(self, ini: Path) -> None:
        self.file = ini.parent / "twin.db"
        self.config = Config(str(ini))
        self.config.set_main_option(
            "sqlalchemy.url", f"sqlite:///{self.file}"
        )
        self.scripts = ScriptDirectory.from_config(self.config)

    def run(
        self, command: str, target: str, start: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Run a command where the version table holds `start`; return what
        it holds then."""
        self._set(start)
        # The command would read all scripts anew each time.
        with mock.patch.object(
            ScriptDirectory, "from_config", return_value=self.scripts
        ):
            getattr(alembic.command, command)(self.config, target)
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            rows = connection.execute("SELECT version_num FROM version")
            return tuple(sorted(row[0] for row in rows))

    def _set(self, rows: Iterable[str]) -> None:
        with contextlib.closing(
            sqlite3.connect(self.file)
        ) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS version (version_num TEXT)"
            )
            connection.execute("DELETE FROM version")
            connection.executemany(
                "INSERT INTO version VALUES (?)", [(row,) for row in rows]
            )


def requirements_of(revisions: Sequence[Rev]) -> Mapping[str, frozenset[str]]:
    """Return what each revision needs, worked out by hand."""
    found: dict[str, frozenset[str]] = {}
    for rev in revisions:
        down = rev.down_revision or ()
        parents = {down} if isinstance(down, str) else set(down)
        if rev.depends_on:
            parents.add(str(rev.depends_on))
        found[rev.id] = frozenset(parents).union(
            *(found[one] for one in parents)
        )
    return found


class TestRandomHistories(ProjectTestCase):
    """Branches, merges, several bases, labels and `depends_on`, by chance."""

    GRAPHS = 67

    def setUp(self):
        super().setUp()
        # "downgrade -1 from multiple heads is ambiguous"
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")

    def each(self, salt: str) -> Iterator[random.Random]:
        """Set the stage for one history after the other."""
        for number in range(self.GRAPHS):
            rng = random.Random(f"{salt} {number}")
            self.revisions = random_history(rng, rng.randint(1, 6))
            self.needs = requirements_of(self.revisions)
            ini = make_history(
                self.new_folder(),
                self.revisions,
                env=FAST_ENV,
            )
            self.twin = Twin(ini)
            self.twin.run("upgrade", "heads")
            self.order = [one for _, one in calls_of(self.twin.config)]
            with MigrationContext(str(ini)) as self.context:
                yield rng

    def name(self) -> str:
        return "; ".join(str(tuple(one[:4])) for one in self.revisions)

    def check_state(self, applied: Iterable[str]) -> None:
        """Demand that every member tells the state right."""
        context, applied = self.context, set(applied)
        self.assertEqual(applied, context.applied)
        self.assertEqual(applied, self.closure(context.current_heads))
        ordered = [one for one in self.order if one in applied]
        self.assertEqual((ordered or ["base"])[-1], context.current)
        self.assertEqual(
            applied == set(self.order), context.is_at_heads
        )

    def closure(self, heads: Iterable[str]) -> set[str]:
        return set(heads).union(*(self.needs[one] for one in heads))

    def test_one_by_one_up_visits_every_revision_once(self):
        for _ in self.each("up"):
            with self.subTest(self.name()):
                context = self.context
                self.assertEqual(self.order, list(context.history.revisions))
                for number, revision in enumerate(self.order):
                    before = context.current_heads
                    self.assertEqual(revision, context.migrate_up_one())
                    self.assertEqual(
                        self.twin.run("upgrade", revision, before),
                        context.current_heads,
                    )
                    self.check_state(self.order[:number + 1])
                self.assertIsNone(context.migrate_up_one())
                self.assertTrue(context.is_at_heads)

    def test_one_by_one_down_comes_back_to_base(self):
        for _ in self.each("down"):
            with self.subTest(self.name()):
                context = self.context
                context.migrate_up_to("heads")
                self.assertEqual(
                    self.twin.run("upgrade", "heads"), context.current_heads
                )
                for number in reversed(range(len(self.order))):
                    expected = self.order[number - 1] if number else "base"
                    self.assertEqual(expected, context.migrate_down_one())
                    self.check_state(self.order[:number])
                self.assertEqual((), context.current_heads)

    def test_targets_lead_where_alembics_commands_lead(self):
        seen: dict[str, int] = {}
        for rng in self.each("targets"):
            with self.subTest(self.name()):
                if rng.random() < 0.5:
                    self.context.migrate_up_to("heads")
                for _ in range(6):
                    outcome = self.move(rng)
                    seen[outcome] = seen.get(outcome, 0) + 1
        # Each way of ending occurs, or nothing was compared.
        self.assertGreater(seen.pop("same"), self.GRAPHS)
        self.assertGreater(seen.pop("both refuse"), self.GRAPHS)
        self.assertGreater(seen.pop("implied"), 0)
        self.assertEqual({}, seen)

    def move(self, rng: random.Random) -> str:
        """Move to a target by chance, as plain Alembic does beside; return
        how it ended."""
        context = self.context
        target = rng.choice(self.targets())
        command = rng.choice(("upgrade", "downgrade"))
        before, applied = context.current_heads, context.applied
        rows, words = None, ""
        try:
            rows = self.twin.run(command, target, before)
        except (CommandError, AssertionError) as error:
            words = str(error).rstrip(".")
        move = (
            context.migrate_up_to
            if command == "upgrade"
            else context.migrate_down_to
        )
        try:
            move(target)
        except RevisionError as error:
            self.assertIsNone(rows, f"{command} {target} from {before}")
            self.assertEqual(before, context.current_heads)
            self.check_words(str(error), words, target, applied)
            return "both refuse"
        self.check_state(self.closure(context.current_heads))
        if rows is not None:
            self.assertEqual(
                rows,
                context.current_heads,
                f"{command} {target} from {before}",
            )
            return "same"
        self.check_implied(command, target, before, applied)
        return "implied"

    def targets(self) -> list[str]:
        ids = [one.id for one in self.revisions]
        labels = [str(one.labels) for one in self.revisions if one.labels]
        return [
            *ids * 3,
            *(one[:2] for one in ids),
            *("heads", "head", "base", "+1", "-1", "+2", "-2", "nope"),
            *(f"{one}{by}" for one in ids for by in ("+1", "-1")),
            *(f"{one}@head" for one in (*ids, *labels)),
            *(f"{one}@{by}" for one in labels for by in ("+1", "-1", "base")),
        ]

    def check_words(
        self, text: str, words: str, target: str, applied: Iterable[str]
    ) -> None:
        if "is not applied" in text:
            self.assertIn("not a valid downgrade target", words)
            meant = text.split()[1]
            self.assertNotIn(meant, applied)
        elif "Multiple revisions start with" in text:
            self.assertIn("Can't locate revision", words)
        else:
            self.assertIn(words, text)
            self.assertIn(f"revision {target!r}: ", text)

    def check_implied(
        self,
        command: str,
        target: str,
        before: Sequence[str],
        applied: Iterable[str],
    ) -> None:
        """Alembic refuses to go down to what a `depends_on` implies."""
        self.assertEqual("downgrade", command)
        meant = self.context.history.resolve(target, before)
        self.assertIn(meant, applied)
        self.assertNotIn(meant, before)
        self.assertEqual(
            {one for one in applied if meant not in self.needs[one]},
            self.context.applied,
        )


if __name__ == "__main__":
    unittest.main()
