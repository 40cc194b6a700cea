"""keystone's own hooks, unedited and ported: do they say the same?"""

from __future__ import annotations

import ast
import functools
import json
import os
import shutil
import tempfile
import unittest
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests import servers
from tests.field.environments import python_of
from tests.field.running import DRIVERS, run

CASES = "tests.field.cases.keystone_hooks"
TEST = "test_revision_hooks"

#: What keystone's hooks assert, one by one: revision, when, what. Five more
#: of its assertions, before b4f8b3f584e0, look into a list that is always
#: empty; they assert nothing, and were not ported.
FACTS = (
    ("99de3849d860", "before", "unique access_rule_external_id_key"),
    ("99de3849d860", "before", "unique duplicate_trust_constraint_expanded"),
    ("99de3849d860", "after", "no unique access_rule_external_id_key"),
    ("99de3849d860", "after", "no duplicate_trust_constraint_expanded"),
    ("b4f8b3f584e0", "before", "no unique duplicate_trust_constraint"),
    ("b4f8b3f584e0", "after", "unique duplicate_trust_constraint"),
    ("b4f8b3f584e0", "after", "its five columns, in order"),
    ("c88cdce8f248", "before", "on MySQL, index project_id"),
    ("c88cdce8f248", "after", "on MySQL, no index project_id"),
    ("11c3b243b4cb", "before", "column relay_state_prefix"),
    ("11c3b243b4cb", "before", "it has a default"),
    ("11c3b243b4cb", "after", "column relay_state_prefix"),
    ("11c3b243b4cb", "after", "it has no default"),
    ("47147121", "before", "no column schema_version"),
    ("47147121", "after", "column schema_version"),
    ("e8725d6fa226", "before", "no index idx_project_id"),
    ("e8725d6fa226", "after", "index idx_project_id"),
    ("742c857f1dfb", "before", "no ix_revocation_event_project_id_user_id"),
    ("742c857f1dfb", "before", "no index ix_revocation_event_composite"),
    ("742c857f1dfb", "after", "ix_revocation_event_project_id_user_id"),
    ("742c857f1dfb", "after", "index ix_revocation_event_composite"),
)


class Defect(NamedTuple):
    """What a slip in one of keystone's scripts would be."""

    revision: str
    old: str
    new: str
    family: str = "sqlite"


DEFECTS = (
    Defect("742c857f1dfb", "'ix_revocation_event_composite'",
           "'ix_revocation_event_compo'"),
    Defect("b4f8b3f584e0", "                'expires_at',\n", ""),
    Defect("99de3849d860", "batch_op.drop_constraint(\n            "
           "'duplicate_trust_constraint_expanded', type_='unique'\n"
           "        )", "pass"),
    Defect("11c3b243b4cb", "server_default=None", "nullable=False"),
    Defect("47147121", "'schema_version'", "'scheme_version'"),
    Defect("e8725d6fa226", "'project_endpoint_group'", "'project_endpoint'"),
    Defect("c88cdce8f248", "batch_op.drop_index(index_name)", "pass",
           "mysql"),
)
CLASSES = ("Shipped", "Ported")


@functools.cache
def python() -> Path:
    return python_of("keystone")


def outcomes(name: str, url: str, versions: str = "") -> dict[str, Any]:
    """What each test of one of the two classes comes to."""
    with tempfile.TemporaryDirectory() as folder:
        said = run(
            python(), folder, "tests.field.outcomes", f"{CASES}.{name}",
            variables={"FIELD_DATABASE_URL": url, "FIELD_VERSIONS": versions},
        )
    found: dict[str, Any] = json.loads(said)
    return found


def urls() -> Iterator[tuple[str, str]]:
    yield "sqlite", "sqlite://"
    for family, url in servers.each_server():
        url = url.set(drivername=DRIVERS[family])
        yield family, url.render_as_string(hide_password=False)


def installed(*parts: str) -> Path:
    """A file of the installed keystone."""
    (found,) = python().parents[1].glob("lib/python*/site-packages/keystone")
    return found.joinpath(*parts)


