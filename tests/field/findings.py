"""A real history, and what is to be found in it.

``findings`` are the lines that ``reproduce/<name>.py`` prints, found by
Alembic's own commands; each has its reason, and says whether it is a
defect that a check must name. ``checks`` says what each test of
``HistoryChecks`` must come to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

SINGLE_HEAD = "test_single_head_revision"
UPGRADE = "test_upgrade"
MODELS = "test_model_definitions_match_ddl"
UP_DOWN = "test_up_down_consistency"
NO_TRACE = "test_downgrade_leaves_no_trace"
REGISTERED = "test_all_models_register_on_metadata"

CHECKS = (SINGLE_HEAD, UPGRADE, MODELS, UP_DOWN, NO_TRACE, REGISTERED)

SQLITE, POSTGRESQL, MARIADB = "sqlite", "postgresql", "mysql"

#: The checks that have to name a finding of this kind. A downgrade that
#: fails restores nothing either.
NAMED_BY = {
    "upgrade": (UPGRADE,),
    "step": (UPGRADE, UP_DOWN, NO_TRACE),
    "downgrade": (UP_DOWN, NO_TRACE),
    "second-upgrade": (UP_DOWN,),
    "trace": (NO_TRACE,),
    "second-trace": (NO_TRACE,),
    "drift": (MODELS,),
    "unregistered": (REGISTERED,),
}


#: Reasons that several histories have.
OTHER_ORDER = (
    "columns that were dropped come back at the table's end, as ADD COLUMN "
    "must have it; the order of columns is no difference"
)
FORGOT_UNIQUE = "the downgrade makes a unique index again without unique=True"


@dataclasses.dataclass(frozen=True)
class Finding:
    """Lines of the reproduction that have one reason."""

    why: str
    lines: tuple[str, ...]
    harmless: bool = False


@dataclasses.dataclass(frozen=True)
class Expected:
    """What one check comes to.

    ``revisions`` are exactly those that the text names as failing,
    ``words`` must stand in it. The operations of a drift, and the
    tables of models that env.py does not know, are compared one by one
    with the findings.
    """

    outcome: str
    revisions: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class History:
    """One project's history and what is to be found in it.

    ``described_on`` is the kind of database that the description is of;
    :mod:`tests.field.on_servers` says what is otherwise on others.
    ``production`` is the SQLite file that the project's own settings
    name, where they name one: it must stay as it is.
    """

    name: str
    lock: str
    revisions: tuple[str, ...]
    heads: tuple[str, ...]
    findings: tuple[Finding, ...]
    checks: dict[str, Expected]
    production: str | None = None
    described_on: str = SQLITE

    @property
    def lines(self) -> tuple[str, ...]:
        """All that the reproduction prints, in any order."""
        return tuple(
            line for finding in self.findings for line in finding.lines
        )

    def defects(self, check: str) -> set[str]:
        """The revisions (or ``-``) of the findings that a check names."""
        return {
            line.split()[0]
            for finding in self.findings
            if not finding.harmless
            for line in finding.lines
            if check in NAMED_BY.get(line.split()[1], ())
        }

    def details(self, kind: str) -> list[str]:
        """What the findings of a kind say, without revision and kind."""
        return [
            line.split(maxsplit=2)[2]
            for line in self.lines
            if line.split()[1] == kind
        ]

    def untested(self) -> set[str]:
        """The revisions whose downgrade nobody can test: they have none, or
        they come behind one that cannot be applied alone."""
        found = {
            line.split()[0]
            for line in self.lines
            if line.split()[1] == "no-downgrade"
        }
        for line in self.lines:
            if line.split()[1] == "step":
                start = self.revisions.index(line.split()[0])
                found.update(self.revisions[start:])
        return found


def passes() -> Expected:
    return Expected("pass")


def skips(*words: str) -> Expected:
    return Expected("skip", (), words)


def fails(revisions: Iterable[str] = (), *words: str) -> Expected:
    return Expected("fail", tuple(revisions), words)
