"""Does nothing reach a production database on the very server on which the
throw-away databases are? The server's own log says.
"""
from __future__ import annotations

import contextlib
import importlib.util
import re
import sys
import unittest
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from tests import servers, zoo
from tests.support import (
    Outcome,
    ProjectTestCase,
    Python,
    Rev,
    make_history,
    run_checks,
)

PRODUCTION = "production"
REPORTS = "reports"

#: Migrations that would ruin production, where there is such a table.
HISTORY = (
    Rev(
        "r1", upgrade="CREATE TABLE customer (name VARCHAR(20))",
        downgrade="DROP TABLE customer",
    ),
    Rev(
        "r2", "r1", upgrade="ALTER TABLE customer ADD COLUMN age INTEGER",
        downgrade="ALTER TABLE customer DROP COLUMN age",
    ),
)

START = """\
import asyncio
import os
import sqlalchemy as sa
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

"""
SYNC = """
with engine.connect() as connection:
    run(connection)
engine.dispose()
"""
ASYNC = """
async def main():
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()

asyncio.run(main())
"""

REFUSED = "refused"
PASSES = "passes"


@dataclass(frozen=True)
class Style:
    """A way in which env.py turns to production.

    `{driver}`, `{place}` (user@host:port), `{host}`, `{port}` and `{folder}`
    are filled in.

    :ivar lines: make `engine`.
    :ivar ending: what runs the migrations with it.
    :ivar connects: whether a connection is made before it is refused, which
        no statement is sent on.
    """

    lines: str
    driver: str = ""
    ending: str = SYNC
    outcome: str = PASSES
    words: str = ""
    connects: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    revisions: tuple[Rev, ...] = HISTORY
    #: the first SQLAlchemy that has it
    since: tuple[int, ...] = (2, 0)


def _url(database: str = PRODUCTION) -> str:
    return "{driver}://{place}/" + database


def _engine(options: str = "", database: str = PRODUCTION) -> str:
    return f"engine = sa.create_engine({_url(database)!r}{options})"


def _both_families(driver: str, key: str) -> dict[str, Style]:
    """Return the ways that there are with any server.

    :param key: of the connect option that names the database.
    """
    module = driver.partition("+")[2]
    creator = (
        f"import {module}\n"
        f"def connect(): return {module}.connect(host='{{host}}', "
        f"port={{port}}, user='{{user}}', {key}='{PRODUCTION}')\n"
    )
    opens_production = Python(
        f"import sqlalchemy as sa\n"
        f"engine = sa.create_engine({_url()!r})\n"
        "with engine.begin() as connection:\n"
        "    connection.execute(sa.text("
        "\"INSERT INTO customer VALUES ('Eve')\"))\n"
    )
    opens_reports = Python(opens_production.replace(PRODUCTION, REPORTS))
    return {
        "create_engine": Style(_engine(), driver),
        "section of the ini": Style(
            "section = context.config.get_section('alembic')\n"
            f"section['sqlalchemy.url'] = {_url()!r}\n"
            "engine = sa.engine_from_config(section)",
            driver,
        ),
        "main option": Style(
            f"context.config.set_main_option('sqlalchemy.url', {_url()!r})\n"
            "engine = sa.create_engine(\n"
            "    context.config.get_main_option('sqlalchemy.url'))",
            driver,
        ),
        "environment variable": Style(
            "engine = sa.create_engine(os.environ['DATABASE_URL'])",
            driver,
            environ={"DATABASE_URL": _url()},
        ),
        "connect_args over the URL": Style(
            _engine(f", connect_args={{{{'{key}': '{PRODUCTION}'}}}}", "x"),
            driver,
        ),
        "connect_args over the throw-away URL": Style(
            "engine = sa.create_engine(\n"
            "    context.config.get_main_option('sqlalchemy.url'),\n"
            f"    connect_args={{{{'{key}': '{PRODUCTION}'}}}})",
            driver,
        ),
        "listener that changes the target": Style(
            "engine = sa.create_engine(\n"
            "    context.config.get_main_option('sqlalchemy.url'))\n"
            "@sa.event.listens_for(engine, 'do_connect')\n"
            "def aim(dialect, record, arguments, options):\n"
            f"    options['{key}'] = '{PRODUCTION}'",
            driver,
        ),
        "second connection for a lock": Style(
            _engine() + "\nheld = engine.connect()\n"
            "held.execute(sa.text('SELECT 1'))",
            driver,
            ending=SYNC.replace("engine.dispose()", "held.close()"),
        ),
        "engine in a migration": Style(
            _engine(), driver,
            revisions=(
                HISTORY[0],
                Rev("r2", "r1"),
                Rev("r3", "r2", upgrade=Python(
                    "import sqlalchemy as sa\n"
                    f"engine = sa.create_engine({_url()!r})\n"
                    "with engine.connect() as connection:\n"
                    "    connection.execute(sa.text('SELECT 1'))\n"
                )),
            ),
        ),
        "engine in a migration, to write": Style(
            _engine(), driver,
            revisions=(
                *HISTORY, Rev("r3", "r2", upgrade=opens_reports),
            ),
            outcome=REFUSED,
            words="two different databases",
        ),
        "second database": Style(
            _engine()
            + f"\nother = sa.create_engine({_url(REPORTS)!r})\n"
            "other.connect().close()\n"
            "engine.connect().close()",
            driver, outcome=REFUSED, words="database_url = {",
        ),
        "refusal that is swallowed": Style(
            f"other = sa.create_engine({_url(REPORTS)!r})\n"
            + _engine()
            + "\nother.connect().close()\n"
            "try:\n    engine.connect().close()\n"
            "except Exception: pass\n"
            "engine = other",
            driver, outcome=REFUSED, words="two different databases",
        ),
        "no database in the URL": Style(
            _engine("", ""), driver,
            outcome=REFUSED, words="do not name a database",
        ),
        "creator": Style(
            creator + f"engine = sa.create_engine('{driver}://', "
            "creator=connect)",
            driver, outcome=REFUSED, connects=True,
            words="engine with a creator",
        ),
        "pool": Style(
            creator + f"engine = sa.create_engine('{driver}://', "
            "pool=sa.pool.QueuePool(connect))",
            driver, outcome=REFUSED, connects=True,
            words="a pool of its own",
        ),
    }


