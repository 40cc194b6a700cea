"""Which rows does a database hold while it moves from revision to revision?

They live on from one revision to the next. What is known of tables and rows
is kept: asked anew is only what a revision has touched, so that its cost does
not grow with the number of tables.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import (
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from migtestkit.config import Intended
from migtestkit.context.core import MigrationContext
from migtestkit.context.references import find_dangling
from migtestkit.errors import MigrationFailed
from migtestkit.rows import TableRows
from migtestkit.rows.synthetic import (
    ALL,
    Filled,
    Key,
    MadeRow,
    Population,
    Shape,
    changed_tables,
    dialect_of,
    in_order,
    label,
)

__unittest = True

_WORD = re.compile(r"\w+")
#: What may reach the rows that refer to those of the table it names.
_SPREADS = re.compile(
    r"\b(?:DELETE|UPDATE|DROP|TRUNCATE|REPLACE|MERGE)\b", re.IGNORECASE
)

#: With how many made-up rows a table begins to lose some, and how many of
#: the first and of the last ones stay.
_MANY, _FIRST = 40, 12

Contents = Mapping[str, TableRows]
Overrides = Mapping[str, Mapping[str, Any]]


class Stock:
    """The tables of one database with their rows.

    :param context: whose database it is.
    :param database: its name, where there are several.
    :param seed: of the made-up rows.
    :param thorough: look at every table after every revision.
    :param like: another database with the same tables.
    :ivar made: table -> the rows that it got.
    """

    def __init__(
        self,
        context: MigrationContext,
        database: str | None = None,
        *,
        seed: int = 0,
        thorough: bool = False,
        like: Stock | None = None,
    ) -> None:
        view = context.on(database)
        self._view = view
        self._thorough = thorough
        self._population = Population(
            exclude=[view.version_table], seed=seed
        )
        self._states: Mapping[Key, Hashable] | None = None
        self._due: set[Key] = set()
        self._unseen = True
        self.made: dict[str, list[MadeRow]] = {}
        #: How many rows referred to nothing, by each foreign key.
        self._dangling: dict[tuple[Any, ...], int] = {}
        self._connection: Connection | None = None
        if like is not None:
            self._population.like(like._population)
            self._due = set(self._population.shapes)
        with self._connected() as connection:
            self._look(connection)

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Give a connection, out of any transaction before and after: one,
        for making a new one takes longer than what it is needed for."""
        if self._connection is None:
            self._connection = self._view.connect()
        try:
            yield self._connection
        finally:
            self._connection.rollback()

    # -- tables ---------------------------------------------------------------

    def _look(self, connection: Connection) -> set[Key]:
        """Look which tables have changed since the last time."""
        population = self._population
        dialect = dialect_of(connection)
        schemas = population.schemas(connection)
        population.declared = self._view.declared
        now = population.states(connection)
        before = self._states
        changed: set[Key] | None = None
        if now is not None and before is not None:
            changed = changed_tables(before, now)
        known = set(population.shapes)
        if before is None and known:
            # Like another one's.
            changed = set()
        if changed is None or changed:
            population.look(connection, changed)
            misled = self._misled()
            if misled:
                population.look(connection, misled)
        self._states = now
        self._unseen = dialect.writes_unseen(connection, schemas)
        if changed is None:
            changed = known | set(population.shapes)
        self._due |= changed
        self._due &= set(population.shapes)
        return changed

    def _misled(self) -> set[Key]:
        """Return tables that refer to what is called otherwise by now, which
        changes nothing in some databases' accounts of them."""
        shapes = self.shapes
        return {
            key
            for key, shape in shapes.items()
            for one in shape.references
            if one.target not in shapes
            or not all(
                name in shapes[one.target].table.columns
                for name in one.target_columns
            )
        }

    @property
    def shapes(self) -> Mapping[Key, Shape]:
        """The tables."""
        return self._population.shapes

    @property
    def has_rows(self) -> bool:
        """Whether there is any row."""
        self.load()
        return any(self._population.known_rows(key) for key in self.shapes)

    def load(self) -> None:
        """Read the rows that are not known."""
        missing = [
            key for key in self.shapes if not self._population.knows_rows(key)
        ]
        if missing:
            with self._connected() as connection:
                for key in missing:
                    self._population.rows(connection, key)

    def contents(self, keys: Iterable[Key]) -> dict[str, TableRows]:
        """Return tables, those that there are, with their rows."""
        self.load()
        return {
            label(key): _table_rows(
                self.shapes[key], self._population.known_rows(key)
            )
            for key in keys
            if key in self.shapes
        }

    # -- what a revision does -------------------------------------------------

    def fill(
        self,
        kinds: Collection[str] = ALL,
        overrides: Overrides | None = None,
        only: Collection[Key] = (),
    ) -> Filled:
        """Put rows into the tables that are new or have changed since.

        :param only: of these some alone; default: all.
        """
        self._population.overrides = overrides or {}
        due, self._due = self._due, set()
        due = due.intersection(only) or due
        for key in due:
            self._thin_out(key)
        if not due:
            self.load()
            return Filled(self._population.seed)
        with self._connected() as connection:
            filled = self._population.fill(connection, due, kinds)
            connection.commit()
        for table, rows in filled.rows.items():
            self.made.setdefault(table, []).extend(rows)
        if not only:
            self.load()
        return filled

    def _thin_out(self, key: Key) -> None:
        """Delete rows of a table that many revisions have touched: those
        that are neither of the first ones nor of the last, and that no row
        refers to."""
        name = label(key)
        made = self.made.get(name, [])
        if len(made) <= _MANY:
            return
        self.load()
        referred = [
            (one.target_columns, {
                tuple(row[column] for column in one.columns)
                for row in self._population.known_rows(other)
            })
            for other, shape in self.shapes.items()
            for one in shape.references
            if one.target == key
        ]
        doomed = [
            row
            for row in made[_FIRST:-_FIRST]
            if not any(
                tuple(row.values.get(column) for column in columns) in values
                for columns, values in referred
            )
        ]
        if doomed and self.delete(name, doomed):
            self._due.discard(key)

    def clear(self, keys: Collection[Key]) -> bool:
        """Delete all rows of tables and of those that refer to them, which
        get new ones later; say whether that could be done."""
        doomed = _referring(keys, [self.shapes])
        order = in_order(doomed & set(self.shapes), self.shapes)
        try:
            with self._connected() as connection:
                for key in reversed(order):
                    connection.execute(self.shapes[key].table.delete())
                connection.commit()
        except SQLAlchemyError:
            return False
        self._population.changed_rows(doomed)
        self._count_dangling(order)
        self.load()
        self._due |= set(order)
        for key in order:
            self._population.restart(key)
            self.made.pop(label(key), None)
        return True

    def unharmed(self) -> bool:
        """Say whether no table has changed since the last look."""
        with self._connected() as connection:
            now = self._population.states(connection)
        return now is not None and now == self._states and not self._unseen

    def named_in(self, texts: Sequence[str]) -> set[Key]:
        """Return the tables that texts name, and those that refer to them."""
        named = mentioned_tables(texts, self.shapes)
        return _referring(named, [self.shapes]) if named else set()

    def referring(self, key: Key) -> set[Key]:
        """Return a table and those that refer to it."""
        return _referring([key], [self.shapes])

    def touched(
        self, statements: Sequence[str]
    ) -> tuple[set[Key], Contents]:
        """Take note of what statements have done; return the tables, old
        names and new, whose rows they may have changed, and what those held
        before."""
        old = dict(self.shapes)
        held = {
            key: self._population.known_rows(key)
            for key in old
            if self._population.knows_rows(key)
        }
        unseen = self._unseen
        with self._connected() as connection:
            found = self._look(connection)
        tables = {**old, **self.shapes}
        if self._thorough or unseen or self._unseen:
            found = set(tables)
        else:
            found |= mentioned_tables(statements, tables)
            if any(_SPREADS.search(one) for one in statements):
                found |= _referring(found, [old, self.shapes])
        self._population.changed_rows(found)
        self.load()
        before = {
            label(key): _table_rows(old[key], held[key])
            for key in found
            if key in held
        }
        return found, before

    def dangling(self, keys: Iterable[Key]) -> list[str]:
        """Return what rows of some tables, and those that refer to them,
        refer to without its being there, where more do than at the last
        look: those that an earlier revision has left are not this one's."""
        found = []
        keys = set(keys)
        with self._connected() as connection:
            inspector = inspect(connection)
            for shape in list(self.shapes.values()):
                for one in shape.references:
                    if not keys & {shape.key, one.target}:
                        continue
                    dangling = find_dangling(
                        connection, inspector, *shape.key, {
                            "constrained_columns": list(one.columns),
                            "referred_schema": one.target[0],
                            "referred_table": one.target[1],
                            "referred_columns": list(one.target_columns),
                        },
                    )
                    place = (shape.key, tuple(one.columns), one.target)
                    before = self._dangling.pop(place, 0)
                    if dangling is None:
                        continue
                    self._dangling[place] = dangling.count
                    if dangling.count > before:
                        found.append(str(dangling))
        return found

    def _count_dangling(self, keys: Iterable[Key]) -> None:
        """Note that rows are gone which may have been some of them."""
        if self._dangling:
            self.dangling(keys)

    @property
    def refers(self) -> bool:
        """Whether any table refers to another."""
        return any(one.references for one in self.shapes.values())

    def stray(self) -> list[str]:
        """Return the tables that do not hold what they are known to hold."""
        known = self.contents(self.shapes)
        self._population.changed_rows(list(self.shapes))
        now = self.contents(self.shapes)
        return [name for name, one in known.items() if one != now[name]]

    def delete(self, table: str, rows: Sequence[MadeRow]) -> bool:
        """Delete rows; say whether that could be done. It cannot where
        another row refers to one, whether the database checks that or not."""
        shape = next(one for one in self.shapes.values() if one.label == table)
        key = shape.primary_key
        self.load()
        try:
            with self._connected() as connection:
                for row in rows:
                    if not key or not set(key) <= set(row.values):
                        return False
                    if self._is_referred_to(shape, row):
                        return False
                    statement = shape.table.delete()
                    for name in key:
                        column = shape.table.columns[name]
                        statement = statement.where(column == row.values[name])
                    connection.execute(statement)
                connection.commit()
        except SQLAlchemyError:
            # Another row refers to one.
            return False
        self._population.changed_rows([shape.key])
        self._count_dangling([shape.key])
        self.load()
        self._due.add(shape.key)
        made = self.made.get(table, [])
        self.made[table] = [one for one in made if one not in rows]
        return True

    def _is_referred_to(self, shape: Shape, row: MadeRow) -> bool:
        """Say whether another row refers to one."""
        key = shape.primary_key
        own = tuple(row.values.get(name) for name in key)
        for other, referring in self.shapes.items():
            for one in referring.references:
                if one.target != shape.key:
                    continue
                wanted = tuple(
                    row.values.get(name) for name in one.target_columns or key
                )
                for there in self._population.known_rows(other):
                    if tuple(there[name] for name in one.columns) != wanted:
                        continue
                    if other != shape.key or own != tuple(
                        there[name] for name in key
                    ):
                        return True
        return False


