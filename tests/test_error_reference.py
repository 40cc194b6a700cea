"""Does the reference of errors name every error, and each kind of text?"""

from __future__ import annotations

import ast
import inspect
import pathlib
import re
import unittest

import migtestkit
from migtestkit import errors

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reference" / "errors.rst").read_text("utf-8")
CLASSES = {
    name: one for name, one in vars(errors).items()
    if inspect.isclass(one) and issubclass(one, errors.MigtestkitError)
}


def literal(node):
    """What is fixed in a message, with ``{`` where a value is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(one) or "{" for one in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (literal(node.left) or "") + (literal(node.right) or "")
    return None


def messages():
    """Each place that makes an error of the kit: class, text, place.

    Texts that are put together elsewhere have none here.
    """
    for path in sorted((ROOT / "migtestkit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            text = literal(node.args[0])
            if name in CLASSES and text and re.search(r"[a-z]{2}", text):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield name, text, place


def kinds():
    """The words that each section's table has in its first column."""
    name, found = "", {}
    for line in PAGE.split("\n"):
        if line.startswith(".. autoexception:: "):
            name = line.rpartition(".")[2]
        elif line.startswith("   * - ``"):
            found.setdefault(name, []).extend(re.findall("``(.+?)``", line))
    return found


class TestErrorReference(unittest.TestCase):
    def test_every_class_has_a_section(self):
        sections = re.findall(
            r"(?m)^\.\. autoexception:: migtestkit\.errors\.(\w+)$", PAGE
        )
        self.assertEqual(sorted(sections), sorted(CLASSES))
        self.assertEqual(sorted(sections), sorted(errors.__all__))

    def test_every_class_is_handed_on(self):
        for name in CLASSES:
            self.assertIs(getattr(migtestkit, name), CLASSES[name])

    def test_every_text_is_of_a_kind(self):
        known, found = kinds(), list(messages())
        self.assertGreater(len(found), 200)
        lost = [
            f"{name} {place}: {text}" for name, text, place in found
            if not any(kind in text for kind in known.get(name, ()))
        ]
        self.assertEqual(lost, [], "\n" + "\n".join(lost))

    def test_every_kind_has_a_text(self):
        found = list(messages())
        for name, words in kinds().items():
            for kind in words:
                with self.subTest(name, kind=kind):
                    self.assertTrue(any(
                        one == name and kind in text for one, text, _ in found
                    ))


if __name__ == "__main__":
    unittest.main()
