"""Each history on each kind of database, as tests.

Alembic's own commands and the kit must both say what the expectations do.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sqlite3
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from tests import servers
from tests.field import expectations
from tests.field.environments import python_of
from tests.field.findings import SQLITE, History
from tests.field.on_servers import histories_on
from tests.field.running import case_on, run, server_url


class FieldTest(unittest.TestCase):
    """One history on one kind of database; its subclasses are made by
    :func:`test_class`."""

    history: ClassVar[History]
    family: ClassVar[str] = SQLITE
    verbose: ClassVar[bool] = False
    reproduced: ClassVar[list[str]]
    outcomes: ClassVar[dict[str, dict[str, Any]]] = {}
    touched: ClassVar[bool]

    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        name = cls.history.name
        python = python_of(cls.history.lock)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, cls.database() as where:
            said = run(
                python, folder, f"tests.field.reproduce.{name}",
                variables=where,
            )
        cls.reproduced = said.splitlines()
        reproduced = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            before = cls.production(folder)
            said = run(
                python, folder, "tests.field.outcomes", cls.case_module(),
                variables=cls.moved(),
            )
            cls.touched = before != cls.production_bytes(folder)
        cls.outcomes = json.loads(said)
        if cls.verbose:
            print(
                f"\n{name}, {cls.family}: reproduced in "
                f"{reproduced - began:.1f} s, checked in "
                f"{time.monotonic() - reproduced:.1f} s",
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
    @contextlib.contextmanager
    def database(cls) -> Iterator[dict[str, str]]:
        """Says by variables where Alembic's own commands walk."""
        yield {}

    @classmethod
    def case_module(cls) -> str:
        """The module with the kit's test case."""
        return f"tests.field.cases.{cls.history.name}"

    @classmethod
    def moved(cls) -> dict[str, str]:
        """Says by variables where the kit makes its databases."""
        return {}

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
                sorted(self.history.untested()),
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


class ServerTest(FieldTest):
    """One history on a server."""

    # The settings name a server that there is not: whoever turns to it fails.
    test_no_database_touched = None  # type: ignore[assignment]

    @classmethod
    @contextlib.contextmanager
    def database(cls) -> Iterator[dict[str, str]]:
        server = servers.require_server(cls.family)
        name = f"field_{secrets.token_hex(6)}"
        servers.ask(server, f"CREATE DATABASE {name}")
        try:
            url = server_url(cls.family).set(database=name)
            yield {
                "FIELD_REPRODUCE_URL":
                    url.render_as_string(hide_password=False),
            }
        finally:
            servers.drop_database(server, name)

    @classmethod
    def case_module(cls) -> str:
        return "tests.field.cases.moved"

    @classmethod
    def moved(cls) -> dict[str, str]:
        return case_on(cls.history.name, cls.family)


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
        line = re.sub(r"\b(?:batch_)?op\.f\((.*?)\)", r"\1", line)
        batch = re.search(r"op\.batch_alter_table\('(\w+)'", line)
        if batch:
            table = batch[1]
            continue
        whole = re.search(r"\bop\.(create|drop)_table\('(\w+)'", line)
        if whole:
            found.append(f"{whole[1]} {whole[2]}")
        index = re.search(
            r"\bop\.(create|drop)_index\('(\w+)', (?:table_name=)?'(\w+)'",
            line,
        )
        if index:
            found.append(f"{index[1]} {index[3]}.{index[2]}")
        column = re.search(
            r"\bop\.(add|drop|alter)_column\('(\w+)', "
            r"(?:sa\.Column\()?'(\w+)'",
            line,
        )
        if column:
            verb = "create" if column[1] == "add" else column[1]
            found.append(f"{verb} {column[2]}.{column[3]}")
        part = re.search(
            r"batch_op\.(add|create|drop|alter)_\w+\('(\w+)'", line
        )
        if part:
            found.append(f"{part[1]} {table}.{part[2]}")
    return sorted(found)


def test_class(
    history: History, verbose: bool, family: str
) -> type[FieldTest]:
    """The tests of one history, a method for each check."""

    def method(name: str) -> Callable[[FieldTest], None]:
        def test(self: FieldTest) -> None:
            self.check(name)

        return test

    methods = {name: method(name) for name in expectations.CHECKS}
    base = FieldTest if family == SQLITE else ServerTest
    return type(
        history.name if family == SQLITE else f"{history.name}_{family}",
        (base,),
        {
            "__module__": "tests.field",
            "family": family,
            "history": history,
            "verbose": verbose,
            **methods,
        },
    )


def test_classes(names: Sequence[str], verbose: bool) -> list[type[FieldTest]]:
    """The tests of some histories on each kind of database that they know."""
    return [
        test_class(history, verbose, family)
        for name in names
        for family, history in histories_on(name).items()
    ]
