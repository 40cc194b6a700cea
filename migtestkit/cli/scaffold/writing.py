"""How does a test module look, written out?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from migtestkit.cli.scaffold.revision import RevisionTest
from migtestkit.cli.scaffold.source import (
    Call,
    class_name,
    comment,
    docstring,
    layout,
)

__unittest = True


def revision_module(
    test: RevisionTest, attributes: Mapping[str, Any]
) -> str:
    """Return the source of a revision's test module.

    :param attributes: what the class has to set.
    """
    title = f"revision {test.revision}"
    name = test.message or test.revision
    about = f"Revision {test.revision}"
    if test.message:
        about += f": {test.message}"
    body = [
        f"class {class_name(name)}(MigrationTestCase):",
        docstring(about, 4),
        *_attributes(attributes),
        "",
        *_method("setUp", [Call("setUp"), *test.setup], first="super()"),
        "",
        *_method("test_upgrade", test.upgrade),
        *_roundtrip(test),
    ]
    return _module(f"Does {title} do what it should?", body)


def project_module(attributes: Mapping[str, Any], notes: Sequence[str]) -> str:
    """Return the source of a project's test module.

    :param attributes: what the class has to set.
    :param notes: comments on these.
    """
    lines = _attributes(attributes)
    if notes:
        lines[1:1] = [comment(one, 4) for one in notes]
    body = [
        "class TestMigrations(HistoryChecks, MigrationTestCase):",
        docstring("Ready-made checks of the whole history.", 4),
        *lines,
    ]
    return _module("Do the migrations do what they should?", body)


def _module(title: str, body: Sequence[str]) -> str:
    code = "\n".join(body)
    standard = [
        f"import {name}"
        for name, mark in (
            ("datetime", r"\bdatetime\.timedelta\("),
            ("unittest", r"@unittest\."),
            ("uuid", r"\buuid\.UUID\("),
        )
        if re.search(mark, code)
    ]
    others = ["import sqlalchemy as sa"] if re.search(r"\bsa\.", code) else []
    own = ["from migtestkit import MigrationTestCase"]
    if "HistoryChecks" in code:
        own.append("from migtestkit.checks import HistoryChecks")
    groups = [
        "\n".join(group) for group in (standard, others, own) if group
    ]
    return "\n\n".join([docstring(title), *groups, f"\n{code}\n"])


def _attributes(attributes: Mapping[str, Any]) -> list[str]:
    lines = [
        f"    {name} = {layout(value, 4, 4 + len(name) + 3)}"
        for name, value in attributes.items()
    ]
    return ["", *lines] if lines else []


def _method(
    name: str, calls: Sequence[Call], first: str = ""
) -> list[str]:
    lines = [f"    def {name}(self):"]
    for call in calls:
        text = layout(call, 8, 8)
        if first:
            text, first = text.replace("self", first, 1), ""
        lines.append(" " * 8 + text)
    return lines


def _roundtrip(test: RevisionTest) -> list[str]:
    if test.irreversible:
        return ["", comment(
            "There is no way back: " + _first_line(test.irreversible), 4
        )]
    lines = [""]
    if test.fails:
        lines += [
            comment("Today it fails: " + _first_line(test.fails), 4),
            "    @unittest.expectedFailure",
        ]
    return [*lines, *_method("test_roundtrip", test.roundtrip)]


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    told = [one for one in lines if "Error" in one] or lines
    return told[-1].strip() if told is not lines else lines[0].strip()


__all__ = ["project_module", "revision_module"]
