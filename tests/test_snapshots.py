"""Is a database restored only from one that the same revisions made, and
restored whole?
"""
from __future__ import annotations

import os
import sqlite3
import sys
import threading
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from alembic.config import Config
from migtestkit import MigrationContext, MigrationTestCase
from migtestkit.databases import pages
from migtestkit.databases.base import Database
from migtestkit.databases.registry import backend_for
from migtestkit.databases.snapshots import STORE, Kept, SnapshotStore
from sqlalchemy import create_engine, make_url, text

from tests.support import ENV, ProjectTestCase, Python, Rev, create, run_case

#: Each script says in a file beside it that it runs: what a run keeps in
#: ``config.attributes`` would be a reason to reuse nothing.
NOTE = (
    "import pathlib\n"
    "log = pathlib.Path(__file__).parent.parent / 'log.txt'\n"
    "log.write_text((log.read_text() if log.exists() else '') + "
    "{name!r} + '\\n')\n"
    "op.execute({sql!r})\n"
)


def revision(name: str, down: Any = None, sql: str = "") -> Rev:
    body = NOTE.format(name=name, sql=sql or create(name))
    return Rev(
        name, down, upgrade=Python(body), downgrade=f"DROP TABLE {name}"
    )


HISTORY = (
    revision("r1"),
    revision("r2", "r1"),
    revision("r3", "r2"),
    revision("r4", "r3"),
)
#: Alembic's way, without the notes that tests else take.
QUIET_ENV = ENV.replace(
    'runs = config.attributes.setdefault("runs", [])', "runs = []"
)


#: `sqlite3.Connection.serialize()` came with it.
NEEDS_SERIALIZE = unittest.skipUnless(
    sys.version_info >= (3, 11), "snapshots of SQLite need Python 3.11"
)


@NEEDS_SERIALIZE
class SnapshotTestCase(ProjectTestCase):
    def setUp(self) -> None:
        super().setUp()
        STORE.clear()
        self.addCleanup(STORE.clear)
        self.ini = self.make_history(*HISTORY, env=QUIET_ENV)
        # Notes of scripts would be part of what tells one state of the
        # folder from another.
        self.log = Path(self.ini).parent / "log.txt"
        script = Path(self.ini).parent / "migrations" / "versions"
        for path in script.glob("*.py"):
            path.write_text(
                path.read_text().replace(
                    "pathlib.Path(__file__).parent.parent / 'log.txt'",
                    f"pathlib.Path({os.fspath(self.log)!r})",
                )
            )

    def ran(self) -> list[str]:
        """Return which upgrades were run since the last time."""
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines()
        self.log.unlink()
        return lines

    def tables_at(self, start: str, **options: Any) -> set[str]:
        options.setdefault("alembic_config", str(self.ini))
        with MigrationContext(
            options.pop("alembic_config"), start_revision=start, **options
        ) as context:
            applied = context.applied
            with context.connect() as connection:
                found = connection.execute(
                    text("SELECT name FROM sqlite_master WHERE type='table'")
                )
                tables = {row[0] for row in found} - {"alembic_version"}
        self.assertEqual(tables, applied)
        return tables


