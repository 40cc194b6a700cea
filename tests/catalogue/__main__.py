"""``python -m tests.catalogue``: who sees which changes of a schema?

Makes the changes of the tests' tables, each in a database of its own kind,
and counts those that the kit sees, those that SQLAlchemy's Inspector tells
when all its methods are asked, and those of which ``alembic revision
--autogenerate`` makes a migration, types and defaults compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import alembic
import sqlalchemy

from tests.catalogue.counting import LOOKERS, PLACES, Seen, count

_Counted = Mapping[str, Sequence[Seen]]

PAGE = """\
.. Written by: python -m tests.catalogue --write docs/reference/schemas.rst

What a comparison of schemas sees
=================================

Each change below is made in a database and undone again. The kit reads the
database's own catalogue; beside it stand SQLAlchemy's Inspector, asked by all
its methods, and Alembic's autogenerate, with types and defaults compared,
whose models are the tables as they were reflected just before the change;
where it fails on a change, it has seen it. The last two are made for other
ends, and the table is no judgement of them: it says what a test that rests on
them can find. Counted with Alembic {alembic} and SQLAlchemy {sqlalchemy}.

{summary}

{details}"""


def _grid(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of the docs."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        for number, cell in enumerate(row):
            lines.append(f"   {'*' if not number else ' '} - {cell}".rstrip())
    return "\n".join(lines)


def summary(counted: _Counted) -> list[list[str]]:
    """Return how many changes each one sees."""
    rows = [["database", "changes", *LOOKERS]]
    for database, seen in counted.items():
        numbers = [
            str(sum(one.by[who] for one in seen)) for who in LOOKERS
        ]
        rows.append([database, str(len(seen)), *numbers])
    return rows


def page(counted: _Counted) -> str:
    """Return a page of the docs."""
    details = []
    for database, seen in counted.items():
        rows = [["change", *LOOKERS]]
        for one in seen:
            rows.append(
                [one.name, *("yes" if one.by[who] else "" for who in LOOKERS)]
            )
        details.append(
            f"{database}\n{'-' * len(database)}\n\n{_grid(rows)}\n"
        )
    return PAGE.format(
        alembic=alembic.__version__,
        sqlalchemy=sqlalchemy.__version__,
        summary=_grid(summary(counted)),
        details="\n".join(details),
    )


def as_text(counted: _Counted) -> str:
    """Return the numbers for a terminal."""
    rows = summary(counted)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def main(arguments: Sequence[str]) -> int:
    """Count, and show."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.catalogue", description=__doc__
    )
    parser.add_argument(
        "--only", action="append", choices=tuple(PLACES), default=[],
        help="one database; may be given several times",
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write a page of the docs"
    )
    asked = parser.parse_args(arguments)
    counted = {name: count(name) for name in asked.only or PLACES}
    print(as_text(counted))
    if asked.write:
        asked.write.write_text(page(counted), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
