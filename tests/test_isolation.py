"""Is the process left as it was found, in all threads and event loops?"""
from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import importlib.util
import io
import logging
import logging.config
import os
import shutil
import sys
import threading
import unittest
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.context
import alembic.op
from alembic.config import Config
from migtestkit import MigrationContext
from migtestkit.errors import ConfigError, MigrationFailed, MigtestkitError

from tests.support import (
    ENV,
    INI,
    ProjectTestCase,
    Python,
    Rev,
    create,
    make_history,
    process_state,
)

LOGGING = """
[loggers]
keys = root,alembic
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[logger_alembic]
level = INFO
handlers =
qualname = alembic
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(message)s
"""

DICT = """{
    "version": 1,
    "handlers": {
        "console": {"class": "logging.StreamHandler"},
        "file": {"class": "logging.FileHandler", "filename": "env.log"},
    },
    "loggers": {
        "alembic": {"handlers": ["console"], "propagate": False},
        "zoo_logging": {"handlers": ["file"], "level": "CRITICAL"},
    },
    "root": {"handlers": ["console"], "level": "CRITICAL"},
}"""

#: How env.py sets logging up.
SETUPS = {
    "fileConfig": (
        "from logging.config import fileConfig\n"
        "from alembic import context\n"
        "fileConfig(context.config.config_file_name)\n"
    ),
    "fileConfig of another file": (
        "import logging.config\n"
        "logging.config.fileConfig('logging.ini')\n"
    ),
    "dictConfig": (
        f"import logging.config\nlogging.config.dictConfig({DICT})\n"
    ),
    "basicConfig": "import logging\nlogging.basicConfig(level='CRITICAL')\n",
    "basicConfig, force": (
        "import logging\nlogging.basicConfig(level='CRITICAL', force=True)\n"
    ),
    "by hand": (
        "import logging\n"
        "logging.disable(logging.ERROR)\n"
        "logging.getLogger().handlers.clear()\n"
        "logging.getLogger('zoo_logging').disabled = True\n"
        "logging.disable(logging.NOTSET)\n"
    ),
}
#: Those that change nothing during the run either.
HARMLESS = [name for name in SETUPS if name != "by hand"]

TALK = Python(
    "import logging\n"
    "logging.getLogger('zoo_logging').warning('from a migration')\n"
    "op.execute('CREATE TABLE t (id INTEGER)')\n"
)


class IsolationTestCase(ProjectTestCase):
    def forget_project(self) -> None:
        """Make room for another project in the test's folder."""
        (self.folder / "alembic.ini").unlink()
        shutil.rmtree(self.folder / "migrations")