class TestWhatIsRun(SnapshotTestCase):
    def test_a_start_is_migrated_to_once(self) -> None:
        for expected in (["r1", "r2", "r3"], [], []):
            self.assertEqual({"r1", "r2", "r3"}, self.tables_at("r3"))
            self.assertEqual(expected, self.ran())

    def test_what_lies_on_the_way_is_kept_and_what_lies_beyond_is_run(self):
        self.tables_at("r3")
        self.ran()
        for start, expected in (("r2", []), ("r1", []), ("r4", ["r4"])):
            with self.subTest(start):
                self.tables_at(start)
                self.assertEqual(expected, self.ran())

    def test_a_move_from_base(self) -> None:
        for move, expected in (
            (lambda one: one.migrate_up_to("r3"), ["r1", "r2", "r3"]),
            (lambda one: one.migrate_up_to("r3"), []),
            (lambda one: one.migrate_up_before("r3"), []),
            (lambda one: one.managed_upgrade("r4"), ["r4"]),
        ):
            with MigrationContext(str(self.ini)) as context:
                move(context)
                self.assertEqual(expected, self.ran())
                self.assertEqual(
                    set(context.applied),
                    {row[0] for row in context.execute(
                        "SELECT name FROM sqlite_master WHERE type='table' "
                        "AND name LIKE 'r_'"
                    )},
                )

    def test_a_single_step_and_a_test_of_upgrades_are_really_run(self):
        self.tables_at("r4")
        self.ran()
        with MigrationContext(str(self.ini)) as context:
            context.migrate_up_one()
            self.assertEqual(["r1"], self.ran())
        for check, expected in (
            ("test_upgrade", ["r1", "r2", "r3", "r4"] * 2),
            (
                "test_up_down_consistency",
                ["r1", "r1", "r2", "r2", "r3", "r3", "r4", "r4"],
            ),
        ):
            outcome = self.checks(check)
            self.assertTrue(outcome.wasSuccessful(), outcome.failures)
            self.assertEqual(expected, self.ran())

    def test_an_assertion_about_upgrades_really_runs_them(self) -> None:
        self.tables_at("r4")
        self.ran()
        ini = str(self.ini)

        class Case(MigrationTestCase):
            alembic_config = ini

            def test(self) -> None:
                self.assertUpgrades("r3")

        outcome = run_case(Case)
        self.assertTrue(outcome.wasSuccessful(), outcome)
        self.assertEqual(["r1", "r2", "r3"], self.ran())

    def checks(self, *names: str) -> unittest.TestResult:
        from migtestkit.checks import HistoryChecks

        members = {name: getattr(HistoryChecks, name) for name in names}
        rest = {
            name: None
            for name in dir(HistoryChecks)
            if name.startswith("test_") and name not in names
        }
        return run_case(
            type(
                "TestHere",
                (HistoryChecks, MigrationTestCase),
                {"alembic_config": str(self.ini), **rest, **members},
            )
        )

    def test_a_side_database(self) -> None:
        self.tables_at("r2")
        self.ran()
        with MigrationContext(str(self.ini)) as context:
            table = context.table_at_revision("r2", revision="r2")
        self.assertEqual(["id"], [column.name for column in table.columns])
        self.assertEqual([], self.ran())

    def test_rows_of_a_test_are_in_no_snapshot(self) -> None:
        for _ in range(2):
            with MigrationContext(
                str(self.ini), start_revision="r1"
            ) as context:
                self.assertEqual([], context.rows("r1"))
                context.insert_into("r1", {"id": 1})
                context.migrate_up_to("r3")
        with MigrationContext(str(self.ini), start_revision="r3") as context:
            self.assertEqual([], context.rows("r1"))

    def test_a_database_that_a_test_wrote_to_is_not_replaced(self) -> None:
        self.tables_at("r2")
        self.ran()
        with MigrationContext(str(self.ini)) as context:
            context.execute("CREATE TABLE mine (id INTEGER)")
            context.migrate_up_to("r2")
            self.assertEqual([], context.rows("mine"))
            self.assertEqual(["r1", "r2"], self.ran())

    def test_a_database_that_a_test_wrote_to_is_not_kept(self) -> None:
        with MigrationContext(str(self.ini)) as context:
            context.execute("CREATE TABLE mine (id INTEGER)")
            context.migrate_up_to("r2")
        self.assertEqual(0, len(STORE))

    def test_nothing_is_kept_of_a_walk_that_fails(self) -> None:
        path = next(
            (Path(self.ini).parent / "migrations/versions").glob("r3*.py")
        )
        path.write_text(path.read_text().replace("CREATE TABLE", "CREATE x"))
        for _ in range(2):
            with MigrationContext(str(self.ini)) as context:
                with self.assertRaises(Exception):
                    context.migrate_up_to("r4")
                self.assertEqual(["r1", "r2", "r3"], self.ran())
                self.assertEqual("r2", context.current)


