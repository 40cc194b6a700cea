"""What does the test of one revision say?"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from migtestkit.case import MigrationTestCase
from migtestkit.cli.scaffold.expectations import expect_schema
from migtestkit.cli.scaffold.rows import (
    Contents,
    expect_rows,
    made_up,
    read_contents,
    unsure_columns,
)
from migtestkit.cli.scaffold.source import Call, Code
from migtestkit.cli.scaffold.stages import holds, perform, stage
from migtestkit.cli.scaffold.tables import TableFacts, read_tables
from migtestkit.config import MigrationConfig
from migtestkit.context import MigrationContext
from migtestkit.context.recording import RevisionRecord, record_upgrades
from migtestkit.context.walks import Scope
from migtestkit.errors import MigrationFailed, MigtestkitError
from migtestkit.rows.synthetic import DUPLICATE, TYPICAL
from migtestkit.schema import compare

__unittest = True

_KINDS = ((TYPICAL, DUPLICATE), (TYPICAL,))


@dataclass
class RevisionTest:
    """The parts of a revision's test.

    :ivar revision: its id.
    :ivar message: what its script says that it does.
    :ivar setup: what is done before each test.
    :ivar upgrade: what is done and asserted of its upgrade.
    :ivar roundtrip: what is asserted of its way back, if it has one.
    :ivar fails: why that does not hold today; empty if it does.
    :ivar irreversible: why there is no way back.
    :ivar notes: what a person should know.
    :ivar left_out: assertions that were thought of and do not hold.
    """

    revision: str
    message: str
    setup: list[Call] = field(default_factory=list)
    upgrade: list[Call] = field(default_factory=list)
    roundtrip: list[Call] = field(default_factory=list)
    fails: str = ""
    irreversible: str = ""
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def study_revision(config: MigrationConfig, target: str) -> RevisionTest:
    """Find out what a revision does, and what a test can say of it.

    :param target: the revision.
    :raises RevisionError: there is no such revision.
    :raises MigrationFailed: it cannot be applied to an empty database.
    """
    with MigrationContext(config) as context:
        revision = context.history.resolve_revision(target)
        message = context.history.message(revision)
        scope = Scope(frozenset({revision}))
        records = [
            one
            for one in record_upgrades(context, scope)
            if one.revision == revision
        ]
        if not records:
            # A revision below it fails: let that one say how.
            context.migrate_up_to(revision)
    for one in records:
        if one.error:
            raise MigtestkitError(one.error)
    return _Study(config, RevisionTest(revision, message), records).go()


class _Study:
    """The finding out."""

    def __init__(
        self,
        config: MigrationConfig,
        test: RevisionTest,
        records: Sequence[RevisionRecord],
    ) -> None:
        self._config = config
        self._test = test
        self._records = {one.database: one for one in records}
        self._before: dict[str | None, dict[str, TableFacts]] = {}
        self._touched: dict[str | None, set[str]] = {}
        self._rehearsed: Contents = {}

    def go(self) -> RevisionTest:
        """Return the test."""
        with self._stage() as case:
            for name in case.migrations.databases:
                self._look_before(case, name)
            choices = [self._rows_of(case, kinds) for kinds in _KINDS]
        inserts = self._choose_rows(choices)
        self._test.setup = [*self._moves("migrate_up_before"), *inserts]
        self._write_upgrade(inserts)
        self._write_roundtrip(inserts)
        return self._test

    # -- moving ---------------------------------------------------------------

    def _moves(self, method: str) -> list[Call]:
        given = [self._test.revision] if method != "migrate_up_one" else []
        return [
            Call(method, given, _of(name)) for name in self._records
        ]

    @contextlib.contextmanager
    def _stage(self, *more: Call) -> Iterator[MigrationTestCase]:
        with stage(self._config) as case:
            perform(case, [*self._moves("migrate_up_before"), *more])
            yield case

    # -- before ---------------------------------------------------------------

    def _look_before(
        self, case: MigrationTestCase, name: str | None
    ) -> None:
        record = self._records[name]
        content = _of_database(read_contents(case.migrations, rows=False),
                               name)
        sent = "\n".join(one.sql for one in record.statements)
        touched = {
            fact.container
            for fact in (one.fact for one in record.changes)
            if fact.container is not None
        } | {
            table
            for table in content
            if re.search(rf"\b{re.escape(table.rpartition('.')[2])}\b", sent)
        }
        self._touched[name] = touched
        self._before[name] = _read(case, name, touched)

    def _rows_of(
        self, case: MigrationTestCase, kinds: Sequence[str]
    ) -> tuple[list[Call], list[str]]:
        """Return the calls that put rows of some kinds into the tables that
        are touched, and why some get none."""
        calls: list[Call] = []
        problems: list[str] = []
        for name, touched in self._touched.items():
            before = self._before[name]
            there = [
                one for one in sorted(touched)
                if one in before and not before[one].is_view
            ]
            if there:
                made, why = made_up(case, name, there, kinds)
                calls += made
                problems += why
        return calls, problems

    def _choose_rows(
        self, choices: Sequence[tuple[list[Call], list[str]]]
    ) -> list[Call]:
        """Return the calls that insert rows that the upgrade copes with."""
        for kinds, (calls, problems) in zip(_KINDS, choices):
            if not calls:
                self._test.notes += problems
                break
            try:
                self._rehearse(calls)
            except MigrationFailed as failure:
                self._note_failure(kinds, failure)
            except Exception as error:
                self._test.notes.append(
                    f"no rows were written, for they are not taken: {error}"
                )
                break
            else:
                self._test.notes += problems
                return calls
        self._rehearse([])
        return []

    def _rehearse(self, inserts: Sequence[Call]) -> None:
        """Apply the revision, and note what the tables hold then."""
        with self._stage(*inserts) as case:
            perform(case, self._moves("migrate_up_one"))
            self._rehearsed = read_contents(case.migrations, rows=True)

    def _note_failure(
        self, kinds: Sequence[str], failure: MigrationFailed
    ) -> None:
        what = "rows that are alike but for their keys"
        if DUPLICATE not in kinds:
            what = "a row in each table that it touches"
        self._test.notes.append(f"with {what}: {failure}")

    # -- after ----------------------------------------------------------------

    def _write_upgrade(self, inserts: Sequence[Call]) -> None:
        test = self._test
        ups = self._moves("migrate_up_one")
        with self._stage(*inserts) as case:
            names = case.migrations.databases
            before = read_contents(case.migrations, rows=True)
            schemas = {
                one: case.schema_snapshot(database=one) for one in names
            }
            perform(case, ups)
            after = read_contents(case.migrations, rows=True)
            wanted: list[Call] = []
            for name in names:
                touched = self._touched[name]
                changes = compare(
                    schemas[name], case.schema_snapshot(database=name)
                )
                calls = expect_schema(
                    self._before[name], _read(case, name, touched), changes
                )
                wanted += [_at(one, name) for one in calls]
                wanted += expect_rows(
                    before, after, self._rehearsed, name, touched,
                    unsure_columns(case, name, touched),
                )
            # A merge changes nothing, but is applied.
            wanted = wanted or [
                Call("assertIn", [test.revision, _applied(one)])
                for one in names
            ]
            test.upgrade = [*ups, *self._those_that_hold(case, wanted)]

    def _those_that_hold(
        self, case: MigrationTestCase, calls: Sequence[Call]
    ) -> list[Call]:
        kept = []
        for call in calls:
            why = holds(case, call)
            if why:
                self._test.left_out.append(f"{call.source}: {why}")
            else:
                kept.append(call)
        return kept

    def _write_roundtrip(self, inserts: Sequence[Call]) -> None:
        test = self._test
        plain = self._moves("assertRoundtrip")
        why = self._try(plain, inserts)
        if "NotImplementedError" in why:
            test.irreversible = why
            return
        lossy = self._what_is_dropped()
        if why and lossy:
            calls = [
                Call(one.method, one.args, {**one.options, "lossy": lossy})
                for one in plain
            ]
            if not self._try(calls, inserts):
                test.roundtrip = calls
                test.notes.append(
                    "its downgrade cannot give back what its upgrade drops: "
                    f"{', '.join(lossy)}; assertRoundtrip is told so"
                )
                return
        test.roundtrip = plain
        if why:
            test.fails = why
            test.notes.append(
                "assertRoundtrip fails, so that test_roundtrip is marked as "
                f"an expected failure: {why}"
            )

    def _try(self, calls: Sequence[Call], inserts: Sequence[Call]) -> str:
        with self._stage(*inserts) as case:
            for call in calls:
                why = holds(case, call)
                if why:
                    return why
        return ""

    def _what_is_dropped(self) -> list[str]:
        found = []
        for record in self._records.values():
            for one in record.changes:
                if one.change == "removed" and one.kind == "table":
                    found.append(one.name)
                elif one.kind == "column" and one.change != "added":
                    found.append(f"{one.table}.{one.name}")
        return sorted(set(found))


def _of(name: str | None) -> dict[str, Any]:
    return {} if name is None else {"database": name}


def _applied(name: str | None) -> Code:
    if name is None:
        return Code("self.applied")
    return Code(f'self.migrations.on("{name}").applied')


def _at(call: Call, name: str | None) -> Call:
    """Return a call about one of several databases."""
    if name is None:
        return call
    args = [
        Code(one.text.replace("()", f'(database="{name}")'))
        if isinstance(one, Code)
        else one
        for one in call.args
    ]
    if any(isinstance(one, Code) for one in args):
        return Call(call.method, args, call.options)
    return Call(call.method, args, {**call.options, **_of(name)})


def _of_database(contents: Contents, name: str | None) -> list[str]:
    if name is None:
        return list(contents)
    start = f"{name}:"
    return [
        one[len(start):] for one in contents if one.startswith(start)
    ]


def _read(
    case: MigrationTestCase, name: str | None, wanted: set[str]
) -> dict[str, TableFacts]:
    view = case.migrations.on(name)
    with view.connect() as connection:
        return read_tables(connection, view.schemas(connection), wanted)


__all__ = ["RevisionTest", "study_revision"]
