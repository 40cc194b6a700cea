"""``python -m tests.versions [MODULE ...]``: the tests on all releases.

Each combination of Python, SQLAlchemy and Alembic gets a new virtual
environment and a clean copy of the checkout. That takes an hour and more.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.versions.matrix import combinations
from tests.versions.running import run_combination
from tests.versions.table import keep


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.versions", description=__doc__
    )
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE",
        help="of the tests, such as tests.test_history; none: all",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT",
        help="only the combinations whose line holds this; may be repeated",
    )
    parser.add_argument(
        "--list", action="store_true", help="list the combinations, and end"
    )
    parser.add_argument(
        "--logs", type=Path, metavar="FOLDER", help="keep the output there"
    )
    parser.add_argument(
        "--write", action="store_true",
        help="keep the results, and write the page of the docs; all modules "
        "must run",
    )
    options = parser.parse_args(argv)
    wanted = [
        one
        for one in combinations()
        if not options.only or any(text in str(one) for text in options.only)
    ]
    if not wanted:
        parser.error(f"no combination holds {' or '.join(options.only)}")
    if options.write and options.modules:
        parser.error("--write wants all modules")
    if options.list:
        print("\n".join(map(str, wanted)))
        return 0
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
    outcomes = {}
    for one in wanted:
        outcome = run_combination(one, options.modules, options.logs)
        outcomes[str(one)] = outcome
        if options.write:
            # Each at once: the whole takes hours.
            keep(outcomes, datetime.date.today().isoformat())
        print(
            f"{one}\n  Python {outcome.python}, SQLAlchemy "
            f"{outcome.sqlalchemy}, Alembic {outcome.alembic}: "
            f"{outcome.counts} in {outcome.seconds:.0f} s",
            flush=True,
        )
    bad = [one for one in outcomes.values() if not one.good]
    print(f"{len(outcomes) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
