"""Are throw-away databases made, named, kept and dropped as they should?"""
from __future__ import annotations

import contextlib
import importlib.metadata
import io
import os
import shlex
import sqlite3
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from migtestkit import MigrationContext, MigrationTestCase
from migtestkit.databases import (
    backend_for,
    folders,
    known_backends,
    registry,
)
from migtestkit.databases.sqlite import SQLite, SQLiteFile
from migtestkit.errors import ConfigError
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests import servers
from tests.support import ProjectTestCase, Rev, create, run_case


class SQLiteTestCase(ProjectTestCase):
    def provision(self, url: str = "sqlite://", **options: Any) -> SQLiteFile:
        options.setdefault("lock_timeout", 5.0)
        made = SQLite().provision(make_url(url), **options)
        assert isinstance(made, SQLiteFile)
        self.addCleanup(made.drop)
        return made


class TestSQLiteFile(SQLiteTestCase):
    def test_it_is_made_in_the_temporary_folder_and_dropped(self) -> None:
        made = self.provision()
        self.assertEqual(self.temp, made.path.parents[1])
        with contextlib.closing(sqlite3.connect(made.path)) as connection:
            connection.execute(create("t"))
        self.assertTrue(made.path.exists())
        made.drop()
        self.assertEqual([], list(self.temp.iterdir()))
        made.drop()

    def test_journals_go_with_it(self) -> None:
        made = self.provision()
        for suffix in ("-wal", "-shm", "-journal"):
            Path(f"{made.path}{suffix}").touch()
        made.drop()
        self.assertEqual([], list(self.temp.iterdir()))

    def test_each_has_another_name_that_nobody_can_guess(self) -> None:
        names = {self.provision().path.name for _ in range(20)}
        self.assertEqual(20, len(names))
        for name in names:
            self.assertRegex(name, r"^migtestkit_[0-9a-f]{16}\.sqlite$")

    def test_its_engine_keeps_no_connection(self) -> None:
        made = self.provision()
        engine = made.create_engine()
        with engine.begin() as connection:
            connection.execute(text(create("t")))
        made.path.unlink()
        with engine.begin() as connection:
            connection.execute(text(create("t")))

    def test_its_engine_waits_for_locks_as_long_as_is_said(self) -> None:
        engine = self.provision(lock_timeout=1.5).create_engine()
        with engine.connect() as connection:
            query = text("PRAGMA busy_timeout")
            self.assertEqual(1500, connection.scalar(query))

    def test_durability_is_off_for_its_own_files_alone(self) -> None:
        made = self.provision()
        adopted = SQLiteFile(made.path, lock_timeout=1, folder=None)
        for database, expected in ((made, 0), (adopted, 2)):
            with database.create_engine().connect() as connection:
                query = text("PRAGMA synchronous")
                self.assertEqual(expected, connection.scalar(query))

    def test_its_journal_is_in_memory_unless_a_migration_chose_another(self):
        made = self.provision()
        adopted = SQLiteFile(made.path, lock_timeout=1, folder=None)
        mode = text("PRAGMA journal_mode")
        for database, expected in ((made, "memory"), (adopted, "delete")):
            with database.create_engine().connect() as connection:
                self.assertEqual(expected, connection.scalar(mode))
        with made.create_engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        with made.create_engine().connect() as connection:
            self.assertEqual("wal", connection.scalar(mode))

    def test_its_line_can_be_pasted_into_a_shell(self) -> None:
        folder = self.folder / "it's a folder"
        folder.mkdir()
        made = self.provision(f"sqlite:///{folder}")
        command, path = shlex.split(made.describe())
        self.assertEqual(("sqlite3", str(made.path)), (command, path))
        self.assertNotIn("\n", made.describe())