class TestWhatItDependsOn(SnapshotTestCase):
    """Each of these makes a database that may be another."""

    def setUp(self) -> None:
        super().setUp()
        self.tables_at("r2")
        self.assertEqual(["r1", "r2"], self.ran())

    def assert_run_again(self, **options: Any) -> None:
        self.tables_at("r2", **options)
        self.assertEqual(["r1", "r2"], self.ran())

    def test_nothing_changed(self) -> None:
        self.tables_at("r2")
        self.assertEqual([], self.ran())

    def test_the_option(self) -> None:
        self.assert_run_again(reuse_snapshots=False)

    def test_a_script(self) -> None:
        folder = Path(self.ini).parent / "migrations"
        for path in (next(folder.glob("versions/r2*.py")), folder / "env.py"):
            with self.subTest(path.name):
                path.write_text(path.read_text() + "\n# changed\n")
                self.assert_run_again()

    def test_another_module_beside_env_py(self) -> None:
        path = Path(self.ini).parent / "migrations" / "helpers.py"
        path.write_text("")
        self.assert_run_again()

    def test_the_configuration(self) -> None:
        path = Path(self.ini)
        path.write_text(path.read_text() + "\nanswer = 42\n")
        self.assert_run_again()

    def test_arguments_and_environment(self) -> None:
        self.assert_run_again(x_arguments=("tenant=one",))
        self.assert_run_again(environ={"MODE": "two"})
        with mock.patch.dict(os.environ, MODE="three"):
            self.assert_run_again()

    def test_pytest_s_note_of_the_test_that_runs_is_nothing_to_it(self):
        with mock.patch.dict(os.environ, PYTEST_CURRENT_TEST="one (call)"):
            self.tables_at("r2")
        self.assertEqual([], self.ran())

    def test_hooks_of_which_nobody_knows_what_they_do(self) -> None:
        for name in ("alembic_context", "use_database"):
            with self.subTest(name):
                self.assert_run_again(**{name: lambda *_: None})
        self.assert_run_again(create_base_schema=lambda connection: None)
        self.assert_run_again(run_environment=lambda call: call())

    def test_a_config_with_attributes(self) -> None:
        config = Config(str(self.ini))
        config.attributes["tenant"] = "one"
        self.assert_run_again(alembic_config=config)

    def test_skipped_revisions(self) -> None:
        with MigrationContext(
            str(self.ini), start_revision="r2", skip_revisions=("r1",)
        ) as context:
            self.assertEqual([], context.rows("r2"))
            self.assertEqual(["r2"], self.ran())

    def test_rows_that_belong_to_a_revision(self) -> None:
        for _ in range(2):
            with MigrationContext(
                str(self.ini),
                start_revision="r2",
                at_revision_data={"r1": {"r1": {"id": 7}}},
            ) as context:
                self.assertEqual([{"id": 7}], context.rows("r1"))
            self.assertEqual(["r1", "r2"], self.ran())


