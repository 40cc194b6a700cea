"""Which values does a column's type take?"""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import types as sqltypes
from sqlalchemy.types import TypeEngine

__unittest = True

#: Numbers of made-up rows begin beyond those that migrations write down.
FIRST = 1000
_WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath",
)
_DAY = datetime.datetime(2021, 3, 4, 5, 6, 7)


class Family:
    """Values of one family of types.

    :param typical: type and number -> an everyday value; two numbers give
        two values, as far as the type has so many.
    :param extremes: type and number -> the greatest and the least.
    :param variants: type and number -> values that differ in kind.
    """

    def __init__(
        self,
        typical: Callable[[Any, int], Any],
        extremes: Callable[[Any, int], Sequence[Any]] = lambda t, n: (),
        variants: Callable[[Any, int], Sequence[Any]] = lambda t, n: (),
    ) -> None:
        self.typical = typical
        self.extremes = extremes
        self.variants = variants


def bits_of(type_: Any) -> int:
    """Return the width of an integer type."""
    if isinstance(type_, sqltypes.BigInteger):
        return 64
    return 16 if isinstance(type_, sqltypes.SmallInteger) else 32


def _integer(type_: Any, number: int) -> int:
    return FIRST + number


def _integers(type_: Any, number: int) -> Sequence[int]:
    most = 2 ** (bits_of(type_) - 1)
    return (most - 1 - number, -most + number)


def _numeric(type_: Any, number: int) -> Any:
    precision, scale = type_.precision or 10, type_.scale or 0
    whole = max(precision - scale, 0)
    value = Decimal(number % 10 ** min(whole, 6)) if whole else Decimal(0)
    if scale:
        value += Decimal(1 + number % 9).scaleb(-scale)
    return value if type_.asdecimal else float(value)


def _zeros(type_: Any, number: int) -> Sequence[Any]:
    return (Decimal(0) if type_.asdecimal else 0.0,)


def _numerics(type_: Any, number: int) -> Sequence[Any]:
    if type_.precision is None:
        return ()
    most = (Decimal(10) ** type_.precision - 1 - number).scaleb(
        -(type_.scale or 0)
    )
    found = (most, -most)
    return found if type_.asdecimal else [float(one) for one in found]


def text_of(text: str, number: int, length: int | None) -> str:
    """Return a text that fits, and keeps its number at the end."""
    tail = str(number)
    if length is None:
        return f"{text}{tail}"
    return f"{text[:max(length - len(tail), 0)]}{tail}"[-length:]


def _string(type_: Any, number: int) -> str:
    return text_of(_WORDS[number % 8], FIRST + number, type_.length)


def _strings(type_: Any, number: int) -> Sequence[str]:
    length = type_.length or 300
    return (text_of("Z" * length, number, length), "")


def _awkward(type_: Any, number: int) -> Sequence[str]:
    texts = ("O'Hara ", " x ", "Ünï", "100% \\ ")
    return [text_of(one, number, type_.length) for one in texts]


def _moment(type_: Any, number: int) -> datetime.datetime:
    value = _DAY + datetime.timedelta(days=number, seconds=number)
    if getattr(type_, "timezone", False):
        value = value.replace(tzinfo=datetime.timezone.utc)
    return value


def _moments(type_: Any, number: int) -> Sequence[datetime.datetime]:
    first = datetime.datetime(1970, 1, 2) + datetime.timedelta(number)
    last = datetime.datetime(2037, 12, 31) - datetime.timedelta(number)
    zone = datetime.timezone.utc if getattr(type_, "timezone", 0) else None
    return [one.replace(tzinfo=zone) for one in (last, first)]


def _time(type_: Any, number: int) -> datetime.time:
    return (_DAY + datetime.timedelta(minutes=number)).time()


def _binary(type_: Any, number: int) -> bytes:
    return text_of("bytes ", FIRST + number, type_.length).encode()


def _uuid(type_: Any, number: int) -> Any:
    value = uuid.UUID(int=random.Random(number).getrandbits(128), version=4)
    return value if type_.as_uuid else str(value)


def _enum(type_: Any, number: int) -> Any:
    return _choose(type_.enums, number)


def _choose(values: Sequence[Any], number: int) -> Any:
    return values[number % len(values)] if values else None


def _array(type_: Any, number: int) -> list[Any]:
    one = typical(type_.item_type, number)
    for _ in range((type_.dimensions or 1) - 1):
        one = [one]
    return [one]


_FAMILIES: list[tuple[type[TypeEngine[Any]], Family]] = [
    (sqltypes.Boolean, Family(
        lambda t, n: n % 2 == 0, variants=lambda t, n: (True, False))),
    (sqltypes.Enum, Family(_enum, variants=lambda t, n: t.enums)),
    (sqltypes.Integer, Family(_integer, _integers, lambda t, n: (0, -1))),
    # Exact in binary, so that no round trip changes them.
    (sqltypes.Float, Family(
        lambda t, n: n + 0.5, lambda t, n: (1e9, -1e9),
        lambda t, n: (0.0, -1.5))),
    (sqltypes.Numeric, Family(_numeric, _numerics, _zeros)),
    (sqltypes.DateTime, Family(_moment, _moments)),
    (sqltypes.Date, Family(
        lambda t, n: _moment(t, n).date(),
        lambda t, n: [one.date() for one in _moments(t, n)])),
    (sqltypes.Time, Family(
        _time, lambda t, n: (datetime.time(23, 59, 59), datetime.time(0)))),
    (sqltypes.Interval, Family(lambda t, n: datetime.timedelta(hours=n + 1))),
    (sqltypes.LargeBinary, Family(_binary, lambda t, n: (b"\xff\x00", b""))),
    (sqltypes.Uuid, Family(_uuid)),
    (sqltypes.JSON, Family(
        lambda t, n: {"number": n},
        variants=lambda t, n: ([n], {}, "text", {"a": {"b": [None, n]}}))),
    (sqltypes.ARRAY, Family(_array, variants=lambda t, n: ([],))),
    (sqltypes.String, Family(_string, _strings, _awkward)),
]
#: What a type that nobody knows may be given; the database says.
_UNKNOWN = Family(
    lambda t, n: str(FIRST + n), variants=lambda t, n: ("{}", "", "(1,1)")
)


def register_family(kind: type[TypeEngine[Any]], family: Family) -> None:
    """Make the values of a type known, before those of types that it is one
    of."""
    _FAMILIES.insert(0, (kind, family))


def family_of(type_: TypeEngine[Any]) -> Family:
    """Return where a type's values come from."""
    for kind, family in _FAMILIES:
        if isinstance(type_, kind):
            return family
    return _UNKNOWN


def typical(type_: TypeEngine[Any], number: int) -> Any:
    """Return an everyday value."""
    return family_of(type_).typical(type_, number)


def is_known(type_: TypeEngine[Any]) -> bool:
    """Say whether a type's values are more than guesses."""
    return family_of(type_) is not _UNKNOWN
