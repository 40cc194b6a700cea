"""Is Alembic's configuration found where a person would look for it?"""
from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, Optional

from alembic.config import Config
from alembic.script import ScriptDirectory
from migtestkit import MigrationContext, MigrationTestCase, alembic_api
from migtestkit.config import discover, locate
from migtestkit.errors import ConfigError

from tests.support import ENV, MAKO, ProjectTestCase, Rev, run_case

needs_pyproject = unittest.skipIf(
    alembic_api.VERSION < alembic_api.PYPROJECT_SINCE,
    "pyproject.toml needs Alembic 1.16 or later",
)

INI = "[alembic]\nscript_location = %(here)s/scripts\n"
INI_WITHOUT_LOCATION = "[alembic]\nsqlalchemy.url = sqlite://\n"
TOML = '[tool.alembic]\nscript_location = "%(here)s/scripts"\n'


class DiscoveryTestCase(ProjectTestCase):
    """A repository in which each test writes its files."""

    def setUp(self) -> None:
        super().setUp()
        self.repository = self.folder / "repository"
        (self.repository / ".git").mkdir(parents=True)
        os.chdir(self.folder)

    def write(self, name: str, text: str = "") -> Path:
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def scripts(self, *places: str) -> None:
        """Write script folders with one revision."""
        for place in places or ("scripts",):
            self.write(f"{place}/env.py", ENV)
            self.write(f"{place}/script.py.mako", MAKO)
            self.write(
                f"{place}/versions/r1.py",
                'revision = "r1"\ndown_revision = None\n'
                "def upgrade():\n    pass\ndef downgrade():\n    pass\n",
            )

    def found_from(self, folder: str = "") -> Any:
        return discover(self.repository / folder)

    def context(self, config: Any = None, **options: Any) -> MigrationContext:
        return self.open(config, search_from=self.repository, **options)

    def refusal(self, config: Any = None, **options: Any) -> str:
        with self.assertRaises(ConfigError) as caught:
            self.context(config, **options).heads
        return str(caught.exception)


class TestSearchUpward(DiscoveryTestCase):
    def test_finds_the_ini_of_the_same_folder(self) -> None:
        ini = self.write("alembic.ini", INI)
        self.assertEqual(ini, self.found_from().ini)

    def test_goes_up_to_the_nearest(self) -> None:
        self.write("alembic.ini", INI)
        nearest = self.write("service/alembic.ini", INI)
        self.assertEqual(nearest, self.found_from("service/tests/unit").ini)

    def test_stops_at_the_root_of_the_repository(self) -> None:
        (self.folder / "alembic.ini").write_text(INI)
        os.chdir(self.repository)
        with self.assertRaisesRegex(ConfigError, "no Alembic configuration"):
            self.found_from("tests")

    def test_a_work_tree_has_a_git_file_for_a_root(self) -> None:
        (self.folder / "alembic.ini").write_text(INI)
        (self.repository / ".git").rmdir()
        self.write(".git", "gitdir: elsewhere")
        os.chdir(self.repository)
        with self.assertRaisesRegex(ConfigError, "no Alembic configuration"):
            self.found_from("tests")

    def test_the_working_directory_comes_second(self) -> None:
        ini = self.write("alembic.ini", INI)
        os.chdir(self.repository)
        (self.folder / "elsewhere" / ".git").mkdir(parents=True)
        self.assertEqual(ini, discover(self.folder / "elsewhere").ini)

    def test_the_folder_of_the_test_module_comes_first(self) -> None:
        ini = self.write("alembic.ini", INI)
        other = self.folder / "other"
        (other / ".git").mkdir(parents=True)
        (other / "alembic.ini").write_text(INI)
        os.chdir(other)
        self.assertEqual(ini, self.found_from("tests").ini)

    def test_each_usual_sub_folder_is_looked_into(self) -> None:
        for name in ("alembic", "migrations", "db", "backend"):
            with self.subTest(name):
                ini = self.write(f"{name}/alembic.ini", INI)
                self.assertEqual(ini, self.found_from("tests").ini)
                ini.unlink()

    def test_another_sub_folder_is_not_looked_into(self) -> None:
        self.write("vendor/alembic.ini", INI)
        with self.assertRaises(ConfigError):
            self.found_from()

    def test_a_folder_comes_before_its_sub_folders(self) -> None:
        ini = self.write("alembic.ini", INI)
        self.write("migrations/alembic.ini", INI)
        self.assertEqual(ini, self.found_from("tests").ini)

    def test_nothing_found_tells_where_it_looked(self) -> None:
        os.chdir(self.repository)
        with self.assertRaises(ConfigError) as caught:
            self.found_from("tests/unit")
        lines = str(caught.exception).splitlines()
        folders = [line.strip() for line in lines if line.startswith("  ")]
        expected = [
            str(self.repository / name) for name in ("tests/unit", "tests", "")
        ]
        self.assertEqual([e.rstrip("/") for e in expected], folders)
        self.assertIn("set alembic_config to its path", lines[-1])

    def test_the_search_starts_at_the_module_of_the_test_class(self) -> None:
        self.scripts("migrations/scripts")
        self.write("migrations/alembic.ini", INI)
        module = self.write(
            "tests/test_zoo_discovery.py",
            "from migtestkit import MigrationTestCase\n"
            "class TestHistory(MigrationTestCase):\n"
            "    def test_heads(self):\n"
            "        self.assertEqual(('r1',), self.heads)\n",
        )
        sys.path.insert(0, str(module.parent))
        import test_zoo_discovery  # type: ignore[import-not-found]

        self.addCleanup(sys.modules.pop, "test_zoo_discovery", None)
        result = run_case(test_zoo_discovery.TestHistory)
        self.assertEqual(([], []), (result.errors, result.failures))
        self.assertEqual(1, result.testsRun)