@NEEDS_SERIALIZE
class TestSQLite(ProjectTestCase):
    """What copying a database file can go wrong with."""

    def provision(self) -> Database:
        made = backend_for("sqlite").provision(
            make_url("sqlite://"), lock_timeout=1
        )
        self.addCleanup(made.drop)
        return made

    def write(self, database: Database, *statements: str) -> None:
        with database.create_engine().begin() as connection:
            for one in statements:
                connection.exec_driver_sql(one)

    def content(self, database: Database, table: str = "t") -> list[Any]:
        with database.create_engine().connect() as connection:
            return list(
                connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            )

    def test_content_comes_back(self) -> None:
        first, second = self.provision(), self.provision()
        self.write(first, "CREATE TABLE t (a, b)", "INSERT INTO t VALUES(1,2)")
        snapshot = first.snapshot()
        self.write(first, "DELETE FROM t")
        self.assertTrue(second.is_untouched)
        self.assertTrue(second.restore(snapshot))
        self.assertFalse(second.is_untouched)
        self.assertEqual([(1, 2)], self.content(second))

    def test_a_connection_that_was_open_sees_the_new_content(self) -> None:
        first, second = self.provision(), self.provision()
        self.write(first, "CREATE TABLE t (a, b)", "INSERT INTO t VALUES(1,2)")
        with second.create_engine().connect() as connection:
            query = text("SELECT name FROM sqlite_master")
            self.assertEqual([], connection.scalars(query).all())
            connection.rollback()
            self.assertTrue(second.restore(first.snapshot()))
            self.assertEqual(["t"], connection.scalars(query).all())
            found = connection.exec_driver_sql("SELECT a, b FROM t").all()
            self.assertEqual([(1, 2)], found)

    def test_a_statement_prepared_before_is_not_used_on_new_columns(self):
        first, second, third = (self.provision() for _ in range(3))
        self.write(first, "CREATE TABLE t (a, b)", "INSERT INTO t VALUES(1,2)")
        self.write(third, "CREATE TABLE t (b, a)", "INSERT INTO t VALUES(3,4)")
        with second.create_engine().connect() as connection:
            for one, expected in ((first, (1, 2)), (third, (4, 3))):
                self.assertTrue(second.restore(one.snapshot()))
                found = connection.exec_driver_sql("SELECT a, b FROM t").all()
                self.assertEqual([expected], found)
                connection.rollback()

    def test_no_snapshot_while_another_connection_writes(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a)")
        other = sqlite3.connect(made.url.database or "", timeout=0)
        self.addCleanup(other.close)
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO t VALUES (1)")
        self.assertIsNone(made.snapshot())
        other.execute("ROLLBACK")
        self.assertIsNotNone(made.snapshot())

    def test_uncommitted_rows_are_in_no_snapshot(self) -> None:
        made, copy = self.provision(), self.provision()
        self.write(made, "CREATE TABLE t (a)")
        other = sqlite3.connect(made.url.database or "", timeout=0)
        self.addCleanup(other.close)
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO t VALUES (1)")
        snapshot = made.snapshot()
        other.execute("COMMIT")
        self.assertIsNotNone(snapshot)
        copy.restore(snapshot)
        self.assertEqual([], self.content(copy))

    def test_a_restore_does_not_wait_for_ever_for_a_lock(self) -> None:
        first, second = self.provision(), self.provision()
        self.write(first, "CREATE TABLE t (a)")
        self.write(second, "CREATE TABLE u (a)")
        other = sqlite3.connect(second.url.database or "", timeout=0)
        self.addCleanup(other.close)
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        self.assertFalse(second.restore(first.snapshot()))
        other.execute("ROLLBACK")
        self.assertEqual([], self.content(second, "u"))

    def test_no_snapshot_in_the_mode_of_the_write_ahead_log(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a)")
        path = made.url.database or ""
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        self.assertIsNone(made.snapshot())
        connection.close()
        self.assertEqual([(1,)], self.content(made))

    def test_of_a_database_that_was_handed_over_there_is_none(self) -> None:
        engine = create_engine(f"sqlite:///{self.folder / 'own.db'}")
        self.addCleanup(engine.dispose)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a)")
        adopted = backend_for("sqlite").adopt(engine, lock_timeout=1)
        made = self.provision()
        self.write(made, "CREATE TABLE u (a)")
        self.assertIsNone(adopted.snapshot())
        self.assertFalse(adopted.is_untouched)
        self.assertFalse(adopted.restore(made.snapshot()))
        self.assertEqual([], self.content(adopted))

    def test_python_that_cannot_serialize_goes_without(self) -> None:
        made = self.provision()
        self.write(made, "CREATE TABLE t (a)")
        with mock.patch.object(sys, "version_info", (3, 10, 0)):
            self.assertIsNone(made.snapshot())


