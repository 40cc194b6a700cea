"""Do Alembic's undocumented names do what its documented commands do?

Each function of `migtestkit.alembic_api` is held against a command, on
whatever version of Alembic is installed.
"""
from __future__ import annotations

import random
import re
import unittest
import warnings
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import alembic
import alembic.command
import alembic.config
from alembic import op
from alembic.config import Config
from alembic.runtime import migration as runtime
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap
from alembic.util import CommandError
from migtestkit import alembic_api
from migtestkit.history import RevisionHistory
from sqlalchemy import (
    String,
    TypeDecorator,
    create_engine,
    event,
    pool,
    text,
)
from sqlalchemy.engine.interfaces import BindTyping
from sqlalchemy.sql.dml import UpdateBase

from tests.support import (
    ProjectTestCase,
    Python,
    Rev,
    calls_of,
    create,
    random_history,
)

#: A branch and its merge, and a base that depends on the branch.
GRAPH = (
    Rev("aa01", labels="core"),
    Rev("bb02", "aa01"),
    Rev("cc02", "aa01"),
    Rev("dd03", ("bb02", "cc02")),
    Rev("xx01", None, "bb02", "billing"),
    Rev("xx02", "xx01", downgrade=None),
)


class AlembicTestCase(ProjectTestCase):

    def setUp(self):
        super().setUp()
        self.ini = self.make_history(*GRAPH)
        self.config = Config(str(self.ini))
        self.scripts = ScriptDirectory.from_config(self.config)

    def run_alembic(
        self, command: str, *arguments: str, start: tuple[str, ...] = ()
    ) -> list[str]:
        """Run a command in a new database at `start`; return what ran."""
        self.stand_at(start)
        getattr(alembic.command, command)(self.config, *arguments)
        return [revision for _, revision in calls_of(self.config)]

    def stand_at(self, start: tuple[str, ...]) -> None:
        """Make the database anew, and bring it there."""
        (self.folder / "production.db").unlink(missing_ok=True)
        for target in start:
            alembic.command.upgrade(self.config, target)
        calls_of(self.config)

    def rows(self) -> tuple[str, ...]:
        """Return what the version table holds."""
        engine = create_engine(
            f"sqlite:///{self.folder / 'production.db'}",
            poolclass=pool.NullPool,
        )
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            return tuple(sorted(context.get_current_heads()))

    def refusal(self, command: str, target: str, *start: str) -> str:
        """Return the words with which a command refuses."""
        with self.assertRaises(CommandError) as caught:
            self.run_alembic(command, target, start=start)
        return str(caught.exception)


class TestVersion(unittest.TestCase):

    def test_is_the_installed_one(self):
        numbers = re.findall(r"\d+", alembic.__version__)
        self.assertEqual(
            tuple(map(int, numbers[:2])), alembic_api.VERSION
        )
        self.assertGreaterEqual(alembic_api.VERSION, (1, 13))

    def test_pyproject_is_read_since_the_version_that_says_so(self):
        self.assertEqual(
            alembic_api.VERSION >= alembic_api.PYPROJECT_SINCE,
            hasattr(Config, "get_alembic_option"),
        )


class TestCommandLineOptions(AlembicTestCase):

    def test_are_what_the_command_leaves_in_the_config(self):
        seen: list[Any] = []

        class Line(alembic.config.CommandLine):
            def run_cmd(self, config: Config, options: Any) -> None:
                seen.append(config.cmd_opts)

        Line().main(["-x", "tenant=a", "-x", "dry", "upgrade", "heads"])
        ours = alembic_api.command_line_options(["tenant=a", "dry"])
        self.assertEqual(["tenant=a", "dry"], ours.x)
        self.assertEqual("heads", ours.revision)
        skip = ("cmd", "config")
        self.assertEqual(
            {k: v for k, v in vars(seen[0]).items() if k not in skip},
            {k: v for k, v in vars(ours).items() if k not in skip},
        )

    def test_without_arguments_there_are_none(self):
        self.assertFalse(alembic_api.command_line_options(()).x)

    def test_an_argument_that_looks_like_an_option_is_an_argument(self):
        ours = alembic_api.command_line_options(["a=-b", "c d"])
        self.assertEqual(["a=-b", "c d"], ours.x)


