"""Do the assertions about revisions tell what they do?"""

from __future__ import annotations

import inspect
import unittest
from collections.abc import Callable
from typing import Any

from migtestkit import MigrationTestCase
from migtestkit.errors import (
    ConfigError,
    MigrationFailed,
    MigtestkitError,
    RevisionError,
    TableError,
)
from tests import zoo
from tests.support import ProjectTestCase, Python, Rev, calls_of, create

USER = Rev(
    "r1",
    upgrade=create("user", "id INTEGER PRIMARY KEY, name TEXT, age INTEGER"),
    downgrade="DROP TABLE user",
    message="make the users",
)
BOOK = Rev(
    "r2", "r1", upgrade=create("book"), downgrade="DROP TABLE book",
    message="make the books",
)
SHELF = Rev("r3", "r2", upgrade=create("shelf"), downgrade="DROP TABLE shelf")
BROKEN = Rev("r3", "r2", upgrade="ALTER TABLE nowhere ADD x", message="break")


class HistoryTestCase(ProjectTestCase):
    def case(self, *revisions: Rev, **members: Any) -> Any:
        """Return a test of a project, in a folder of its own."""
        if revisions:
            self.folder = self.folder / f"project{id(revisions)}"
            self.folder.mkdir()
            ini = self.make_history(*revisions)
            members.setdefault("alembic_config", str(ini))
        members.setdefault("runTest", lambda self: None)
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        return case

    def assertFails(
        self, tried: Callable[..., Any], *args: Any, **options: Any
    ) -> str:
        with self.assertRaises(AssertionError) as caught:
            tried(*args, **options)
        text = str(caught.exception)
        self.assertLess(len(text.splitlines()), 26, text)
        # Else unittest shows twice what is said here.
        error = caught.exception
        self.assertTrue(error.__suppress_context__ or not error.__context__)
        return text

    def path(self, revision: str) -> str:
        return str(self.folder / "migrations" / "versions" / revision) + ".py"


class TestSingleHead(HistoryTestCase):
    def test_one_head(self):
        self.case(USER, BOOK).assertSingleHead()
        self.case(
            USER, BOOK, Rev("r2b", "r1"), Rev("m", ("r2", "r2b"))
        ).assertSingleHead()

    def test_two_heads_are_named_with_their_files(self):
        case = self.case(USER, BOOK, Rev("r2b", "r1"))
        self.assertEqual(
            "the history has 2 heads\n"
            "  r2b (revision r2b)\n"
            f"    file: {self.path('r2b')}\n"
            "  r2 (make the books)\n"
            f"    file: {self.path('r2')}\n"
            "`alembic merge heads` makes one of them; branches that are to "
            "stay apart need a label each : before the release",
            self.assertFails(case.assertSingleHead, "before the release"),
        )

    def test_labelled_branches(self):
        case = self.case(
            USER, Rev("e1", "r1", labels="expand"),
            Rev("c1", "r1", labels="contract"),
        )
        case.assertSingleHead(per_label=True)
        self.assertIn("2 heads", self.assertFails(case.assertSingleHead))

    def test_an_empty_history(self):
        case = self.case(Rev("r1"))
        (self.folder / "migrations" / "versions" / "r1.py").unlink()
        with self.assertRaisesRegex(RevisionError, "no revision, so no head"):
            case.assertSingleHead()


