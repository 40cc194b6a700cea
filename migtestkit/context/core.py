"""What can be done with a migrated database, with or without unittest?"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, Row, Table, select, text

from migtestkit import alembic_api
from migtestkit.config import Intended, MigrationConfig
from migtestkit.context import commands
from migtestkit.context.databases import ContextDatabases
from migtestkit.context.intentions import resolve_intended
from migtestkit.context.moves import Mover
from migtestkit.context.objects import mapped_classes
from migtestkit.context.seeding import Mark, RevisionSeeds, revision_in
from migtestkit.environment import (
    Declared,
    Environment,
    Plan,
    StatementWatch,
    TableKey,
    Target,
)
from migtestkit.errors import ConfigError, RevisionError, TableError, listing
from migtestkit.history import RevisionHistory
from migtestkit.rows import check_columns, coerce, find_table, insert_rows

__unittest = True

Position = "str | tuple[str, ...]"


class MigrationContext:
    """A throw-away database (or several) and the history to move it through.

    Usable alone::

        with MigrationContext("alembic.ini") as migrations:
            migrations.migrate_up_to("head")

    :param config: a :class:`~migtestkit.config.MigrationConfig`, or what its
        ``alembic_config`` takes.
    :param options: with no ``MigrationConfig``: its other fields.
    :raises ConfigError: an option is unknown or of the wrong shape, or there
        is no configuration.

    The database is made when it is first needed and dropped by
    :meth:`close`. Wherever a target is taken, it is what Alembic takes: full
    and partial ids, ``head``, ``heads``, ``base``, ``+1``, ``-1``,
    ``label@head``, ``rev+2``. Where several databases are migrated,
    ``database`` names one of them by its key in ``database_url``.
    """

    def __init__(
        self,
        config: MigrationConfig | str | Path | Config | None = None,
        **options: Any,
    ) -> None:
        if isinstance(config, MigrationConfig):
            if options:
                raise ConfigError(
                    "options go into the MigrationConfig, where one is given: "
                    f"{listing(options)}"
                )
            self.config = config
        else:
            self.config = MigrationConfig.from_options(
                alembic_config=config, **options
            )
        self.environment = Environment(self.config.load(), self.config)
        self._databases = ContextDatabases(self.config, self.environment)
        self._database: str | None = None
        self._shared = _Shared()

    def __enter__(self) -> MigrationContext:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self.close(failed=kind is not None)

    def __repr__(self) -> str:
        state = "open" if self._databases.opened else "not open"
        return f"<MigrationContext of {self.history!r}, {state}>"

    def close(self, failed: bool = False) -> None:
        """Drop the databases. Doing so twice is no error.

        :param failed: whether the test failed, for ``keep_failed_database``.
        """
        keep = bool(self.config.keep_failed_database)
        self._databases.keep = failed and keep
        self._databases.close()
        self._shared.mover = None
        self._shared.remembered.clear()
        self._shared.inserted.clear()

    @contextlib.contextmanager
    def fresh(
        self, start_revision: str = "base"
    ) -> Iterator[MigrationContext]:
        """Give the same project on another, new throw-away database.

        :param start_revision: where it stands.
        :raises ConfigError: the database was handed over by
            ``get_migration_engine()``, so there can be no other.
        """
        if self.config.get_migration_engine is not None:
            raise ConfigError(
                "this needs a second database, and get_migration_engine() "
                "hands over only one; leave the hook out to let the kit make "
                "its own"
            )
        options = copy.copy(self.config)
        options.start_revision = start_revision
        other = MigrationContext(options)
        other.environment.share(self.environment)
        with contextlib.closing(other):
            yield other

    # -- where am I ----------------------------------------------------------

    @property
    def history(self) -> RevisionHistory:
        """The revision graph."""
        return self.environment.history

    @property
    def heads(self) -> tuple[str, ...]:
        """Ids of the scripts' heads."""
        return self.history.heads

    @property
    def bases(self) -> tuple[str, ...]:
        """Ids of the scripts' bases."""
        return self.history.bases

    @property
    def databases(self) -> tuple[str | None, ...]:
        """The names of the databases; ``(None,)`` where there is one."""
        self._open()
        return tuple(target.name for target in self._databases.targets)

    def on(self, database: str | None) -> MigrationContext:
        """Return this context, speaking of one of several databases.

        :param database: its key in ``database_url``.
        """
        if database is None:
            return self
        self._target(database)
        view = copy.copy(self)
        view._database = database
        return view

    @property
    def engine(self) -> Engine:
        """The engine of the throw-away database."""
        return self._target(None).engine

    @property
    def applied(self) -> frozenset[str]:
        """All applied revisions. A head that another branch's
        ``depends_on`` implies counts, though the version table holds no row
        for it."""
        return self._mover.applied(self._target(None))

    @property
    def is_at_heads(self) -> bool:
        """Whether every revision is applied."""
        return self.applied >= set(self.heads)

    @property
    def current_heads(self) -> tuple[str, ...]:
        """What the version table holds, read from the database, sorted."""
        return self._databases.heads(self._target(None))

    @property
    def version_table(self) -> str:
        """The name of the version table."""
        return self._databases.location(self._target(None)).table

    @property
    def current(self) -> str:
        """``"base"``, or of the maximal applied revisions the one that comes
        last in upgrade order."""
        return self.history.last(self.applied)

    # -- moves ---------------------------------------------------------------

    def migrate_up_to(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Apply what ``alembic upgrade revision`` applies, with revision
        data.

        :param revision: a target.
        :return: the id that it resolves to, a tuple where it is several.
        :raises RevisionError: the target means nothing, or too much.
        :raises MigrationFailed: a revision failed.
        """
        return self._upgrade(self._moving(database), revision, reuse=True)

    def _upgrade(
        self, target: Target, revision: str, *, reuse: bool
    ) -> str | tuple[str, ...]:
        """Upgrade; with ``reuse`` what is kept may stand for a run."""
        heads = self._known_heads(target)
        self.history.check_target(revision)
        try:
            plan = alembic_api.plan_upgrade(
                self.environment.scripts.directory, revision, heads
            )
        except (CommandError, AssertionError) as error:
            if isinstance(error, AssertionError):
                # Alembic broke down on it; resolving may tell why.
                self.history.resolve(revision, heads)
            raise self.history.problem(revision, error) from None
        resolved = self.history.resolve(revision, heads)
        steps = [alembic_api.step_revision(step) for step in plan]
        self._mover.apply(steps, [target], reuse=reuse)
        return self._shown(resolved)

    def migrate_up_before(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Apply what a revision requires and is missing; revert nothing.

        The next :meth:`migrate_up_one` applies the revision; any other move
        forgets it.

        :return: what the revision stands on: an id, ``"base"``, or a tuple.
        :raises RevisionError: the revision is applied already, or one of
            ``skip_revisions``.
        """
        target = self._moving(database)
        wanted = self.history.resolve_one(
            revision, current=self._known_heads(target)
        )
        wanted = self.history.resolve_revision(wanted)
        if wanted in self._mover.applied(target):
            raise RevisionError(
                f"revision {self.history.describe(wanted)} is applied "
                "already, so there is no moving up to just before it; the "
                f"database stands at {self._standing(target)}"
            )
        if wanted in self._mover.skipped:
            raise RevisionError(
                f"revision {self.history.describe(wanted)} is one of "
                "skip_revisions: it is stamped and never run, so the next "
                "move up would not apply it; move to another revision, or "
                "take it out of skip_revisions"
            )
        needed = self.history.requirements(wanted)
        self._mover.apply(self.history.in_order(needed), [target], reuse=True)
        self._mover.reach(wanted)
        self._shared.remembered[target.name] = wanted
        return self._shown(_position(self.history.maximal(needed)))

    def migrate_up_one(self, *, database: str | None = None) -> str | None:
        """Apply one revision: the one that :meth:`migrate_up_before`
        remembered, else the first unapplied in upgrade order.

        From base, repeated, it visits every revision once, on any history.

        :return: its id, ``None`` when none is left.
        """
        target = self._target(database)
        wanted = self._next(target)
        self._shared.remembered.pop(target.name, None)
        return wanted if self._apply_one(target, wanted) else None

    def migrate_down_to(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Revert all that depends on a revision, which stays applied; other
        branches stay.

        :return: the id that the target resolves to, or ``"base"``.
        :raises RevisionError: it is not applied, or Alembic refuses, in
            whose words.
        """
        target = self._moving(database)
        heads = self._known_heads(target)
        applied = self._mover.applied(target)
        self.history.check_target(revision)
        resolved = self._resolve_down(revision, heads)
        if resolved != "base" and resolved not in applied:
            raise self._not_applied(resolved, target)
        self._mover.revert(
            self._plan_down(revision, resolved, heads, applied), [target]
        )
        return self._shown(resolved)

    def migrate_down_before(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Revert all that stands on the children of a revision; the children
        stay. With no child applied there is nothing to do.

        :return: the children that are applied, else the revision.
        :raises RevisionError: the revision is not applied.
        """
        target = self._moving(database)
        applied = self._mover.applied(target)
        wanted = self.history.resolve_revision(revision)
        if wanted not in applied:
            raise self._not_applied(wanted, target)
        children = applied & set(self.history.children(wanted))
        above = {
            one for child in children for one in self.history.dependents(child)
        }
        doomed = (above & applied) - children
        self._mover.revert(self.history.in_order(doomed)[::-1], [target])
        if not children:
            return self._shown(wanted)
        return self._shown(_position(self.history.in_order(children)))

    def migrate_down_one(self, *, database: str | None = None) -> str:
        """Revert the applied revision that comes last in upgrade order.

        :return: :attr:`current` afterwards.
        :raises RevisionError: the database is at base.
        """
        target = self._moving(database)
        applied = self._mover.applied(target)
        if not applied:
            raise RevisionError(
                "the database is at base, so there is nothing to revert"
            )
        order = list(self.history.in_order(applied))
        doomed = self._pop_skipped(order)
        if order:
            doomed += [order.pop(), *self._pop_skipped(order)]
        self._mover.revert(doomed, [target])
        return self.history.last(self._mover.applied(target))

    def managed_upgrade(
        self, destination: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Walk up to a target with revision data: what the moves up do."""
        return self.migrate_up_to(destination, database=database)

    def managed_downgrade(
        self, destination: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Walk down to a target: what the moves down do."""
        return self.migrate_down_to(destination, database=database)

    def roundtrip_next_revision(
        self, *, database: str | None = None
    ) -> str | None:
        """Apply the next revision, revert exactly it, apply it again.

        :return: its id, ``None`` at heads.
        """
        target = self._target(database)
        wanted = self._next(target)
        self._shared.remembered.pop(target.name, None)
        if wanted is None or not self._apply_one(target, wanted):
            return None
        self._mover.revert([wanted], [target])
        self._mover.apply([wanted], [target])
        return wanted

    def set_revision(
        self, revision: str, *, database: str | None = None
    ) -> str | tuple[str, ...]:
        """Stamp: set the version table and run no script."""
        target = self._moving(database)
        resolved = self.history.resolve(revision, self._known_heads(target))
        self._mover.stamp(revision, [target])
        return resolved

    def apply_revisions(
        self, revisions: Sequence[str], *, reuse: bool = False
    ) -> None:
        """Apply revisions where missing, in every database.

        :param reuse: a snapshot will do; not all are really run then.
        """
        self._open()
        self._shared.remembered.clear()
        self._mover.apply(revisions, self._databases.targets, reuse=reuse)

    def revert_revisions(self, revisions: Sequence[str]) -> None:
        """Revert revisions where applied, in every database, in the order
        given."""
        self._open()
        self._shared.remembered.clear()
        self._mover.revert(revisions, self._databases.targets)

    def run_uncut(
        self,
        plan: Plan,
        *,
        due: Sequence[str] = (),
        watch: StatementWatch | None = None,
    ) -> None:
        """Run env.py once with the steps of a plan, in env.py's own
        transaction mode, no row inserted in between.

        :param watch: told each statement of a step.
        """
        self._open()
        self._databases.refuse_open_transactions()
        for visit in self.environment.walk(plan, due=due, watch=watch):
            self._databases.note(visit.location)

    def has_revision_data(self, revision: str) -> bool:
        """Say whether rows are to be inserted just before or just after a
        revision."""
        return self._mover.has_data(revision)

    def look(self, plan: Plan) -> None:
        """Run env.py once without a step, to look at what it sets up."""
        self._open()
        self._databases.refuse_open_transactions()
        for visit in self.environment.walk(plan, mutate=False):
            self._databases.note_seen(visit.location)

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
        """Insert rows, all or none.

        :param table: its name; ``"schema.table"`` allowed.
        :param data: a row or a list of rows, column -> value; ``None`` and
            ``{}`` are a row of defaults.
        :param revision: use the table's definition as it is at this
            revision, instead of now.
        :return: the primary keys, in order.
        :raises TableError: no such table, or no such column; lists those
            there are.
        """
        rows = _rows_of(data)
        target = self._target(database)
        definition: Table | None = None
        if revision is not None:
            definition = self.table_at_revision(
                table, revision=revision, schema=schema, database=database
            )
        with target.engine.begin() as connection:
            if definition is None:
                definition = find_table(connection, table, schema)
            return insert_rows(connection, definition, rows)

    def table_at_revision(
        self,
        name: str,
        *,
        revision: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> Table:
        """Return a table as it truly is at a revision, never a stale one.

        :param revision: default: now. Where the database does not stand
            there, a side database is brought there.
        """
        with self._standing_at(revision, database) as connection:
            return find_table(connection, name, schema)

    def models_at_revision(
        self, revision: str | None = None, *, database: str | None = None
    ) -> Mapping[str, type]:
        """Return ORM classes by table, made by SQLAlchemy's automap from the
        tables at a revision, relationships included; the version table, and
        tables without a primary key, have none.

        A table outside the default schema is called ``"schema.table"``.
        Asking for another raises :class:`~migtestkit.errors.TableError`.
        """
        view = self.on(database)
        with self._standing_at(revision, database) as connection:
            return mapped_classes(
                connection,
                schemas=view.schemas(connection),
                leave_out=view.version_table,
            )

    def rows(
        self,
        table: str,
        *,
        where: Mapping[str, Any] | str | None = None,
        order_by: str | Sequence[str] | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the rows of a table.

        :param where: column -> value, or an SQL condition.
        :param order_by: columns, in order.
        """
        with self._target(database).engine.connect() as connection:
            found = find_table(connection, table, schema)
            query = select(found)
            if isinstance(where, str):
                query = query.where(text(where))
            elif where:
                check_columns(found, where)
                for name, value in where.items():
                    column = found.columns[name]
                    query = query.where(column == coerce(column.type, value))
            names = [order_by] if isinstance(order_by, str) else order_by or ()
            check_columns(found, names)
            query = query.order_by(*(found.columns[name] for name in names))
            result = connection.execute(query)
            return [dict(row) for row in result.mappings()]

    def execute(
        self,
        sql: Any,
        params: Any = None,
        *,
        database: str | None = None,
    ) -> list[Row[Any]]:
        """Execute a statement and commit.

        :param sql: text, or any SQLAlchemy statement.
        :param params: its parameters: a mapping, or a list of them.
        :return: the rows, none where the statement returns none.
        """
        statement = text(sql) if isinstance(sql, str) else sql
        with self._target(database).engine.begin() as connection:
            result = connection.execute(statement, params)
            return list(result) if result.returns_rows else []

    def scalar(
        self, sql: Any, params: Any = None, *, database: str | None = None
    ) -> Any:
        """Execute a statement; return the first column of its first row,
        ``None`` without rows."""
        found = self.execute(sql, params, database=database)
        return found[0][0] if found else None

    def connect(self, *, database: str | None = None) -> Connection:
        """Return a new connection, for all else; close it before a move."""
        return self._target(database).engine.connect()

    def schemas(self, connection: Connection) -> Sequence[str | None]:
        """Return the schemas that may hold tables, ``None`` for the default
        one."""
        return self._target(None).backend.schemas(connection)

    @property
    def can_check_foreign_keys(self) -> bool:
        """Whether connections choose if foreign keys are checked, as
        SQLite's do, and :meth:`check_foreign_keys` can choose for them."""
        self._open()
        return any(
            one.database.can_check_foreign_keys
            for one in self._databases.targets
        )

    def check_foreign_keys(self) -> None:
        """Have foreign keys checked on all further connections to the
        throw-away databases."""
        self._open()
        for one in self._databases.targets:
            one.database.check_foreign_keys()

    def watch_statements(
        self, observer: Callable[[str], None] | None
    ) -> None:
        """Call something with each statement that a migration sends."""
        self.environment.observer = observer

    @property
    def declared(self) -> Mapping[TableKey, Declared]:
        """The types that the migrations behind this database gave to its
        columns, as far as they tell more than the database keeps."""
        target = self._target(None)
        order = self.history.in_order(self.applied)
        return self.environment.declarations.at(target.name, order)

    def advice(self, error: str) -> str:
        """Return a line of advice on a database's error text, such as on a
        lock that another connection holds; empty if there is none."""
        return self._target(None).database.advice(error)

    # -- Alembic's commands --------------------------------------------------

    def refresh_history(self) -> None:
        """Read the revision scripts again."""
        self.environment.refresh()
        self._shared.mover = None
        for name, revision in list(self._shared.remembered.items()):
            if revision not in self.history:
                del self._shared.remembered[name]

    def generate_revision(
        self,
        process_revision_directives: commands.Directives | None = None,
        *,
        prevent_file_generation: bool = True,
        autogenerate: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call Alembic's ``revision``.

        :param process_revision_directives: called with what would be
            written, after env.py's own.
        :param prevent_file_generation: leave no file behind.
        :param autogenerate: compare the models with the database.
        :param kwargs: others of :func:`alembic.command.revision`.
        :return: Alembic's ``Script`` or scripts, ``None`` if prevented.
        """
        self._open()
        self._databases.refuse_open_transactions()
        written = commands.generate(
            self.environment,
            process_revision_directives,
            prevent=prevent_file_generation,
            options={"autogenerate": autogenerate, **kwargs},
        )
        if not prevent_file_generation:
            self.refresh_history()
        return written

    def raw_command(self, name: str, *args: Any, **kwargs: Any) -> list[str]:
        """Call any function of :mod:`alembic.command` with the
        configuration first.

        :return: the lines that it prints, the SQL of ``sql=True`` included.
        """
        self._open()
        self._shared.remembered.clear()
        self._databases.refuse_open_transactions()
        self._databases.expect_changes()
        return commands.run_command(self.environment, name, *args, **kwargs)

    def upgrade_sql(self, from_: str, to: str) -> list[str]:
        """Return the offline SQL between two revisions, by statement."""
        self._open()
        for one in (from_, to):
            self.history.resolve(one)
        return commands.offline_statements(self.environment, from_, to)

    # -- within --------------------------------------------------------------

    def _open(self) -> None:
        if self._databases.opened:
            return
        self.history
        mover = self._mover
        self._databases.open()
        start = self.config.start_revision
        if start == "base":
            return
        try:
            self._start(mover, start)
        except BaseException:
            self._databases.close()
            raise

    def _start(self, mover: Mover, start: str) -> None:
        for target in self._databases.targets:
            heads = self._databases.heads(target)
            revision = self.history.resolve(start, heads)
            wanted = [revision] if isinstance(revision, str) else revision
            needed = self.history.closure(w for w in wanted if w != "base")
            mover.apply(self.history.in_order(needed), [target], reuse=True)

    @property
    def _mover(self) -> Mover:
        if self._shared.mover is None:
            history = self.history
            seeds = RevisionSeeds(
                self.config.before_revision_data,
                self.config.at_revision_data,
                history,
                self._shared.inserted,
            )
            skipped = frozenset(
                revision_in(history, one, "skip_revisions")
                for one in self.config.skip_revisions
            )
            self._check_revisions()
            self._shared.mover = Mover(
                self.environment, self._databases, seeds, skipped
            )
        return self._shared.mover

    def _check_revisions(self) -> None:
        """Refuse unknown revisions in any option before anything runs."""
        self.kept_revisions
        self.irreversible
        self.intended
        try:
            self.history.resolve(self.config.start_revision)
        except RevisionError as error:
            raise RevisionError(f"start_revision: {error}") from None

    @property
    def kept_revisions(self) -> frozenset[str]:
        """What ``minimum_downgrade_revision`` keeps applied in checks."""
        minimum = self.config.minimum_downgrade_revision or ()
        names = (minimum,) if isinstance(minimum, str) else minimum
        return self.history.closure(
            revision_in(self.history, one, "minimum_downgrade_revision")
            for one in names
        )

    @property
    def irreversible(self) -> Mapping[str, str]:
        """``irreversible_revisions`` by full id."""
        return {
            revision_in(self.history, one, "irreversible_revisions"): reason
            for one, reason in self.config.irreversible_revisions.items()
        }

    @property
    def intended(self) -> Mapping[str, Intended]:
        """``intended`` by full id."""
        return resolve_intended(
            self.config.intended,
            self.history,
            elsewhere=self.config.create_base_schema is not None,
        )

    @property
    def skipped_revisions(self) -> frozenset[str]:
        """``skip_revisions`` by full id."""
        return self._mover.skipped

    def _target(self, database: str | None) -> Target:
        self._open()
        return self._databases.select(
            self._database if database is None else database
        )

    def _moving(self, database: str | None) -> Target:
        target = self._target(database)
        self._shared.remembered.pop(target.name, None)
        return target

    def _known_heads(self, target: Target) -> tuple[str, ...]:
        """Return what the version table holds, all of it known."""
        self._mover.applied(target)
        return self._databases.heads(target)

    def _next(self, target: Target) -> str | None:
        """Return the revision that a single move up is about."""
        remembered = self._shared.remembered.get(target.name)
        if remembered is not None:
            return remembered
        applied = self._mover.applied(target)
        for revision in self.history.revisions:
            if revision not in applied and revision not in (
                self._mover.skipped
            ):
                return revision
        return None

    def _apply_one(self, target: Target, wanted: str | None) -> bool:
        """Apply a revision and the skipped ones on the way to it."""
        applied = self._mover.applied(target)
        due = set(self._mover.skipped - applied)
        if wanted is not None:
            due &= self.history.requirements(wanted)
            due.add(wanted)
        self._mover.apply(self.history.in_order(due), [target])
        return wanted is not None

    def _pop_skipped(self, order: list[str]) -> list[str]:
        popped = []
        while order and order[-1] in self._mover.skipped:
            popped.append(order.pop())
        return popped

    def _resolve_down(self, revision: str, heads: Sequence[str]) -> str:
        try:
            found = alembic_api.resolve_downgrade(
                self.environment.scripts.directory, revision, heads
            )
        except (CommandError, AssertionError) as error:
            raise self.history.problem(revision, error) from None
        return found or "base"

    def _plan_down(
        self,
        revision: str,
        resolved: str,
        heads: Sequence[str],
        applied: frozenset[str],
    ) -> list[str]:
        directory = self.environment.scripts.directory
        try:
            plan = alembic_api.plan_downgrade(directory, revision, heads)
            return [alembic_api.step_revision(step) for step in plan]
        except CommandError as error:
            if not alembic_api.nothing_to_drop(error):
                raise self.history.problem(revision, error) from None
        # Applied without a row of its own: a depends_on implies it, and
        # Alembic then finds nothing to drop.
        doomed = self.history.dependents(resolved) & applied
        return list(self.history.in_order(doomed)[::-1])

    def _shown(
        self, resolved: str | tuple[str, ...]
    ) -> str | tuple[str, ...]:
        """Return a position with no revision in it that was skipped: what
        stands below shows instead."""
        several = (resolved,) if isinstance(resolved, str) else resolved
        if not self._mover.skipped.intersection(several):
            return resolved
        return _position(
            self.history.maximal(
                self.history.closure(several) - self._mover.skipped
            )
        )

    def _standing(self, target: Target) -> str:
        heads = self.history.maximal(self._mover.applied(target))
        return listing(heads) if heads else "base"

    def _not_applied(self, revision: str, target: Target) -> RevisionError:
        return RevisionError(
            f"revision {self.history.describe(revision)} is not applied; the "
            f"database stands at {self._standing(target)}"
        )

    @contextlib.contextmanager
    def _standing_at(
        self, revision: str | None, database: str | None
    ) -> Iterator[Connection]:
        target = self._target(database)
        if revision is not None:
            found = self.history.resolve(
                revision, self._databases.heads(target)
            )
            wanted = (found,) if isinstance(found, str) else found
            needed = self.history.closure(w for w in wanted if w != "base")
            if needed != self._mover.applied(target):
                with self.fresh() as side:
                    side.apply_revisions(
                        self.history.in_order(needed), reuse=True
                    )
                    with side.connect(database=target.name) as connection:
                        yield connection
                return
        with target.engine.connect() as connection:
            yield connection


class _Shared:
    """What the views of one context share."""

    def __init__(self) -> None:
        self.mover: Mover | None = None
        self.remembered: dict[str | None, str] = {}
        self.inserted: dict[Mark, Any] = {}


def _position(revisions: Sequence[str]) -> str | tuple[str, ...]:
    if not revisions:
        return "base"
    return revisions[0] if len(revisions) == 1 else tuple(revisions)


def _rows_of(
    data: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
) -> list[Mapping[str, Any]]:
    if data is None:
        return [{}]
    if isinstance(data, Mapping):
        return [data]
    if isinstance(data, str) or not isinstance(data, Sequence):
        raise TableError(
            f"rows must be a mapping or a list of mappings, not {data!r}"
        )
    if not data:
        raise TableError("there is no row to insert: the list is empty")
    return list(data)