class TestReading(AlembicTestCase):

    def test_one_by_one_reads_every_script(self):
        found = alembic_api.read_one_by_one(self.scripts)
        self.assertEqual(
            sorted(rev.id for rev in GRAPH),
            sorted(script.revision for script in found),
        )
        self.assertTrue(all(Path(one.path).is_file() for one in found))

    def test_one_by_one_reads_what_does_not_fit_together(self):
        ini = self.make_history(Rev("r1", "r2"), Rev("r2", "r1"))
        scripts = ScriptDirectory.from_config(Config(str(ini)))
        self.assertEqual(2, len(alembic_api.read_one_by_one(scripts)))

    def test_needed_by_gives_the_names_as_they_are_written(self):
        for revision, down, depends in (
            ("aa01", (), ()),
            ("bb02", ("aa01",), ()),
            ("dd03", ("bb02", "cc02"), ()),
            ("xx01", (), ("bb02",)),
        ):
            with self.subTest(revision):
                script = self.scripts.get_revision(revision)
                self.assertEqual(
                    {"down_revision": down, "depends_on": depends},
                    alembic_api.needed_by(script),
                )

    def test_required_resolves_labels_in_depends_on(self):
        ini = self.make_history(
            Rev("aa01", labels="core"), Rev("xx01", None, "core")
        )
        scripts = ScriptDirectory.from_config(Config(str(ini)))
        script = scripts.get_revision("xx01")
        self.assertEqual(("aa01",), alembic_api.required(script))

    def test_has_downgrade_tells_the_script_that_has_none(self):
        for revision, there in (("xx01", True), ("xx02", False)):
            with self.subTest(revision):
                script = self.scripts.get_revision(revision)
                self.assertIs(there, alembic_api.has_downgrade(script))


class TestPlans(AlembicTestCase):

    def planned(self, steps: Any) -> list[str]:
        return [alembic_api.step_revision(step) for step in steps]

    def test_upgrade_runs_what_the_command_runs(self):
        for start, target in (
            ((), "heads"), ((), "dd03"), ((), "xx02"), (("cc02",), "heads"),
            (("bb02",), "billing@+1"), (("dd03",), "aa01"), ((), "xx01+1"),
        ):
            with self.subTest(f"{target} from {start}"):
                ran = self.run_alembic("upgrade", target, start=start)
                plan = alembic_api.plan_upgrade(self.scripts, target, start)
                self.assertEqual(ran, self.planned(plan))
                self.assertTrue(all(step.is_upgrade for step in plan))

    def test_downgrade_runs_what_the_command_runs(self):
        for start, target in (
            (("dd03",), "base"), (("dd03",), "bb02"), (("dd03",), "aa01"),
            (("dd03", "xx01"), "billing@base"), (("dd03", "xx01"), "aa01"),
            (("cc02", "xx01"), "billing@-1"), (("dd03",), "dd03"),
            (("bb02", "cc02"), "core@base"),
        ):
            with self.subTest(f"{target} from {start}"):
                ran = self.run_alembic("downgrade", target, start=start)
                plan = alembic_api.plan_downgrade(self.scripts, target, start)
                self.assertEqual(ran, self.planned(plan))
                self.assertFalse(any(step.is_upgrade for step in plan))

    def test_downgrade_plans_a_script_without_downgrade(self):
        # The command breaks down on it before it reverts anything.
        with self.assertRaises(AttributeError):
            self.run_alembic("downgrade", "base", start=("xx02",))
        plan = alembic_api.plan_downgrade(
            self.scripts, "billing@base", ("xx02",)
        )
        self.assertEqual(["xx02", "xx01"], self.planned(plan))

    def test_both_refuse_in_the_words_of_the_command(self):
        for command, plan, targets in (
            (
                "upgrade",
                alembic_api.plan_upgrade,
                ("nope", "head", "core@+9", "-1", "aa01+1", "zz@head"),
            ),
            (
                "downgrade",
                alembic_api.plan_downgrade,
                ("nope", "head", "-9", "+1", "xx01", "bb02@head"),
            ),
        ):
            for target in targets:
                with self.subTest(f"{command} {target}"):
                    words = self.refusal(command, target, "dd03")
                    with self.assertRaises(CommandError) as caught:
                        plan(self.scripts, target, ("dd03",))
                    self.assertEqual(words, str(caught.exception))

    def test_nothing_to_drop_is_told_from_other_refusals(self):
        for target, expected in (
            ("xx01", True), ("nope", False), ("-9", False), ("head", False),
        ):
            with self.subTest(target):
                with self.assertRaises(CommandError) as caught:
                    alembic_api.plan_downgrade(
                        self.scripts, target, ("dd03",)
                    )
                self.assertIs(
                    expected, alembic_api.nothing_to_drop(caught.exception)
                )

    def test_stamp_leaves_the_rows_that_the_command_leaves(self):
        for start, target in (
            ((), "dd03"), (("dd03",), "aa01"), (("dd03",), "base"),
            ((), "heads"), (("bb02", "cc02"), "dd03"), (("aa01",), "xx01"),
        ):
            with self.subTest(f"{target} from {start}"):
                self.run_alembic("stamp", target, start=start)
                wanted = self.rows()
                self.stand_at(start)
                self.run_steps(
                    alembic_api.plan_stamp(self.scripts, target, start)
                )
                self.assertEqual(wanted, self.rows())

    def run_steps(self, steps: Any) -> None:
        """Run steps in the database as it is, as Alembic does."""
        engine = create_engine(
            f"sqlite:///{self.folder / 'production.db'}",
            poolclass=pool.NullPool,
        )
        with engine.begin() as connection:
            MigrationContext.configure(
                connection, opts={"fn": lambda heads, context: steps}
            ).run_migrations()

    def test_a_stamp_step_names_the_revision_that_it_sets(self):
        for start, target, revision in (
            ((), "dd03", "dd03"),
            (("dd03",), "aa01", "aa01"),
            (("dd03",), "base", "dd03"),  # whose row goes
        ):
            with self.subTest(f"{target} from {start}"):
                plan = alembic_api.plan_stamp(self.scripts, target, start)
                self.assertEqual([revision], self.planned(plan))


