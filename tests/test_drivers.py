"""Does each driver move a history through the whole API, from plain tests
and from asynchronous ones?
"""
from __future__ import annotations

import importlib.util
import logging
import unittest
from dataclasses import dataclass
from typing import Any

from alembic.config import Config
from migtestkit import MigrationTestCase
from migtestkit.checks import DataChecks, DeploymentChecks, HistoryChecks
from migtestkit.errors import MigrationFailed
from sqlalchemy import make_url

from tests import servers, zoo
from tests.support import (
    ProjectTestCase,
    Python,
    Rev,
    make_history,
    outcome_of,
    run_case,
)

HISTORY = (
    Rev(
        "r1",
        upgrade=Python(
            "import sqlalchemy as sa\n"
            "op.create_table(\n"
            "    'customer',\n"
            "    sa.Column('id', sa.Integer, primary_key=True),\n"
            "    sa.Column('name', sa.String(20), nullable=False),\n"
            ")\n"
        ),
        downgrade=Python("op.drop_table('customer')"),
    ),
    Rev(
        "r2", "r1",
        upgrade=Python(
            "import sqlalchemy as sa\n"
            "with op.batch_alter_table('customer') as batch:\n"
            "    batch.add_column(sa.Column('initial', sa.String(1)))\n"
            "op.create_index('by_name', 'customer', ['name'])\n"
            "op.execute(\"UPDATE customer SET initial = 'A' "
            "WHERE name = 'Ada'\")\n"
        ),
        downgrade=Python(
            "op.drop_index('by_name', 'customer')\n"
            "with op.batch_alter_table('customer') as batch:\n"
            "    batch.drop_column('initial')\n"
        ),
    ),
)

RUN = '''\
"""As Alembic's templates have it; notes which driver it uses."""
import asyncio
from alembic import context
from sqlalchemy import engine_from_config, pool
from sqlalchemy.ext.asyncio import async_engine_from_config

config = context.config
drivers = config.attributes.setdefault("drivers", set())
offline = context.is_offline_mode()
if offline:
    context.configure(
        url=config.get_main_option("sqlalchemy.url"), literal_binds=True
    )
    with context.begin_transaction():
        context.run_migrations()


def run(connection):
    dialect = connection.dialect
    drivers.add((dialect.driver, dialect.is_async))
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

'''
SYNC = RUN + '''
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
if not offline:
    with engine.connect() as connection:
        run(connection)
'''
ASYNC = RUN + '''
async def main():
    engine = async_engine_from_config(
        config.get_section(config.config_ini_section, {}),
        poolclass=pool.NullPool,
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()

if not offline:
    asyncio.run(main())
'''


@dataclass(frozen=True)
class Driver:
    """A driver that SQLAlchemy knows.

    :ivar name: SQLAlchemy's name of it.
    :ivar family: of servers, `sqlite` for none.
    :ivar module: what to import.
    """

    name: str
    family: str
    module: str
    asynchronous: bool = False

    @property
    def title(self) -> str:
        kind = ", asynchronous" if self.asynchronous else ""
        return f"{self.name}{kind}"

    def url(self) -> Any:
        """Return a database_url; skip where there is nothing to test on."""
        if importlib.util.find_spec(self.module) is None:
            raise unittest.SkipTest(
                f"the driver {self.name} is not installed"
            )
        if self.family == "sqlite":
            return make_url(f"sqlite+{self.name}://")
        url = servers.require_server(self.family)
        return url.set(drivername=f"{url.get_backend_name()}+{self.name}")


DRIVERS = (
    Driver("pysqlite", "sqlite", "sqlite3"),
    Driver("aiosqlite", "sqlite", "aiosqlite", True),
    Driver("psycopg", "postgresql", "psycopg"),
    Driver("psycopg", "postgresql", "psycopg", True),
    Driver("psycopg2", "postgresql", "psycopg2"),
    Driver("asyncpg", "postgresql", "asyncpg", True),
    Driver("pymysql", "mysql", "pymysql"),
    Driver("mysqldb", "mysql", "MySQLdb"),
    Driver("aiomysql", "mysql", "aiomysql", True),
    Driver("asyncmy", "mysql", "asyncmy", True),
)


class WholeAPI:
    """What a user's tests do."""

    driver: Driver

    def walk(self: Any) -> None:
        self.assertEqual("base", self.migrations.current)
        self.assertEqual("r1", self.migrate_up_one())
        self.assertTableExists("customer")
        self.assertTableColumns("customer", ["id", "name"])
        self.assertEqual(
            [1], self.insert_into("customer", {"id": 1, "name": "Ada"})
        )
        self.roundtrip_next_revision()
        self.assertEqual("r2", self.migrate_up_to("head"))
        self.assertCurrentRevision("r2")
        self.assertTableColumns("customer", ["id", "name", "initial"])
        self.assertIndexExists("customer", "by_name")
        self.assertRows(
            "customer", [{"id": 1, "name": "Ada", "initial": "A"}]
        )
        self.execute("UPDATE customer SET initial = 'B'")
        self.assertEqual("B", self.scalar("SELECT initial FROM customer"))
        self.raw_command("downgrade", "-1")
        self.assertCurrentRevision("r1")
        self.assertTableColumns("customer", ["id", "name"])
        self.assertRowCount("customer", 1)
        self.migrate_down_to("base")
        self.assertTableNotExists("customer")
        self.look_around()
        used = self.migrations.environment.config.attributes["drivers"]
        self.assertEqual(
            {(self.driver.name, self.driver.asynchronous)}, used
        )

    def look_around(self: Any) -> None:
        """Use what needs another database, or none."""
        table = self.table_at_revision("customer", revision="r2")
        self.assertIn("initial", table.columns)
        customer = self.models_at_revision("r1")["customer"]
        self.assertEqual("customer", customer.__table__.name)
        self.set_revision("r1")
        self.assertCurrentRevision("r1")
        self.set_revision("base")
        sql = self.upgrade_sql("base", "r1")
        self.assertIn("CREATE TABLE customer", "\n".join(sql))
        found: list[Any] = []
        self.generate_revision(
            lambda context, revision, directives: found.extend(directives),
            message="nothing",
        )
        self.assertEqual(["nothing"], [one.message for one in found])
        self.assertRoundtrip("r1")