class TestCurrentRevision(HistoryTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.branched = self.case(
            USER, Rev("left", "r1"), Rev("right", "r1"), Rev("right2", "right")
        )

    def test_what_is_true_passes(self):
        case = self.branched
        case.assertCurrentRevision("base")
        case.migrate_up_to("r1")
        case.assertCurrentRevision("r1")
        case.migrate_up_to("heads")
        case.assertCurrentRevision("right2", "left")
        case.assertCurrentRevision("heads")
        case.migrate_down_to("right")
        case.assertCurrentRevision("left", "right")

    def test_what_is_false_fails(self):
        case = self.branched
        self.assertEqual(
            "the database stands at 'base', not at 'r1' : too early",
            self.assertFails(
                case.assertCurrentRevision, "r1", msg="too early"
            ),
        )
        case.migrate_up_to("heads")
        for revisions, text in (
            (("left",), "stands at 'right2', 'left', not at 'left'"),
            (("base",), "not at 'base'"),
            (("left", "right"), "not at 'right', 'left'"),
            (("r1",), "not at 'r1'"),
        ):
            with self.subTest(text):
                self.assertIn(text, self.assertFails(
                    case.assertCurrentRevision, *revisions))

    def test_what_means_nothing_is_an_error(self):
        for revisions, words in (
            ((), "name a revision, or 'base'"),
            (("lefd",), r"'lefd'.*did you mean 'left'\?"),
            ((["left"],), r"must be a non-empty str.*not \['left'\]"),
            (("",), "must be a non-empty str"),
            (("ri",), "'ri'"),
        ):
            with self.subTest(words):
                with self.assertRaisesRegex(RevisionError, words):
                    self.branched.assertCurrentRevision(*revisions)


class TestUpgrades(HistoryTestCase):
    def test_what_is_true_passes(self):
        case = self.case(USER, BOOK)
        case.assertUpgrades("r1")
        self.assertEqual("r1", case.current)
        case.assertUpgrades()
        self.assertEqual("r2", case.current)

    def test_what_fails_is_told(self):
        case = self.case(USER, BOOK, BROKEN)
        text = self.assertFails(case.assertUpgrades, msg="on tuesday")
        for words in (
            "upgrade of revision r3 (break) failed",
            f"file: {self.path('r3')}",
            "ALTER TABLE nowhere ADD x",
            "no such table: nowhere",
            "on tuesday",
        ):
            self.assertIn(words, text)

    def test_nothing_to_upgrade_is_an_error(self):
        case = self.case(USER, start_revision="r1")
        with self.assertRaisesRegex(
            RevisionError, "'heads' is applied already, so nothing was upg"
        ):
            case.assertUpgrades()
        with self.assertRaisesRegex(RevisionError, "'r9'"):
            case.assertUpgrades("r9")
        skipping = self.case(
            USER, BOOK, start_revision="r1", skip_revisions=["r2"]
        )
        with self.assertRaisesRegex(RevisionError, "'r2', is in skip_rev"):
            skipping.assertUpgrades()


class TestMigrationFails(HistoryTestCase):
    def test_as_a_call(self):
        case = self.case(USER, BOOK, BROKEN)
        error = case.assertMigrationFails("r3", "no such table: nowh.re")
        self.assertIsInstance(error, MigrationFailed)
        self.assertEqual("r3", error.revision)
        self.assertEqual("r2", case.current)
        case.assertMigrationFails("r3")

    def test_what_is_no_regular_expression(self):
        case = self.case(USER, BOOK, BROKEN)
        with self.assertRaisesRegex(ConfigError, "regex must be a regular "
                                    r"expression, not '\(': .*re.escape"):
            case.assertMigrationFails("r3", "(")
        with self.assertRaisesRegex(ConfigError, "not 7"):
            case.assertMigrationFails(regex=7)
        self.assertEqual("base", case.current)

    def test_around_moves(self):
        case = self.case(USER, BOOK, BROKEN)
        case.migrate_up_to("r2")
        with case.assertMigrationFails(regex="nowhere") as caught:
            case.migrate_up_to("heads")
        self.assertEqual("r3", caught.exception.revision)
        self.assertEqual("r2", case.current)

    def test_no_failure(self):
        case = self.case(USER, BOOK)
        self.assertEqual(
            "the upgrade of revision r2 (make the books) did not fail : hm",
            self.assertFails(case.assertMigrationFails, "r2", msg="hm"),
        )

        def around() -> None:
            with case.assertMigrationFails():
                case.migrate_down_one()

        self.assertEqual("no migration failed", self.assertFails(around))

    def test_another_text(self):
        case = self.case(USER, BOOK, BROKEN)
        text = self.assertFails(case.assertMigrationFails, "r3", "orphaned")
        self.assertIn(
            "the migration failed, but 'orphaned' is not in the error:\n"
            "upgrade of revision r3 (break) failed", text,
        )

    def test_another_revision(self):
        case = self.case(USER, BOOK, BROKEN, Rev("r4", "r3"))
        with self.assertRaises(MigrationFailed) as caught:
            case.assertMigrationFails("r4")
        self.assertEqual("r3", caught.exception.revision)

    def test_another_error_is_not_swallowed(self):
        case = self.case(USER)
        with self.assertRaises(ZeroDivisionError):
            with case.assertMigrationFails():
                1 / 0
        with self.assertRaisesRegex(RevisionError, "'r9'"):
            with case.assertMigrationFails():
                case.migrate_up_to("r9")

    def test_what_means_nothing_is_an_error(self):
        case = self.case(USER, BOOK, skip_revisions=["r2"])
        case.migrate_up_to("r1")
        for revision, words in (
            ("r1", r"r1 \(make the users\) is applied already"),
            ("r9", "'r9'"),
            ("base", "'base' is no revision"),
            ("r2", "skip_revisions"),
        ):
            with self.subTest(revision):
                with self.assertRaisesRegex(RevisionError, words):
                    case.assertMigrationFails(revision)

    def test_the_cause_can_be_put_right_and_the_revision_tried_again(self):
        unique = Rev("r2", "r1", upgrade=(
            create("later"), "CREATE UNIQUE INDEX names ON user (name)",
        ))
        case = self.case(USER, unique, start_revision="r1")
        case.insert_into("user", [{"name": "Ada"}, {"name": "Ada"}])
        case.assertMigrationFails("r2", "UNIQUE")
        self.assertEqual("r1", case.current)
        # SQLite keeps a table of the migration that failed.
        case.assertTableExists("later")
        case.execute("DROP TABLE later")
        case.execute("DELETE FROM user WHERE id = 2")
        self.assertEqual("r2", case.migrate_up_one())
        case.assertRows("user", [{"name": "Ada"}])


class TestRoundtrip(HistoryTestCase):
    def test_what_is_true_passes_and_runs_up_down_up(self):
        case = self.case(USER, BOOK, SHELF)
        config = case.migrations.environment.config
        case.assertRoundtrip("r2")
        self.assertEqual(
            [("upgrade", "r1"), ("upgrade", "r2"), ("downgrade", "r2"),
             ("upgrade", "r2")],
            calls_of(config),
        )
        self.assertEqual("r2", case.current)
        case.assertRoundtrip()
        self.assertEqual("r3", case.current)

    def test_a_merge_is_reverted_alone(self):
        merge = Rev("m", ("left", "right"), upgrade=create("merged"),
                    downgrade="DROP TABLE merged")
        case = self.case(USER, Rev("left", "r1"), Rev("right", "r1"), merge)
        case.migrate_up_to("r1")
        config = case.migrations.environment.config
        calls_of(config)
        case.assertRoundtrip("m")
        ran = calls_of(config)
        self.assertEqual([("downgrade", "m")],
                         [one for one in ran if one[0] == "downgrade"])
        self.assertEqual(1, ran.count(("upgrade", "left")))
        self.assertEqual(2, ran.count(("upgrade", "m")))

    def test_traces_in_the_schema(self):
        case = self.case(USER, BOOK._replace(downgrade=""))
        text = self.assertFails(case.assertRoundtrip, "r2", msg="hm")
        self.assertIn(
            "revision r2 (make the books): its downgrade leaves traces", text
        )
        self.assertIn('table "book" is there only after the', text)
        self.assertIn("its second upgrade, after the downgrade\n", text)
        self.assertIn("table book already exists", text)
        self.assertIn(f"  file: {self.path('r2')}", text)
        self.assertIn(" : hm", text)

    def test_a_column_that_comes_or_goes_on_the_way(self):
        user = Rev("r1", None, None, None,
                   [create("user", "id INTEGER PRIMARY KEY, fax TEXT")],
                   ["DROP TABLE user"])
        for downgrade, told, silent in (
            (["ALTER TABLE user DROP COLUMN fax"],
             "changed id=1: fax is gone, with '1'", "extra"),
            (["ALTER TABLE user ADD COLUMN x TEXT DEFAULT 'y'"],
             'column "x" is there only after the', "rows are not"),
        ):
            with self.subTest(downgrade):
                case = self.case(
                    user, Rev("r2", "r1", None, None, "", downgrade),
                    start_revision="r1",
                )
                case.insert_into("user", {"id": 1, "fax": "1"})
                text = self.assertFails(case.assertRoundtrip, "r2")
                self.assertIn(told, text)
                self.assertNotIn(silent, text)

    def test_a_second_upgrade_that_differs(self):
        upgrade = Python(
            'op.execute("CREATE TABLE book (id INTEGER)")\n'
            'if len(calls) > 2:\n'
            '    op.execute("CREATE INDEX again ON book (id)")\n'
        )
        case = self.case(USER, BOOK._replace(upgrade=upgrade))
        text = self.assertFails(case.assertRoundtrip, "r2")
        self.assertIn(
            "revision r2 (make the books): its second upgrade differs", text
        )
        self.assertIn("again", text)
        self.assertNotIn("leaves traces", text)

    def test_a_step_that_fails(self):
        broken = "ALTER TABLE nowhere ADD x"
        for revision, words in (
            (BOOK._replace(upgrade=broken), "upgrade of revision r2"),
            (BOOK._replace(downgrade=broken), "downgrade of revision r2"),
            (BOOK._replace(downgrade=None), "NotImplementedError"),
        ):
            with self.subTest(words):
                case = self.case(USER, revision)
                text = self.assertFails(case.assertRoundtrip, "r2")
                self.assertIn(words, text)
                self.assertIn(self.path("r2"), text)

    def test_at_heads_nothing_is_tested(self):
        nothing = "the database is at its heads: no revision was tested"
        case = self.case(USER, BOOK, start_revision="heads")
        self.assertEqual(nothing, self.assertFails(case.assertRoundtrip))
        skipping = self.case(
            USER, BOOK, start_revision="r1", skip_revisions=["r2"]
        )
        self.assertEqual(nothing, self.assertFails(skipping.assertRoundtrip))

    def test_what_means_nothing_is_an_error(self):
        case = self.case(USER, BOOK, start_revision="r1")
        for revision, words in (
            ("r1", "is applied already"), ("r9", "'r9'"),
            ("base", "'base' is no revision"),
        ):
            with self.subTest(revision):
                with self.assertRaisesRegex(RevisionError, words):
                    case.assertRoundtrip(revision)
        skipping = self.case(USER, BOOK, skip_revisions=["r1"])
        with self.assertRaisesRegex(RevisionError, "skip_revisions"):
            skipping.assertRoundtrip("r1")

    def test_several_databases(self):
        project = zoo.PROJECTS["multidb_edited"]
        root = zoo.copy_project(project, self.folder)
        case = self.case(
            alembic_config=str(root / "alembic.ini"),
            database_url=zoo.TWO_ENGINES,
        )
        with self.assertRaisesRegex(ConfigError, "say which with database="):
            case.assertRoundtrip("r1_author")
        case.assertRoundtrip("r2_book", database="engine1")
        case.assertCurrentRevision("r2_book", database="engine1")
        case.assertCurrentRevision("base", database="engine2")
        case.assertRoundtrip("r1_author", database="engine2")
        case.assertCurrentRevision("r1_author", database="engine2")
        case.assertCurrentRevision("r2_book", database="engine1")


#: Takes `age` away and gives it back empty.
DROPS_AGE = Rev(
    "r2", "r1",
    upgrade="ALTER TABLE user DROP COLUMN age",
    downgrade="ALTER TABLE user ADD COLUMN age INTEGER",
    message="no ages",
)


class TestRoundtripOfRows(HistoryTestCase):
    def user(self, revision: Rev, **members: Any) -> Any:
        case = self.case(USER, revision, start_revision="r1", **members)
        case.insert_into("user", [
            {"id": 1, "name": "Ada", "age": 36},
            {"id": 2, "name": "Bob", "age": None},
        ])
        return case

    def test_rows_that_stay(self):
        case = self.user(BOOK)
        case.assertRoundtrip()
        case.assertRowCount("user", 2)

    def test_a_value_that_is_lost(self):
        text = self.assertFails(self.user(DROPS_AGE).assertRoundtrip)
        self.assertIn(
            "revision r2 (no ages): rows are not what they were\n"
            "  table 'user':\n"
            "  ! changed id=1: age is None, not 36\n"
            f"  file: {self.path('r2')}", text,
        )

    def test_a_value_that_is_changed_and_a_row_that_is_gone(self):
        for downgrade, told in (
            ("UPDATE user SET name = upper(name) WHERE id = 2",
             "! changed id=2: name is 'BOB', not 'Bob'"),
            ("DELETE FROM user WHERE id = 2",
             "- missing {'id': 2, 'name': 'Bob'"),
        ):
            with self.subTest(downgrade):
                case = self.user(Rev("r2", "r1", downgrade=downgrade))
                text = self.assertFails(case.assertRoundtrip)
                self.assertIn(told, text)
                self.assertNotIn("Ada", text)

    def test_what_the_upgrade_changed_for_good(self):
        case = self.user(Rev("r2", "r1", upgrade="DELETE FROM user"))
        text = self.assertFails(case.assertRoundtrip)
        self.assertIn("rows are not what they were", text)

    def test_columns_and_tables_that_may_lose_something(self):
        self.user(DROPS_AGE).assertRoundtrip(lossy=["user.age"])
        self.user(DROPS_AGE).assertRoundtrip(lossy=["user"])
        self.user(DROPS_AGE).assertRoundtrip(data=False)
        gone = Rev("r2", "r1", downgrade="DELETE FROM user")
        self.assertFails(self.user(gone).assertRoundtrip, lossy=["user.age"])
        self.user(gone).assertRoundtrip(lossy=("user",))

    def test_rows_of_the_revision_itself_are_no_loss(self):
        seeds = Rev("r2", "r1",
                    upgrade="INSERT OR IGNORE INTO user VALUES (9, 'x', 1)")
        self.user(seeds).assertRoundtrip()
        self.user(BOOK, at_revision_data={
            "r2": {"user": {"id": 8, "name": "y"}},
        }).assertRoundtrip()

    def test_rows_before_the_revision_count(self):
        case = self.case(USER, DROPS_AGE, before_revision_data={
            "r2": {"user": {"id": 5, "age": 7}},
        })
        text = self.assertFails(case.assertRoundtrip, "r2")
        self.assertIn("id=5: age is None", text)
        case = self.case(
            USER, DROPS_AGE, start_revision="r1",
            before_revision_data={"r2": {"user": {"id": 5, "age": 7}}},
        )
        text = self.assertFails(case.assertRoundtrip)
        self.assertIn("id=5: age is None", text)

    def test_with_no_rows_the_schema_alone_is_compared(self):
        self.case(USER, DROPS_AGE).assertRoundtrip("r2")

    def test_names_that_mean_nothing_are_errors(self):
        for lossy, words in (
            (["user.ag"], r"lossy names 'user.ag', which is no table and no "
             r"'table.column'; there are user; did you mean 'user.age'\?"),
            (["usr"], r"'usr'.*did you mean 'user'"),
            (["age"], "'age', which is no table"),
            ([3], "lossy names 3"),
            ("user", "lossy must be a sequence of names, not 'user'"),
        ):
            for data in (True, False):
                with self.subTest(str(lossy), data=str(data)):
                    with self.assertRaisesRegex(TableError, words):
                        self.user(DROPS_AGE).assertRoundtrip(
                            lossy=lossy, data=data)


#: For every assertion that the kit adds: calls of what is not there, and of
#: what is so, but not on an empty database.
NOTHING: dict[str, tuple[tuple[Any, ...], ...]] = {
    "assertTableExists": (("nope",), ("",)),
    "assertTableNotExists": (("nope",), ("",)),
    "assertTableHasColumns": (
        ("nope", ["id"]), ("user", ["nope"]), ("user", []), ("user", ["id"]),
    ),
    "assertTableColumns": (
        ("nope", ["id"]), ("user", ["nope"]), ("user", []), ("user", ["id"]),
    ),
    "assertTableLacksColumns": (
        ("nope", ["id"]), ("user", ["nope"]), ("user", []),
    ),
    "assertRows": (("nope", [{"id": 1}]), ("user", []), ("user", [{}])),
    "assertRowCount": (("nope", 0), ("user", None), ("user", 0)),
    "assertCurrentRevision": (("nope",), (), ("r2",)),
    "assertSingleHead": (),
    "assertUpgrades": (("nope",), ("",), ("base",)),
    "assertRoundtrip": (("nope",), ("",), ("base",)),
    "assertModelsMatchMigrations": ((),),
    "assertModelsMatchSchema": ((),),
    "assertMigrationFails": (("nope",), ("",), ("base",), ("r1",)),
    "assertDowngradeLeavesNoTrace": (("nope",), ("",), ("base",)),
    "assertUpgradeIdempotent": (("nope",), ("",), ("base",)),
    "assertOperationsForbidden": (
        (), ("nope",), ({},), ({"nope": ["drop_table"]},),
    ),
}


class TestAllAssertions(HistoryTestCase):
    def test_all_of_them_stand_here(self):
        ours = {
            name
            for name, member in inspect.getmembers(MigrationTestCase)
            if name.startswith("assert")
            and not hasattr(unittest.TestCase, name)
        }
        # That none is left out is test_assertions_never_vacuous's to say.
        self.assertLessEqual(set(NOTHING), ours)

    def test_all_of_them_take_a_message_and_are_explained(self):
        for name in NOTHING:
            with self.subTest(name):
                method = getattr(MigrationTestCase, name)
                parameters = inspect.signature(method).parameters
                self.assertIn("msg", parameters)
                self.assertIsNone(parameters["msg"].default)
                self.assertIn("Fail ", inspect.getdoc(method) or "")

    def test_nothing_passes_without_having_looked(self):
        for start in ("base", "r1"):
            for name, calls in NOTHING.items():
                for args in calls:
                    if start == "r1" and args[-1:] in (
                        (["id"],), (0,)
                    ) and args[0] == "user":
                        continue  # then it is so
                    with self.subTest(name, args=str(args), start=start):
                        case = self.case(USER, BOOK, start_revision=start)
                        with self.assertRaises(
                            (AssertionError, MigtestkitError)
                        ):
                            getattr(case, name)(*args)


if __name__ == "__main__":
    unittest.main()
