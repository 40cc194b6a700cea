"""Do Alembic's own commands work, and leave nothing behind?"""

from __future__ import annotations

import contextlib
import io
import unittest
from pathlib import Path
from typing import Any

from alembic.config import Config

from migtestkit.errors import ConfigError, MigrationFailed, RevisionError
from tests import zoo
from tests.support import ProjectTestCase, Rev, create

ENV = '''\
import sqlalchemy as sa
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
metadata = sa.MetaData()
sa.Table("user", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("note", metadata, sa.Column("id", sa.Integer))
noted = config.attributes.setdefault("noted", [])


def directives(context, revision, found):
    noted.append(("env.py", len(found)))
    found[0].message = "by env.py"


if context.is_offline_mode():
    context.configure(url="sqlite://", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        poolclass=pool.NullPool,
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            process_revision_directives=directives,
        )
        with context.begin_transaction():
            context.run_migrations()
'''
IMPORTS = "from alembic import op\nimport sqlalchemy as sa\n"
USER = Rev("r1", upgrade=create("user"), downgrade="DROP TABLE user",
           message="make the users")
NAME = Rev(
    "r2", "r1", message="name them",
    upgrade="-- a note before the statement\nALTER TABLE user ADD name TEXT",
)
BROKEN = Rev("r3", "r2", upgrade="ALTER TABLE nowhere ADD x",
             message="break")


class CommandTestCase(ProjectTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.config = Config(str(
            self.make_history(USER, NAME, BROKEN, env=ENV)
        ))
        template = self.folder / "migrations" / "script.py.mako"
        template.write_text(IMPORTS + template.read_text())
        self.context = self.open(self.config)
        self.said = io.StringIO()
        self.enter(contextlib.redirect_stdout(self.said))
        self.addCleanup(self._said_nothing)

    def enter(self, manager: Any) -> None:
        # TestCase.enterContext came with Python 3.11.
        manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)

    def _said_nothing(self) -> None:
        self.assertEqual("", self.said.getvalue())

    def scripts(self) -> list[str]:
        folder = self.folder / "migrations" / "versions"
        return sorted(path.name for path in folder.glob("*.py"))


class TestRawCommand(CommandTestCase):
    def test_it_works_on_the_throw_away_database(self):
        self.assertEqual([], self.context.raw_command("upgrade", "r2"))
        self.assertEqual("r2", self.context.current)
        self.assertIn("name", self.context.table_at_revision("user").c)
        self.context.raw_command("downgrade", "-1")
        self.assertEqual("r1", self.context.current)
        self.context.raw_command("stamp", revision="base")
        self.assertEqual("base", self.context.current)
        self.assertFalse((self.folder / "production.db").exists())

    def test_the_lines_that_it_prints(self):
        self.assertEqual(
            ["r2 -> r3 (head), break", "r1 -> r2, name them",
             "<base> -> r1, make the users"],
            self.context.raw_command("history"),
        )
        self.assertEqual(["r3 (head)"], self.context.raw_command("heads"))
        self.context.migrate_up_to("r2")
        self.assertEqual(["r2"], self.context.raw_command("current"))

    def test_the_lines_of_sql(self):
        lines = self.context.raw_command("upgrade", "r1:r2", sql=True)
        self.assertIn("ALTER TABLE user ADD name TEXT;", lines)
        self.assertIn("-- Running upgrade r1 -> r2", lines)
        self.assertEqual("base", self.context.current)

    def test_what_a_command_says_past_the_configuration(self):
        lines = self.context.raw_command("revision", message="a file")
        self.assertRegex("\n".join(lines), "Generating .*a_file.py")
        self.assertEqual(4, len(self.scripts()))

    def test_a_migration_that_fails_says_what_a_move_would(self):
        self.context.migrate_up_to("r2")
        with self.assertRaises(MigrationFailed) as moved:
            self.context.migrate_up_one()
        with self.assertRaises(MigrationFailed) as raw:
            self.context.raw_command("upgrade", "heads")
        self.assertEqual(
            ("r3", "upgrade", "break", "ALTER TABLE nowhere ADD x",
             "no such table: nowhere"),
            (raw.exception.revision, raw.exception.direction,
             raw.exception.description, raw.exception.statement,
             raw.exception.error),
        )
        self.assertIn("upgrade of revision r3 (break) failed\n  file: ",
                      str(raw.exception))
        self.assertNotIn("None", str(raw.exception))
        self.assertEqual(moved.exception.path, raw.exception.path)
        self.assertEqual("r2", self.context.current)

    def test_what_means_nothing_is_an_error(self):
        for words, error, args in (
            (r"no command 'upgrad'; did you mean 'upgrade'\?", ConfigError,
             ("upgrad", "head")),
            ("no command 'inspect'", ConfigError, ("inspect",)),
            ("command 'upgrade': missing a required argument: 'revision'",
             ConfigError, ("upgrade",)),
            ("r9", RevisionError, ("upgrade", "r9")),
        ):
            with self.subTest(words):
                with self.assertRaisesRegex(error, words):
                    self.context.raw_command(*args)
        with self.assertRaisesRegex(ConfigError, "'upgrade'.*'sqll'"):
            self.context.raw_command("upgrade", "r1", sqll=True)


