"""How does every table of a database get rows of every kind?"""

from __future__ import annotations

import random
from collections.abc import (
    Collection,
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from migtestkit.errors import TableError, listing, suggest
from migtestkit.rows.synthetic.candidates import Candidates
from migtestkit.rows.synthetic.dialects import SyntheticDialect, dialect_of
from migtestkit.rows.synthetic.kinds import ALL, check_kinds
from migtestkit.rows.synthetic.order import (
    can_wait,
    in_order,
    with_needed,
)
from migtestkit.rows.synthetic.parents import NoParent
from migtestkit.rows.synthetic.result import Filled
from migtestkit.rows.synthetic.shapes import (
    Key,
    Shape,
    label,
    reflect_shapes,
)
from migtestkit.rows.synthetic.recalled import Declared, recall_types
from migtestkit.rows.synthetic.work import RowsOf, Work, read_rows

__unittest = True

Overrides = Mapping[str, Mapping[str, Any]]


def fill(
    connection: Connection,
    schemas: Sequence[str | None] | None = None,
    only: Collection[str] | None = None,
    exclude: Collection[str] = (),
    overrides: Overrides | None = None,
    seed: int = 0,
    kinds: Collection[str] = ALL,
) -> Filled:
    """Put valid rows into the tables of a database, within the caller's
    transaction.

    Tables that others need a row of are filled before these. The same
    schema, seed and rows give the same rows.

    :param schemas: where to look for tables, ``None`` among them for the
        default one; by default everywhere.
    :param only: names of tables, ``"schema.table"`` allowed; default: all.
    :param exclude: names of tables to leave alone.
    :param overrides: table -> column -> a value, a list of values to take in
        turn, or a callable that is given the row's number.
    :param kinds: which kinds of row to make.
    :return: the rows, and what could not be made, with the reasons.
    :raises TableError: there is no such table, column or kind.
    """
    population = Population(
        schemas=schemas, exclude=exclude, overrides=overrides, seed=seed
    )
    population.look(connection)
    _check_names(population, only, exclude, overrides or {})
    wanted = [
        key
        for key in population.shapes
        if only is None or label(key) in only
    ]
    return population.fill(connection, wanted, kinds)


def _check_names(
    population: Population,
    only: Collection[str] | None,
    exclude: Collection[str],
    overrides: Overrides,
) -> None:
    known = {label(key): one for key, one in population.shapes.items()}
    left_out = {label(key) for key in population.left_out}
    for what, names in (
        ("only", only or ()), ("exclude", exclude), ("overrides", overrides),
    ):
        if isinstance(names, str):
            raise TableError(
                f"{what} must be a sequence of names, not {names!r}"
            )
        for name in names:
            if name not in known and name not in left_out:
                raise TableError(
                    f"{what} names {name!r}, which is no table; there are "
                    f"{listing(sorted(known))}{suggest(str(name), known)}"
                )
    for name, columns in overrides.items():
        for column in columns if name in known else ():
            there = [one.name for one in known[name].table.columns]
            if column not in there:
                raise TableError(
                    f"overrides: table {name!r} has no column {column!r}; it "
                    f"has {listing(there)}{suggest(str(column), there)}"
                )


def changed_tables(
    before: Mapping[Key, Hashable], after: Mapping[Key, Hashable]
) -> set[Key]:
    """Return the tables that differ between what :meth:`Population.states`
    returned at two times."""
    return {
        key
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


class Population:
    """The tables of a database, and their rows as far as they are known.

    For those who fill a database again and again while its tables change:
    what is known is not asked again.

    :param schemas: where to look for tables; ``None``: everywhere.
    :param exclude: names of tables to leave alone.
    :param overrides: table -> column -> values.
    :param seed: see :func:`fill`.
    :param declared: table -> column -> a type that tells more of its values
        than the database does.
    :ivar shapes: the tables.
    :ivar left_out: those of ``exclude``.
    """

    def __init__(
        self,
        *,
        schemas: Sequence[str | None] | None = None,
        exclude: Collection[str] = (),
        overrides: Overrides | None = None,
        seed: int = 0,
        declared: Mapping[Key, Declared] | None = None,
    ) -> None:
        self.seed = seed
        #: What the database has forgotten of its columns' types.
        self.declared = declared or {}
        self.shapes: dict[Key, Shape] = {}
        self.left_out: set[Key] = set()
        self.overrides = overrides or {}
        self._schemas = schemas
        self._exclude = exclude
        self._contents: dict[Key, list[dict[str, Any]]] = {}
        self._candidates: dict[Key, Candidates] = {}
        self._numbers: dict[Key, int] = {}
        # The same for one seed on any day and any Python.
        self._first = random.Random(seed).randrange(500) if seed else 0

    # -- what there is --------------------------------------------------------

    def look(
        self, connection: Connection, changed: Iterable[Key] | None = None
    ) -> None:
        """Learn which tables there are.

        :param changed: those that have to be looked at anew; default: all.
        """
        dialect = dialect_of(connection)
        there = dialect.tables(connection, self.schemas(connection))
        self.left_out = {key for key in there if label(key) in self._exclude}
        tables = [key for key in there if key not in self.left_out]
        gone = (set(self.shapes) | set(self._contents)) - set(tables)
        stale = set(tables) if changed is None else set(changed)
        new = [
            key for key in tables if key in stale or key not in self.shapes
        ]
        for key in gone | set(new):
            self.forget(key)
        if new:
            self._reflect(connection, dialect, new)

    def schemas(self, connection: Connection) -> Sequence[str | None]:
        """Return the schemas in which tables are looked for."""
        if self._schemas is not None:
            return self._schemas
        return dialect_of(connection).schemas(connection)

    def states(
        self, connection: Connection
    ) -> Mapping[Key, Hashable] | None:
        """Return by what it shows that a table is another one now, or what
        is declared of it; ``None`` where the database tells none."""
        found = dialect_of(connection).signatures(
            connection, self.schemas(connection)
        )
        return found and {
            key: (one, self._told(key)) for key, one in found.items()
        }

    def _told(self, key: Key) -> Hashable:
        told = self.declared.get(key, {})
        return tuple((name, repr(told[name])) for name in sorted(told))

    def forget(self, key: Key) -> None:
        """Forget a table."""
        self.shapes.pop(key, None)
        self._contents.pop(key, None)
        self._candidates.pop(key, None)

    def _reflect(
        self,
        connection: Connection,
        dialect: SyntheticDialect,
        keys: Collection[Key],
    ) -> None:
        self.shapes.update(
            reflect_shapes(
                connection,
                keys,
                dialect.checks(connection, keys),
                dialect.uniques(connection, keys),
            )
        )
        for key in keys:
            if key in self.shapes and key in self.declared:
                recall_types(
                    self.shapes[key].table,
                    self.declared[key],
                    connection.dialect,
                )

    def rows(self, connection: Connection, key: Key) -> list[dict[str, Any]]:
        """Return the rows of a table, read once."""
        if key not in self._contents:
            self._contents[key] = read_rows(connection, self.shapes[key])
        return self._contents[key]

    def restart(self, key: Key) -> None:
        """Make rows of a table, which is empty, as if for the first time."""
        self._numbers.pop(key, None)

    def like(self, other: Population) -> None:
        """Take over what another one knows of the same tables."""
        self.shapes = dict(other.shapes)
        self.left_out = set(other.left_out)

    def knows_rows(self, key: Key) -> bool:
        """Say whether the rows of a table are known."""
        return key in self._contents

    def known_rows(self, key: Key) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a table as they are known."""
        return self._contents[key]

    def changed_rows(self, keys: Iterable[Key]) -> None:
        """Forget the rows of tables, which may have changed."""
        for key in keys:
            self._contents.pop(key, None)

    # -- rows -----------------------------------------------------------------

    def fill(
        self,
        connection: Connection,
        keys: Collection[Key],
        kinds: Collection[str] = ALL,
    ) -> Filled:
        """Put rows into tables, and into those that need some before."""
        wanted = check_kinds(kinds)
        dialect = dialect_of(connection)
        dialect.begin(connection)
        filled = Filled(self.seed)

        def rows(key: Key) -> Sequence[Mapping[str, Any]]:
            if key not in self.shapes:
                return ()
            return self.rows(connection, key)

        order = in_order(
            with_needed(keys, self.shapes, lambda key: bool(rows(key))),
            self.shapes,
        )
        work = Work(self, connection, filled, rows, order)
        if self._in_circle(order, rows):
            try:
                with connection.begin_nested():
                    with dialect.references_later(connection):
                        work.fill_all(wanted)
                    work.check_promises()
            except (SQLAlchemyError, NoParent) as error:
                work.give_up(error)
        else:
            work.fill_all(wanted)
        work.close_circles()
        return filled

    def _in_circle(
        self, order: Sequence[Key], rows: RowsOf
    ) -> bool:
        """Say whether a table needs a row of one that is filled later."""
        seen: set[Key] = set()
        for key in order:
            shape = self.shapes[key]
            for one in shape.references:
                if (
                    one.target in order
                    and one.target not in seen
                    and one.target != key
                    and not rows(one.target)
                    and not can_wait(shape, one)
                ):
                    return True
            seen.add(key)
        return False

    def candidates(self, key: Key) -> Candidates:
        """Return the values to try in a table."""
        given = self.overrides.get(label(key), {})
        known = self._candidates.get(key)
        if known is None or known.overrides != given:
            known = Candidates(self.shapes[key], given)
            self._candidates[key] = known
        return known

    def number(self, key: Key) -> int:
        """Return a number that no row of a table was made of."""
        found = self._numbers.get(key, self._first)
        self._numbers[key] = found + 1
        return found
