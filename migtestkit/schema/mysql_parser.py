"""What does each line of a SHOW CREATE TABLE say?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migtestkit.schema.snapshot import Fact

__unittest = True

_Facts = Iterator[tuple[Fact, str]]

_NAME = r"`((?:[^`]|``)*)`"
_SIMPLE_NAME = re.compile(r"(?<!`)`(\w+)`(?!`)")
_COLUMN = re.compile(rf"{_NAME} (.*)", re.DOTALL)
_PRIMARY_KEY = re.compile(r"PRIMARY KEY (.*)", re.DOTALL)
_INDEX = re.compile(rf"(?:([A-Z]+) )?KEY {_NAME} (.*)", re.DOTALL)
_FOREIGN_KEY = re.compile(
    rf"CONSTRAINT {_NAME} FOREIGN KEY (\(.*?\)) REFERENCES (.*)", re.DOTALL
)
_CHECK = re.compile(
    rf"CONSTRAINT {_NAME} CHECK (.*)", re.DOTALL
)
_OPTION = re.compile(
    r"""`?([\w]+(?:\ CHARSET)?)`?\s*=\s*('(?:[^'\\]|''|\\.)*'|[^\s']+)""",
    re.VERBOSE,
)


def plain(text: str) -> str:
    """A text without the quotes of names that need none."""
    return _SIMPLE_NAME.sub(r"\1", text)


def table_facts(table: str, shown: str) -> _Facts:
    """All facts of a table.

    :param table: the name by which facts know it.
    :param shown: what ``SHOW CREATE TABLE`` says.
    """
    yield Fact("table", table, table), ""
    lines, end = _lines(shown)
    for line in lines:
        yield _fact(table, line)
    yield from _options(table, end)


def _lines(shown: str) -> tuple[list[str], str]:
    """The lines between the parentheses, and what follows them.

    A line starts with two spaces; what does not goes on with the one before.
    """
    lines: list[str] = []
    rest = shown.split("\n")[1:]
    while rest and not rest[0].startswith(")"):
        line = rest.pop(0)
        if line.startswith("  ") or not lines:
            lines.append(line.strip())
        else:
            lines[-1] += "\n" + line
    return [line.removesuffix(",") for line in lines], "\n".join(rest)[1:]


def _fact(table: str, line: str) -> tuple[Fact, str]:
    """What one line tells."""
    found = _COLUMN.fullmatch(line)
    if found is not None:
        return Fact("column", table, _unquoted(found[1])), plain(found[2])
    found = _PRIMARY_KEY.fullmatch(line)
    if found is not None:
        return Fact("primary key", table, ""), plain(found[1])
    found = _FOREIGN_KEY.fullmatch(line)
    if found is not None:
        text = f"{plain(found[2])} -> {plain(found[3])}"
        return Fact("foreign key", table, _unquoted(found[1])), text
    found = _CHECK.fullmatch(line)
    if found is not None:
        return Fact("check", table, _unquoted(found[1])), plain(found[2])
    found = _INDEX.fullmatch(line)
    if found is not None:
        words = [found[1], plain(found[3])]
        text = " ".join(word for word in words if word)
        return Fact("index", table, _unquoted(found[2])), text
    return Fact("clause", table, f"({plain(line)})"), ""


def _unquoted(name: str) -> str:
    return name.replace("``", "`")


def _options(table: str, end: str) -> _Facts:
    """The table's options, its comment and its partitions."""
    options, _, partitions = end.partition("PARTITION BY")
    partitions = partitions.removesuffix("*/").strip()
    if partitions:
        text = " ".join(partitions.split())
        yield Fact("option", table, "PARTITION BY"), plain(text)
    options = options.replace("/*!50100", "").strip()
    for name, value in _OPTION.findall(options):
        if name == "COMMENT":
            yield Fact("comment", table, ""), value[1:-1]
        elif name != "AUTO_INCREMENT":
            yield Fact("option", table, name), value
    for clause in _OPTION.sub("", options).split("\n"):
        words = " ".join(clause.split()).removeprefix("DEFAULT").strip()
        if words:
            yield Fact("option", table, words), ""
