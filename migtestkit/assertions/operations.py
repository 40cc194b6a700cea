"""Do revisions call only what they may, and stand being run again?"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from migtestkit import alembic_api
from migtestkit.assertions.base import AssertionMixin
from migtestkit.config import Ignore
from migtestkit.config.ignoring import SCHEMA
from migtestkit.context import MigrationContext
from migtestkit.context.operations import (
    Call,
    known_operations,
    watched_operations,
)
from migtestkit.context.roundtrip import Contents, read_contents
from migtestkit.context.seeding import revision_in
from migtestkit.context.walks import describe_schema_change, look_at_schemas
from migtestkit.errors import (
    ConfigError,
    MigrationFailed,
    RevisionError,
    first_lines,
    listing,
    suggest,
)
from migtestkit.history import RevisionHistory
from migtestkit.rows import compare_rows

__unittest = True


class OperationAssertions(AssertionMixin):
    """Assertions about what a revision's script does."""

    def assertOperationsForbidden(
        self,
        *operations: Any,
        since: str | None = None,
        exempt: Mapping[str, str] | None = None,
        msg: Any = None,
    ) -> None:
        """Fail if a revision's upgrade calls an operation that is forbidden.

        The whole history is upgraded on a clean database, and what is really
        called is noted: of ``op``, of a batch, by ``op.invoke()``, in
        functions that a revision calls too. What a connection executes by
        itself is not seen. ::

            self.assertOperationsForbidden("drop_column", "drop_table")
            self.assertOperationsForbidden(
                {"expand": ["drop_column", re.compile("DROP")]},
                since="8f1e",
                exempt={"9a2f": "the table was never used"},
            )

        :param operations: names as ``op`` has them, and compiled patterns,
            which are searched in the text of ``op.execute()``; or one
            mapping of branch labels to such.
        :param since: only this revision and what comes after it in upgrade
            order.
        :param exempt: revision -> why it may.
        :raises ConfigError: an unknown operation, or an exemption without a
            reason.
        :raises RevisionError: an unknown revision or label, one that is
            exempt and calls nothing forbidden, or there was no revision to
            run.
        """
        context = self.migrations
        rules = _rules(operations)
        history = context.history
        _check_labels(rules, history)
        allowed = _exemptions(exempt, history)
        looked_at = _since(since, history)
        with self._clean(context) as clean:
            before = clean.applied
            with watched_operations(history) as calls:
                self._run_all(clean, history, msg)
            # Those of plugins are known once env.py and the scripts ran.
            _check_operations(rules)
            ran = looked_at & clean.applied
            ran = ran - before - clean.skipped_revisions
        _refuse_idle(rules, ran, history)
        found = [
            call
            for call in calls
            if call.revision in ran
            and _is_forbidden(call, rules, history.label(call.revision))
        ]
        needless = set(allowed) - {call.revision for call in found}
        if needless:
            names = listing(
                history.describe(one) for one in history.in_order(needless)
            )
            raise RevisionError(
                f"exempt lists {names}, which calls nothing that is "
                "forbidden; remove it"
            )
        found = [call for call in found if call.revision not in allowed]
        if found:
            lines = []
            for call in dict.fromkeys(found):
                name = history.describe(call.revision)
                lines.append(f"  {name}: {call.operation}")
                lines.append(f"    at: {call.describe()}")
            self._refute(
                msg,
                "these revisions call operations that are forbidden\n"
                + first_lines("\n".join(lines), 20),
            )

    def assertUpgradeIdempotent(
        self,
        rev: str | None = None,
        msg: Any = None,
        *,
        allow_empty: bool = False,
        database: str | None = None,
    ) -> None:
        """Fail unless a revision's upgrade can be run a second time on top
        of the first and changes nothing, neither schema nor rows: as after a
        deployment that broke off before the version was written.

        :param rev: the revision; the database is brought to just before it.
            Default: the next one.
        :param allow_empty: the first upgrade may change nothing either.
        :raises RevisionError: the revision is applied already, among
            ``skip_revisions``, or its first upgrade changes nothing.
        """
        view = self.migrations.on(database)
        revision = self._before(view, rev, msg)
        start = _state(view)
        self._up(view, msg)
        first = _state(view)
        name = view.history.describe(revision)
        if not allow_empty and not _changes(start, first, ("", "")):
            raise RevisionError(
                f"the upgrade of revision {name} changes nothing, so that it "
                "can be repeated says nothing; insert the rows that it is "
                "about before, or pass allow_empty=True"
            )
        try:
            _run_again(view, revision)
        except MigrationFailed as failure:
            self._refute(
                msg,
                f"the upgrade of revision {name} cannot be run a second time"
                f"\n{failure}",
            )
        labels = ("after the first upgrade", "after the second")
        text = _changes(first, _state(view), labels)
        if text:
            self._refute(
                msg,
                f"the upgrade of revision {name} changes something when it "
                f"is run a second time\n{first_lines(text)}\n"
                f"  file: {view.history.path(revision)}",
            )

    def assertDowngradeLeavesNoTrace(
        self,
        rev: str | None = None,
        msg: Any = None,
        *,
        ignore: Sequence[Ignore] = (),
        allow_empty: bool = False,
        database: str | None = None,
    ) -> None:
        """Fail unless a revision's downgrade restores the schema, by the
        database's own catalogue. Leaves the database before the revision.

        :param rev: the revision; the database is brought to just before it.
            Default: the next one.
        :param ignore: differences that are meant, beside those of the
            option.
        :param allow_empty: the upgrade may leave the schema as it is.
        :raises RevisionError: the revision is applied already, among
            ``skip_revisions``, or its upgrade changes no schema.
        """
        view = self.migrations.on(database)
        rules = self._ignored(ignore, SCHEMA)
        revision = self._before(view, rev, msg)
        before = look_at_schemas(view)
        self._up(view, msg)
        name = view.history.describe(revision)
        after = look_at_schemas(view)
        if not allow_empty and not describe_schema_change(
            before, after, "", ""
        ):
            raise RevisionError(
                f"the upgrade of revision {name} leaves the schema as it is, "
                "so there is nothing to restore; pass allow_empty=True if "
                "that is meant"
            )
        try:
            view._mover.revert([revision], [view._target(None)])
        except MigrationFailed as failure:
            self._refute(msg, str(failure))
        text = describe_schema_change(
            before,
            look_at_schemas(view),
            "before the upgrade",
            "after the downgrade",
            rules,
        )
        if text:
            self._refute(
                msg,
                f"the downgrade of revision {name} leaves traces\n"
                f"{first_lines(text)}\n"
                f"  file: {view.history.path(revision)}",
            )

    @contextlib.contextmanager
    def _clean(
        self, context: MigrationContext
    ) -> Iterator[MigrationContext]:
        if context.config.get_migration_engine is not None:
            yield context  # there is no other database
        else:
            with context.fresh() as clean:
                yield clean

    def _run_all(
        self, clean: MigrationContext, history: RevisionHistory, msg: Any
    ) -> None:
        try:
            clean.apply_revisions(history.revisions)
        except MigrationFailed as failure:
            self._refute(msg, str(failure))

    def _before(
        self, view: MigrationContext, rev: str | None, msg: Any
    ) -> str:
        """Bring a database to just before a revision; return its id."""
        if rev is not None:
            revision = view.history.resolve_revision(rev)
        else:
            found = view._next(view._target(None))
            if found is None:
                self._refute(
                    msg, "the database is at its heads: no revision was tested"
                )
            revision = found
        try:
            view.migrate_up_before(revision)
        except MigrationFailed as failure:
            self._refute(msg, str(failure))
        return revision

    def _up(self, view: MigrationContext, msg: Any) -> None:
        try:
            view.migrate_up_one()
        except MigrationFailed as failure:
            self._refute(msg, str(failure))


