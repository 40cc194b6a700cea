"""Does a run ever open, or speak to, a database that is not ours?

Each way of connecting is tried in a process of its own, in which Python's
audit events tell every file that `sqlite3` opens.
"""
from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
import unittest
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from alembic.config import Config
from migtestkit import MigrationContext
from migtestkit.errors import ConfigError, ForeignDatabaseError
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool

from tests import servers, zoo
from tests.support import (
    ENV,
    ProjectTestCase,
    Python,
    Rev,
    create,
    make_history,
)

HEAD = """\
import contextlib, sqlite3, sys, threading
from alembic import context
from sqlalchemy import create_engine, engine_from_config, event, pool, text
from zoo_application import PRODUCTION, URL

"""
TAIL = """
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
APPLICATION = """\
from sqlalchemy import create_engine
PRODUCTION = {path!r}
URL = "sqlite:///" + PRODUCTION
"""
SECTION = "context.config.get_section('alembic', {})"

#: What a class-level listener of the application may do.
LISTENER = """
from sqlalchemy import Engine, event
@event.listens_for(Engine, "do_connect")
def changed(dialect, record, arguments, options):
    {}
"""


@dataclass(frozen=True)
class Way:
    """A way of connecting.

    :ivar env: env.py without its imports.
    :ivar before: what the application does when it is imported, before the
        kit's first step.
    :ivar upgrade: the body of the revision, where that connects.
    :ivar refused: what the error says; `None`: redirected.
    :ivar opens: whether the driver opens production by itself, which only
        `strict` prevents.
    """

    env: str
    before: str = ""
    upgrade: str = ""
    refused: Optional[str] = None
    opens: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    requires: str = ""


def engine(call: str, **others: Any) -> Way:
    """Connect through an engine."""
    return Way(f"engine = {call}\n{TAIL}", **others)


def upgrade(body: str, **others: Any) -> Way:
    """Connect once more, within the revision."""
    return engine("create_engine(URL)", upgrade=body, **others)


def warm(call: str) -> Way:
    """Use an application's engine that has connections in its pool."""
    return Way(
        "from zoo_application import engine\n" + TAIL,
        before=(
            "from sqlalchemy import pool\n"
            f"engine = {call}\nengine.connect().close()\n"
        ),
    )


ANOTHER = "two different databases: .*production.db and .*reports.db"
BY_ITSELF = "through an engine with a creator or a pool of its own"
OPENED_BEFORE = "on a connection that was opened before env.py ran"
RAW = "by the sqlite3 driver itself, and strict = True"

ASYNC = """
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine

def work(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def run():
    engine = create_async_engine("sqlite+aiosqlite:///" + PRODUCTION)
    async with engine.connect() as connection:
        await connection.run_sync(work)
    await engine.dispose()

asyncio.run(run())
"""

