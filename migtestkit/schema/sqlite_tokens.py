"""What are the words of an SQL text, as SQLite reads them?"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

# The rules are those of SQLite's tokenizer (tokenize.c): a name may hold
# "$" and anything beyond ASCII, comments end at the line or at "*/".
# Compiled when it is first wanted, which takes a while (and kept by re).
_TOKEN = (
    r"""
      (?P<space> [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<blob> [xX]'[0-9a-fA-F]*' )
    | (?P<word> [A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]* )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
    | (?P<number> 0[xX][0-9a-fA-F_]+
        | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)
          (?:[eE][+-]?[0-9][0-9_]*)? )
    | (?P<sign> ->>|->|\|\||<=|>=|<>|!=|==|<<|>>|. )
    """
)
_FLAGS = re.VERBOSE | re.DOTALL

# Words that SQLite never takes for a name unless they are quoted: the
# keywords without a "fallback to ID" in SQLite's parse.y, and literals.
_RESERVED = frozenset(
    """
    add all alter and as autoincrement between case check collate commit
    constraint create default deferrable delete distinct drop else escape
    except exists foreign from group having in index insert intersect into
    is isnull join limit not nothing notnull null on or order primary
    references returning select set table then to transaction union unique
    update using values when where
    current_date current_time current_timestamp false true
    """.split()
)

# After these words stands a name, never a string.
_BEFORE_NAME = frozenset(
    "as collate from index into join on references table update with"
    .split()
)

_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_PLAIN_NAME = re.compile(r"[^\W\d][\w$]*")


class Token(NamedTuple):
    """One word: its kind, and its text as it was written.

    ``kind`` is ``"word"``, ``"quoted"`` (a name), ``"string"``,
    ``"blob"``, ``"number"`` or ``"sign"``; ``word`` is the folded text of
    a word, else empty.
    """

    kind: str
    text: str
    word: str = ""

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these (lower-case) unquoted words."""
        return self.word in words

    def is_sign(self, sign: str) -> bool:
        """Whether this is that sign."""
        return self.kind == "sign" and self.text == sign

    @property
    def name(self) -> str:
        """The text without its quotes; SQLite takes 'x' for a name too."""
        return unquote(self.text)


@functools.lru_cache(maxsize=8192)
def tokenize(sql: str) -> tuple[Token, ...]:
    """The tokens of a text, without white space and comments."""
    return tuple(
        [
            _token(match.lastgroup or "", match.group())
            for match in re.finditer(_TOKEN, sql, _FLAGS)
            if match.lastgroup != "space"
        ]
    )


# The same few words come again and again.
@functools.lru_cache(maxsize=8192)
def _token(kind: str, text: str) -> Token:
    return Token(kind, text, fold(text) if kind == "word" else "")


def fold(name: str) -> str:
    """The name as SQLite compares it: only ASCII letters lose their case."""
    return name.translate(_ASCII_LOWER)


def unquote(text: str) -> str:
    """A name or string without its quotes."""
    quote = text[:1]
    if quote == "[":
        return text[1:-1]
    if quote in ('"', "`", "'"):
        return text[1:-1].replace(quote * 2, quote)
    return text


def show_name(name: str) -> str:
    """A name as it may stand in SQL, quoted only where it must be."""
    if _PLAIN_NAME.fullmatch(name) and fold(name) not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def show_string(value: str) -> str:
    """A string as it may stand in SQL."""
    return "'" + value.replace("'", "''") + "'"


def strip_parentheses(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens without parentheses around the whole of them."""
    while len(tokens) > 2 and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def closing(tokens: Sequence[Token], start: int) -> int | None:
    """Where the parenthesis that opens at ``start`` closes, if one does."""
    depth = 0
    for position in range(start, len(tokens)):
        depth += _depth(tokens[position])
        if depth == 0:
            return position if position > start else None
    return None


def split_at_commas(tokens: Iterable[Token]) -> list[tuple[Token, ...]]:
    """The parts between those commas that stand in no parenthesis."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += _depth(token)
        if depth == 0 and token.is_sign(","):
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts if part]


def show(tokens: Sequence[Token], names: Collection[str] = ()) -> str:
    """The tokens as one text that is equal for equal meaning.

    White space, comments, the case of names and keywords and the quotes
    around names leave no trace, for ``ALTER TABLE ... RENAME`` re-quotes
    every name that it touches (SQLite documentation, "ALTER TABLE").
    Strings stay as they are.  ``names`` are the folded names of columns
    and tables: SQLite takes ``"x"`` for a string where it knows no such
    name (SQLite documentation, "Quirks", 8).
    """
    text = ""
    for position, token in enumerate(tokens):
        word = _show_token(tokens, position, names)
        if text and _spaced(tokens[position - 1], token):
            text += " "
        text += word
    return text


def _depth(token: Token) -> int:
    if token.kind != "sign":
        return 0
    return {"(": 1, ")": -1}.get(token.text, 0)


def _show_token(
    tokens: Sequence[Token], position: int, names: Collection[str]
) -> str:
    token = tokens[position]
    if token.kind == "word":
        word = token.word
        return word.upper() if word in _RESERVED else word
    if token.kind == "quoted":
        if _is_name(tokens, position, names):
            return show_name(fold(token.name))
        return show_string(token.name)
    if token.kind in ("blob", "number"):
        return token.text.lower()
    return token.text


def _is_name(
    tokens: Sequence[Token], position: int, names: Collection[str]
) -> bool:
    """Whether SQLite takes a quoted token for a name rather than a string."""
    token = tokens[position]
    if token.text[0] != '"' or fold(token.name) in names:
        return True
    before = tokens[position - 1] if position else None
    after = tokens[position + 1] if position + 1 < len(tokens) else None
    if before and (before.is_sign(".") or before.is_word(*_BEFORE_NAME)):
        return True
    return after is not None and (
        after.is_sign(".") or after.is_sign("(") or after.is_word("as")
    )


def _spaced(before: Token, after: Token) -> bool:
    """Whether people write a space between these two tokens."""
    if before.kind == "sign" and before.text in "(.":
        return False
    if after.kind != "sign":
        return True
    if after.text == "(":
        reserved = before.word in _RESERVED
        return before.kind not in ("word", "quoted") or reserved
    return after.text not in (")", ",", ".", ";")
