"""Is the test case unittest's face of a context, and does it clean up?"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import inspect
import io
import multiprocessing
import os
import pickle
import sys
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from migtestkit import MigrationContext, MigrationTestCase
from migtestkit.case.testcase import READ_ONLY
from migtestkit.checks import HistoryChecks
from tests.support import ProjectTestCase, Rev, create, run_case

#: DESIGN.md section 4.
METHODS = (
    "connect",
    "execute",
    "generate_revision",
    "insert_into",
    "managed_downgrade",
    "managed_upgrade",
    "migrate_down_before",
    "migrate_down_one",
    "migrate_down_to",
    "migrate_up_before",
    "migrate_up_one",
    "migrate_up_to",
    "models_at_revision",
    "raw_command",
    "refresh_history",
    "roundtrip_next_revision",
    "rows",
    "scalar",
    "set_revision",
    "table_at_revision",
    "upgrade_sql",
)
PROPERTIES = (
    "applied",
    "bases",
    "current",
    "current_heads",
    "heads",
    "history",
    "is_at_heads",
)
LINEAR = (
    Rev("r1", upgrade=create("user"), downgrade="DROP TABLE user"),
    Rev("r2", "r1", upgrade=create("book"), downgrade="DROP TABLE book"),
)


class CaseTestCase(ProjectTestCase):
    """Gives each test a project of two revisions, and classes on it."""

    def setUp(self) -> None:
        super().setUp()
        self.ini = self.make_history(*LINEAR)

    def case_class(
        self, *bases: type, last: Sequence[type] = (), **members: Any
    ) -> type:
        """Return a test class of the project."""
        members = {"alembic_config": str(self.ini), **members}
        return type("Case", (*bases, MigrationTestCase, *last), members)

    def case(self, **members: Any) -> Any:
        """Return a test that is not run, for its members."""
        test = self.case_class(runTest=lambda self: None, **members)()
        self.addCleanup(test.doCleanups)
        return test

    def run_test(
        self, test: Callable[[Any], Any], *bases: type, **members: Any
    ) -> unittest.TestResult:
        @functools.wraps(test)
        def returns_nothing(case: Any) -> None:
            test(case)

        members["test"] = returns_nothing
        return run_case(self.case_class(*bases, **members))

    def assertPassed(
        self, result: unittest.TestResult, count: int = 1
    ) -> None:
        troubles = [text for _, text in result.failures + result.errors]
        self.assertEqual([], troubles)
        self.assertEqual([], result.skipped)
        self.assertEqual(count, result.testsRun)

    def assertErrors(self, result: unittest.TestResult, *words: str) -> None:
        self.assertEqual(1, len(result.errors), result.failures)
        for word in words:
            self.assertIn(word, result.errors[0][1])

    def databases(self) -> list[str]:
        """Return the throw-away databases that exist."""
        return sorted(path.name for path in self.temp.iterdir())


class TestMembers(unittest.TestCase):
    def test_every_member_is_there_with_the_signature_of_the_context(self):
        for name in METHODS:
            with self.subTest(name):
                ours = inspect.signature(getattr(MigrationTestCase, name))
                theirs = inspect.signature(getattr(MigrationContext, name))
                self.assertEqual(
                    [(one.name, one.kind, one.default) for one in
                     theirs.parameters.values()],
                    [(one.name, one.kind, one.default) for one in
                     ours.parameters.values()],
                )

    def test_every_property_is_one_and_read_only(self):
        for name in PROPERTIES:
            with self.subTest(name):
                for owner in (MigrationTestCase, MigrationContext):
                    member = inspect.getattr_static(owner, name)
                    self.assertIsInstance(member, property)
                    self.assertIsNone(member.fset)

    def test_every_member_is_explained(self):
        for name in (*METHODS, *PROPERTIES, "migrations"):
            with self.subTest(name):
                member = vars(MigrationTestCase)[name]
                self.assertGreater(len(inspect.getdoc(member) or ""), 10)

    def test_nothing_is_looked_up_behind_the_back(self):
        self.assertFalse(hasattr(MigrationTestCase, "__getattr__"))

    def test_the_read_only_members_are_the_properties(self):
        self.assertEqual(sorted((*PROPERTIES, "migrations")),
                         sorted(READ_ONLY))

    def test_names_that_others_use_are_left_free(self):
        taken = ("databases", "fixtures", "settings", "client", "patch",
                 "resources", "layer", "level", "timeout", "skip", "todo",
                 "suppress", "runTest", "mktemp", "useFixture", "addDetail",
                 "get_engine", "get_metadata", "db_sync", "include_object",
                 "compare_type", "filter_metadata_diff", "FIXTURE", "engine")
        ours = [name for name in taken if hasattr(MigrationTestCase, name)]
        self.assertEqual([], ours)

    def test_runners_can_select_by_tag(self):
        self.assertEqual({"migration"}, MigrationTestCase.tags)

    def test_importing_the_classes_collects_nothing(self):
        for cls in (MigrationTestCase, HistoryChecks):
            with self.subTest(cls.__name__):
                module = type(sys)("user_module")
                setattr(module, cls.__name__, cls)
                suite = unittest.defaultTestLoader.loadTestsFromModule(module)
                self.assertEqual(0, suite.countTestCases())


class TestDelegates(CaseTestCase):
    def test_the_members_speak_of_one_database(self):
        case = self.case()
        self.assertEqual("base", case.current)
        self.assertEqual("r1", case.migrate_up_one())
        self.assertEqual([7], case.insert_into("user", {"id": 7}))
        self.assertEqual([{"id": 7}], case.rows("user"))
        self.assertEqual(7, case.scalar("SELECT id FROM user"))
        self.assertEqual(1, len(case.execute("SELECT * FROM user")))
        self.assertEqual(["id"], case.table_at_revision("user").c.keys())
        self.assertIn("user", case.models_at_revision())
        self.assertEqual("r2", case.roundtrip_next_revision())
        self.assertEqual("r2", case.current)
        self.assertTrue(case.is_at_heads)
        self.assertEqual(frozenset({"r1", "r2"}), case.applied)
        self.assertEqual("r1", case.migrate_down_one())
        self.assertEqual(("r1",), case.current_heads)
        self.assertEqual("r1", case.managed_downgrade("r1"))
        self.assertEqual("r2", case.managed_upgrade("heads"))
        self.assertEqual("r2", case.migrate_down_before("r1"))
        self.assertEqual("base", case.migrate_down_to("base"))
        self.assertEqual("r1", case.migrate_up_before("r2"))
        self.assertEqual("r1", case.set_revision("r1"))
        self.assertIn("r1 -> r2", case.raw_command("history")[0])
        self.assertIn("CREATE TABLE book", case.upgrade_sql("r1", "r2")[0])
        self.assertEqual((("r1",), ("r2",)), (case.bases, case.heads))
        case.refresh_history()
        self.assertEqual(("r1", "r2"), case.history.revisions)
        self.assertIs(case.migrations, case.migrations)

    def test_connections_are_closed_after_the_test(self):
        opened = []
        result = self.run_test(lambda self: opened.append(self.connect()))
        self.assertPassed(result)
        self.assertTrue(opened[0].closed)

    def test_overridden_members_do_not_change_assertions(self):
        def nonsense(self: Any, *args: Any, **options: Any) -> Any:
            raise AssertionError("an assertion asked a member of the test")

        def test(self: Any) -> None:
            self.migrations.migrate_up_to("heads")
            self.migrations.insert_into("user", {"id": 1})
            self.assertRows("user", [{"id": 1}])
            self.assertRowCount("user", 1)
            self.assertTableExists("user")
            self.assertTableColumns("user", ["id"])
            self.assertCurrentRevision("r2")
            self.assertSingleHead()

        members = dict.fromkeys(METHODS, nonsense)
        self.assertPassed(self.run_test(test, **members))


class TestClashes(CaseTestCase):
    def test_assigning_a_member(self):
        for name in READ_ONLY:
            with self.subTest(name):
                with self.assertRaisesRegex(
                    AttributeError,
                    rf"Case\.{name} belongs to MigrationTestCase and cannot "
                    "be assigned; give yours another name",
                ):
                    setattr(self.case(), name, "mine")

    def test_defining_a_member(self):
        for name in READ_ONLY:
            with self.subTest(name):
                result = self.run_test(lambda self: None, **{name: "mine"})
                self.assertErrors(
                    result, "ConfigError", f"Case defines {name!r}",
                    "hides a member of MigrationTestCase; give it another",
                )

    def test_a_mixin_that_defines_one_is_named(self):
        mixin = type("Walker", (), {"heads": ["a"]})
        result = self.run_test(lambda self: None, mixin)
        self.assertErrors(result, "Walker defines 'heads'")

    def test_an_engine_of_the_users_own_is_no_clash(self):
        def test(self: Any) -> None:
            self.engine = self.migrations.engine
            self.migrate_up_one()

        self.assertPassed(self.run_test(test))


class TestLifetime(CaseTestCase):
    def test_a_test_that_uses_no_database_has_none(self):
        seen = []

        def test(case: Any) -> None:
            case.history, case.heads, repr(case.migrations)
            seen.extend(self.databases())

        self.assertPassed(self.run_test(test))
        self.assertEqual([], seen)

    def test_each_test_has_a_database_of_its_own(self):
        def test(case: Any) -> None:
            case.assertCurrentRevision("base")
            case.migrate_up_to("heads")
            self.assertEqual(1, len(self.databases()))

        cls = self.case_class(test_one=test, test_two=test)
        self.assertPassed(run_case(cls), 2)
        self.assertEqual([], self.databases())

    def test_set_up_need_not_be_called(self):
        def test(case: Any) -> None:
            case.migrate_up_one()
            case.assertTableExists("user")

        result = self.run_test(test, setUp=lambda self: None)
        self.assertPassed(result)
        self.assertEqual([], self.databases())

    def test_use_in_set_up_and_tear_down(self):
        def set_up(case: Any) -> None:
            MigrationTestCase.setUp(case)
            case.migrate_up_one()

        result = self.run_test(
            lambda case: case.insert_into("user", {"id": 1}),
            setUp=set_up,
            tearDown=lambda case: case.assertRowCount("user", 1),
        )
        self.assertPassed(result)
        self.assertEqual([], self.databases())

    def test_use_in_a_cleanup(self):
        seen = []

        def test(case: Any) -> None:
            case.migrate_up_one()
            case.addCleanup(lambda: seen.append(case.current))

        self.assertPassed(self.run_test(test))
        self.assertEqual(["r1"], seen)
        self.assertEqual([], self.databases())

    def test_whatever_fails_nothing_is_left(self):
        def used(error: Optional[BaseException]) -> Callable[[Any], None]:
            def work(case: Any) -> None:
                case.migrate_up_one()
                case.connect().begin()
                if error is not None:
                    raise error

            return work

        fine = used(None)
        troubles: dict[str, dict[str, Any]] = {
            "the test": {"test": used(AssertionError())},
            "an error in the test": {"test": used(OSError())},
            "a skip": {"test": used(unittest.SkipTest())},
            "setUp": {"setUp": used(OSError()), "test": fine},
            "tearDown": {"tearDown": used(OSError()), "test": fine},
        }
        for trouble, members in troubles.items():
            with self.subTest(trouble):
                result = run_case(self.case_class(**members))
                self.assertEqual(1, sum(map(len, (
                    result.failures, result.errors, result.skipped))))
                self.assertEqual([], self.databases())

    def test_an_interrupt_leaves_nothing(self):
        def test(case: Any) -> None:
            case.migrate_up_one()
            self.assertNotEqual([], self.databases())
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.run_test(test)
        self.assertEqual([], self.databases())

    def test_an_error_in_use_database_leaves_nothing(self):
        @contextlib.contextmanager
        def fails_on_entry(case: Any, engine: Any) -> Any:
            raise OSError("no application today")
            yield

        @contextlib.contextmanager
        def fails_on_exit(case: Any, engine: Any) -> Any:
            yield
            raise OSError("no application today")

        for hook in (fails_on_entry, fails_on_exit):
            with self.subTest(hook.__name__):
                result = self.run_test(
                    lambda case: case.migrate_up_one(), use_database=hook
                )
                self.assertErrors(result, "OSError: no application today")
                self.assertEqual([], self.databases())

    def test_the_hook_is_entered_before_the_first_use_and_left_after(self):
        seen = []

        @contextlib.contextmanager
        def use_database(case: Any, engine: Any) -> Any:
            seen.append(engine.url.database)
            yield
            seen.append(os.path.exists(engine.url.database))

        def test(case: Any) -> None:
            self.assertEqual([], seen)
            case.migrate_up_one()
            self.assertEqual([case.migrations.engine.url.database], seen)

        self.assertPassed(self.run_test(test, use_database=use_database))
        self.assertTrue(seen[1])


class TestKeptDatabases(CaseTestCase):
    def kept(self, test: Callable[[Any], Any], **members: Any) -> str:
        """Run a test; return what is said of its database."""
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            self.run_test(test, keep_failed_database=True, **members)
        said = error.getvalue()
        self.assertEqual(bool(said), bool(self.databases()))
        for name in self.databases():
            for path in (self.temp / name).iterdir():
                path.unlink()
            (self.temp / name).rmdir()
        return said

    def test_of_a_failed_test(self):
        def test(case: Any) -> None:
            case.migrate_up_one()
            case.fail("so that it is kept")

        said = self.kept(test)
        self.assertIn("kept the database of a failed test: sqlite3 ", said)
        self.assertIn(str(self.temp), said)

    def test_of_a_test_with_a_failed_sub_test(self):
        def test(case: Any) -> None:
            with case.subTest("one"):
                case.migrate_up_one()
                case.fail("so that it is kept")

        self.assertIn("kept the database", self.kept(test))

    def test_of_an_error_in_set_up(self):
        def set_up(case: Any) -> None:
            case.migrate_up_one()
            raise OSError

        said = self.kept(lambda case: None, setUp=set_up)
        self.assertIn("kept the database", said)

    def test_not_of_any_other(self):
        def skipped_part(case: Any) -> None:
            case.migrate_up_one()
            with case.subTest("one"):
                case.skipTest("no need")

        def skipped(case: Any) -> None:
            case.migrate_up_one()
            case.skipTest("no need")

        @unittest.expectedFailure
        def expected(case: Any) -> None:
            case.migrate_up_one()
            case.fail("as expected")

        for test in (
            lambda case: case.migrate_up_one(), skipped_part, skipped, expected
        ):
            with self.subTest(test.__name__):
                self.assertEqual("", self.kept(test))

    def test_a_variable_asks_for_it_too(self):
        os.environ["MIGTESTKIT_KEEP_FAILED"] = "1"
        self.assertTrue(self.case().migrations.config.keep_failed_database)
        os.environ["MIGTESTKIT_KEEP_FAILED"] = "0"
        self.assertFalse(self.case().migrations.config.keep_failed_database)

    def test_the_failures_of_other_tests_do_not_count(self):
        def test_one(case: Any) -> None:
            case.fail("without a database")

        def test_two(case: Any) -> None:
            case.migrate_up_one()
            case.skipTest("no need")

        said = self.kept(lambda case: None, test_1=test_one, test_2=test_two)
        self.assertEqual("", said)


class TestFailures(CaseTestCase):
    def test_a_message_is_added(self):
        result = self.run_test(
            lambda case: case.assertTableExists("user", "after the release")
        )
        text = result.failures[0][1]
        self.assertIn("table 'user' does not exist", text)
        self.assertIn(": after the release", text)

    def test_a_message_is_all_without_long_messages(self):
        result = self.run_test(
            lambda case: case.assertTableExists("user", "after the release"),
            longMessage=False,
        )
        text = result.failures[0][1]
        self.assertNotIn("does not exist", text)
        self.assertIn("AssertionError: after the release", text)

    def test_only_the_users_lines_are_shown(self):
        def test(case: Any) -> None:
            case.migrate_up_one()
            case.assertRows("user", [{"id": 1}])

        def test_block(case: Any) -> None:
            with case.assertMigrationFails():
                case.migrate_up_one()

        result = run_case(self.case_class(test=test, test_block=test_block))
        self.assertEqual(2, len(result.failures))
        for _, text in result.failures:
            self.assertEqual(1, text.count("File "), text)
            self.assertIn(os.path.basename(__file__), text)

    def test_a_failure_class_of_the_users_own(self):
        class Broken(AssertionError):
            pass

        case = self.case(failureException=Broken)
        with self.assertRaises(Broken):
            case.assertTableExists("user")


class SampleCase(MigrationTestCase):
    """A module-level class, which other processes can import."""

    maxDiff = 7

    def get_alembic_config(self) -> str:
        return os.environ["SAMPLE_CONFIG"]

    def setUp(self) -> None:
        super().setUp()
        self.note = "kept"

    def check_heads(self) -> None:
        self.migrate_up_to("heads")
        self.assertEqual("r2", self.current)
        self.assertEqual("kept", self.note)


class AsyncSampleCase(SampleCase, unittest.IsolatedAsyncioTestCase):
    async def check_within_a_loop(self) -> None:
        await asyncio.sleep(0)
        self.assertEqual("r1", self.migrate_up_one())


def run_pickled(data: bytes) -> tuple[int, list[str]]:
    """Run a pickled test, as a worker of a parallel runner does."""
    result = unittest.TestResult()
    pickle.loads(data).run(result)
    return result.testsRun, [
        text for _, text in result.failures + result.errors
    ]


class TestPickling(CaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        os.environ["SAMPLE_CONFIG"] = str(self.ini)

    def test_before_the_test(self):
        copy = pickle.loads(pickle.dumps(SampleCase("check_heads")))
        result = unittest.TestResult()
        copy.run(result)
        self.assertPassed(result)

    def test_with_things_that_no_other_process_can_use(self):
        case = SampleCase("check_heads")
        case.engine = create_engine("sqlite://", poolclass=NullPool)
        case.helper = lambda: None
        case.bound = case.assertEqual
        case.number = 3
        case.addTypeEqualityFunc(Path, lambda one, two, msg=None: None)
        case.addCleanup(case.engine.dispose)
        copy = pickle.loads(pickle.dumps(case))
        self.assertEqual(3, copy.number)
        for name in ("engine", "helper"):
            self.assertFalse(hasattr(copy, name))
        self.assertEqual([], copy._cleanups)
        copy.assertEqual({"a": 1}, {"a": 1})
        case.doCleanups()

    def test_cleanups_stay_where_they_are(self):
        case = SampleCase("check_heads")
        case.addCleanup(os.getcwd)
        self.assertEqual([], pickle.loads(pickle.dumps(case))._cleanups)
        self.assertEqual(1, len(case._cleanups))

    def test_in_the_middle_and_after(self):
        copies = []

        class Case(SampleCase):
            def check_heads(case) -> None:
                case.engine = case.migrations.engine
                case.migrate_up_to("heads")
                copies.append(pickle.dumps(case, 4))
                with case.subTest("one", revision="r1"):
                    case.assertTableExists("nothing")

        Case.__qualname__ = Case.__name__ = "SampleCase"
        self.addCleanup(setattr, sys.modules[__name__], "SampleCase",
                        SampleCase)
        setattr(sys.modules[__name__], "SampleCase", Case)

        class Result(unittest.TestResult):
            def addSubTest(result, test, subtest, error) -> None:
                copies.append(pickle.dumps(subtest, 4))

        case = Case("check_heads")
        result = Result()
        case.run(result)
        self.assertEqual([], result.errors)
        copies.append(pickle.dumps(case))
        inner, sub, after = map(pickle.loads, copies)
        for one in (inner, after, sub.test_case):
            self.assertEqual("kept", one.note)
            self.assertIsNone(one._outcome)
            self.assertFalse(hasattr(one, "engine"))
        self.assertIn("one", str(sub))
        self.assertEqual("base", inner.current)
        inner.doCleanups()

    def test_other_bases_find_again_what_they_make_themselves(self):
        for name in ("check_heads", "check_within_a_loop"):
            with self.subTest(name):
                data = pickle.dumps(AsyncSampleCase(name))
                self.assertEqual((1, []), run_pickled(data))

    def test_a_class_that_wants_other_arguments(self):
        case = pickle.loads(pickle.dumps(OddCase("a", "b")))
        self.assertEqual("ab", case.given)

    def test_a_round_trip_to_another_process(self):
        methods = multiprocessing.get_all_start_methods()
        for method in ("fork", "spawn"):
            if method not in methods:
                continue
            with self.subTest(method):
                context = multiprocessing.get_context(method)
                with context.Pool(1) as pool:
                    data = pickle.dumps(SampleCase("check_heads"))
                    found = pool.apply(run_pickled, (data,))
                    pool.close()
                    pool.join()
                self.assertEqual((1, []), found)


class OddCase(MigrationTestCase):
    def __init__(self, one: str, two: str) -> None:
        super().__init__("run")
        self.given = one + two


class TestMixes(CaseTestCase):
    def check_mix(self, *bases: type, last: Sequence[type] = ()) -> type:
        """Run a mix with other classes; return it."""
        seen = []

        def test(case: Any) -> None:
            case.migrate_up_one()
            case.assertTableExists("user")
            seen.append(case.current)

        def set_up(case: Any) -> None:
            super(cls, case).setUp()
            seen.append("setUp")

        cls = self.case_class(*bases, last=last, test=test, setUp=set_up)
        self.assertPassed(run_case(cls))
        self.assertEqual(["setUp", "r1"], seen)
        self.assertEqual([], self.databases())
        return cls

    def both_ways(self, base: type) -> None:
        for title, bases, last in (
            ("before", (base,), ()), ("behind", (), (base,))
        ):
            with self.subTest(title):
                self.check_mix(*bases, last=last)

    def test_a_cooperative_base(self):
        calls = []

        class Base(unittest.TestCase):
            def setUp(self) -> None:
                super().setUp()
                calls.append("up")
                self.addCleanup(calls.append, "down")

        self.both_ways(Base)
        self.assertEqual(["up", "down"] * 2, calls)

    def test_a_base_that_calls_nobody(self):
        class Base(unittest.TestCase):
            def setUp(self) -> None:
                pass

        self.both_ways(Base)

    def test_an_asynchronous_base(self):
        self.both_ways(unittest.IsolatedAsyncioTestCase)

    def test_within_a_running_loop(self):
        async def test(case: Any) -> None:
            await asyncio.sleep(0)
            case.migrate_up_to("heads")
            case.assertCurrentRevision("r2")

        async def set_up(case: Any) -> None:
            case.migrate_up_one()

        for bases, last in (
            ((unittest.IsolatedAsyncioTestCase,), ()),
            ((), (unittest.IsolatedAsyncioTestCase,)),
        ):
            with self.subTest(str(last)):
                self.assertPassed(run_case(self.case_class(
                    *bases, last=last, test=test, asyncSetUp=set_up)))
                self.assertEqual([], self.databases())

    def test_testtools(self):
        self.both_ways(self.base("testtools", "TestCase"))

    def test_trial(self):
        self.both_ways(self.base("twisted.trial.unittest", "TestCase"))

    def test_django(self):
        settings = self.base("django.conf", "settings")
        if not settings.configured:
            settings.configure(DATABASES={})
        self.both_ways(self.base("django.test", "SimpleTestCase"))

    def base(self, module: str, name: str) -> Any:
        try:
            return getattr(importlib.import_module(module), name)
        except ImportError:
            self.skipTest(f"{module} is not installed")


if __name__ == "__main__":
    unittest.main()
