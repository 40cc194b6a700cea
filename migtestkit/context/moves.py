"""Which steps make up a move, and where is the walk cut?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from alembic.runtime.migration import MigrationContext as AlembicContext
from alembic.runtime.migration import MigrationStep
from alembic.util import CommandError

from migtestkit import alembic_api
from migtestkit.context.databases import ContextDatabases
from migtestkit.context.reuse import (
    Recorder,
    project_key,
    restore_nearest,
)
from migtestkit.context.seeding import RevisionSeeds
from migtestkit.environment import Environment, Location, Target
from migtestkit.errors import RevisionError, listing, suggest

__unittest = True


class Mover:
    """Applies and reverts revisions.

    :param environment: runs env.py.
    :param databases: the databases to move.
    :param seeds: the rows that belong to revisions.
    :param skipped: revisions that are stamped in passing.
    """

    def __init__(
        self,
        environment: Environment,
        databases: ContextDatabases,
        seeds: RevisionSeeds,
        skipped: frozenset[str],
    ) -> None:
        self._environment = environment
        self._databases = databases
        self._seeds = seeds
        self.skipped = skipped
        self._recorder: Recorder | None = None

    def applied(self, target: Target) -> frozenset[str]:
        """Return all revisions that a database has.

        :raises RevisionError: its version table holds an unknown one.
        """
        history = self._environment.history
        heads = self._databases.heads(target)
        for head in heads:
            if head not in history:
                raise RevisionError(
                    f"the version table holds {head!r}, which no script "
                    f"defines; the heads are {listing(history.heads)}"
                    f"{suggest(head, history.revisions)}; "
                    "raw_command('stamp', 'base', purge=True) empties it"
                )
        return history.closure(heads)

    def apply(
        self,
        revisions: Sequence[str],
        targets: Sequence[Target],
        *,
        with_data: bool = True,
        reuse: bool = False,
    ) -> None:
        """Apply revisions, in the order given, where they are missing.

        The walk is one run of env.py, cut where rows have to be inserted.

        :param reuse: start from a snapshot where there is one, so that not
            all of the migrations are really run.
        """
        done = [self.applied(target) for target in targets]
        needed = [
            rev for rev in revisions if any(rev not in one for one in done)
        ]
        recorder = None
        if (
            reuse
            and len(targets) == 1
            and self._databases.pristine
            and targets[0].database.is_untouched
        ):
            recorder, needed = self._reuse(needed, targets[0])
        self._recorder = recorder
        try:
            self._apply(needed, targets, with_data)
        except BaseException:
            if recorder is not None:
                recorder.forget()
            raise
        finally:
            self._recorder = None

    def _reuse(
        self, needed: list[str], target: Target
    ) -> tuple[Recorder | None, list[str]]:
        """Restore what can be; return who takes further snapshots, and the
        revisions that are left to apply."""
        key = project_key(self._environment, target, self.skipped)
        if key is None or any(self.has_data(one) for one in needed):
            return None, needed
        found = restore_nearest(
            key, target, needed, self._environment.history
        )
        if found is None:
            return Recorder(key, target, ()), needed
        behind, location = found
        self._databases.note(location)
        return Recorder(key, target, behind), needed[len(behind):]

    def _apply(
        self,
        needed: Sequence[str],
        targets: Sequence[Target],
        with_data: bool,
    ) -> None:
        chunk: list[str] = []
        for revision in needed:
            if with_data and self._seeds.has("before", revision):
                self._run_up(chunk, targets)
                self._seeds.insert("before", revision, self._databases.select)
                chunk = []
            chunk.append(revision)
            if with_data and self._seeds.has("at", revision):
                self._run_up(chunk, targets)
                self._seeds.insert("at", revision, self._databases.select)
                chunk = []
        self._run_up(chunk, targets)

    def has_data(self, revision: str) -> bool:
        """Say whether rows belong to a revision."""
        return any(self._seeds.has(one, revision) for one in ("before", "at"))

    def reach(self, revision: str) -> None:
        """Insert the rows that belong just before a revision."""
        self._seeds.insert("before", revision, self._databases.select)

    def _run_up(
        self, chunk: Sequence[str], targets: Sequence[Target]
    ) -> None:
        if chunk:
            self._walk(chunk, targets, "upgrade", chunk[-1])

    def revert(
        self, revisions: Sequence[str], targets: Sequence[Target]
    ) -> None:
        """Revert revisions, in the order given, where they are applied."""
        done = [self.applied(target) for target in targets]
        needed = [
            rev for rev in revisions if any(rev in one for one in done)
        ]
        if needed:
            self._walk(needed, targets, "downgrade", needed[-1])
            self._seeds.forget_dropped(self._databases.targets)

    def stamp(self, target_revision: str, targets: Sequence[Target]) -> None:
        """Set the version tables without running a script."""
        names = {target.name for target in targets}
        for target in targets:
            # Before env.py runs, for what it raises is put down to env.py.
            self._stamps(target_revision, self._databases.heads(target))

        def plan(
            location: Location, heads: tuple[str, ...], _: AlembicContext
        ) -> Iterable[MigrationStep]:
            if location.database not in names:
                return ()
            return self._stamps(target_revision, heads)

        self._databases.refuse_open_transactions()
        for visit in self._environment.walk(plan, destination=target_revision):
            self._databases.note(visit.location)

    def _stamps(
        self, target_revision: str, heads: Sequence[str]
    ) -> list[MigrationStep]:
        scripts = self._environment.scripts.directory
        try:
            return alembic_api.plan_stamp(scripts, target_revision, heads)
        except (CommandError, AssertionError) as error:
            raise self._environment.history.problem(
                target_revision, error
            ) from None

    def _walk(
        self,
        revisions: Sequence[str],
        targets: Sequence[Target],
        direction: str,
        destination: str,
    ) -> None:
        names = {target.name for target in targets}

        def plan(
            location: Location,
            heads: tuple[str, ...],
            context: AlembicContext,
        ) -> Iterator[MigrationStep]:
            if location.database in names:
                for step in self._steps(revisions, heads, direction):
                    yield step
                    if self._recorder is not None:
                        self._recorder.after(
                            alembic_api.step_revision(step), location, context
                        )

        self._databases.refuse_open_transactions()
        visits = self._environment.walk(
            plan,
            destination=destination,
            due=revisions,
            direction=direction,
        )
        for visit in visits:
            self._databases.note(visit.location)
        if self._recorder is not None and visits:
            self._recorder.at_the_end(visits[-1].location)

    def _steps(
        self, revisions: Sequence[str], heads: Iterable[str], direction: str
    ) -> Iterator[MigrationStep]:
        scripts = self._environment.scripts.directory
        history = self._environment.history
        done = history.closure(heads)
        make, due = alembic_api.upgrade_step, False
        if direction == "downgrade":
            make, due = alembic_api.downgrade_step, True
        for revision in revisions:
            if (revision in done) is due:
                step = make(scripts, revision, history.unrequired)
                if revision in self.skipped:
                    step = alembic_api.without_running(step)
                yield step
