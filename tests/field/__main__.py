"""``python -m tests.field [NAME ...] [--all] [-v]``: real histories.

Each history is installed from its lock file, examined by Alembic's own
commands and by the kit, and both must say what ``expectations.py``
says. The first run installs; later ones take a minute.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from tests.field import expectations
from tests.field.deep import SMALLEST, deep_classes
from tests.field.environments import python_of
from tests.field.expectations import History
from tests.field.hooks import KeystoneHooks
from tests.field.running import run


class FieldTest(unittest.TestCase):
    """One history; its subclasses are made by :func:`test_class`."""

    history: ClassVar[History]
    verbose: ClassVar[bool] = False
    reproduced: ClassVar[list[str]]
    outcomes: ClassVar[dict[str, dict[str, Any]]]
    touched: ClassVar[bool]

    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        name = cls.history.name
        python = python_of(cls.history.lock)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            said = run(python, folder, f"tests.field.reproduce.{name}")
        cls.reproduced = said.splitlines()
        reproduced = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            before = cls.production(folder)
            said = run(
                python,
                folder,
                "tests.field.outcomes",
                f"tests.field.cases.{name}",
            )
            cls.touched = before != cls.production_bytes(folder)
        cls.outcomes = json.loads(said)
        if cls.verbose:
            print(
                f"\n{name}: reproduced in {reproduced - began:.1f} s, "
                f"checked in {time.monotonic() - reproduced:.1f} s",
                file=sys.stderr,
            )
            for check, found in cls.outcomes.items():
                print(
                    f"--- {check}: {found['outcome']} "
                    f"({found['seconds']} s)\n"
                    + "\n".join([found["text"], *found["untested"]]),
                    file=sys.stderr,
                )

    @classmethod
    def production(cls, folder: str) -> bytes | None:
        """Makes the database that the project's settings name."""
        if cls.history.production is None:
            return None
        path = os.path.join(folder, cls.history.production)
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE precious (id INTEGER)")
        connection.execute("INSERT INTO precious VALUES (1)")
        connection.commit()
        connection.close()
        return cls.production_bytes(folder)

    @classmethod
    def production_bytes(cls, folder: str) -> bytes | None:
        if cls.history.production is None:
            return None
        return Path(folder, cls.history.production).read_bytes()

    # --- Alembic's own commands

    def test_reproduction(self) -> None:
        """Plain Alembic finds what the expectations say, and no more."""
        revisions, heads, *lines = self.reproduced
        self.assertEqual(
            sorted(revisions.split()[3:]), sorted(self.history.revisions)
        )
        self.assertEqual(
            sorted(heads.split()[3:]), sorted(self.history.heads)
        )
        self.assertEqual(sorted(lines), sorted(self.history.lines))

    def test_expectations(self) -> None:
        """Every failure that is expected stands on a finding."""
        self.assertEqual(
            sorted(self.history.checks), sorted(expectations.CHECKS)
        )
        for check, expected in self.history.checks.items():
            defects = self.history.defects(check)
            if "-" in defects:
                self.assertEqual(expected.outcome, "fail", check)
            else:
                self.assertEqual(set(expected.revisions), defects, check)
                self.assertEqual(expected.outcome == "fail", bool(defects))

    # --- the kit

    def test_no_database_touched(self) -> None:
        """What the project's settings name is as it was, bit for bit."""
        if self.history.production is None:
            self.skipTest("the project's settings name no database")
        self.assertFalse(self.touched, self.history.production)

    def check(self, name: str) -> None:
        """The kit's outcome is the expected one, and names the same."""
        found = self.outcomes.get(name)
        if found is None:
            texts = "\n".join(
                f"{test}: {outcome['outcome']}\n{outcome['text']}"
                for test, outcome in self.outcomes.items()
            )
            self.fail(f"the case file ran no {name}, but\n{texts}")
        expected, text = self.history.checks[name], found["text"]
        self.assertEqual(found["outcome"], expected.outcome, f"\n{text}")
        failed, _, untested = text.partition("not tested")
        if expected.outcome == "skip":
            failed, untested = "", text
        untested += "\n".join(found["untested"])
        self.assertEqual(
            self.named(failed), sorted(expected.revisions), f"\n{text}"
        )
        if name in (expectations.UP_DOWN, expectations.NO_TRACE):
            self.assertEqual(
                self.named(untested),
                sorted(self.history.without_downgrade()),
                f"\n{text}",
            )
        if name == expectations.MODELS:
            shown, whole = operations(text), drift(self.history)
            if re.search(r"\.\.\. and \d+ more lines", text):
                # Of many operations the message shows the first.
                self.assertGreater(len(shown), 1)
                self.assertLessEqual(set(shown), set(whole), f"\n{text}")
            else:
                self.assertEqual(shown, whole, f"\n{text}")
        if name == expectations.REGISTERED:
            self.assertEqual(
                sorted(re.findall(r"(?m)^  table '(\w+)'", text)),
                sorted(self.history.details("unregistered")),
                f"\n{text}",
            )
        for word in expected.words:
            self.assertIn(word, text)

    def named(self, text: str) -> list[str]:
        """The revisions that a text names."""
        words = set(re.findall(r"[\w.]*\w", text))
        return sorted(words & set(self.history.revisions))


