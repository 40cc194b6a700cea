"""Are the models compared as Alembic's autogenerate would compare them?"""

from __future__ import annotations

import unittest
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy import Column, Integer, MetaData, String, Table

from migtestkit import Ignore, MigrationTestCase, alembic_api
from migtestkit.context.models import compare_models
from migtestkit.errors import ConfigError, MigtestkitError
from tests import servers, zoo
from tests.support import ProjectTestCase, Rev, create, run_checks

ENV = '''\
import sqlalchemy as sa
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
metadata = sa.MetaData()
user = sa.Table(
    "user",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)),
)
options = {{"target_metadata": metadata}}
{more}
engine = engine_from_config(
    config.get_section(config.config_ini_section, {{}}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()
'''
USER = Rev("r1", upgrade=create("user", "id INTEGER NOT NULL, "
                                "name VARCHAR(50), PRIMARY KEY (id)"))
AGE = 'user.append_column(sa.Column("age", sa.Integer))\n'
#: The function of Alembic's cookbook: no file without a change.
NO_EMPTY_FILES = '''
def directives(context, revision, found):
    if config.cmd_opts.autogenerate:
        if found[0].upgrade_ops.is_empty():
            found[:] = []
options["process_revision_directives"] = directives
'''


class ModelsTestCase(ProjectTestCase):
    def case(
        self, more: str = "", upgrade: Any = None, **members: Any
    ) -> Any:
        """Return a test of a project whose env.py holds its models.

        :param more: lines of env.py, to change `metadata` and `options`.
        :param upgrade: in place of what the model needs.
        """
        self.folder = self.folder / "project"
        self.folder.mkdir()
        revision = USER._replace(upgrade=upgrade) if upgrade else USER
        ini = self.make_history(revision, env=ENV.format(more=more))
        members = {
            "alembic_config": str(ini),
            "runTest": lambda self: None,
            **members,
        }
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        return case

    def assertDrift(self, case: Any, *words: str) -> str:
        with self.assertRaises(AssertionError) as caught:
            case.assertModelsMatchMigrations()
        text = str(caught.exception)
        for word in words:
            self.assertIn(word, text)
        self.assertLess(len(text.splitlines()), 25)
        return text


class TestComparison(ModelsTestCase):
    def test_models_that_match(self):
        case = self.case()
        case.assertModelsMatchMigrations()
        self.assertTrue(case.is_at_heads)

    def test_the_operations_are_shown_as_alembic_writes_them(self):
        text = self.assertDrift(self.case(AGE))
        self.assertEqual(
            "the models and the migrations differ; `alembic revision "
            "--autogenerate` would write:\n"
            "    op.add_column('user', sa.Column('age', sa.Integer(), "
            "nullable=True))",
            text,
        )

    def test_what_the_database_has_and_the_models_lack(self):
        both = [USER.upgrade, create("legacy")]
        self.assertDrift(self.case("", both), "op.drop_table('legacy')")

    def test_a_message(self):
        with self.assertRaisesRegex(AssertionError, " : by friday$"):
            self.case(AGE).assertModelsMatchMigrations("by friday")

    def test_many_operations_stay_readable(self):
        more = (
            "for number in range(40):\n"
            "    sa.Table(f'table_{number:02}', metadata,\n"
            "             sa.Column('id', sa.Integer))\n"
        )
        self.assertDrift(self.case(more), "more lines", "'table_00'")

    def test_a_history_that_cannot_be_applied(self):
        broken = self.case("", "ALTER TABLE nowhere ADD x")
        self.assertDrift(broken, "upgrade of revision r1", "no such table")

    def test_metadata_of_the_test(self):
        metadata = MetaData()
        Table("user", metadata, Column("id", Integer, primary_key=True),
              Column("name", String(50)), Column("mail", String(50)))
        case = self.case(target_metadata=metadata)
        self.assertDrift(case, "op.add_column('user', sa.Column('mail'")
        other = MetaData()
        Table("note", other, Column("id", Integer, primary_key=True))
        case = self.case(target_metadata=[metadata, other])
        self.assertDrift(case, "'mail'", "op.create_table('note'")
        case = self.case("options = {}", target_metadata=metadata)
        self.assertDrift(case, "'mail'")


