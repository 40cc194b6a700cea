"""Do the package's imports run downwards only, as its floors are drawn?

The floors stand in ``docs/architecture.rst``. Every rule is a function from
a parsed module to the violations in it, and is proved both ways on small
sources before the package itself is looked at.
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import textwrap
import unittest
from collections.abc import Iterator
from typing import NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "migtestkit"

#: The floor of each room: a module or a package right under the package.
FLOORS = {
    "__main__": 6, "cli": 6,
    "case": 5, "checks": 5,
    "assertions": 4,
    "context": 3,
    "environment": 2, "rows": 2, "schema": 2,
    "databases": 1, "history": 1, "config": 1,
    "errors": 0, "alembic_api": 0, "quiet": 0,
}
#: On one floor, the only door: from the first room to the second.
DOORS = {("__main__", "cli")}

#: ``tomllib`` is in the standard library from 3.11 on; before, Alembic's own
#: dependency ``tomli`` stands in for it.
ALLOWED = sys.stdlib_module_names | {
    "alembic", "sqlalchemy", PACKAGE, "tomli", "tomllib"
}

#: The one module that may know what Alembic does not promise.
PRIVATE_ALEMBIC_ROOM = "alembic_api"
#: Alembic's private names, wherever an object of it may have been handed.
PRIVATE_ALEMBIC = {
    "_add_branches", "_all_down_revisions", "_all_nextrev",
    "_collect_downgrade_revisions", "_collect_upgrade_revisions",
    "_downgrade_revs", "_ensure_version_table", "_has_version_table",
    "_is_real_branch_point", "_is_real_head", "_load_revisions",
    "_normalized_down_revisions", "_normalized_resolved_dependencies",
    "_parse_downgrade_target", "_parse_upgrade_target", "_proxy",
    "_remove_proxy", "_resolved_dependencies", "_revision_map",
    "_stamp_revs", "_upgrade_revs", "_versioned_down_revisions",
}


class Import(NamedTuple):
    """One imported module, or one name imported from a module."""

    line: int
    module: str
    name: Optional[str] = None

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


class Module:
    """A module's dotted name, its tree and all that it imports."""

    def __init__(self, name: str, source: str, is_package: bool = False):
        self.name = name
        self.is_package = is_package
        self.tree = ast.parse(textwrap.dedent(source))
        self.imports = list(self._imports())

    @property
    def room(self) -> str:
        """The first name under the package; none for its own front door."""
        return (self.name.split(".") + [""])[1]

    def _imports(self) -> Iterator[Import]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(node.lineno, alias.name)
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                for alias in node.names:
                    yield Import(node.lineno, module, alias.name)
            elif isinstance(node, ast.Call):
                called = node.func
                name = getattr(called, "attr", getattr(called, "id", None))
                if name in ("import_module", "__import__") and node.args:
                    argument = node.args[0]
                    if isinstance(argument, ast.Constant):
                        yield Import(node.lineno, str(argument.value))

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".") + [""] * self.is_package
        return ".".join(
            parts[: len(parts) - node.level]
            + ([node.module] if node.module else [])
        )


def imported_room(import_: Import) -> Optional[str]:
    """The room that an import of the package's own reaches into."""
    parts = import_.module.split(".")
    if parts[0] != PACKAGE:
        return None
    if len(parts) > 1:
        return parts[1]
    return import_.name or ""


def unknown_room(module: Module) -> Iterator[str]:
    """Every module belongs to a room."""
    if module.room and module.room not in FLOORS:
        yield f"{module.name} is in no room"


def upward_import(module: Module) -> Iterator[str]:
    """Imports reach lower floors, or stay in the room."""
    own = FLOORS.get(module.room)
    if own is None:
        return
    for import_ in module.imports:
        room = imported_room(import_)
        if room is None or room == module.room:
            continue
        where = f"{module.name}:{import_.line}"
        if room not in FLOORS:
            yield f"{where} imports {PACKAGE}'s front door or no room"
        elif FLOORS[room] >= own and (module.room, room) not in DOORS:
            yield f"{where} imports {room}, which is not below {module.room}"


def foreign_import(module: Module) -> Iterator[str]:
    """What the kit needs at run time is what setup.cfg names."""
    for import_ in module.imports:
        if import_.top not in ALLOWED:
            yield f"{module.name}:{import_.line} imports {import_.top}"


def is_private(name: str) -> bool:
    return name.startswith("_") and not re.fullmatch(r"__\w+__", name)


