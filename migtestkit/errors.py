"""Which errors can the kit raise, and what do they carry?

Every error holds plain data only, so that it survives pickling between the
processes of a parallel test run, and no message ever shows a password.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

__unittest = True

__all__ = [
    "ConfigError",
    "DatabaseUnavailable",
    "ForeignDatabaseError",
    "MigrationFailed",
    "MigtestkitError",
    "RevisionError",
    "TableError",
]

#: Up to the last "@": people forget to escape one in a password.
_PASSWORD_IN_URL = re.compile(r"(?P<head>\w://[^\s:/@]*):[^\s]*@")
#: As query of a URL, in libpq's DSN, and in what Python shows of a mapping;
#: not in SQL such as "password = lower(password)" or "password=:value".
_PASSWORD_BY_NAME = re.compile(
    r"(?P<head>\b(?:password|passwd|pwd)(?:=|['\"]: ))"
    r"(?:'[^']*'|\"[^\"]*\"|[^\s&,;'\"})?%:][^\s&,;'\"})]*)",
    re.IGNORECASE,
)
#: A name is near if it is at least this much like the word ...
_NEAR = 0.7
#: ... and not much less like it than the nearest.
_NEARLY_AS_NEAR = 0.1


def redact(text: str) -> str:
    """Return ``text`` with every password in it masked that a URL, or a
    setting called so, gives."""
    text = _PASSWORD_IN_URL.sub(r"\g<head>:***@", text)
    return _PASSWORD_BY_NAME.sub(r"\g<head>***", text)


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the names nearest to ``word``.

    :param word: what the user wrote.
    :param known: what exists.
    :return: a clause to append to a message, empty if nothing is near.
    """
    names = sorted({str(name) for name in known} - {word})
    near = [
        name for name in names if len(word) > 1 and name.startswith(word)
    ]
    near = near[:3] or _resembling(word, names)
    if not near:
        return ""
    return "; did you mean " + " or ".join(map(repr, near)) + "?"


def _resembling(word: str, names: list[str]) -> list[str]:
    """Return the names that differ by a slip, those alone that are about as
    near as the nearest."""
    alike = {
        name: difflib.SequenceMatcher(None, word, name).ratio()
        for name in difflib.get_close_matches(word, names, 3, _NEAR)
    }
    best = max(alike.values(), default=0.0)
    near = [
        (-ratio, name)
        for name, ratio in alike.items()
        if ratio >= best - _NEARLY_AS_NEAR
    ]
    return [name for _, name in sorted(near)]


def listing(names: Iterable[str], limit: int = 20) -> str:
    """Return names as a readable list that never floods a terminal."""
    known = [str(name) for name in names]
    if not known:
        return "none"
    shown = ", ".join(known[:limit])
    more = len(known) - limit
    return f"{shown} and {more} more" if more > 0 else shown


class MigtestkitError(Exception):
    """Base of every error that the kit raises by itself.

    :param message: what happened, what was expected and what to do.
    """

    def __init__(self, message: str = "", **data: Any) -> None:
        super().__init__(redact(message))
        # Exception.__reduce__ carries args and __dict__: data given by
        # keyword therefore survives pickling with any class below.
        self.__dict__.update(
            (name, redact(value) if isinstance(value, str) else value)
            for name, value in data.items()
        )


class ConfigError(MigtestkitError):
    """The configuration is missing, contradictory or cannot be used."""


class RevisionError(MigtestkitError):
    """A revision is unknown, ambiguous, or not where a move needs it."""


class TableError(MigtestkitError):
    """A table or a column named by the caller does not exist, or its rows
    cannot be written as given."""


class DatabaseUnavailable(MigtestkitError):
    """The database server for throw-away databases cannot be reached."""


class ForeignDatabaseError(MigtestkitError):
    """env.py or a migration turned to a database that the kit did not make
    and was not handed. Nothing was sent to that database."""


class MigrationFailed(MigtestkitError):
    """A revision could not be applied or reverted.

    :ivar revision: id of the revision.
    :ivar description: the revision's message, its docstring's first line.
    :ivar path: the revision's file.
    :ivar direction: ``"upgrade"`` or ``"downgrade"``.
    :ivar statement: the SQL statement that failed, if one did.
    :ivar position: which statement of this revision that was, from 1.
    :ivar error: text of the original error.
    :ivar error_type: qualified name of the original error's class.
    :ivar where: file, line and source line within the revision.
    :ivar database: name of the database, where env.py migrates several.
    """

    revision: str = ""
    description: str = ""
    path: str = ""
    direction: str = ""
    statement: str | None = None
    position: int | None = None
    error: str = ""
    error_type: str = ""
    where: str = ""
    database: str | None = None

    def with_note(self, note: str) -> MigrationFailed:
        """Return the same error with one more line."""
        return type(self)(f"{self}\n  {note}", **self.__dict__)

    @classmethod
    def build(
        cls,
        *,
        revision: str,
        description: str,
        path: str,
        direction: str,
        error: str,
        error_type: str = "",
        statement: str | None = None,
        position: int | None = None,
        where: str = "",
        database: str | None = None,
    ) -> MigrationFailed:
        """Make the error with the one wording that it has everywhere."""
        title = f" ({description})" if description else ""
        within = f" in database {database!r}" if database else ""
        lines = [
            f"{direction} of revision {revision}{title} failed{within}",
            f"  file: {path}",
        ]
        if where:
            lines.append(f"  at: {where}")
        if statement:
            number = "" if position is None else f" {position}"
            lines.append(f"  statement{number}: {shorten(statement)}")
        text = error or "no message"
        lines.append(f"  {error_type}: {text}" if error_type else f"  {text}")
        return cls(
            "\n".join(lines),
            revision=revision,
            description=description,
            path=path,
            direction=direction,
            statement=statement,
            position=position,
            error=error,
            error_type=error_type,
            where=where,
            database=database,
        )


def first_lines(text: str, limit: int = 18) -> str:
    """Return a text, cut where a person would stop reading."""
    lines = text.splitlines()
    if len(lines) > limit:
        more = len(lines) - limit
        lines[limit:] = [f"... and {more} more lines"]
    return "\n".join(lines)


def shorten(statement: str, limit: int = 600) -> str:
    """Return a statement on few lines, cut where it gets long."""
    lines = (line.strip() for line in statement.splitlines())
    text = " ".join(line for line in lines if line)
    return text if len(text) <= limit else text[:limit] + " ..."