class TestOptionsOfEnv(ModelsTestCase):
    """All that env.py gives to `configure()` counts: with it the assertion
    says one thing, without it the other."""

    def test_include_object(self):
        both = [USER.upgrade, create("legacy")]
        hook = (
            "options['include_object'] = lambda item, name, kind, *rest: (\n"
            "    name != 'legacy')\n"
        )
        self.case(hook, both).assertModelsMatchMigrations()

    def test_include_name(self):
        both = [USER.upgrade, create("legacy")]
        hook = (
            "options['include_name'] = lambda name, kind, parents: (\n"
            "    name != 'legacy')\n"
        )
        self.case(hook, both).assertModelsMatchMigrations()

    def test_compare_type(self):
        wide = USER.upgrade.replace("50", "40")
        self.case(
            "options['compare_type'] = False", wide
        ).assertModelsMatchMigrations()
        self.assertDrift(
            self.case("options['compare_type'] = True", wide),
            "op.alter_column('user', 'name'", "length=40", "length=50",
        )

    def test_compare_server_default(self):
        default = USER.upgrade.replace("VARCHAR(50)", "VARCHAR(50) DEFAULT 1")
        self.case("", default).assertModelsMatchMigrations()
        self.assertDrift(
            self.case("options['compare_server_default'] = True", default),
            "server_default=None",
        )

    def test_include_schemas(self):
        lines = (
            "sa.Table('note', metadata, sa.Column('id', sa.Integer),\n"
            "         schema='main')\n"
        )
        self.assertDrift(
            self.case(lines + "options['include_schemas'] = True"),
            "op.create_table('note'", "schema='main'",
        )

    def test_version_table(self):
        case = self.case("options['version_table'] = 'our_version'")
        case.assertModelsMatchMigrations()
        case.assertTableExists("our_version")

    def test_render_as_batch(self):
        self.assertDrift(
            self.case(AGE + "options['render_as_batch'] = True"),
            "with op.batch_alter_table('user'", "batch_op.add_column(",
        )

    def test_a_prefix_and_an_item_renderer(self):
        lines = (
            "options['sqlalchemy_module_prefix'] = 'sqla.'\n"
            "options['alembic_module_prefix'] = 'ops.'\n"
        )
        self.assertDrift(
            self.case(AGE + lines), "ops.add_column('user', sqla.Column("
        )

    def test_directives_that_take_operations_out(self):
        lines = (
            "def directives(context, revision, found):\n"
            "    found[0].upgrade_ops.ops = []\n"
            "options['process_revision_directives'] = directives\n"
        )
        self.case(AGE + lines).assertModelsMatchMigrations()

    def test_directives_that_empty_the_list(self):
        self.case(NO_EMPTY_FILES).assertModelsMatchMigrations()
        self.assertDrift(self.case(AGE + NO_EMPTY_FILES), "'age'")

    def test_the_command_line_is_put_back(self):
        case = self.case(NO_EMPTY_FILES)
        case.assertModelsMatchMigrations()
        options = case.migrations.environment.config.cmd_opts
        self.assertFalse(hasattr(options, "autogenerate"))

    def test_a_configuration_without_a_command_line(self):
        lines = NO_EMPTY_FILES.replace(
            "config.cmd_opts.autogenerate",
            "getattr(config.cmd_opts, 'autogenerate', False)",
        )
        case = self.case(AGE + lines)
        config = Config(case.alembic_config)
        case.alembic_config = config
        self.assertDrift(case, "'age'")
        self.assertIsNone(config.cmd_opts)

    def test_a_rewriter(self):
        lines = (
            "from alembic.autogenerate import rewriter\n"
            "from alembic.operations import ops\n"
            "writer = rewriter.Rewriter()\n"
            "@writer.rewrites(ops.AddColumnOp)\n"
            "def no_ages(context, revision, op):\n"
            "    return [] if op.column.name == 'age' else op\n"
            "options['process_revision_directives'] = writer\n"
        )
        self.case(AGE + lines).assertModelsMatchMigrations()

    def test_several_metadata(self):
        lines = (
            "other = sa.MetaData()\n"
            "sa.Table('note', other, sa.Column('id', sa.Integer))\n"
            "options['target_metadata'] = [metadata, other]\n"
        )
        self.assertDrift(self.case(lines), "op.create_table('note'")
        both = [USER.upgrade, create("note", "id INTEGER")]
        self.case(lines, both).assertModelsMatchMigrations()