class KeystoneHooks(unittest.TestCase):

    def test_each_passes_on_every_database(self) -> None:
        for family, url in urls():
            for name in CLASSES:
                with self.subTest(name, family=family):
                    found = outcomes(name, url)
                    for test, outcome in found.items():
                        self.assertEqual(
                            "pass", outcome["outcome"],
                            f"{test}: {outcome['text']}",
                        )
                    untested = " ".join(found[TEST]["untested"])
                    # What only MySQL has is told where it was not looked at.
                    if name == "Ported":
                        self.assertEqual(
                            family != "mysql", "only MySQL" in untested
                        )
                    else:
                        self.assertIn("29e87d24a316 is empty", untested)

    def test_seeded_defects(self) -> None:
        addresses = dict(urls())
        versions = installed("common", "sql", "migrations", "versions")
        for defect in DEFECTS:
            if defect.family not in addresses:
                continue
            with tempfile.TemporaryDirectory() as folder:
                copied = os.path.join(folder, "versions")
                shutil.copytree(
                    versions, copied,
                    ignore=shutil.ignore_patterns("__pycache__"),
                )
                (path,) = Path(copied).rglob(f"{defect.revision}_*.py")
                text = path.read_text("utf-8")
                self.assertEqual(1, text.count(defect.old), defect)
                path.write_text(
                    text.replace(defect.old, defect.new), "utf-8"
                )
                for name in CLASSES:
                    with self.subTest(name, revision=defect.revision):
                        found = outcomes(
                            name, addresses[defect.family], copied
                        )[TEST]
                        self.assertEqual("fail", found["outcome"])
                        first = found["text"].splitlines()[1]
                        self.assertTrue(
                            first.startswith(f"  {defect.revision} ("), first
                        )

    def test_the_port_takes_half_the_lines(self) -> None:
        shipped = body(
            installed("tests", "unit", "test_sql_banned_operations.py"),
            "KeystoneMigrationsWalk",
        )
        hooks = [
            line for node in shipped if is_hook(node[0]) for line in node[1]
        ]
        ported = [
            line
            for node in body(
                Path(__file__).parent / "cases" / "keystone_hooks.py",
                "Ported",
            )
            for line in node[1]
        ]
        self.assertLessEqual(max(map(len, ported)), 79)
        self.assertLessEqual(2 * len(ported), len(hooks))

    def test_facts_are_of_the_hooks(self) -> None:
        """Every hook that is not empty asserts a fact, and every fact has
        its hook."""
        self.assertEqual(21, len(set(FACTS)))
        expected = {
            f"{'_pre_upgrade' if when == 'before' else '_check'}_{revision}"
            for revision, when, _ in FACTS
        }
        found = {
            node.name
            for node, lines in body(
                installed("tests", "unit", "test_sql_banned_operations.py"),
                "KeystoneMigrationsWalk",
            )
            if isinstance(node, ast.FunctionDef) and is_hook(node)
            and len(lines) > 2
        }
        self.assertEqual(expected, found)


def is_hook(node: ast.stmt) -> bool:
    """The same that the case file takes over."""
    if isinstance(node, ast.FunctionDef):
        return node.name.startswith(("_pre_upgrade_", "_check_"))
    return isinstance(node, ast.Assign) and (
        ast.unparse(node.targets[0]).startswith("_99de3849d860")
    )


def body(path: Path, name: str) -> list[tuple[ast.stmt, Sequence[str]]]:
    """Each member of a class with its lines: no blank ones, no comments, no
    docstrings."""
    text = path.read_text("utf-8")
    (found,) = (
        node for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == name
    )
    lines = text.split("\n")
    members: list[tuple[ast.stmt, Sequence[str]]] = []
    for node in found.body:
        span = set(range(node.lineno - 1, node.end_lineno or node.lineno))
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            first = node.body[0]
            span -= set(range(first.lineno - 1, first.end_lineno or 0))
        members.append((node, [
            lines[at] for at in sorted(span)
            if lines[at].strip() and not lines[at].strip().startswith("#")
        ]))
    return members
