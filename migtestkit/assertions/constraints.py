"""Does a table have a constraint?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from migtestkit.assertions.base import names_of
from migtestkit.assertions.parts import (
    PartAssertions,
    Place,
    joined,
    named,
    require_something,
    there_are,
)
from migtestkit.errors import TableError
from migtestkit.rows import check_columns, find_table
from migtestkit.schema.expressions import condition_matches
from migtestkit.schema.parts import (
    CheckPart,
    ForeignKeyPart,
    KeyPart,
    TableParts,
)

__unittest = True

_ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")


class ConstraintAssertions(PartAssertions):
    """Assertions about keys and constraints. A name is looked at only if it
    is given, so that constraints without one count."""

    def assertForeignKey(
        self,
        table: str,
        columns: str | Sequence[str],
        references: str | Sequence[str] | None = None,
        msg: Any = None,
        *,
        ondelete: str | None = None,
        onupdate: str | None = None,
        name: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless columns are a foreign key.

        :param columns: the columns, in order.
        :param references: what it refers to: ``"table"``,
            ``"table.column"``, or a list of the latter.
        :param ondelete: what a delete does, such as ``"CASCADE"``; that
            none was said is ``"NO ACTION"``.
        :param onupdate: the same of an update.
        :param name: its name.
        :raises TableError: no such table or column, here or there, or an
            unknown action.
        """
        require_something(columns=columns)
        require_something(references=references, name=name, columns=columns)
        actions = {
            "on delete": _action("ondelete", ondelete),
            "on update": _action("onupdate", onupdate),
        }
        with self._looking_at(table, schema, database) as place:
            wanted = self._columns_given(place, columns) or ()
            target = _target(place, references)
            found = place.parts.foreign_keys()
            there = [_show_key(one) for one in found]
            default = place.inspector.default_schema_name
        if not any(
            one.columns == wanted
            and name in (None, one.name)
            and _refers(one, target, default)
            and actions["on delete"] in (None, one.ondelete)
            and actions["on update"] in (None, one.onupdate)
            for one in found
        ):
            text = named(name, f"on {joined(wanted)}")
            if target:
                text += f" to {target[1]}"
                text += f" {joined(target[2])}" if target[2] else ""
            for event, action in actions.items():
                text += f" {event} {action}" if action else ""
            self._refute(
                msg,
                f"table {table!r} has no foreign key {text}\n"
                + there_are("foreign key", there),
            )

    def assertForeignKeyNotExists(
        self,
        table: str,
        columns: str | Sequence[str] | None = None,
        msg: Any = None,
        *,
        name: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail if columns are a foreign key, or there is one of this name.

        :raises TableError: no such table, nothing given, or a name that
            neither the database nor any script mentions.
        """
        require_something(columns=columns, name=name)
        with self._looking_at(table, schema, database) as place:
            wanted = self._columns_given(place, columns, absent=True)
            for one in place.parts.foreign_keys():
                if wanted in (None, one.columns) and name in (None, one.name):
                    self._refute(
                        msg, f"table {table!r} has {_show_key(one)}"
                    )
            self._require_mentioned_part(name, place, TableParts.foreign_keys)

    def assertUniqueConstraint(
        self,
        table: str,
        columns: str | Sequence[str] | None = None,
        msg: Any = None,
        *,
        name: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table has a UNIQUE constraint.

        On MySQL, which has one thing for both, a unique index is one.

        :param columns: its columns, in any order.
        :param name: its name.
        :raises TableError: no such table or column, or nothing given.
        """
        require_something(columns=columns, name=name)
        with self._looking_at(table, schema, database) as place:
            wanted = self._columns_given(place, columns)
            found = place.parts.unique_constraints()
        if not any(_is_key(one, wanted, name) for one in found):
            text = f" {name!r}" if name else ""
            text += f" on {joined(wanted)}" if wanted else ""
            there = [_show_unique(one) for one in found]
            self._refute(
                msg,
                f"table {table!r} has no unique constraint{text}\n"
                + there_are("unique constraint", there),
            )

    def assertUniqueConstraintNotExists(
        self,
        table: str,
        columns: str | Sequence[str] | None = None,
        msg: Any = None,
        *,
        name: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail if a table has a UNIQUE constraint.

        :raises TableError: no such table, nothing given, or a name that
            neither the database nor any script mentions.
        """
        require_something(columns=columns, name=name)
        with self._looking_at(table, schema, database) as place:
            wanted = self._columns_given(place, columns, absent=True)
            for one in place.parts.unique_constraints():
                if _is_key(one, wanted, name):
                    self._refute(
                        msg, f"table {table!r} has {_show_unique(one)}"
                    )
            self._require_mentioned_part(
                name, place, TableParts.unique_constraints
            )

    def assertPrimaryKey(
        self,
        table: str,
        columns: str | Sequence[str],
        msg: Any = None,
        *,
        name: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table's primary key is exactly these columns, in
        this order.

        :param name: its name; MySQL keeps none.
        :raises TableError: no such table or column, or no column given.
        """
        require_something(columns=columns)
        require_something(name=name, columns=columns)
        with self._looking_at(table, schema, database) as place:
            wanted = self._columns_given(place, columns) or ()
            key = place.parts.primary_key()
        if key.columns != wanted or name not in (None, key.name):
            there = named(key.name, joined(key.columns))
            self._refute(
                msg,
                f"table {table!r} has not the primary key "
                f"{named(name, joined(wanted))}\n"
                + there_are(
                    "primary key",
                    [f"primary key {there}"] if key.columns else [],
                ),
            )

    def assertCheckConstraint(
        self,
        table: str,
        name: str | None = None,
        condition: str | re.Pattern[str] | None = None,
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a table has a CHECK.

        :param name: its name.
        :param condition: what it demands, in the words of any database, or
            a compiled pattern to find in those of this one.
        :raises TableError: no such table, or nothing given.
        """
        require_something(name=name, condition=condition)
        with self._looking_at(table, schema, database) as place:
            found = place.parts.checks()
        if not any(_is_check(one, name, condition) for one in found):
            text = f" {name!r}" if name else ""
            if condition is not None:
                text += f" ({getattr(condition, 'pattern', condition)})"
            self._refute(
                msg,
                f"table {table!r} has no check constraint{text}\n"
                + there_are(
                    "check constraint", [_show_check(one) for one in found]
                ),
            )

    def assertCheckConstraintNotExists(
        self,
        table: str,
        name: str | None = None,
        condition: str | re.Pattern[str] | None = None,
        msg: Any = None,
        *,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail if a table has a CHECK.

        :raises TableError: no such table, nothing given, or a name, or a
            word of the condition, that neither the database nor any script
            mentions.
        """
        require_something(name=name, condition=condition)
        with self._looking_at(table, schema, database) as place:
            for one in place.parts.checks():
                if _is_check(one, name, condition):
                    self._refute(
                        msg, f"table {table!r} has {_show_check(one)}"
                    )
            self._require_mentioned_part(name, place, TableParts.checks)
            text = str(getattr(condition, "pattern", condition) or "")
            for word in re.findall(r"[^\W\d]\w+", text):
                self._require_mentioned(word, place.columns)


def _action(option: str, value: Any) -> str | None:
    if value is None:
        return None
    action = value.upper() if isinstance(value, str) else value
    if action not in _ACTIONS:
        raise TableError(
            f"{option} must be one of {', '.join(_ACTIONS)}, not {value!r}"
        )
    return str(action)


_Target = tuple[Any, str, tuple[str, ...]]


def _target(place: Place, references: Any) -> _Target | None:
    """Return the table, as it is known and as it was written, and the
    columns that a key is to refer to."""
    if references is None:
        return None
    several = [references] if isinstance(references, str) else references
    found: Any = None
    columns = []
    for one in names_of(several, "references"):
        table, column = one, ""
        try:
            definition = _find(place, one)
        except TableError:
            table, dot, column = one.rpartition(".")
            if not dot:
                raise
            definition = _find(place, table)
            check_columns(definition, [column])
        if found is not None and definition.name != found[0].name:
            raise TableError(
                f"references names two tables, {found[1]!r} and {table!r}"
            )
        found = (definition, table)
        columns += [column] if column else []
    return found[0], found[1], tuple(columns)


def _find(place: Place, name: str) -> Any:
    """Return a table; one without a schema is in that of the first."""
    schema = None if "." in name else place.table.schema
    return find_table(place.connection, name, schema)


def _refers(
    key: ForeignKeyPart, target: _Target | None, default: str | None
) -> bool:
    if target is None:
        return True
    table, _written, columns = target
    return (
        key.table.lower() == table.name.lower()
        and (key.schema or default) == (table.schema or default)
        and (not columns or key.referred == columns)
    )


def _is_key(
    key: KeyPart, wanted: tuple[str, ...] | None, name: str | None
) -> bool:
    return name in (None, key.name) and (
        wanted is None or sorted(wanted) == sorted(key.columns)
    )


def _is_check(
    check: CheckPart,
    name: str | None,
    condition: str | re.Pattern[str] | None,
) -> bool:
    return name in (None, check.name) and (
        condition is None or condition_matches(condition, check.condition)
    )


def _show_key(key: ForeignKeyPart) -> str:
    table = f"{key.schema}.{key.table}" if key.schema else key.table
    text = f"on {joined(key.columns)} to {table} {joined(key.referred)}"
    for event, action in (
        ("on delete", key.ondelete),
        ("on update", key.onupdate),
    ):
        if action != "NO ACTION":
            text += f" {event} {action}"
    return f"foreign key {named(key.name, text)}"


def _show_unique(key: KeyPart) -> str:
    return f"unique constraint {named(key.name, 'on ' + joined(key.columns))}"


def _show_check(check: CheckPart) -> str:
    return f"check constraint {named(check.name, f'({check.condition})')}"
