"""How does one table get a row of each kind?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection

from migtestkit.rows.synthetic.attempts import (
    DEFAULT,
    REFUSALS,
    Objection,
    Refused,
    attempt,
    is_lost,
)
from migtestkit.rows.synthetic.candidates import Candidates, combinations
from migtestkit.rows.synthetic.identities import is_identity
from migtestkit.rows.synthetic.kinds import (
    BOUNDARY,
    DUPLICATE,
    MINIMAL,
    TYPICAL,
    VARIED,
)
from migtestkit.rows.synthetic.parents import Parents
from migtestkit.rows.synthetic.result import MadeRow

__unittest = True

#: How many varied rows there are at most, ways to refer that are tried, and
#: conditions that are met one after the other.
_MOST_VARIED, _MOST_WAYS, _MOST_STEPS = 8, 30, 20

Row = dict[str, Any]


class TableFiller:
    """Makes the rows of one table.

    :param shape: the table.
    :param candidates: values for its columns.
    :param parents: rows to refer to.
    :param number: gives a number that no row was made of.
    :param promise: gives a value for a column of a table to come.
    :param promised: values that the first row has to have.
    :ivar problems: kind -> why there is no such row.
    """

    def __init__(
        self,
        connection: Connection,
        shape: Any,
        candidates: Candidates,
        parents: Parents,
        number: Callable[[], int],
        promise: Callable[[Any, str], Any],
        promised: Mapping[str, Any],
    ) -> None:
        self._connection = connection
        self._shape = shape
        self._candidates = candidates
        self._parents = parents
        self._number = number
        self._promise = promise
        self._promised = dict(promised)
        self._way = 0
        self._careless = False
        self._typical: Row | None = None
        self.problems: dict[str, str] = {}
        self._plain: list[Column[Any]] = [
            one for one in shape.columns if one.name not in parents.columns
        ]

    def make(self, kinds: Sequence[str]) -> list[MadeRow]:
        """Make rows, typical ones first.

        :raises NoParent: a table that it refers to has no row.
        """
        if not self._candidates.easy:
            return self._make(kinds)
        # Most tables take all of it; a savepoint for each row would be most
        # of the work.
        way, promised = self._way, dict(self._promised)
        savepoint = self._connection.begin_nested()
        self._careless = True
        try:
            made = self._make(kinds)
        except Objection:
            savepoint.rollback()
            self._candidates.easy = False
            self._way, self._promised = way, promised
            self._typical, self.problems = None, {}
            self._careless = False
            return self._make(kinds)
        except BaseException:
            savepoint.rollback()
            raise
        savepoint.commit()
        return made

    def _make(self, kinds: Sequence[str]) -> list[MadeRow]:
        makers: dict[str, Callable[[], list[Row]]] = {
            TYPICAL: self._make_typical,
            DUPLICATE: self._make_duplicate,
            MINIMAL: self._make_minimal,
            BOUNDARY: self._make_boundary,
            VARIED: self._make_varied,
        }
        made: list[MadeRow] = []
        for kind in kinds:
            try:
                rows = makers[kind]()
            except Refused as refused:
                self.problems[kind] = refused.text
                continue
            made += [MadeRow(kind, row) for row in rows]
        return made

    # -- the kinds ------------------------------------------------------------

    def _make_typical(self) -> list[Row]:
        self._typical = self._solve(keep=True)
        return [self._typical]

    def _make_duplicate(self) -> list[Row]:
        made: list[Row] = []
        if self._typical is None:
            made = self._make_typical()
        assert self._typical is not None
        row = dict(self._typical)
        fresh = self._fresh_row()
        keys = self._shape.in_keys
        # What is computed for each row is as unique as it is meant to be.
        computed = self._candidates.computed
        row.update(
            {n: v for n, v in fresh.items() if n in keys or n in computed}
        )
        return [*made, self._insert_near(row, keys)]

    def _make_minimal(self) -> list[Row]:
        row = self._fresh_row()
        wanted: Row = {}
        # What a default refers to need not be there, and SQLite does not
        # say so.
        given = self._shape.in_keys | self._parents.columns
        for column in self._shape.columns:
            if column.name in self._candidates.overrides:
                continue
            if column.nullable and not column.primary_key:
                wanted[column.name] = None
            elif _has_default(column) and column.name not in given:
                wanted[column.name] = DEFAULT
        return [self._insert_wanted(row, wanted, MINIMAL)]

    def _make_boundary(self) -> list[Row]:
        made: list[Row] = []
        for side in (0, 1):
            number = self._number()
            wanted = {}
            for column in self._plain:
                values = self._candidates.extremes(column, number)
                if (
                    column.name in self._shape.in_keys
                    and not isinstance(next(iter(values), None), str)
                    and not is_identity(column.type)
                ):
                    # Numbering goes on behind the greatest key, and there is
                    # no behind.
                    continue
                if len(values) > side:
                    wanted[column.name] = values[side]
            if wanted or not made:
                row = self._fresh_row(number)
                made.append(self._insert_wanted(row, wanted, BOUNDARY))
        return made

    def _make_varied(self) -> list[Row]:
        made: list[Row] = []
        number = self._number()
        choices = {
            column.name: self._candidates.variants(column, number)
            for column in self._plain
        }
        most = max((len(one) for one in choices.values()), default=0)
        for index in range(min(max(most, 1), _MOST_VARIED)):
            wanted = {
                name: values[index % len(values)]
                for name, values in choices.items()
                if values and self._may_vary(name, values, index)
            }
            try:
                made.append(
                    self._insert_wanted(self._fresh_row(), wanted, VARIED)
                )
            except Refused:
                if not made and index + 1 >= most:
                    raise
        return made

    def _may_vary(
        self, name: str, values: Sequence[Any], index: int
    ) -> bool:
        """Say whether a column takes the values in turn: of a key each once
        only, and numbers not at all."""
        if name not in self._shape.in_keys:
            return True
        return index < len(values) and isinstance(values[0], (str, bool))

    # -- one row --------------------------------------------------------------

    def _fresh_row(self, number: int | None = None) -> Row:
        """Return an everyday row that was not there before."""
        if number is None:
            number = self._number()
        row = {
            column.name: self._candidates.first(column, number)
            for column in self._plain
        }
        row.update(self._promised)
        row.update(self._parents.choose(self._way, row, self._promise))
        self._way += 1
        for column in self._shape.columns:
            if column.name in self._candidates.overrides:
                row[column.name] = self._candidates.first(column, number)
        return {
            one.name: row[one.name]
            for one in self._shape.columns
            if one.name in row
        }

    def _solve(self, keep: bool) -> Row:
        """Return an everyday row that the table takes.

        :raises Refused: none was found.
        """
        row = self._fresh_row()
        error = self._try(row, keep=keep)
        if error is None:
            return row
        return self._search(row, self._suspects(error), error, keep=keep)

    def _insert_wanted(self, row: Row, wanted: Row, kind: str) -> Row:
        """Insert a row with as many of the wanted values as it takes.

        :raises Refused: it takes none of them.
        """
        wanted = {
            name: value
            for name, value in wanted.items()
            if (kind, name) not in self._candidates.refused
        }
        while True:
            whole = _with(row, wanted)
            error = self._try(whole)
            if error is None:
                return whole
            refused = self._refused_by(error, wanted)
            if not refused:
                break
            # Not all of it again, next time.
            self._candidates.refused.update((kind, one) for one in refused)
            wanted = {n: v for n, v in wanted.items() if n not in refused}
        row = self._solve(keep=False)
        taken = 0
        for name, value in wanted.items():
            trial = _with(row, {name: value})
            if trial != row and self._try(trial, keep=False) is None:
                row, taken = trial, taken + 1
        if wanted and not taken:
            raise Refused(error)
        final = self._try(row)
        if final is not None:
            raise Refused(final)
        return row

    def _refused_by(self, error: Exception, wanted: Row) -> set[str]:
        """Return the wanted columns of the conditions that an error names."""
        conditions = self._shape.conditions
        return {
            name
            for at in self._named(error)
            for name in conditions[at].columns
            if name in wanted
        }

    def _insert_near(self, row: Row, columns: Collection[str]) -> Row:
        """Insert a row, or one that differs from it in some columns only."""
        error = self._try(row)
        if error is None:
            return row
        return self._search(row, sorted(columns), error, keep=True)

    def _search(
        self, row: Row, names: Sequence[str], error: Exception, *, keep: bool
    ) -> Row:
        """Try other values in some columns, and other rows to refer to."""
        first = row
        for _ in range(_MOST_STEPS):
            row, better = self._step(row, names, error, keep)
            if better is None:
                self._learn(first, row)
                return row
            if better is error:
                break
            # One condition holds now, and the next one does not.
            error, names = better, self._suspects(better)
        ways = min(self._parents.ways, _MOST_WAYS)
        for _ in range(ways if ways > 1 else 0):
            trial = {**row}
            trial.update(
                self._parents.choose(self._way, trial, self._promise)
            )
            self._way += 1
            if self._try(trial, keep=keep) is None:
                return trial
        raise Refused(error)

    def _step(
        self, row: Row, names: Sequence[str], error: Exception, keep: bool
    ) -> tuple[Row, Exception | None]:
        """Return a row that is taken, with no error; or one that is refused
        for another reason; or the row and the error as they were."""
        plain = [one for one in self._plain if one.name in names]
        number = self._number()
        choices = [
            [row.get(one.name), *self._candidates.all(one, number)]
            for one in plain
        ]
        refused = self._named(error)
        other: tuple[Row, Exception] | None = None
        for values in combinations(choices):
            trial = {**row, **{c.name: v for c, v in zip(plain, values)}}
            found = self._try(trial, keep=keep)
            if found is None:
                return trial, None
            now = self._named(found)
            if other is None and refused and now and not refused & now:
                other = trial, found
                if len(plain) == 1 or len(refused) == 1:
                    break
        return other or (row, error)

    def _named(self, error: Exception) -> frozenset[int]:
        """Return which conditions an error is about."""
        text = str(getattr(error, "orig", None) or error)
        return frozenset(
            at
            for at, one in enumerate(self._shape.conditions)
            if one.mentioned_in(text)
        )

    def _learn(self, refused: Row, taken: Row) -> None:
        for name, value in taken.items():
            if value != refused.get(name) and name not in (
                self._shape.in_keys
            ):
                self._candidates.learnt[name] = value

    def _suspects(self, error: Exception) -> Sequence[str]:
        """Return the columns of which another value may help: those of the
        condition that the error names, else of all."""
        text = str(getattr(error, "orig", None) or error)
        conditions = self._shape.conditions
        named = [one for one in conditions if one.mentioned_in(text)]
        names = [name for one in named or conditions for name in one.columns]
        if named:
            return list(dict.fromkeys(names))
        return list(dict.fromkeys(itertools.chain(names, self._unsure())))

    def _unsure(self) -> list[str]:
        found = [
            one.name for one in self._plain if one.name in self._shape.in_keys
        ]
        return found + [one.name for one in self._plain]

    def _try(self, row: Row, *, keep: bool = True) -> Exception | None:
        given = {n: v for n, v in row.items() if v is not DEFAULT}
        statement = self._shape.table.insert().values(given)
        if self._careless:
            try:
                self._connection.execute(statement)
            except REFUSALS as refusal:
                if is_lost(refusal):
                    raise
                raise Objection from None
            self._promised = {}
            return None
        error = attempt(self._connection, statement, keep=keep)
        if keep and error is None:
            self._promised = {}
        return error


def _with(row: Row, wanted: Row) -> Row:
    return {**row, **wanted}


def _has_default(column: Column[Any]) -> bool:
    return column.server_default is not None or column.identity is not None