class TestSteps(AlembicTestCase):

    def database(self) -> Any:
        engine = create_engine(
            f"sqlite:///{self.folder / 'steps.db'}", poolclass=pool.NullPool
        )
        self.addCleanup(engine.dispose)
        return engine

    def test_a_step_applies_or_reverts_exactly_one_revision(self):
        ini = self.make_history(
            Rev("r1", upgrade=create("a"), downgrade="DROP TABLE a"),
            Rev("r2", "r1", upgrade=create("b"), downgrade="DROP TABLE b"),
        )
        scripts = ScriptDirectory.from_config(Config(str(ini)))
        up, down = alembic_api.upgrade_step, alembic_api.downgrade_step
        engine = self.database()
        for step, tables, heads in (
            (up(scripts, "r1"), {"a"}, ("r1",)),
            (up(scripts, "r2"), {"a", "b"}, ("r2",)),
            (down(scripts, "r2"), {"a"}, ("r1",)),
            (down(scripts, "r1"), set(), ()),
        ):
            _run(engine, scripts, step)
            self.assertEqual((tables, heads), _state(engine))

    def test_a_step_that_is_not_run_changes_the_version_table_alone(self):
        ini = self.make_history(
            Rev("r1", upgrade=create("a"), downgrade="DROP TABLE nowhere")
        )
        scripts = ScriptDirectory.from_config(Config(str(ini)))
        engine = self.database()
        for make, heads in (
            (alembic_api.upgrade_step, ("r1",)),
            (alembic_api.downgrade_step, ()),
        ):
            step = alembic_api.without_running(make(scripts, "r1"))
            self.assertEqual("r1", alembic_api.step_revision(step))
            _run(engine, scripts, step)
            self.assertEqual((set(), heads), _state(engine))

    def test_a_script_without_downgrade_raises_when_its_step_runs(self):
        step = alembic_api.downgrade_step(self.scripts, "xx02")
        self.assertFalse(step.is_upgrade)
        self.assertEqual("xx02", alembic_api.step_revision(step))
        with self.assertRaisesRegex(NotImplementedError, "no downgrade()"):
            step.migration_fn()

    def test_such_a_step_still_knows_what_to_leave_in_the_version_table(self):
        scripts = self.scripts
        engine = self.database()
        for revision in ("aa01", "bb02", "xx01", "xx02"):
            _run(engine, scripts, alembic_api.upgrade_step(scripts, revision))
        step = alembic_api.downgrade_step(scripts, "xx02")
        _run(engine, scripts, alembic_api.without_running(step))
        self.assertEqual(("xx01",), _state(engine)[1])


