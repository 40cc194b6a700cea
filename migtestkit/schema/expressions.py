"""Do two SQL expressions, as two databases show them, say the same?

A database shows a default or a condition in its own words: PostgreSQL adds
casts and parentheses and writes ``IN`` as ``= ANY (ARRAY[...])``, MySQL
quotes names.
"""

from __future__ import annotations

import datetime
import enum
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from migtestkit.errors import TableError

__unittest = True

# Compiled when it is first wanted, which takes a while (and kept by re).
_TOKEN = (
    r"""
      (?P<space> \s+ )
    | (?P<cast> ::\s*(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?
        (?:\s+varying|\s+precision|\s+with(?:out)?\s+time\s+zone)?
        (?:\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?
        (?:\s+with(?:out)?\s+time\s+zone)?(?:\[\])* )
    | (?P<introducer> _\w+(?=\\?') )
    | (?P<string> '(?:[^'\\]|''|\\.)*' )
    | (?P<name> "(?:[^"]|"")*" | `(?:[^`]|``)*` )
    | (?P<word> [^\W\d][\w$]* )
    | (?P<number> \d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+ )
    | (?P<sign> !?~~\*?|\|\||<=|>=|<>|!=|==|->>|->|. )
    """
)
_FLAGS = re.VERBOSE | re.DOTALL | re.IGNORECASE
#: After these a parenthesis groups, and is not that of a call.
_OPERATORS = frozenset(
    "and or not is like ilike between when then else case collate where"
    .split()
)
_COMPARISONS = frozenset(["=", "<>", "<", ">", "<=", ">="])
#: PostgreSQL's own operators for what everyone else writes as a word.
_SIGNS = {
    "!=": "<>", "==": "=", "~~": "like", "!~~": "not like", "~~*": "ilike",
    "!~~*": "not ilike",
}
_NUMERIC_CAST = re.compile(
    r"::\s*(smallint|integer|bigint|numeric|real|double\s+precision)\b"
)
_BETWEEN = re.compile(r"(?<!\S)(?!not )(\S+) between (\S+) and (\S+)")
_LIST = re.compile(r"(= any|<> all) \( array \[ (.*?) \] \)")
_NOW = re.compile(r"(now \(|current_timestamp|localtimestamp)[ ()\d]*")
_ON_UPDATE = re.compile(r"\s+on update .*", re.IGNORECASE | re.DOTALL)
_LITERAL = re.compile(r"'(?:[^'\\]|''|\\.)*'")
_NUMBER = re.compile(r"[+-]?\s*(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?")
_TRUE = frozenset({"1", "true", "t", "b'1'"})
_FALSE = frozenset({"0", "false", "f", "b'0'"})

_Nested = list[Any]


def canonical(text: str) -> str:
    """Return an expression so that equal texts mean the same: casts, case
    and quotes of names, and parentheses that change nothing, are gone."""
    tokens: list[str] = []
    for match in re.finditer(_TOKEN, text, _FLAGS):
        kind, word = match.lastgroup, match.group()
        if kind == "cast" and _NUMERIC_CAST.match(word) and tokens:
            # '-1'::integer is how PostgreSQL shows a negative number.
            number = _LITERAL.fullmatch(tokens[-1]) and unquoted(tokens[-1])
            if number and _NUMBER.fullmatch(number):
                tokens[-1:] = [*number[:-len(number.lstrip("+-"))],
                               number.lstrip("+-")]
        if kind in ("space", "cast", "introducer"):
            continue
        if kind == "name":
            word = word[1:-1].lower()
        elif kind == "word":
            word = word.lower()
        elif kind == "sign":
            word = _SIGNS.get(word, word)
        tokens.append(word)
    tree = _nest(iter(tokens))
    while len(tree) == 1 and isinstance(tree[0], list):
        tree = tree[0]
    shown = " ".join(_flatten(tree))
    shown = _BETWEEN.sub(r"\1 >= \2 and \1 <= \3", shown)
    return _LIST.sub(_as_in, shown)


def _as_in(match: re.Match[str]) -> str:
    word = "in" if match.group(1) == "= any" else "not in"
    return f"{word} ( {match.group(2)} )"


def _nest(tokens: Any) -> _Nested:
    found: _Nested = []
    for token in tokens:
        if token == ")":
            break
        found.append(_nest(tokens) if token == "(" else token)
    return found


def _flatten(tree: _Nested) -> list[str]:
    shown: list[str] = []
    for position, item in enumerate(tree):
        if isinstance(item, str):
            shown.append(item)
            continue
        while len(item) == 1 and isinstance(item[0], list):
            item = item[0]
        before = tree[position - 1] if position else ""
        after = tree[position + 1] if position + 1 < len(tree) else ""
        inner = _flatten(item)
        if _is_needed(before, item, after):
            inner = ["(", *inner, ")"]
        shown += inner
    return shown