class TestByTheCatalogue(ModelsTestCase):
    """`assertModelsMatchSchema`: what `create_all()` makes against what the
    migrations do."""

    def assertDiffers(self, case: Any, *words: str, **options: Any) -> str:
        with self.assertRaises(AssertionError) as caught:
            case.assertModelsMatchSchema(**options)
        text = str(caught.exception)
        for word in words:
            self.assertIn(word, text)
        self.assertLess(len(text.splitlines()), 25)
        return text

    def on_servers(self) -> Any:
        return servers.each_server()

    def test_models_that_match(self):
        case = self.case()
        case.assertModelsMatchSchema()
        self.assertTrue(case.is_at_heads)

    def test_on_servers(self):
        made = (
            'CREATE TABLE "user" (id INTEGER NOT NULL, name VARCHAR(50), '
            "PRIMARY KEY (id))"
        )
        serial = "user.c.id.autoincrement = False\n"
        for family, url in self.on_servers():
            with self.subTest(family):
                quoted = made if family == "postgresql" else made.replace(
                    '"user"', "user"
                )
                self.case(
                    serial, quoted, database_url=url
                ).assertModelsMatchSchema()
                self.assertDiffers(
                    self.case(
                        serial + "user.append_constraint(sa.CheckConstraint("
                        "'id > 0', name='positive'))", quoted,
                        database_url=url,
                    ),
                    'check "positive" is there only by the models',
                )

    def test_the_text(self):
        more = (
            "user.append_constraint("
            "sa.CheckConstraint('id > 0', name='positive'))\n"
        )
        case = self.case(more)
        # Autogenerate sees nothing of it.
        case.assertModelsMatchMigrations()
        with self.assertRaises(AssertionError) as caught:
            case.assertModelsMatchSchema("not now")
        self.assertEqual(
            "the models and the migrations make different schemas\n"
            'table "user": check "positive" is there only by the models: '
            "(id > 0) : not now",
            str(caught.exception),
        )

    def test_what_autogenerate_does_not_see(self):
        for more, upgrade, words in (
            ("sa.Index('by_name', user.c.name.desc())\n",
             [USER.upgrade, "CREATE INDEX by_name ON user (name)"],
             ("by_name", "DESC")),
            ("", [USER.upgrade, "CREATE VIEW names AS SELECT name FROM user"],
             ('view "names" is there only by the migrations',)),
            ("", [USER.upgrade, "CREATE TRIGGER t AFTER INSERT ON user "
                                "BEGIN SELECT 1; END"],
             ("trigger", "only by the migrations")),
            ("user.c.name.server_default = sa.DefaultClause('Ada')\n", None,
             ("name", "Ada")),
        ):
            with self.subTest(words=words):
                case = self.case(more, upgrade)
                self.assertDiffers(case, *words)

    def test_an_enum_on_postgresql(self):
        url = servers.require_server("postgresql")
        more = (
            "user.c.id.autoincrement = False\n"
            "user.append_column("
            "sa.Column('mood', sa.Enum('sad', 'glad', name='mood')))\n"
        )
        table = (
            'CREATE TABLE "user" (id INTEGER NOT NULL, name VARCHAR(50), '
            "mood mood, PRIMARY KEY (id))"
        )
        for values, same in (
            ("'sad', 'glad'", True), ("'sad', 'glad', 'mad'", False),
        ):
            case = self.case(
                more, [f"CREATE TYPE mood AS ENUM ({values})", table],
                database_url=url,
            )
            case.assertModelsMatchMigrations()
            if same:
                case.assertModelsMatchSchema()
            else:
                self.assertDiffers(case, 'enum "mood" is', "'mad'")

    def test_a_schema_on_postgresql(self):
        url = servers.require_server("postgresql")
        more = (
            "metadata.clear()\n"
            "sa.Table('note', metadata, sa.Column('id', sa.Integer), "
            "schema='shop')\n"
        )
        upgrade = ["CREATE SCHEMA shop", "CREATE TABLE shop.note (id INTEGER)"]
        self.case(
            more, upgrade, database_url=url
        ).assertModelsMatchSchema()
        self.assertDiffers(
            self.case(more, upgrade[:1], database_url=url), "note",
        )

    def test_what_is_meant(self):
        view = [USER.upgrade, "CREATE VIEW names AS SELECT name FROM user"]
        rule = Ignore(kind="view", name="names", reason="for reports")
        self.case("", view).assertModelsMatchSchema(ignore=[rule])
        self.case("", view, ignore=[rule]).assertModelsMatchSchema()
        other = Ignore(kind="view", name="other", reason="for reports")
        self.assertDiffers(self.case("", view), "names", ignore=[other])
        with self.assertRaisesRegex(ConfigError, "is no Ignore"):
            self.case("", view).assertModelsMatchSchema(ignore=["names"])

    def test_many_differences_stay_readable(self):
        more = (
            "for number in range(60):\n"
            "    sa.Table(f'table_{number:02}', metadata,\n"
            "             sa.Column('id', sa.Integer))\n"
        )
        self.assertDiffers(self.case(more), "... and 40 more")

    def test_several_databases(self):
        project = zoo.PROJECTS["multidb_edited"]
        root = zoo.copy_project(project, self.folder)
        self.addCleanup(zoo.forget_modules, root)
        members = {
            "alembic_config": str(root / project.config),
            "runTest": lambda self: None,
            "database_url": {"engine1": "sqlite://", "engine2": "sqlite://"},
        }
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        case.assertModelsMatchSchema()
        members["target_metadata"] = MetaData()
        Table("note", members["target_metadata"], Column("id", Integer))
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        self.assertDiffers(
            case, "of database 'engine1' make different schemas",
            "of database 'engine2' make different schemas", "note",
        )

    def test_where_nothing_can_be_compared(self):
        with self.assertRaisesRegex(ConfigError, "no target_metadata"):
            self.case("options = {}").assertModelsMatchSchema()
        empty = "options['target_metadata'] = sa.MetaData()"
        case = self.case(empty, "SELECT 1")
        with self.assertRaisesRegex(ConfigError, "no model and no table"):
            case.assertModelsMatchSchema()
        case.assertModelsMatchSchema(allow_empty=True)

    def test_models_that_cannot_be_made(self):
        more = (
            "from sqlalchemy.dialects.postgresql import INTERVAL\n"
            "user.append_column(sa.Column('x', INTERVAL))\n"
        )
        with self.assertRaisesRegex(
            ConfigError, r"create_all\(\) of the models fails.*INTERVAL"
        ):
            self.case(more).assertModelsMatchSchema()

    def test_a_database_that_was_handed_over(self):
        case = self.case(
            get_migration_engine=lambda _: sa.create_engine(
                f"sqlite:///{self.folder}/own.db"
            ),
        )
        with self.assertRaisesRegex(ConfigError, "a second database"):
            case.assertModelsMatchSchema()


