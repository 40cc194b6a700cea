"""Which rows are inserted when an upgrade reaches a revision?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import inspect

from migtestkit.environment import Target
from migtestkit.errors import (
    ConfigError,
    MigtestkitError,
    TableError,
    shorten,
)
from migtestkit.history import RevisionHistory
from migtestkit.rows import (
    DATABASE_KEY,
    SeedRow,
    find_table,
    insert_rows,
    key_of,
    normalize,
    still_there,
)

__unittest = True


#: Moment, revision, index and database of an inserted row.
Mark = tuple[str, str, int, "str | None"]


class RevisionSeeds:
    """The rows of ``before_revision_data`` and ``at_revision_data``.

    :param before: revision -> rows, as the user wrote them.
    :param after: likewise, for just after the revision.
    :param history: to resolve the revisions.
    :param done: notes of what was inserted; outlives the scripts being read
        again.
    :raises ConfigError: the data has another shape.
    :raises RevisionError: a revision does not exist.
    """

    def __init__(
        self,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        history: RevisionHistory,
        done: dict[Mark, Any],
    ) -> None:
        self._rows = {
            "before": _resolved(before, "before_revision_data", history),
            "at": _resolved(after, "at_revision_data", history),
        }
        self._done = done

    def has(self, moment: str, revision: str) -> bool:
        """Say whether there are rows for a moment (before, at)."""
        return revision in self._rows[moment]

    def insert(
        self,
        moment: str,
        revision: str,
        select: Callable[[str | None], Target],
    ) -> None:
        """Insert the rows of a moment, all or none.

        A row that an earlier pass inserted and that is still there is left.

        :raises TableError: the rows do not fit the tables as they are now.
        :raises ConfigError: there is no such database.
        """
        by_target: dict[str | None, list[tuple[int, SeedRow]]] = {}
        for index, row in enumerate(self._rows[moment].get(revision, ())):
            try:
                target = select(row.database)
            except ConfigError as error:
                hint = f"; a row says so with {DATABASE_KEY!r}"
                raise ConfigError(
                    f"{moment}_revision_data of {revision}: {error}"
                    f"{hint if row.database is None else ''}"
                ) from None
            by_target.setdefault(target.name, []).append((index, row))
        for name, rows in by_target.items():
            target = select(name)
            try:
                self._insert(moment, revision, target, rows)
            except MigtestkitError as error:
                raise TableError(
                    f"{moment}_revision_data of {revision}: {error}"
                ) from None
            except Exception as error:
                raise TableError(
                    f"{moment}_revision_data of {revision} cannot be "
                    f"inserted: {_brief(error)}"
                ) from None

    def _insert(
        self,
        moment: str,
        revision: str,
        target: Target,
        rows: list[tuple[int, SeedRow]],
    ) -> None:
        fresh: dict[tuple[str, str, int, str | None], Any] = {}
        with target.engine.begin() as connection:
            for index, row in rows:
                table = find_table(connection, row.table)
                mark = (moment, revision, index, target.name)
                key = key_of(table, row.values)
                known = key if key is not None else self._done.get(mark)
                if mark in self._done and still_there(
                    connection, table, known
                ):
                    continue
                (new,) = insert_rows(connection, table, [row.values])
                fresh[mark] = new
        # Not before the commit: a row that was rolled back is not there.
        self._done.update(fresh)

    def forget_dropped(self, targets: tuple[Target, ...]) -> None:
        """Forget rows whose table is gone: should it come back with rows of
        its own, ours have to be inserted again."""
        for target in targets:
            marks = [mark for mark in self._done if mark[3] == target.name]
            if not marks:
                continue
            with target.engine.connect() as connection:
                inspector = inspect(connection)
                for mark in marks:
                    row = self._rows[mark[0]][mark[1]][mark[2]]
                    schema, _, name = row.table.rpartition(".")
                    if not inspector.has_table(
                        name, schema or None
                    ) and not inspector.has_table(row.table):
                        del self._done[mark]


def _brief(error: Exception) -> str:
    """Return an error on one line: SQLAlchemy adds the statement to its."""
    original = getattr(error, "orig", None) or error
    statement = getattr(error, "statement", None)
    text = f"{type(original).__name__}: {original}"
    return f"{text}, in {shorten(statement)}" if statement else text


def _resolved(
    data: Mapping[str, Any], option: str, history: RevisionHistory
) -> dict[str, tuple[SeedRow, ...]]:
    found: dict[str, tuple[SeedRow, ...]] = {}
    for revision, rows in data.items():
        full = revision_in(history, revision, option)
        place = f"{option}[{revision!r}]"
        found[full] = found.get(full, ()) + normalize(rows, place)
    return found


def revision_in(
    history: RevisionHistory, revision: str, option: str
) -> str:
    """Return the full id of a revision that an option names.

    :raises RevisionError: says which option.
    """
    try:
        return history.resolve_revision(revision)
    except MigtestkitError as error:
        raise type(error)(f"{option}: {error}") from None
