"""Are a test class's options read, and its slips found?"""

from __future__ import annotations

import copy
import os
import unittest
from types import MappingProxyType
from typing import Any

from alembic.config import Config
from sqlalchemy import MetaData

from migtestkit import Ignore, Intended, MigrationTestCase
from migtestkit.case.options import HOOKS, OPTIONS
from migtestkit.errors import ConfigError, MigtestkitError
from tests.support import ProjectTestCase, Rev, create

#: A value that each option takes, and that is not its default.
VALUES: dict[str, Any] = {
    "ini_section": "other",
    "x_arguments": ["tenant=acme"],
    "database_url": "sqlite:////tmp",
    "redirect": False,
    "strict": True,
    "start_revision": "r1",
    "before_revision_data": {"r1": {"__tablename__": "user"}},
    "at_revision_data": {"r1": {"user": [{"id": 1}]}},
    "minimum_downgrade_revision": "r1",
    "irreversible_revisions": {"r1": "it drops data"},
    "skip_revisions": ["r1"],
    "target_metadata": MetaData(),
    "model_package": "shop.models",
    "ignore": (Ignore(table="task", reason="another owns it"),),
    "intended": {"r1": Intended(blocking=True, reason="at night")},
    "environ": {"STAGE": "test"},
    "lock_timeout": 3.0,
    "keep_failed_database": True,
    "adopt_existing_database": True,
    "reuse_snapshots": False,
}
#: A slip, and what is meant by it.
SLIPS = {
    "start_revison": "start_revision",
    "start_revisions": "start_revision",
    "startrevision": "start_revision",
    "revision_data": "at_revision_data",
    "at_revison_data": "at_revision_data",
    "at_revisions_data": "at_revision_data",
    "befor_revision_data": "before_revision_data",
    "before_revisions_data": "before_revision_data",
    "minimum_downgrade_revisions": "minimum_downgrade_revision",
    "irreversible_revision": "irreversible_revisions",
    "skip_revision": "skip_revisions",
    "x_argument": "x_arguments",
    "database_uri": "database_url",
    "databse_url": "database_url",
    "alembic_confg": "alembic_config",
    "model_pakage": "model_package",
    "target_metdata": "target_metadata",
    "redirct": "redirect",
    "stict": "strict",
    "enviorn": "environ",
    "lock_timout": "lock_timeout",
    "keep_failed_databases": "keep_failed_database",
    "adopt_existing_databases": "adopt_existing_database",
    "dialect_url": "dialect_urls",
    "ignroe": "ignore",
    "intnded": "intended",
}
METHOD_SLIPS = {
    "get_start_revison": "get_start_revision",
    "get_database_uri": "get_database_url",
    "get_alembic_confg": "get_alembic_config",
    "get_migration_engin": "get_migration_engine",
    "alembic_contxt": "alembic_context",
    "use_databases": "use_database",
    "create_base_schemas": "create_base_schema",
    "run_enviroment": "run_environment",
    "star_revision": "start_revision",
}
#: What users call their own things.
OWN = (
    "DATABASE_URL", "alembic_configs", "app", "base_url", "client", "config",
    "connection", "database", "database_name", "database_urls", "databases",
    "direct", "directory", "dialect", "driver", "engine", "environment",
    "environs", "expected", "fixtures", "ignored", "ini", "layer",
    "metadata", "model", "model_packages", "models", "package", "path",
    "redirected", "redirects", "revision", "revisions", "rows_expected",
    "section", "session", "settings", "stream", "strictly", "strictness",
    "table", "tables", "target", "timeout", "todo", "url", "urls", "user",
)
OWN_METHODS = (
    "get_app", "get_config", "get_database", "get_database_urls",
    "get_direct", "get_engine", "get_environment", "get_metadata",
    "get_redirect_url", "get_redirects", "get_session", "insert_user",
    "make_database", "run", "setUpDatabase", "use_client", "debug",
)