def _asynchronous(driver: str) -> Style:
    return Style(
        f"engine = create_async_engine({_url()!r})", driver, ending=ASYNC
    )


POSTGRESQL = {
    **_both_families("postgresql+psycopg", "dbname"),
    "psycopg2": Style(_engine(), "postgresql+psycopg2"),
    "psycopg2, connect_args": Style(
        _engine(f", connect_args={{{{'dbname': '{PRODUCTION}'}}}}", "x"),
        "postgresql+psycopg2",
    ),
    "psycopg2, URL without a database": Style(
        _engine("", ""), "postgresql+psycopg2",
        outcome=REFUSED, words="do not name a database",
        environ={"PGDATABASE": PRODUCTION},
    ),
    "psycopg, asynchronous": _asynchronous("postgresql+psycopg"),
    "asyncpg": _asynchronous("postgresql+asyncpg"),
    "asyncpg, async_creator": Style(
        "import asyncpg\n"
        "def connect(*args, **options):\n"
        "    return asyncpg.connect(host='{host}', port={port}, "
        f"user='{{user}}', database='{PRODUCTION}')\n"
        "engine = create_async_engine('{driver}://', async_creator=connect)",
        "postgresql+asyncpg", ending=ASYNC, outcome=REFUSED, connects=True,
        words="engine with a creator", since=(2, 0, 16),
    ),
    "asyncpg, creator among the connect_args": Style(
        "import asyncpg\n"
        "def connect(*args, **options):\n"
        "    return asyncpg.connect(host='{host}', port={port}, "
        f"user='{{user}}', database='{PRODUCTION}')\n"
        "engine = create_async_engine(\n"
        "    sa.make_url(context.config.get_main_option('sqlalchemy.url'))\n"
        "    .set(drivername='{driver}'),\n"
        "    connect_args={{'async_creator_fn': connect}})",
        "postgresql+asyncpg", ending=ASYNC, outcome=REFUSED,
        words="do not name a database",
    ),
    "asyncpg, dsn": Style(
        f"engine = create_async_engine({_url()!r}, connect_args={{{{\n"
        f"    'dsn': 'postgresql://{{place}}/{PRODUCTION}'}}}})",
        "postgresql+asyncpg", ending=ASYNC, outcome=REFUSED,
        words="do not name a database",
    ),
    "PGDATABASE": Style(
        _engine("", ""), "postgresql+psycopg",
        outcome=REFUSED, words="do not name a database",
        environ={"PGDATABASE": PRODUCTION},
    ),
    "PGHOST": Style(
        f"engine = sa.create_engine('{{driver}}:///{PRODUCTION}')",
        "postgresql+psycopg",
        environ={"PGHOST": "{host}", "PGPORT": "{port}", "PGUSER": "{user}"},
    ),
    "PGSERVICE": Style(
        _engine(), "postgresql+psycopg",
        environ={
            "PGSERVICEFILE": "{folder}/services", "PGSERVICE": PRODUCTION
        },
    ),
    "dsn": Style(
        "engine = sa.create_engine('{driver}://', connect_args={{\n"
        f"    'dsn': 'host={{host}} port={{port}} dbname={PRODUCTION}'}}}})",
        "postgresql+psycopg2",
        outcome=REFUSED, words="do not name a database",
    ),
    "hostaddr": Style(
        _engine(", connect_args={{'hostaddr': '{host}'}}"),
        "postgresql+psycopg",
        outcome=REFUSED, words="do not name a database",
    ),
    "hostaddr with the throw-away URL": Style(
        "engine = sa.create_engine(\n"
        "    context.config.get_main_option('sqlalchemy.url'),\n"
        "    connect_args={{'hostaddr': '127.0.0.1'}})",
        "postgresql+psycopg",
        outcome=REFUSED, words="do not name a database",
    ),
    "service": Style(
        f"os.environ['PGSERVICEFILE'] = '{{folder}}/services'\n"
        "engine = sa.create_engine('{driver}://', "
        f"connect_args={{{{'service': '{PRODUCTION}'}}}})",
        "postgresql+psycopg",
        outcome=REFUSED, words="do not name a database",
    ),
    "service in the query": Style(
        "os.environ['PGSERVICEFILE'] = '{{folder}}/services'\n"
        + _engine("", f"x?service={PRODUCTION}"),
        "postgresql+psycopg",
        outcome=REFUSED, words="do not name a database",
    ),
    "schema and advisory lock before configure": Style(
        _engine() + "\nwith engine.begin() as connection:\n"
        "    connection.execute(sa.text('CREATE SCHEMA IF NOT EXISTS s'))\n"
        "    connection.execute(sa.text('SELECT pg_advisory_xact_lock(1)'))",
        "postgresql+psycopg",
    ),
}

