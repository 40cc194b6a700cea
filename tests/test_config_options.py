"""Are the values of options checked before anything runs?"""
from __future__ import annotations

import os
import unittest
from typing import Any

from migtestkit import MigrationContext
from migtestkit.config import MigrationConfig
from migtestkit.errors import ConfigError
from sqlalchemy import MetaData
from sqlalchemy.engine import make_url

from tests.support import ProjectTestCase, Rev

#: Each option, a value that it cannot have, and what the message says.
BAD = [
    ("alembic_config", 5, "alembic_config must be a path, 'package:path', an"),
    ("ini_section", None, "ini_section must be a str, not None"),
    ("x_arguments", "a=1", "x_arguments must be a sequence of str"),
    ("x_arguments", [1], "x_arguments holds 1, which is no str"),
    ("database_url", 5, "database_url must be a URL such as 'sqlite://'"),
    ("database_url", "", "database_url must be a URL such as 'sqlite://'"),
    ("database_url", {}, "database_url is an empty mapping"),
    ("database_url", {"a": None}, "a mapping name -> URL, not None"),
    ("database_url", {1: "sqlite://"}, "database_url has the key 1"),
    ("redirect", "no", "redirect must be a bool, not 'no'"),
    ("strict", 1, "strict must be a bool, not 1"),
    ("start_revision", None, "start_revision must be a str, not None"),
    ("before_revision_data", [], "before_revision_data must be a mapping"),
    ("at_revision_data", {1: []}, "at_revision_data has the key 1"),
    ("minimum_downgrade_revision", 5, "minimum_downgrade_revision must be"),
    ("irreversible_revisions", ["a"], "irreversible_revisions must be a map"),
    ("irreversible_revisions", {"a": ""}, "gives no reason for 'a'"),
    ("skip_revisions", "r1", "skip_revisions must be a sequence of str"),
    ("skip_revisions", [""], "skip_revisions holds ''"),
    ("target_metadata", "Base", "target_metadata must be a sqlalchemy Meta"),
    ("target_metadata", [object], "such as Base.metadata, or a sequence"),
    ("model_package", os, "model_package must be a str or None"),
    ("ignore", "users", "ignore must be a sequence of Ignore rules"),
    ("intended", [], r"intended must be a mapping revision -> Intended"),
    ("intended", {1: 2}, "intended has the key 1, which is no str"),
    ("intended", {"a": "b"}, r"intended\['a'\] must be an Intended"),
    ("environ", "A=1", "environ must be a mapping, not 'A=1'"),
    ("environ", {1: "a"}, "environ has the key 1, which is no str"),
    ("environ", {"A": 1}, r"environ\['A'\] must be a str, not of type int"),
    ("lock_timeout", 0, "lock_timeout must be a number of seconds above 0"),
    ("lock_timeout", "5", "lock_timeout must be a number of seconds above 0"),
    ("lock_timeout", True, "lock_timeout must be a number of seconds"),
    ("lock_timeout", float("inf"), "lock_timeout must be a number of sec"),
    ("lock_timeout", float("nan"), "lock_timeout must be a number of sec"),
    ("keep_failed_database", "yes", "keep_failed_database must be a bool or"),
    ("adopt_existing_database", 1, "adopt_existing_database must be a bool"),
    ("reuse_snapshots", None, "reuse_snapshots must be a bool, not None"),
    ("alembic_context", 5, "alembic_context must be callable, not 5"),
    ("use_database", "engine", "use_database must be callable"),
]

GOOD: list[tuple[str, Any]] = [
    ("x_arguments", ["a=1"]),
    ("database_url", make_url("sqlite://")),
    ("database_url", {"a": "sqlite://"}),
    ("minimum_downgrade_revision", ("a", "b")),
    ("target_metadata", MetaData()),
    ("target_metadata", [MetaData(), MetaData()]),
    ("lock_timeout", 1),
    ("keep_failed_database", True),
]