class TestEnvironmentVariable(DiscoveryTestCase):
    def test_it_comes_before_any_search(self) -> None:
        self.write("alembic.ini", INI)
        named = self.write("elsewhere/other.ini", INI)
        os.environ["ALEMBIC_CONFIG"] = str(named)
        self.assertEqual(named, self.found_from().ini)

    def test_it_counts_from_the_working_directory(self) -> None:
        named = self.write("elsewhere/other.ini", INI)
        os.chdir(self.repository)
        os.environ["ALEMBIC_CONFIG"] = "elsewhere/other.ini"
        self.assertEqual(named, self.found_from().ini)

    def test_empty_is_as_good_as_not_set(self) -> None:
        ini = self.write("alembic.ini", INI)
        os.environ["ALEMBIC_CONFIG"] = ""
        self.assertEqual(ini, self.found_from().ini)

    def test_a_file_that_does_not_exist_is_told(self) -> None:
        self.write("alembic.ini", INI)
        os.environ["ALEMBIC_CONFIG"] = "gone.ini"
        with self.assertRaises(ConfigError) as caught:
            self.found_from()
        self.assertEqual(
            "$ALEMBIC_CONFIG names 'gone.ini', but there is no such file; "
            f"looked at:\n  {self.folder / 'gone.ini'}",
            str(caught.exception),
        )

    def test_the_attribute_comes_before_it(self) -> None:
        self.scripts()
        self.write("alembic.ini", INI)
        os.environ["ALEMBIC_CONFIG"] = "gone.ini"
        self.assertEqual(("r1",), self.context("alembic.ini").heads)


