"""What does a column hold whose type the database has forgotten?"""

from __future__ import annotations

import pickle
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy import types as sqltypes
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from migtestkit.rows.synthetic.values import Family, register_family

__unittest = True

#: Column -> the type that a migration gave it.
Declared = Mapping[str, TypeEngine[Any]]

_UUID = re.compile("(?i)uuid|guid")
#: What the names of a project's own types say.
_OWN = (
    (_UUID, lambda number: _uuid(number)),
    (re.compile("(?i)json"), lambda number: {"number": number}),
)


class RecalledText(sqltypes.String):
    """Text of which it is known what it may be.

    :param choices: all that it may be, ``None`` if they cannot be counted.
    :param make: makes one of a number.
    :param identity: whether it is a UUID.
    """

    cache_ok = False

    def __init__(
        self,
        length: int | None,
        choices: tuple[str, ...] | None,
        make: Callable[[int], Any],
        identity: bool = False,
    ) -> None:
        super().__init__(length)
        self.choices = choices
        self.make = make
        self.identity = identity


class RecalledBytes(sqltypes.LargeBinary):
    """Bytes of which it is known what they are.

    :param make: makes some of a number.
    :param identity: whether they are a UUID.
    """

    cache_ok = False

    def __init__(
        self,
        length: int | None,
        make: Callable[[int], bytes],
        identity: bool = False,
    ) -> None:
        super().__init__(length)
        self.make = make
        self.identity = identity


register_family(
    RecalledText,
    Family(
        lambda type_, number: type_.make(number),
        variants=lambda type_, number: type_.choices or (),
    ),
)
register_family(
    RecalledBytes, Family(lambda type_, number: type_.make(number))
)


def recall_types(table: Table, declared: Declared, dialect: Dialect) -> None:
    """Give the columns of a reflected table that are text or bytes a type
    that knows what a migration said of them."""
    for name, told in declared.items():
        column = table.columns.get(name)
        if column is None:
            continue
        kept: Any = column.type
        made: Any = None
        length = getattr(kept, "length", None)
        if isinstance(kept, sqltypes.Enum):
            continue
        if isinstance(kept, sqltypes.String):
            made = _text(told, length, dialect)
        elif isinstance(kept, sqltypes.LargeBinary):
            made = _bytes(told, length, dialect)
        if made is not None:
            column.type = made


def _text(told: Any, length: int | None, dialect: Dialect) -> Any:
    if isinstance(told, sqltypes.Enum):
        choices = tuple(str(one) for one in told.enums)
        if not choices:
            return None
        return RecalledText(
            length, choices, lambda number: choices[number % len(choices)]
        )
    if isinstance(told, sqltypes.Uuid):
        return RecalledText(
            length, None, lambda number: _uuid(number).hex, identity=True
        )
    make = _own(told, dialect, str)
    if make is None:
        return None
    return RecalledText(length, None, make, identity=_names_uuid(told))


def _bytes(told: Any, length: int | None, dialect: Dialect) -> Any:
    make = _own(told, dialect, bytes)
    if make is None and isinstance(told, sqltypes.PickleType):
        make = _pickled
    if make is None:
        return None
    return RecalledBytes(length, make, identity=_names_uuid(told))


def _pickled(number: int) -> bytes:
    return pickle.dumps({"number": number})


def _own(
    told: Any, dialect: Dialect, kind: type
) -> Callable[[int], Any] | None:
    """Return what makes values of a project's own type by its own rules, if
    its name says what they are, and it takes them."""
    if not isinstance(told, sqltypes.TypeDecorator):
        return None
    for pattern, example in _OWN:
        if pattern.search(type(told).__name__):
            def make(number: int, example: Any = example) -> Any:
                return told.process_bind_param(example(number), dialect)

            try:
                if isinstance(make(1), kind):
                    return make
            except Exception:
                # Whatever it is, it is no such type.
                continue
    return None


def _names_uuid(told: Any) -> bool:
    return _UUID.search(type(told).__name__) is not None


def _uuid(number: int) -> uuid.UUID:
    return uuid.UUID(int=number, version=4)
