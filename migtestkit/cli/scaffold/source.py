"""How does a value, or a call, stand in a line of Python?"""

from __future__ import annotations

import datetime
import re
import textwrap
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

__unittest = True

WIDTH = 79


class Unwritable(Exception):
    """A value has no short form in Python's source."""


@dataclass(frozen=True)
class Code:
    """Source as it is to be written."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of a method of the test case.

    :ivar method: its name.
    :ivar args: positional arguments: plain values, or :class:`Code`.
    :ivar options: keyword arguments.
    """

    method: str
    args: Sequence[Any] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The call on one line."""
        return flat(self)


def plain(value: Any) -> Any:
    """Return a value of a database as a test would write it: a date as ISO
    text, an exact number as it is read.

    :raises Unwritable: there is no such form.
    """
    if isinstance(value, Decimal):
        number = float(value)
        if Decimal(repr(number)) != value:
            raise Unwritable(repr(value))
        return number
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return str(value)
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
        shown = int(seconds) if seconds == int(seconds) else seconds
        return Code(f"datetime.timedelta(seconds={shown})")
    if isinstance(value, uuid.UUID):
        return Code(f'uuid.UUID("{value}")')
    if isinstance(value, Mapping):
        return {plain(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        if isinstance(value, float) and value != value:
            raise Unwritable("nan")
        return value
    raise Unwritable(repr(value))


def flat(node: Any) -> str:
    """Return something as source on one line."""
    if isinstance(node, Code):
        return node.text
    if isinstance(node, str):
        return _quoted(node)
    opened = _opened(node)
    if opened is None:
        return repr(node)
    start, items, end = opened
    shown = ", ".join(prefix + flat(one) for prefix, one in items)
    return f"{start}{shown}{end}"


def layout(node: Any, indent: int, used: int = 0, after: int = 0) -> str:
    """Return something as source, over as many lines as it needs.

    :param indent: of the line that it stands on.
    :param used: columns of that line that are taken.
    :param after: columns to leave behind it.
    """
    text = flat(node)
    if max(used, indent) + len(text) + after <= WIDTH:
        return text
    pad, more = " " * indent, indent + 4
    if isinstance(node, str):
        pieces = _pieces(node, WIDTH - more - 2)
        if len(pieces) < 2:
            return text
        lines = "".join(
            f"{' ' * more}{_quoted(one)}\n" for one in pieces
        )
        return f"(\n{lines}{pad})"
    opened = _opened(node)
    if opened is None or not opened[1]:
        return text
    start, items, end = opened
    if isinstance(node, Call):
        shown = ", ".join(prefix + flat(one) for prefix, one in items)
        if more + len(shown) <= WIDTH:
            return f"{start}\n{' ' * more}{shown}\n{pad}{end}"
    lines = "".join(
        f"{' ' * more}{prefix}"
        f"{layout(one, more, more + len(prefix), 1)},\n"
        for prefix, one in items
    )
    return f"{start}\n{lines}{pad}{end}"


def _opened(node: Any) -> tuple[str, list[tuple[str, Any]], str] | None:
    """Return what holds others: its start, its items, its end."""
    if isinstance(node, Call):
        items = [("", one) for one in node.args]
        items += [(f"{name}=", one) for name, one in node.options.items()]
        return f"self.{node.method}(", items, ")"
    if isinstance(node, Mapping):
        return (
            "{", [(f"{flat(name)}: ", one) for name, one in node.items()], "}"
        )
    if isinstance(node, list):
        return "[", [("", one) for one in node], "]"
    return None


def _quoted(text: str) -> str:
    """Return a text in double quotes, unless it has some."""
    shown = repr(text)
    if shown[0] == "'" and '"' not in text:
        return f'"{shown[1:-1]}"'
    return shown


def _pieces(text: str, width: int) -> list[str]:
    found, start = [], 0
    while start < len(text):
        end = start + width
        while len(_quoted(text[start:end])) > width + 2:
            end -= 1
        found.append(text[start:end])
        start = end
    return found


def docstring(text: str, indent: int = 0) -> str:
    """Return a docstring of one paragraph, in lines that fit."""
    text = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    if text.endswith('"'):
        text += " "
    pad = " " * indent
    line = f'{pad}"""{text}"""'
    if len(line) <= WIDTH:
        return line
    lines = textwrap.wrap(
        f'"""{text}', WIDTH - indent, break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(f"{pad}{one}" for one in [*lines, '"""'])


def comment(text: str, indent: int = 0) -> str:
    """Return a comment, in lines that fit."""
    return "\n".join(
        " " * indent + f"# {line}"
        for line in textwrap.wrap(
            " ".join(text.split()), WIDTH - indent - 2,
            break_on_hyphens=False,
        )
    )


def class_name(text: str) -> str:
    """Return a name for a test class made of the words of a text."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))
    name = ""
    for word in words:
        if name and len(name) + len(word) > 40:
            break
        name += word.capitalize()
    return f"Test{name}"