class TestTwoPlaces(DiscoveryTestCase):
    def assert_names(self, text: str, *places: str) -> None:
        self.assertIn("more than one place defines", text)
        for place in places:
            self.assertIn(str(self.repository / place), text)
        self.assertIn("set alembic_config", text)

    def test_two_sub_folders(self) -> None:
        self.write("db/alembic.ini", INI)
        self.write("backend/alembic.ini", INI)
        self.assert_names(
            self.refusal(),
            "db/alembic.ini [alembic]",
            "backend/alembic.ini [alembic]",
        )

    def test_a_sub_folder_and_flask_migrate(self) -> None:
        self.scripts("migrations")
        self.write("migrations/alembic.ini", INI_WITHOUT_LOCATION)
        self.write("backend/alembic.ini", INI)
        self.assert_names(
            self.refusal(), "migrations/alembic.ini", "backend/alembic.ini"
        )

    def test_an_ini_without_a_location_does_not_count(self) -> None:
        self.write("db/alembic.ini", INI_WITHOUT_LOCATION)
        ini = self.write("backend/alembic.ini", INI)
        self.assertEqual(ini, self.found_from().ini)

    def test_neither_ini_has_a_location(self) -> None:
        self.write("db/alembic.ini", INI_WITHOUT_LOCATION)
        self.write("backend/alembic.ini", INI_WITHOUT_LOCATION)
        self.assert_names(
            self.refusal(), "db/alembic.ini", "backend/alembic.ini"
        )

    @needs_pyproject
    def test_an_ini_and_a_pyproject(self) -> None:
        self.write("alembic.ini", INI)
        self.write("pyproject.toml", TOML)
        self.assert_names(
            self.refusal(),
            "alembic.ini [alembic]",
            "pyproject.toml [tool.alembic]",
        )

    def test_the_section_decides_which_ini_defines_one(self) -> None:
        self.write("db/alembic.ini", INI.replace("alembic]", "billing]"))
        self.write("backend/alembic.ini", INI)
        found = discover(self.repository, section="billing")
        self.assertEqual(self.repository / "db/alembic.ini", found.ini)


class TestPyproject(DiscoveryTestCase):
    @needs_pyproject
    def test_alone(self) -> None:
        self.scripts()
        toml = self.write("pyproject.toml", TOML)
        context = self.context()
        self.assertEqual(("r1",), context.heads)
        self.assertEqual(
            str(toml), str(context.environment.config.toml_file_name)
        )

    @needs_pyproject
    def test_runs_env_py_with_a_pyproject_alone(self) -> None:
        self.scripts()
        self.write("pyproject.toml", TOML)
        context = self.context()
        context.migrate_up_to("head")
        self.assertEqual(("r1",), context.current_heads)

    @needs_pyproject
    def test_with_an_ini_as_alembics_template_writes_them(self) -> None:
        self.scripts()
        self.write("pyproject.toml", TOML)
        self.write("alembic.ini", INI_WITHOUT_LOCATION)
        for name in (None, "alembic.ini", "pyproject.toml"):
            with self.subTest(str(name)):
                config = self.context(name).environment.config
                self.assertEqual(
                    str(self.repository / "alembic.ini"),
                    config.config_file_name,
                )
                self.assertEqual(
                    str(self.repository / "scripts"),
                    ScriptDirectory.from_config(config).dir,
                )
                self.assertEqual(
                    "sqlite://", config.get_main_option("sqlalchemy.url")
                )

    def test_one_that_only_depends_on_alembic_is_passed_over(self) -> None:
        ini = self.write("alembic.ini", INI)
        self.write(
            "service/pyproject.toml",
            '[project]\nname = "x"\ndependencies = ["alembic"]\n'
            "[tool.alembicator]\nx = 1\n",
        )
        self.assertEqual(ini, self.found_from("service").ini)

    @needs_pyproject
    def test_every_way_of_spelling_the_section_is_read(self) -> None:
        for text in (
            '[tool]\nalembic = {script_location = "scripts"}\n',
            'tool.alembic.script_location = "scripts"\n',
            '[tool."alembic"]\nscript_location = "scripts"\n',
            '[ tool . alembic ]\nscript_location = "scripts"\n',
        ):
            with self.subTest(text):
                toml = self.write("pyproject.toml", text)
                self.assertEqual(toml, self.found_from().toml)

    @needs_pyproject
    def test_a_broken_one_is_told(self) -> None:
        self.write("pyproject.toml", TOML + "nonsense\n")
        self.assertRegex(self.refusal(), "pyproject.toml is no valid TOML: ")

    def test_a_broken_one_of_something_else_is_passed_over(self) -> None:
        ini = self.write("alembic.ini", INI)
        self.write("service/pyproject.toml", "alembic?")
        self.assertEqual(ini, self.found_from("service").ini)

    def test_named_but_without_the_section(self) -> None:
        self.write("pyproject.toml", "[tool.black]\n")
        self.assertRegex(
            self.refusal("pyproject.toml"), r"no section \[tool.alembic\]"
        )

    @unittest.skipIf(
        alembic_api.VERSION >= alembic_api.PYPROJECT_SINCE,
        "this Alembic reads pyproject.toml",
    )
    def test_an_older_alembic_is_told(self) -> None:
        self.write("pyproject.toml", TOML)
        self.assertRegex(self.refusal(), "needs Alembic 1.16 or later")


