"""Which histories are measured, and what do their projects look like?

All are generated the same way each time, so that two runs measure the same.
Every script notes in ``migration_calls.CALLS`` that it was called, which is
how a contestant proves that it did the work.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LINEAR = "lin"
EMPTY = "noop"
BRANCHED = "dag"

#: What the scripts of the empty history execute.
NOTHING = "SELECT 1"


@dataclass(frozen=True)
class Operation:
    """What one script does.

    :ivar kind: ``create``, ``column``, ``index``, ``insert``, ``select`` or
        ``merge``.
    :ivar table: the table that it is about.
    :ivar column: the column that it adds or indexes.
    :ivar number: tells its names and rows from all others.
    """

    kind: str
    table: str = ""
    column: str = ""
    number: int = 0


@dataclass(frozen=True)
class Revision:
    """One script: its id, those it stands on, and what it does."""

    id: str
    down: tuple[str, ...]
    operation: Operation


class _Operations:
    """An endless mix: of five, one creates a table, two add a column, one
    creates an index and one inserts a row."""

    def __init__(self, numbers: Iterator[int], rng: random.Random) -> None:
        self._numbers = numbers
        self._rng = rng
        self._tables: list[str] = []
        self._added = ("", "")
        self._steps = 0

    def next(self) -> Operation:
        number = next(self._numbers)
        step, self._steps = self._steps % 5, self._steps + 1
        if step == 0:
            self._tables.append(f"t{number:04}")
            return Operation("create", self._tables[-1], number=number)
        if step == 2:
            return Operation("index", *self._added, number)
        table = self._rng.choice(self._tables)
        if step == 4:
            return Operation("insert", table, number=number)
        self._added = (table, f"c{number:04}")
        return Operation("column", *self._added, number)


def linear(size: int) -> tuple[Revision, ...]:
    """One after the other, each changes the database."""
    operations = _Operations(itertools.count(1), random.Random(size))
    return _chain(size, lambda number: operations.next())


def empty(size: int) -> tuple[Revision, ...]:
    """One after the other, none changes anything."""
    return _chain(size, lambda number: Operation("select", number=number))


def _chain(
    size: int, operation: Callable[[int], Operation]
) -> tuple[Revision, ...]:
    return tuple(
        Revision(
            _id(number),
            (_id(number - 1),) if number > 1 else (),
            operation(number),
        )
        for number in range(1, size + 1)
    )


def branched(size: int) -> tuple[Revision, ...]:
    """Blocks of 20: five on the trunk, two branches of seven, a merge. (Of
    six where the whole is shorter than 20.) What is over is trunk."""
    trunk, branch = (5, 7) if size >= 20 else (1, 2)
    block = trunk + 2 * branch + 1
    rng, numbers = random.Random(size), itertools.count(1)
    found: list[Revision] = []
    on_trunk = _Operations(numbers, rng)
    while size - len(found) >= block:
        fork = _extend(found, _top(found), trunk, on_trunk)
        # A branch works on tables of its own: the other one comes before or
        # behind it.
        tops = [
            _extend(found, fork, branch, _Operations(numbers, rng))
            for _ in range(2)
        ]
        number = next(numbers)
        found.append(
            Revision(_id(number), tuple(tops), Operation("merge"))
        )
    _extend(found, _top(found), size - len(found), on_trunk)
    return tuple(found)


def _top(found: Sequence[Revision]) -> str | None:
    return found[-1].id if found else None


def _extend(
    found: list[Revision],
    top: str | None,
    count: int,
    operations: _Operations,
) -> str:
    """Put revisions on top of one; return the last one's id."""
    for _ in range(count):
        operation = operations.next()
        down = (top,) if top is not None else ()
        top = _id(operation.number)
        found.append(Revision(top, down, operation))
    assert top is not None or not count
    return top or ""


def _id(number: int) -> str:
    return f"r{number:04}"


