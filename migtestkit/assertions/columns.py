"""Is a column what it should be?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from migtestkit.assertions.base import names_of, quoted
from migtestkit.assertions.parts import PartAssertions, Place
from migtestkit.errors import TableError, suggest
from migtestkit.rows import check_columns
from migtestkit.schema.expressions import default_matches, values_in_list
from migtestkit.schema.families import show_type, type_matches

__unittest = True


class _NotGiven:
    def __repr__(self) -> str:
        return "<not given>"


#: ``None`` means something: no default, no comment.
NOT_GIVEN: Any = _NotGiven()


class ColumnAssertions(PartAssertions):
    """Assertions about one column."""

    def assertColumn(
        self,
        table: str,
        column: str,
        msg: Any = None,
        *,
        type: Any = NOT_GIVEN,
        nullable: Any = NOT_GIVEN,
        default: Any = NOT_GIVEN,
        length: Any = NOT_GIVEN,
        primary_key: Any = NOT_GIVEN,
        autoincrement: Any = NOT_GIVEN,
        comment: Any = NOT_GIVEN,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a column is what is said of it; what is left out is
        not looked at.

        :param type: a SQLAlchemy type, its class, or a name such as
            ``"boolean"``. Types with a family, those in mixed case, match
            what the database has for them: ``Boolean`` is TINYINT(1) on
            MySQL. ``Integer`` is any width, ``BigInteger``,
            ``SmallInteger`` and ``INTEGER`` are that width alone. What an
            instance says of length, precision, scale, time zone and values
            counts too. Where the database has no enums, ``Enum("a", "b")``
            is a string with room for these values, whose CHECK, if it has
            one, lists them; the bare ``Enum`` is any string there.
        :param nullable: whether it takes NULL.
        :param default: the server's default, compared by what it means: a
            value, an SQL expression such as ``func.now()`` or ``"now()"``;
            ``None`` for no default.
        :param length: that of a string; ``None`` for no limit.
        :param primary_key: whether it is of the primary key.
        :param autoincrement: whether the database numbers it; on SQLite
            every ``INTEGER PRIMARY KEY`` is numbered.
        :param comment: its comment, ``None`` for none.
        :raises TableError: no such table or column, nothing is expected, or
            what the database cannot tell.
        """
        expected = {
            "type": type,
            "nullable": nullable,
            "default": default,
            "length": length,
            "primary_key": primary_key,
            "autoincrement": autoincrement,
            "comment": comment,
        }
        asked = {
            name: value
            for name, value in expected.items()
            if value is not NOT_GIVEN
        }
        _check_expectation(asked, expected)
        with self._looking_at(table, schema, database) as place:
            seen = _Column(place, column)
            wrong = [
                f"  {name}: expected {seen.wanted(name, value)}, is "
                f"{seen.shown(name)}"
                for name, value in asked.items()
                if not seen.matches(name, value)
            ]
        if wrong:
            self._refute(
                msg,
                f"column {column!r} of table {table!r} is not as expected\n"
                + "\n".join(wrong),
            )

    def assertEnumValues(
        self,
        table: str | None = None,
        column: str | None = None,
        values: Sequence[str] | None = None,
        msg: Any = None,
        *,
        enum: str | None = None,
        schema: str | None = None,
        database: str | None = None,
    ) -> None:
        """Fail unless a column, or a type, takes exactly these values, in
        any order.

        A column's values are those of its type, or, where the database has
        no such type, those of a CHECK with an IN list.

        :param enum: a type's name, instead of ``table`` and ``column``,
            where the database has types with names (PostgreSQL).
        :raises TableError: no such table, column or type, the column is not
            limited to any values, or no value given.
        """
        wanted = names_of(values, "values")
        if (enum is None) == (table is None or column is None):
            raise TableError("name a table and a column, or enum=")
        if enum is not None:
            what = f"type {enum!r}"
            found = self._values_of_type(enum, schema, database)
        else:
            what = f"column {column!r} of table {table!r}"
            with self._looking_at(
                str(table), schema, database
            ) as place:
                found = _Column(place, str(column)).values(what)
        missing = [one for one in wanted if one not in found]
        extra = [one for one in found if one not in wanted]
        if missing or extra:
            lines = [f"{what} takes other values than expected"]
            if missing:
                lines.append(f"  missing: {quoted(missing)}")
            if extra:
                lines.append(f"  not expected: {quoted(extra)}")
            self._refute(msg, "\n".join(lines))

    def _values_of_type(
        self, name: str, schema: str | None, database: str | None
    ) -> list[str]:
        with self.migrations.connect(database=database) as connection:
            inspector: Any = sa.inspect(connection)
            if not hasattr(inspector, "get_enums"):
                raise TableError(
                    f"{connection.dialect.name} has no types with names; "
                    "name the table and the column instead"
                )
            known = {
                one["name"]: list(one["labels"])
                for one in inspector.get_enums(schema)
            }
        if name not in known:
            raise TableError(
                f"no enum type {name!r}; there are {quoted(known)}"
                f"{suggest(name, known)}"
            )
        return known[name]


