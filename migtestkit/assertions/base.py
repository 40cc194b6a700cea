"""What do all assertions need of the test case that they are mixed into?"""

from __future__ import annotations

import re
import unittest
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import Table, inspect

from migtestkit.config import Ignore, IgnoreRules, check_ignore
from migtestkit.context import MigrationContext
from migtestkit.errors import ConfigError, TableError, listing
from migtestkit.rows import find_table

__unittest = True

if TYPE_CHECKING:
    _Base = unittest.TestCase
else:
    _Base = object


class AssertionMixin(_Base):
    """Base of the mixins of ``assert*`` methods.

    Assertions look at the database through :attr:`migrations` alone, so that
    a test class may name its own methods as it likes.
    """

    if TYPE_CHECKING:

        @property
        def migrations(self) -> MigrationContext: ...

    def _refute(self, msg: Any, text: str) -> NoReturn:
        """Fail with the test's message added, as unittest does it."""
        try:
            self.fail(self._formatMessage(msg, text))
        except self.failureException as failure:
            # An error of a migration is told by the text, and not twice.
            raise failure from None
        raise AssertionError(text)  # for a fail() that was overridden

    def _ignored(self, more: Sequence[Ignore], of: str) -> IgnoreRules:
        """Return the rules of the option ``ignore``, and more."""
        given = self.migrations.config.ignore
        return IgnoreRules([*given, *check_ignore(more)], of)

    def _table(
        self, name: str, schema: str | None, database: str | None
    ) -> Table:
        with self.migrations.connect(database=database) as connection:
            return find_table(connection, name, schema)

    def _tables(self, schema: str | None, database: str | None) -> list[str]:
        with self.migrations.connect(database=database) as connection:
            inspector = inspect(connection)
            return sorted(
                inspector.get_table_names(schema)
                + inspector.get_view_names(schema)
            )

    def _require_mentioned(self, name: str, known: Iterable[str]) -> None:
        """Refuse to state the absence of what never was anywhere.

        :raises TableError: neither the database nor a script has the name.
        """
        if name in known or mentioned(self.migrations, name):
            return
        raise TableError(
            f"nothing is called {name!r}: neither the database nor any "
            "revision script mentions it, so that it is absent says nothing; "
            "is it misspelt?"
        )


def mentioned(context: MigrationContext, name: str) -> bool:
    """Say whether a name occurs in any revision script."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for revision in context.history.revisions:
        path = context.history.path(revision)
        with open(path, encoding="utf-8", errors="replace") as file:
            if word.search(file.read()):
                return True
    return False


def pattern_of(regex: Any) -> re.Pattern[str]:
    """Return a regular expression, compiled.

    :raises ConfigError: it is none.
    """
    try:
        return re.compile(regex)
    except (re.error, TypeError) as error:
        raise ConfigError(
            f"regex must be a regular expression, not {regex!r}: {error}; "
            "re.escape() makes one of a text that is meant as it is"
        ) from None


def names_of(value: Any, what: str) -> list[str]:
    """Return a sequence of names as a list.

    :raises TableError: it is a single name, or empty, or holds what is no
        name.
    """
    if isinstance(value, str) or not isinstance(value, (Sequence, set)):
        raise TableError(
            f"{what} must be a sequence of names, such as ['id', 'name'], "
            f"not {value!r}"
        )
    names = list(value)
    if not names:
        raise TableError(f"{what} is empty, so there is nothing to assert")
    for name in names:
        if not isinstance(name, str) or not name:
            raise TableError(f"{what} holds {name!r}, which is no name")
    return names


def columns_of(table: Table) -> list[str]:
    """Return the names of a table's columns, in order."""
    return [column.name for column in table.columns]


def quoted(names: Iterable[str]) -> str:
    """Return names as messages show them."""
    return listing(repr(name) for name in names)