def drift(history: History) -> list[str]:
    """The findings' drift as ``alter table.column`` and the like."""
    found = []
    for detail in history.details("drift"):
        kind, thing = detail.replace(":", "").split()[:2]
        verb = {"add": "create", "remove": "drop", "modify": "alter"}
        found.append(f"{verb[kind.partition('_')[0]]} {thing}")
    return sorted(found)


def operations(text: str) -> list[str]:
    """The same of the operations that a failure shows."""
    found, table = [], ""
    for line in text.splitlines():
        line = re.sub(r"batch_op\.f\((.*?)\)", r"\1", line)
        batch = re.search(r"op\.batch_alter_table\('(\w+)'", line)
        if batch:
            table = batch[1]
            continue
        whole = re.search(r"\bop\.(create|drop)_table\('(\w+)'", line)
        if whole:
            found.append(f"{whole[1]} {whole[2]}")
        part = re.search(
            r"batch_op\.(add|create|drop|alter)_\w+\('(\w+)'", line
        )
        if part:
            found.append(f"{part[1]} {table}.{part[2]}")
    return sorted(found)


def test_class(history: History, verbose: bool) -> type[FieldTest]:
    """The tests of one history, a method for each check."""

    def method(name: str) -> Callable[[FieldTest], None]:
        def test(self: FieldTest) -> None:
            self.check(name)

        return test

    methods = {name: method(name) for name in expectations.CHECKS}
    return type(
        history.name,
        (FieldTest,),
        {
            "__module__": "tests.field",
            "history": history,
            "verbose": verbose,
            **methods,
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.field", description=__doc__
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="of " + ", ".join(expectations.HISTORIES)
        + "; by default the first three",
    )
    parser.add_argument("--all", action="store_true")
    parser.add_argument(
        "--deep", action="store_true",
        help="the checks over rows and those of deployments too, on SQLite "
        "and PostgreSQL; without NAME on the smallest history, with --all "
        "on each (15 minutes)",
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    names = options.names or [item.name for item in expectations.MAIN]
    if options.all:
        names = list(expectations.HISTORIES)
    for name in names:
        if name not in expectations.HISTORIES:
            parser.error(
                f"no history {name!r}; there are "
                + ", ".join(expectations.HISTORIES)
            )
    loader = unittest.TestLoader()
    suite = unittest.TestSuite(
        loader.loadTestsFromTestCase(
            test_class(expectations.HISTORIES[name], options.verbose)
        )
        for name in names
    )
    if options.deep:
        chosen = names if options.names or options.all else SMALLEST
        for one in deep_classes(chosen):
            suite.addTest(loader.loadTestsFromTestCase(one))
    if "keystone" in names:
        suite.addTest(loader.loadTestsFromTestCase(KeystoneHooks))
    runner = unittest.TextTestRunner(verbosity=1 + options.verbose)
    sys.exit(not runner.run(suite).wasSuccessful())


if __name__ == "__main__":
    main()