HISTORIES: dict[str, Callable[[int], tuple[Revision, ...]]] = {
    LINEAR: linear,
    EMPTY: empty,
    BRANCHED: branched,
}

# -- projects -----------------------------------------------------------------

INI = """\
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s
path_separator = os
sqlalchemy.url = {url}
"""

ENV = """\
from alembic import context
from sqlalchemy import Connection, engine_from_config, pool

from models import metadata

config = context.config
connectable = config.attributes.get("connection")
if connectable is None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )


def run(connection):
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if isinstance(connectable, Connection):
    run(connectable)
else:
    with connectable.connect() as connection:
        run(connection)
"""

SCRIPT = """\
import sqlalchemy as sa
from alembic import op

from migration_calls import CALLS

revision = {id!r}
down_revision = {down!r}


def upgrade():
    CALLS.append("+{id}")
    {upgrade}


def downgrade():
    CALLS.append("-{id}")
    {downgrade}
"""

BODIES = {
    "create": (
        'op.create_table("{table}", sa.Column("id", sa.Integer, '
        'primary_key=True), sa.Column("label", sa.String(50)))',
        'op.drop_table("{table}")',
    ),
    "column": (
        'op.add_column("{table}", sa.Column("{column}", sa.Integer))',
        'op.drop_column("{table}", "{column}")',
    ),
    "index": (
        'op.create_index("ix{number:04}", "{table}", ["{column}"])',
        'op.drop_index("ix{number:04}", "{table}")',
    ),
    "insert": (
        'op.execute("INSERT INTO {table} (id, label) '
        "VALUES ({number}, 'row {number}')\")",
        'op.execute("DELETE FROM {table} WHERE id = {number}")',
    ),
    "select": (f'op.execute("{NOTHING}")', f'op.execute("{NOTHING}")'),
    "merge": ("pass", "pass"),
}


def write_project(
    folder: Path, revisions: Sequence[Revision], url: str
) -> Path:
    """Make a project with a plain env.py; return its ini.

    :param url: what the ini names: a database that nothing may touch.
    """
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    ini = folder / "alembic.ini"
    ini.write_text(INI.format(url=url.replace("%", "%%")))
    (folder / "migrations" / "env.py").write_text(ENV)
    (folder / "migration_calls.py").write_text("CALLS = []\n")
    (folder / "models.py").write_text(models_source(revisions))
    for revision in revisions:
        path = versions / f"{revision.id}.py"
        path.write_text(script_source(revision))
    return ini


def script_source(revision: Revision) -> str:
    """Return the text of a revision's script."""
    operation = revision.operation
    upgrade, downgrade = (
        body.format(
            table=operation.table,
            column=operation.column,
            number=operation.number,
        )
        for body in BODIES[operation.kind]
    )
    down: object = revision.down
    if len(revision.down) < 2:
        down = revision.down[0] if revision.down else None
    return SCRIPT.format(
        id=revision.id, down=down, upgrade=upgrade, downgrade=downgrade
    )


def models_source(revisions: Sequence[Revision]) -> str:
    """Return models that match the database at head."""
    tables: dict[str, list[str]] = {}
    for operation in (revision.operation for revision in revisions):
        if operation.kind == "create":
            tables[operation.table] = [
                'sa.Column("id", sa.Integer, primary_key=True)',
                'sa.Column("label", sa.String(50))',
            ]
        elif operation.kind == "column":
            tables[operation.table].append(
                f'sa.Column("{operation.column}", sa.Integer)'
            )
        elif operation.kind == "index":
            tables[operation.table].append(
                f'sa.Index("ix{operation.number:04}", "{operation.column}")'
            )
    lines = ["import sqlalchemy as sa", "", "metadata = sa.MetaData()"]
    for name, members in tables.items():
        lines.append(f'sa.Table("{name}", metadata, {", ".join(members)})')
    return "\n".join(lines) + "\n"