@NEEDS_SERIALIZE
class TestPages(unittest.TestCase):
    """Images of one growing database are cheap together."""

    def test_equal_pages_are_kept_once(self) -> None:
        a, b, c = (name * 4096 for name in (b"a", b"b", b"c"))
        before = pages.held()
        first = pages.Image.of(a + b, 4096)
        images = [
            first,
            pages.Image.of(a + c, 4096, first),
            # In another place, and without a hint.
            pages.Image.of(c + b + a, 4096),
        ]
        self.assertEqual(3 * 4096, pages.held() - before)
        self.assertEqual(
            [a + b, a + c, c + b + a], [one.content for one in images]
        )
        del first, images
        self.assertEqual(0, pages.held() - before)

    def test_a_database_at_each_of_its_states(self) -> None:
        made = backend_for("sqlite").provision(
            make_url("sqlite://"), lock_timeout=1
        )
        self.addCleanup(made.drop)
        before = pages.held()
        images: list[Any] = [None]
        with made.create_engine().connect() as connection:
            for number in range(60):
                connection.exec_driver_sql(f"CREATE TABLE t{number} (a, b)")
                connection.commit()
                images.append(made.snapshot(images[-1]))
        by_themselves = sum(len(one) for one in images[1:])
        self.assertLess(pages.held() - before, by_themselves / 5)


class TestStore(unittest.TestCase):
    """Here a snapshot is the number of bytes that it takes."""

    def store(self, budget: int = 100) -> SnapshotStore:
        found = SnapshotStore(
            budget,
            lambda: sum(one.snapshot for one in found._kept.values()),
        )
        return found

    def test_the_nearest_from_the_start_on(self) -> None:
        store = self.store()
        for steps in (["a"], ["a", "b"], ["a", "x", "y"]):
            store.add("key", steps, Kept(1, None))
        for steps, expected in (
            (["a", "b", "c"], ("a", "b")),
            (["a", "c"], ("a",)),
            (["a", "x"], ("a",)),
            (["b"], None),
            ([], None),
        ):
            with self.subTest(steps):
                found = store.nearest("key", steps)
                self.assertEqual(expected, found and found[0])
        self.assertIsNone(store.nearest("other key", ["a", "b"]))

    def test_what_was_not_used_for_longest_goes_first(self) -> None:
        store = self.store(10)
        store.add("key", ["a"], Kept(4, None))
        store.add("key", ["b"], Kept(4, None))
        store.nearest("key", ["a"])
        store.add("key", ["c"], Kept(4, None))
        store.trim()
        self.assertEqual(
            [("key", ("a",)), ("key", ("c",))], list(store.keys())
        )
        self.assertIsNone(store.nearest("key", ["b"]))

    def test_no_more_than_the_budget_whatever_it_takes(self) -> None:
        store = self.store(10)
        store.add("key", ["a"], Kept(4, None))
        store.add("key", ["a", "b"], Kept(11, None))
        store.trim()
        self.assertEqual(0, len(store))

    def test_the_pages_of_images_are_what_it_measures(self) -> None:
        store = SnapshotStore(budget=pages.held() + 10)
        for size in (4, 5, 6):
            image = pages.Image.of(bytes([size]) * size, 4096)
            store.add("key", [str(size)], Kept(image, None))
        del image
        store.trim()
        self.assertEqual([("key", ("6",))], list(store.keys()))

    def test_the_same_again_takes_the_place_of_the_first(self) -> None:
        store = self.store()
        for size in (3, 5):
            store.add("key", ["a"], Kept(size, None))
        self.assertEqual([("key", ("a",))], list(store.keys()))
        store.drop("key", ["a"])
        store.drop("key", ["a"])
        self.assertEqual(0, len(store))
        self.assertIsNone(store.nearest("key", ["a"]))

    def test_threads_may_share_it(self) -> None:
        store = self.store(200)
        errors: list[BaseException] = []

        def work(name: str) -> None:
            try:
                for number in range(300):
                    store.add("key", [name] * (number % 50), Kept(1, None))
                    store.nearest("key", [name] * 60)
                    store.trim()
            except BaseException as error:
                errors.append(error)

        threads = [
            threading.Thread(target=work, args=(name,)) for name in "abcdef"
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual([], errors)
        self.assertLessEqual(len(store), 200)


if __name__ == "__main__":
    unittest.main()
