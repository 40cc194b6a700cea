"""Does the reference tell of every public name, option and variable?"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import pathlib
import re
import unittest
from collections.abc import Iterator

import migtestkit
from migtestkit import MigrationConfig, MigrationContext, MigrationTestCase
from migtestkit import assertions, checks
from migtestkit.cli.main import build_parser
from migtestkit.history import RevisionHistory

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = "\n".join(
    path.read_text("utf-8")
    for path in sorted((ROOT / "docs" / "reference").glob("*.rst"))
)
HOWTO = {
    path.stem: path.read_text("utf-8")
    for path in (ROOT / "docs" / "howto").glob("*.rst")
}
#: What a person may set; those of PostgreSQL's own client library are its.
VARIABLE = re.compile(r'"((?:MIGTESTKIT|ALEMBIC)_[A-Z_]+|[A-Z]+_COLOR|CI)"')
#: What `MigrationConfig` is given by a test case itself.
NO_ATTRIBUTES = {"case", "search_from"}


def directives() -> dict[str, str]:
    """What is documented from its docstring -> the directive's options."""
    return {
        name: options
        for name, options in re.findall(
            r"(?m)^\.\. auto\w+:: ([\w.]+)(?:\(\))?\n((?:   .*\n)*)",
            REFERENCE + "\n",
        )
    }


def parsers(
    parser: argparse.ArgumentParser, name: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Return each command and its parser."""
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command, inner in action.choices.items():
                yield from parsers(inner, command)


class TestReference(unittest.TestCase):
    def test_every_public_name_has_its_place(self) -> None:
        there = {name.rpartition(".")[2] for name in directives()}
        for module in (migtestkit, checks):
            for name in module.__all__:
                with self.subTest(name):
                    self.assertIn(name, there)

    def test_members_are_shown_with_their_classes(self) -> None:
        shown = directives()
        for name in (
            "migtestkit.MigrationContext", "migtestkit.MigrationTestCase",
            "migtestkit.history.RevisionHistory",
            "migtestkit.checks.HistoryChecks",
            "migtestkit.checks.DataChecks",
            "migtestkit.checks.DeploymentChecks",
        ):
            with self.subTest(name):
                self.assertIn(":members:", shown[name])

    def test_every_assertion_comes_from_a_class_that_is_shown(self) -> None:
        shown = {name.rpartition(".")[2] for name in directives()}
        for name in dir(MigrationTestCase):
            if not name.startswith("assert") or hasattr(
                unittest.TestCase, name
            ):
                continue
            owner = next(
                one for one in MigrationTestCase.__mro__ if name in vars(one)
            )
            with self.subTest(name):
                self.assertIn(owner.__name__, shown)
        self.assertTrue(assertions.__all__)

    def test_public_members_say_what_they_do(self) -> None:
        for owner in (
            MigrationTestCase, MigrationContext, RevisionHistory,
        ):
            for name, member in vars(owner).items():
                if name.startswith("_") or not (
                    inspect.isfunction(member) or isinstance(member, property)
                ):
                    continue
                with self.subTest(owner.__name__, name=name):
                    self.assertTrue(inspect.getdoc(member))

    def test_every_option_of_a_test_class(self) -> None:
        page = (ROOT / "docs/reference/options.rst").read_text("utf-8")
        for field in dataclasses.fields(MigrationConfig):
            if field.name in NO_ATTRIBUTES:
                continue
            with self.subTest(field.name):
                self.assertRegex(page, rf"\b{field.name}\b")

    def test_every_option_of_the_command_line(self) -> None:
        pages = {"check": "command-line", "scaffold": "scaffold"}
        seen = 0
        for name, parser in parsers(build_parser()):
            if not name:
                continue
            page = HOWTO[pages[name]]
            for action in parser._actions:
                options = action.option_strings
                if not options or "--help" in options:
                    continue
                seen += 1
                with self.subTest(name, options=options):
                    # By its short name or its long one.
                    self.assertRegex(page, rf"``(?:{'|'.join(options)})\b")
        self.assertGreater(seen, 15)

    def test_every_variable(self) -> None:
        _, _, page = REFERENCE.partition("\nEnvironment variables\n")
        found = {
            name
            for path in (ROOT / "migtestkit").rglob("*.py")
            for name in VARIABLE.findall(path.read_text("utf-8"))
        }
        self.assertIn("MIGTESTKIT_REQUIRE", found)
        self.assertIn("NO_COLOR", found)
        for name in sorted(found):
            with self.subTest(name):
                self.assertIn(name, page)


if __name__ == "__main__":
    unittest.main()
