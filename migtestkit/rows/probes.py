"""Which statements does an application send that knows these tables?

They are shaped by tables as they are reflected now, and can be sent later, to
the same database after a migration: as an application does that was not
restarted yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select, true

from migtestkit.rows.synthetic import DUPLICATE, MadeRow, Shape, label
from migtestkit.rows.synthetic.attempts import DEFAULT, REFUSALS, is_lost

__unittest = True

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Probe:
    """A statement of the application.

    :ivar table: its table.
    :ivar words: what it does.
    :ivar columns: the columns that it is about, where not all.
    :ivar build: gives the statement; asks the database for the values that
        stand there.
    """

    table: str
    words: str
    columns: tuple[str, ...]
    build: Callable[[Connection], Any]

    def send(self, connection: Connection) -> str:
        """Send it in a savepoint that is rolled back; return why it was
        refused, empty if it was not."""
        savepoint = connection.begin_nested()
        try:
            result = connection.execute(self.build(connection))
            if result.returns_rows:
                result.fetchall()
        except REFUSALS as error:
            if is_lost(error):
                raise
            text = str(getattr(error, "orig", None) or error)
            return " ".join(text.split())[:300] or type(error).__name__
        finally:
            savepoint.rollback()
        return ""


def probes_of(
    shape: Shape, made: Sequence[MadeRow], apart: Collection[str] = ()
) -> Iterator[Probe]:
    """Yield the statements for one table.

    :param made: rows that the table would take.
    :param apart: columns that the application does without; what names them
        comes as a statement of its own.
    """
    table = shape.table
    columns = [one for one in table.columns if one.name not in apart]

    key_of = _Key(table, shape.primary_key)

    def remove(connection: Connection) -> Any:
        return table.delete().where(*_matching(table, key_of(connection)))

    yield Probe(
        label(shape.key), "SELECT", (), lambda connection: select(*columns)
    )
    for column in table.columns:
        yield from _about_column(shape, column)
    for row in made:
        if row.kind != DUPLICATE:
            values = _without(row.values, apart)
            yield Probe(
                label(shape.key),
                f"INSERT of a {row.kind} row",
                (),
                _always(insert(table).values(values)),
            )
    if made:
        yield Probe(
            label(shape.key),
            "INSERT of what another row holds, but for the keys",
            (),
            _Twin(shape, _without(made[0].values, apart), apart),
        )
    if shape.primary_key:
        yield Probe(
            label(shape.key),
            "DELETE",
            (),
            remove,
        )


def _about_column(shape: Shape, column: Column[Any]) -> Iterator[Probe]:
    table, name = shape.table, column.name
    keys = shape.primary_key

    seen: list[Any] = []

    def value(connection: Connection) -> Any:
        # The one that the application has read, before the migration.
        if not seen:
            seen.append(_first(connection, table, (name,))[name])
        return seen[0]

    def look(connection: Connection) -> Any:
        return select(column).where(column == value(connection))

    key_of = _Key(table, keys)

    def update(key: Row) -> Any:
        return table.update().where(*_matching(table, key))

    def write(connection: Connection) -> Any:
        wanted = value(connection)
        # Asked in any case, for it is what is left when the rows are gone.
        key = key_of(connection)
        if name in shape.in_keys:
            # Another row's value would be a duplicate by itself.
            its = _holding(connection, table, keys, column == wanted)
            key = its or key
        return update(key).values({name: wanted})

    def clear(connection: Connection) -> Any:
        return update(key_of(connection)).values({name: None})

    of = label(shape.key)
    yield Probe(of, f"SELECT of {name}", (name,), _always(select(column)))
    yield Probe(of, f"SELECT by the value of {name}", (name,), look)
    if name in shape.generated or not keys:
        return
    if name not in keys:
        yield Probe(of, f"UPDATE of {name}", (name,), write)
        if column.nullable:
            yield Probe(of, f"UPDATE of {name} to NULL", (name,), clear)


class _Key:
    """Tells by which key the application finds a row: one that is there now,
    or else, for the rows may have gone, the last one that was."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        self._table = table
        self._names = names
        self._last: dict[str, Any] | None = None

    def __call__(self, connection: Connection) -> dict[str, Any]:
        try:
            self._last = _first(connection, self._table, self._names)
        except LookupError:
            if self._last is None:
                raise
        return self._last


class _Twin:
    """Builds the insert of a row that is like the first one, as that stands
    there at the time: its values may have been rewritten. Where the rows have
    gone, the last one is written again before."""

    def __init__(
        self, shape: Shape, fresh: Row, apart: Collection[str]
    ) -> None:
        self._shape = shape
        self._fresh = fresh
        self._apart = apart
        self._last: dict[str, Any] | None = None

    def __call__(self, connection: Connection) -> Any:
        shape = self._shape
        names = [
            one.name for one in shape.columns if one.name not in self._apart
        ]
        try:
            row = self._last = _first(connection, shape.table, names)
        except LookupError:
            if self._last is None:
                raise
            row = self._last
            connection.execute(insert(shape.table).values(row))
        keys = {
            name: value
            for name, value in self._fresh.items()
            if name in shape.in_keys
        }
        others = {
            name: value
            for name, value in row.items()
            if name not in shape.in_keys
        }
        return insert(shape.table).values({**others, **keys})


def _always(statement: Any) -> Callable[[Connection], Any]:
    return lambda connection: statement


def _first(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    condition: Any = true(),
) -> dict[str, Any]:
    """Return some columns of a row, the same one each time.

    :raises LookupError: there is no row.
    """
    statement = select(*(table.columns[one] for one in names)).select_from(
        table
    ).where(condition)
    statement = statement.order_by(*table.primary_key.columns).limit(1)
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise LookupError("the table has no row")
    return {one: row[one] for one in names}


def _holding(
    connection: Connection, table: Table, names: Sequence[str], condition: Any
) -> dict[str, Any] | None:
    """Return the key of a row for which a condition holds, if there is one
    and the table can still be asked."""
    savepoint = connection.begin_nested()
    try:
        return _first(connection, table, names, condition)
    except REFUSALS as error:
        if is_lost(error):
            raise
        return None
    finally:
        savepoint.rollback()


def _matching(table: Table, key: Row) -> list[Any]:
    return [table.columns[name] == value for name, value in key.items()]


def _without(values: Row, apart: Collection[str]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if name not in apart and value is not DEFAULT
    }
