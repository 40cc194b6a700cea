"""Which of Alembic's undocumented names does the kit use, and for what?

Everything private to Alembic that the kit touches stands here, so that one
file has to be looked at when Alembic changes. tests/test_alembic_api.py holds
each function against the documented commands on every supported version.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

import alembic
import alembic.config
from alembic import op, util
from alembic.ddl.impl import DefaultImpl
from alembic.runtime import migration as runtime
from alembic.runtime.migration import (
    HeadMaintainer,
    MigrationContext,
    MigrationStep,
    RevisionStep,
    StampStep,
)
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RangeNotAncestorError
from alembic.util import CommandError
from sqlalchemy import bindparam
from sqlalchemy.engine.interfaces import BindTyping

__unittest = True

VERSION: tuple[int, ...] = tuple(
    int(part) for part in alembic.__version__.split(".")[:2] if part.isdigit()
)

#: ``pyproject.toml`` as a place for the configuration came with this one.
PYPROJECT_SINCE = (1, 16)


def command_line_options(x_arguments: Sequence[str]) -> argparse.Namespace:
    """Return what ``alembic -x ... upgrade heads`` would leave in
    ``config.cmd_opts``, which env.py files read."""
    arguments = [part for x in x_arguments for part in ("-x", x)]
    parser = _parser(os.environ.get("ALEMBIC_CONFIG"))
    return parser.parse_args([*arguments, "upgrade", "heads"])


@functools.lru_cache(maxsize=8)
def _parser(config_file: str | None) -> argparse.ArgumentParser:
    """Return the parser of ``alembic``, which takes longer to make than
    most databases; the environment variable is one of its defaults."""
    return alembic.config.CommandLine().parser


def read_one_by_one(scripts: ScriptDirectory) -> list[Script]:
    """Read every revision script, without fitting them together."""
    return list(scripts._load_revisions())


def needed_by(script: Script) -> dict[str, tuple[str, ...]]:
    """Return the names that a script gives, by the variable that holds
    them: what it stands on, as it is written there."""
    return {
        "down_revision": tuple(script._versioned_down_revisions),
        "depends_on": util.to_tuple(script.dependencies, default=()),
    }


def required(script: Script) -> tuple[str, ...]:
    """Return the ids that a script stands on: ``down_revision`` and, with
    labels and partial ids resolved, ``depends_on``."""
    return tuple(script._all_down_revisions)


def plan_upgrade(
    scripts: ScriptDirectory, target: str, heads: Iterable[str]
) -> list[MigrationStep]:
    """Return the steps of ``alembic upgrade target`` from ``heads``."""
    current = cast(str, tuple(heads))
    return list(scripts._upgrade_revs(target, current))


def plan_downgrade(
    scripts: ScriptDirectory, target: str, heads: Iterable[str]
) -> list[MigrationStep]:
    """Return the steps of ``alembic downgrade target`` from ``heads``.

    They are made here, for Alembic's own function breaks down, before
    anything is reverted, on a script without ``downgrade()``.
    """
    with scripts._catch_revision_errors(
        ancestor="Destination %(end)s is not a valid downgrade target from "
        "current head(s)",
        end=target,
    ):
        current = cast(str, tuple(heads))
        return [
            downgrade_step(scripts, script.revision)
            for script in scripts.iterate_revisions(
                current, target, select_for_downgrade=True
            )
        ]


def plan_stamp(
    scripts: ScriptDirectory, target: str, heads: Iterable[str]
) -> list[MigrationStep]:
    """Return the steps of ``alembic stamp target`` from ``heads``."""
    return list(scripts._stamp_revs(target, tuple(heads)))


def step_revision(step: MigrationStep) -> str:
    """Return the id of the revision that a step runs, or stamps."""
    if isinstance(step, StampStep):
        return (step.to_revisions or step.from_revisions)[-1]
    return cast(RevisionStep, step).revision.revision


def without_running(step: MigrationStep) -> MigrationStep:
    """Make a step that changes the version table and runs no script."""
    original = step.migration_fn

    def stamp_only(**options: Any) -> None:
        """Stand in for the script's function."""

    stamp_only.__name__ = getattr(original, "__name__", "stamp")
    step.migration_fn = stamp_only
    return step


#: This one release leaves rows in the version table that others imply, where
#: the only head is reverted; what is tested with it shall meet them.
_LEAVES_IMPLIED = alembic.__version__ == "1.13.0"

#: Of some revisions those that others (its second argument) neither are nor
#: require.
Unrequired = Callable[[Iterable[str], Iterable[str]], "tuple[str, ...]"]