@unittest.skipIf(folders.fcntl is None, "nothing is reaped on Windows")
class TestReaping(SQLiteTestCase):
    """What a process that was killed left is removed by the next."""

    SCRIPT = textwrap.dedent("""\
        import os, sys, time
        from migtestkit.databases import backend_for
        from sqlalchemy import make_url

        url = make_url(sys.argv[1])
        made = backend_for("sqlite").provision(url, lock_timeout=1)
        with made.create_engine().begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a)")
        if "keep" in sys.argv:
            made.keep()
        if "fork" in sys.argv and os.fork() == 0:
            sys.stdin.read()
            os._exit(0)
        print(made.path.parent.name, flush=True)
        sys.stdin.read()
        made.drop()
    """)

    def setUp(self) -> None:
        super().setUp()
        self.place = self.new_folder()
        self.url = f"sqlite:///{self.place}"

    def start(self, *options: str) -> tuple[Any, str]:
        """Start a process that has a database; return it and the folder's
        name."""
        process = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, self.url, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=servers.environment(),
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        name = process.stdout.readline().strip()
        self.assertIn(name, self.names())
        return process, name

    def killed(self, *options: str) -> str:
        """Kill such a process; return the name."""
        process, name = self.start(*options)
        process.kill()
        process.wait()
        self.assertIn(name, self.names())
        return name

    def names(self) -> set[str]:
        return {path.name for path in self.place.iterdir()}

    def reap(self) -> None:
        """Do what a process does first."""
        folders._reaped.discard(str(self.place))
        self.provision(self.url).drop()

    def test_of_a_killed_process(self) -> None:
        for options in ((), ("fork",)):
            with self.subTest(options):
                self.killed(*options)
                self.reap()
                self.assertEqual(set(), self.names())

    def test_by_the_next_process(self) -> None:
        self.killed()
        process, name = self.start()
        self.assertEqual({name}, self.names())
        process.communicate()
        self.assertEqual(0, process.returncode)
        self.assertEqual(set(), self.names())

    def test_not_of_one_that_lives(self) -> None:
        process, name = self.start()
        self.reap()
        self.assertEqual({name}, self.names())
        process.communicate()
        self.assertEqual(0, process.returncode)

    def test_not_our_own_whose_lock_stays(self) -> None:
        ours = self.provision(self.url).path.parent.name
        self.reap()
        self.assertEqual({ours}, self.names())
        _, theirs = self.start()
        self.assertEqual({ours, theirs}, self.names())

    def test_not_one_that_is_kept(self) -> None:
        name = self.killed("keep")
        self.reap()
        self.assertEqual({name}, self.names())
        self.assertEqual(
            [f"{self.place / name}"],
            [str(one.parent) for one in self.place.glob("*/*")],
        )

    def test_not_what_is_not_surely_a_dead_owners(self) -> None:
        name = self.killed()
        mark = self.place / name / folders.MARK
        said = mark.read_bytes()
        for change in (
            lambda: mark.write_bytes(b"another machine"),
            lambda: mark.unlink(),
            lambda: mark.symlink_to("elsewhere"),
        ):
            change()
            self.reap()
            self.assertEqual({name}, self.names())
        mark.unlink()
        mark.write_bytes(said)
        real = self.new_folder() / "somebody_s"
        (self.place / name).rename(real)
        (self.place / name).symlink_to(real)
        self.reap()
        self.assertTrue((real / folders.MARK).exists())


class TestPlaces(SQLiteTestCase):
    def test_the_temporary_folder(self) -> None:
        for url in ("sqlite://", "sqlite:///", "sqlite:///:memory:"):
            with self.subTest(url):
                self.assertIn(self.temp, self.provision(url).path.parents)

    def test_a_folder(self) -> None:
        made = self.provision(f"sqlite:///{self.folder}")
        self.assertEqual(self.folder, made.path.parents[1])

    def test_a_relative_folder_stays_where_it_was(self) -> None:
        os.chdir(self.folder)
        (self.folder / "place").mkdir()
        made = self.provision("sqlite:///place")
        os.chdir("/")
        with made.create_engine().begin() as connection:
            connection.execute(text(create("t")))
        self.assertEqual(self.folder / "place", made.path.parents[1])
        self.assertTrue(made.path.exists())

    def test_with_an_asynchronous_driver(self) -> None:
        ini = self.make_history(Rev("r1", None, upgrade=create("t")))
        context = self.open(ini, database_url="sqlite+aiosqlite://")
        context.insert_into
        self.assertEqual("sqlite", context.engine.url.drivername)
        config = context.environment.config
        before = config.get_main_option("sqlalchemy.url")
        self.assertIn("production.db", str(before))

    def test_a_file_is_refused_and_untouched(self) -> None:
        path = self.folder / "production.db"
        path.write_bytes(b"not to be touched")
        for name in (path, self.folder / "new.db"):
            with self.subTest(name.name):
                with self.assertRaises(ConfigError) as caught:
                    self.provision(f"sqlite:///{name}")
                self.assertEqual(
                    f"database_url names the SQLite file {str(name)!r}: the "
                    "kit makes its own files and touches no other; write "
                    "'sqlite://' for the temporary folder, or the path of a "
                    "folder",
                    str(caught.exception),
                )
        self.assertEqual(b"not to be touched", path.read_bytes())
        self.assertFalse((self.folder / "new.db").exists())

    def test_no_right_to_write_is_a_config_error(self) -> None:
        error = PermissionError(13, "Permission denied", "/somewhere")
        with mock.patch("tempfile.mkdtemp", side_effect=error):
            with self.assertRaises(ConfigError) as caught:
                self.provision(f"sqlite:///{self.folder}")
        self.assertEqual(
            "no throw-away database can be made in '/somewhere': Permission "
            "denied; give database_url a folder that can be written to, such "
            "as 'sqlite:////tmp'",
            str(caught.exception),
        )

    @unittest.skipIf(
        not hasattr(os, "geteuid") or os.geteuid() == 0,
        "the superuser may write everywhere",
    )
    def test_no_right_to_write_for_real(self) -> None:
        place = self.folder / "locked"
        place.mkdir(mode=0o500)
        with self.assertRaisesRegex(ConfigError, "Permission denied"):
            self.provision(f"sqlite:///{place}")


