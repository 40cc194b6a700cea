"""Which values does a condition speak of?

Nothing here understands a condition: literals in its text are good guesses,
and the database says which of them hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

__unittest = True

_CHECK = re.compile(
    r"(?:CONSTRAINT\s+([`\"\[]?)(?P<name>[^`\"\]\s]+)[`\"\]]?\s+)?"
    r"CHECK\s*\(",
    re.IGNORECASE,
)
_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w'.])-?\d+(?:\.\d+)?(?![\w'.])")
_LENGTH = re.compile(r"length|len\(", re.IGNORECASE)
#: No text of a sensible condition is longer.
_LONGEST = 500


@dataclass(frozen=True)
class Condition:
    """A CHECK, of a table or of a domain.

    :ivar name: its name, empty where it has none.
    :ivar sql: its text.
    :ivar columns: those that it speaks of.
    """

    name: str
    sql: str
    columns: tuple[str, ...]

    def mentioned_in(self, text: str) -> bool:
        """Say whether an error's text is about this one."""
        if self.name and self.name in text:
            return True
        return len(self.sql) > 3 and self.sql in text


def speaks_of(sql: str, names: list[str]) -> tuple[str, ...]:
    """Return the names that occur in a text."""
    return tuple(
        name
        for name in names
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE)
    )


def checks_in(statement: str) -> Iterator[tuple[str, str]]:
    """Return the name and the text of each CHECK in a CREATE TABLE."""
    for match in _CHECK.finditer(statement):
        end = _closing(statement, match.end())
        yield match["name"] or "", statement[match.end():end].strip()


def _closing(text: str, at: int) -> int:
    depth, quote = 1, ""
    for index in range(at, len(text)):
        letter = text[index]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
            if not depth:
                return index
    return len(text)


def texts_in(sql: str) -> list[str]:
    """Return the texts that a condition names, and texts that fit its
    patterns and lengths."""
    found = [one.replace("''", "'") for one in _TEXT.findall(sql)]
    found += [
        re.sub(r"[%_^$*+?\\]|\[.*?\]", "x", one) for one in list(found)
    ]
    found += [one.replace("%", "x").replace("_", "x") for one in list(found)]
    if _LENGTH.search(sql):
        for number in numbers_in(sql):
            if 0 <= number <= _LONGEST:
                found.append("x" * int(number))
                found.append("7" * int(number))
    return list(dict.fromkeys(found))


def numbers_in(sql: str) -> list[Decimal]:
    """Return the numbers that a condition names, and their neighbours."""
    found: list[Decimal] = []
    for text in _NUMBER.findall(_TEXT.sub("''", sql)):
        number = Decimal(text)
        found += [number, number + 1, number - 1]
    return list(dict.fromkeys(found))


def named_texts(sql: str) -> list[str]:
    """Return the texts that a condition names, in its order."""
    found = [one.replace("''", "'") for one in _TEXT.findall(sql)]
    return list(dict.fromkeys(found))