class OptionsTestCase(ProjectTestCase):
    """Gives each test a project, and test cases on it."""

    def setUp(self) -> None:
        super().setUp()
        self.ini = self.make_history(
            Rev("r1", upgrade=create("user"), downgrade="DROP TABLE user")
        )

    def case(self, *bases: type, **members: Any) -> Any:
        members = {
            "alembic_config": str(self.ini),
            "runTest": lambda self: None,
            **members,
        }
        case = type("Case", (*bases, MigrationTestCase), members)()
        self.addCleanup(case.doCleanups)
        return case

    def config(self, *bases: type, **members: Any) -> Any:
        return self.case(*bases, **members).migration_config()


class TestReading(OptionsTestCase):
    def test_every_option_is_tried_here(self):
        self.assertEqual({"alembic_config", *VALUES}, set(OPTIONS))

    def test_an_attribute_for_each_option(self):
        for name, value in VALUES.items():
            with self.subTest(name):
                self.assertNotEqual(value, getattr(MigrationTestCase, name))
                self.assertIs(
                    value, getattr(self.config(**{name: value}), name)
                )

    def test_a_method_for_each_option_which_wins(self):
        for name, value in VALUES.items():
            with self.subTest(name):
                default = getattr(MigrationTestCase, name)
                found = self.config(
                    **{name: default, f"get_{name}": lambda self: value}
                )
                self.assertIs(value, getattr(found, name))

    def test_a_method_for_the_configuration(self):
        found = self.config(
            alembic_config="nowhere.ini",
            get_alembic_config=lambda self: Config(str(self._ini)),
            _ini=self.ini,
        )
        self.assertEqual(str(self.ini), found.load().config_file_name)

    def test_a_property_and_an_inherited_attribute(self):
        base = type("Base", (), {"start_revision": "r1"})
        self.assertEqual("r1", self.config(base).start_revision)
        found = self.config(start_revision=property(lambda self: "r1"))
        self.assertEqual("r1", found.start_revision)

    def test_an_attribute_set_before_set_up(self):
        case = self.case()
        case.start_revision = "r1"
        case.setUp()
        self.assertEqual("r1", case.current)

    def test_an_attribute_set_too_late(self):
        case = self.case()
        case.setUp()
        with self.assertRaisesRegex(
            ConfigError,
            r"Case\.start_revision is set too late.*before super\(\)\."
            r"setUp\(\), or define get_start_revision\(\)",
        ):
            case.start_revision = "r1"
        case.mine = "r1"

    def test_the_search_starts_at_the_test_modules_folder(self):
        self.assertEqual(
            os.path.dirname(os.path.abspath(__file__)),
            str(self.config().search_from),
        )

    def test_the_hooks_that_a_class_defines(self):
        self.assertIsNone(self.config().use_database)
        for name in HOOKS:
            with self.subTest(name):
                found = self.config(**{name: lambda self, *rest: "mine"})
                self.assertEqual("mine", getattr(found, name)())
                others = set(HOOKS) - {name}
                self.assertEqual(
                    [None] * len(others),
                    [getattr(found, other) for other in others],
                )

    def test_a_method_that_wants_arguments(self):
        with self.assertRaisesRegex(
            ConfigError,
            r"get_redirect\(\) is asked for an option and gets no argument, "
            r"but: missing a required argument: 'path'; if it is your own, "
            "give it another name",
        ):
            self.config(get_redirect=_get_redirect)

    def test_a_hook_that_is_no_method(self):
        with self.assertRaisesRegex(
            ConfigError, r"Case\.alembic_context must be a method, not 3"
        ):
            self.config(alembic_context=3)

    def test_an_error_in_a_method_is_the_users_own(self):
        with self.assertRaises(ZeroDivisionError):
            self.config(get_start_revision=lambda self: 1 / 0)


def _get_redirect(self: Any, path: str) -> None:
    """A web test's helper, which happens to have an option's name."""