class TestAddresses(SQLiteTestCase):
    """Which connect arguments name the same file?"""

    def address(self, *arguments: Any, **options: Any) -> Any:
        return SQLite().address(arguments, options)

    def test_all_spellings_of_a_file_are_one(self) -> None:
        path = self.folder / "a b.db"
        path.touch()
        (self.folder / "link.db").symlink_to(path)
        os.chdir(self.folder)
        quoted = str(path).replace(" ", "%20")
        for name in (
            path,
            str(path),
            os.fsencode(path),
            "a b.db",
            "./a b.db",
            f"../{self.folder.name}/a b.db",
            "link.db",
        ):
            with self.subTest(str(name)):
                self.assertEqual(str(path), self.address(name))
        for uri in (
            f"file:{path}",
            f"file:{quoted}?mode=ro",
            f"file://{quoted}",
            f"file://localhost{quoted}?cache=shared#fragment",
            "file:a%20b.db",
        ):
            with self.subTest(uri):
                self.assertEqual(str(path), self.address(uri, uri=True))
        self.assertEqual(str(path), self.address(database=str(path)))

    def test_a_uri_is_one_only_where_the_driver_is_told(self) -> None:
        self.assertEqual(
            os.path.realpath("file:x.db"), self.address("file:x.db")
        )

    def test_in_memory(self) -> None:
        for name, uri in (
            (":memory:", False),
            ("", False),
            ("file::memory:", True),
            ("file::memory:?cache=shared", True),
            ("file:x?mode=memory&cache=shared", True),
            ("file:", True),
        ):
            with self.subTest(name):
                self.assertEqual(":memory:", self.address(name, uri=uri))

    def test_what_names_no_database(self) -> None:
        self.assertIsNone(self.address())
        self.assertIsNone(self.address(5))

    def test_what_a_person_may_call_it(self) -> None:
        self.assertEqual(
            {"/x/engine1.db", "engine1.db", "engine1"},
            SQLite().names("/x/engine1.db"),
        )


