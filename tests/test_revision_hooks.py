"""Does every hook of a test class run, at its moment, on its revision?"""
from __future__ import annotations

import os
import unittest
from typing import Any

from migtestkit import MigrationTestCase, RevisionError, at_revision
from migtestkit.checks import RevisionHooks
from sqlalchemy import text

from tests import servers
from tests.support import ProjectTestCase, Python, Rev, create

USER = "id INTEGER PRIMARY KEY, name VARCHAR(20)"
LINE = (
    Rev("a1f0", None, upgrade=create("person", USER),
        downgrade="DROP TABLE person", message="people"),
    Rev("a2f0", "a1f0",
        upgrade=["ALTER TABLE person ADD COLUMN nick VARCHAR(20)",
                 "UPDATE person SET nick = name"],
        downgrade="ALTER TABLE person DROP COLUMN nick"),
    Rev("b3f0", "a2f0", upgrade=create("book"), downgrade="DROP TABLE book"),
)
DIAMOND = (
    Rev("top", None, upgrade=create("t"), downgrade="DROP TABLE t"),
    Rev("left", "top", upgrade=create("l"), downgrade="DROP TABLE l"),
    Rev("right", "top", upgrade=create("r"), downgrade="DROP TABLE r"),
    Rev("merge", ("left", "right")),
    Rev("other", None, upgrade=create("o"), downgrade="DROP TABLE o"),
    Rev("leans", "other", depends_on="left", upgrade=create("n"),
        downgrade="DROP TABLE n"),
)
BROKEN = Python("raise RuntimeError('no way')")
TEST = "test_revision_hooks"
INSERT = "INSERT INTO person (id, name) VALUES (1, 'Ada')"


def noting(log: list[Any], *names: str) -> dict[str, Any]:
    """Return hooks that note that they ran, and where the database was."""

    def make(name: str) -> Any:
        def hook(self: MigrationTestCase) -> None:
            log.append((name, self.current))

        return hook

    return {name: make(name) for name in names}