class PlainTests(WholeAPI):

    def test_moves(self) -> None:
        self.walk()

    def test_starts_clean_again(self) -> None:
        self.walk()


class AsyncTests(WholeAPI):

    async def test_moves(self) -> None:
        self.walk()

    async def test_starts_clean_again(self) -> None:
        self.walk()


class TestDrivers(ProjectTestCase):

    def setUp(self) -> None:
        super().setUp()
        # An asynchronous test is in debug mode, which tells of all that
        # keeps its loop waiting, as a migration does.
        logger = logging.getLogger("asyncio")
        self.addCleanup(logger.setLevel, logger.level)
        logger.setLevel(logging.ERROR)

    def attributes(self, driver: Driver) -> dict[str, Any]:
        """Write a project; return what a class that tests it sets."""
        env = ASYNC if driver.asynchronous else SYNC
        ini = make_history(self.new_folder(), HISTORY, env=env)
        return {
            "alembic_config": Config(str(ini)),
            "database_url": driver.url(),
            "driver": driver,
        }

    def check(self, *bases: type) -> None:
        """Run a class on each driver; fail if one of its tests does, and
        unless all have run."""
        for driver in DRIVERS:
            with self.subTest(driver.title):
                made = type("Case", bases, self.attributes(driver))
                result = run_case(made)
                self.assertEqual([], [
                    text for _, text in result.failures + result.errors
                ])
                self.assertEqual([], result.skipped)
                self.assertEqual(2, result.testsRun)

    def test_from_plain_tests(self) -> None:
        self.check(PlainTests, MigrationTestCase)

    def test_from_asynchronous_tests(self) -> None:
        self.check(
            AsyncTests, MigrationTestCase, unittest.IsolatedAsyncioTestCase
        )

    def test_the_checks(self) -> None:
        expected = dict.fromkeys(zoo.CHECKS, "pass")
        expected.update({zoo.MODELS: "skip", zoo.REGISTERED: "skip"})
        for driver in DRIVERS:
            with self.subTest(driver.title):
                made = type(
                    "Checks", (HistoryChecks, MigrationTestCase),
                    self.attributes(driver),
                )
                outcome = outcome_of(run_case(made))
                self.assertEqual(expected, outcome.verdicts, str(outcome))

    def test_the_checks_over_rows_and_of_deployments(self) -> None:
        loses = Rev(
            "r3", "r2", upgrade="UPDATE customer SET name = 'Bob'",
            downgrade="SELECT 1",
        )
        keyless = "test_foreign_keys_are_indexed"
        blocking = "test_no_blocking_work"
        atomic = "test_upgrades_are_atomic_or_retryable"
        # By family: what fails besides the loss, and what does not apply.
        expected = {
            "sqlite": (set(), {keyless, blocking, atomic}),
            "postgresql": ({blocking}, {keyless}),
            "mysql": (set(), {keyless, atomic}),
        }
        for driver in DRIVERS:
            with self.subTest(driver.title):
                env = ASYNC if driver.asynchronous else SYNC
                ini = make_history(
                    self.new_folder(), [*HISTORY, loses], env=env
                )
                made = type(
                    "Checks",
                    (DataChecks, DeploymentChecks, MigrationTestCase),
                    {
                        "alembic_config": str(ini),
                        "database_url": driver.url(),
                    },
                )
                result = run_case(made)
                self.assertEqual(9, result.testsRun)
                outcome = outcome_of(result)
                fails, skips = (
                    {
                        name for name, said in outcome.verdicts.items()
                        if said == verdict
                    }
                    for verdict in ("fail", "skip")
                )
                also, not_here = expected[driver.family]
                self.assertEqual(
                    {"test_no_data_loss"} | also, fails, str(outcome)
                )
                self.assertEqual(not_here, skips, str(outcome))

    def test_a_failure_is_told_by_each(self) -> None:
        # The same history, with a statement that no database takes.
        broken = HISTORY[1]._replace(upgrade="SELECT nonsense FROM customer")
        for driver in DRIVERS:
            with self.subTest(driver.title):
                env = ASYNC if driver.asynchronous else SYNC
                ini = make_history(
                    self.new_folder(), [HISTORY[0], broken], env=env
                )
                context = self.open(str(ini), database_url=driver.url())
                with self.assertRaises(MigrationFailed) as caught:
                    context.migrate_up_to("head")
                message = str(caught.exception)
                self.assertIn("upgrade of revision r2", message)
                self.assertIn("SELECT nonsense", message)
                context.close()

    def test_a_missing_driver_skips_with_its_name(self) -> None:
        driver = Driver("nodriver", "mysql", "no_such_module")
        with self.assertRaisesRegex(unittest.SkipTest, "driver nodriver is"):
            driver.url()


if __name__ == "__main__":
    unittest.main()
