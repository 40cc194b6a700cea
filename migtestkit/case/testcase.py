"""How does a unittest test case use a migrated database?

Nothing but unittest's face: every member is a thin delegate to
:class:`~migtestkit.MigrationContext`.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import unittest
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, Row, Table
from sqlalchemy.engine import URL

from migtestkit.assertions import (
    DataAssertions,
    DeploymentAssertions,
    HistoryAssertions,
    OperationAssertions,
    PopulatedAssertions,
    RowAssertions,
    SchemaAssertions,
)
from migtestkit.case.dialects import check_dialect
from migtestkit.case.options import (
    OPTIONS,
    check_attributes,
    collect,
    overridden,
)
from migtestkit.config import Ignore, Intended, MigrationConfig
from migtestkit.context import MigrationContext
from migtestkit.errors import ConfigError
from migtestkit.history import RevisionHistory

__unittest = True

#: Members that tests read, and that an assignment would hide.
READ_ONLY = (
    "applied",
    "bases",
    "current",
    "current_heads",
    "heads",
    "history",
    "is_at_heads",
    "migrations",
)

_pickling = threading.local()


def _entries(listed: Any) -> Iterable[Any]:
    """Return what a result lists; nothing, where it only counts.

    In a worker of Django's ``--parallel`` the lists can only be added to.
    """
    return listed if isinstance(listed, Iterable) else ()


class MigrationTestCase(
    SchemaAssertions,
    RowAssertions,
    DataAssertions,
    OperationAssertions,
    DeploymentAssertions,
    PopulatedAssertions,
    HistoryAssertions,
    unittest.TestCase,
):
    """Base class of tests of Alembic migrations.

    Every test gets its own throw-away database, made when the test first
    uses it and dropped after the test. env.py runs unchanged, and reaches no
    other database. Each option is a class attribute (see
    :class:`~migtestkit.config.MigrationConfig`); for a value known only at
    run time define a method ``get_<option>()``, which wins.

    ::

        class TestSplitName(MigrationTestCase):
            start_revision = "8f1e"

            def test_names_are_split(self):
                self.insert_into("user", {"id": 1, "full_name": "Ada L."})
                self.migrate_up_one()
                self.assertRows("user", [{"id": 1, "first_name": "Ada"}])
    """

    #: Django's runner selects by these: ``--tag migration``.
    tags = {"migration"}

    # -- options -------------------------------------------------------------

    #: A path of an ini or ``pyproject.toml``, ``"package:path"``, an
    #: ``alembic.config.Config``, or ``None``: look for it.
    alembic_config: str | os.PathLike[str] | Config | None = None
    #: As ``alembic -n``.
    ini_section: str = "alembic"
    #: As ``alembic -x``, one each.
    x_arguments: Sequence[str] = ()
    #: Where throw-away databases are made; ``None``:
    #: ``$MIGTESTKIT_DATABASE_URL``, else SQLite. A mapping name -> URL for
    #: histories that migrate several databases.
    database_url: str | URL | Mapping[str, str | URL] | None = None
    #: Dialect -> where its throw-away databases are made, for the classes
    #: that :func:`~migtestkit.onDialects` adds.
    dialect_urls: Mapping[str, str | URL] = {}
    #: ``False``: env.py's connections to other databases are refused, never
    #: redirected.
    redirect: bool = True
    #: ``True``: connections by a driver itself are refused too.
    strict: bool = False
    #: Where each test starts.
    start_revision: str = "base"
    #: Revision -> rows to insert when an upgrade reaches just before it.
    before_revision_data: Mapping[str, Any] = {}
    #: Revision -> rows to insert when an upgrade has just applied it.
    at_revision_data: Mapping[str, Any] = {}
    #: This revision and all it requires stay applied in checks; a tuple gives
    #: one for each branch.
    minimum_downgrade_revision: str | tuple[str, ...] | None = None
    #: Revision -> why its downgrade is not tested.
    irreversible_revisions: Mapping[str, str] = {}
    #: Stamped in passing, not run, in both directions.
    skip_revisions: Sequence[str] = ()
    #: Compared with the database instead of env.py's.
    target_metadata: MetaData | Sequence[MetaData] | None = None
    #: The package whose models must all be registered.
    model_package: str | None = None
    #: Differences that are meant: of models and database, of schemas.
    ignore: Sequence[Ignore] = ()
    #: Revision -> what it does on purpose that a check would blame it for.
    intended: Mapping[str, Intended] = {}
    #: Environment variables while env.py runs.
    environ: Mapping[str, str] = {}
    #: Seconds that a migration's statement may wait for a lock.
    lock_timeout: float = 10.0
    #: Keep a failed test's database and print how to connect; ``None``:
    #: ``$MIGTESTKIT_KEEP_FAILED``.
    keep_failed_database: bool | None = None
    #: Accept a database with tables from :meth:`get_migration_engine`; its
    #: content may be lost.
    adopt_existing_database: bool = False
    #: Start from snapshots of what the same revisions led to before.
    reuse_snapshots: bool = True

    # -- hooks ---------------------------------------------------------------

    def alembic_context(self) -> AbstractContextManager[Any] | None:
        """Return a context manager to enter around every run of env.py, such
        as a Flask application's context."""
        return None

    def run_environment(self, call: Any) -> None:
        """Run env.py by calling ``call()``, where it needs a thread or an
        event loop that only the project can give."""
        call()

    def create_base_schema(self, connection: Connection) -> None:
        """Make what the first revision expects to exist."""

    def use_database(
        self, engine: Engine
    ) -> AbstractContextManager[Any] | None:
        """Return a context manager that hands the test's database to the
        application; entered once the database stands."""
        return None

    def get_migration_engine(self) -> Engine | None:
        """Return an engine of your own on an empty database to use instead
        of a throw-away one."""
        return None

    # -- unittest ------------------------------------------------------------

    def setUp(self) -> None:
        """Build the context; no database is made yet."""
        super().setUp()
        self._migrations()

    def run(
        self, result: unittest.TestResult | None = None
    ) -> unittest.TestResult | None:
        """Run the test; see :meth:`unittest.TestCase.run`."""
        try:
            return super().run(result)
        finally:
            # An interrupt ends a test without its cleanups.
            self._close_migrations()

    def migration_config(self) -> MigrationConfig:
        """Return the options of this test as one object.

        :raises ConfigError: an attribute is misspelt, or hides a member.
        """
        check_attributes(self, MigrationTestCase, READ_ONLY)
        options = collect(self)
        file = getattr(_module_of(self), "__file__", None)
        if file is not None:
            options["search_from"] = Path(os.path.abspath(file)).parent
        hooks = overridden(self, MigrationTestCase)
        if hooks and "<locals>" not in type(self).__qualname__:
            options["case"] = _address(type(self), file)
        return MigrationConfig.from_options(**options, **hooks)

    def _migrations(self) -> MigrationContext:
        context: MigrationContext | None
        context = self.__dict__.get("_migtestkit_context")
        if context is None:
            context = MigrationContext(self.migration_config())
            self.__dict__["_migtestkit_context"] = context
            self.addCleanup(self._close_migrations)
            check_dialect(self, context)
        return context

    def _close_migrations(self) -> None:
        context = self.__dict__.pop("_migtestkit_context", None)
        if context is not None:
            context.close(failed=self._has_failed())

    def _has_failed(self) -> bool:
        # unittest keeps this where it is private. A runner that works in
        # another way is not understood, and then nothing is kept.
        outcome = getattr(self, "_outcome", None)
        own = getattr(outcome, "errors", None)  # until Python 3.10
        if own is not None:
            return any(info for _, info in own)
        result = getattr(outcome, "result", None)
        listed = [
            getattr(test, "test_case", test)
            for name in ("failures", "errors")
            for test, _ in _entries(getattr(result, name, ()))
        ]
        return any(test is self for test in listed)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what no other process can use.

        Parallel runners send test cases to their workers, and failing ones
        back.
        """
        busy = _pickling.__dict__.setdefault("cases", set())
        if id(self) in busy:
            return {}  # met again within one of its own attributes
        busy.add(id(self))
        try:
            return {
                name: value
                for name, value in self._portable().items()
                if _travels(value)
            }
        finally:
            busy.discard(id(self))

    def _portable(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.pop("_migtestkit_context", None)
        state["_cleanups"] = []
        for name in ("_outcome", "_subtest"):
            if name in state:
                state[name] = None
        functions = state.get("_type_equality_funcs", {})
        state["_type_equality_funcs"] = {
            kind: function
            for kind, function in functions.items()
            if _travels((kind, function))
        }
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make again, as its class does it, what could not travel."""
        try:
            type(self).__init__(self, state["_testMethodName"])
        except TypeError:
            pass  # a class with other arguments has what did travel
        self.__dict__.update(state)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in READ_ONLY:
            raise AttributeError(
                f"{type(self).__name__}.{name} belongs to MigrationTestCase "
                "and cannot be assigned; give yours another name"
            )
        if name in OPTIONS and "_migtestkit_context" in self.__dict__:
            raise ConfigError(
                f"{type(self).__name__}.{name} is set too late, for the "
                "options were read already; set it before super().setUp(), "
                f"or define get_{name}()"
            )
        super().__setattr__(name, value)

    # -- where am I ----------------------------------------------------------

    @property
    def migrations(self) -> MigrationContext:
        """The :class:`~migtestkit.MigrationContext` of this test."""
        return self._migrations()

    @property
    def history(self) -> RevisionHistory:
        """The revision graph."""
        return self.migrations.history

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the scripts' heads."""
        return self.migrations.heads

    @property
    def bases(self) -> tuple[str, ...]:
        """Ids of the scripts' bases."""
        return self.migrations.bases

    @property
    def applied(self) -> frozenset[str]:
        """All applied revisions, implied ones included."""
        return self.migrations.applied

    @property
    def is_at_heads(self) -> bool:
        """Whether every revision is applied."""
        return self.migrations.is_at_heads

    @property
    def current_heads(self) -> tuple[str, ...]:
        """What the version table holds, sorted."""
        return self.migrations.current_heads

    @property
    def current(self) -> str:
        """``"base"``, or of the maximal applied revisions the one that comes
        last in upgrade order."""
        return self.migrations.current

    # -- moves ---------------------------------------------------------------

    def migrate_up_to(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Apply what ``alembic upgrade revision`` applies; return the id that
        the target resolves to. See
        :meth:`MigrationContext.migrate_up_to`."""
        return self.migrations.migrate_up_to(revision, database=database)

    def migrate_up_before(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Apply what a revision requires and is missing; the next
        :meth:`migrate_up_one` applies the revision. See
        :meth:`MigrationContext.migrate_up_before`."""
        return self.migrations.migrate_up_before(revision, database=database)

    def migrate_up_one(self, *, database: str | None = None) -> str | None:
        """Apply one revision; return its id, ``None`` when none is left. See
        :meth:`MigrationContext.migrate_up_one`."""
        return self.migrations.migrate_up_one(database=database)

    def migrate_down_to(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Revert all that depends on a revision, which stays applied. See
        :meth:`MigrationContext.migrate_down_to`."""
        return self.migrations.migrate_down_to(revision, database=database)

    def migrate_down_before(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Revert all that stands on the children of a revision. See
        :meth:`MigrationContext.migrate_down_before`."""
        return self.migrations.migrate_down_before(revision, database=database)

    def migrate_down_one(self, *, database: str | None = None) -> str:
        """Revert the applied revision that comes last in upgrade order. See
        :meth:`MigrationContext.migrate_down_one`."""
        return self.migrations.migrate_down_one(database=database)

    def managed_upgrade(
        self, destination: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Walk up to a target with revision data. See
        :meth:`MigrationContext.managed_upgrade`."""
        return self.migrations.managed_upgrade(destination, database=database)

    def managed_downgrade(
        self, destination: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Walk down to a target. See
        :meth:`MigrationContext.managed_downgrade`."""
        return self.migrations.managed_downgrade(
            destination, database=database
        )

    def roundtrip_next_revision(
        self, *, database: str | None = None
    ) -> str | None:
        """Apply the next revision, revert it, apply it again; return its id.
        See :meth:`MigrationContext.roundtrip_next_revision`."""
        return self.migrations.roundtrip_next_revision(database=database)

    def set_revision(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Stamp the version table and run no script. See
        :meth:`MigrationContext.set_revision`."""
        return self.migrations.set_revision(revision, database=database)

    # -- rows and tables -----------------------------------------------------

    def insert_into(
        self,
        table: str,
        data: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        revision: str | None = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> list[Any]:
        """Insert a row or a list of rows, all or none; return their primary
        keys. See :meth:`MigrationContext.insert_into`."""
        return self.migrations.insert_into(
            table, data, revision, schema=schema, database=database
        )

    def table_at_revision(
        self,
        name: str,
        *,
        revision: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> Table:
        """Return a table as it truly is at a revision. See
        :meth:`MigrationContext.table_at_revision`."""
        return self.migrations.table_at_revision(
            name, revision=revision, schema=schema, database=database
        )

    def models_at_revision(
        self, revision: str | None = None, *, database: str | None = None
    ) -> Mapping[str, type]:
        """Return ORM classes by table name, as the tables are at a revision.
        See :meth:`MigrationContext.models_at_revision`."""
        return self.migrations.models_at_revision(revision, database=database)

    def rows(
        self,
        table: str,
        *,
        where: Mapping[str, Any] | str | None = None,
        order_by: str | Sequence[str] | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the rows of a table. See :meth:`MigrationContext.rows`."""
        return self.migrations.rows(
            table,
            where=where,
            order_by=order_by,
            schema=schema,
            database=database,
        )

    def execute(
        self, sql: Any, params: Any = None, *, database: str | None = None
    ) -> list[Row[Any]]:
        """Execute a statement and commit; return its rows. See
        :meth:`MigrationContext.execute`."""
        return self.migrations.execute(sql, params, database=database)

    def scalar(
        self, sql: Any, params: Any = None, *, database: str | None = None
    ) -> Any:
        """Execute a statement; return the first column of its first row. See
        :meth:`MigrationContext.scalar`."""
        return self.migrations.scalar(sql, params, database=database)

    def connect(self, *, database: str | None = None) -> Connection:
        """Return a new connection, which is closed after the test. Close it
        before a move yourself."""
        connection = self.migrations.connect(database=database)
        self.addCleanup(connection.close)
        return connection

    # -- Alembic's commands --------------------------------------------------

    def refresh_history(self) -> None:
        """Read the revision scripts again."""
        self.migrations.refresh_history()

    def generate_revision(
        self,
        process_revision_directives: Any = None,
        *,
        prevent_file_generation: bool = True,
        autogenerate: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call Alembic's ``revision``; write no file unless asked to. See
        :meth:`MigrationContext.generate_revision`."""
        return self.migrations.generate_revision(
            process_revision_directives,
            prevent_file_generation=prevent_file_generation,
            autogenerate=autogenerate,
            **kwargs,
        )

    def raw_command(self, name: str, *args: Any, **kwargs: Any) -> list[str]:
        """Call any function of :mod:`alembic.command`; return the lines that
        it prints. See :meth:`MigrationContext.raw_command`."""
        return self.migrations.raw_command(name, *args, **kwargs)

    def upgrade_sql(self, from_: str, to: str) -> list[str]:
        """Return the offline SQL between two revisions, by statement. See
        :meth:`MigrationContext.upgrade_sql`."""
        return self.migrations.upgrade_sql(from_, to)


def _module_of(case: object) -> Any:
    return sys.modules.get(type(case).__module__)


def _address(cls: type, file: str | None) -> str:
    """Return where another process finds a class: ``module:class``, or
    ``file:class`` for a module that runs as a script."""
    module = cls.__module__
    if module == "__main__" and file is not None:
        module = os.path.abspath(file)
    return f"{module}:{cls.__qualname__}"


def _travels(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:
        return False
    return True
