"""Which of Alembic's undocumented names does the kit use, and for what?

Everything private to Alembic that the kit touches stands here, so that one
file has to be looked at when Alembic changes. tests/test_alembic_api.py holds
each function against the documented commands on every supported version.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, cast

import alembic
import alembic.config
from alembic import op, util
from alembic.runtime.migration import MigrationStep, RevisionStep, StampStep
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RangeNotAncestorError
from alembic.util import CommandError

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
    parser = alembic.config.CommandLine().parser
    return parser.parse_args([*arguments, "upgrade", "heads"])


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


def upgrade_step(scripts: ScriptDirectory, revision: str) -> MigrationStep:
    """Return the step that applies exactly one revision."""
    script = scripts.get_revision(revision)
    return MigrationStep.upgrade_from_script(scripts.revision_map, script)


def downgrade_step(scripts: ScriptDirectory, revision: str) -> MigrationStep:
    """Return the step that reverts exactly one revision.

    A script without ``downgrade()`` raises :class:`NotImplementedError` when
    the step runs, not when it is made.
    """
    script = scripts.get_revision(revision)
    if has_downgrade(script):
        return MigrationStep.downgrade_from_script(
            scripts.revision_map, script
        )
    step = RevisionStep(scripts.revision_map, script, True)
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
