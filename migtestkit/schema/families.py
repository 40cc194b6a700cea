"""Is a column of the type that a test asks for, on any database?

One type has many names: a Boolean is BOOLEAN on SQLite and PostgreSQL and
TINYINT(1) on MySQL, a Uuid is CHAR(32) where there is no other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeDecorator, TypeEngine

from migtestkit.errors import TableError, listing, suggest

__unittest = True

_Found = TypeEngine[Any]
_Binary = (sa.LargeBinary, sa.BINARY, sa.VARBINARY)


def _named(found: _Found) -> str:
    return type(found).__name__.upper()


def _is_boolean(found: _Found) -> bool:
    return isinstance(found, sa.Boolean) or (
        _named(found) == "TINYINT"
        and getattr(found, "display_width", None) == 1
    )


def _is_text(found: _Found) -> bool:
    # MySQL's LONGTEXT and its like are no subclasses of Text.
    return isinstance(found, sa.Text) or _named(found).endswith("TEXT")


def _is_enum(found: _Found) -> bool:
    return isinstance(found, sa.Enum) or hasattr(found, "enums")


def _is_string(found: _Found) -> bool:
    return (
        isinstance(found, sa.String)
        and not _is_text(found)
        and not _is_enum(found)
    )


def _is_json(found: _Found) -> bool:
    # MariaDB's JSON is a LONGTEXT of this collation.
    return isinstance(found, sa.JSON) or (
        _named(found) == "LONGTEXT"
        and getattr(found, "collation", None) == "utf8mb4_bin"
    )


def _is_uuid(found: _Found) -> bool:
    return isinstance(found, sa.Uuid) or (
        isinstance(found, sa.CHAR) and found.length in (32, 36)
    )


def _is_a(*classes: type) -> Callable[[_Found], bool]:
    return lambda found: isinstance(found, classes)


#: SQLAlchemy's types that mean one thing on all databases.
_FAMILIES: dict[type, Callable[[_Found], bool]] = {
    sa.Boolean: _is_boolean,
    sa.SmallInteger: _is_a(sa.SmallInteger),
    sa.BigInteger: _is_a(sa.BigInteger),
    sa.Integer: lambda found: isinstance(found, sa.Integer)
    and not _is_boolean(found),
    sa.Enum: lambda found: _is_enum(found) or _is_string(found),
    sa.Text: _is_text,
    sa.String: _is_string,
    sa.Double: lambda found: isinstance(found, sa.Double)
    or _named(found).startswith("DOUBLE"),
    sa.Float: _is_a(sa.Float),
    sa.Numeric: lambda found: isinstance(found, sa.Numeric)
    and not isinstance(found, sa.Float),
    sa.DateTime: _is_a(sa.DateTime),
    sa.Date: _is_a(sa.Date),
    sa.Time: _is_a(sa.Time),
    sa.Interval: lambda found: _named(found) in ("INTERVAL", "DATETIME"),
    sa.JSON: _is_json,
    sa.LargeBinary: lambda found: isinstance(found, _Binary)
    or _named(found).endswith("BLOB"),
    sa.Uuid: _is_uuid,
}
#: Names in capitals that databases take for others of their family.
_SYNONYMS = {
    "BOOLEAN": sa.Boolean,
    "DECIMAL": sa.Numeric,
    "NUMERIC": sa.Numeric,
    "FLOAT": sa.Float,
    "NVARCHAR": sa.String,
    "NCHAR": sa.String,
}
_BY_NAME = {one.__name__.lower(): one for one in _FAMILIES}


def type_matches(expected: Any, found: _Found, dialect: Dialect) -> bool:
    """Say whether a reflected type is of the family that is expected.

    :param expected: a SQLAlchemy type, its class, or a name.  What an
        instance says of length, precision, scale, time zone and values
        counts too.
    :raises TableError: ``expected`` is no type.
    """
    if isinstance(expected, str):
        return _name_matches(expected, found, dialect)
    # The class of a TypeDecorator says all that its instances do.
    stated = not inspect.isclass(expected) or issubclass(
        expected, TypeDecorator
    )
    wanted = _instance(expected, dialect)
    family = _family(type(wanted))
    if family is None:
        if not isinstance(found, type(wanted)):
            return False
        return not stated or _options_match(wanted, found, dialect)
    if not _FAMILIES[family](found) or (
        family in (sa.Enum, sa.Uuid)
        and isinstance(found, sa.String)
        and not _is_enum(found)
        and _has_native(family, wanted, dialect)
    ):
        return False
    return not stated or _options_match(wanted, found, dialect, family)


def _has_native(family: type, wanted: Any, dialect: Dialect) -> bool:
    """Say whether the database has a type of its own for a family, and the
    test does not say that it is to go without."""
    name = "enum" if family is sa.Enum else "uuid"
    return bool(getattr(dialect, f"supports_native_{name}", False)) and bool(
        getattr(wanted, f"native_{name}", True)
    )


def show_type(type_: Any, dialect: Dialect) -> str:
    """Return a type as messages show it: one that a test wrote as Python
    does, one of the database in its own words."""
    if isinstance(type_, str):
        return type_
    if inspect.isclass(type_):
        return type_.__name__
    try:
        return str(type_.compile(dialect=dialect))
    except (SQLAlchemyError, NotImplementedError):
        return repr(type_)


def _name_matches(name: str, found: _Found, dialect: Dialect) -> bool:
    word = name.strip().lower()
    own = {
        key.lower(): type_
        for key, type_ in getattr(dialect, "ischema_names", {}).items()
    }
    if word in _BY_NAME:
        return type_matches(_BY_NAME[word], found, dialect)
    if word in own:
        return type_matches(_class_of(own[word]), found, dialect)
    standard = getattr(sa.types, word.upper(), None)
    if inspect.isclass(standard) and issubclass(standard, TypeEngine):
        return type_matches(standard, found, dialect)
    known = sorted({*_BY_NAME, *own})
    raise TableError(
        f"no type is called {name!r}; there are {listing(_BY_NAME)}, and "
        f"those of {dialect.name}{suggest(word, known)}"
    )


def _class_of(type_: Any) -> Any:
    return type_ if inspect.isclass(type_) else type(type_)


def _instance(expected: Any, dialect: Dialect) -> _Found:
    """Return an instance of what is expected of this database."""
    if inspect.isclass(expected) and issubclass(expected, TypeEngine):
        # An ARRAY needs to be told of what.
        try:
            expected = expected()
        except TypeError:
            bare: _Found = expected.__new__(expected)
            return bare
    if not isinstance(expected, TypeEngine):
        raise TableError(
            "type must be a SQLAlchemy type, such as String(40), its class "
            f"or a name such as 'boolean', not {expected!r}"
        )
    wanted: Any = expected
    while isinstance(wanted, TypeDecorator) and not isinstance(
        wanted, sa.Interval
    ):
        wanted = wanted.load_dialect_impl(dialect)
    # SQLAlchemy does not hand out in public what with_variant() was told.
    variants = getattr(wanted, "_variant_mapping", {})
    found: _Found = variants.get(dialect.name, wanted)
    return found


def _family(class_: type) -> type | None:
    """Return the family that a type stands for, ``None`` for a type that is
    meant as it is, such as ``INTEGER`` or PostgreSQL's ``JSONB``."""
    for one in class_.__mro__:
        if one in _FAMILIES:
            return one
        if one.__name__ in _SYNONYMS:
            return _SYNONYMS[one.__name__]
        if one.__name__.isupper() and not one.__name__.startswith("_"):
            return None
    return None


def _options_match(
    wanted: Any,
    found: Any,
    dialect: Dialect,
    family: type | None = None,
) -> bool:
    names: tuple[str, ...] = ()
    if family in (sa.String, None):
        names += ("length",)
    if family in (sa.Numeric, None):
        names += ("precision", "scale")
    if family is None:
        names += ("unsigned", "fsp", "dimensions")
    for name in names:
        asked = getattr(wanted, name, None)
        if asked not in (None, False) and asked != getattr(found, name, None):
            return False
    if hasattr(wanted, "item_type"):
        return type_matches(wanted.item_type, found.item_type, dialect)
    values = getattr(wanted, "enums", None)
    if values and hasattr(found, "enums"):
        return sorted(values) == sorted(found.enums)
    if values and family is sa.Enum:
        # A string that has room for the longest value.
        length = getattr(found, "length", None)
        return length is None or bool(length >= max(map(len, values)))
    if family in (sa.DateTime, sa.Time, None):
        return _zoned(wanted, dialect) == _zoned(found, dialect)
    return True


def _zoned(type_: Any, dialect: Dialect) -> bool:
    """Say whether the database keeps a time zone with the values."""
    return "WITH TIME ZONE" in show_type(type_, dialect)