class TestLogging(IsolationTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self._forget_loggers)

    def _forget_loggers(self) -> None:
        for name in ("zoo_logging", "zoo_logging.new"):
            logging.root.manager.loggerDict.pop(name, None)

    @contextlib.contextmanager
    def each_setup(
        self, names: Any = SETUPS
    ) -> Iterator[Iterator[MigrationContext]]:
        def contexts() -> Iterator[MigrationContext]:
            ini = self.make_history(
                Rev("r1", None, upgrade=TALK, downgrade="DROP TABLE t"),
                ini=INI + LOGGING,
            )
            (self.folder / "logging.ini").write_text(LOGGING)
            for name in names:
                with self.subTest(name):
                    path = self.folder / "migrations/env.py"
                    path.write_text(SETUPS[name] + ENV)
                    context = self.open(Config(str(ini)))
                    with contextlib.redirect_stderr(io.StringIO()):
                        yield context
                    context.close()

        yield contexts()

    def test_assert_logs_of_the_users_logger(self) -> None:
        logging.getLogger("zoo_logging")
        with self.each_setup(HARMLESS) as contexts:
            for context in contexts:
                with self.assertLogs("zoo_logging") as logs:
                    context.migrate_up_to("head")
                self.assertEqual(
                    ["WARNING:zoo_logging:from a migration"], logs.output
                )

    def test_assert_logs_of_alembic(self) -> None:
        with self.each_setup(HARMLESS) as contexts:
            for context in contexts:
                with self.assertLogs("alembic.runtime.migration") as logs:
                    context.migrate_up_to("head")
                self.assertIn("Running upgrade  -> r1", str(logs.output))

    def test_assert_logs_of_the_root(self) -> None:
        with self.each_setup(HARMLESS) as contexts:
            for context in contexts:
                with self.assertLogs(level="INFO") as logs:
                    context.migrate_up_to("head")
                    logging.getLogger("zoo_logging").info("after")
                self.assertIn("zoo_logging:from a migration", str(logs.output))
                self.assertIn("INFO:zoo_logging:after", logs.output)

    def test_assert_logs_of_the_root_sees_alembic_afterwards(self) -> None:
        with self.each_setup() as contexts:
            for context in contexts:
                context.migrate_up_to("head")
                with self.assertLogs(level="INFO") as logs:
                    logging.getLogger("alembic.runtime.migration").info("x")
                self.assertEqual(1, len(logs.output))

    def test_loggers_are_as_before(self) -> None:
        logger = logging.getLogger("zoo_logging")
        handler = logging.StreamHandler(io.StringIO())
        logger.addHandler(handler)
        logger.setLevel("DEBUG")
        logger.propagate = False
        logging.disable(logging.DEBUG)
        self.addCleanup(logging.disable, logging.NOTSET)
        with self.each_setup() as contexts:
            for context in contexts:
                before = process_state()
                context.migrate_up_to("head")
                self.assertEqual(before, process_state())
                self.assertEqual(
                    (False, logging.DEBUG, False, [handler]),
                    (
                        logger.disabled,
                        logger.level,
                        logger.propagate,
                        logger.handlers,
                    ),
                )

    def test_a_log_file_goes_on(self) -> None:
        for mode in ("a", "w"):
            logger = logging.getLogger("zoo_logging")
            path = self.folder / f"user-{mode}.log"
            handler = logging.FileHandler(path, mode)
            logger.addHandler(handler)
            logging.getLogger().addHandler(handler)
            try:
                with self.each_setup() as contexts:
                    for number, context in enumerate(contexts):
                        context.migrate_up_to("head")
                        logger.warning("line %s", number)
                        text = path.read_text()
                        self.assertEqual(2, text.count(f"line {number}\n"))
                        for one in range(number):
                            self.assertIn(f"line {one}\n", text)
            finally:
                logging.getLogger().removeHandler(handler)
                logger.removeHandler(handler)
                handler.close()
            self.forget_project()

    def test_it_is_still_closed_when_the_process_ends(self) -> None:
        handler = logging.StreamHandler(io.StringIO())
        handler.set_name("zoo_handler")
        self.addCleanup(handler.close)
        with self.each_setup() as contexts:
            for context in contexts:
                context.migrate_up_to("head")
                known = [reference() for reference in logging._handlerList]
                self.assertEqual(1, known.count(handler))
                names: Any = logging._handlers
                self.assertIs(handler, names["zoo_handler"])

    def test_a_log_file_that_env_py_opened_is_closed(self) -> None:
        with self.each_setup(["dictConfig"]) as contexts:
            for context in contexts:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    context.migrate_up_to("head")
                    gc.collect()
                self.assertEqual([], [str(one.message) for one in caught])
                self.assertTrue((self.folder / "env.log").exists())

    def test_a_new_logger_is_as_new_ones_are(self) -> None:
        ini = self.make_history(
            Rev("r1"),
            env="import logging\n"
            "logger = logging.getLogger('zoo_logging.new')\n"
            "logger.propagate = False\n"
            "logger.setLevel('CRITICAL')\n"
            "logger.addHandler(logging.StreamHandler())\n"
            "logger.addHandler(logging.NullHandler())\n" + ENV,
        )
        self.open(ini).migrate_up_to("head")
        logger = logging.getLogger("zoo_logging.new")
        self.assertEqual(
            (True, logging.NOTSET), (logger.propagate, logger.level)
        )
        self.assertEqual(
            ["NullHandler"], [type(one).__name__ for one in logger.handlers]
        )

    def test_as_before_after_a_failure_too(self) -> None:
        with self.each_setup() as contexts:
            for context in contexts:
                path = self.folder / "migrations/env.py"
                path.write_text(path.read_text() + "raise ValueError('x')\n")
                before = process_state()
                with self.assertRaisesRegex(ConfigError, "ValueError: x"):
                    context.migrate_up_to("head")
                self.assertEqual(before, process_state())