class TestNamedFiles(DiscoveryTestCase):
    def test_a_relative_path_counts_from_the_test_modules_folder(
        self,
    ) -> None:
        self.scripts()
        self.write("alembic.ini", INI)
        self.assertEqual(("r1",), self.context("alembic.ini").heads)

    def test_else_from_the_working_directory(self) -> None:
        ini = self.write("alembic.ini", INI)
        found = locate("repository/alembic.ini", [ini.parent, self.folder])
        self.assertEqual(ini, found.ini)

    def test_a_path_object_and_a_folder(self) -> None:
        self.scripts()
        ini = self.write("alembic.ini", INI)
        for given in (ini, self.repository):
            with self.subTest(str(given)):
                self.assertEqual(("r1",), self.context(given).heads)

    def test_package_and_path(self) -> None:
        self.write("zoo_discovery_pkg/__init__.py")
        self.scripts("zoo_discovery_pkg/sub/scripts")
        self.write("zoo_discovery_pkg/sub/__init__.py")
        self.write("zoo_discovery_pkg/sub/alembic.ini", INI)
        sys.path.insert(0, str(self.repository))
        for name in (
            "zoo_discovery_pkg:sub/alembic.ini",
            "zoo_discovery_pkg.sub:alembic.ini",
            "zoo_discovery_pkg.sub:",
        ):
            with self.subTest(name):
                self.assertEqual(("r1",), self.context(name).heads)

    def test_a_package_that_does_not_exist(self) -> None:
        self.assertEqual(
            "alembic_config names 'nowhere.db:alembic.ini', but there is no "
            "package 'nowhere.db' to import; is it installed, or on "
            "sys.path?",
            self.refusal("nowhere.db:alembic.ini"),
        )

    def test_a_package_that_fails_to_import_is_told_with_its_error(
        self,
    ) -> None:
        self.write("zoo_failing_pkg/__init__.py", "raise ValueError('why')")
        sys.path.insert(0, str(self.repository))
        self.assertIn(
            "(ValueError: why)", self.refusal("zoo_failing_pkg.db:alembic.ini")
        )

    def test_a_colon_in_a_folders_name_is_no_package(self) -> None:
        self.scripts("a:b/scripts")
        self.write("a:b/alembic.ini", INI)
        self.assertEqual(("r1",), self.context("a:b/alembic.ini").heads)

    def test_a_file_that_does_not_exist_lists_where_it_looked(self) -> None:
        self.assertEqual(
            "alembic_config names 'db/x.ini', but there is no such file; "
            f"looked at:\n  {self.repository / 'db/x.ini'}\n"
            f"  {self.folder / 'db/x.ini'}",
            self.refusal("db/x.ini"),
        )

    def test_a_broken_ini(self) -> None:
        self.write("alembic.ini", "script_location = x\n")
        for given in (None, "alembic.ini"):
            with self.subTest(str(given)):
                self.assertRegex(
                    self.refusal(given),
                    "alembic.ini (is no valid ini file|cannot be read): File "
                    "contains no section headers",
                )


class TestSections(DiscoveryTestCase):
    def test_a_section_of_its_own(self) -> None:
        self.scripts("core", "billing")
        self.write(
            "billing/versions/b2.py",
            'revision = "b2"\ndown_revision = "r1"\ndef upgrade(): pass\n',
        )
        self.write(
            "alembic.ini",
            "[alembic]\nscript_location = %(here)s/core\n"
            "[billing]\nscript_location = %(here)s/billing\n",
        )
        self.assertEqual(("r1",), self.context().heads)
        self.assertEqual(("b2",), self.context(ini_section="billing").heads)

    def test_a_misspelt_section_names_the_nearest(self) -> None:
        self.scripts()
        self.write("alembic.ini", INI + "[billing]\n[loggers]\n")
        self.assertEqual(
            f"{self.repository / 'alembic.ini'} has no section [biling]; it "
            "has alembic, billing, loggers; did you mean 'billing'?",
            self.refusal(ini_section="biling"),
        )