class TestNothingToCompare(ModelsTestCase):
    def test_no_metadata(self):
        with self.assertRaisesRegex(
            ConfigError,
            r"env.py passes no target_metadata to configure\(\), so there "
            "are no models to compare; pass it there, or set target_metadata",
        ):
            self.case("options = {}").assertModelsMatchMigrations()

    def test_no_model_and_no_table(self):
        empty = "options['target_metadata'] = sa.MetaData()"
        with self.assertRaisesRegex(ConfigError, "no model and no table"):
            self.case(empty, "SELECT 1").assertModelsMatchMigrations()
        self.case(empty, "SELECT 1").assertModelsMatchMigrations(
            allow_empty=True
        )
        # No model, but a table that autogenerate would drop.
        self.assertDrift(self.case(empty), "op.drop_table('user')")


class TestSeveralDatabases(ModelsTestCase):
    def multidb(self, old: str = "", new: str = "") -> Any:
        project = zoo.PROJECTS["multidb_edited"]
        root = zoo.copy_project(project, self.folder)
        env = root / "migrations" / "env.py"
        self.assertIn(old, text := env.read_text())
        env.write_text(text.replace(old, new))
        members = {
            "alembic_config": str(root / "alembic.ini"),
            "database_url": zoo.TWO_ENGINES,
            "runTest": lambda self: None,
        }
        case = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        return case

    def test_all_match(self):
        self.multidb().assertModelsMatchMigrations()

    def test_drift_in_the_second_is_found_and_named(self):
        case = self.multidb(
            '\ntarget_metadata = {\n    "engine1"',
            "\nimport sqlalchemy as sa\n"
            "sa.Table('note', EventBase.metadata, "
            "sa.Column('id', sa.Integer), extend_existing=True)\n"
            'target_metadata = {\n    "engine1"',
        )
        text = self.assertDrift(case, "of database 'engine2' differ")
        self.assertIn("op.create_table('note'", text)
        self.assertNotIn("engine1", text)

    def test_one_without_metadata(self):
        case = self.multidb('    "engine2": EventBase.metadata,\n')
        with self.assertRaisesRegex(
            ConfigError, "no target_metadata.* for the database 'engine2'"
        ):
            case.assertModelsMatchMigrations()
        outcome = self.result_of_check(case)
        self.assertEqual([], outcome.failures + outcome.errors)
        (skip,) = outcome.skipped
        self.assertIn("database='engine2'", str(skip[0]))
        self.assertIn("gives it no target_metadata", skip[1])

    def result_of_check(self, case: Any) -> unittest.TestResult:
        from migtestkit.checks import HistoryChecks

        cls = type("Checks", (HistoryChecks, type(case)), {})
        result = unittest.TestResult()
        cls(zoo.MODELS).run(result)
        return result

    def test_one_that_env_leaves_out(self):
        case = self.multidb(
            'for name, rec in engines.items():\n'
            '            logger.info("Migrating database %s" % name)\n',
            'for name, rec in list(engines.items())[:1]:\n'
            '            logger.info("Migrating database %s" % name)\n',
        )
        with self.assertRaisesRegex(MigtestkitError, "'engine2'"):
            compare_models(case.migrations)


