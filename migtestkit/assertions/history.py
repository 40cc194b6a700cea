"""Do the revisions do what a history must?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from migtestkit.assertions.base import (
    AssertionMixin,
    pattern_of,
    quoted,
)
from migtestkit.config import Ignore, IgnoreRules
from migtestkit.config.ignoring import MODELS, SCHEMA
from migtestkit.context import MigrationContext
from migtestkit.context.models import (
    ModelComparison,
    compare_created,
    compare_models,
)
from migtestkit.context.roundtrip import round_trip
from migtestkit.context.walks import WalkReport
from migtestkit.errors import (
    ConfigError,
    MigrationFailed,
    RevisionError,
    first_lines,
)

__unittest = True

T = TypeVar("T")
_HEADS_SHOWN = 8


class HistoryAssertions(AssertionMixin):
    """Assertions about revisions and their migrations."""

    def assertSingleHead(
        self, msg: Any = None, *, per_label: bool = False
    ) -> None:
        """Fail unless the history has exactly one head.

        :param per_label: several heads will do if each has a branch label
            that no other head has: branches that are meant to stay apart,
            such as *expand* and *contract*.
        :raises RevisionError: the history is empty.
        """
        history = self.migrations.history
        if not history.revisions:
            raise RevisionError("the history has no revision, so no head")
        if len(history.heads) > 1 and not (
            per_label and history.heads_are_labelled
        ):
            lines = [f"the history has {len(history.heads)} heads"]
            heads = history.in_order(history.heads)
            for head in heads[:_HEADS_SHOWN]:
                lines.append(f"  {history.describe(head)}")
                lines.append(f"    file: {history.path(head)}")
            if len(heads) > _HEADS_SHOWN:
                lines.append(f"  and {len(heads) - _HEADS_SHOWN} more")
            lines.append(
                "`alembic merge heads` makes one of them; branches that are "
                "to stay apart need a label each"
            )
            self._refute(msg, "\n".join(lines))

    def assertCurrentRevision(
        self,
        *revisions: str,
        msg: Any = None,
        database: str | None = None,
    ) -> None:
        """Fail unless the database stands at these revisions.

        :param revisions: the maximal applied ones; ``"base"`` for none.
        :raises RevisionError: none given, or an unknown one.
        """
        if not revisions:
            raise RevisionError("name a revision, or 'base'")
        view = self.migrations.on(database)
        history = view.history
        wanted: set[str] = set()
        for revision in revisions:
            found = history.resolve(revision)
            wanted.update([found] if isinstance(found, str) else found)
        wanted.discard("base")
        standing = history.maximal(view.applied)
        if set(standing) != wanted:
            expected = history.in_order(wanted) or ("base",)
            self._refute(
                msg,
                f"the database stands at {quoted(standing or ('base',))}, "
                f"not at {quoted(expected)}",
            )

    def assertUpgrades(
        self,
        revision: str = "heads",
        msg: Any = None,
        *,
        database: str | None = None,
    ) -> None:
        """Fail unless the database, from where it stands, can be upgraded.

        Every revision on the way is really run; none comes from a snapshot.

        :param revision: the target.
        :raises RevisionError: there is nothing to upgrade.
        """
        view = self.migrations.on(database)
        before = view.applied
        target = view._moving(None)
        self._told(msg, lambda: view._upgrade(target, revision, reuse=False))
        gained = view.applied - before
        if not gained:
            raise RevisionError(
                f"{revision!r} is applied already, so nothing was upgraded"
            )
        if gained <= view.skipped_revisions:
            raise RevisionError(
                f"all that was to upgrade, {quoted(sorted(gained))}, is in "
                "skip_revisions, so nothing was run"
            )

    def assertRoundtrip(
        self,
        rev: str | None = None,
        *,
        data: bool = True,
        lossy: Sequence[str] = (),
        ignore: Sequence[Ignore] = (),
        msg: Any = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a revision can be applied, reverted and applied again,
        with nothing left behind and nothing lost.

        The schema after the downgrade must equal the schema before, the
        schema after the second upgrade that after the first, and rows that
        lived before must live after.

        :param rev: the revision; the database is brought to just before it.
            Default: the next one.
        :param data: compare rows too.
        :param lossy: tables, and columns as ``"table.column"``, whose values
            the downgrade may lose.
        :param ignore: differences of the schemas that are meant, beside
            those of the option.
        :raises RevisionError: the revision is applied already, or among
            ``skip_revisions``.
        :raises TableError: ``lossy`` names no table or column.
        """
        view = self.migrations.on(database)
        rules = self._ignored(ignore, SCHEMA)
        if rev is not None:
            view.migrate_up_before(rev)
        elif view.applied | view.skipped_revisions >= set(
            view.history.revisions
        ):
            self._refute(
                msg, "the database is at its heads: no revision was tested"
            )
        problem = self._told(
            msg,
            lambda: round_trip(view, data=data, lossy=lossy, rules=rules),
        )
        if problem:
            self._refute(msg, problem)

    def assertModelsMatchMigrations(
        self,
        msg: Any = None,
        *,
        ignore: Sequence[Ignore] = (),
        allow_empty: bool = False,
    ) -> None:
        """Fail unless Alembic's autogenerate finds nothing to do at heads.

        All that env.py passes to ``configure()`` counts, its
        ``process_revision_directives`` too, and every database that it
        migrates. Moves the database up to heads.

        :param ignore: differences that are meant, beside those of the
            option.
        :param allow_empty: neither models nor tables are needed.
        :raises ConfigError: env.py gives no ``target_metadata``, there is
            nothing to compare, or a rule matches no difference.
        """
        rules = self._ignored(ignore, MODELS)
        comparisons = self.compare_at_heads(self.migrations, msg, rules)
        self.refute_drift(comparisons, msg)
        if not allow_empty:
            refuse_nothing(comparisons)
        rules.refuse_stale()

    def compare_at_heads(
        self,
        context: MigrationContext,
        msg: Any = None,
        rules: IgnoreRules | None = None,
    ) -> list[ModelComparison]:
        """Compare the models with the databases of a context, at heads."""
        self._go_to_heads(context, msg)
        return compare_models(context, rules)

    def _go_to_heads(self, context: MigrationContext, msg: Any) -> None:
        revisions = context.history.revisions
        self._told(msg, lambda: context.apply_revisions(revisions))

    def _told(self, msg: Any, move: Callable[[], T]) -> T:
        """Make a migration's failure the test's."""
        try:
            return move()
        except MigrationFailed as failure:
            self._refute(msg, str(failure))

    def refute_drift(
        self, comparisons: Sequence[ModelComparison], msg: Any = None
    ) -> None:
        """Fail with what autogenerate would write, if it would."""
        parts = []
        for one in comparisons:
            if one.text:
                where = ""
                if one.database:
                    where = f" of database {one.database!r}"
                parts.append(
                    f"the models and the migrations{where} differ; "
                    f"`alembic revision --autogenerate` would write:\n"
                    f"{first_lines(one.text)}"
                )
        if parts:
            self._refute(msg, "\n".join(parts))

    def assertModelsMatchSchema(
        self,
        msg: Any = None,
        *,
        ignore: Sequence[Ignore] = (),
        allow_empty: bool = False,
    ) -> None:
        """Fail unless ``create_all()`` of the models makes the same schema as
        the migrations do, by the database's own catalogue.

        :meth:`assertModelsMatchMigrations` sees what autogenerate sees; this
        sees checks, enums, defaults, orders of an index and whatever else the
        catalogue holds. Views, triggers and the like that only migrations
        make differ, too; say so with ``ignore``. Moves the database up to
        heads.

        :param ignore: differences that are meant, beside those of the
            option.
        :param allow_empty: neither models nor tables are needed.
        :raises ConfigError: env.py gives no ``target_metadata``, there is
            nothing to compare, ``create_all()`` fails, or
            ``get_migration_engine()`` hands over the only database.
        """
        self._go_to_heads(self.migrations, msg)
        comparisons = compare_created(
            self.migrations, self._ignored(ignore, SCHEMA)
        )
        parts = [
            "the models and the migrations"
            + (f" of database {one.database!r}" if one.database else "")
            + f" make different schemas\n{one.text}"
            for one in comparisons
            if one.text
        ]
        if parts:
            self._refute(msg, "\n".join(parts))
        if not allow_empty:
            refuse_nothing(comparisons)

    def assertMigrationFails(
        self,
        revision: str | None = None,
        regex: str | re.Pattern[str] = "",
        msg: Any = None,
        *,
        database: str | None = None,
    ) -> Any:
        """Fail unless a revision's upgrade fails, with a matching text.

        As a call, the database is brought to just before ``revision``, and
        that is applied. Without ``revision`` it is a context manager around
        any moves::

            with self.assertMigrationFails(regex="orphaned rows") as caught:
                self.migrate_up_one()
            self.assertEqual("8f1e", caught.exception.revision)

        The database can be used afterwards, and stands where it stood.
        Statements before the failing one are undone only where env.py's
        transaction covers them: neither MySQL nor, as Python's driver
        begins its transactions late, SQLite takes back a table that was
        created; ``migrate_up_to`` tries the revision again.

        :param revision: the revision.
        :param regex: searched in the text of the error.
        :return: the :class:`~migtestkit.errors.MigrationFailed`; the context
            manager yields an object with it as ``exception``.
        :raises RevisionError: the revision is applied already, or among
            ``skip_revisions``.
        :raises ConfigError: ``regex`` is no regular expression.
        """
        pattern = pattern_of(regex)
        if revision is None:
            return _Failing(self, pattern, msg, "no migration failed")
        view = self.migrations.on(database)
        view.migrate_up_before(revision)
        name = view.history.describe(view.history.resolve_revision(revision))
        nothing = f"the upgrade of revision {name} did not fail"
        with _Failing(self, pattern, msg, nothing) as caught:
            view.migrate_up_one()
        return caught.exception

    def conclude_walk(
        self, report: WalkReport, title: str, nothing: str, msg: Any = None
    ) -> None:
        """Fail with every finding of a walk; skip if nothing was tested;
        name what was not.

        :param title: what was found, if anything.
        :param nothing: why there may be nothing to test.
        """
        history = self.migrations.history
        untested = report.describe_untested(history)
        if report.findings:
            text = f"{title}\n{report.describe_findings(history)}"
            if untested:
                text += f"\nnot tested:\n{untested}"
            self._refute(msg, text)
        if not report.tested:
            self.skipTest(f"{nothing}\n{untested}" if untested else nothing)
        self.name_untested("revision", report.untested)

    def name_untested(self, kind: str, untested: Mapping[str, str]) -> None:
        """Say, in a test that passes, what it left out.

        As a skipped sub-test, which results count and show; a runner that
        has no sub-tests would take the skip for the whole test's.

        :param kind: what is left out: a revision, a database.
        :param untested: each by name, and why.
        """
        outcome = getattr(self, "_outcome", None)
        if not getattr(outcome, "result_supports_subtests", False):
            return
        for name, reason in untested.items():
            with self.subTest("not tested", **{kind: name}):
                self.skipTest(reason)


