"""Do the rows that lived before live after, with the same values?"""

from __future__ import annotations

import datetime
import json
import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

__unittest = True

_MOMENTS = (datetime.date, datetime.time)
_TRUTHS = {"true": "1", "t": "1", "false": "0", "f": "0"}
#: Day, time, digits of the second and zone, as databases write them.
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?"
    r"(Z|[+-]\d\d(?::\d\d)?)?)?"
)
#: How many examples a report gives of one thing.
EXAMPLES = 3


@dataclass(frozen=True)
class TableRows:
    """A table at one moment.

    :ivar columns: its columns' names.
    :ivar key: those of its primary key.
    :ivar rows: all its rows.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]


def what_was_lost(
    table: str,
    before: TableRows,
    after: TableRows | None,
    lossy: frozenset[str] = frozenset(),
) -> list[str]:
    """Return, a line each, what became of the rows of a table that they
    shall not become; rows that are there in addition are no loss.

    Rows are paired by primary key where the table has kept one, and compared
    by the columns that both moments have. A column that has another type now
    keeps its values if they mean the same.

    :param lossy: columns that are not looked at.
    """
    if not before.rows:
        return []
    number = len(before.rows)
    if after is None:
        return [f"table {table!r} is gone, with its {_many(number, 'row')}"]
    shared = [
        name
        for name in before.columns
        if name in after.columns and name not in lossy
    ]
    key = before.key
    if key and set(key) <= set(after.columns):
        return _by_key(table, before, after, shared)
    return _by_content(table, before, after, shared)


def _by_key(
    table: str, before: TableRows, after: TableRows, shared: Sequence[str]
) -> list[str]:
    then, now_ = _samples(before), _samples(after)
    there = {_content(row, before.key, then): row for row in after.rows}
    gone: list[str] = []
    changed: dict[str, list[str]] = {}
    for row in before.rows:
        shown = ", ".join(f"{name}={row[name]!r}" for name in before.key)
        now = there.get(_content(row, before.key, now_))
        if now is None:
            gone.append(shown)
            continue
        for name in shared:
            if not same_value(row[name], now[name]):
                changed.setdefault(name, []).append(
                    f"{shown}: {_short(row[name])} -> {_short(now[name])}"
                )
    total = len(before.rows)
    lines = []
    if gone:
        lines.append(
            f"table {table!r}: {len(gone)} of {_many(total, 'row')} gone: "
            f"{_examples(gone)}"
        )
    for name, values in changed.items():
        lines.append(
            f"table {table!r}, column {name!r}: {len(values)} of "
            f"{_many(total, 'value')} changed: {_examples(values)}"
        )
    return lines


def _by_content(
    table: str, before: TableRows, after: TableRows, shared: Sequence[str]
) -> list[str]:
    if not shared:
        return [
            f"table {table!r}: none of its columns is left, so its "
            f"{_many(len(before.rows), 'row')} cannot be compared"
        ]
    then, now = _samples(before), _samples(after)
    left = Counter(_content(row, shared, then) for row in after.rows)
    lost = []
    for row in before.rows:
        meaning = _content(row, shared, now)
        if left[meaning]:
            left[meaning] -= 1
        else:
            lost.append(_short({name: row[name] for name in shared}))
    if not lost:
        return []
    return [
        f"table {table!r}, without a primary key to compare by: {len(lost)} "
        f"of {_many(len(before.rows), 'row')} gone or changed: "
        f"{_examples(lost)}"
    ]


def _samples(table: TableRows) -> Mapping[str, Any]:
    """Return a value of each column, which tells how the texts that stand
    there at another moment are to be read."""
    found: dict[str, Any] = {}
    for row in table.rows:
        for name, value in row.items():
            if value is not None:
                found.setdefault(name, value)
        if len(found) == len(table.columns):
            break
    return found


def _content(
    row: Mapping[str, Any], names: Sequence[str], beside: Mapping[str, Any]
) -> tuple[str, ...]:
    return tuple(_meaning(row[name], beside.get(name)) for name in names)


def same_value(one: Any, other: Any) -> bool:
    """Say whether two values mean the same: ``1`` and ``True`` and ``"1"``,
    a date and its ISO text, a date and its midnight, a UUID and its text, a
    document and its JSON."""
    if one is None or other is None:
        return one is other
    if type(one) is type(other) and not isinstance(one, _MOMENTS):
        return bool(one == other)
    return _meaning(one, other) == _meaning(other, one)


def _meaning(value: Any, beside: Any = None) -> str:
    """Return a text that values of one meaning share.

    :param beside: what a text is compared with, which tells how to read it.
    """
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int, float, Decimal)):
        plain = int(value) if isinstance(value, bool) else value
        return _number(Decimal(str(plain)))
    if isinstance(value, datetime.datetime):
        return _moment(value)
    if isinstance(value, datetime.date):
        return _moment(datetime.datetime(value.year, value.month, value.day))
    if isinstance(value, datetime.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, str):
        return _text(value, beside)
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, default=repr)
    return repr(value)


def _moment(value: datetime.datetime) -> str:
    """Return the time in UTC; one without a zone is taken as it stands."""
    if value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value.isoformat(" ")


def _number(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    text = _without_zeros(format(value, "f"))
    return "0" if text == "-0" else text


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(value: str, beside: Any) -> str:
    """Read a text as what it is compared with, if it can be read so."""
    try:
        if isinstance(beside, bool) and value.lower() in _TRUTHS:
            return _TRUTHS[value.lower()]
        if isinstance(beside, (int, float, Decimal)):
            return _number(Decimal(value))
        if isinstance(beside, datetime.date):
            return _moment(_read_moment(value))
        if isinstance(beside, uuid.UUID):
            return uuid.UUID(value).hex
        if isinstance(beside, (dict, list)):
            return _meaning(json.loads(value))
    except (ValueError, InvalidOperation):
        pass
    return value


def _read_moment(text: str) -> datetime.datetime:
    # Before Python 3.11 neither a short zone nor any number of digits.
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return datetime.datetime.fromisoformat(text)
    day, time, digits, zone = match.groups()
    zone = {"Z": "+00:00"}.get(zone or "", zone or "")
    if len(zone) == 3:
        zone += ":00"
    digits = (digits or "").ljust(6, "0")[:6]
    return datetime.datetime.fromisoformat(
        f"{day} {time or '00:00:00'}.{digits}{zone}"
    )


def _examples(texts: Sequence[str]) -> str:
    more = len(texts) - EXAMPLES
    shown = "; ".join(texts[:EXAMPLES])
    return f"{shown}; and {more} more" if more > 0 else shown


def _short(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}..."


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
