"""What must be known of one kind of database to fill its tables?

One module beside this for each database; this one holds what they share, and
does for others as far as SQLAlchemy's Inspector sees.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, inspect

from migtestkit.rows.synthetic.shapes import Checks, Key

__unittest = True


class SyntheticDialect:
    """How rows get into one kind of database."""

    #: Whether the database lets each connection choose to check foreign
    #: keys.
    foreign_keys_by_choice = False

    def begin(self, connection: Connection) -> None:
        """See to it that a savepoint is one."""

    def tables(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> list[Key]:
        """Return the tables that rows can be put into."""
        inspector = inspect(connection)
        return [
            (schema, name)
            for schema in schemas
            for name in sorted(inspector.get_table_names(schema))
        ]

    def schemas(self, connection: Connection) -> Sequence[str | None]:
        """Return the schemas that may hold tables."""
        return (None,)

    def checks(self, connection: Connection, keys: Collection[Key]) -> Checks:
        """Return the CHECKs of tables, and those of their columns' domains."""
        inspector = inspect(connection)
        found = {}
        for key in keys:
            with contextlib.suppress(NotImplementedError):
                found[key] = [
                    (str(one["name"] or ""), str(one["sqltext"]))
                    for one in inspector.get_check_constraints(
                        key[1], schema=key[0]
                    )
                ]
        return found

    def uniques(
        self, connection: Connection, keys: Collection[Key]
    ) -> Mapping[Key, Sequence[frozenset[str]]]:
        """Return sets of columns that no two rows share, where the Inspector
        does not see all of them."""
        return {}

    def signatures(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> Mapping[Key, Hashable] | None:
        """Return for each table a value that changes when the table does;
        ``None`` where only reflecting it would tell."""
        return None

    def writes_unseen(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> bool:
        """Say whether a statement may write to tables that it does not
        name: by triggers, rules, functions, views."""
        return True

    @contextlib.contextmanager
    def references_later(self, connection: Connection) -> Iterator[None]:
        """Let rows refer, meanwhile, to rows that come later.

        Leaving raises where one did not come.
        """
        yield


_DialectT = TypeVar("_DialectT", bound=type[SyntheticDialect])
_DIALECTS: dict[str, SyntheticDialect] = {}


def register_dialect(*names: str) -> Any:
    """Decorator: this class knows the dialects of these names."""

    def register(kind: _DialectT) -> _DialectT:
        for name in names:
            _DIALECTS[name] = kind()
        return kind

    return register


def dialect_of(connection: Connection) -> SyntheticDialect:
    """Return what is known of a connection's database."""
    return _DIALECTS.get(connection.dialect.name) or SyntheticDialect()
