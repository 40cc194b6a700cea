"""Which values does an upgrade declare for a column that the database forgets?

``sa.Enum``, ``sa.Uuid`` and types of a project's own are plain text to many
databases. What a migration says of them is heard when it is run, for rows
that are made up must look like an application's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import types as sqltypes
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from migtestkit.environment.watching import Sending

__unittest = True

#: Schema, ``None`` for the default one, and name.
TableKey = tuple["str | None", str]
#: Column -> the type that tells more than the database keeps.
Declared = Mapping[str, TypeEngine[Any]]
_Tables = dict[TableKey, dict[str, TypeEngine[Any]]]
_Change = Callable[[_Tables], None]

_TELLING = (
    sqltypes.Enum, sqltypes.Uuid, sqltypes.PickleType, sqltypes.TypeDecorator
)
#: What Alembic calls a table that it makes to replace another.
_REPLACES = "_alembic_tmp_"


class Declarations:
    """What the upgrades of one history have declared, as far as they were
    run."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str | None, str], list[_Change]] = {}

    def begin(self, database: str | None, revision: str) -> None:
        """Forget what a revision said before: it is run again."""
        self._heard[database, revision] = []

    def hear(self, revision: str, sending: Sending) -> None:
        """Note a statement of a revision's upgrade."""
        if not getattr(sending.context, "isddl", False):
            return
        compiled = getattr(sending.context, "compiled", None)
        change = _change_of(getattr(compiled, "statement", None))
        if change is not None:
            key = sending.database, revision
            self._heard.setdefault(key, []).append(change)

    def at(
        self, database: str | None, revisions: Iterable[str]
    ) -> Mapping[TableKey, Declared]:
        """Return what holds behind some upgrades.

        :param revisions: in the order in which they are run.
        """
        tables: _Tables = {}
        for revision in revisions:
            for change in self._heard.get((database, revision), ()):
                change(tables)
        return tables


def _change_of(statement: Any) -> _Change | None:
    """Return what a DDL construct of SQLAlchemy's or Alembic's does, by the
    attributes that they have; ``None`` if that is nothing to us."""
    if isinstance(statement, CreateTable):
        table = statement.element
        return _made((table.schema, str(table.name)), table.columns)
    name = getattr(statement, "table_name", None)
    if not isinstance(name, str):
        return None
    key = getattr(statement, "schema", None), name
    if hasattr(statement, "new_table_name"):
        return _renamed(key, str(statement.new_table_name))
    if type(statement).__name__ == "AddColumn":
        return _made(key, [statement.column], added=True)
    if hasattr(statement, "column_name"):
        return _altered(
            key,
            str(statement.column_name),
            getattr(statement, "newname", None),
            getattr(statement, "type_", None),
        )
    return None


def _made(
    key: TableKey, columns: Iterable[Any], added: bool = False
) -> _Change:
    told = {
        str(one.name): one.type
        for one in columns
        if isinstance(one.type, _TELLING)
    }
    names = {str(one.name) for one in columns}

    def change(tables: _Tables) -> None:
        schema, name = key
        known = dict(tables.get(key, {})) if added else {}
        if name.startswith(_REPLACES):
            # Its columns are those of the other, as the database tells them.
            other = tables.get((schema, name[len(_REPLACES):]), {})
            known = {one: other[one] for one in names & other.keys()}
        tables[key] = {**known, **told}

    return change


def _renamed(key: TableKey, new: str) -> _Change:
    def change(tables: _Tables) -> None:
        tables[key[0], new] = tables.pop(key, {})

    return change


def _altered(
    key: TableKey, column: str, new: str | None, type_: Any
) -> _Change:
    def change(tables: _Tables) -> None:
        known = tables.setdefault(key, {})
        kept = known.pop(column, None)
        if type_ is not None:
            told = _instance(type_)
            kept = told if isinstance(told, _TELLING) else None
        if kept is not None:
            known[str(new or column)] = kept

    return change


def _instance(type_: Any) -> Any:
    return type_() if isinstance(type_, type) else type_
