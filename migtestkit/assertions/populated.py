"""Do migrations cope with tables that are not empty?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from migtestkit.assertions.history import HistoryAssertions
from migtestkit.config import IntendedUse
from migtestkit.context.losses import MeantLosses
from migtestkit.context.walks import EVERYTHING, Scope

if TYPE_CHECKING:
    from migtestkit.context.populated import PopulatedReport

__unittest = True


class PopulatedAssertions(HistoryAssertions):
    """Assertions about migrations over rows that are made up: five kinds of
    row in every table, valid just before each revision.

    Each works on throw-away databases of its own. On SQLite, where a
    connection chooses whether foreign keys are checked, the history is
    walked both ways, the second time with the pragma set on connections to
    these databases alone. What holds no row is named in the outcome.
    """

    def assertUpgradesPopulated(
        self,
        revision: str | None = None,
        msg: Any = None,
        *,
        seed: int = 0,
    ) -> None:
        """Fail if an upgrade fails over rows that were valid before it, or
        leaves rows that refer to nothing.

        The failure tells which kind of row breaks it, which row, and over
        which kinds it passes: minimal (what may be ``NULL`` is), typical,
        duplicate (equal but for the keys), boundary (the longest texts, the
        greatest and least numbers), varied (each value of an enum, awkward
        texts).

        :param revision: the one to judge; default: all.
        :param seed: gives other rows; the failure names it.
        :raises ConfigError: ``intended`` declares what does not happen.
        """
        scope = self._judging(revision)
        report = self._walk_over_rows(scope, seed)
        self.conclude_populated(
            report, "these upgrades do not cope with rows", msg
        )

    def assertDowngradesPopulated(
        self,
        revision: str | None = None,
        msg: Any = None,
        *,
        seed: int = 0,
    ) -> None:
        """Fail if a downgrade fails over rows that were written after its
        upgrade, leaves rows that refer to nothing, or the upgrade cannot be
        applied again over what is left.

        :param revision: the one to judge; default: all.
        :param seed: gives other rows; the failure names it.
        """
        scope = self._judging(revision)
        report = self._walk_over_rows(scope, seed, back=True)
        self.conclude_populated(
            report, "these downgrades do not cope with rows", msg
        )

    def assertNoDataLoss(
        self,
        revision: str | None = None,
        lossy: Sequence[str] = (),
        msg: Any = None,
        *,
        seed: int = 0,
    ) -> None:
        """Fail if rows are lost or changed by an upgrade, or are not what
        they were after the downgrade.

        A table or column that goes on under another name keeps its values.
        One that is gone after the upgrade has lost nothing if the downgrade
        brings all of it back.

        :param revision: the one to judge; default: all.
        :param lossy: tables, and columns as ``"table.column"``, that any
            revision may take values from. For a single revision declare it
            with ``intended`` instead.
        :param seed: gives other rows; the failure names it.
        :raises TableError: ``lossy`` names what never existed.
        :raises ConfigError: ``intended`` declares a loss that does not
            happen.
        """
        scope = self._judging(revision)
        use = IntendedUse(self.migrations.intended, "lossy")
        meant = MeantLosses(use, lossy)
        report = self._walk_over_rows(scope, seed, back=True, losses=meant)
        meant.refuse_unknown()
        self.conclude_populated(
            report, "these revisions lose or change rows", msg
        )
        if scope.judged is None:
            meant.refuse_stale(report.tested)

    def _walk_over_rows(
        self,
        scope: Scope,
        seed: int,
        *,
        back: bool = False,
        losses: MeantLosses | None = None,
    ) -> PopulatedReport:
        # Imported here, for what makes up rows takes long to import, and few
        # tests of a suite want it.
        from migtestkit.context.populated import Aim, walk_populated

        return walk_populated(
            self.migrations,
            Aim(back=back, losses=losses, seed=seed, scope=scope),
        )

    def _judging(self, revision: str | None) -> Scope:
        if revision is None:
            return self._populated_scope()
        resolved = self.migrations.history.resolve_revision(revision)
        return Scope(frozenset([resolved]))

    def _populated_scope(self) -> Scope:
        """Return which revisions are judged where none is named."""
        return EVERYTHING

    def conclude_populated(
        self, report: PopulatedReport, title: str, msg: Any
    ) -> None:
        """Fail, skip or pass as a walk over rows found, and name the tables
        that held none."""
        self.conclude_walk(report, title, "no revision ran over rows", msg)
        self.name_untested("table", report.unfilled)
