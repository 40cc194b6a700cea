"""Does what the previous release sends still work after a revision?

In a deployment it goes on running for a while. Statements shaped by the tables
before the revision are sent there twice, so that those which do not work
anyway drop out, and once more behind it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alembic.runtime.migration import MigrationStep
from sqlalchemy import Connection

from migtestkit.config import Intended, IntendedUse
from migtestkit.context.core import MigrationContext
from migtestkit.context.intentions import if_meant
from migtestkit.context.walks import (
    EVERYTHING,
    Finding,
    Scope,
    Walk,
    WalkReport,
    apply,
    go_on,
    start,
    step_up,
)
from migtestkit.errors import MigrationFailed
from migtestkit.history import RevisionHistory
from migtestkit.rows.probes import Probe, probes_of
from migtestkit.rows.synthetic import (
    TYPICAL,
    Key,
    Population,
    Shape,
    changed_tables,
    dialect_of,
    label,
)

__unittest = True

BREAKS = "upgrade that breaks the previous release"
#: Of one revision.
MOST_TOLD = 8
_WORD = re.compile(r"\w+")


def walk_compatibility(
    context: MigrationContext,
    intended: IntendedUse,
    scope: Scope = EVERYTHING,
) -> WalkReport:
    """Find revisions after which statements fail that worked before.

    :param intended: tables and columns that the previous release does
        without.
    """
    with Walk(context) as walk:
        failed: set[str] = set()
        left = start(walk, scope)
        judge = _Compatibility(walk, intended)
        for revision in left:
            if scope.first_only and walk.report.findings:
                break
            if walk.blocked(revision, failed):
                continue
            skipped = revision in walk.database.skipped_revisions
            if skipped or not scope.judges(revision):
                going = apply(walk, revision, failed)
            else:
                going = judge.go(revision, failed)
            if not going:
                break
        return walk.report.limit(scope, context.history)


@dataclass
class _Known:
    """What is known of a database while it moves on.

    :ivar view: the database.
    :ivar population: its tables.
    :ivar states: theirs; ``None`` where the database tells none.
    """

    view: MigrationContext
    population: Population
    states: Mapping[Key, Hashable] | None = None

    def look(self, connection: Connection) -> None:
        """Learn which tables there are by now."""
        before, self.states = self.states, self.read(connection)
        changed: set[Key] | None = None
        if before is not None and self.states is not None:
            changed = changed_tables(before, self.states)
        self.population.look(connection, changed)

    def read(self, connection: Connection) -> Mapping[Key, Hashable] | None:
        """Return the state of the tables."""
        self.population.declared = self.view.declared
        return self.population.states(connection)

    @property
    def shapes(self) -> Mapping[Key, Shape]:
        """The tables."""
        return self.population.shapes


@dataclass
class _Asked:
    """What is sent to one database, before and after.

    :ivar probed: the tables that it is about; ``None``: all.
    """

    known: _Known
    probes: list[Probe]
    probed: set[Key] | None


class _Compatibility:
    """Judges revisions, one after the other.

    :param intended: what the previous release does without.
    """

    def __init__(self, walk: Walk, intended: IntendedUse) -> None:
        self._walk = walk
        self._intended = intended
        self._database = walk.database
        self._known: dict[str | None, _Known] = {}
        self._seeds = _seeds(walk.database.intended)

    def go(self, revision: str, failed: set[str]) -> bool:
        """Leave a revision applied, if that can be; say whether it is
        possible to go on."""
        walk, applied = self._walk, self._walk.applied
        named = script_words(walk.history, revision)
        everything, with_rows = False, True
        while True:
            try:
                asked = self._ask(
                    revision, None if everything else named, with_rows
                )
                _run(walk.database, revision)
            except MigrationFailed as failure:
                if not with_rows:
                    return self._give_up(revision, failure, failed, applied)
                # Made-up rows may stop it; other checks tell of that.
                with_rows = False
            else:
                if self._judge(revision, asked):
                    return True
                # It has reached further than its script says.
                everything = True
            if not go_on(walk, applied, ()):
                return False

    def _give_up(
        self,
        revision: str,
        failure: MigrationFailed,
        failed: set[str],
        applied: frozenset[str],
    ) -> bool:
        self._walk.give_up(
            [revision], f"its upgrade fails: {failure.error}"
        )
        failed.add(revision)
        return go_on(self._walk, applied, ())

    # -- before ---------------------------------------------------------------

    def _ask(
        self, revision: str, named: set[str] | None, with_rows: bool
    ) -> list[_Asked]:
        return [
            self._ask_one(name, revision, named, with_rows)
            for name in self._walk.database.databases
        ]

    def _ask_one(
        self,
        name: str | None,
        revision: str,
        named: set[str] | None,
        with_rows: bool,
    ) -> _Asked:
        known = self._know(name)
        with known.view.connect() as connection:
            known.look(connection)
            if known.states is None:
                named = None
            keys = reached(known.shapes, named)
            if with_rows:
                _fill(connection, known.population, keys)
            connection.rollback()
            probes: list[Probe] = []
            with _undone(connection):
                for key in keys:
                    probes += self._probes(connection, known, key, revision)
            # Twice: some spoil it for themselves.
            for _ in range(2):
                with _undone(connection):
                    probes = [
                        one for one in probes if not one.send(connection)
                    ]
        return _Asked(known, probes, None if named is None else set(keys))

    def _know(self, name: str | None) -> _Known:
        database = self._walk.database
        if self._database is not database:
            # The one before is gone.
            self._database, self._known = database, {}
        view = database.on(name)
        known = self._known.get(name)
        if known is None:
            population = Population(
                exclude=[view.version_table], overrides=self._seeds
            )
            known = self._known[name] = _Known(view, population)
        return known

    def _probes(
        self, connection: Connection, known: _Known, key: Key, revision: str
    ) -> Iterator[Probe]:
        shape, table = known.shapes[key], label(key)
        apart = [
            one[len(table) + 1:]
            for one in self._intended.names(revision)
            if one.startswith(f"{table}.")
        ]
        savepoint = connection.begin_nested()
        made = known.population.fill(connection, [key]).rows
        savepoint.rollback()
        known.population.changed_rows(
            [one for one in known.shapes if label(one) in made]
        )
        yield from probes_of(shape, made.get(table, ()), apart)

    # -- after ----------------------------------------------------------------

    def _judge(self, revision: str, asked: list[_Asked]) -> bool:
        """Note what fails by now; say whether all that it has reached was
        asked for."""
        report, lines = self._walk.report, []
        for one in asked:
            known = one.known
            known.population.changed_rows(
                list(known.shapes) if one.probed is None else one.probed
            )
            with known.view.connect() as connection:
                after = known.read(connection)
                before = known.states or {}
                connection.rollback()
                if one.probed is not None:
                    changed = changed_tables(before, after or {})
                    if not changed & set(before) <= one.probed:
                        return False
                with _undone(connection):
                    lines += self._failing(connection, one.probes, revision)
        if not any(one.known.shapes for one in asked):
            self._walk.give_up([revision], "no table was there before it")
            return True
        report.tested.append(revision)
        if lines:
            if len(lines) > MOST_TOLD:
                more = len(lines) - MOST_TOLD
                lines[MOST_TOLD:] = [f"... and {more} more"]
            lines.append(if_meant(revision, "contract"))
            report.findings.append(
                Finding(revision, BREAKS, "\n".join(lines))
            )
        return True

    def _failing(
        self, connection: Connection, probes: list[Probe], revision: str
    ) -> list[str]:
        found: dict[tuple[str, str], list[Probe]] = {}
        for probe in probes:
            error = probe.send(connection)
            if error and not self._is_meant(revision, probe, error):
                found.setdefault((probe.table, _brief(error)), []).append(
                    probe
                )
        lines = []
        for (table, error), those in found.items():
            more = ""
            if len(those) > 1:
                more = f" (and {len(those) - 1} more)"
            lines.append(
                f"table {table!r}: {those[0].words}{more} fails: {error}"
            )
        return lines

    def _is_meant(self, revision: str, probe: Probe, error: str) -> bool:
        table, words = probe.table, set(_WORD.findall(error))
        columns = [
            one
            for one in self._intended.names(revision)
            if one.startswith(f"{table}.")
            and one[len(table) + 1:] in {*words, *probe.columns}
        ]
        return self._intended.covers(revision, table, *columns)


def _run(database: MigrationContext, revision: str) -> None:
    def plan(*_: Any) -> Iterator[MigrationStep]:
        if revision not in database.applied:
            yield step_up(database, revision)

    database.run_uncut(plan)


def script_words(history: RevisionHistory, revision: str) -> set[str]:
    """Return all words of a script, in lower case."""
    path = history.path(revision)
    with open(path, encoding="utf-8", errors="replace") as file:
        return set(_WORD.findall(file.read().lower()))


def reached(
    shapes: Mapping[Key, Shape], named: Collection[str] | None
) -> list[Key]:
    """Return the tables that a script names, and those that they refer to,
    or that refer to them."""
    if named is None:
        return list(shapes)
    found = {
        key
        for key in shapes
        if set(_WORD.findall(key[1].lower())) <= set(named)
    }
    more = {
        other
        for key, shape in shapes.items()
        for one in shape.references
        for mine, other in ((key, one.target), (one.target, key))
        if mine in found
    }
    return [key for key in shapes if key in found | more]


def _fill(
    connection: Connection, population: Population, keys: list[Key]
) -> None:
    """Give each table a row: no two alike, which a revision may object to."""
    empty = [key for key in keys if not population.rows(connection, key)]
    if empty:
        population.fill(connection, empty, [TYPICAL])
        connection.commit()


@contextlib.contextmanager
def _undone(connection: Connection) -> Iterator[None]:
    dialect_of(connection).begin(connection)
    try:
        yield
    finally:
        connection.rollback()


def _seeds(
    declared: Mapping[str, Intended]
) -> Mapping[str, Mapping[str, Any]]:
    """Return the values that made-up rows take, whatever revision asks."""
    found: dict[str, dict[str, Any]] = {}
    for one in declared.values():
        for table, columns in one.seed.items():
            for column, value in columns.items():
                found.setdefault(table, {}).setdefault(column, value)
    return found


def _brief(error: str) -> str:
    """Return an error without what differs from statement to statement."""
    return re.split(r" (?:LINE \d+:|DETAIL:|HINT:) ", error)[0]
