"""What does a CREATE TABLE text say, as SQLite stored it?

SQLite's PRAGMAs keep silent about CHECKs, names of constraints, COLLATE,
ON CONFLICT, AUTOINCREMENT, DEFERRABLE and generated expressions; only the
text in ``sqlite_master`` has them.  The text was accepted by SQLite, so
nothing here judges it; what is not understood is kept as ``unknown``.
The grammar is that of SQLite's documentation of CREATE TABLE.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from migtestkit.schema.sqlite_tokens import (
    Token,
    closing,
    fold,
    split_at_commas,
    tokenize,
)

Tokens = Sequence[Token]

_TABLE_CONSTRAINTS = ("constraint", "primary", "unique", "check", "foreign")
_COLUMN_CONSTRAINTS = (
    "as",
    "check",
    "collate",
    "constraint",
    "default",
    "deferrable",
    "generated",
    "not",
    "null",
    "primary",
    "references",
    "unique",
)


@dataclasses.dataclass(frozen=True)
class Constraint:
    """One PRIMARY KEY, UNIQUE, CHECK or FOREIGN KEY.

    ``columns`` holds the tokens of each indexed column, ``expression``
    those of a CHECK, ``options`` what remains to be said of it.
    """

    kind: str
    name: str | None
    columns: tuple[Tokens, ...] = ()
    expression: Tokens = ()
    target: str = ""
    target_columns: tuple[str, ...] = ()
    options: str = ""


@dataclasses.dataclass(frozen=True)
class Column:
    """What the text alone tells of a column."""

    name: str
    collation: str = "BINARY"
    conflict: str = ""
    generated: Tokens = ()


@dataclasses.dataclass(frozen=True)
class Table:
    """What the text alone tells of a table; columns by folded name."""

    columns: dict[str, Column]
    constraints: tuple[Constraint, ...]
    options: tuple[str, ...]
    unknown: tuple[Tokens, ...]


def parse_table(sql: str) -> Table:
    """What a CREATE TABLE text says beyond the PRAGMAs."""
    tokens = tokenize(sql)
    start = next(
        (i for i, token in enumerate(tokens) if token.is_sign("(")),
        len(tokens),
    )
    end = closing(tokens, start) or len(tokens)
    parser = _Parser()
    for item in split_at_commas(tokens[start + 1:end]):
        parser.parse_item(item)
    return Table(
        parser.columns,
        tuple(parser.constraints),
        tuple(
            " ".join(token.text.upper() for token in option)
            for option in split_at_commas(tokens[end + 1:])
        ),
        tuple(parser.unknown),
    )


class _Parser:
    """Goes through the items between a table's parentheses."""

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.constraints: list[Constraint] = []
        self.unknown: list[Tokens] = []
        self.tokens: Tokens = ()
        self.position = 0
        self.name: str | None = None
        self.own: tuple[Tokens, ...] = ()

    def parse_item(self, item: Tokens) -> None:
        """Read a column with its constraints, or table constraints."""
        self.tokens, self.position = item, 0
        self.name, self.own = None, ()
        column = None
        if not item[0].is_word(*_TABLE_CONSTRAINTS):
            column = Column(item[0].name)
            self.own = ((item[0],),)
            self.position = 1
            self.skip_type()
        while self.position < len(self.tokens):
            column = self.parse_clause(column)
        if column is not None:
            self.columns[fold(column.name)] = column

    def skip_type(self) -> None:
        """Pass the type; PRAGMA table_xinfo tells it."""
        for token in self.tokens[self.position:]:
            if token.is_word(*_COLUMN_CONSTRAINTS):
                break
            self.position += 1

    def parse_clause(self, column: Column | None) -> Column | None:
        """Read one clause of a column or one table constraint."""
        if self.take("constraint"):
            self.name = self.take_token().name
            return column
        name, self.name = self.name, None
        if self.parse_constraint(name) or column is None:
            return column
        return self.parse_column_clause(column)

    def parse_constraint(self, name: str | None) -> bool:
        """Read one constraint; the forms for columns differ little."""
        if self.take("primary", "key"):
            self.add_primary_key(name)
        elif self.take("unique"):
            columns = self.take_list() or self.own
            self.add("unique constraint", name, columns=columns)
        elif self.take("check"):
            self.add("check", name, expression=self.take_parenthesis())
        elif self.take("foreign", "key"):
            columns = self.take_list()
            self.take("references")
            self.add_foreign_key(name, columns)
        elif self.take("references"):
            self.add_foreign_key(name, self.own)
        elif self.peek("deferrable") or self.peek("not", "deferrable"):
            self.defer()
        elif not self.own:
            self.unknown.append((self.take_token(),))
        else:
            return False
        return True

    def parse_column_clause(self, column: Column) -> Column:
        """Read what only a column can have."""
        if self.take("not", "null"):
            return dataclasses.replace(column, conflict=self.conflict())
        if self.take("null"):
            self.conflict()
        elif self.take("collate"):
            collation = self.take_token().name.upper()
            return dataclasses.replace(column, collation=collation)
        elif self.take("default"):
            self.skip_default()
        elif self.take("generated", "always", "as") or self.take("as"):
            generated = self.take_parenthesis()
            if not self.take("stored"):
                self.take("virtual")
            return dataclasses.replace(column, generated=generated)
        else:
            self.unknown.append((*self.own[0], self.take_token()))
        return column

    def add(
        self,
        kind: str,
        name: str | None,
        *,
        columns: tuple[Tokens, ...] = (),
        expression: Tokens = (),
        options: str = "",
    ) -> None:
        conflict = self.conflict()
        if kind == "check":
            # SQLite ignores a conflict clause there (documentation,
            # "ON CONFLICT": the grammar accepts it, to no effect).
            conflict = ""
        self.constraints.append(
            Constraint(
                kind,
                name,
                columns=columns,
                expression=expression,
                options=_join(options, conflict),
            )
        )

    def add_primary_key(self, name: str | None) -> None:
        columns = self.take_list()
        options = ""
        if columns and columns[-1][-1].is_word("autoincrement"):
            columns = (*columns[:-1], columns[-1][:-1])
            options = "AUTOINCREMENT"
        if not columns:
            columns = self.own
            if self.peek("asc") or self.peek("desc"):
                columns = ((*self.own[0], self.take_token()),)
        conflict = self.conflict()
        if self.take("autoincrement"):
            options = "AUTOINCREMENT"
        self.constraints.append(
            Constraint(
                "primary key",
                name,
                columns=columns,
                options=_join(options, conflict),
            )
        )

    def add_foreign_key(
        self, name: str | None, columns: tuple[Tokens, ...]
    ) -> None:
        target = self.take_token().name
        target_columns = tuple(item[0].name for item in self.take_list())
        actions = {"delete": "", "update": ""}
        while self.peek("on") or self.peek("match"):
            if self.take("match"):
                # Parsed and ignored (documentation, "Foreign Keys", 6).
                self.take_token()
                continue
            self.take("on")
            event = fold(self.take_token().text)
            actions[event] = self.take_action()
        self.constraints.append(
            Constraint(
                "foreign key",
                name,
                columns=columns,
                target=target,
                target_columns=target_columns,
                options=_join(
                    *(
                        f"ON {event.upper()} {actions[event]}"
                        for event in ("delete", "update")
                        if actions[event]
                    )
                ),
            )
        )

    def take_action(self) -> str:
        """What a foreign key does; NO ACTION is what it does anyway."""
        word = self.take_token().text.upper()
        if word in ("NO", "SET"):
            word += " " + self.take_token().text.upper()
        return "" if word == "NO ACTION" else word

    def defer(self) -> None:
        """Only DEFERRABLE INITIALLY DEFERRED is not immediate.

        SQLite documentation, "Foreign Keys", 4.2.
        """
        negated = self.take("not")
        self.take("deferrable")
        deferred = False
        if self.take("initially"):
            deferred = self.take_token().is_word("deferred")
        if deferred and not negated and self.constraints:
            last = self.constraints[-1]
            self.constraints[-1] = dataclasses.replace(
                last,
                options=_join(last.options, "DEFERRABLE INITIALLY DEFERRED"),
            )

    def conflict(self) -> str:
        """An ON CONFLICT clause; ABORT is what happens anyway."""
        if not self.take("on", "conflict"):
            return ""
        word = self.take_token().text.upper()
        return "" if word == "ABORT" else f"ON CONFLICT {word}"

    def skip_default(self) -> None:
        """Pass the default; PRAGMA table_xinfo tells it."""
        if self.take_parenthesis():
            return
        if self.take_token().text in ("+", "-"):
            self.take_token()

    def peek(self, *words: str) -> bool:
        """Whether these words come next, in this order."""
        position = self.position
        found = self.tokens[position:position + len(words)]
        return tuple(token.word for token in found) == words

    def take(self, *words: str) -> bool:
        """Pass these words if they come next."""
        if not self.peek(*words):
            return False
        self.position += len(words)
        return True

    def take_token(self) -> Token:
        """The next token, whatever it is."""
        if self.position >= len(self.tokens):
            return Token("word", "")
        self.position += 1
        return self.tokens[self.position - 1]

    def take_parenthesis(self) -> Tokens:
        """What stands in the parentheses that come next, if any."""
        start = self.position
        if start >= len(self.tokens) or not self.tokens[start].is_sign("("):
            return ()
        end = closing(self.tokens, start) or len(self.tokens)
        self.position = end + 1
        return self.tokens[start + 1:end]

    def take_list(self) -> tuple[Tokens, ...]:
        """The items of the parenthesised list that comes next, if any."""
        return tuple(split_at_commas(self.take_parenthesis()))


def _join(*texts: str) -> str:
    return " ".join(text for text in texts if text)