class TestTheCheck(ModelsTestCase):
    def test_the_zoo(self):
        for name, verdict, words in (
            ("defect_models_drifted", "fail", "op.add_column("),
            ("defect_model_never_imported", "fail", "op.drop_table('loan')"),
            ("process_directives", "pass", ""),
            ("include_object", "pass", ""),
            ("template_generic", "skip", "env.py passes no target_metadata"),
        ):
            with self.subTest(name):
                project = zoo.PROJECTS[name]
                root = zoo.copy_project(project, self.folder)
                outcome = run_checks(project, root)
                self.assertEqual(verdict, outcome.verdicts[zoo.MODELS])
                self.assertIn(words, outcome.texts.get(zoo.MODELS, ""))

    def test_a_broken_history_is_a_failure_and_no_error(self):
        case = self.case("", "ALTER TABLE nowhere ADD x")
        outcome = run_checks(alembic_config=case.alembic_config)
        text = outcome.texts[zoo.MODELS]
        self.assertIn("AssertionError: upgrade of revision r1", text)

    def test_a_database_handed_over(self):
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        for more, verdict in (("", "pass"), (AGE, "fail")):
            case = self.case(more)
            outcome = run_checks(
                alembic_config=case.alembic_config,
                get_migration_engine=lambda self: create_engine(
                    f"sqlite:///{self.path}", poolclass=NullPool
                ),
                path=self.folder / "own.db",
                setUp=_removes_its_file,
            )
            self.assertEqual(verdict, outcome.verdicts[zoo.MODELS], outcome)

    def test_the_pyproject_way(self):
        if alembic_api.VERSION < alembic_api.PYPROJECT_SINCE:
            self.skipTest("pyproject.toml needs Alembic 1.16")
        project = zoo.PROJECTS["template_pyproject"]
        root = zoo.copy_project(project, self.folder)
        outcome = run_checks(project, root)
        self.assertEqual("skip", outcome.verdicts[zoo.MODELS])


def _removes_its_file(case: Any) -> None:
    case.path.unlink(missing_ok=True)
    MigrationTestCase.setUp(case)


if __name__ == "__main__":
    unittest.main()