class _Failing:
    """What :meth:`HistoryAssertions.assertMigrationFails` enters.

    Not a generator, whose frames would stand between the failure and the
    user's line.

    :ivar exception: what it caught.
    """

    exception: MigrationFailed | None = None

    def __init__(
        self,
        case: AssertionMixin,
        pattern: re.Pattern[str],
        msg: Any,
        nothing: str,
    ) -> None:
        self._case = case
        self._regex = pattern
        self._msg = msg
        self._nothing = nothing

    def __enter__(self) -> _Failing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is None:
            self._case._refute(self._msg, self._nothing)
        if not isinstance(error, MigrationFailed):
            return False
        self.exception = error
        if not self._regex.search(str(error)):
            self._case._refute(
                self._msg,
                f"the migration failed, but {self._regex.pattern!r} is not "
                f"in the error:\n{error}",
            )
        return True


def refuse_nothing(comparisons: Sequence[ModelComparison]) -> None:
    """Refuse comparisons that said nothing.

    :raises ConfigError: says why.
    """
    reason = nothing_compared(comparisons)
    if reason:
        raise ConfigError(reason)


def nothing_compared(comparisons: Sequence[ModelComparison]) -> str:
    """Return why comparing models said nothing, of all databases or of one;
    empty if it did say."""
    bare = [one for one in comparisons if not one.has_metadata]
    if bare:
        several = len(comparisons) > 1
        names = quoted(str(one.database) for one in bare)
        where = f" for the database {names}" if several else ""
        return (
            f"env.py passes no target_metadata to configure(){where}, so "
            "there are no models to compare; pass it there, or set "
            "target_metadata"
        )
    if not any(one.says_something for one in comparisons):
        return "there is no model and no table, so nothing to compare"
    return ""