def _run(engine: Any, scripts: ScriptDirectory, step: Any) -> None:
    """Run one step as env.py would."""
    config = Config()
    with EnvironmentContext(
        config, scripts, fn=lambda heads, context: [step]
    ) as environment, engine.begin() as connection:
        environment.configure(connection=connection)
        environment.run_migrations()


def _state(engine: Any) -> tuple[set[str], tuple[str, ...]]:
    """Return the tables and the heads of a database."""
    with engine.connect() as connection:
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table'")
        )
        tables = {name for name, in names} - {"alembic_version"}
        context = MigrationContext.configure(connection)
        return tables, tuple(sorted(context.get_current_heads()))


class VersionTable:
    """A version table, and what keeps it."""

    def __init__(self, **execution_options: Any) -> None:
        self.engine = create_engine("sqlite://", poolclass=pool.StaticPool)
        self.statements: set[str] = set()
        #: Of those, what SQLAlchemy had to look up, or compile.
        self.clauses: list[Any] = []
        event.listen(self.engine, "before_cursor_execute", self._note)
        event.listen(self.engine, "before_execute", self._note_clause)
        self.connection = self.engine.connect()
        self.connection.exec_driver_sql("ATTACH ':memory:' AS other")
        self.connection = self.connection.execution_options(
            **execution_options
        )
        self.context = MigrationContext.configure(self.connection)
        self.context._ensure_version_table()
        self.empty()

    def _note(self, connection: Any, cursor: Any, statement: str, *_: Any):
        self.statements.add(statement)

    def _note_clause(self, connection: Any, clause: Any, *_: Any) -> None:
        if isinstance(clause, UpdateBase):
            self.clauses.append(clause)

    def empty(self) -> None:
        self.connection.execute(text("DELETE FROM alembic_version"))
        self.keeper = runtime.HeadMaintainer(self.context, ())
        self.statements.clear()
        self.clauses.clear()

    def take(self, step: Any) -> frozenset[str]:
        """Note a step; return the rows."""
        self.keeper.update_to_step(step)
        found = self.connection.scalars(
            text("SELECT version_num FROM alembic_version")
        ).all()
        assert len(found) == len(set(found)), found
        return frozenset(found)

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()


class Upper(TypeDecorator[str]):
    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value.upper()


def nothing() -> None:
    """Stand in for the functions of a script."""


def scripts_of(revisions: Iterable[Rev]) -> ScriptDirectory:
    """Return a directory of scripts that are in no file."""
    directory = ScriptDirectory(".")
    made = [
        Script(
            SimpleNamespace(
                __doc__="", revision=one.id, upgrade=nothing,
                downgrade=nothing, down_revision=one.down_revision,
                branch_labels=one.labels, depends_on=one.depends_on,
            ),
            one.id,
            f"{one.id}.py",
        )
        for one in revisions
    ]
    directory.revision_map = RevisionMap(lambda: made)
    return directory