class TestProcess(IsolationTestCase):
    MESS = """\
import os, sys, warnings, builtins
from alembic import context
seen = context.config.attributes.setdefault("seen", [])
seen.append((os.getcwd(), list(sys.path), dict(os.environ)))
sys.path.insert(0, "/left/by/env")
sys.path.remove(context.config.attributes["path"])
os.chdir("/")
os.environ["ZOO_NEW"] = "1"
os.environ["ZOO_CHANGED"] = "env.py"
del os.environ["ZOO_GONE"]
warnings.simplefilter("error")
sys.stdin = None
"""

    def setUp(self) -> None:
        super().setUp()
        os.environ.update(ZOO_CHANGED="test", ZOO_GONE="test")
        self.path = str(self.folder / "somewhere")
        sys.path.append(self.path)
        os.chdir(self.temp)

    def context(self, env: str, **options: Any) -> MigrationContext:
        ini = self.make_history(
            Rev("r1", None, upgrade=create("t"), downgrade="DROP TABLE t"),
            env=env,
            ini=INI + "prepend_sys_path = .\n",
        )
        config = Config(str(ini))
        config.attributes["path"] = self.path
        return self.open(config, **options)

    def test_as_before_after_a_run(self) -> None:
        before = process_state()
        path, filters = sys.path, warnings.filters
        context = self.context(self.MESS + ENV)
        context.migrate_up_to("head")
        context.migrate_down_to("base")
        self.assertEqual(before, process_state())
        self.assertIs(path, sys.path)
        self.assertIs(filters, warnings.filters)

    def test_as_before_after_a_failure(self) -> None:
        for what in ("raise ValueError()", "raise SystemExit(0)", "1 +"):
            with self.subTest(what):
                before = process_state()
                context = self.context(self.MESS + what)
                with self.assertRaises(ConfigError):
                    context.migrate_up_to("head")
                self.assertEqual(before, process_state())
                self.forget_project()

    def test_as_before_after_an_interrupt(self) -> None:
        before = process_state()
        context = self.context(self.MESS + "raise KeyboardInterrupt()")
        with self.assertRaises(KeyboardInterrupt):
            context.migrate_up_to("head")
        self.assertEqual(before, process_state())

    def test_as_before_after_scripts_were_read(self) -> None:
        context = self.context(ENV)
        path = self.folder / "migrations/versions/r1.py"
        path.write_text(f"{self.MESS.partition('seen')[0]}{path.read_text()}")
        path.write_text(
            "import os, sys\nsys.path.insert(0, '/x')\nos.chdir('/')\n"
            "os.environ['ZOO_NEW'] = '1'\n" + path.read_text()
        )
        before = process_state()
        context.refresh_history()
        self.assertEqual(("r1",), context.heads)
        self.assertEqual(before, process_state())

    def test_env_py_runs_in_the_inis_folder(self) -> None:
        context = self.context(self.MESS + ENV)
        context.migrate_up_to("head")
        folder, path, _ = context.environment.config.attributes["seen"][-1]
        self.assertEqual(str(self.folder), folder)
        self.assertEqual(str(self.folder), path[0])

    def test_env_py_sees_environ(self) -> None:
        os.environ["PGHOSTADDR"] = "192.0.2.1"
        context = self.context(
            self.MESS + ENV, environ={"ZOO_SET": "here", "ZOO_GONE": "other"}
        )
        context.migrate_up_to("head")
        environ = context.environment.config.attributes["seen"][-1][2]
        self.assertEqual("here", environ["ZOO_SET"])
        self.assertEqual("other", environ["ZOO_GONE"])
        self.assertNotIn("PGHOSTADDR", environ)
        self.assertNotIn("ZOO_SET", os.environ)
        self.assertEqual("test", os.environ["ZOO_GONE"])
        self.assertEqual("192.0.2.1", os.environ["PGHOSTADDR"])

    def test_alembics_proxies_are_gone(self) -> None:
        self.context(ENV).migrate_up_to("head")
        self.assert_no_proxies()

    def test_alembics_proxies_are_gone_after_a_failure(self) -> None:
        context = self.context(ENV)
        path = self.folder / "migrations/versions/r1.py"
        path.write_text(path.read_text().replace("calls.append", "calls.x"))
        context.refresh_history()
        with self.assertRaises(MigrationFailed):
            context.migrate_up_to("head")
        self.assert_no_proxies()

    def assert_no_proxies(self) -> None:
        for module in (alembic.op, alembic.context):
            self.assertIsNone(getattr(module, "_proxy", None), module)

    def test_a_question_fails_with_the_revisions_name(self) -> None:
        for question in (
            "input('go on? ')",
            "import sys; sys.stdin.readline()",
            "import sys; sys.stdin.read()",
            "import sys; next(sys.stdin)",
            "import sys; list(sys.stdin)",
        ):
            with self.subTest(question):
                ini = self.make_history(
                    Rev("r1", None, upgrade=Python(question))
                )
                context = self.open(ini)
                with self.assertRaises(MigrationFailed) as caught:
                    with contextlib.redirect_stdout(io.StringIO()):
                        context.migrate_up_to("head")
                self.assertEqual("r1", caught.exception.revision)
                self.assertIn(
                    "EOFError: a question was asked on standard input, which "
                    "is closed",
                    str(caught.exception),
                )
                self.forget_project()