# -- what is forbidden --------------------------------------------------------

Rules = Mapping["str | None", Sequence[Any]]


def _rules(operations: Sequence[Any]) -> Rules:
    """Return what is forbidden by branch label, ``None`` for all."""
    if len(operations) == 1 and isinstance(operations[0], Mapping):
        rules: dict[str | None, Sequence[Any]] = dict(operations[0])
    else:
        rules = {None: operations}
    if not rules or not all(rules.values()):
        raise ConfigError(
            "assertOperationsForbidden names no operation; name some, such "
            "as 'drop_column'"
        )
    for label, several in rules.items():
        if isinstance(several, str):
            raise ConfigError(
                f"the operations of label {label!r} must be a list of names, "
                f"not {several!r}"
            )
        for one in several:
            if not isinstance(one, (str, re.Pattern)):
                raise ConfigError(
                    "an operation is named, as 'drop_column', or a compiled "
                    f"pattern for op.execute(), not {one!r}"
                )
    return rules


def _check_operations(rules: Rules) -> None:
    known = known_operations()
    for several in rules.values():
        for one in several:
            if isinstance(one, str) and one not in known:
                near = suggest(one, known)
                near = near or f"; there are {listing(sorted(known), 40)}"
                raise ConfigError(f"op has no operation {one!r}{near}")