class TestURLs(ProjectTestCase):
    """`database_url` as a user writes it."""

    def refusal(self, url: Any) -> str:
        context = self.open(self._ini(), database_url=url)
        with self.assertRaises(ConfigError) as caught:
            context.engine
        return str(caught.exception)

    def _ini(self) -> Path:
        path = self.folder / "alembic.ini"
        return path if path.exists() else self.make_history(Rev("r1"))

    def test_what_is_no_url(self) -> None:
        self.assertEqual(
            "database_url 'localhost' is no URL; write for example "
            "'sqlite://' or 'postgresql+psycopg://user@localhost/'",
            self.refusal("localhost"),
        )

    def test_a_dialect_that_nobody_serves(self) -> None:
        message = self.refusal("oracle+oracledb://u:hush@localhost/")
        self.assertRegex(
            message,
            "^no throw-away databases for 'oracle': the kit makes them for "
            ".*sqlite.*; hand over an engine of your own with "
            r"get_migration_engine\(\), or register a backend in the entry "
            "point group 'migtestkit.databases'$",
        )
        self.assertNotIn("hush", message)

    def test_a_misspelt_dialect_names_the_nearest(self) -> None:
        for given, meant in (("sqlit", "sqlite"), ("postgres", "postgresql")):
            with self.subTest(given):
                self.assertIn(
                    f"did you mean '{meant}'?", self.refusal(f"{given}://")
                )

    def test_the_environment_variable(self) -> None:
        place = self.folder / "place"
        place.mkdir()
        os.environ["MIGTESTKIT_DATABASE_URL"] = f"sqlite:///{place}"
        context = self.open(self._ini())
        self.assertIn(str(place), str(context.engine.url))

    def test_the_option_wins_over_it(self) -> None:
        os.environ["MIGTESTKIT_DATABASE_URL"] = "oracle://"
        context = self.open(self._ini(), database_url=make_url("sqlite://"))
        self.assertIn(str(self.temp), str(context.engine.url))

    def test_several(self) -> None:
        context = self.open(
            self._ini(), database_url={"a": "sqlite://", "b": "sqlite://"}
        )
        self.assertEqual(("a", "b"), context.databases)
        with self.assertRaisesRegex(ConfigError, "say which with database="):
            context.engine
        with self.assertRaisesRegex(
            ConfigError, "no database is called 'c'; database_url has 'a', 'b'"
        ):
            context.connect(database="c")


class TestLife(ProjectTestCase):
    def test_none_is_made_before_it_is_used(self) -> None:
        context = self.open(self.make_history(Rev("r1")))
        context.heads, context.history, context.bases
        self.assertEqual([], list(self.temp.iterdir()))
        context.engine
        self.assertEqual(1, len(list(self.temp.iterdir())))
        context.close()
        self.assertEqual([], list(self.temp.iterdir()))

    def test_it_is_dropped_after_a_failure_while_it_was_made(self) -> None:
        def fail(connection: Any) -> None:
            raise ValueError("x")

        ini = self.make_history(Rev("r1"))
        context = self.open(ini, create_base_schema=fail)
        with self.assertRaisesRegex(ValueError, "x"):
            context.engine
        self.assertEqual([], list(self.temp.iterdir()))

    def test_closing_twice_and_using_again(self) -> None:
        context = self.open(
            self.make_history(Rev("r1", None, upgrade=create("t")))
        )
        context.migrate_up_to("head")
        context.close()
        context.close()
        self.assertEqual("base", context.current)
        context.migrate_up_to("head")
        self.assertEqual([], context.rows("t"))

    def test_as_a_context_manager(self) -> None:
        with MigrationContext(self.make_history(Rev("r1"))) as context:
            context.migrate_up_to("head")
        self.assertEqual([], list(self.temp.iterdir()))


class TestKeepFailed(ProjectTestCase):
    def run_with(self, *, fails: bool, **attributes: Any) -> str:
        ini = self.make_history(Rev("r1", None, upgrade=create("t")))

        def test(case: Any) -> None:
            case.migrate_up_to("head")
            case.insert_into("t", {"id": 5})
            case.assertFalse(fails)

        cls = type(
            "Case",
            (MigrationTestCase,),
            {"alembic_config": str(ini), "test_it": test, **attributes},
        )
        output = io.StringIO()
        with contextlib.redirect_stderr(output):
            result = run_case(cls)
        self.assertEqual([], result.errors)
        self.assertEqual(int(fails), len(result.failures))
        return output.getvalue()

    def assert_kept(self, output: str) -> None:
        (line,) = output.splitlines()
        start = "migtestkit: kept the database of a failed test: "
        self.assertTrue(line.startswith(start), line)
        command, path = shlex.split(line[len(start):])
        self.assertEqual("sqlite3", command)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT id FROM t").fetchall()
        self.assertEqual([(5,)], rows)
        Path(path).unlink()
        Path(path).parent.rmdir()

    def test_a_failed_tests_database_is_kept(self) -> None:
        self.assert_kept(self.run_with(fails=True, keep_failed_database=True))

    def test_by_the_environment_variable(self) -> None:
        os.environ["MIGTESTKIT_KEEP_FAILED"] = "1"
        self.assert_kept(self.run_with(fails=True))

    def test_no_other_is(self) -> None:
        self.assertEqual(
            "", self.run_with(fails=False, keep_failed_database=True)
        )
        self.assertEqual([], list(self.temp.iterdir()))

    def test_nor_by_default(self) -> None:
        self.assertEqual("", self.run_with(fails=True))
        self.assertEqual([], list(self.temp.iterdir()))