class TestThreads(ProjectTestCase):
    def make(self, name: str, count: int = 3) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return make_history(
            folder,
            [
                Rev(
                    f"{name}{i}",
                    f"{name}{i - 1}" if i else None,
                    upgrade=create(f"{name}{i}"),
                    downgrade=f"DROP TABLE {name}{i}",
                )
                for i in range(count)
            ],
        )

    def test_four_contexts_at_once(self) -> None:
        inis = {name: self.make(name) for name in "abcd"}
        start = threading.Barrier(4)
        errors: list[str] = []
        before = process_state()

        def work(name: str) -> None:
            try:
                start.wait(20)
                self.walk(name, inis[name])
            except BaseException as error:
                errors.append(f"{name}: {error!r}")

        threads = [threading.Thread(target=work, args=n) for n in inis]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual([], errors)
        self.assertEqual(before, process_state())

    def walk(self, name: str, ini: Path) -> None:
        with MigrationContext(ini) as context:
            for i in range(3):
                self.assertEqual(f"{name}{i}", context.migrate_up_one())
                context.insert_into(f"{name}{i}", {"id": i})
                self.assertEqual([{"id": i}], context.rows(f"{name}{i}"))
            self.assertEqual((f"{name}2",), context.current_heads)
            context.migrate_down_to("base")
            self.assertEqual("base", context.current)

    def nested(self, hook: Any = None) -> str:
        """Let a migration start another run; return what is said."""
        inner = self.open(self.make("inner"))
        inner.heads
        outer = self.make_history(
            Rev(
                "r1",
                None,
                upgrade=Python(
                    "context.config.attributes['inner'].migrate_up_to('head')"
                ),
            )
        )
        config = Config(str(outer))
        config.attributes["inner"] = inner
        options = {"run_environment": hook} if hook else {}
        with self.assertRaises(MigtestkitError) as caught:
            self.open(config, **options).migrate_up_to("head")
        return str(caught.exception)

    NESTED = (
        "upgrade of revision r1 (revision r1): a migration, env.py or a hook "
        "started another migration run while one is under way; Alembic "
        "cannot nest them, for its alembic.op and alembic.context are one "
        "for the process. Do it before or after the run"
    )

    def test_a_nested_run_is_refused(self) -> None:
        self.assertEqual(self.NESTED, self.nested())

    def test_a_nested_run_is_refused_in_a_hooks_thread(self) -> None:
        def hook(call: Any) -> None:
            thread = threading.Thread(target=quiet, args=(call,))
            thread.start()
            thread.join(20)

        def quiet(call: Any) -> None:
            with contextlib.suppress(Exception):
                call()

        self.assertEqual(self.NESTED, self.nested(hook))

    def test_a_nested_run_is_refused_within_a_running_loop(self) -> None:
        async def test() -> str:
            return self.nested()

        self.assertEqual(self.NESTED, asyncio.run(test()))

    def test_the_next_run_is_not_refused(self) -> None:
        self.nested()
        context = self.open(self.make("later"))
        self.assertEqual("later2", context.migrate_up_to("head"))