def private_alembic(module: Module) -> Iterator[str]:
    """Only one module knows Alembic's private names."""
    if module.room == PRIVATE_ALEMBIC_ROOM:
        return
    for import_ in module.imports:
        if import_.top == "alembic":
            path = f"{import_.module}.{import_.name or ''}".split(".")
            if any(map(is_private, path)):
                yield f"{module.name}:{import_.line} imports a private name"
    of_alembic = set(names_of_alembic(module.tree))
    for node in ast.walk(module.tree):
        name = root = None
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                continue  # our own
            name, root = node.attr, chain_root(node)
        elif isinstance(node, ast.Call) and len(node.args) > 1:
            if getattr(node.func, "id", "") in ("getattr", "setattr"):
                name = getattr(node.args[1], "value", None)
                root = chain_root(node.args[0])
        if not isinstance(name, str):
            continue
        if name in PRIVATE_ALEMBIC or (root in of_alembic
                                       and is_private(name)):
            yield f"{module.name}:{node.lineno} uses {name}"


def names_of_alembic(tree: ast.AST) -> Iterator[str]:
    """What a module calls the things that it imports from Alembic."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "alembic":
                    yield alias.asname or "alembic"
        elif isinstance(node, ast.ImportFrom) and not node.level:
            if (node.module or "").partition(".")[0] == "alembic":
                for alias in node.names:
                    yield alias.asname or alias.name


def chain_root(node: ast.expr) -> Optional[str]:
    """``a`` of ``a.b.c``; ``a`` of ``a(...).b`` too."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return None
    return node.id