class TestVersionTable(unittest.TestCase):
    """Steps that ask a graph, and statements that are compiled once, leave
    the rows that Alembic's own leave."""

    GRAPHS = 250

    def setUp(self) -> None:
        self.stock = self.table()
        with alembic_api.quick_version_statements():
            self.quick = self.table()

    def table(self) -> VersionTable:
        made = VersionTable()
        self.addCleanup(made.close)
        return made

    def test_each_step_on_random_graphs(self) -> None:
        # Any order that a graph allows, not only that of a whole walk.
        counts = {True: 0, False: 0}
        for number in range(self.GRAPHS):
            rng = random.Random(f"steps {number}")
            revisions = random_history(rng, rng.randint(2, 20))
            with self.subTest(number), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.walk(rng, scripts_of(revisions), counts)
        self.assertGreater(min(counts.values()), 5 * self.GRAPHS, counts)

    def walk(
        self,
        rng: random.Random,
        scripts: ScriptDirectory,
        counts: dict[bool, int],
    ) -> None:
        history = RevisionHistory(scripts)
        self.stock.empty()
        with alembic_api.quick_version_statements():
            self.quick.empty()
        applied: set[str] = set()
        for _ in range(2 * len(history.revisions)):
            ups = [
                one for one in history.revisions if one not in applied
                and history.requirements(one) <= applied
            ]
            downs = [
                one for one in history.revisions if one in applied
                and not history.dependents(one) & applied
            ]
            is_upgrade = not downs or bool(ups) and rng.random() < 0.6
            revision = rng.choice(ups if is_upgrade else downs)
            make = (
                alembic_api.upgrade_step if is_upgrade
                else alembic_api.downgrade_step
            )
            step = make(scripts, revision, history.unrequired)
            self.assertIsNot(RevisionStep, type(step))
            script = scripts.get_revision(revision)
            wanted = self.stock.take(
                RevisionStep(scripts.revision_map, script, is_upgrade)
            )
            self.assertEqual(wanted, self.quick.take(step))
            applied ^= {revision}
            self.assertEqual(applied, history.closure(wanted))
            counts[is_upgrade] += 1

    def line(self, length: int) -> list[Any]:
        """Return the steps up and down a line of revisions."""
        scripts = scripts_of(
            Rev(f"r{number}", f"r{number - 1}" if number else None)
            for number in range(length)
        )
        names = [f"r{number}" for number in range(length)]
        return [
            *(alembic_api.upgrade_step(scripts, one) for one in names),
            *(alembic_api.downgrade_step(scripts, one)
              for one in reversed(names)),
        ]

    def test_no_revision_has_statements_of_its_own(self) -> None:
        for step in self.line(20):
            self.stock.take(step)
            self.quick.take(step)
        self.assertGreater(len(self.stock.statements), 20)
        # INSERT, UPDATE, DELETE, and the look at the rows.
        self.assertEqual(4, len(self.quick.statements))

    def sent(self, **options: Any) -> VersionTable:
        """Return a table that has seen a line of steps."""
        with alembic_api.quick_version_statements():
            made = VersionTable(**options)
            self.addCleanup(made.close)
            for step in self.line(3):
                made.take(step)
        return made

    def test_their_text_goes_to_the_driver_as_it_is(self) -> None:
        made = self.sent()
        self.assertEqual([], made.clauses)
        with mock.patch.object(
            alembic_api, "_sends_text_as_it_is", return_value=False
        ):
            whole = self.sent()
        self.assertEqual(6, len(whole.clauses))
        self.assertEqual(whole.statements, made.statements)

    def test_a_schema_that_is_translated(self) -> None:
        made = self.sent(schema_translate_map={None: "other"})
        self.assertEqual(6, len(made.clauses))
        tables = made.connection.scalars(
            text("SELECT name FROM other.sqlite_master WHERE type = 'table'")
        )
        self.assertEqual(["alembic_version"], tables.all())

    def test_a_type_that_changes_what_is_sent(self) -> None:
        made = self.table()
        self.assertTrue(alembic_api._sends_text_as_it_is(made.context))
        made.context._version.c.version_num.type = Upper()
        self.assertFalse(alembic_api._sends_text_as_it_is(made.context))

    def test_a_dialect_that_sends_statements_in_its_own_way(self) -> None:
        made = self.table()
        with mock.patch.object(type(made.context.impl), "_exec", None):
            self.assertFalse(alembic_api._sends_text_as_it_is(made.context))
        with mock.patch.object(
            made.engine.dialect, "bind_typing", BindTyping.SETINPUTSIZES
        ):
            self.assertFalse(alembic_api._sends_text_as_it_is(made.context))

    def test_rows_that_are_not_there_are_an_error(self) -> None:
        first, second = self.line(2)[:2]
        self.quick.take(first)
        self.quick.connection.execute(text("DELETE FROM alembic_version"))
        with self.assertRaisesRegex(
            CommandError, "'alembic_version' was expected to hold 'r0' once; "
            "it does 0 times",
        ):
            self.quick.take(second)

    def test_alembics_own_are_back_afterwards(self) -> None:
        own = runtime.HeadMaintainer
        with self.assertRaises(KeyError), \
                alembic_api.quick_version_statements():
            self.assertIsNot(own, runtime.HeadMaintainer)
            raise KeyError
        self.assertIs(own, runtime.HeadMaintainer)

    def test_an_alembic_that_does_it_in_another_way_is_left_to_it(self):
        own = runtime.HeadMaintainer
        self.assertTrue(alembic_api.can_write_versions_quickly())

        def other(self: Any, version: str, schema: str) -> None:
            """What the kit does not know."""

        for change in (
            mock.patch.object(own, "_insert_version", other),
            mock.patch.object(own, "_update_version", None),
            mock.patch.object(runtime, "HeadMaintainer", type("New", (), {})),
        ):
            with self.subTest(change.attribute), change:
                there = runtime.HeadMaintainer
                self.assertFalse(alembic_api.can_write_versions_quickly())
                with alembic_api.quick_version_statements():
                    self.assertIs(there, runtime.HeadMaintainer)