BACKEND = """
from migtestkit.databases.sqlite import SQLite

class Mine(SQLite):
    dialects = ("zoodb",)

class NoBackend:
    pass
"""


class TestEntryPoints(ProjectTestCase):
    """A third party adds a kind of database."""

    def setUp(self) -> None:
        super().setUp()
        (self.folder / "zoo_backend.py").write_text(BACKEND)
        sys.path.insert(0, str(self.folder))
        self.addCleanup(sys.modules.pop, "zoo_backend", None)

    def register(self, **entries: str) -> None:
        """Install a distribution with these entry points."""
        info = self.folder / "zoo_backend-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Name: zoo-backend\nVersion: 1\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (info / "entry_points.txt").write_text(
            "[migtestkit.databases]\n" + "\n".join(lines) + "\n"
        )
        importlib.invalidate_caches()
        for name in ("_loaded", "_broken"):
            patch = mock.patch.dict(getattr(registry, name), clear=True)
            patch.start()
            self.addCleanup(patch.stop)

    def test_its_backend_is_used(self) -> None:
        self.register(zoodb="zoo_backend:Mine")
        self.assertEqual("Mine", type(backend_for("zoodb")).__name__)
        self.assertEqual("SQLite", type(backend_for("sqlite")).__name__)
        self.assertIn("zoodb", known_backends())

    def test_one_that_cannot_be_used_is_told_when_it_is_needed(self) -> None:
        self.register(
            zoodb="zoo_backend:Gone",
            other="zoo_nowhere:Mine",
            third="zoo_backend:NoBackend",
        )
        self.assertEqual("SQLite", type(backend_for("sqlite")).__name__)
        for name, words in (
            ("zoodb", "zoodb = zoo_backend:Gone .*cannot be used: Attribute"),
            ("other", "ModuleNotFoundError: No module named 'zoo_nowhere'"),
            ("third", "is no migtestkit.databases.Backend"),
        ):
            with self.subTest(name):
                for _ in range(2):
                    with self.assertRaisesRegex(ConfigError, words):
                        backend_for(name)

    def test_it_works_from_end_to_end_in_a_new_process(self) -> None:
        """A dialect of another name, served by a backend of another
        distribution."""
        ini = self.make_history(
            Rev("r1", None, upgrade=create("t")),
        )
        self.register(zoodb="zoo_backend:Mine")
        script = textwrap.dedent(
            f"""
            import sys
            sys.path.insert(0, {str(self.folder)!r})
            from sqlalchemy.dialects import registry
            from sqlalchemy.dialects.sqlite.pysqlite import dialect
            import zoo_backend

            class Dialect(dialect):
                name = "zoodb"
                supports_statement_cache = True

            zoo_backend.Dialect = Dialect
            registry.register("zoodb", "zoo_backend", "Dialect")
            from migtestkit import MigrationContext
            with MigrationContext({str(ini)!r}) as context:
                context.config.database_url = "zoodb://"
                print(type(context._target(None).backend).__name__)
            """
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True
        )
        self.assertEqual("Mine\n", done.stdout, done.stderr)


class TestAdoptedEngine(SQLiteTestCase):
    def test_drop_leaves_the_file(self) -> None:
        path = self.folder / "mine.db"
        engine = create_engine(f"sqlite:///{path}")
        self.addCleanup(engine.dispose)
        engine.connect().close()
        adopted = SQLite().adopt(engine, lock_timeout=1)
        adopted.drop()
        self.assertTrue(path.exists())

    def test_its_address_is_absolute(self) -> None:
        os.chdir(self.folder)
        engine = create_engine("sqlite:///mine.db")
        adopted = SQLite().adopt(engine, lock_timeout=1)
        os.chdir("/")
        self.assertEqual(str(self.folder / "mine.db"), adopted.address)
        self.assertEqual(str(self.folder / "mine.db"), adopted.url.database)


if __name__ == "__main__":
    unittest.main()