def front_door_defines(module: Module) -> Iterator[str]:
    """``migtestkit/__init__.py`` hands names on and defines nothing."""
    if module.name != PACKAGE:
        return
    for number, node in enumerate(module.tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        if isinstance(node, ast.Assign):
            if [ast.unparse(target) for target in node.targets] == ["__all__"]:
                continue
        if number == 0 and ast.get_docstring(module.tree) is not None:
            continue
        yield f"{module.name}:{node.lineno} defines something"


RULES = (
    unknown_room, upward_import, foreign_import, private_alembic,
    front_door_defines,
)


def modules() -> Iterator[Module]:
    """Every module of the package, as it stands."""
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        if is_package:
            del parts[-1]
        yield Module(".".join(parts), path.read_text("utf-8"), is_package)


class TestThePackage(unittest.TestCase):
    """The rules, held against the package."""

    def test_there_is_something_to_look_at(self):
        self.assertIn(f"{PACKAGE}.errors", [each.name for each in modules()])

    def test_every_rule_holds(self):
        found = [
            violation
            for module in modules()
            for rule in RULES
            for violation in rule(module)
        ]
        self.assertEqual(found, [])

    def test_the_floors_are_those_of_the_docs(self):
        text = (ROOT / "docs" / "architecture.rst").read_text("utf-8")
        drawn = {
            room: int(floor)
            for floor, rooms in re.findall(
                r"^   \* - (\d)\n     - (.*)$", text, re.MULTILINE
            )
            for room in re.findall(r"``(\w+)``", rooms)
        }
        self.assertEqual(drawn, FLOORS)


class RuleTestCase(unittest.TestCase):
    """A rule, proved on sources that break it and on sound ones."""

    def assertBroken(self, rule, name, source, is_package=False):
        found = list(rule(Module(name, source, is_package)))
        self.assertEqual(len(found), 1, found)
        self.assertIn(name, found[0])

    def assertSound(self, rule, name, source, is_package=False):
        self.assertEqual(list(rule(Module(name, source, is_package))), [])


class TestRooms(RuleTestCase):

    def test_a_module_in_no_room(self):
        self.assertBroken(unknown_room, "migtestkit.helpers", "")
        self.assertBroken(unknown_room, "migtestkit.helpers.names", "")

    def test_modules_in_rooms(self):
        for name in ("migtestkit.case", "migtestkit.cli",
                     "migtestkit.cli.report", "migtestkit"):
            self.assertSound(unknown_room, name, "")


class TestFloors(RuleTestCase):

    def test_every_way_to_write_an_import_upwards(self):
        for source in (
            "import migtestkit.case",
            "import migtestkit.case as face",
            "import os, migtestkit.checks.history",
            "from migtestkit import case",
            "from migtestkit.case import MigrationTestCase",
            "from . import case",
            "from .case import MigrationTestCase",
            "def later():\n    from .case import MigrationTestCase",
            "if TYPE_CHECKING:\n    from .case import MigrationTestCase",
            "import importlib\nimportlib.import_module('migtestkit.case')",
            "__import__('migtestkit.case')",
        ):
            with self.subTest(source):
                self.assertBroken(upward_import, "migtestkit.context", source)

    def test_relative_imports_count_from_where_the_module_is(self):
        for name, source, is_package in (
            ("migtestkit.rows.data", "from ..context import x", False),
            ("migtestkit.rows", "from ..context import x", True),
            ("migtestkit.rows", "from .. import context", True),
        ):
            with self.subTest(name, source=source):
                self.assertBroken(upward_import, name, source, is_package)
        for name, source, is_package in (
            ("migtestkit.rows.data", "from .context import x", False),
            ("migtestkit.rows", "from .context import x", True),
        ):
            with self.subTest(name, source=source):
                self.assertSound(upward_import, name, source, is_package)

    def test_two_rooms_on_one_floor(self):
        for name, source in (
            ("migtestkit.case", "from .checks import HistoryChecks"),
            ("migtestkit.checks.history", "from ..case import x"),
            ("migtestkit.environment", "from .rows import x"),
            ("migtestkit.environment.guard", "from ..schema import x"),
            ("migtestkit.history", "from .config import x"),
            ("migtestkit.errors", "from . import alembic_api"),
            ("migtestkit.cli.check", "from ..__main__ import main"),
        ):
            with self.subTest(name, source=source):
                self.assertBroken(upward_import, name, source)

    def test_the_front_door_is_not_for_the_house_itself(self):
        for source in (
            "import migtestkit",
            "from migtestkit import MigrationTestCase",
            "from . import MigrationTestCase",
            "from . import *",
        ):
            with self.subTest(source):
                self.assertBroken(upward_import, "migtestkit.case", source)

    def test_sound_imports(self):
        for name, source in (
            ("migtestkit.__main__", "from .cli import check"),
            ("migtestkit.cli.check", "from ..checks import HistoryChecks"),
            ("migtestkit.cli.check", "from .report import Report"),
            ("migtestkit.case", "from .assertions.rows import RowAssertions"),
            ("migtestkit.case", "from migtestkit import context, errors"),
            ("migtestkit.environment.guard", "from .run import x"),
            ("migtestkit.environment.guard", "from . import run"),
            ("migtestkit.rows", "import migtestkit.errors"),
            ("migtestkit.databases.sqlite", "from ..errors import x"),
            ("migtestkit.errors", "import os\nfrom sqlalchemy import exc"),
        ):
            with self.subTest(name, source=source):
                self.assertSound(upward_import, name, source)

    def test_the_front_door_may_import_everything(self):
        self.assertSound(
            upward_import, "migtestkit", "from .case import x", True
        )


class TestForeignImports(RuleTestCase):

    def test_what_is_no_dependency(self):
        for source in (
            "import pytest",
            "from pytest import fixture",
            "import psycopg.rows",
            "try:\n    import flask\nexcept ImportError:\n    flask = None",
            "def later():\n    import packaging.version",
            "import importlib\nimportlib.import_module('greenlet')",
        ):
            with self.subTest(source):
                self.assertBroken(foreign_import, "migtestkit.case", source)

    def test_what_is_one(self):
        self.assertSound(foreign_import, "migtestkit.case", """
            from __future__ import annotations
            import os.path, unittest
            import sqlalchemy as sa
            from alembic import command
            from sqlalchemy.engine import Engine
            from . import errors
            import migtestkit.context
            importlib.import_module(name)
        """)


class TestPrivateAlembicNames(RuleTestCase):

    def test_private_names(self):
        for source in (
            "from alembic.script.revision import _RevisionOrBase",
            "from alembic._private import name",
            "import alembic._private",
            "import alembic\nalembic.op._proxy",
            "import alembic.util\nalembic.util._fact",
            "from alembic import op\nop._made_up",
            "from alembic import op as operations\noperations._made_up",
            "from alembic.script import ScriptDirectory\n"
            "ScriptDirectory.from_config(config)._made_up",
            "from alembic import op\ngetattr(op, '_made_up')",
            "script._upgrade_revs('head', None)",
            "self.script._upgrade_revs('head', None)",
            "def run(script):\n    return script._downgrade_revs",
            "getattr(script, '_stamp_revs')",
            "revision._all_down_revisions",
        ):
            with self.subTest(source):
                self.assertBroken(private_alembic, "migtestkit.case", source)

    def test_public_names_and_our_own_private_ones(self):
        self.assertSound(private_alembic, "migtestkit.context", """
            import alembic
            from alembic import command, op
            from ._walk import _steps
            alembic.__version__
            command.upgrade(self._config, "head")
            op.get_bind()
            self._script.walk_revisions()
            self._proxy
            getattr(self, "_hook")
            getattr(self, name)
        """)

    def test_the_one_module_that_may(self):
        self.assertSound(private_alembic, "migtestkit.alembic_api", """
            from alembic import op
            op._proxy._remove_proxy()
        """)


class TestTheFrontDoor(RuleTestCase):

    def test_definitions(self):
        for source in (
            "def helper(): pass",
            "class Case: pass",
            "__version__ = '1'",
            "name: str = 'x'",
            "if TYPE_CHECKING:\n    from .case import x",
            "'''Docstring.'''\n'and another string'",
        ):
            with self.subTest(source):
                self.assertBroken(
                    front_door_defines, PACKAGE, source, True
                )

    def test_names_handed_on(self):
        self.assertSound(front_door_defines, PACKAGE, '''
            """What the kit is."""
            from __future__ import annotations
            from .case import MigrationTestCase
            from . import errors
            __all__ = ["MigrationTestCase", "errors"]
        ''', True)

    def test_other_modules_may_define(self):
        self.assertSound(
            front_door_defines, "migtestkit.case", "class Case: pass"
        )


if __name__ == "__main__":
    unittest.main()