class TestSlips(OptionsTestCase):
    def test_attributes(self):
        for slip, meant in SLIPS.items():
            with self.subTest(slip):
                with self.assertRaisesRegex(
                    ConfigError,
                    rf"Case sets '{slip}', which is no option; did you mean "
                    rf"'{meant}'\?.*begin its name with '_'",
                ):
                    self.config(**{slip: "r1"})

    def test_methods(self):
        for slip, meant in METHOD_SLIPS.items():
            with self.subTest(slip):
                with self.assertRaisesRegex(
                    ConfigError, rf"sets '{slip}'.*did you mean '{meant}'\?"
                ):
                    self.config(**{slip: lambda self: "r1"})

    def test_in_an_inherited_class(self):
        base = type("ProjectCase", (), {"start_revison": "r1"})
        with self.assertRaisesRegex(ConfigError, "ProjectCase sets"):
            self.config(base)

    def test_on_the_test_itself(self):
        case = self.case()
        case.start_revison = "r1"
        with self.assertRaisesRegex(
            ConfigError, "an instance of Case sets 'start_revison'"
        ):
            case.setUp()

    def test_what_is_the_users_own(self):
        for name in OWN:
            with self.subTest(name):
                self.config(**{name: ["mine"]})
        for name in OWN_METHODS:
            with self.subTest(f"{name}()"):
                self.config(**{name: lambda self: "mine"})

    def test_names_that_are_private_or_tests(self):
        self.config(_start_revison="r1", test_start_revison=lambda self: None)

    def test_a_slip_fails_the_test_before_a_migration_runs(self):
        case = self.case(start_revison="r1")
        result = unittest.TestResult()
        case.run(result)
        self.assertIn("did you mean 'start_revision'", result.errors[0][1])
        self.assertEqual([], list(self.temp.iterdir()))


class TestValues(OptionsTestCase):
    def test_a_wrong_value_names_the_option(self):
        wrong: dict[str, Any] = {
            "x_arguments": "tenant=acme",
            "start_revision": 3,
            "before_revision_data": ["r1"],
            "at_revision_data": {1: {}},
            "irreversible_revisions": {"r1": ""},
            "skip_revisions": "r1",
            "environ": ["STAGE"],
            "lock_timeout": 0,
            "database_url": 3,
            "alembic_config": 3,
        }
        for name, value in wrong.items():
            with self.subTest(name):
                with self.assertRaisesRegex(ConfigError, name):
                    self.config(**{name: value})

    def test_an_unknown_revision_is_found_before_anything_runs(self):
        wrong: dict[str, Any] = {
            "start_revision": "r11",
            "before_revision_data": {"r11": {"__tablename__": "user"}},
            "at_revision_data": {"r11": {"__tablename__": "user"}},
            "minimum_downgrade_revision": "r11",
            "irreversible_revisions": {"r11": "it drops data"},
            "skip_revisions": ["r11"],
        }
        for name, value in wrong.items():
            with self.subTest(name):
                case = self.case(**{name: value})
                with self.assertRaisesRegex(
                    MigtestkitError, f"{name}: .*'r11'.*did you mean 'r1'"
                ):
                    case.migrate_up_one()
                self.assertEqual([], list(self.temp.iterdir()))


class TestTheUsersObjects(OptionsTestCase):
    def test_no_option_is_changed(self):
        config = Config(str(self.ini))
        options: dict[str, Any] = {
            "x_arguments": ["tenant=acme"],
            "before_revision_data": {"r1": []},
            "at_revision_data": {
                "r1": [{"__tablename__": "user", "id": 1}]
            },
            "irreversible_revisions": {"r1": "it drops data"},
            "skip_revisions": [],
            "environ": {"STAGE": "test"},
        }
        before = copy.deepcopy(options)
        written = _options_of(config)
        case = self.case(alembic_config=config, **options)
        case.migrate_up_to("heads")
        case.assertRows("user", [{"id": 1}])
        case.roundtrip_next_revision()
        case.doCleanups()
        self.assertEqual(before, options)
        self.assertEqual(written, _options_of(config))
        self.assertEqual(["calls", "runs"], sorted(config.attributes))
        self.assertIsNone(config.cmd_opts)

    def test_options_that_cannot_be_changed_do(self):
        data = MappingProxyType(
            {"r1": ({"__tablename__": "user", "id": 1},)}
        )
        case = self.case(
            at_revision_data=data,
            environ=MappingProxyType({"STAGE": "test"}),
            x_arguments=("a=b",),
        )
        case.migrate_up_to("heads")
        case.assertRows("user", [{"id": 1}])


def _options_of(config: Config) -> dict[str, dict[str, str]]:
    parser = config.file_config
    return {
        section: dict(parser.items(section, raw=True))
        for section in parser.sections()
    }


if __name__ == "__main__":
    unittest.main()