class _Column:
    """One column as the database has it."""

    def __init__(self, place: Place, name: str) -> None:
        check_columns(place.table, [name])
        table = place.table
        self.place = place
        self.name = name
        self.dialect = place.connection.dialect
        self.told: Any = next(
            one
            for one in place.inspector.get_columns(table.name, table.schema)
            if one["name"] == name
        )
        self.type = self.told["type"]
        self.key = place.parts.primary_key().columns

    def value(self, name: str) -> Any:
        """Return what the database says of one thing."""
        if name == "primary_key":
            return self.name in self.key
        if name == "length":
            return getattr(self.type, "length", None)
        if name == "autoincrement":
            return self._is_numbered()
        if name == "comment" and not self.dialect.supports_comments:
            raise TableError(
                f"{self.dialect.name} keeps no comments, so there is none "
                "to look at"
            )
        if name == "default" and self._is_serial():
            return None
        return self.told.get(name)

    def matches(self, name: str, wanted: Any) -> bool:
        """Say whether one thing is as wanted."""
        if name == "type":
            return type_matches(wanted, self.type, self.dialect) and (
                self._has_values(wanted)
            )
        value = self.value(name)
        if name == "default":
            return default_matches(
                wanted, value, self.dialect, kind=self._kind()
            )
        return bool(value == wanted)

    def wanted(self, name: str, value: Any) -> str:
        """Return what was expected, for people."""
        if name == "type":
            values = getattr(value, "enums", None)
            own = hasattr(self.type, "enums")
            return _typed(
                show_type(value, self.dialect), () if own else values
            )
        if name == "default" and value is None:
            return "none"
        if isinstance(value, sa.sql.ClauseElement):
            return str(value)
        return repr(value)

    def shown(self, name: str) -> str:
        """Return what is there, for people."""
        if name == "type":
            return _typed(
                show_type(self.type, self.dialect), self._checked_values()
            )
        value = self.value(name)
        if name == "default":
            return "none" if value is None else str(value)
        return repr(value)

    def values(self, what: str) -> list[str]:
        """Return the values that the column takes.

        :raises TableError: it is not limited to any.
        """
        own = getattr(self.type, "enums", None)
        if own:
            return list(own)
        found = self._checked_values()
        if found:
            return found
        raise TableError(
            f"{what} is {self.shown('type')} and no CHECK limits it to a "
            "list of values, so there are none to compare"
        )

    def _checked_values(self) -> list[str]:
        """Return the values to which a CHECK limits the column."""
        for check in self.place.parts.checks():
            found = values_in_list(check.condition, self.name)
            if found:
                return found
        return []

    def _has_values(self, wanted: Any) -> bool:
        """Say whether a CHECK that stands for an enum has its values."""
        values = getattr(wanted, "enums", None)
        if not values or hasattr(self.type, "enums"):
            return True
        found = self._checked_values()
        return not found or sorted(found) == sorted(values)

    def _is_serial(self) -> bool:
        default = str(self.told.get("default") or "")
        return default.startswith("nextval(")

    def _is_numbered(self) -> bool:
        if self.dialect.name == "sqlite":
            # Such a column is the rowid (SQLite documentation, "Rowid").
            whole = isinstance(self.type, sa.INTEGER)
            return whole and self.key == (self.name,)
        return self.told.get("autoincrement") is True or bool(
            self.told.get("identity")
        )

    def _kind(self) -> str:
        if type_matches(sa.Boolean, self.type, self.dialect):
            return "boolean"
        return "text" if isinstance(self.type, sa.String) else ""


def _typed(type_: str, values: Sequence[str] | None) -> str:
    return f"{type_} of {quoted(values)}" if values else type_


def _check_expectation(asked: Any, all_names: Any) -> None:
    if not asked:
        raise TableError(
            "nothing is expected of the column: say "
            + ", ".join(f"{name}=" for name in all_names)
        )
    for name in ("nullable", "primary_key", "autoincrement"):
        if name in asked and not isinstance(asked[name], bool):
            raise TableError(
                f"{name} must be True or False, not {asked[name]!r}"
            )
    length = asked.get("length")
    if isinstance(length, bool) or not isinstance(length, (int, type(None))):
        raise TableError(f"length must be a number or None, not {length!r}")
    comment = asked.get("comment")
    if comment == "" or not isinstance(comment, (str, type(None))):
        raise TableError(
            f"comment must be a text, or None for none, not {comment!r}"
        )