ASYNC_WORK = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine

def work(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def run():
    engine = create_async_engine("sqlite+aiosqlite:///production.db")
    async with engine.connect() as connection:
        await connection.run_sync(work)
    await engine.dispose()

"""
LOOPS = {
    "asyncio.run": "asyncio.run(run())\n",
    "get_event_loop().run_until_complete": (
        "asyncio.get_event_loop().run_until_complete(run())\n"
    ),
    "a loop of its own": (
        "loop = asyncio.new_event_loop()\n"
        "loop.run_until_complete(run())\n"
        "loop.close()\n"
    ),
    "a loop of its own, set": (
        "loop = asyncio.new_event_loop()\n"
        "asyncio.set_event_loop(loop)\n"
        "loop.run_until_complete(run())\n"
    ),
    "create_task": (
        "try:\n"
        "    loop = asyncio.get_running_loop()\n"
        "except RuntimeError:\n"
        "    asyncio.run(run())\n"
        "else:\n"
        "    loop.create_task(run())\n"
    ),
    "a thread of its own": (
        "import threading\n"
        "thread = threading.Thread(target=lambda: asyncio.run(run()))\n"
        "thread.start()\n"
        "thread.join()\n"
    ),
}
ASYNC_ENVS = {name: ASYNC_WORK + end for name, end in LOOPS.items()}

needs_aiosqlite = unittest.skipUnless(
    importlib.util.find_spec("aiosqlite")
    and importlib.util.find_spec("greenlet"),
    "needs aiosqlite and greenlet",
)


class QuietLoop(unittest.IsolatedAsyncioTestCase):
    """A test's own loop, which a run of env.py keeps waiting for long."""

    async def asyncSetUp(self) -> None:
        asyncio.get_running_loop().slow_callback_duration = 60


class LoopTestCase(ProjectTestCase):
    def each_style(
        self, styles: dict[str, str]
    ) -> Iterator[MigrationContext]:
        ini = self.make_history(
            Rev("r1", None, upgrade=create("t"), downgrade="DROP TABLE t")
        )
        for name, env in styles.items():
            with self.subTest(name):
                path = self.folder / "migrations/env.py"
                path.write_text(env)
                context = self.open(ini)
                yield context
                context.close()

    def roundtrip(self, context: MigrationContext) -> None:
        context.migrate_up_to("head")
        context.migrate_down_to("base")
        context.migrate_up_to("head")
        self.assertEqual(("r1",), context.current_heads)
        self.assertEqual([], context.rows("t"))


@needs_aiosqlite
class TestLoopsInPlainTests(LoopTestCase):
    def setUp(self) -> None:
        super().setUp()
        # As if nothing had used asyncio in this thread before.
        asyncio.set_event_loop_policy(None)
        self.addCleanup(asyncio.set_event_loop_policy, None)

    def test_every_style(self) -> None:
        for context in self.each_style(ASYNC_ENVS):
            self.roundtrip(context)

    def test_every_style_after_an_earlier_asyncio_run(self) -> None:
        for context in self.each_style(ASYNC_ENVS):
            asyncio.run(asyncio.sleep(0))
            self.roundtrip(context)

    def test_every_style_after_a_loop_was_closed(self) -> None:
        for context in self.each_style(ASYNC_ENVS):
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            loop.close()
            self.roundtrip(context)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                self.assertIs(loop, asyncio.get_event_loop())

    def test_every_style_in_a_thread(self) -> None:
        errors: list[BaseException] = []

        def work(context: MigrationContext) -> None:
            try:
                self.roundtrip(context)
            except BaseException as error:
                errors.append(error)

        for context in self.each_style(ASYNC_ENVS):
            thread = threading.Thread(target=work, args=(context,))
            thread.start()
            thread.join()
            self.assertEqual([], errors)

    def test_the_loop_is_as_before(self) -> None:
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        for context in self.each_style(ASYNC_ENVS):
            asyncio.set_event_loop(loop)
            self.roundtrip(context)
            self.assertIs(loop, asyncio.get_event_loop())
            self.assertFalse(loop.is_closed())

    def test_no_loop_is_left_where_there_was_none(self) -> None:
        policy: Any = asyncio.get_event_loop_policy()
        for context in self.each_style(ASYNC_ENVS):
            before = dict(vars(policy._local))
            self.roundtrip(context)
            self.assertEqual(before, vars(policy._local))

    def test_no_loop_is_left_unclosed(self) -> None:
        for context in self.each_style(ASYNC_ENVS):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", ResourceWarning)
                self.roundtrip(context)
                asyncio.run(asyncio.sleep(0))
                self.roundtrip(context)
                gc.collect()
            left = [
                str(one.message)
                for one in caught
                if "event loop" in str(one.message)
            ]
            self.assertEqual([], left)

    def test_the_policy_is_as_before(self) -> None:
        policy = asyncio.get_event_loop_policy()
        env = (
            ASYNC_WORK + "asyncio.set_event_loop_policy("
            "asyncio.DefaultEventLoopPolicy())\n"
            "asyncio.get_event_loop().run_until_complete(run())\n"
        )
        for context in self.each_style({"its own policy": env}):
            self.roundtrip(context)
            self.assertIs(policy, asyncio.get_event_loop_policy())

    def test_a_coroutine_that_nobody_awaits_is_an_error(self) -> None:
        env = ASYNC_WORK + "run().close()\n"
        for context in self.each_style({"never awaited": env}):
            with self.assertRaisesRegex(
                MigrationFailed, "without calling context.run_migrations"
            ):
                context.migrate_up_to("head")


class TestLoopsInAsyncTests(LoopTestCase, QuietLoop):
    """Within a running event loop."""

    @needs_aiosqlite
    async def test_every_style(self) -> None:
        for context in self.each_style(ASYNC_ENVS):
            self.roundtrip(context)

    async def test_a_synchronous_env_py(self) -> None:
        for context in self.each_style({"plain": ENV}):
            self.roundtrip(context)

    async def test_the_loop_goes_on(self) -> None:
        loop = asyncio.get_running_loop()
        for context in self.each_style({"plain": ENV}):
            self.roundtrip(context)
        self.assertIs(loop, asyncio.get_running_loop())
        self.assertEqual(5, await asyncio.sleep(0, 5))

    async def test_no_thread_is_left(self) -> None:
        before = set(threading.enumerate())
        for context in self.each_style({"plain": ENV}):
            self.roundtrip(context)
        self.assertEqual(before, set(threading.enumerate()))

    async def test_an_error_in_env_py_is_told(self) -> None:
        for context in self.each_style({"fails": "raise ValueError('x')\n"}):
            with self.assertRaisesRegex(ConfigError, "ValueError: x"):
                context.migrate_up_to("head")


VARIABLE = contextvars.ContextVar("VARIABLE", default="default")


class TestContextVariables(LoopTestCase, QuietLoop):
    ENV = (
        "from tests.test_isolation import VARIABLE\n"
        "from alembic import context\n"
        "context.config.attributes['seen'] = VARIABLE.get()\n"
        "VARIABLE.set('left by env.py')\n" + ENV
    )

    def check(self) -> None:
        for context in self.each_style({"reads a variable": self.ENV}):
            token = VARIABLE.set("by the test")
            try:
                context.migrate_up_to("head")
                attributes = context.environment.config.attributes
                self.assertEqual("by the test", attributes["seen"])
                self.assertEqual("by the test", VARIABLE.get())
            finally:
                VARIABLE.reset(token)

    def test_in_a_plain_test(self) -> None:
        self.check()

    async def test_in_a_running_loop(self) -> None:
        self.check()


if __name__ == "__main__":
    unittest.main()
