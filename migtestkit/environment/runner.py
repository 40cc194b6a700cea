"""How does one run of env.py go, from the lock to the look afterwards?"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext as AlembicContext
from alembic.runtime.migration import MigrationStep
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from migtestkit import alembic_api
from migtestkit.config import (
    MigrationConfig,
    command_line_options,
    missing_location,
    run_folder,
)
from migtestkit.environment import isolation
from migtestkit.environment.declared import Declarations
from migtestkit.environment.guard import ConnectionGuard, Target
from migtestkit.environment.lending import (
    lent,
    located,
    note_foreign_addresses,
)
from migtestkit.environment.scripts import (
    Scripts,
    forget_scripts,
    read_scripts,
)
from migtestkit.environment.strict import driver_watched
from migtestkit.environment.threads import call_outside_loop
from migtestkit.environment.tracking import (
    StepTracker,
    describe_failure,
    failed_script,
    name_error,
    where_in,
)
from migtestkit.environment.visits import Location, Visit, read_heads
from migtestkit.environment.watching import Sending, StatementWatch
from migtestkit.errors import (
    ConfigError,
    ForeignDatabaseError,
    MigtestkitError,
    RevisionError,
)
from migtestkit.history import RevisionHistory

__unittest = True

T = TypeVar("T")

#: Given a version table, the heads in it and Alembic's context, a plan
#: returns the steps to run; it may be a generator, which gets control back
#: between two steps.
Plan = Callable[
    [Location, tuple[str, ...], AlembicContext], Iterable[MigrationStep]
]


class Environment:
    """Runs a project's env.py, unchanged, against throw-away databases.

    :param config: Alembic's configuration; this very object is used.
    :param options: what the user set.
    """

    def __init__(self, config: Config, options: MigrationConfig) -> None:
        self.config = config
        self.options = options
        self.targets: tuple[Target, ...] = ()
        self._folder = run_folder(config)
        self._location = missing_location(config)
        ini = config.config_file_name
        self._ini = (ini, os.path.abspath(ini)) if ini else ()
        self._scripts: Scripts | None = None
        self._driver: str | None = None
        #: Called with each statement that a walk lets through.
        self.observer: Callable[[str], None] | None = None

    def attach(self, targets: Sequence[Target]) -> None:
        """Set the databases that runs may open."""
        self.targets = tuple(targets)
        note_foreign_addresses(self.config, self.targets)

    @property
    def scripts(self) -> Scripts:
        """The revision scripts, read when first asked for."""
        if self._scripts is None:
            self._scripts = self._read_scripts(refresh=False)
        return self._scripts

    @property
    def history(self) -> RevisionHistory:
        """The graph of the revision scripts."""
        return self.scripts.history

    @property
    def signature(self) -> tuple[object, ...]:
        """What changes when a file of the scripts' folder does."""
        return self.scripts.signature

    def share(self, other: Environment) -> None:
        """Use what another environment of the same project has learnt."""
        self._scripts = other.scripts
        self._driver = other._driver

    @property
    def declarations(self) -> Declarations:
        """What the upgrades of this history, run on this kind of database by
        anybody in this process, have declared."""
        dialect = self.targets[0].engine.dialect.name if self.targets else ""
        return self.scripts.declarations.setdefault(dialect, Declarations())

    def refresh(self) -> None:
        """Read the revision scripts again."""
        self._scripts = self._read_scripts(refresh=True)

    def _read_scripts(self, *, refresh: bool) -> Scripts:
        # Scripts run when they are imported, so the guard stands here too:
        # with no database to offer it refuses every connection.
        guard = ConnectionGuard(())
        try:
            with self._process(()), guard, self._user_context():
                found = read_scripts(self.config, refresh=refresh)
        except Exception:
            if not guard.refusals:
                raise
        if guard.refusals:
            forget_scripts()
            raise ForeignDatabaseError(
                "a revision script, or alembic_context(), connects to a "
                "database while the scripts are imported: "
                f"{guard.refusals[0]}. Connect within upgrade() or "
                "downgrade() instead"
            )
        return found

    @property
    def env_path(self) -> str:
        """The path of env.py."""
        return os.path.join(self.scripts_folder, "env.py")

    @property
    def scripts_folder(self) -> str:
        """The folder of the scripts."""
        return os.path.join(self._folder, self.scripts.directory.dir)

    def walk(
        self,
        plan: Plan,
        *,
        destination: str = "heads",
        mutate: bool = True,
        due: Sequence[str] = (),
        direction: str = "upgrade",
        watch: StatementWatch | None = None,
    ) -> list[Visit]:
        """Run env.py once, with the steps that a plan yields.

        :param plan: see :data:`Plan`; asked for each version table.
        :param destination: what env.py is told the target is.
        :param mutate: ``False`` creates no version table.
        :param due: revisions of which at least one has to be run.
        :param direction: of ``due``.
        :param watch: told each statement of a step.
        :return: what was done to each version table.
        :raises MigrationFailed: a revision failed, or was not persisted.
        :raises ForeignDatabaseError: another database was turned to.
        :raises ConfigError: env.py itself failed.
        """
        tracker = StepTracker(self.history, watch, self.declarations)
        guard = ConnectionGuard(
            self.targets,
            redirect=self.options.redirect,
            on_statement=self._observed(tracker),
            on_success=tracker.success if watch is not None else None,
        )
        visits: list[Visit] = []

        def steps(
            heads: tuple[str, ...], context: AlembicContext
        ) -> Iterator[MigrationStep]:
            yield from _followed(plan, heads, context, guard, tracker, visits)

        options: dict[str, Any] = {"fn": steps, "destination_rev": destination}
        if not mutate:
            options["dont_mutate"] = True
        try:
            self._run(lambda: self._env(options), guard)
        except BaseException as error:
            if not visits and self._switch_to_async(error):
                return self.walk(
                    plan,
                    destination=destination,
                    mutate=mutate,
                    due=due,
                    direction=direction,
                    watch=watch,
                )
            raise self._explain(error, guard, tracker) from None
        self._look_after(guard, tracker, visits, due, direction)
        return visits

    def render(self, plan: Plan, heads: Sequence[str]) -> None:
        """Run env.py once in offline mode; what the steps of a plan would
        send goes to the configuration's ``output_buffer``.

        :param heads: what the version table is taken to hold.
        :raises MigrationFailed: a revision cannot do without a database.
        :raises ConfigError: env.py cannot.
        """
        tracker = StepTracker(self.history)
        guard = ConnectionGuard(self.targets, redirect=self.options.redirect)

        def steps(
            heads: tuple[str, ...], context: AlembicContext
        ) -> Iterator[MigrationStep]:
            yield from _followed(plan, heads, context, guard, tracker, [])

        options = {
            "fn": steps,
            "as_sql": True,
            "starting_rev": tuple(heads) or None,
            "destination_rev": "heads",
        }
        try:
            self._run(lambda: self._env(options), guard)
        except BaseException as error:
            raise self._explain(error, guard, tracker) from None
        if guard.refusals:
            raise guard.refusals[0]
        if tracker.failures:
            raise tracker.failures[0]

    def _observed(self, tracker: StepTracker) -> Callable[[Sending], None]:
        observer = self.observer
        if observer is None:
            return tracker.statement

        def note(sending: Sending) -> None:
            tracker.statement(sending)
            observer(sending.statement)

        return note

    def call(self, function: Callable[[], T]) -> T:
        """Call something that runs env.py by itself, such as a function of
        :mod:`alembic.command`, under the same guard.

        :raises MigrationFailed: a revision failed.
        :raises RevisionError: Alembic refused the arguments.
        """
        guard = ConnectionGuard(self.targets, redirect=self.options.redirect)
        outcome: list[T] = []
        try:
            self._run(lambda: outcome.append(function()), guard)
        except BaseException as error:
            script = failed_script(self.history, error)
            if script and not guard.refusals:
                raise describe_failure(self.history, *script, error) from None
            raise self._explain(error, guard, None) from None
        if guard.refusals:
            raise guard.refusals[0]
        return outcome[0]

    def _run(self, call: Callable[[], None], guard: ConnectionGuard) -> None:
        with self._process(self.scripts.import_paths):
            with guard, contextlib.ExitStack() as stack:
                if self.options.strict:
                    stack.enter_context(driver_watched(guard))
                stack.enter_context(self._user_context())
                stack.enter_context(
                    lent(
                        self.config,
                        self.targets,
                        driver=self._driver,
                        redirect=self.options.redirect,
                    )
                )
                call_outside_loop(lambda: self._hooked(call, guard))

    def _hooked(
        self, call: Callable[[], None], guard: ConnectionGuard
    ) -> None:
        hook = self.options.run_environment
        called: list[BaseException | None] = []

        def noted() -> None:
            # The hook may have put this into a thread of its own, where
            # what is raised gets lost.
            try:
                with guard.in_thread(), isolation.within_run():
                    call()
            except BaseException as error:
                called.append(error)
                raise
            called.append(None)

        if hook is None:
            return noted()
        hook(noted)
        if not called:
            raise ConfigError(
                "run_environment(call) returned without calling call(), or "
                "before call() had ended; call it once, and wait for it"
            )
        for error in called:
            if error is not None:
                raise error

    def _env(self, options: dict[str, Any]) -> None:
        directory = self.scripts.directory
        with alembic_api.quick_version_statements():
            with EnvironmentContext(self.config, directory, **options):
                directory.run_env()

    @contextlib.contextmanager
    def _process(self, import_paths: Sequence[str]) -> Iterator[None]:
        with isolation.alone(), isolation.process_left_as_found(
            folder=self._folder,
            environ=self.options.environ,
            import_paths=import_paths,
            ini=self._ini,
        ), self._command_line(), located(self.config, self._location):
            yield

    @contextlib.contextmanager
    def _command_line(self) -> Iterator[None]:
        """Give a user's own ``Config`` the ``-x`` arguments asked for."""
        saved = self.config.cmd_opts
        if self.options.x_arguments:
            given = command_line_options(self.options.x_arguments)
            if saved is not None:
                # Nothing that the user's own options hold gets lost.
                given = argparse.Namespace(**{**vars(saved), "x": given.x})
            self.config.cmd_opts = given
        try:
            yield
        finally:
            self.config.cmd_opts = saved

    @contextlib.contextmanager
    def _user_context(self) -> Iterator[None]:
        hook = self.options.alembic_context
        manager = hook() if hook is not None else None
        if manager is None:
            yield
        elif not hasattr(manager, "__enter__"):
            raise ConfigError(
                "alembic_context() must return a context manager, or be "
                "decorated with contextlib.contextmanager; it returned "
                f"{manager!r}"
            )
        else:
            with manager:
                yield

    def _switch_to_async(self, error: BaseException) -> bool:
        """Offer an asynchronous driver to an env.py that asks for one."""
        if (
            not isinstance(error, InvalidRequestError)
            or "requires an async driver" not in str(error)
            or self._driver is not None
        ):
            return False
        drivers = self.targets[0].backend.async_drivers
        for driver in drivers:
            if importlib.util.find_spec(driver) is not None:
                self._driver = driver
                return True
        return False

    def _explain(
        self,
        error: BaseException,
        guard: ConnectionGuard,
        tracker: StepTracker | None,
    ) -> BaseException:
        """Return what to raise in place of an error of a run."""
        within = tracker.revision if tracker else None
        if guard.refusals:
            refusal = guard.refusals[0]
            if tracker is None or within is None:
                return refusal
            return type(refusal)(
                f"{tracker.direction} of revision "
                f"{self.history.describe(within)}: {refusal}"
            )
        if isinstance(error, MigtestkitError):
            if tracker is None or within is None:
                return error
            return type(error)(
                f"{tracker.direction} of revision "
                f"{self.history.describe(within)}: {error}"
            )
        if isinstance(error, KeyboardInterrupt):
            return error
        if tracker is not None and within is not None:
            failure = tracker.failure(error)
            advice = self.target(failure.database).database.advice(
                failure.error
            )
            return failure.with_note(advice) if advice else failure
        if tracker is not None and isinstance(error, DBAPIError):
            refused = tracker.refused(error)
            if refused is not None:
                return refused
        if isinstance(error, CommandError):
            return RevisionError(str(error))
        if not isinstance(error, (Exception, SystemExit)):
            return error
        return ConfigError(self._env_problem(error))

    def _env_problem(self, error: BaseException) -> str:
        kind, text = name_error(error)
        if isinstance(error, SystemExit):
            kind, text = "SystemExit", f"it called sys.exit({error.code!r})"
        where = where_in(self.env_path, error.__traceback__)
        lines = [f"env.py failed: {kind}: {text}", f"  file: {self.env_path}"]
        if where:
            lines.append(f"  at: {where}")
        hint = self._hint(error)
        if hint:
            lines.append(f"  {hint}")
        return "\n".join(lines)

    def _hint(self, error: BaseException) -> str:
        text = str(error)
        if "requires an async driver" in text:
            drivers = self.targets[0].backend.async_drivers
            return (
                "env.py makes an asynchronous engine; install one of these "
                f"drivers: {', '.join(drivers) or 'none is known'}"
            )
        if "greenlet" in text:
            return "install greenlet, which SQLAlchemy needs for async engines"
        if "Can't load plugin: sqlalchemy.dialects" in text:
            return (
                "a URL in the configuration is still a placeholder; where "
                "env.py migrates several databases, give each one an entry: "
                "database_url = {'name': 'sqlite://', ...}"
            )
        if isinstance(error, KeyError):
            return (
                "if that is an environment variable, set it in environ; if "
                "it is an -x argument, in x_arguments"
            )
        return ""

    def _look_after(
        self,
        guard: ConnectionGuard,
        tracker: StepTracker,
        visits: list[Visit],
        due: Sequence[str],
        direction: str,
    ) -> None:
        """Find out whether a run that raised nothing did what it should."""
        if guard.refusals:
            raise guard.refusals[0]
        if tracker.failures:
            raise tracker.failures[0].with_note(
                f"{self.env_path} caught the error and went on"
            )
        if tracker.revision is not None:
            raise tracker.failure(RuntimeError("env.py broke the run off"))
        if not visits:
            self._nothing_ran(due, direction)
        # The last one of each version table: some env.py files go over one
        # several times.
        for visit in {visit.location: visit for visit in visits}.values():
            self._persisted(visit, direction)
        if due and not any(visit.revisions for visit in visits):
            raise describe_failure(
                self.history,
                due[0],
                direction,
                "env.py ended without running it",
            )

    def _nothing_ran(self, due: Sequence[str], direction: str) -> None:
        reason = (
            f"{self.env_path} ended without calling context.run_migrations(); "
            "no revision was run"
        )
        if due:
            raise describe_failure(self.history, due[0], direction, reason)
        raise ConfigError(reason)

    def _persisted(self, visit: Visit, direction: str) -> None:
        """Look at the version table by a connection of our own."""
        target = self.target(visit.location.database)
        with target.engine.connect() as connection:
            kept = read_heads(connection, visit.location)
        if set(kept) == set(visit.after):
            return
        names = ", ".join(kept) or "nothing"
        wanted = ", ".join(visit.after) or "nothing"
        reason = (
            f"{self.env_path} ran it but did not commit: the version table "
            f"{visit.location.table!r} holds {names}, not {wanted}. A common "
            "cause is a statement executed on the connection before "
            "context.configure(), which leaves a transaction open that "
            "nobody commits"
        )
        if not visit.revisions:
            raise ConfigError(reason)
        raise describe_failure(
            self.history, visit.revisions[0], direction, reason
        )

    def target(self, name: str | None) -> Target:
        """Return the database of a name."""
        for target in self.targets:
            if target.name == name:
                return target
        raise ConfigError(f"no database is called {name!r}")


def _version_schema(context: AlembicContext, target: Target) -> str | None:
    """Return the schema of the version table, ``None`` for the default one
    of any connection.

    env.py may have given its own connection another default schema, as the
    recipe of Alembic's cookbook for tenants does.
    """
    if context.version_table_schema is not None or context.as_sql:
        return context.version_table_schema
    return target.backend.moved_default_schema(context.dialect)


def _followed(
    plan: Plan,
    heads: tuple[str, ...],
    context: AlembicContext,
    guard: ConnectionGuard,
    tracker: StepTracker,
    visits: list[Visit],
) -> Iterator[MigrationStep]:
    if context.as_sql:
        target = guard.targets[0]
    else:
        assert context.connection is not None
        target = guard.target_of(context.connection)
    location = Location(
        target.name, context.version_table, _version_schema(context, target)
    )
    visit = Visit(location, tuple(heads))
    visits.append(visit)
    for step in plan(location, tuple(heads), context):
        yield tracker.follow(step, target.name)
        tracker.done()
        visit.revisions.append(alembic_api.step_revision(step))
    visit.after = tuple(context.get_current_heads())
    visit.finished = True