def _check_labels(rules: Rules, history: RevisionHistory) -> None:
    for label in rules:
        if label is not None and label not in history.labels:
            raise RevisionError(
                f"the history has no branch label {label!r}; there are "
                f"{listing(history.labels)}"
                f"{suggest(str(label), history.labels)}"
            )


def _exemptions(
    exempt: Mapping[str, str] | None, history: RevisionHistory
) -> dict[str, str]:
    if exempt is not None and not isinstance(exempt, Mapping):
        raise ConfigError(
            f"exempt must be a mapping revision -> reason, not {exempt!r}"
        )
    found = {}
    for revision, reason in (exempt or {}).items():
        if not isinstance(reason, str) or not reason.strip():
            raise ConfigError(
                f"exempt gives no reason for {revision!r}; write why it may"
            )
        found[revision_in(history, revision, "exempt")] = reason
    return found


def _since(since: str | None, history: RevisionHistory) -> frozenset[str]:
    order = history.revisions
    if since is None:
        return frozenset(order)
    first = revision_in(history, since, "since")
    return frozenset(order[order.index(first):])


def _refuse_idle(
    rules: Rules, ran: Iterable[str], history: RevisionHistory
) -> None:
    """Refuse to have looked at nothing.

    :raises RevisionError: says at what.
    """
    for label in rules:
        if not any(
            label is None or label in history.label(revision)
            for revision in ran
        ):
            where = "" if label is None else f" of branch {label!r}"
            raise RevisionError(f"no revision{where} was run")


def _is_forbidden(
    call: Call, rules: Rules, labels: Sequence[str]
) -> bool:
    for label, several in rules.items():
        if label is not None and label not in labels:
            continue
        for one in several:
            if isinstance(one, str):
                if one == call.operation:
                    return True
            elif call.operation == "execute" and one.search(call.text):
                return True
    return False


# -- once more ----------------------------------------------------------------


def _run_again(view: MigrationContext, revision: str) -> None:
    """Run an upgrade that has been run; its step down is one in name."""
    scripts = view.environment.scripts.directory
    name = view._target(None).name

    def plan(location: Any, heads: tuple[str, ...], _: Any) -> Iterator[Any]:
        if location.database == name:
            down = alembic_api.downgrade_step(scripts, revision)
            yield alembic_api.without_running(down)
            yield alembic_api.upgrade_step(scripts, revision)

    view.run_uncut(plan, due=[revision])


def _state(view: MigrationContext) -> tuple[Any, Contents]:
    return look_at_schemas(view), read_contents(view, rows=True)


def _changes(
    before: tuple[Any, Contents],
    after: tuple[Any, Contents],
    labels: tuple[str, str],
) -> str:
    """Return in what schemas and rows differ."""
    lines = []
    schema = describe_schema_change(before[0], after[0], *labels)
    if schema:
        lines.append(schema)
    for table in sorted(before[1].keys() & after[1].keys()):
        rows = before[1][table]
        difference = compare_rows(rows.rows, after[1][table].rows, rows.key)
        if difference:
            lines.append(f"table {table!r}:\n{difference.describe()}")
    return "\n".join(lines)