class TestFlaskMigrate(DiscoveryTestCase):
    """`migrations/alembic.ini` has no script_location there."""

    def setUp(self) -> None:
        super().setUp()
        self.scripts("migrations")
        self.ini = self.write("migrations/alembic.ini", INI_WITHOUT_LOCATION)

    def test_the_inis_own_folder_is_meant(self) -> None:
        context = self.context()
        context.migrate_up_to("head")
        self.assertEqual(("r1",), context.current_heads)

    def test_a_ready_config_of_it_is_not_changed(self) -> None:
        config = Config(str(self.ini))
        context = self.context(config)
        context.migrate_up_to("head")
        self.assertEqual(("r1",), context.current_heads)
        self.assertIsNone(config.get_main_option("script_location"))

    def test_without_env_py_beside_it_is_an_error(self) -> None:
        (self.repository / "migrations/env.py").unlink()
        self.assertRegex(self.refusal(), "has no script_location")


class TestStrangeNames(DiscoveryTestCase):
    NAMES = ("50% off", "a b", "%(here)s", "Größe-数据", "100%", "it's")

    def test_folders(self) -> None:
        for name in self.NAMES:
            with self.subTest(name):
                self.scripts(f"{name}/scripts")
                self.write(f"{name}/alembic.ini", INI)
                context = self.open(self.repository / name / "alembic.ini")
                context.migrate_up_to("head")
                self.assertEqual(("r1",), context.current_heads)

    def test_flask_migrates_folder(self) -> None:
        for name in self.NAMES:
            with self.subTest(name):
                self.scripts(f"{name}/migrations")
                self.write(
                    f"{name}/migrations/alembic.ini", INI_WITHOUT_LOCATION
                )
                given = self.repository / name / "migrations"
                self.assertEqual(("r1",), self.open(given).heads)

    @needs_pyproject
    def test_with_a_pyproject(self) -> None:
        for name in ("a b", "Größe"):
            with self.subTest(name):
                self.scripts(f"{name}/scripts")
                self.write(f"{name}/pyproject.toml", TOML)
                given = self.repository / name / "pyproject.toml"
                self.assertEqual(("r1",), self.open(given).heads)

    def test_where_alembic_itself_fails_with_a_ready_config_says_why(
        self,
    ) -> None:
        self.scripts("50% off/scripts")
        ini = self.write("50% off/alembic.ini", INI)
        self.assertRegex(
            self.refusal(Config(str(ini))),
            "cannot be read: .*let alembic_config be the path of the file",
        )


class TestLocations(DiscoveryTestCase):
    def heads_with(self, text: str, **options: Any) -> tuple[str, ...]:
        ini = self.write("alembic.ini", f"[alembic]\n{text}\n")
        return self.open(ini, **options).heads

    def test_script_location_as_a_path(self) -> None:
        self.scripts()
        for location in (
            "scripts",
            "./scripts",
            "%(here)s/scripts",
            str(self.repository / "scripts"),
        ):
            with self.subTest(location):
                heads = self.heads_with(f"script_location = {location}")
                self.assertEqual(("r1",), heads)

    def test_script_location_in_a_package(self) -> None:
        self.write("zoo_location_pkg/__init__.py")
        self.scripts("zoo_location_pkg/scripts")
        heads = self.heads_with(
            "script_location = zoo_location_pkg:scripts\n"
            "prepend_sys_path = %(here)s"
        )
        self.assertEqual(("r1",), heads)

    def test_several_version_locations(self) -> None:
        self.scripts()
        self.write(
            "plugin/versions/r2.py",
            'revision = "r2"\ndown_revision = "r1"\ndef upgrade(): pass\n',
        )
        heads = self.heads_with(
            "script_location = %(here)s/scripts\nversion_locations = "
            "%(here)s/scripts/versions %(here)s/plugin/versions"
        )
        self.assertEqual(("r2",), heads)

    def test_recursive_version_locations(self) -> None:
        self.scripts()
        self.write(
            "scripts/versions/2024/r2.py",
            'revision = "r2"\ndown_revision = "r1"\ndef upgrade(): pass\n',
        )
        text = "script_location = %(here)s/scripts"
        self.assertEqual(("r1",), self.heads_with(text))
        recursive = f"{text}\nrecursive_version_locations = true"
        self.assertEqual(("r2",), self.heads_with(recursive))

    def test_relative_folders_count_from_the_inis(self) -> None:
        self.scripts()
        self.write(
            "plugin/r2.py",
            'revision = "r2"\ndown_revision = "r1"\ndef upgrade(): pass\n',
        )
        os.chdir(self.folder)
        heads = self.heads_with(
            "script_location = scripts\n"
            "version_locations = scripts/versions plugin"
        )
        self.assertEqual(("r2",), heads)