def _is_needed(before: Any, group: _Nested, after: Any) -> bool:
    """Say whether parentheses change what an expression says."""
    if not isinstance(before, str):
        return True
    if re.match(r"[^\W\d]", before) and before not in _OPERATORS:
        return True  # those of a call, or of IN
    words = {item for item in group if isinstance(item, str)}
    if len(group) > 1 and before in ("not", "-", "*", "/", "%"):
        return True
    if words & _COMPARISONS and {str(before), str(after)} & _COMPARISONS:
        return True
    return not words.isdisjoint(("or", "+", "-", "||", ","))


def same_expression(one: str, other: str) -> bool:
    """Say whether two expressions say the same."""
    return canonical(one) == canonical(other)


def condition_matches(wanted: str | re.Pattern[str], found: str) -> bool:
    """Say whether a condition is the one wanted, or has the pattern."""
    if isinstance(wanted, re.Pattern):
        return wanted.search(found) is not None
    return same_expression(wanted, found)


def values_in_list(condition: str, column: str) -> list[str] | None:
    """Return the strings that a CHECK lets a column have, ``None`` if it is
    no list of values."""
    name = re.escape(column.lower())
    match = re.fullmatch(rf"{name} in \( (.*) \)", canonical(condition))
    if match is None:
        return None
    return [unquoted(one) for one in _LITERAL.findall(match.group(1))]


def unquoted(literal: str) -> str:
    """Return what a string literal holds."""
    return literal[1:-1].replace("''", "'")


def default_matches(
    expected: Any, found: str | None, dialect: Dialect, *, kind: str = ""
) -> bool:
    """Say whether a column's default, as the database shows it, means what
    is expected.

    :param expected: a value, an SQL expression as text or of SQLAlchemy,
        or ``None`` for no default.
    :param kind: ``"text"`` where ``'7'`` and ``'7.0'`` differ,
        ``"boolean"`` where ``1`` and ``true`` do not.
    :raises TableError: it cannot be compared.
    """
    meaning = _meaning(found)
    if meaning is None:
        nothing = isinstance(expected, str) and expected.lower() == "null"
        return expected is None or nothing
    if expected is None:
        return False
    if isinstance(expected, ClauseElement):
        compiled = expected.compile(
            dialect=dialect, compile_kwargs={"literal_binds": True}
        )
        return _alike(_meaning(str(compiled)), meaning, kind)
    if isinstance(expected, enum.Enum):
        expected = expected.name
    if isinstance(expected, bool):
        word = "true" if expected else "false"
        return _alike(("value", word), meaning, "boolean")
    if isinstance(expected, (int, float, Decimal)):
        return _alike(("value", str(expected)), meaning, kind)
    if isinstance(expected, (datetime.date, datetime.time)):
        return _alike(("value", str(expected)), meaning, "text")
    if not isinstance(expected, str):
        raise TableError(
            "default must be a value, an SQL expression, or None for no "
            f"default, not {expected!r}"
        )
    if _alike(_meaning(expected), meaning, kind):
        return True
    # A default 'now()' is a word, and one of the mistakes to find.
    code = "(" in expected or _NOW.fullmatch(canonical(expected))
    return not code and _alike(("value", expected), meaning, kind)


def _meaning(text: str | None) -> tuple[str, str] | None:
    """Return what a default is, a value or an expression."""
    if text is None:
        return None
    if re.fullmatch(r'"[^"]*"', text):  # SQLite takes that for a string
        return "value", text[1:-1]
    shown = canonical(_ON_UPDATE.sub("", text))
    if shown == "null":
        return None
    if _LITERAL.fullmatch(shown):
        return "value", unquoted(shown)
    if _NUMBER.fullmatch(shown):
        return "value", shown.replace(" ", "")
    if shown in ("true", "false"):
        return "value", shown
    if re.fullmatch(r"b '[01]'", shown):
        return "value", shown[3]
    if _NOW.fullmatch(shown):
        return "expression", "current_timestamp"
    return "expression", shown


def _alike(
    one: tuple[str, str] | None, other: tuple[str, str], kind: str
) -> bool:
    if one is None or one[0] != other[0]:
        return False
    if one == other:
        return True
    if one[0] == "expression" or kind == "text":
        return False
    if kind == "boolean":
        pair = {one[1].lower(), other[1].lower()}
        return pair <= _TRUE or pair <= _FALSE
    try:
        return Decimal(one[1]) == Decimal(other[1])
    except InvalidOperation:
        return False