class HooksTestCase(ProjectTestCase):

    def case(
        self, revisions: Any = LINE, hooks: Any = None, **attributes: Any
    ) -> Any:
        bases = (RevisionHooks, MigrationTestCase)
        members = {
            "__module__": __name__,
            "__qualname__": "Hooks",
            "alembic_config": str(self.make_history(*revisions)),
            **(hooks or {}),
            **attributes,
        }
        return type("Hooks", bases, members)

    def run_hooks(self, *args: Any, **kwargs: Any) -> unittest.TestResult:
        result = unittest.TestResult()
        self.case(*args, **kwargs)(TEST).run(result)
        return result

    def assertPasses(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return the reasons for what was left out."""
        result = self.run_hooks(*args, **kwargs)
        self.assertEqual([], result.failures + result.errors)
        self.assertNotIn(
            TEST, [getattr(one, "_testMethodName", "")
                   for one, _ in result.skipped]
        )
        return [reason for _, reason in result.skipped]

    def failure(self, *args: Any, **kwargs: Any) -> str:
        result = self.run_hooks(*args, **kwargs)
        self.assertEqual([], result.errors)
        ((_, message),) = result.failures
        return message

    def error(self, *args: Any, **kwargs: Any) -> str:
        result = self.run_hooks(*args, **kwargs)
        self.assertEqual([], result.failures)
        ((_, message),) = result.errors
        self.assertIn("RevisionError", message)
        return message

    def skip(self, *args: Any, **kwargs: Any) -> str:
        result = self.run_hooks(*args, **kwargs)
        self.assertEqual([], result.failures + result.errors)
        ((_, reason),) = result.skipped
        return reason


class TestOrder(HooksTestCase):

    def test_each_around_its_move(self):
        log: list[Any] = []
        self.assertPasses(LINE, noting(
            log, "check_a1f0", "pre_upgrade_a2f0", "check_a2f0",
            "pre_downgrade_a2f0", "check_downgrade_a2f0",
            "pre_upgrade_b3f0", "check_b3f0", "check_downgrade_b3f0",
        ))
        self.assertEqual([
            ("check_a1f0", "a1f0"),
            ("pre_upgrade_a2f0", "a1f0"), ("check_a2f0", "a2f0"),
            ("pre_upgrade_b3f0", "a2f0"), ("check_b3f0", "b3f0"),
            ("check_downgrade_b3f0", "a2f0"),
            ("pre_downgrade_a2f0", "a2f0"), ("check_downgrade_a2f0", "a1f0"),
        ], log)

    def test_on_branches_merges_bases_and_depends_on(self):
        log: list[Any] = []
        ids = [rev.id for rev in DIAMOND]
        names = [f"{phase}_{one}" for one in ids for phase in (
            "pre_upgrade", "check", "pre_downgrade", "check_downgrade",
        )]
        context = self.open_history(*DIAMOND)
        order = list(context.history.revisions)
        self.assertPasses(DIAMOND, noting(log, *names))
        called = [name for name, _ in log]
        self.assertEqual(
            [f"{phase}_{one}" for one in order
             for phase in ("pre_upgrade", "check")]
            + [f"{phase}_{one}" for one in reversed(order)
               for phase in ("pre_downgrade", "check_downgrade")],
            called,
        )

    def test_downgrades_only_as_far_as_hooks_ask(self):
        log: list[Any] = []
        calls = "raise RuntimeError('not to be reverted')"
        line = (LINE[0]._replace(downgrade=Python(calls)),
                LINE[1]._replace(downgrade=Python(calls)), LINE[2])
        self.assertPasses(line, noting(log, "check_a1f0"))
        self.assertPasses(line, noting(log, "check_downgrade_b3f0"))
        self.assertIn("not to be reverted", self.failure(
            line, noting(log, "check_downgrade_a2f0")
        ))

    def test_it_ends_at_heads_again(self):
        seen = []

        def tearDown(case):
            seen.append(case.is_at_heads)

        hooks = noting([], "check_downgrade_a1f0")
        self.assertPasses(LINE, {**hooks, "tearDown": tearDown})
        self.assertEqual([True], seen)

    def test_a_second_upgrade_that_fails(self):
        left = LINE[2]._replace(downgrade="")
        message = self.failure(
            (*LINE[:2], left), noting([], "check_downgrade_b3f0")
        )
        self.assertIn("b3f0 (revision b3f0): second upgrade", message)

    def test_revision_data_is_there_before_the_hook(self):
        def pre(self):
            return self.rows("person")

        def check(self, data):
            self.assertEqual([{"id": 1, "name": "Ada"}], data)

        self.assertPasses(
            LINE, {"pre_upgrade_a2f0": pre, "check_a2f0": check},
            before_revision_data={
                "a2f0": {"__tablename__": "person", "id": 1, "name": "Ada"}
            },
        )


class TestData(HooksTestCase):
    """On every database."""

    def each_url(self):
        yield "sqlite", "sqlite://"
        yield from servers.each_server()

    def each_passes(self, hooks: Any) -> None:
        for family, url in self.each_url():
            with self.subTest(family):
                self.assertPasses(LINE, hooks, database_url=url)

    def test_rows_and_data_reach_the_check(self):
        def pre(self):
            self.insert_into("person", {"id": 1, "name": "Ada"})
            return "Ada"

        def check(self, data):
            self.assertEqual("Ada", data)
            self.assertRows("person", [{"id": 1, "nick": data}])

        def pre_down(self):
            return ["kept"]

        def check_down(self, data):
            self.assertEqual(["kept"], data)
            self.assertTableLacksColumns("person", ["nick"])

        self.each_passes({
            "pre_upgrade_a2f0": pre, "check_a2f0": check,
            "pre_downgrade_a2f0": pre_down, "check_downgrade_a2f0": check_down,
        })

    def test_a_check_that_does_not_hold(self):
        def check(self):
            self.assertTableExists("book")

        for family, url in self.each_url():
            with self.subTest(family):
                message = self.failure(
                    LINE, {"check_a2f0": check}, database_url=url
                )
                self.assertIn("a2f0 (revision a2f0): check_a2f0", message)

    def test_names_of_openstack(self):
        def pre(self, connection):
            connection.execute(text(INSERT))
            return {"id": 1}

        def check(self, connection, data):
            found = connection.execute(text("SELECT nick FROM person"))
            self.assertEqual([("Ada",)], found.fetchall())
            self.assertEqual({"id": 1}, data)

        self.each_passes({"_pre_upgrade_a2f0": pre, "_check_a2f0": check})

    def test_names_of_openstack_with_an_engine(self):
        def pre(self, engine):
            with engine.begin() as connection:
                connection.execute(text(INSERT))
            return 7

        def check(self, engine, data):
            self.assertEqual(7, data)
            with engine.connect() as conn:
                found = conn.execute(text("SELECT nick FROM person"))
                self.assertEqual([("Ada",)], found.fetchall())

        def gone(self, conn):
            found = conn.execute(text("SELECT * FROM person")).keys()
            self.assertEqual(["id", "name"], sorted(found))

        self.each_passes({
            "_pre_upgrade_a2f0": pre, "_check_a2f0": check,
            "_post_downgrade_a2f0": gone,
        })

    def test_a_hook_may_commit_by_itself(self):
        def pre(self, conn):
            with conn.begin():
                conn.execute(text(INSERT))
            conn.execute(text("SELECT 1"))
            conn.commit()

        def check(self, *, conn, data=None):
            found = conn.execute(text("SELECT nick FROM person"))
            self.assertEqual([("Ada",)], found.fetchall())

        self.each_passes({"pre_upgrade_a2f0": pre, "check_a2f0": check})

    def test_what_a_failing_hook_wrote_is_not_kept(self):
        def pre(self, connection):
            connection.execute(text(INSERT))
            self.fail("in the middle")

        def check(self):
            self.assertRowCount("person", 0)

        message = self.failure(
            LINE, {"pre_upgrade_a2f0": pre, "check_a2f0": check}
        )
        self.assertIn("in the middle", message)
        self.assertNotIn("check_a2f0", message)

    def test_no_hook_before_gives_none(self):
        def check(self, data):
            self.assertIsNone(data)

        self.assertPasses(LINE, {"check_a2f0": check})

    def test_a_parameter_that_nothing_fits(self):
        def pre(self, session):
            pass

        def check(self, engine, data, extra):
            pass

        message = self.error(LINE, {"pre_upgrade_a2f0": pre})
        self.assertIn("pre_upgrade_a2f0 has a parameter 'session'", message)
        self.assertIn("connection or conn, and engine", message)
        message = self.error(LINE, {"check_a2f0": check})
        self.assertIn("parameter 'extra'", message)

        def fits(self, extra=3, *args, **kwargs):
            self.assertEqual((3, (), {}), (extra, args, kwargs))
            self.fail("it ran")

        self.assertIn("it ran", self.failure(
            LINE, {"pre_upgrade_a2f0": fits}
        ))


class TestNames(HooksTestCase):

    def test_a_partial_id(self):
        log: list[Any] = []
        self.assertPasses(LINE, noting(log, "check_b3"))
        self.assertEqual([("check_b3", "b3f0")], log)

    def test_an_ambiguous_one(self):
        message = self.error(LINE, noting([], "check_a"))
        self.assertIn("Hooks.check_a: 'a' is the beginning of several "
                      "revisions: a1f0, a2f0; write more of it", message)

    def test_a_whole_id_that_begins_another(self):
        log: list[Any] = []
        line = (Rev("r1", None), Rev("r10", "r1"))
        self.assertPasses(line, noting(log, "check_r1"))
        self.assertEqual([("check_r1", "r1")], log)

    def test_an_unknown_one(self):
        for name in ("check_a2f1", "_pre_upgrade_a2f1",
                     "check_downgrade_a2f1", "_post_downgrade_a2f1"):
            with self.subTest(name):
                message = self.error(LINE, noting([], name))
                self.assertIn(f"Hooks.{name} is a hook by its name, but no "
                              "revision is called 'a2f1'; did you mean "
                              "'a2f0'", message)

    def test_targets_are_no_ids(self):
        for name in ("check_head", "check_heads", "check_base"):
            self.assertIn(
                "the history has a1f0, a2f0, b3f0",
                self.error(LINE, noting([], name)),
            )

    def test_two_for_one_moment(self):
        for other in ("check_a2", "_check_a2f0"):
            with self.subTest(other):
                message = self.error(
                    LINE, noting([], "check_a2f0", other)
                )
                self.assertIn("both called for revision a2f0", message)
                self.assertIn(other, message)
                self.assertIn("check_a2f0", message)
        self.assertPasses(
            LINE, noting([], "check_a2f0", "check_downgrade_a2f0")
        )

    def test_a_revision_called_downgrade(self):
        log: list[Any] = []
        line = (Rev("downgrade_x", None), Rev("y", "downgrade_x"))
        self.assertPasses(line, noting(log, "check_downgrade_x"))
        self.assertEqual([("check_downgrade_x", "downgrade_x")], log)
        line = (Rev("downgrade_x", None), Rev("x", "downgrade_x"))
        self.assertIn(
            "can mean two things",
            self.error(line, noting([], "check_downgrade_x")),
        )

    def test_one_of_skip_revisions(self):
        message = self.error(
            LINE, noting([], "check_b3f0"), skip_revisions=["b3f0"]
        )
        self.assertIn("check_b3f0 would never run", message)
        self.assertIn("skip_revisions", message)
        log: list[Any] = []
        self.assertPasses(
            LINE, noting(log, "check_a2f0", "check_downgrade_a2f0"),
            skip_revisions=["b3f0"],
        )
        self.assertEqual(2, len(log))

    def test_what_cannot_run(self):
        async def check(self):
            self.fail("never awaited")

        def generator(self):
            yield self.fail("never asked")

        self.assertIn("is a coroutine", self.error(
            LINE, {"check_a2f0": check}
        ))
        self.assertIn("is a generator", self.error(
            LINE, {"check_a2f0": generator}
        ))

    def test_what_is_no_hook(self):
        log: list[Any] = []
        self.assertPasses(
            LINE, noting(log, "check_a2f0"), check_level="3",
            _check_list=["a"], check_it=property(lambda self: 1 / 0),
            checkmate=lambda self: 1 / 0,
        )
        self.assertEqual(1, len(log))

    def test_inherited_overridden_and_taken_away(self):
        log: list[Any] = []
        base = self.case(LINE, noting(log, "check_a1f0", "check_a2f0"))
        cls = type("Less", (base,), {
            "__module__": __name__, "check_a2f0": None,
            **noting(log, "check_a1f0"),
        })
        result = unittest.TestResult()
        cls(TEST).run(result)
        self.assertTrue(result.wasSuccessful())
        self.assertEqual([("check_a1f0", "a1f0")], log)


class TestAtRevision(HooksTestCase):

    IDS = (Rev("2024.01.x", None), Rev("2024.02.y", "2024.01.x"))

    def test_the_phase_is_in_the_name(self):
        log = []

        @at_revision("2024.02.y")
        def pre(self):
            log.append("pre")
            return "data"

        @at_revision("2024.02")
        def check(self, data):
            log.append((data, self.current))

        @at_revision("2024.01.x")
        def check_down(self):
            log.append(self.current)

        self.assertPasses(self.IDS, {
            "pre_upgrade_what_it_is": pre, "_check_it": check,
            "check_downgrade_all": check_down,
        })
        self.assertEqual(["pre", ("data", "2024.02.y"), "base"], log)

    def test_no_phase(self):
        hook = at_revision("2024.01.x")(lambda self: None)
        message = self.error(self.IDS, {"look": hook})
        self.assertIn("Hooks.look is marked by at_revision('2024.01.x')",
                      message)
        self.assertIn("pre_upgrade_", message)

    def test_unknown_and_ambiguous(self):
        for name, words in (
            ("2024.01.z", "did you mean '2024.01.x'"),
            ("2024.", "the beginning of several revisions"),
        ):
            hook = at_revision(name)(lambda self: None)
            message = self.error(self.IDS, {"check_it": hook})
            self.assertIn(f"Hooks.check_it: at_revision({name!r})", message)
            self.assertIn(words, message)

    def test_misuse(self):
        for wrong in (lambda self: None, "", None, 7):
            with self.assertRaisesRegex(RevisionError, "takes a revision id"):
                at_revision(wrong)
        with self.assertRaisesRegex(RevisionError, "for two revisions"):
            at_revision("a")(at_revision("b")(lambda self: None))


class TestSeveralDatabases(HooksTestCase):

    URLS = {"engine1": "sqlite://", "engine2": "sqlite://"}

    def outcome(self, hooks: Any) -> unittest.TestResult:
        root = self.copy_of("template_multidb")
        result = unittest.TestResult()
        type("Hooks", (RevisionHooks, MigrationTestCase), {
            "__module__": __name__, "database_url": self.URLS,
            "alembic_config": str(root / "alembic.ini"), **hooks,
        })(TEST).run(result)
        return result

    def revision(self) -> str:
        root = self.copy_of("template_multidb")
        return self.open(
            str(root / "alembic.ini"), database_url=self.URLS
        ).history.revisions[0]

    def test_all_are_moved(self):
        revision = self.revision()
        seen: list[Any] = []

        def look(case):
            seen.append([
                sorted(case.migrations.on(name).applied) for name in self.URLS
            ])

        result = self.outcome({
            f"pre_upgrade_{revision}": look, f"check_{revision}": look,
        })
        self.assertEqual([], result.failures + result.errors)
        self.assertEqual([[[], []], [[revision], [revision]]], seen)

    def test_a_connection_would_be_to_which(self):
        revision = self.revision()

        def check(case, connection):
            raise ZeroDivisionError

        result = self.outcome({f"check_{revision}": check})
        ((_, message),) = result.failures
        self.assertIn("say which with database=", message)


class TestFailures(HooksTestCase):
    maxDiff = None

    def test_the_whole_text(self):
        def check(self):
            self.assertEqual(1, 2, "people are wrong")

        def check_book(self):
            raise KeyError("book")

        message = self.failure(
            LINE, {"check_a1f0": check, "_check_b3f0": check_book}
        )
        here = os.path.abspath(__file__)
        first = check.__code__.co_firstlineno + 1
        second = check_book.__code__.co_firstlineno + 1
        versions = self.folder / "migrations" / "versions"
        self.assertEqual(
            "AssertionError: these revisions do not hold what their hooks "
            "say\n"
            "  a1f0 (people): check_a1f0\n"
            f"    file: {versions}/a1f0.py\n"
            "    1 != 2 : people are wrong\n"
            f"    at: {here}, line {first}, in check_a1f0: "
            'self.assertEqual(1, 2, "people are wrong")\n'
            "  b3f0 (revision b3f0): _check_b3f0\n"
            f"    file: {versions}/b3f0.py\n"
            "    KeyError: 'book'\n"
            f"    at: {here}, line {second}, in _check_b3f0: "
            'raise KeyError("book")\n',
            message,
        )

    def test_the_line_is_the_hooks_where_a_helper_fails(self):
        def helper(case):
            case.fail("in a helper")

        def check(self):
            helper(self)

        message = self.failure(LINE, {"check_a1f0": check})
        line = check.__code__.co_firstlineno + 1
        self.assertIn(f"line {line}, in check_a1f0: helper(self)", message)

    def test_a_failing_migration_stops_what_needs_it_alone(self):
        log: list[Any] = []
        broken = tuple(
            rev._replace(upgrade=BROKEN) if rev.id == "right" else rev
            for rev in DIAMOND
        )
        message = self.failure(broken, noting(
            log, *(f"check_{rev.id}" for rev in DIAMOND)
        ))
        self.assertEqual(
            {"check_top", "check_left", "check_other", "check_leans"},
            {name for name, _ in log},
        )
        self.assertIn("right (revision right): upgrade", message)
        self.assertIn("no way", message)
        self.assertIn(
            "merge (revision merge): it needs right, which cannot be applied",
            message,
        )
        self.assertIn("check_right did not run: its upgrade failed", message)
        self.assertNotIn("never ran", message)

    def test_a_failing_downgrade(self):
        line = (*LINE[:2], LINE[2]._replace(downgrade=BROKEN))
        message = self.failure(
            line, noting([], "check_downgrade_a1f0", "check_downgrade_b3f0")
        )
        self.assertIn("b3f0 (revision b3f0): downgrade", message)
        self.assertIn("check_downgrade_b3f0 did not run: its downgrade "
                      "failed", message)
        self.assertIn("check_downgrade_a1f0 did not run: a2f0, b3f0 stands",
                      message)

    def test_a_check_without_its_data(self):
        def pre(self):
            self.fail("no data")

        def check(self, data):
            raise ZeroDivisionError

        message = self.failure(
            LINE, {"pre_upgrade_a2f0": pre, "check_a2f0": check}
        )
        self.assertNotIn("ZeroDivisionError", message)
        self.assertIn("check_a2f0 did not run: pre_upgrade_a2f0 gave it no "
                      "data", message)

    def test_a_hook_that_moves(self):
        def check(self):
            self.migrate_up_one()

        self.assertIn(
            "check_a1f0 moved the database",
            self.error(LINE, {"check_a1f0": check}),
        )


class TestNothingPassesUnseen(HooksTestCase):

    def test_no_hook(self):
        self.assertIn("has no hook", self.skip(LINE))

    def test_empty_hooks(self):
        def nothing(self, connection):
            pass

        def told(self):
            """There is nothing to say."""

        def both(self):
            """There is nothing to say."""
            pass

        reason = self.skip(LINE, {
            "_check_a1f0": nothing, "check_a2f0": told, "check_b3f0": both,
        })
        self.assertIn("a2f0 (revision a2f0): check_a2f0 is empty", reason)

    def test_one_empty_hook_of_two(self):
        self.assertEqual([], self.assertPasses(LINE, {
            "pre_upgrade_a2f0": _nothing, **noting([], "check_a2f0"),
        }))
        self.assertEqual(
            ["check_a2f0 is empty"],
            self.assertPasses(LINE, {
                "check_a2f0": _nothing, **noting([], "check_a1f0"),
            }),
        )

    def test_a_skipped_hook_is_told(self):
        def skipped(self):
            self.skipTest("for another database")

        self.assertIn("for another database", self.skip(
            LINE, {"check_a1f0": skipped}
        ))
        self.assertEqual(
            ["check_a1f0: for another database"],
            self.assertPasses(LINE, {
                "check_a1f0": skipped, **noting([], "check_a2f0"),
            }),
        )

    def never_ran(self, name: str, reason: str, *args, **options) -> None:
        message = self.failure(*args, **options)
        self.assertIn(f": {name} never ran", message)
        self.assertIn(reason, message)

    def test_before_the_start(self):
        self.never_ran(
            "check_a1f0", "the walk begins at 'a2f0'",
            LINE, noting([], "check_a1f0"), start_revision="a2f0",
        )
        self.assertPasses(
            LINE, noting([], "check_b3f0"), start_revision="a2f0"
        )

    def test_a_downgrade_that_is_never_made(self):
        hooks = noting([], "check_downgrade_a2f0")
        without = (*LINE[:2], LINE[2]._replace(downgrade=None))
        self.never_ran(
            "check_downgrade_a2f0", "minimum_downgrade_revision keeps it",
            LINE, hooks, minimum_downgrade_revision="a2f0",
        )
        self.assertPasses(LINE, hooks, minimum_downgrade_revision="a1f0")
        self.never_ran(
            "check_downgrade_a2f0", "declared irreversible: rows are gone",
            LINE, hooks, irreversible_revisions={"a2f0": "rows are gone"},
        )
        self.assertPasses(
            LINE, hooks, irreversible_revisions={"a1f0": "rows are gone"}
        )
        self.never_ran(
            "check_downgrade_a2f0", "b3f0 stands on it and stays applied: "
            "the script has no downgrade() function", without, hooks,
        )

    def test_a_skipped_one_without_a_downgrade_is_in_nobodys_way(self):
        log: list[Any] = []
        without = (LINE[0], LINE[1]._replace(downgrade=None), LINE[2])
        self.assertPasses(
            without, noting(log, "check_downgrade_a1f0"),
            skip_revisions=["a2f0"],
        )
        self.assertEqual([("check_downgrade_a1f0", "base")], log)

    def test_nothing_is_reverted_for_a_downgrade_that_is_never_made(self):
        line = (*LINE[:2], LINE[2]._replace(downgrade=BROKEN))
        message = self.failure(
            line, noting([], "check_downgrade_a2f0"),
            irreversible_revisions={"a2f0": "rows are gone"},
        )
        self.assertIn("check_downgrade_a2f0 never ran", message)
        self.assertNotIn("no way", message)


class TestEveryRevisionTested(HooksTestCase):

    def ask(self, hooks: Any, *args: Any, **kwargs: Any) -> None:
        case = self.case(LINE, hooks)(TEST)
        try:
            case.assertEveryRevisionTested(*args, **kwargs)
        finally:
            case.doCleanups()

    def test_both_ways(self):
        hooks = noting([], "check_a1f0", "_check_a2f0", "check_b3")
        self.ask(hooks)
        del hooks["_check_a2f0"]
        hooks.update(noting([], "pre_upgrade_a2f0", "check_downgrade_a2f0"))
        with self.assertRaisesRegex(
            AssertionError,
            r"(?s)no check_<revision> hook\n  a2f0 \(.*a2f0\.py$",
        ):
            self.ask(hooks)
        self.ask(hooks, exempt={"a2f0": "an index"})
        self.ask(hooks, since="a2f0")
        self.ask(hooks, since=["a1f0", "a2"])
        with self.assertRaisesRegex(AssertionError, "mine"):
            self.ask(hooks, msg="mine")

    def test_an_empty_check_is_none(self):
        hooks = {**noting([], "check_a1f0", "check_b3f0"),
                 "check_a2f0": _nothing}
        with self.assertRaisesRegex(AssertionError, "check_a2f0 is empty"):
            self.ask(hooks)
        self.ask(hooks, exempt={"a2f0": "nothing to see"})

    def test_nothing_to_test(self):
        with self.assertRaisesRegex(RevisionError, "comes after 'b3f0'"):
            self.ask({}, since="b3f0")
        self.ask({}, since="b3f0", allow_empty=True)

    def test_bad_arguments(self):
        hooks = noting([], "check_a1f0", "check_a2f0")
        for kwargs, words in (
            ({"since": "a2f9"}, "did you mean 'a2f0'"),
            ({"exempt": {"b3f9": "x"}}, "exempt: .*did you mean 'b3f0'"),
            ({"exempt": {"b3f0": ""}}, "no reason for 'b3f0'"),
            ({"exempt": {"a2f0": "x"}}, "check_a2f0 tests it; take it out"),
            ({"exempt": {"a1f0": "x"}}, "check_a1f0 tests it"),
        ):
            with self.subTest(kwargs):
                with self.assertRaisesRegex(RevisionError, words):
                    self.ask(hooks, **kwargs)
        with self.assertRaisesRegex(RevisionError, "it is not after since"):
            self.ask({}, since="a2f0", exempt={"a1f0": "x"})


def _nothing(self: Any) -> None:
    pass


if __name__ == "__main__":
    unittest.main()