WAYS = {
    "create_engine": engine("create_engine(URL)"),
    "engine_from_config": engine(
        f"engine_from_config({{**{SECTION}, 'sqlalchemy.url': URL}})"
    ),
    "engine_from_config, url=": engine(
        f"engine_from_config({SECTION}, url=URL)"
    ),
    "relative path": engine("create_engine('sqlite:///production.db')"),
    "symbolic link": engine("create_engine('sqlite:///link.db')"),
    "URI": engine("create_engine(f'sqlite:///file:{PRODUCTION}?uri=true')"),
    "read-only URI": engine(
        "create_engine(f'sqlite:///file:{PRODUCTION}?mode=ro&uri=true')"
    ),
    "in memory": engine("create_engine('sqlite://')"),
    "in memory, shared": engine(
        "create_engine('sqlite:///file:x?mode=memory&cache=shared&uri=true')"
    ),
    "connect_args": engine(
        "create_engine(URL, connect_args={'timeout': 1})"
    ),
    "NullPool": engine("create_engine(URL, poolclass=pool.NullPool)"),
    "StaticPool": engine("create_engine(URL, poolclass=pool.StaticPool)"),
    "asynchronous": Way(ASYNC, requires="aiosqlite"),
    "raw_connection": Way(
        "engine = create_engine(URL)\n"
        "raw = engine.raw_connection()\n"
        "raw.cursor().execute('CREATE TABLE IF NOT EXISTS raw (id)')\n"
        "raw.commit(); raw.close()\n" + TAIL
    ),
    "ORM session": Way(
        "from sqlalchemy.orm import Session\n"
        "engine = create_engine(URL)\n"
        "with Session(engine) as session:\n"
        "    session.execute(text('CREATE TABLE IF NOT EXISTS s (id)'))\n"
        "    session.commit()\n" + TAIL
    ),
    "a statement before configure()": Way(
        "engine = create_engine(URL)\n"
        "with engine.begin() as connection:\n"
        "    connection.execute(text('CREATE TABLE IF NOT EXISTS e (id)'))\n"
        + TAIL
    ),
    "a thread": Way(
        "def work():\n"
        "    engine = create_engine(URL)\n"
        + textwrap.indent(TAIL, "    ")
        + "thread = threading.Thread(target=work)\n"
        "thread.start(); thread.join()\n"
    ),
    "a thread beside": Way(
        "def work():\n"
        "    with create_engine(URL).begin() as one:\n"
        "        one.execute(text('CREATE TABLE IF NOT EXISTS x (id)'))\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start(); thread.join()\n"
        "engine = create_engine(URL)\n" + TAIL
    ),
    "left open": Way(
        "import zoo_application\n"
        "engine = create_engine(URL)\n"
        "zoo_application.kept = engine.connect()\n"
        "zoo_application.kept.execute(text('SELECT 1'))\n" + TAIL
    ),
    "the engine's listener changes the arguments": Way(
        f"engine = engine_from_config({SECTION})\n"
        "@event.listens_for(engine, 'do_connect')\n"
        "def change(dialect, record, arguments, options):\n"
        "    arguments[:] = [PRODUCTION]\n" + TAIL
    ),
    "the engine's listener connects": Way(
        f"engine = engine_from_config({SECTION})\n"
        "@event.listens_for(engine, 'do_connect')\n"
        "def change(dialect, record, arguments, options):\n"
        "    return sqlite3.connect(PRODUCTION)\n" + TAIL
    ),
    "a listener for all engines changes the arguments": engine(
        f"engine_from_config({SECTION})",
        before=LISTENER.format("arguments[:] = [PRODUCTION]"),
    ),
    "warm pool": warm("create_engine(URL, poolclass=pool.QueuePool)"),
    "warm StaticPool": warm("create_engine(URL, poolclass=pool.StaticPool)"),
    "warm SingletonThreadPool": warm(
        "create_engine(URL, poolclass=pool.SingletonThreadPool)"
    ),
    "an engine in a migration": upgrade(
        "from sqlalchemy import create_engine, text\n"
        "from zoo_application import URL\n"
        "with create_engine(URL).connect() as connection:\n"
        "    assert connection.scalar(text('SELECT 1')) == 1\n"
    ),
    "the same file by all its names": upgrade(
        "from sqlalchemy import create_engine\n"
        "from zoo_application import PRODUCTION\n"
        "for url in ('production.db', 'link.db', './production.db',\n"
        "            f'file:{PRODUCTION}?uri=true',\n"
        "            'file:production.db?uri=true',\n"
        "            f'file://localhost{PRODUCTION}?uri=true'):\n"
        "    create_engine('sqlite:///' + url).connect().close()\n"
    ),
}

