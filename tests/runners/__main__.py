"""``python -m tests.runners``: the sample under every runner, as a table.

Ends as ``python -m unittest tests.test_runners`` does.
"""

from __future__ import annotations

import argparse
import sys
import unittest
from collections.abc import Sequence

from tests import test_runners
from tests.runners.matrix import ROWS, Row
from tests.runners.running import Outcome, outcome, start
from tests.runners.table import write


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.runners", description=__doc__
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT",
        help="only the rows whose name holds this; may be repeated",
    )
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="rows at once"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the page of the docs"
    )
    options = parser.parse_args(argv)
    if options.write and options.only:
        parser.error("--write wants all rows")
    rows = [
        row for row in ROWS
        if not options.only or any(text in row.name for text in options.only)
    ]
    if not rows:
        parser.error(f"no row holds {' or '.join(options.only)}")
    start([row for row in rows if not row.missing], options.jobs)
    found = {row.name: outcome(row) if not row.missing else None
             for row in _told(rows)}
    if options.write and not any(
        one is None or one.problems for one in found.values()
    ):
        write()
    result = unittest.TextTestRunner().run(_suite(rows, bool(options.only)))
    return 0 if result.wasSuccessful() else 1


def _told(rows: Sequence[Row]) -> Sequence[Row]:
    for row in rows:
        if row.missing:
            print(f"{row.name}: not installed: {', '.join(row.missing)}")
        else:
            print(f"{row.name}: {_line(outcome(row))}", flush=True)
    return rows


def _line(found: Outcome) -> str:
    end = f"{len(found.problems)} problems" if found.problems else "as it must"
    return f"{found.counts} in {found.seconds:.0f} s: {end}"


def _suite(rows: Sequence[Row], some: bool) -> unittest.TestSuite:
    loader = unittest.defaultTestLoader
    if not some:
        return loader.loadTestsFromModule(test_runners)
    return unittest.TestSuite(
        test_runners.TestRunners(test_runners.name_of(row)) for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
