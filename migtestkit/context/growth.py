"""Does a revision do more where there are more rows?

It is run twice, over few rows and over many; what it sends, and what the
database says of that, is counted. Time says nothing with so few rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from alembic.runtime.migration import MigrationStep
from sqlalchemy import Connection

from migtestkit.context.compatibility import reached, script_words
from migtestkit.context.core import MigrationContext
from migtestkit.context.walks import Finding, Walk, WalkReport, step_up
from migtestkit.context.work import PostgreSQLWatch, Seen
from migtestkit.environment import Sending, StatementWatch
from migtestkit.errors import ConfigError, MigrationFailed
from migtestkit.rows.synthetic import TYPICAL, Population, dialect_of, label

__unittest = True

GROWTH = "upgrade whose work grows with the rows"
#: Rows of each table that the script names.
FEW, MANY = 2, 20
_READS = re.compile(r"\s*(?:SELECT|PRAGMA|SHOW|WITH)\b", re.IGNORECASE)


@dataclass
class _Count(StatementWatch):
    """Counts statements, by their text, and the rows that they write."""

    sent: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    postgresql: PostgreSQLWatch | None = None

    def before(self, sending: Sending) -> None:
        if self.postgresql is not None:
            self.postgresql.before(sending)

    def after(self, sending: Sending, rows: int) -> None:
        if self.postgresql is not None:
            self.postgresql.after(sending, rows)
        statement = sending.statement.strip()
        times = len(sending.parameters) if sending.many else 1
        self.sent[statement] += times
        if rows > 0 and not _READS.match(statement):
            self.rows[statement] += rows

    @property
    def seen(self) -> list[Seen]:
        """What PostgreSQL tells of them."""
        return self.postgresql.seen if self.postgresql is not None else []


def find_growth(context: MigrationContext, revision: str) -> WalkReport:
    """Run a revision over few rows and over many, and compare.

    :raises ConfigError: there is but one database.
    """
    counts: list[_Count] = []
    filled: set[str] = set()
    with Walk(context) as walk:
        if not walk.renewable:
            raise ConfigError(
                "the revision is run twice, and get_migration_engine() hands "
                "over the only database"
            )
        for size in (FEW, MANY):
            try:
                walk.take(walk.history.requirements(revision))
                filled |= fill_named(walk, revision, size)
                counts.append(_run(walk.database, revision))
            except MigrationFailed as failure:
                walk.give_up(
                    [revision], f"its upgrade fails: {failure.error}"
                )
                return walk.report
        if not filled:
            walk.give_up(
                [revision],
                "its script names no table that was there before it and got "
                "rows",
            )
            return walk.report
        walk.report.tested.append(revision)
        text = "\n".join(dict.fromkeys(_growing(*counts)))
        if text:
            walk.report.findings.append(Finding(revision, GROWTH, text))
        return walk.report


def _growing(few: _Count, many: _Count) -> Iterator[str]:
    told = set()
    for statement, times in many.sent.items():
        before = few.sent[statement]
        if times > before:
            told.add(statement)
            yield (
                f"{_short(statement)}\n  is sent {times} times over {MANY} "
                f"rows, {before} times over {FEW}"
            )
    for statement, rows in many.rows.items():
        if rows > few.rows[statement] and statement not in told:
            told.add(statement)
            yield (
                f"{_short(statement)}\n  writes {rows} rows where a table has "
                f"{MANY}, {few.rows[statement]} where it has {FEW}"
            )
    for one in many.seen:
        tables = sorted({*one.scanned, *one.rewritten})
        if tables and one.statement not in told:
            names = ", ".join(map(repr, tables))
            yield (
                f"{_short(one.statement)}\n  goes through all rows of {names}"
            )


def _short(statement: str) -> str:
    first, *more = statement.splitlines()
    return first[:200] + (" ..." if more else "")


def fill_named(walk: Walk, revision: str, size: int) -> set[str]:
    """Give the tables that a script names some rows; return those that have
    got them all."""
    words, done = script_words(walk.history, revision), set()
    for name in walk.database.databases:
        view = walk.database.on(name)
        population = Population(
            exclude=[view.version_table], declared=view.declared
        )
        with view.connect() as connection:
            population.look(connection)
            for key in reached(population.shapes, words):
                if _fill_one(connection, population, key, size):
                    done.add(label(key))
            connection.commit()
    return done


def _fill_one(
    connection: Connection, population: Population, key: Any, size: int
) -> bool:
    dialect_of(connection).begin(connection)
    made = 0
    for _ in range(size):
        filled = population.fill(connection, [key], [TYPICAL])
        made += len(filled.rows.get(label(key), ()))
    return made >= size


def _run(database: MigrationContext, revision: str) -> _Count:
    count = _Count()
    names = database.databases
    if all(
        database.on(name).engine.dialect.name == "postgresql"
        for name in names
    ):
        count.postgresql = PostgreSQLWatch(
            exclude=tuple(database.on(name).version_table for name in names)
        )

    def plan(*_: Any) -> Iterator[MigrationStep]:
        if revision not in database.applied:
            yield step_up(database, revision)

    database.run_uncut(plan, watch=count)
    return count