MYSQL = {
    **_both_families("mysql+pymysql", "database"),
    "mariadb": Style(_engine(), "mariadb+pymysql"),
    "mysqlclient": Style(_engine(), "mysql+mysqldb"),
    "aiomysql": _asynchronous("mysql+aiomysql"),
    "asyncmy": _asynchronous("mysql+asyncmy"),
    "read_default_file": Style(
        _engine(", connect_args={{'read_default_file': '{folder}/my.cnf'}}",
                ""),
        "mysql+pymysql",
        outcome=REFUSED, words="do not name a database",
    ),
}


class GuardTestCase(ProjectTestCase):
    """Runs the six checks on projects that turn to production."""

    family: str
    styles: Mapping[str, Style]
    place: servers.PrivateServer

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.place = servers.PRIVATE[cls.family]()
        cls.addClassCleanup(cls.place.close)
        for name in (PRODUCTION, REPORTS):
            servers.ask(cls.place.url, f"CREATE DATABASE {name}")
            for statement in (
                "CREATE TABLE customer (name VARCHAR(20))",
                "INSERT INTO customer VALUES ('Ada'), ('Grace')",
            ):
                servers.ask(cls.place.url, statement, name)

    def fill(self, text_: str, style: Style) -> str:
        """Fill in what is known only now."""
        url = self.place.url
        return text_.format(
            driver=style.driver,
            place=f"{url.username}@{url.host}:{url.port}",
            host=url.host, port=url.port, user=url.username,
            folder=self.folder,
        )

    def write(self, folder: Path, style: Style) -> Path:
        """Write a project; return its alembic.ini."""
        folder.mkdir()
        revisions = [
            rev._replace(upgrade=Python(self.fill(rev.upgrade, style)))
            if isinstance(rev.upgrade, Python) else rev
            for rev in style.revisions
        ]
        env = START + self.fill(style.lines, style) + style.ending
        return make_history(folder, revisions, env=env)

    def run_checks(
        self, name: str, style: Style, **attributes: Any
    ) -> Outcome:
        """Run the checks on a project of a style."""
        ini = self.write(
            self.folder / name.replace(" ", "_").replace(",", ""), style
        )
        environ = {
            key: self.fill(value, style)
            for key, value in style.environ.items()
        }
        return run_checks(
            alembic_config=str(ini), environ=environ,
            database_url=self.place.url, **attributes
        )

    @contextlib.contextmanager
    def nothing_reaches(
        self, *databases: str, connections: bool = False
    ) -> Iterator[None]:
        """Fail if the server's log tells of anything in some databases.

        :param connections: whether a mere connection is let pass.
        """
        rows = {one: self.rows(one) for one in databases}
        known = {one: len(self.place.log_of(one)) for one in databases}
        yield
        for one in databases:
            new = self.place.log_of(one)[known[one]:]
            if connections:
                new = [line for line in new if not _is_connection(line)]
            self.assertEqual([], new)
            self.assertEqual(rows[one], self.rows(one))

    def rows(self, database: str) -> Any:
        """Return what is in a database: the table's rows, in all columns."""
        return servers.ask(
            self.place.url, "SELECT * FROM customer ORDER BY name", database
        )

    def check_verdicts(self, style: Style, outcome: Outcome) -> None:
        """Fail if the checks did not say what they should."""
        if style.outcome == PASSES:
            expected = dict.fromkeys(zoo.CHECKS, "pass")
            expected.update({zoo.MODELS: "skip", zoo.REGISTERED: "skip"})
            self.assertEqual(expected, outcome.verdicts, str(outcome))
            return
        for check in zoo.RUNS_ENV:
            self.assertEqual("fail", outcome.verdicts[check], str(outcome))
            self.assertIn("errors.ForeignDatabaseError", outcome.texts[check])
            self.assertIn(style.words, outcome.texts[check])


