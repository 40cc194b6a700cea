"""How are some tables filled, one after the other?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update
from sqlalchemy import text as sql_text

from migtestkit.rows.synthetic.attempts import attempt
from migtestkit.rows.synthetic.order import can_wait
from migtestkit.rows.synthetic.parents import NoParent, Parents
from migtestkit.rows.synthetic.result import Filled
from migtestkit.rows.synthetic.shapes import Key, Shape, label
from migtestkit.rows.synthetic.table import TableFiller
from migtestkit.rows.synthetic.values import family_of

if TYPE_CHECKING:
    from migtestkit.rows.synthetic.filling import Population

__unittest = True

RowsOf = Callable[[Key], Sequence[Mapping[str, Any]]]


class Work:
    """Filling some tables, in order."""

    def __init__(
        self,
        population: Population,
        connection: Connection,
        filled: Filled,
        rows: RowsOf,
        order: Sequence[Key],
    ) -> None:
        self._population = population
        self._connection = connection
        self._filled = filled
        self._rows = rows
        self._order = order
        self._promises: dict[Key, dict[str, Any]] = {}

    def fill_all(self, kinds: Sequence[str]) -> None:
        """Fill the tables, one after the other."""
        for at, key in enumerate(self._order):
            self._fill(key, frozenset(self._order[at + 1:]), kinds)

    def _fill(
        self, key: Key, pending: frozenset[Key], kinds: Sequence[str]
    ) -> None:
        population = self._population
        shape = population.shapes[key]
        filler = TableFiller(
            self._connection,
            shape,
            population.candidates(key),
            Parents(shape, self._rows, pending, self._promises),
            lambda: population.number(key),
            self._promise,
            self._promises.get(key, {}),
        )
        name = label(key)
        try:
            made = filler.make(kinds)
        except NoParent as error:
            self._filled.unfilled[name] = str(error)
            return
        if made:
            self._filled.rows[name] = made
            population.changed_rows([key])
            if filler.problems:
                self._filled.incomplete[name] = filler.problems
        else:
            reasons = list(filler.problems.values()) or ["nobody knows why"]
            self._filled.unfilled[name] = reasons[0]

    def _promise(self, key: Key, column: str) -> Any:
        found = self._population.shapes[key].table.columns[column]
        return family_of(found.type).typical(
            found.type, self._population.number(key)
        )

    def check_promises(self) -> None:
        """Look whether all rows that were referred to beforehand came.

        :raises NoParent: names a table where one did not.
        """
        for key, values in self._promises.items():
            if not any(
                all(row.get(name) == value for name, value in values.items())
                for row in self._rows(key)
            ):
                raise NoParent(f"{label(key)} got no row")

    def give_up(self, error: Exception) -> None:
        """Note that the tables could not be filled together."""
        for key in self._order:
            name = label(key)
            self._filled.rows.pop(name, None)
            self._filled.unfilled.setdefault(
                name,
                "tables refer to each other in a circle that cannot be "
                f"entered: {brief(error)}",
            )
            self._population.changed_rows([key])

    def close_circles(self) -> None:
        """Let the first row of a table refer where it could not before."""
        for key in self._order:
            shape = self._population.shapes[key]
            for one in shape.references:
                mine, others = self._rows(key), self._rows(one.target)
                if (
                    others
                    and one.target_columns
                    and label(key) in self._filled.rows
                    and can_wait(shape, one)
                    and all(
                        None in [row.get(name) for name in one.columns]
                        for row in mine
                    )
                ):
                    self._refer(shape, one, mine[0], others[0])

    def _refer(
        self, shape: Shape, reference: Any, mine: Any, other: Any
    ) -> None:
        values = {
            name: other[target]
            for name, target in zip(
                reference.columns, reference.target_columns
            )
        }
        columns = shape.table.columns
        names = shape.primary_key or tuple(mine)
        statement = update(shape.table).values(values)
        for name in names:
            statement = statement.where(
                columns[name].is_(None)
                if mine[name] is None
                else columns[name] == mine[name]
            )
        error = attempt(self._connection, statement)
        if error is None:
            self._population.changed_rows([shape.key])


def read_rows(connection: Connection, shape: Shape) -> list[dict[str, Any]]:
    """Return all rows of a table, as they stand there where they are not
    such as the columns' types say."""
    try:
        with connection.begin_nested():
            result = connection.execute(select(shape.table))
            return [dict(row) for row in result.mappings()]
    except (ValueError, TypeError, LookupError, ArithmeticError):
        quote = connection.dialect.identifier_preparer
        names = ", ".join(quote.quote(one.name) for one in shape.table.columns)
        table = quote.format_table(shape.table)
        result = connection.execute(
            sql_text(f"SELECT {names} FROM {table}".replace(":", "\\:"))
        )
        return [dict(row) for row in result.mappings()]


def brief(error: Exception) -> str:
    """Return the database's own words, on one line."""
    text = str(getattr(error, "orig", None) or error)
    return " ".join(text.split())[:300]
