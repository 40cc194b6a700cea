"""What does the graph of revisions look like, and what stands on what?

All answers come from the real graph: branches, merges, several bases,
``depends_on`` and labels included. Nothing here touches a database.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import cast

import alembic
import sqlalchemy
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import CycleDetected
from alembic.script.revision import RevisionError as AlembicRevisionError
from alembic.util import CommandError

from migtestkit import alembic_api, errors
from migtestkit.errors import (
    ConfigError,
    MigtestkitError,
    RevisionError,
    listing,
    suggest,
)

__unittest = True

_DOWNWARD = re.compile(r"(?:.+@)?(?:-\d+|base)")
_RELATIVE = re.compile(r"[+-]\d+$")

__all__ = ["RevisionHistory", "load_scripts"]

#: Where lines lie that are nobody's migration. By folder, for a project may
#: well have a folder of its own called "alembic".
_LIBRARIES = tuple(
    os.path.dirname(str(module.__file__)) + os.sep
    for module in (alembic, sqlalchemy, errors)
)
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep

#: What Alembic, and so the kit, calls an empty database.
BASE = "base"


def load_scripts(config: Config, *, read: bool = True) -> ScriptDirectory:
    """Read every revision script that a configuration points to.

    :param config: Alembic's configuration.
    :param read: ``False`` finds the folder and leaves the scripts unread.
    :return: Alembic's script directory with its revisions loaded.
    :raises ConfigError: no ``script_location``, no such folder, or a script
        that cannot be imported.
    :raises RevisionError: a ``down_revision`` or ``depends_on`` that names no
        revision, a cycle, or one id used twice.
    """
    scripts: ScriptDirectory | None = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            scripts = ScriptDirectory.from_config(config)
            if read:
                scripts.revision_map.heads  # the first look loads the files
        except (Exception, SystemExit) as error:
            raise _load_problem(config, scripts, error) from None
    _refuse_duplicates(config, scripts, caught)
    return scripts


def _load_problem(
    config: Config, scripts: ScriptDirectory | None, error: BaseException
) -> MigtestkitError:
    """Return what to raise for an error while scripts were loaded."""
    if isinstance(error, CommandError):
        return ConfigError(_location_problem(config, str(error)))
    users_own, _ = _places(error)
    if scripts is None or users_own:
        return ConfigError(_import_problem(config, error))
    if isinstance(error, KeyError):
        return RevisionError(_dangling(config, scripts, error))
    if isinstance(error, AlembicRevisionError):
        advice = (
            "correct the down_revision or depends_on of one of them"
            if isinstance(error, CycleDetected)
            else "correct the script"
        )
        return RevisionError(f"{_place(config)}: {error}; {advice}")
    return ConfigError(_import_problem(config, error))


def _dangling(
    config: Config, scripts: ScriptDirectory, error: KeyError
) -> str:
    """Say which scripts name a revision that there is not."""
    found = alembic_api.read_one_by_one(scripts)
    ids = {script.revision for script in found}
    names = ids.union(*(script.branch_labels for script in found))
    lines = [
        f"{script.path}: {variable} of revision {script.revision} is "
        f"{name!r}, which no script defines{suggest(name, ids)}"
        for script in found
        for variable, given in alembic_api.needed_by(script).items()
        for name in given
        if name not in (ids if variable == "down_revision" else names)
    ]
    lines = lines or [f"{_place(config)}: revision {error} is not present"]
    return "\n".join(lines) + "; correct it, or add the missing script"


def _refuse_duplicates(
    config: Config,
    scripts: ScriptDirectory,
    caught: Iterable[warnings.WarningMessage],
) -> None:
    """Raise for two scripts of one id, of which Alembic but warns; give
    other warnings back."""
    for warning in caught:
        if "is present more than once" in str(warning.message):
            raise RevisionError(_duplicates(config, scripts))
        warnings.warn_explicit(
            warning.message,
            warning.category,
            warning.filename,
            warning.lineno,
        )


def _duplicates(config: Config, scripts: ScriptDirectory) -> str:
    paths: dict[str, list[str]] = {}
    for script in alembic_api.read_one_by_one(scripts):
        paths.setdefault(script.revision, []).append(script.path)
    lines = [f"{_place(config)}: every script needs an id of its own"]
    for revision, files in sorted(paths.items()):
        if len(files) > 1:
            lines.append(
                f"  revision {revision} is present more than once: "
                + ", ".join(sorted(files))
            )
    return "\n".join(lines)


def _place(config: Config) -> str:
    return config.config_file_name or "Alembic's configuration"


def _location_problem(config: Config, reason: str) -> str:
    if "No 'script_location'" in reason:
        return (
            f"{_place(config)} has no script_location in section "
            f"[{config.config_ini_section}]; add a line such as "
            "'script_location = %(here)s/migrations'"
        )
    if "Path doesn't exist" in reason:
        folder = reason.partition(": ")[2].partition(".  ")[0].strip("'")
        return (
            f"{_place(config)}: the script folder {folder!r} does not exist "
            f"(looked from {os.getcwd()}); correct script_location"
        )
    return f"{_place(config)}: {reason}"


def _import_problem(config: Config, error: BaseException) -> str:
    users_own, path = _places(error)
    if isinstance(error, SyntaxError):
        path = f"{error.filename}, line {error.lineno}"
    elif not users_own:
        path = str(getattr(getattr(error, "obj", None), "__file__", ""))
    kind, text = type(error).__name__, str(error)
    if isinstance(error, SystemExit):
        text = f"it called sys.exit({error.code!r})"
    where = f"{path}: " if path else ""
    hint = ""
    if isinstance(error, AttributeError) and not users_own:
        hint = (
            "; a revision script needs 'revision' and 'down_revision', "
            "which is None in the first"
        )
    return (
        f"{_place(config)}: the revision scripts cannot be read: {where}"
        f"{kind}: {text}{hint}"
    )


def _places(error: BaseException) -> tuple[bool, str]:
    """Return whether the user's own code raised, or called what raised, and
    the last line of it."""
    frame, found = error.__traceback__, ""
    while frame is not None:
        filename = frame.tb_frame.f_code.co_filename
        if not _in_library(filename):
            found = f"{filename}, line {frame.tb_lineno}"
        frame = frame.tb_next
    return bool(found), found


def _in_library(filename: str) -> bool:
    if filename.startswith(_STANDARD_LIBRARY):
        return "site-packages" not in filename.split(os.sep)
    return filename.startswith(("<", *_LIBRARIES))


class RevisionHistory:
    """Questions about the revision graph.

    :param scripts: Alembic's script directory, loaded.

    "Upgrade order" is the order in which ``alembic upgrade heads`` runs the
    history on an empty database.
    """

    def __init__(self, scripts: ScriptDirectory) -> None:
        self._scripts = scripts
        self.heads: tuple[str, ...] = tuple(scripts.get_heads())
        self.bases: tuple[str, ...] = tuple(scripts.get_bases())
        self.revisions: tuple[str, ...] = _upgrade_order(scripts)
        self._position = {rev: i for i, rev in enumerate(self.revisions)}
        self._parents: list[tuple[str, ...]] = []
        # One bit for each revision: the requirements of N revisions cost
        # N unions of integers, not N walks of the graph.
        self._required: list[int] = []
        for rev in self.revisions:
            self._add(rev)

    def _add(self, rev: str) -> None:
        parents = alembic_api.required(self.script(rev))
        mask = 0
        for parent in parents:
            at = self._position[parent]
            mask |= self._required[at] | 1 << at
        self._parents.append(parents)
        self._required.append(mask)

    def __repr__(self) -> str:
        return (
            f"<RevisionHistory of {len(self.revisions)} revisions, "
            f"heads {listing(self.heads)}>"
        )

    def __contains__(self, revision: object) -> bool:
        return revision in self._position

    def script(self, revision: str) -> Script:
        """Return Alembic's ``Script`` of a full revision id."""
        return cast(Script, self._scripts.revision_map.get_revision(revision))

    def parents(self, revision: str) -> tuple[str, ...]:
        """Return what a revision stands on directly, ``depends_on``
        included."""
        return self._parents[self._at(revision)]

    def children(self, revision: str) -> tuple[str, ...]:
        """Return the revisions that stand on this one directly, in upgrade
        order, ``depends_on`` included."""
        full = self.revisions[self._at(revision)]
        return tuple(
            rev
            for rev, parents in zip(self.revisions, self._parents)
            if full in parents
        )

    def requirements(self, revision: str) -> frozenset[str]:
        """Return all that has to be applied before a revision."""
        return self._of_mask(self._required[self._at(revision)])

    def dependents(self, revision: str) -> frozenset[str]:
        """Return all revisions that need this one, directly or not."""
        bit = 1 << self._at(revision)
        return frozenset(
            rev
            for rev, mask in zip(self.revisions, self._required)
            if mask & bit
        )

    def closure(self, revisions: Iterable[str]) -> frozenset[str]:
        """Return revisions together with all that they require."""
        mask = 0
        for revision in revisions:
            at = self._at(revision)
            mask |= self._required[at] | 1 << at
        return self._of_mask(mask)

    def maximal(self, revisions: Iterable[str]) -> tuple[str, ...]:
        """Return those of some revisions that no other of them requires, in
        upgrade order."""
        members = self.in_order(revisions)
        mask = 0
        for rev in members:
            mask |= self._required[self._position[rev]]
        return tuple(
            rev for rev in members if not mask >> self._position[rev] & 1
        )

    def unrequired(
        self, revisions: Iterable[str], others: Iterable[str]
    ) -> tuple[str, ...]:
        """Return those of some revisions that others neither are nor
        require, in the order given."""
        mask = 0
        for other in others:
            at = self._at(other)
            mask |= self._required[at] | 1 << at
        return tuple(
            rev for rev in revisions if not mask >> self._at(rev) & 1
        )

    def in_order(self, revisions: Iterable[str]) -> tuple[str, ...]:
        """Return full ids, sorted in upgrade order."""
        return tuple(sorted(revisions, key=self._position.__getitem__))

    def last(self, revisions: Iterable[str]) -> str:
        """Return the revision that comes last in upgrade order, ``"base"``
        of none."""
        return max(revisions, key=self._position.__getitem__, default=BASE)

    def path(self, revision: str) -> str:
        """Return the file of a revision."""
        return os.fspath(self.script(self._full(revision)).path)

    def message(self, revision: str) -> str:
        """Return a revision's message: the first line of its docstring."""
        # Alembic's is the first paragraph.
        lines = (self.script(self._full(revision)).doc or "").splitlines()
        return lines[0] if lines else ""

    def label(self, revision: str) -> tuple[str, ...]:
        """Return the branch labels that a revision belongs to, sorted."""
        labels = self.script(self._full(revision)).branch_labels
        return tuple(sorted(labels or ()))

    @property
    def labels(self) -> tuple[str, ...]:
        """All branch labels of the history, sorted."""
        found = {one for rev in self.revisions for one in self.label(rev)}
        return tuple(sorted(found))

    @property
    def heads_are_labelled(self) -> bool:
        """Whether each head has a branch label that no other head has."""
        labels = [set(self.label(head)) for head in self.heads]
        return all(
            own.difference(*(labels[:i] + labels[i + 1:]))
            for i, own in enumerate(labels)
        )

    def is_merge(self, revision: str) -> bool:
        """Say whether a revision joins several branches."""
        return bool(self.script(self._full(revision)).is_merge_point)

    def has_downgrade(self, revision: str) -> bool:
        """Say whether a revision's script defines ``downgrade()``."""
        return alembic_api.has_downgrade(self.script(self._full(revision)))

    def describe(self, revision: str) -> str:
        """Return id and message, as reports show a revision."""
        message = self.message(revision)
        return f"{revision} ({message})" if message else revision

    def resolve(
        self, target: str, current: Iterable[str] = ()
    ) -> str | tuple[str, ...]:
        """Return the full id that a target means.

        :param target: a full or partial id, ``head``, ``heads``, ``base``,
            ``label@head``, ``rev+2``, ``+1``, ``-1``.
        :param current: heads that the database stands at, for relative
            targets.
        :return: the id, ``"base"``, or a tuple where it is several.
        :raises RevisionError: the target means nothing, or too much.
        """
        self.check_target(target)
        heads = tuple(current)
        try:
            if _goes_down(target):
                return (
                    alembic_api.resolve_downgrade(self._scripts, target, heads)
                    or BASE
                )
            found = alembic_api.resolve_upgrade(self._scripts, target, heads)
        except (CommandError, AssertionError) as error:
            raise self.problem(target, error) from None
        if len(found) == 1:
            return found[0]
        return found or BASE

    def resolve_one(
        self,
        target: str,
        option: str = "revision",
        current: Sequence[str] = (),
    ) -> str:
        """Like :meth:`resolve`, for a place that takes a single revision."""
        found = self.resolve(target, current)
        if isinstance(found, tuple):
            raise RevisionError(
                f"{option} {target!r} means {len(found)} revisions: "
                f"{listing(found)}; name one of them"
            )
        return found

    def resolve_revision(self, revision: str) -> str:
        """Like :meth:`resolve_one`, for a place that takes no ``base``."""
        found = self.resolve_one(revision)
        if found == BASE:
            raise RevisionError(
                "'base' is no revision: it stands for the empty database"
            )
        return found

    def check_target(self, target: object, option: str = "revision") -> None:
        """Refuse a target that is no text, or empty."""
        if not isinstance(target, str) or not target:
            raise RevisionError(
                f"{option} must be a non-empty str such as 'head', 'base' or "
                f"a revision id, not {target!r}"
            )

    def problem(
        self, target: str, error: BaseException | str
    ) -> RevisionError:
        """Return the error for a target that Alembic does not accept."""
        reason = str(error) or (
            "from where the database stands it leads to no one revision"
        )
        cause = str(getattr(error, "__cause__", ""))
        if "Multiple revisions start" in cause:
            # Alembic's commands do not pass this on.
            reason = f"{cause.rstrip('.')}; write more of it"
        known = "" if reason.startswith("Multiple") else self._near(target)
        if not known and "locate" in reason:
            known = f"; the history has {listing(self.revisions, 10)}"
            if self.labels:
                known += f", and the labels {listing(self.labels, 10)}"
        return RevisionError(
            f"revision {target!r}: {reason.rstrip('.')}{known}"
        )

    def _near(self, target: str) -> str:
        """Return the names that a target may have been meant to hold."""
        label, _, rest = target.rpartition("@")
        names = {*self.revisions, *self.labels, "head", "heads", BASE}
        for word in (label, *_RELATIVE.split(rest)):
            if word and word not in names and (near := suggest(word, names)):
                return near
        return ""

    def _at(self, revision: str) -> int:
        at = self._position.get(revision)
        return self._position[self._full(revision)] if at is None else at

    def _full(self, revision: str) -> str:
        if revision in self._position:
            return revision
        return self.resolve_revision(revision)

    def _of_mask(self, mask: int) -> frozenset[str]:
        return frozenset(
            rev for i, rev in enumerate(self.revisions) if mask >> i & 1
        )


def _upgrade_order(scripts: ScriptDirectory) -> tuple[str, ...]:
    try:
        plan = alembic_api.plan_upgrade(scripts, "heads", ())
    except CommandError as error:
        raise RevisionError(str(error)) from None
    except AttributeError:
        _refuse_scripts_without_upgrade(scripts)
        raise
    return tuple(alembic_api.step_revision(step) for step in plan)


def _refuse_scripts_without_upgrade(scripts: ScriptDirectory) -> None:
    for script in scripts.walk_revisions():
        if not callable(getattr(script.module, "upgrade", None)):
            raise ConfigError(
                f"{script.path}: revision {script.revision} has no upgrade() "
                "function"
            )


def _goes_down(target: str) -> bool:
    """Say whether only a downgrade can mean this target."""
    return target == BASE or bool(_DOWNWARD.fullmatch(target))
