"""How are the checks run on a project that has no test?"""

from __future__ import annotations

import time
import traceback
import unittest
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from migtestkit.case import MigrationTestCase
from migtestkit.checks import DataChecks, DeploymentChecks, HistoryChecks
from migtestkit.cli.advice import how_to_fix
from migtestkit.cli.progress import Progress
from migtestkit.cli.selection import Selection
from migtestkit.config import MigrationConfig
from migtestkit.context import MigrationContext
from migtestkit.context.walks import Scope, WalkReport
from migtestkit.errors import (
    ConfigError,
    MigrationFailed,
    MigtestkitError,
    listing,
    suggest,
)

__unittest = True

#: What can be asked for, those that always run first.
HISTORY, DATA, DEPLOYMENT = "history", "data", "deployment"
GROUPS: dict[str, type] = {
    HISTORY: HistoryChecks,
    DATA: DataChecks,
    DEPLOYMENT: DeploymentChecks,
}
#: How often each check runs the history.
RUNS = {
    "test_upgrades_populated": 1,
    "test_downgrades_populated": 3,
    "test_no_data_loss": 3,
    "test_upgrades_are_atomic_or_retryable": 3,
    "test_backward_compatible": 1,
    "test_no_blocking_work": 1,
    "test_offline_matches_online": 1,
    "test_schema_is_healthy": 1,
    "test_foreign_keys_are_indexed": 1,
    "test_upgrade": 2,
    "test_model_definitions_match_ddl": 1,
    "test_up_down_consistency": 3,
    "test_downgrade_leaves_no_trace": 3,
}


def known_checks(*groups: str) -> tuple[str, ...]:
    """Return the names of checks, in the order in which they run.

    :param groups: default: all.
    """
    return tuple(
        name
        for group in groups or GROUPS
        for name in vars(GROUPS[group])
        if name.startswith("test_")
    )


def catches(name: str) -> str:
    """Return what a check sees to, in a sentence."""
    for group in GROUPS.values():
        if name in vars(group):
            return " ".join((vars(group)[name].__doc__ or "").split())
    raise KeyError(name)


def describe_checks() -> str:
    """Return each check with what it catches, by group."""
    lines = []
    for group in GROUPS:
        option = "" if group == HISTORY else f" (--{group})"
        lines.append(f"{group}{option}")
        for name in known_checks(group):
            lines.append(f"  {name.removeprefix('test_')}")
            lines.append(f"      {catches(name)}")
    return "\n".join(lines)


def select_checks(
    only: Sequence[str],
    excluded: Sequence[str],
    groups: Sequence[str] = (HISTORY,),
) -> tuple[str, ...]:
    """Return the checks to run.

    :param only: names, ``test_`` may be left out; none: all of the groups.
    :param excluded: names to leave out.
    :param groups: whose checks run where no name is given.
    :raises ConfigError: a name is unknown, or nothing is left.
    """
    wanted = {_full_name(name) for name in only} or set(known_checks(*groups))
    unwanted = {_full_name(name) for name in excluded}
    left = tuple(name for name in known_checks() if name in wanted - unwanted)
    if not left:
        raise ConfigError("--check and --exclude leave no check to run")
    return left


def _full_name(name: str) -> str:
    known = known_checks()
    for candidate in (name, f"test_{name}"):
        if candidate in known:
            return candidate
    short = [one.removeprefix("test_") for one in known]
    raise ConfigError(
        f"no check is called {name!r}; there are {listing(short)}"
        f"{suggest(name.removeprefix('test_'), short)}"
    )


@dataclass(frozen=True)
class CheckFinding:
    """A defect of one revision.

    :ivar revision: its id.
    :ivar check: which check found it.
    :ivar phase: what was done to the revision.
    :ivar text: what happened.
    """

    revision: str
    check: str
    phase: str
    text: str

    @property
    def fix(self) -> str:
        """What to do about it."""
        return how_to_fix(self.check, self.phase, self.text)