REFUSED = {
    "creator": engine(
        "create_engine('sqlite://', creator=lambda: "
        "sqlite3.connect(PRODUCTION))",
        refused=BY_ITSELF,
        opens=True,
    ),
    "a pool of its own": engine(
        "create_engine(URL, pool=pool.QueuePool(lambda: "
        "sqlite3.connect(PRODUCTION)))",
        refused=BY_ITSELF,
        opens=True,
    ),
    "a listener for all engines connects": engine(
        f"engine_from_config({SECTION})",
        before="import sqlite3\n"
        + LISTENER.format("return sqlite3.connect(PRODUCTION)"),
        refused=BY_ITSELF,
        opens=True,
    ),
    "a Connection opened before": Way(
        "from zoo_application import connection\n"
        "context.configure(connection=connection)\n"
        "with context.begin_transaction():\n"
        "    context.run_migrations()\n",
        before="connection = create_engine(URL).connect()\n",
        refused=OPENED_BEFORE,
    ),
    "a Session opened before, in a migration": upgrade(
        "from sqlalchemy import text\n"
        "from zoo_application import session\n"
        "session.execute(text('DELETE FROM customer'))\n"
        "session.commit()\n",
        before="from sqlalchemy import text\n"
        "from sqlalchemy.orm import Session\n"
        "session = Session(create_engine(URL))\n"
        "session.execute(text('SELECT 1'))\n",
        refused=OPENED_BEFORE,
    ),
    "a second engine on another file": Way(
        "create_engine(URL).connect().close()\n"
        "create_engine(URL.replace('production', 'reports')).connect()\n",
        refused=ANOTHER,
    ),
    "another file, in a migration": upgrade(
        "from sqlalchemy import create_engine\n"
        "from zoo_application import URL\n"
        "create_engine(URL.replace('production', 'reports')).connect()\n",
        refused="upgrade of revision r1 .*: env.py, or a migration, opens "
        + ANOTHER,
    ),
    "another file, and the refusal is swallowed": Way(
        "create_engine(URL).connect().close()\n"
        "with contextlib.suppress(Exception):\n"
        "    create_engine(URL.replace('production', 'reports')).connect()\n"
        "engine = create_engine(URL)\n" + TAIL,
        refused=ANOTHER,
    ),
    "a swallowed refusal within a migration": upgrade(
        "from sqlalchemy import create_engine\n"
        "from zoo_application import URL\n"
        "try:\n"
        "    create_engine(URL.replace('production', 'reports')).connect()\n"
        "except Exception:\n"
        "    pass\n",
        refused=ANOTHER,
    ),
    "another file, in a thread": Way(
        "create_engine(URL).connect().close()\n"
        "def work():\n"
        "    with contextlib.suppress(Exception):\n"
        "        create_engine(URL.replace('prod', 'x')).connect()\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start(); thread.join()\n"
        "engine = create_engine(URL)\n" + TAIL,
        refused="two different databases: .*production.db and .*xuction.db",
    ),
    "redirect = False": engine(
        "create_engine(URL)",
        options={"redirect": False},
        refused="opens a connection to .*production.db, which the kit did "
        "not make, and redirect = False",
    ),
    "a pool, redirect = False": Way(
        "from zoo_application import engine\n" + TAIL,
        before="engine = create_engine(URL)\nengine.connect().close()\n",
        options={"redirect": False},
        refused="redirect = False; nothing was sent",
    ),
    "no entry of database_url": engine(
        "create_engine(URL)",
        options={"database_url": {"a": "sqlite://", "b": "sqlite://"}},
        refused="no entry of database_url is for that; nothing was sent. The "
        "entries are a, b; add 'production': 'sqlite://'",
    ),
}

#: What `strict = True` refuses in addition, before the driver opens a file.
STRICT = {
    "sqlite3 in env.py": Way(
        "sqlite3.connect(PRODUCTION).close()\n"
        "engine = create_engine(URL)\n" + TAIL,
        refused=RAW,
        opens=True,
    ),
    "sqlite3 in a migration": upgrade(
        "import sqlite3\n"
        "from zoo_application import PRODUCTION\n"
        "sqlite3.connect(f'file:{PRODUCTION}?mode=ro', uri=True)\n",
        refused=RAW,
        opens=True,
    ),
    "sqlite3, and the refusal is swallowed": Way(
        "with contextlib.suppress(Exception):\n"
        "    sqlite3.connect(PRODUCTION)\n"
        "engine = create_engine(URL)\n" + TAIL,
        refused=RAW,
        opens=True,
    ),
}


# -- in the process of its own ------------------------------------------------