def _is_connection(line: str) -> bool:
    signs = ("connection authorized", "\tConnect\t", " Connect\t")
    return any(sign in line for sign in signs)


class GuardTests:
    """What holds on each server."""

    def test_nothing_reaches_production(self: Any) -> None:
        (self.folder / "services").write_text(
            f"[{PRODUCTION}]\nhost={self.place.url.host}\n"
            f"port={self.place.port}\ndbname={PRODUCTION}\n",
            encoding="utf-8",
        )
        (self.folder / "my.cnf").write_text(
            f"[client]\nhost={self.place.url.host}\n"
            f"port={self.place.port}\nuser={self.place.url.username}\n"
            f"database={PRODUCTION}\n",
            encoding="utf-8",
        )
        for name, style in self.styles.items():
            with self.subTest(name):
                reason = _missing(style)
                if reason:
                    self.skipTest(reason)
                with self.nothing_reaches(
                    PRODUCTION, REPORTS, connections=style.connects
                ):
                    outcome = self.run_checks(name, style)
                self.check_verdicts(style, outcome)

    def test_a_refused_connection_is_closed_and_nobody_complains(
        self: Any,
    ) -> None:
        opened = len(self.sessions())
        with self.assertNoLogs("sqlalchemy", "ERROR"):
            outcome = self.run_checks("creator", self.styles["creator"])
        self.assertIn("fail", outcome.verdicts.values())
        self.assertTrue(
            servers.eventually(lambda: len(self.sessions()) == opened)
        )

    def sessions(self: Any) -> list[Any]:
        """Return the sessions in production."""
        found: list[Any] = servers.ask(self.place.url, {
            "postgresql": "SELECT pid FROM pg_stat_activity "
            f"WHERE datname = '{PRODUCTION}'",
            "mysql": "SELECT id FROM information_schema.processlist "
            f"WHERE db = '{PRODUCTION}'",
        }[self.family])
        return found

    def test_nothing_reaches_production_without_redirection(
        self: Any,
    ) -> None:
        for name in ("create_engine", "connect_args over the URL",
                     "engine in a migration"):
            with self.subTest(name):
                style = self.styles[name]
                with self.nothing_reaches(PRODUCTION, REPORTS):
                    outcome = self.run_checks(name, style, redirect=False)
                for check in zoo.RUNS_ENV:
                    self.assertIn(
                        "redirect = False; nothing was sent",
                        outcome.texts[check],
                    )

    def test_a_connection_that_waits_in_a_pool_is_not_used(
        self: Any,
    ) -> None:
        url = self.place.url.set(database=PRODUCTION)
        (self.folder / "shop_database.py").write_text(
            "import sqlalchemy as sa\nengine = None\n", encoding="utf-8"
        )
        with self.importing("shop_database") as shop:
            shop.engine = create_engine(url, poolclass=QueuePool)
            with shop.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            style = Style(
                "import shop_database\nengine = shop_database.engine",
                ending=SYNC.replace("engine.dispose()\n", ""),
            )
            with self.nothing_reaches(PRODUCTION):
                outcome = self.run_checks("warm", style)
                self.check_verdicts(style, outcome)
            self.check_own_database(shop.engine)

    def test_an_application_s_engine_serves_many_runs(self: Any) -> None:
        # Its dialect remembers what the first connection told it.
        url = self.place.url.set(database=PRODUCTION)
        (self.folder / "shop_engine.py").write_text(
            "import sqlalchemy as sa\n"
            f"engine = sa.create_engine({full(url)!r})\n",
            encoding="utf-8",
        )
        with self.importing("shop_engine") as shop:
            style = Style(
                "import shop_engine\nengine = shop_engine.engine",
                ending=SYNC.replace("engine.dispose()\n", ""),
            )
            for time in ("first", "second"):
                with self.subTest(time), self.nothing_reaches(PRODUCTION):
                    outcome = self.run_checks(time, style)
                    self.check_verdicts(style, outcome)
            self.check_own_database(shop.engine)

    def check_own_database(self: Any, engine: Engine) -> None:
        """Fail if an application does not go on with its own database."""
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT count(*) FROM customer"))
            tables = inspect(connection).get_table_names()
        self.assertEqual((2, ["customer"]), (found, tables))

    def test_a_connection_that_was_open_before_is_not_used(
        self: Any,
    ) -> None:
        url = self.place.url.set(database=PRODUCTION)
        (self.folder / "shop_connection.py").write_text(
            "connection = None\n", encoding="utf-8"
        )
        with self.importing("shop_connection") as shop:
            engine = create_engine(url)
            self.addCleanup(engine.dispose)
            with engine.connect() as shop.connection:
                style = Style(
                    "import shop_connection",
                    ending="\nrun(shop_connection.connection)",
                    outcome=REFUSED, words="was opened before env.py ran",
                )
                with self.nothing_reaches(PRODUCTION):
                    outcome = self.run_checks("open", style)
                    self.check_verdicts(style, outcome)

    def test_the_log_tells_of_what_does_reach_production(self: Any) -> None:
        # The probe, proved: all else here rests on it.
        for statement in (None, "SELECT 1"):
            with self.subTest(str(statement)):
                with self.assertRaisesRegex(AssertionError, PRODUCTION):
                    with self.nothing_reaches(PRODUCTION):
                        engine = servers.admin_engine(
                            self.place.url, PRODUCTION
                        )
                        with engine.connect() as connection:
                            if statement:
                                connection.execute(text(statement))

    @contextlib.contextmanager
    def importing(self: Any, name: str) -> Iterator[Any]:
        """Import a module from the test's folder."""
        sys.path.insert(0, str(self.folder))
        yield importlib.import_module(name)


def full(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _missing(style: Style) -> str:
    """Return why a style cannot be used here, nothing if it can."""
    version = tuple(map(int, re.findall(r"\d+", sqlalchemy.__version__)[:3]))
    if version < style.since:
        return f"SQLAlchemy {sqlalchemy.__version__} does not know it"
    module = style.driver.partition("+")[2]
    module = {"mysqldb": "MySQLdb"}.get(module, module)
    if module and importlib.util.find_spec(module) is None:
        return f"{module} is not installed"
    return ""


class TestPostgreSQL(GuardTests, GuardTestCase):
    family = "postgresql"
    styles = POSTGRESQL


class TestMariaDB(GuardTests, GuardTestCase):
    family = "mysql"
    styles = MYSQL


if __name__ == "__main__":
    unittest.main()
