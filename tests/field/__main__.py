"""``python -m tests.field [NAME ...] [--all] [-v]``: real histories.

Each history is installed from its lock file, examined by Alembic's own
commands and by the kit, on each kind of database that it goes up on, and
both must say what ``expectations.py`` says. The first run installs; later
ones take a minute or two.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import unittest

from tests.field import expectations, results
from tests.field.deep import SMALLEST, deep_classes
from tests.field.hooks import KeystoneHooks
from tests.field.trials import test_classes


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.field", description=__doc__
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="of " + ", ".join(expectations.HISTORIES)
        + "; by default those that are light: "
        + ", ".join(expectations.LIGHT),
    )
    parser.add_argument("--all", action="store_true")
    parser.add_argument(
        "--deep", action="store_true",
        help="the checks over rows and those of deployments too, on SQLite "
        "and PostgreSQL; without NAME on the smallest history, with --all "
        "on each (an hour)",
    )
    parser.add_argument(
        "--only-deep", action="store_true",
        help="these alone; what is kept of the others stays as it is",
    )
    parser.add_argument(
        "--write", action="store_true",
        help="keep the results, if all is as expected, and write the page "
        "of the docs",
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    names = options.names or list(expectations.LIGHT)
    if options.all:
        names = list(expectations.HISTORIES)
    for name in names:
        if name not in expectations.HISTORIES:
            parser.error(
                f"no history {name!r}; there are "
                + ", ".join(expectations.HISTORIES)
            )
    loader = unittest.TestLoader()
    trials = []
    if not options.only_deep:
        trials = test_classes(names, options.verbose)
    suite = unittest.TestSuite(map(loader.loadTestsFromTestCase, trials))
    deep = []
    if options.deep or options.only_deep:
        chosen = names if options.names or options.all else SMALLEST
        deep = deep_classes(chosen)
        suite.addTests(map(loader.loadTestsFromTestCase, deep))
    if "keystone" in names and not options.only_deep:
        suite.addTest(loader.loadTestsFromTestCase(KeystoneHooks))
    runner = unittest.TextTestRunner(verbosity=1 + options.verbose)
    good = runner.run(suite).wasSuccessful()
    if good and options.write:
        today = datetime.date.today().isoformat()
        results.keep(trials, [one.name for one in deep], today)
    return not good


if __name__ == "__main__":
    sys.exit(main())