class TestWithoutQuickStatements(AlembicTestCase):

    def test_walks_are_the_same(self):
        with mock.patch.object(
            alembic_api, "can_write_versions_quickly", return_value=False
        ):
            context = self.open(str(self.ini))
            context.migrate_up_to("dd03")
            self.assertEqual(("dd03",), context.current_heads)
            context.migrate_down_to("aa01")
            self.assertEqual({"aa01"}, context.applied)


class TestResolve(AlembicTestCase):

    def test_upgrade_is_where_the_command_goes(self):
        for start, target in (
            ((), "heads"), ((), "dd"), ((), "billing@head"),
            (("bb02",), "billing@+1"), ((), "xx02-1"), ((), "core@head"),
            ((), "base"),
        ):
            with self.subTest(f"{target} from {start}"):
                found = alembic_api.resolve_upgrade(
                    self.scripts, target, start
                )
                self.run_alembic("upgrade", target, start=start)
                standing = set(self.rows())
                self.stand_at(start)
                for revision in found:
                    alembic.command.upgrade(self.config, revision)
                self.assertEqual(standing, set(self.rows()))

    def test_downgrade_is_where_the_command_goes(self):
        for start, target, meaning in (
            (("dd03",), "base", None), (("dd03",), "bb", "bb02"),
            (("xx01",), "billing@-1", None), (("bb02",), "-1", "aa01"),
            (("dd03",), "core@base", None), (("dd03",), "bb02-1", "aa01"),
        ):
            with self.subTest(f"{target} from {start}"):
                found = alembic_api.resolve_downgrade(
                    self.scripts, target, start
                )
                self.assertEqual(meaning, found)
                self.run_alembic("downgrade", target, start=start)
                by_target = self.rows()
                if "@" not in target:
                    self.run_alembic(
                        "downgrade", found or "base", start=start
                    )
                    self.assertEqual(by_target, self.rows())

    def test_beyond_the_head_is_an_error_with_words(self):
        with self.assertRaises(AssertionError):
            self.run_alembic("upgrade", "dd03+1")
        with self.assertRaisesRegex(CommandError, r"dd03\+1 leads beyond"):
            alembic_api.resolve_upgrade(self.scripts, "dd03+1", ())

    def test_both_refuse_in_the_words_of_the_command(self):
        for command, resolve, target in (
            ("upgrade", alembic_api.resolve_upgrade, "nope"),
            ("upgrade", alembic_api.resolve_upgrade, "head"),
            ("upgrade", alembic_api.resolve_upgrade, "+9"),
            ("downgrade", alembic_api.resolve_downgrade, "bb02@head"),
            ("downgrade", alembic_api.resolve_downgrade, "zz@-1"),
            ("downgrade", alembic_api.resolve_downgrade, "-9"),
        ):
            with self.subTest(f"{command} {target}"):
                words = self.refusal(command, target, "cc02")
                with self.assertRaises(CommandError) as caught:
                    resolve(self.scripts, target, ("cc02",))
                self.assertEqual(words, str(caught.exception))


class TestForgetOperations(AlembicTestCase):

    def usable(self) -> bool:
        try:
            op.get_bind()
        except Exception:
            return False
        return True

    def test_takes_away_what_a_failed_migration_leaves(self):
        ini = self.make_history(
            Rev("r1", upgrade=Python("raise RuntimeError('stop')"))
        )
        with self.assertRaises(RuntimeError):
            alembic.command.upgrade(Config(str(ini)), "r1")
        self.assertTrue(self.usable(), "nothing was left: is it still so?")
        alembic_api.forget_operations()
        self.assertFalse(self.usable())

    def test_twice_is_no_error(self):
        alembic_api.forget_operations()
        alembic_api.forget_operations()
        self.assertFalse(self.usable())

    def test_hinders_no_later_run(self):
        alembic_api.forget_operations()
        self.assertEqual(["aa01"], self.run_alembic("upgrade", "aa01"))


if __name__ == "__main__":
    unittest.main()