class _QuickStep(RevisionStep):
    """A step that asks a graph, where Alembic's own walks all ancestors each
    time: that makes a whole downgrade quadratic."""

    unrequired: Unrequired

    def _unmerge_to_revisions(self, heads: Iterable[str]) -> tuple[str, ...]:
        stays = set(heads) - {self.revision.revision}
        below = tuple(dict.fromkeys(self.to_revisions))
        if stays:
            return self.unrequired(below, stays)
        if _LEAVES_IMPLIED:
            return super()._unmerge_to_revisions(set(heads))
        return tuple(
            one
            for one in below
            if self.unrequired([one], set(below) - {one})
        )

    def merge_branch_idents(
        self, heads: Iterable[str]
    ) -> tuple[list[str], str, str]:
        below = tuple(dict.fromkeys(self.from_revisions))
        stays = set(heads).difference(below)
        merged = self.unrequired(below, stays) if stays else below
        return list(merged[:-1]), merged[-1], self.to_revisions[0]


def _script(scripts: ScriptDirectory, revision: str) -> Script:
    """Return the script of a whole id, without Alembic's search for parts of
    one."""
    found = scripts.revision_map._revision_map.get(revision)
    if isinstance(found, Script):
        return found
    return scripts.get_revision(revision)


def _step(
    scripts: ScriptDirectory,
    script: Script,
    is_upgrade: bool,
    unrequired: Unrequired | None,
) -> RevisionStep:
    if unrequired is None:
        return RevisionStep(scripts.revision_map, script, is_upgrade)
    step = _QuickStep(scripts.revision_map, script, is_upgrade)
    step.unrequired = unrequired
    return step


def upgrade_step(
    scripts: ScriptDirectory,
    revision: str,
    unrequired: Unrequired | None = None,
) -> MigrationStep:
    """Return the step that applies exactly one revision.

    :param unrequired: answers from a graph that is known already.
    """
    script = _script(scripts, revision)
    return _step(scripts, script, True, unrequired)


def downgrade_step(
    scripts: ScriptDirectory,
    revision: str,
    unrequired: Unrequired | None = None,
) -> MigrationStep:
    """Return the step that reverts exactly one revision.

    A script without ``downgrade()`` raises :class:`NotImplementedError` when
    the step runs, not when it is made.

    :param unrequired: answers from a graph that is known already.
    """
    script = _script(scripts, revision)
    if has_downgrade(script):
        return _step(scripts, script, False, unrequired)
    step = _step(scripts, script, True, unrequired)
    step.is_upgrade = False
    step.migration_fn = _no_downgrade
    return step


def _no_downgrade(**options: Any) -> None:
    raise NotImplementedError("the script has no downgrade() function")


def has_downgrade(script: Script) -> bool:
    """Say whether a script defines ``downgrade()`` at all."""
    return callable(getattr(script.module, "downgrade", None))


def resolve_upgrade(
    scripts: ScriptDirectory, target: str, heads: Iterable[str]
) -> tuple[str, ...]:
    """Return the ids that ``alembic upgrade target`` would go to, none for
    base.

    :raises CommandError: in Alembic's words, but for a relative target that
        leads beyond a head, on which Alembic breaks down.
    """
    with scripts._catch_revision_errors(end=target):
        found = scripts.revision_map._parse_upgrade_target(
            current_revisions=tuple(heads),
            target=target,
            assert_relative_length=True,
        )
    if None in found and target != "base":
        raise CommandError(f"{target} leads beyond the head")
    return tuple(rev.revision for rev in found if isinstance(rev, Script))


def resolve_downgrade(
    scripts: ScriptDirectory, target: str, heads: Iterable[str]
) -> str | None:
    """Return the id that ``alembic downgrade target`` would go to, ``None``
    for base."""
    with scripts._catch_revision_errors(end=target):
        _, rev = scripts.revision_map._parse_downgrade_target(
            current_revisions=tuple(heads),
            target=target,
            assert_relative_length=True,
        )
    if rev is None or isinstance(rev, str):
        return None
    return rev.revision


def nothing_to_drop(error: CommandError) -> bool:
    """Say whether Alembic refuses a downgrade because it sees nothing that
    is applied above the target, nor the target itself."""
    return isinstance(error.__cause__, RangeNotAncestorError)


def forget_operations() -> None:
    """Take away what a failed migration leaves in ``alembic.op``.

    Alembic installs the module's proxy without a ``finally``, so that a
    migration that raises leaves a dead object behind.
    """
    proxy = getattr(op, "_proxy", None)
    if proxy is not None:
        proxy._remove_proxy()