class TestAsTheCommandDoes(DiscoveryTestCase):
    """`alembic heads` on the same files finds the same scripts."""

    def command_heads(self, *arguments: str) -> Optional[str]:
        done = subprocess.run(
            [sys.executable, "-m", "alembic.config", *arguments, "heads"],
            cwd=self.repository,
            capture_output=True,
            text=True,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.split()[0]

    def test_the_same_scripts_are_found(self) -> None:
        self.scripts("core")
        self.scripts("billing")
        self.write(
            "billing/versions/b2.py",
            'revision = "b2"\ndown_revision = "r1"\ndef upgrade(): pass\n',
        )
        self.write(
            "alembic.ini",
            "[alembic]\nscript_location = core\n"
            "[billing]\nscript_location = billing\n",
        )
        for section in ("alembic", "billing"):
            with self.subTest(section):
                expected = self.command_heads("-n", section)
                context = self.context(ini_section=section)
                self.assertEqual((expected,), context.heads)

    @needs_pyproject
    def test_the_same_with_a_pyproject(self) -> None:
        self.scripts()
        self.write("pyproject.toml", TOML)
        self.write("alembic.ini", INI_WITHOUT_LOCATION)
        self.assertEqual((self.command_heads(),), self.context().heads)


class TestReadyConfig(ProjectTestCase):
    """A user's own `Config` is used as it is, and left as it was."""

    def setUp(self) -> None:
        super().setUp()
        self.ini = self.make_history(Rev("r1"), Rev("r2", "r1"))

    def use(self, config: Config, **options: Any) -> MigrationContext:
        context = self.open(config, **options)
        context.migrate_up_to("head")
        self.assertEqual(("r2",), context.current_heads)
        return context

    def test_the_very_object_is_what_env_py_gets(self) -> None:
        (self.folder / "migrations/env.py").write_text(
            ENV + "config.attributes['seen'].append(config)\n"
            "config.attributes['seen'].append(config.of_the_project)\n"
        )
        config: Any = Config(str(self.ini))
        config.of_the_project = object()
        seen = config.attributes["seen"] = []
        self.use(config)
        self.assertIs(config, seen[0])
        self.assertIs(config.of_the_project, seen[1])

    def test_options_are_as_before_afterwards(self) -> None:
        config = Config(str(self.ini))
        config.set_main_option("timezone", "UTC")
        parser = config.file_config
        before = {
            name: dict(parser.items(name, raw=True))
            for name in parser.sections()
        }
        self.use(config)
        self.assertIs(parser, config.file_config)
        after = {
            name: dict(parser.items(name, raw=True))
            for name in parser.sections()
        }
        self.assertEqual(before, after)

    def test_attributes_are_as_before_afterwards(self) -> None:
        config = Config(str(self.ini))
        config.attributes.update(runs=[], calls=[], mine=object())
        attributes, before = config.attributes, dict(config.attributes)
        self.use(config)
        self.assertIs(attributes, config.attributes)
        self.assertEqual(before, attributes)

    def test_a_connection_that_env_py_leaves_there_is_taken_out(self) -> None:
        (self.folder / "migrations/env.py").write_text(
            "from alembic import context\n"
            "assert 'connection' not in context.config.attributes\n"
            + ENV.replace(
                "context.configure(connection",
                "config.attributes['connection'] = connection\n"
                "        context.configure(connection",
            )
        )
        config = Config(str(self.ini))
        self.use(config)
        self.assertNotIn("connection", config.attributes)

    def test_no_option_of_the_run_is_left_after_a_failure(self) -> None:
        (self.folder / "migrations/env.py").write_text("raise ValueError()")
        config = Config(str(self.ini))
        stdout = config.stdout
        url = config.get_main_option("sqlalchemy.url")
        with self.assertRaises(ConfigError):
            self.use(config)
        self.assertEqual(url, config.get_main_option("sqlalchemy.url"))
        self.assertIs(stdout, config.stdout)
        self.assertIsNone(config.cmd_opts)

    def test_a_sub_class_of_config(self) -> None:
        class ProjectConfig(Config):
            """Gives its location by code."""

            def get_main_option(self, name: str, default: Any = None) -> Any:
                if name == "script_location":
                    return str(scripts)
                return super().get_main_option(name, default)

            def get_alembic_option(
                self, name: str, default: Any = None
            ) -> Any:
                return self.get_main_option(name, default)

        scripts = self.folder / "migrations"
        context = self.use(ProjectConfig())
        self.assertIsInstance(context.environment.config, ProjectConfig)

    def test_without_any_file(self) -> None:
        config = Config()
        config.set_main_option(
            "script_location", str(self.folder / "migrations")
        )
        config.set_main_option("sqlalchemy.url", "driver://nowhere")
        self.use(config)

    def test_two_tests_can_share_one(self) -> None:
        config = Config(str(self.ini))
        self.use(config)
        self.use(config)

    def test_a_file_that_does_not_exist(self) -> None:
        with self.assertRaisesRegex(ConfigError, "'gone.ini' does not exist"):
            self.open(Config("gone.ini"))

    def test_a_section_that_contradicts_it(self) -> None:
        config = Config(str(self.ini), ini_section="alembic")
        with self.assertRaisesRegex(
            ConfigError, "ini_section is 'billing', but the Config given uses"
        ):
            self.open(config, ini_section="billing")

    def test_a_get_hook_may_return_one(self) -> None:
        config = Config(str(self.ini))

        class Case(MigrationTestCase):
            def get_alembic_config(self) -> Config:
                return config

            def test_it(self) -> None:
                self.migrate_up_to("head")
                assert self.migrations.environment.config is config

        result = run_case(Case)
        self.assertEqual(([], []), (result.errors, result.failures))


class TestXArguments(ProjectTestCase):
    ENV = ENV + (
        "config.attributes.setdefault('x', []).append(\n"
        "    context.get_x_argument(as_dictionary=True))\n"
    )

    def seen(self, config: Any, **options: Any) -> Any:
        context = self.open(config, **options)
        context.migrate_up_to("head")
        return context.environment.config.attributes["x"][-1]

    def setUp(self) -> None:
        super().setUp()
        self.ini = self.make_history(Rev("r1"), env=self.ENV)

    def test_env_py_gets_them(self) -> None:
        seen = self.seen(self.ini, x_arguments=("a=1", "b=two words", "-c=3"))
        self.assertEqual({"a": "1", "b": "two words", "-c": "3"}, seen)

    def test_with_a_ready_config(self) -> None:
        config = Config(str(self.ini))
        self.assertEqual({"a": "1"}, self.seen(config, x_arguments=("a=1",)))
        self.assertIsNone(config.cmd_opts)

    def test_they_win_over_those_of_a_ready_config(self) -> None:
        config = Config(
            str(self.ini), cmd_opts=alembic_api.command_line_options(["a=0"])
        )
        given = config.cmd_opts
        self.assertEqual({"a": "0"}, self.seen(config))
        self.assertEqual({"a": "1"}, self.seen(config, x_arguments=["a=1"]))
        self.assertIs(given, config.cmd_opts)

    def test_a_string_is_refused(self) -> None:
        with self.assertRaisesRegex(
            ConfigError, r"x_arguments must be a sequence of str.*'a=1'"
        ):
            self.open(self.ini, x_arguments="a=1")


if __name__ == "__main__":
    unittest.main()
