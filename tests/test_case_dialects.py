"""Does a test class run on the databases that its decorators name?"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import unittest
from typing import Any, Optional

import migtestkit
from migtestkit import MigrationTestCase, onDialects, skipUnlessDialect
from migtestkit.case import dialects
from migtestkit.errors import ConfigError
from tests import servers
from tests.support import ProjectTestCase, Rev, create, run_case

USER = Rev("r1", upgrade=create("user_"), downgrade="DROP TABLE user_")

#: Nobody listens there.
NOWHERE = "127.0.0.1:9"

MODULE = '''\
import migtestkit
from migtestkit import MigrationTestCase, onDialects, skipUnlessDialect
from migtestkit.checks import HistoryChecks


@onDialects("sqlite", "postgresql", "mariadb")
class TestHistory(HistoryChecks, MigrationTestCase):
    """Six checks."""


@onDialects("postgresql", "mysql")
class TestUser(MigrationTestCase):
    expected = "sqlite"

    def test_name(self):
        self.migrate_up_to("heads")
        self.assertTableExists("user_")
        self.assertIn(self.dialect(), type(self).__name__ + " TestUser_sqlite")

    def dialect(self):
        return self.migrations.engine.dialect.name

    @skipUnlessDialect("postgresql")
    def test_postgresql_only(self):
        self.assertEqual("postgresql", self.dialect())

    @skipUnlessDialect("mariadb")
    def test_mariadb_only(self):
        self.assertEqual("mysql", self.dialect())

    @skipUnlessDialect("sqlite")
    def test_fails_on_sqlite(self):
        self.fail("it ran")


class TestInherits(TestUser):
    def test_name(self):
        self.assertEqual("sqlite", self.dialect())


class TestInheritsDialect(TestUser_postgresql):
    def test_name(self):
        self.assertEqual("postgresql", self.dialect())


@onDialects("postgresql")
@skipUnlessDialect("postgresql")
class TestOnly(MigrationTestCase):
    def test_it(self):
        self.assertEqual("postgresql", self.migrations.engine.dialect.name)


@skipUnlessDialect("sqlite", "postgresql")
class TestNarrower(TestOnly):
    pass


@onDialects("postgresql", "sqlite")
class TestSeveral(MigrationTestCase):
    database_url = {"one": "sqlite://", "two": "sqlite://"}

    def test_it(self):
        urls = self.migration_config().database_url
        self.assertEqual(["one", "two"], list(urls))
'''


def environ() -> dict[str, str]:
    found = {}
    for name, family in (
        ("postgresql", "postgresql"), ("mysql", "mysql"),
        ("mariadb", "mysql"),
    ):
        url = servers.server_url(family).render_as_string(False)
        found[f"MIGTESTKIT_{name.upper()}_URL"] = url
    return found


def run_pickled(data: bytes) -> Any:
    case = pickle.loads(data)
    result = unittest.TestResult()
    case.run(result)
    return (
        type(case).__name__, result.testsRun, len(result.skipped),
        [text for _, text in result.errors + result.failures],
    )


class DialectsTestCase(ProjectTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.make_history(USER)
        for family in servers.FAMILIES:
            servers.require_server(family)
        os.environ.update(environ())
        self.addCleanup(dialects._answers.clear)
        dialects._answers.clear()
        sys.path.insert(0, str(self.folder))

    def module(self, text: str = MODULE, name: str = "test_on_them") -> Any:
        path = self.folder / f"{name}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()
        self.addCleanup(sys.modules.pop, name, None)
        return importlib.import_module(name)

    def outcome(self, cls: type) -> tuple[int, dict[str, str], list[str]]:
        result = run_case(cls)
        return (
            result.testsRun,
            {test._testMethodName: why for test, why in result.skipped},
            [text for _, text in result.errors + result.failures],
        )


class TestClasses(DialectsTestCase):
    def test_they_stand_in_the_module_beside_the_plain_one(self):
        module = self.module()
        for name, base in (
            ("TestUser_postgresql", module.TestUser),
            ("TestUser_mysql", module.TestUser),
            ("TestHistory_sqlite", module.TestHistory),
        ):
            made = getattr(module, name)
            self.assertEqual(
                (name, name, "test_on_them", (base,), base.__doc__),
                (made.__name__, made.__qualname__, made.__module__,
                 made.__bases__, made.__doc__),
            )
        self.assertFalse(hasattr(module.TestUser, dialects.DIALECT))
        found = unittest.defaultTestLoader.loadTestsFromName("test_on_them")
        self.assertEqual(6 * 4 + 4 * 5 + 3 + 3, found.countTestCases())

    def test_each_runs_on_its_own_database(self):
        module = self.module()
        ran, skipped, failed = self.outcome(module.TestUser_postgresql)
        self.assertEqual((4, []), (ran, failed))
        self.assertEqual(
            {
                "test_mariadb_only":
                    "only on mariadb; the database is postgresql",
                "test_fails_on_sqlite":
                    "only on sqlite; the database is postgresql",
            },
            skipped,
        )
        ran, skipped, failed = self.outcome(module.TestUser_mysql)
        self.assertEqual((4, []), (ran, failed))
        self.assertEqual(
            {
                "test_postgresql_only":
                    "only on postgresql; the database is mariadb, mysql",
                "test_fails_on_sqlite":
                    "only on sqlite; the database is mariadb, mysql",
            },
            skipped,
        )
        ran, skipped, failed = self.outcome(module.TestUser)
        self.assertEqual((4, 1), (ran, len(failed)))
        self.assertIn("it ran", failed[0])
        self.assertEqual(
            ["test_mariadb_only", "test_postgresql_only"], sorted(skipped)
        )

    def test_the_history_checks(self):
        module = self.module()
        for name in ("sqlite", "postgresql", "mariadb"):
            with self.subTest(name):
                cls = getattr(module, f"TestHistory_{name}")
                ran, skipped, failed = self.outcome(cls)
                self.assertEqual((6, []), (ran, failed))
                self.assertEqual(
                    ["test_all_models_register_on_metadata",
                     "test_model_definitions_match_ddl"],
                    sorted(skipped),
                )

    def test_subclasses(self):
        module = self.module()
        self.assertFalse(hasattr(module, "TestInherits_postgresql"))
        for name in ("TestInherits", "TestInheritsDialect"):
            result = unittest.TestResult()
            getattr(module, name)("test_name").run(result)
            self.assertTrue(result.wasSuccessful(), result)
            self.assertEqual([], result.skipped)

    def test_a_class_that_is_for_one_database_only(self):
        module = self.module()
        why = {"test_it": "only on postgresql; the database is sqlite"}
        self.assertEqual((1, why, []), self.outcome(module.TestOnly))
        self.assertEqual((1, {}, []), self.outcome(module.TestOnly_postgresql))
        # What a base asks for is asked for still.
        self.assertEqual((1, why, []), self.outcome(module.TestNarrower))

    def test_several_databases_are_all_of_the_dialect(self):
        module = self.module()
        for name, backend in (
            ("TestSeveral_postgresql", "postgresql"),
            ("TestSeveral_sqlite", "sqlite"),
        ):
            case = getattr(module, name)("test_it")
            urls = case.migration_config().database_url
            self.assertEqual(["one", "two"], list(urls))
            self.assertEqual(
                {backend}, {url.get_backend_name() for url in urls.values()}
            )

    def test_one_is_addressed_by_its_name(self):
        self.module()
        done = subprocess.run(
            [sys.executable, "-m", "unittest", "-v",
             "test_on_them.TestUser_postgresql"],
            cwd=self.folder, env=servers.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertIn("Ran 4 tests", done.stdout)
        self.assertIn("OK (skipped=2)", done.stdout)

    def test_they_go_to_another_process(self):
        module = self.module()
        data = pickle.dumps(module.TestUser_postgresql("test_name"))
        for method in ("fork", "spawn"):
            if method not in multiprocessing.get_all_start_methods():
                continue
            with self.subTest(method):
                context = multiprocessing.get_context(method)
                with context.Pool(1) as pool:
                    found = pool.apply(run_pickled, (data,))
                    pool.close()
                    pool.join()
                self.assertEqual(("TestUser_postgresql", 1, 0, []), found)

    def test_a_module_may_be_loaded_again(self):
        module = self.module()
        first = module.TestUser_mysql
        importlib.reload(module)
        self.assertIsNot(first, module.TestUser_mysql)


class TestServers(DialectsTestCase):
    TEXT = """\
        from migtestkit import MigrationTestCase, onDialects

        @onDialects("postgresql", "mysql")
        class TestIt(MigrationTestCase):
            def test_it(self):
                self.migrate_up_to("heads")
        """

    def why(self, family: str) -> tuple[Optional[str], Optional[str]]:
        """Return why a class was skipped, and why it failed."""
        cls = getattr(self.module(self.TEXT), f"TestIt_{family}")
        ran, skipped, failed = self.outcome(cls)
        self.assertEqual(1, ran)
        return (skipped or {"": None}).popitem()[1], (failed or [None])[0]

    def test_where_it_is_not_there_it_is_skipped(self):
        for family in ("postgresql", "mysql"):
            variable = f"MIGTESTKIT_{family.upper()}_URL"
            os.environ[variable] = f"{family}://me:secret@{NOWHERE}/"
            with self.subTest(family):
                skipped, failed = self.why(family)
                self.assertIsNone(failed)
                self.assertIn(f"@{NOWHERE}", skipped)
                self.assertTrue(skipped.startswith("no connection to "))
                self.assertNotIn("secret", skipped)
                os.environ["MIGTESTKIT_REQUIRE"] = f"sqlite, {family}"
                skipped, failed = self.why(family)
                self.assertIsNone(skipped)
                self.assertIn(
                    "migtestkit.errors.DatabaseUnavailable: "
                    f"$MIGTESTKIT_REQUIRE lists {family}, but no connection ",
                    failed,
                )
                os.environ["MIGTESTKIT_REQUIRE"] = "sqlite"
                self.assertIsNone(self.why(family)[1])

    def test_it_is_asked_once(self):
        os.environ["MIGTESTKIT_MYSQL_URL"] = f"mysql://root@{NOWHERE}/"
        first, _ = self.why("mysql")
        (url,) = dialects._answers
        dialects._answers[url] = "as was said"
        self.assertEqual("as was said", self.why("mysql")[0])

    def test_without_a_driver(self):
        real = dialects.importlib.util.find_spec
        self.addCleanup(
            setattr, dialects.importlib.util, "find_spec", real
        )
        os.environ["MIGTESTKIT_POSTGRESQL_URL"] = "postgresql://nobody@x/"
        dialects.importlib.util.find_spec = lambda name: None
        skipped, failed = self.why("postgresql")
        self.assertIsNone(failed)
        self.assertEqual(
            "no driver of postgresql is installed; try pip install "
            "'migtestkit[psycopg]'",
            skipped,
        )

    def test_a_url_that_a_plain_class_was_given_fails(self):
        os.environ["MIGTESTKIT_DATABASE_URL"] = f"mysql://root@{NOWHERE}/"
        cls = self.module(self.TEXT).TestIt
        ran, skipped, failed = self.outcome(cls)
        self.assertEqual((1, {}, 1), (ran, skipped, len(failed)))
        self.assertIn("DatabaseUnavailable: no connection to", failed[0])

    def test_the_class_says_where(self):
        good = os.environ["MIGTESTKIT_POSTGRESQL_URL"]
        os.environ["MIGTESTKIT_POSTGRESQL_URL"] = f"postgresql://{NOWHERE}/"
        cls = self.module(self.TEXT).TestIt_postgresql
        cls.dialect_urls = {"postgresql": good}
        self.assertEqual((1, {}, []), self.outcome(cls))

    def test_the_defaults(self):
        for name in ("POSTGRESQL", "MYSQL", "MARIADB"):
            del os.environ[f"MIGTESTKIT_{name}_URL"]
        for name, url in (
            ("sqlite", "sqlite://"),
            ("postgresql", "postgresql://postgres@localhost/"),
            ("mysql", "mysql://root@127.0.0.1/"),
            ("mariadb", "mariadb://root@127.0.0.1/"),
        ):
            self.assertEqual(url, str(dialects.url_of(name, {})))

    def test_what_cannot_be_used(self):
        for urls, message in (
            ({"postgresql": "mysql://x/"},
             "dialect_urls['postgresql'] must be a URL of postgresql, not of "
             "mysql"),
            ({"postgresql": "x"},
             "dialect_urls['postgresql'] must be a URL such as "
             "'postgresql://user@host/'"),
            ({"postgres": "postgresql://x/"},
             "dialect_urls names 'postgres', which is no dialect; did you "
             "mean 'postgresql'?"),
            ("postgresql://x/",
             "dialect_urls must be a mapping dialect -> URL, such as "
             "{'postgresql': 'postgresql://...'}, not 'postgresql://x/'"),
        ):
            with self.assertRaises(ConfigError) as caught:
                dialects.url_of("postgresql", urls)
            self.assertEqual(message, str(caught.exception))
        with self.assertRaisesRegex(
            ConfigError, "set MIGTESTKIT_DUCK_URL or dialect_urls"
        ):
            dialects.url_of("duck", {})
        self.assertEqual(
            "mysql://x/",
            str(dialects.url_of("mariadb", {"mariadb": "mysql://x/"})),
        )

    def test_a_requirement_that_would_protect_nothing(self):
        os.environ["MIGTESTKIT_REQUIRE"] = "postgres"
        _, failed = self.why("mysql")
        self.assertIn(
            "ConfigError: $MIGTESTKIT_REQUIRE names 'postgres', which is no "
            "dialect; did you mean 'postgresql'?",
            failed,
        )


class TestMisuse(unittest.TestCase):
    def refused(self, decorate: Any, *args: Any) -> str:
        with self.assertRaises(ConfigError) as caught:
            decorate(*args)
        return str(caught.exception)

    def test_names(self):
        for one in (onDialects, skipUnlessDialect):
            name = one.__name__
            self.assertEqual(
                f"{name} names no dialect; try 'postgresql'",
                self.refused(one),
            )
            self.assertEqual(
                f"{name} names 'postgres', which is no dialect; did you mean "
                "'postgresql'?",
                self.refused(one, "sqlite", "postgres"),
            )
            self.assertEqual(
                f"{name} takes names of dialects, such as "
                f"@{name}('postgresql'), not {MigrationTestCase!r}",
                self.refused(one, MigrationTestCase),
            )
        self.assertEqual(
            "onDialects names mysql twice",
            self.refused(onDialects, "mysql", "sqlite", "mysql"),
        )
        # The kit makes no such databases, but one may be handed over.
        skipUnlessDialect("oracle")
        self.assertEqual(
            "onDialects names 'oracle', which is no dialect; there are "
            "mariadb, mysql, postgresql, sqlite",
            self.refused(onDialects, "oracle"),
        )

    def test_classes(self):
        class Local(MigrationTestCase):
            pass

        self.assertIn(
            "is not at the top of one; move it there",
            self.refused(onDialects("sqlite"), Local),
        )
        for one in (onDialects, skipUnlessDialect):
            self.assertIn(
                f"{one.__name__} is for subclasses of MigrationTestCase, not",
                self.refused(one("sqlite"), unittest.TestCase),
            )
        self.assertEqual(
            "skipUnlessDialect decorates a test method or a class, not 3",
            self.refused(skipUnlessDialect("sqlite"), 3),
        )

    def test_an_engine_of_ones_own(self):
        cls = type("Own", (MigrationTestCase,), {
            "get_migration_engine": lambda self: None,
        })
        self.assertEqual(
            "Own has a get_migration_engine(), and its database is that "
            "engine's; onDialects has no other for it. Write a subclass for "
            "each engine",
            self.refused(onDialects("sqlite"), cls),
        )

    def test_a_name_that_is_taken(self):
        module = sys.modules[__name__]
        self.addCleanup(delattr, module, "Taken_sqlite")
        module.Taken_sqlite = 1
        cls = type("Taken", (MigrationTestCase,), {"__module__": __name__})
        self.assertEqual(
            f"onDialects would make Taken_sqlite, and {__name__} has "
            "something of that name already; give one another name",
            self.refused(onDialects("sqlite"), cls),
        )

    def test_a_method_of_another_class(self):
        class Case(unittest.TestCase):
            @skipUnlessDialect("sqlite")
            def test_it(self):
                pass

        result = run_case(Case)
        self.assertIn("is for subclasses of", result.errors[0][1])

    def test_they_are_public(self):
        self.assertIn("onDialects", migtestkit.__all__)
        self.assertIn("skipUnlessDialect", migtestkit.__all__)


class TestAsync(ProjectTestCase):
    def test_a_coroutine(self):
        seen = []

        class Case(MigrationTestCase, unittest.IsolatedAsyncioTestCase):
            alembic_config = str(self.make_history(USER))

            @skipUnlessDialect("sqlite")
            async def test_it(self):
                seen.append("it")

            @skipUnlessDialect("mysql")
            async def test_not(self):
                seen.append("not")

        result = run_case(Case)
        self.assertTrue(result.wasSuccessful(), result.errors)
        self.assertEqual((["it"], 1), (seen, len(result.skipped)))


if __name__ == "__main__":
    unittest.main()