class _QuickHeads(HeadMaintainer):
    """Writes the version table by statements that are compiled once.

    Alembic's own hold each revision's id as a literal, so that every step
    pays for compiling one more.
    """

    def __init__(self, context: MigrationContext, heads: Any) -> None:
        super().__init__(context, heads)
        table = context._version
        old = table.c.version_num == bindparam("old_version")
        new: dict[str, Any] = {"version_num": bindparam("new_version")}
        self._insert = table.insert().values(new)
        self._delete = table.delete().where(old)
        self._update = table.update().values(new).where(old)
        self._as_text = _sends_text_as_it_is(context)
        self._texts: dict[Any, Any] = {}

    def _send(self, statement: Any, names: dict[str, str]) -> Any:
        """Send a statement, as Alembic does or, where that comes to the
        same, as the driver takes it."""
        connection = self.context.connection
        if (
            not self._as_text
            or connection is None
            or "schema_translate_map" in connection.get_execution_options()
        ):
            return self.context.impl._exec(statement, params=names)
        compiled = self._texts.get(statement)
        if compiled is None:
            compiled = statement.compile(dialect=connection.dialect)
            self._texts[statement] = compiled
        values: Any = names
        if compiled.positional:
            values = tuple(names[one] for one in compiled.positiontup)
        return connection.exec_driver_sql(compiled.string, values)

    def _insert_version(self, version: str) -> None:
        if self.context.as_sql:
            return super()._insert_version(version)
        assert version not in self.heads
        self.heads.add(version)
        self._send(self._insert, {"new_version": version})

    def _delete_version(self, version: str) -> None:
        if self.context.as_sql:
            return super()._delete_version(version)
        self.heads.remove(version)
        self._exactly_one(self._delete, {"old_version": version})

    def _update_version(self, from_: str, to_: str) -> None:
        if self.context.as_sql:
            return super()._update_version(from_, to_)
        assert to_ not in self.heads
        self.heads.remove(from_)
        self.heads.add(to_)
        self._exactly_one(
            self._update, {"old_version": from_, "new_version": to_}
        )

    def _exactly_one(self, statement: Any, names: dict[str, str]) -> None:
        result = self._send(statement, names)
        if (
            self.context.dialect.supports_sane_rowcount
            and result is not None
            and result.rowcount != 1
        ):
            raise CommandError(
                f"the version table {self.context.version_table!r} was "
                f"expected to hold {names['old_version']!r} once; it does "
                f"{result.rowcount} times"
            )


def _sends_text_as_it_is(context: MigrationContext) -> bool:
    """Say whether nothing stands between the text of a statement on the
    version table and the driver: no type that changes values, no dialect
    that sends statements in its own way."""
    connection = context.connection
    if connection is None or type(context.impl)._exec is not DefaultImpl._exec:
        return False
    dialect = connection.dialect
    column = context._version.c.version_num
    return (
        dialect.bind_typing is not BindTyping.SETINPUTSIZES
        and column.type.dialect_impl(dialect).bind_processor(dialect) is None
    )


#: What :class:`_QuickHeads` counts on.
_HEADS_METHODS = {
    "_insert_version": ("version",),
    "_delete_version": ("version",),
    "_update_version": ("from_", "to_"),
}


def can_write_versions_quickly() -> bool:
    """Say whether this Alembic keeps the version table as the kit knows
    it; else its own statements are left to do it."""
    for name, parameters in _HEADS_METHODS.items():
        code = getattr(getattr(HeadMaintainer, name, None), "__code__", None)
        if code is None or (
            code.co_varnames[1:code.co_argcount] != parameters
        ):
            return False
    return getattr(runtime, "HeadMaintainer", None) is HeadMaintainer


@contextlib.contextmanager
def quick_version_statements() -> Iterator[None]:
    """Write version tables by statements that are compiled once, meanwhile.

    Whoever else runs migrations meanwhile gets the same rows.
    """
    if not can_write_versions_quickly():
        yield
        return
    runtime.HeadMaintainer = _QuickHeads  # type: ignore[misc]
    try:
        yield
    finally:
        runtime.HeadMaintainer = HeadMaintainer  # type: ignore[misc]


def can_commit_between_steps(context: MigrationContext) -> bool:
    """Say whether steps can be committed one by one within a run: whether
    it is Alembic, and not env.py, that begins and ends transactions."""
    return not (context.as_sql or context._in_external_transaction)


def is_committed(context: MigrationContext) -> bool:
    """Say whether, between two steps, all that was done is committed."""
    connection = context.connection
    return (
        not context.as_sql
        and context._transaction is None
        and connection is not None
        and not connection.in_transaction()
    )


def commit_between_steps(context: MigrationContext) -> bool:
    """Commit what was done so far, as ``autocommit_block()`` does; say
    whether it is.

    What Alembic remembers for the length of a run, such as the PostgreSQL
    types that it created, is forgotten, as between two runs.
    """
    connection = context.connection
    assert connection is not None
    transaction = context._transaction
    if transaction is not None:
        transaction.commit()
        context._transaction = connection.begin()
    context.impl.memo.clear()
    return transaction is not None or not connection.in_transaction()


def end_look(context: MigrationContext) -> None:
    """Let go of the transaction that a look between steps has begun."""
    if context._transaction is None and context.connection is not None:
        context.connection.rollback()