class TestGenerateRevision(CommandTestCase):
    def noted(self) -> list[Any]:
        found: list[Any] = self.config.attributes.pop("noted", [])
        return found

    def test_no_file_is_left(self):
        self.context.raw_command("stamp", "heads")
        for options in (
            {}, {"message": "x"}, {"autogenerate": True},
            {"message": "x", "head": "r3", "rev_id": "abc"},
        ):
            with self.subTest(str(options)):
                before = self.scripts()
                self.assertIsNone(self.context.generate_revision(**options))
                self.assertEqual(before, self.scripts())

    def test_directives_see_what_would_be_written_after_those_of_env(self):
        self.context.set_revision("heads")
        self.context.execute(
            "CREATE TABLE user (id INTEGER NOT NULL PRIMARY KEY)"
        )
        for autogenerate in (True, False):
            with self.subTest(str(autogenerate)):
                self.noted()
                seen = []

                def directives(
                    context: Any, revision: Any, found: Any
                ) -> None:
                    seen.append((
                        "ours", revision, found[0].message,
                        [one.table_name for one in found[0].upgrade_ops.ops],
                    ))
                    self.config.attributes["noted"].append(("ours", 1))

                self.context.generate_revision(
                    directives, autogenerate=autogenerate
                )
                tables = ["note"] if autogenerate else []
                self.assertEqual(
                    [("ours", ("r3",), "by env.py", tables)], seen
                )
                self.assertEqual([("env.py", 1), ("ours", 1)], self.noted())

    def test_directives_that_raise_leave_no_file(self):
        def directives(*args: Any) -> None:
            raise AssertionError("not this one")

        before = self.scripts()
        with self.assertRaisesRegex(Exception, "not this one"):
            self.context.generate_revision(directives)
        self.assertEqual(before, self.scripts())

    def test_the_configuration_is_as_before(self):
        self.context.generate_revision()
        self.assertIsNone(self.config.get_main_option("revision_environment"))
        self.assertIsNone(self.config.cmd_opts)

    def test_a_file_where_it_is_asked_for(self):
        self.context.set_revision("heads")
        script = self.context.generate_revision(
            message="x", rev_id="r4", autogenerate=True,
            prevent_file_generation=False,
        )
        self.assertEqual("r4", script.revision)
        self.assertTrue(Path(script.path).exists())
        self.assertEqual(("r4",), self.context.heads)
        self.assertEqual("r4", self.context.migrate_up_one())
        with self.context.connect() as connection:
            self.assertTrue(
                connection.dialect.has_table(connection, "note")
            )

    def test_several_databases(self):
        project = zoo.PROJECTS["multidb_edited"]
        root = zoo.copy_project(project, self.folder)
        context = self.open(
            str(root / "alembic.ini"), database_url=zoo.TWO_ENGINES
        )
        context.apply_revisions(context.history.revisions)
        folder = root / "migrations" / "versions"
        before = sorted(folder.glob("*.py"))
        seen = []
        for autogenerate in (True, False):
            self.assertIsNone(context.generate_revision(
                lambda *args: seen.append(len(args[2])),
                autogenerate=autogenerate,
            ))
        self.assertEqual([1] * 4, seen)
        self.assertEqual(before, sorted(folder.glob("*.py")))


class TestOfflineStatements(CommandTestCase):
    def test_they_are_told_apart(self):
        self.assertEqual(
            [
                "CREATE TABLE user (id INTEGER PRIMARY KEY);",
                "-- a note before the statement\n"
                "ALTER TABLE user ADD name TEXT;",
            ],
            [
                one
                for one in self.context.upgrade_sql("base", "r2")
                if "alembic_version" not in one
            ],
        )
        self.assertEqual("base", self.context.current)

    def test_what_a_migration_prints_is_no_statement(self):
        path = self.folder / "migrations" / "versions" / "r2.py"
        path.write_text(path.read_text().replace(
            "def upgrade():\n", "def upgrade():\n    print('SELECT 1')\n"
        ))
        found = self.context.upgrade_sql("r1", "r2")
        self.assertNotIn("SELECT 1", "".join(found))

    def test_what_means_nothing_is_an_error(self):
        for start, end, words in (
            ("r2", "r2", "from 'r2' to 'r2' has no statement"),
            ("r2", "r1", "'r2' to 'r1'"),
            ("r1", "r9", "'r9'"), ("r9", "r1", "'r9'"),
        ):
            with self.subTest(start, end=end):
                with self.assertRaisesRegex(RevisionError, words):
                    self.context.upgrade_sql(start, end)

    def test_a_migration_that_needs_a_database(self):
        path = self.folder / "migrations" / "versions" / "r2.py"
        path.write_text(path.read_text().replace(
            "def upgrade():\n",
            "def upgrade():\n    op.get_bind().exec_driver_sql('SELECT 1')\n",
        ))
        with self.assertRaises(MigrationFailed) as caught:
            self.context.upgrade_sql("r1", "r2")
        self.assertEqual("r2", caught.exception.revision)


if __name__ == "__main__":
    unittest.main()