def _table_rows(shape: Shape, rows: Sequence[Mapping[str, Any]]) -> TableRows:
    return TableRows(
        tuple(one.name for one in shape.table.columns),
        shape.primary_key,
        tuple(rows),
    )


def mentioned_tables(
    texts: Iterable[str], tables: Iterable[Key]
) -> set[Key]:
    """Return the tables whose names occur in texts."""
    whole = "\n".join(texts).lower()
    words = set(_WORD.findall(whole))
    return {
        key
        for key in tables
        if key[1].lower() in words
        or (not _WORD.fullmatch(key[1]) and key[1].lower() in whole)
    }


def tables_of_failure(
    failure: MigrationFailed, tables: Iterable[Key]
) -> set[Key]:
    """Return the tables that a failure names."""
    return mentioned_tables([failure.statement or "", failure.error], tables)


def _referring(
    keys: Collection[Key], moments: Iterable[Mapping[Key, Shape]]
) -> set[Key]:
    """Return the tables whose rows may go, or change, with those of others."""
    referring: dict[Key, set[Key]] = {}
    for shapes in moments:
        for key, shape in shapes.items():
            for one in shape.references:
                referring.setdefault(one.target, set()).add(key)
    found: set[Key] = set()
    new = set(keys)
    while new:
        found |= new
        new = {
            one for key in new for one in referring.get(key, ())
        } - found
    return found


def seeds_at(
    declared: Mapping[str, Intended],
    order: Sequence[str],
    applied: Collection[str],
) -> Overrides:
    """Return the values that made-up rows take while some revisions are
    applied: those given for the next revision that gives any for a column,
    else for the last one."""
    found: dict[str, dict[str, Any]] = {}
    coming = [one for one in order if one not in applied]
    gone = [one for one in reversed(order) if one in applied]
    for revision in (*coming, *gone):
        intended = declared.get(revision)
        for table, columns in (intended.seed if intended else {}).items():
            for column, value in columns.items():
                found.setdefault(table, {}).setdefault(column, value)
    return found