def main() -> None:
    """Try the ways that standard input names; print what happened."""
    opened: list[str] = []
    asked = threading.local()

    def note(event: str, arguments: Any) -> None:
        if event == "sqlite3.connect":
            asked.path = os.fsdecode(arguments[0])
        elif event == "sqlite3.connect/handle":
            # Really opened: no hook has refused it.
            opened.append(asked.path)

    sys.addaudithook(note)
    answers = {}
    for name, folder, options in json.load(sys.stdin):
        # What one leaves in the process, such as a listener for all engines,
        # is not to meet the next.
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            answer = _try(folder, options, opened)
            os.write(writing, json.dumps(answer).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answers[name] = json.load(pipe)
        os.waitpid(child, 0)
    print("\n###", json.dumps(answers))


def _try(
    folder: str, options: dict[str, Any], opened: list[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {"error": None, "text": "", "rows": None}
    sys.path.insert(0, folder)
    importlib.import_module("zoo_application")
    opened.clear()
    with MigrationContext(f"{folder}/alembic.ini", **options) as context:
        try:
            if len(context.databases) > 1:
                context.apply_revisions(context.heads)
            context.migrate_up_to("head")
            context.migrate_down_to("base")
            context.migrate_up_to("head")
            found["heads"] = list(context.current_heads)
            found["rows"] = context.rows("t")
        except Exception as error:
            found["error"] = type(error).__name__
            found["text"] = str(error)
    found["opened"] = [path for path in opened if "migtestkit_" not in path]
    return found


class WaysTestCase(unittest.TestCase):
    """Runs a table of ways in one new process."""

    ways: dict[str, Way] = {}
    options: dict[str, Any] = {}
    answers: dict[str, Any]
    folders: dict[str, Path]
    before: dict[str, bytes]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        ProjectTestCase.setUpClass()
        helper = ProjectTestCase()
        helper.setUp()
        cls.addClassCleanup(helper.doCleanups)
        cls.folders, cls.before, request = {}, {}, []
        for number, (name, way) in enumerate(cls.ways.items()):
            if way.requires and not importlib.util.find_spec(way.requires):
                continue
            folder = helper.folder / f"way{number}"
            cls.folders[name] = folder
            cls.before[name] = cls.write(folder, way)
            request.append((name, str(folder), {**cls.options, **way.options}))
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import tests.test_guard as t; t.main()",
            ],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        cls.answers = json.loads(done.stdout.rpartition("\n###")[2])

    @classmethod
    def write(cls, folder: Path, way: Way) -> bytes:
        """Write a project; return the bytes of its production database."""
        folder.mkdir()
        path = folder / "production.db"
        work = Python(f"{way.upgrade}\nop.execute({create('t')!r})")
        make_history(
            folder,
            [Rev("r1", None, upgrade=work, downgrade="DROP TABLE t")],
            env=HEAD + way.env,
        )
        (folder / "zoo_application.py").write_text(
            APPLICATION.format(path=str(path)) + way.before
        )
        connection = sqlite3.connect(path)
        with connection:
            connection.execute("CREATE TABLE customer (name TEXT)")
            connection.execute("INSERT INTO customer VALUES ('Ada')")
        connection.close()
        (folder / "link.db").symlink_to(path)
        return path.read_bytes()

    def assert_untouched(self, name: str) -> None:
        folder = self.folders[name]
        self.assertEqual(
            self.before[name], (folder / "production.db").read_bytes()
        )
        self.assertEqual(
            {"alembic.ini", "migrations", "production.db", "link.db"}
            | {"zoo_application.py"},
            {path.name for path in folder.iterdir()} - {"__pycache__"},
        )

    def assert_refused(self, name: str, *, opens: bool) -> None:
        answer, way = self.answers[name], self.ways[name]
        self.assertRegex(answer["text"], way.refused or "")
        self.assertEqual("ForeignDatabaseError", answer["error"])
        self.assertEqual(opens, bool(answer["opened"]), answer["opened"])
        self.assert_untouched(name)


class TestRedirected(WaysTestCase):
    ways = WAYS

    def test_every_way_ends_in_the_throw_away_database(self) -> None:
        for name in self.folders:
            with self.subTest(name):
                answer = self.answers[name]
                self.assertEqual("", answer["text"])
                self.assertEqual(["r1"], answer["heads"])
                self.assertEqual([], answer["rows"])

    def test_production_is_never_opened(self) -> None:
        for name in self.folders:
            with self.subTest(name):
                self.assertEqual([], self.answers[name]["opened"])
                self.assert_untouched(name)


class TestRedirectedInStrictRuns(TestRedirected):
    options = {"strict": True}


class TestRefused(WaysTestCase):
    ways = REFUSED

    def test_every_way_is_refused_and_production_untouched(self) -> None:
        for name, way in self.ways.items():
            with self.subTest(name):
                self.assert_refused(name, opens=way.opens)


class TestRefusedInStrictRuns(WaysTestCase):
    ways = {
        name: Way(
            way.env,
            way.before,
            way.upgrade,
            f"{RAW}|{way.refused}",
            options=way.options,
        )
        for name, way in {**REFUSED, **STRICT}.items()
    }
    options = {"strict": True}

    def test_every_way_is_refused_before_production_is_opened(self) -> None:
        for name in self.ways:
            with self.subTest(name):
                self.assert_refused(name, opens=False)


class TestLimits(WaysTestCase):
    """What the documents say that only `strict` sees."""

    ways = STRICT

    def test_a_raw_driver_connection_is_not_seen(self) -> None:
        self.assertEqual(3, len(self.answers))
        for name, answer in self.answers.items():
            with self.subTest(name):
                self.assertEqual("", answer["text"])
                self.assertTrue(answer["opened"])


# -- in this process ----------------------------------------------------------


class InProcessTestCase(ProjectTestCase):
    """A project whose application has a production database."""

    def setUp(self) -> None:
        super().setUp()
        self.production = self.folder / "production.db"
        self.url = f"sqlite:///{self.production}"
        connection = sqlite3.connect(self.production)
        with connection:
            connection.execute("CREATE TABLE customer (name TEXT)")
        connection.close()
        self.before = self.production.read_bytes()
        self.addCleanup(
            lambda: self.assertEqual(
                self.before, self.production.read_bytes()
            )
        )

    def project(self, env: str = ENV, **revision: Any) -> Path:
        revision.setdefault("upgrade", create("t"))
        revision.setdefault("downgrade", "DROP TABLE t")
        return self.make_history(Rev("r1", None, **revision), env=env)

    def forget_project(self) -> None:
        (self.folder / "alembic.ini").unlink()
        shutil.rmtree(self.folder / "migrations")

    def application_engine(self, **options: Any) -> Any:
        made = create_engine(self.url, **options)
        self.addCleanup(made.dispose)
        return made


class TestAfterTheRun(InProcessTestCase):
    def tables(self, connection: Any) -> list[str]:
        query = text("SELECT name FROM sqlite_master")
        return [row[0] for row in connection.execute(query)]

    def open_with(self, env: str, **attributes: Any) -> MigrationContext:
        config = Config(str(self.project(env)))
        config.attributes.update(attributes)
        context = self.open(config)
        context.migrate_up_to("head")
        self.assertEqual([], context.rows("t"))
        return context

    def test_an_applications_engine_is_back_on_its_own_database(self) -> None:
        for poolclass in (None, QueuePool):
            application = self.application_engine(poolclass=poolclass)
            application.connect().close()
            with self.subTest(str(poolclass)):
                context = self.open(Config(str(self._once())))
                context.environment.config.attributes["application"] = (
                    application
                )
                context.migrate_up_to("head")
                with application.connect() as connection:
                    self.assertEqual(["customer"], self.tables(connection))

    def _once(self) -> Path:
        env = ENV.replace(
            "engine = engine_from_config(\n"
            "        config.get_section(config.config_ini_section, {}),\n"
            "        poolclass=pool.NullPool,\n    )",
            "engine = config.attributes['application']",
        )
        self.assertNotEqual(env, ENV)
        if not (self.folder / "alembic.ini").exists():
            self.project(env)
        return self.folder / "alembic.ini"

    def test_a_connection_left_open_by_env_py_holds_no_lock(self) -> None:
        application = self.application_engine()
        kept: list[Any] = []
        context = self.open_with(
            ENV + "left = config.attributes['engine'].connect()\n"
            "from sqlalchemy import text\n"
            "left.execute(text('CREATE TABLE IF NOT EXISTS left_open (id)'))\n"
            "config.attributes['kept'].append(left)\n",
            engine=application,
            kept=kept,
        )
        context.insert_into("t", {"id": 1})
        context.migrate_down_to("base")
        for connection in kept:
            connection.rollback()
            self.assertEqual(["customer"], self.tables(connection))
            connection.close()

    def test_no_listener_is_left(self) -> None:
        self.open_with(ENV)
        application = self.application_engine(
            creator=lambda: sqlite3.connect(self.production)
        )
        with application.connect() as connection:
            self.assertEqual(["customer"], self.tables(connection))

    def test_none_is_left_after_a_refusal_either(self) -> None:
        context = self.open(
            self.project(
                "from sqlalchemy import create_engine\n"
                "create_engine('sqlite://', creator=lambda: 1/0).connect()\n"
            )
        )
        with self.assertRaises(ConfigError):
            context.migrate_up_to("head")
        with self.application_engine().connect() as connection:
            self.assertEqual(["customer"], self.tables(connection))


class TestConnectionInTheConfig(InProcessTestCase):
    """`config.attributes["connection"]` on production, as a test suite may
    have left it."""

    AS_CONNECTION = """\
from alembic import context
connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
"""
    AS_ENGINE = """\
from alembic import context
with context.config.attributes["connection"].connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

    def config(self, env: str) -> Config:
        return Config(str(self.project(env)))

    def migrate(self, config: Config, **options: Any) -> None:
        context = self.open(config, **options)
        context.migrate_up_to("head")
        context.migrate_down_to("base")
        context.migrate_up_to("head")
        self.assertEqual([], context.rows("t"))

    def test_a_connection_is_exchanged_and_given_back(self) -> None:
        for env in (self.AS_CONNECTION, self.AS_ENGINE):
            config = self.config(env)
            with self.application_engine().connect() as connection:
                config.attributes["connection"] = connection
                self.migrate(config)
                self.assertIs(connection, config.attributes["connection"])
                self.assertFalse(connection.closed)
            self.forget_project()

    def test_an_engine_is_redirected(self) -> None:
        config = self.config(self.AS_ENGINE)
        engine = config.attributes["connection"] = self.application_engine()
        engine.connect().close()
        self.migrate(config)
        self.assertIs(engine, config.attributes["connection"])

    def test_with_redirect_off_a_connection_is_refused(self) -> None:
        config = self.config(self.AS_CONNECTION)
        with self.application_engine().connect() as connection:
            config.attributes["connection"] = connection
            with self.assertRaisesRegex(ForeignDatabaseError, OPENED_BEFORE):
                self.migrate(config, redirect=False)

    def test_with_redirect_off_an_engine_is_refused(self) -> None:
        config = self.config(self.AS_ENGINE)
        config.attributes["connection"] = self.application_engine()
        with self.assertRaisesRegex(ForeignDatabaseError, "redirect = False"):
            self.migrate(config, redirect=False)

    def test_a_connection_of_the_kits_own_engine_is_used(self) -> None:
        config = self.config(self.AS_CONNECTION)
        context = self.open(config, redirect=False)
        with context.connect() as connection:
            config.attributes["connection"] = connection
            context.migrate_up_to("head")
        self.assertEqual([], context.rows("t"))


class TestWhileScriptsAreRead(InProcessTestCase):
    """Revision scripts run when they are imported."""

    def refusal(self, ini: Path, **options: Any) -> str:
        with self.assertRaises(ForeignDatabaseError) as caught:
            self.open(ini, **options).heads
        return str(caught.exception)

    def add(self, line: str) -> Path:
        ini = self.project()
        path = self.folder / "migrations/versions/r1.py"
        path.write_text(
            f"{path.read_text()}\nfrom sqlalchemy import create_engine, text\n"
            f"{line}\n"
        )
        return ini

    def connect(self) -> str:
        return (
            f"create_engine({self.url!r}).connect()"
            ".execute(text('DROP TABLE customer'))"
        )

    def test_a_connection_is_refused(self) -> None:
        message = self.refusal(self.add(self.connect()))
        self.assertIn("while the scripts are imported", message)
        self.assertIn("Connect within upgrade() or downgrade()", message)

    def test_each_time_though_the_script_swallows_it(self) -> None:
        ini = self.add(
            f"try:\n    {self.connect()}\nexcept Exception:\n    pass\n"
        )
        for _ in range(2):
            self.assertIn("nothing was sent", self.refusal(ini))

    def test_a_connection_of_the_hook_is_refused_too(self) -> None:
        def hook() -> None:
            with self.application_engine().begin() as connection:
                connection.execute(text("DROP TABLE customer"))

        message = self.refusal(self.project(), alembic_context=hook)
        self.assertIn("or alembic_context(), connects", message)


class TestOtherThreads(InProcessTestCase):
    """While one test runs env.py, others go on with their databases."""

    def setUp(self) -> None:
        super().setUp()
        self.inside, self.go_on = threading.Event(), threading.Event()
        self.addCleanup(self.go_on.set)

    def paused(self, **options: Any) -> threading.Thread:
        """Start a run that stops within env.py."""

        def pause() -> None:
            self.inside.set()
            self.go_on.wait(20)

        env = ENV.replace(
            "    with engine.connect() as connection:",
            "    config.attributes.get('pause', int)()\n"
            "    with engine.connect() as connection:",
        )
        config = Config(str(self.project(env)))
        config.attributes["pause"] = pause
        self.errors: list[BaseException] = []

        def work() -> None:
            try:
                with MigrationContext(config, **options) as context:
                    context.migrate_up_to("head")
            except BaseException as error:
                self.errors.append(error)

        thread = threading.Thread(target=work)
        self.addCleanup(thread.join)
        self.addCleanup(self.go_on.set)
        return thread

    def test_rows_come_from_the_tests_own_database(self) -> None:
        for strict in (False, True):
            with self.subTest(f"strict={strict}"):
                thread = self.paused(strict=strict)
                other = self.open(self.folder / "alembic.ini")
                other.execute("CREATE TABLE mine (id INTEGER)")
                standing = other.connect()
                self.addCleanup(standing.close)
                standing.execute(text("SELECT 1"))
                thread.start()
                self.assertTrue(self.inside.wait(20))
                other.insert_into("mine", {"id": 1})
                self.assertEqual([{"id": 1}], other.rows("mine"))
                query = text("SELECT count(*) FROM mine")
                self.assertEqual(1, standing.scalar(query))
                standing.close()
                self.go_on.set()
                thread.join()
                self.assertEqual([], self.errors)
                self.inside.clear()
                self.go_on.clear()
                self.forget_project()

    def test_a_database_can_be_made_meanwhile(self) -> None:
        thread = self.paused()
        thread.start()
        self.assertTrue(self.inside.wait(20))
        other = self.open(
            self.folder / "alembic.ini",
            create_base_schema=lambda connection: connection.execute(
                text("CREATE TABLE base (id INTEGER)")
            ),
        )
        self.go_on.set()
        self.assertEqual([], other.rows("base"))
        thread.join()
        self.assertEqual([], self.errors)


class TestOtherBackend(ProjectTestCase):
    @unittest.skipUnless(
        importlib.util.find_spec("psycopg"), "needs psycopg"
    )
    def test_names_the_line_to_write_and_no_password(self) -> None:
        project = zoo.PROJECTS["other_backend"]
        root = zoo.copy_project(project, self.folder)
        settings = (root / "zoo_other_backend/settings.py").read_text()
        self.assertRegex(settings, "postgresql.*://.*:.*@")
        context = self.open(root / project.config)
        with self.assertRaises(ConfigError) as caught:
            context.migrate_up_to("head")
        message = str(caught.exception)
        self.assertEqual(
            "env.py connects to postgresql, but the throw-away database is "
            "sqlite; nothing was sent. Write\n  database_url = "
            '"postgresql+psycopg://user@localhost/"\nin the test class, or '
            "set $MIGTESTKIT_DATABASE_URL",
            message,
        )

    def test_the_line_is_one_that_such_a_database_takes(self) -> None:
        """A file has no user, and what the kit cannot make has no line."""
        url = servers.require_server("postgresql")
        for name, expected in (
            ("sqlite", 'Write\n  database_url = "sqlite://"\nin the test'),
            ("oracle", "The kit makes no oracle databases; hand over an "
             "engine of your own with get_migration_engine()"),
        ):
            with self.subTest(name):
                env = (
                    "from sqlalchemy import create_engine\n"
                    "engine = create_engine('sqlite:///x.db')\n"
                    f"engine.dialect.name = {name!r}\n"
                    "engine.connect()\n"
                )
                ini = self.make_history(Rev("r1"), env=env)
                context = self.open(str(ini), database_url=url)
                with self.assertRaises(ConfigError) as caught:
                    context.migrate_up_to("head")
                self.assertIn(expected, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