class TestValues(unittest.TestCase):
    def test_values_that_an_option_cannot_have(self) -> None:
        for name, value, message in BAD:
            with self.subTest(f"{name}={value!r}"):
                with self.assertRaisesRegex(ConfigError, message):
                    MigrationConfig.from_options(**{name: value})

    def test_values_that_it_can(self) -> None:
        for name, value in GOOD:
            with self.subTest(f"{name}={value!r}"):
                config = MigrationConfig.from_options(**{name: value})
                self.assertIs(value, getattr(config, name))

    def test_each_option_is_checked(self) -> None:
        unchecked = {"search_from", "case"}  # the kit's own
        hooks = {
            "run_environment",
            "create_base_schema",
            "get_migration_engine",
        }
        checked = {name for name, _, _ in BAD}
        self.assertEqual(
            set(MigrationConfig.option_names()) - unchecked - hooks, checked
        )

    def test_a_value_that_may_be_a_secret_is_not_shown(self) -> None:
        for name, value in (
            ("environ", {"PASSWORD": b"hush"}),
            ("database_url", ["postgresql://u:hush@host/db"]),
            ("redirect", "postgresql://u:hush@host/db"),
        ):
            with self.subTest(name), self.assertRaises(ConfigError) as caught:
                MigrationConfig.from_options(**{name: value})
            self.assertNotIn("hush", str(caught.exception))


class TestNames(ProjectTestCase):
    def test_a_misspelt_option_names_the_nearest(self) -> None:
        for given, meant in (
            ("start_revison", "start_revision"),
            ("databse_url", "database_url"),
            ("x_argument", "x_arguments"),
        ):
            with self.subTest(given), self.assertRaises(ConfigError) as caught:
                MigrationContext("alembic.ini", **{given: "x"})
            self.assertEqual(
                f"unknown option {given!r}; did you mean {meant!r}?",
                str(caught.exception),
            )

    def test_an_option_that_resembles_none_lists_them_all(self) -> None:
        with self.assertRaises(ConfigError) as caught:
            MigrationContext("alembic.ini", fixtures=[])
        for name in MigrationConfig.option_names():
            self.assertIn(name, str(caught.exception))

    def test_options_beside_a_migration_config_are_refused(self) -> None:
        with self.assertRaisesRegex(ConfigError, "go into the Migration"):
            MigrationContext(MigrationConfig(), strict=True)

    def test_no_option_is_changed_by_a_run(self) -> None:
        ini = self.make_history(Rev("r1", None, upgrade="CREATE TABLE t (a)"))
        options: dict[str, Any] = {
            "environ": {"A": "1"},
            "x_arguments": ["a=1"],
            "at_revision_data": {"r1": [{"__tablename__": "t", "a": 1}]},
        }
        before = {name: value.copy() for name, value in options.items()}
        rows = options["at_revision_data"]["r1"]
        context = self.open(ini, **options)
        context.migrate_up_to("head")
        self.assertEqual([{"a": 1}], context.rows("t"))
        self.assertEqual(before, options)
        self.assertEqual([{"__tablename__": "t", "a": 1}], rows)


class TestKeepFailedVariable(ProjectTestCase):
    def test_the_variable_counts_where_the_option_is_none(self) -> None:
        for value, expected in (
            ("1", True),
            ("yes", True),
            ("0", False),
            ("False", False),
            ("no", False),
            ("", False),
        ):
            with self.subTest(value):
                os.environ["MIGTESTKIT_KEEP_FAILED"] = value
                self.assertIs(
                    expected, MigrationConfig().keep_failed_database
                )

    def test_the_option_wins(self) -> None:
        os.environ["MIGTESTKIT_KEEP_FAILED"] = "1"
        config = MigrationConfig(keep_failed_database=False)
        self.assertIs(False, config.keep_failed_database)


if __name__ == "__main__":
    unittest.main()