@dataclass
class Outcome:
    """How the checks ended.

    :ivar passed: names of those that passed.
    :ivar failures: name -> text.
    :ivar errors: name -> text, of those that could not run.
    :ivar skipped: name -> reason.
    :ivar notes: what was left out of checks that passed.
    :ivar not_run: names of those that no longer ran, for one had failed.
    :ivar findings: the defects, revision by revision.
    :ivar untested: name -> revision -> why it was not tested.
    :ivar seconds: name -> how long it took.
    """

    passed: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    not_run: list[str] = field(default_factory=list)
    findings: list[CheckFinding] = field(default_factory=list)
    untested: dict[str, dict[str, str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether nothing failed and everything could run."""
        return not (self.failures or self.errors)

    @property
    def summary(self) -> str:
        """Return the counts."""
        parts = [
            f"{len(self.passed)} passed",
            f"{len(self.failures)} failed",
            f"{len(self.skipped)} skipped",
        ]
        if self.errors:
            parts.append(f"{len(self.errors)} could not run")
        if self.not_run:
            parts.append(f"{len(self.not_run)} not run")
        return ", ".join(parts)


class _Result(unittest.TestResult):
    """Sorts what a check ends in, and shows it."""

    def __init__(self, progress: Progress, outcome: Outcome) -> None:
        super().__init__()
        self._progress = progress
        self._outcome = outcome
        self._began = 0.0
        self._word = ""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._began, self._word = time.perf_counter(), ""
        self._progress.start(_name(test))

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        name = _name(test)
        if not self._word:
            self._word = "passed"
            self._outcome.passed.append(name)
        seconds = time.perf_counter() - self._began
        self._outcome.seconds[name] = seconds
        self._progress.stop(name, self._word, seconds)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._word = "FAILED"
        self._outcome.failures[_name(test)] = str(err[1])
        # An assertion that tells of a failed migration was raised from it.
        self._blame(test, err[1].__context__)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        error = err[1]
        if isinstance(error, MigrationFailed):
            self._word = "FAILED"
            self._outcome.failures[_name(test)] = str(error)
            self._blame(test, error)
            return
        self._word = "could not run"
        text = str(error)
        if not isinstance(error, MigtestkitError):
            text = "".join(traceback.format_exception(*err))
        self._outcome.errors[_name(test)] = text

    def _blame(self, test: unittest.TestCase, error: Any) -> None:
        """Note the revision of a failed migration, if it is one."""
        if isinstance(error, MigrationFailed):
            self._outcome.findings.append(
                CheckFinding(
                    error.revision, _name(test), error.direction, str(error)
                )
            )

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        parent = getattr(test, "test_case", None)
        if parent is not None:
            # What a check that passes left out.
            parameters = getattr(test, "params", {})
            revision = parameters.get("revision", "")
            notes = self._outcome.notes.setdefault(_name(parent), [])
            notes.append(f"{revision}: {reason}")
            return
        self._word = "skipped"
        self._outcome.skipped[_name(test)] = reason


def _name(test: Any) -> str:
    return str(getattr(test, "_testMethodName", test))


@dataclass(frozen=True)
class CheckRun:
    """Checks that ran.

    :ivar config: the options of the project.
    :ivar names: which checks were asked for.
    :ivar selection: which revisions were asked for.
    :ivar scope: what that means in this history.
    :ivar outcome: how they ended.
    """

    config: MigrationConfig
    names: Sequence[str]
    selection: Selection
    scope: Scope
    outcome: Outcome


def run_checks(
    config: MigrationConfig,
    names: Sequence[str],
    progress: Progress,
    selection: Selection = Selection(),
) -> CheckRun:
    """Run checks on the project of a configuration.

    :param selection: which revisions to judge.
    :raises MigtestkitError: none of them can run.
    """
    with MigrationContext(config) as context:
        # What would stop every check is said once, before the first.
        history = context.history
        scope = selection.scope(history)
        progress.title(context.environment.config, history)
        what = selection.describe(scope, history)
        if what:
            progress.line(what)
    reach = len(scope.reach(history.revisions))
    progress.expect({name: RUNS.get(name, 0) * reach for name in names})

    class History(
        HistoryChecks, DataChecks, DeploymentChecks, MigrationTestCase
    ):
        def migration_config(self) -> MigrationConfig:
            return config

        def setUp(self) -> None:
            super().setUp()
            reason = selection.left_out(self._testMethodName)
            if history.revisions and scope.judged == frozenset():
                reason = reason or "there is no revision to judge"
            if reason:
                self.skipTest(reason)

        def _scope(self) -> Scope:
            return scope

        def conclude_walk(
            self,
            report: WalkReport,
            title: str,
            nothing: str,
            msg: object = None,
        ) -> None:
            name = self._testMethodName
            outcome.untested[name] = dict(report.untested)
            outcome.findings.extend(
                CheckFinding(one.revision, name, one.phase, one.text)
                for one in report.findings
            )
            super().conclude_walk(report, title, nothing, msg)

        def assertSingleHead(
            self, msg: Any = None, *, per_label: bool = False
        ) -> None:
            try:
                super().assertSingleHead(msg, per_label=per_label)
            except AssertionError as error:
                outcome.findings.extend(
                    CheckFinding(
                        head, self._testMethodName, "heads", str(error)
                    )
                    for head in history.in_order(history.heads)
                )
                raise

    outcome = Outcome()
    result = _Result(progress, outcome)
    with progress.following():
        for at, name in enumerate(names):
            if selection.fail_fast and not outcome.good:
                outcome.not_run.extend(names[at:])
                break
            History(name).run(result)
    progress.report(outcome)
    return CheckRun(config, names, selection, scope, outcome)
