"""When may a database be restored instead of migrated?

A throw-away database that nothing has touched, and that revisions alone are
to bring somewhere, may start from a snapshot of a database that the same
revisions brought there, or part of the way, in the same order. "The same"
is what :func:`project_key` lists; where something cannot be listed, nothing
is reused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Hashable, Sequence
from typing import Any

from alembic.runtime.migration import MigrationContext as AlembicContext

from migtestkit import alembic_api
from migtestkit.context.kept import VARIABLE, image_folder, keep, restorable
from migtestkit.databases.snapshots import STORE, Kept
from migtestkit.environment import Environment, Location, Target, read_heads

__unittest = True

#: Hooks of the user's that may do anything to a database or an env.py run.
_HOOKS = (
    "alembic_context",
    "run_environment",
    "create_base_schema",
    "use_database",
    "get_migration_engine",
)
#: Variables that say nothing to a migration: pytest's note of the test that
#: is running, what the shell notes of itself, where the kit keeps images.
_NOISE = frozenset(
    ("PYTEST_CURRENT_TEST", "SHLVL", "OLDPWD", "_", VARIABLE)
)


def project_key(
    environment: Environment, target: Target, skipped: frozenset[str]
) -> Hashable | None:
    """Return all that a migrated database depends on, as far as the kit can
    see; ``None`` where it cannot see enough, so that nothing is reused.

    These are: the revision scripts and all other files in the folder of
    env.py (by path, size and time of change), Alembic's configuration with
    its section, ``x_arguments``, the environment variables, the working
    directory, the kind of database with its server, and ``skip_revisions``.
    """
    options, config = environment.options, environment.config
    if not options.reuse_snapshots:
        return None
    if any(getattr(options, one) is not None for one in _HOOKS):
        return None
    if config.attributes or target.name is not None:
        return None
    if len(environment.targets) != 1:
        return None
    sections = tuple(
        (section, tuple(config.file_config.items(section, raw=True)))
        for section in config.file_config.sections()
    )
    return (
        environment.signature,
        config.config_ini_section,
        _digest(sections, _environment(), _options(config.cmd_opts)),
        tuple(options.x_arguments),
        tuple(sorted(options.environ.items())),
        os.getcwd(),
        target.database.place,
        tuple(sorted(skipped)),
    )


def _environment() -> list[tuple[str, str]]:
    return sorted(
        (name, value)
        for name, value in os.environ.items()
        if name not in _NOISE
    )


def _options(given: Any) -> list[tuple[str, str]]:
    """Return the words of the ``alembic`` command; its function, whose text
    is another in each process, is no word of the user's."""
    return sorted(
        (name, repr(value))
        for name, value in (vars(given) if given else {}).items()
        if name != "cmd"
    )


def _digest(*parts: Any) -> str:
    """Return what tells values apart without keeping them, passwords among
    them."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Recorder:
    """Takes a snapshot after each step of one walk from an empty database.

    :param key: see :func:`project_key`.
    :param target: the database.
    :param behind: the steps that are behind it.
    """

    def __init__(
        self, key: Hashable, target: Target, behind: Sequence[str]
    ) -> None:
        self._key = key
        self._target = target
        self._behind = list(behind)
        self._start = len(self._behind)
        self._sound = True
        self._last: Any = None
        #: What was seen within a run of env.py, to be kept at its end.
        self._seen: list[tuple[tuple[str, ...], Kept]] = []

    def after(
        self, revision: str, location: Location, context: AlembicContext
    ) -> None:
        """Note a step, and what is committed now."""
        self._behind.append(revision)
        if self._target.database.steps_per_snapshot:
            return
        if self._sound and alembic_api.is_committed(context):
            self._see(location)

    def at_the_end(self, location: Location) -> None:
        """Keep what the run of env.py has led to, and what was seen in it.

        Where env.py does more once the migrations have run, a move that ends
        earlier does it too: what was seen on the way is no such end.
        """
        last = self._last
        steps = len(self._behind) - self._start
        if steps < self._target.database.steps_per_snapshot:
            return
        if not self._sound or not self._see(location):
            return
        if last is not None and last != self._last:
            del self._seen[:-1]
        for behind, kept in self._seen:
            STORE.add(self._key, behind, kept)
        self._keep_for_others()
        STORE.trim()
        self._seen.clear()

    def _keep_for_others(self) -> None:
        """Write the last image where other processes find it. Those on the
        way would cost more than they save."""
        folder = image_folder()
        if folder is not None and self._seen:
            behind, kept = self._seen[-1]
            keep(folder, self._key, behind, kept, self._target.database)

    def _see(self, location: Location) -> bool:
        database = self._target.database
        snapshot = database.snapshot(self._last)
        if snapshot is None:
            return False
        kept = Kept(snapshot, location)
        self._seen.append((tuple(self._behind), kept))
        self._last = snapshot
        return True

    def forget(self) -> None:
        """Keep nothing more: the walk has failed."""
        self._sound = False


def restore_nearest(
    key: Hashable, target: Target, steps: Sequence[str], history: Any
) -> tuple[tuple[str, ...], Location] | None:
    """Bring an empty database as far as a snapshot leads.

    :param steps: revisions to be applied, in order.
    :param history: the revision graph.
    :return: the steps that are done, and where the version table is.
    """
    found = STORE.nearest(key, steps)
    folder = image_folder()
    if folder is not None:
        better = restorable(
            folder, key, steps, len(found[0]) if found else 0, target.database
        )
        if better is not None:
            found = better
            STORE.add(key, *better)
    if found is None:
        return None
    behind, kept = found
    if not target.database.restore(kept.snapshot):
        return None
    with target.engine.connect() as connection:
        heads = read_heads(connection, kept.location)
    if history.closure(heads) != frozenset(behind):
        # Not to be explained, so not to be relied on.
        STORE.drop(key, behind)
        target.database.restore(None)
        return None
    return behind, kept.location
