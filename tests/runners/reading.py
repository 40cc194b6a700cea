"""Which verdicts does a runner's output tell?

Each reader takes the whole output and returns test id -> verdict, in the
words of :mod:`tests.runners.verdicts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.runners.verdicts import (
    ERROR,
    EXPECTED,
    FAILED,
    PASSED,
    SKIPPED,
)

Reader = Callable[[str], Mapping[str, str]]

WORDS = {
    "ok": PASSED,
    "passed": PASSED,
    "fail": FAILED,
    "failed": FAILED,
    "error": ERROR,
    "skip": SKIPPED,
    "skipped": SKIPPED,
    "todo": EXPECTED,
    "expected failure": EXPECTED,
}
_NAMED = re.compile(r"^ *(\w+) \(([\w.]+)\)")
_ALONE = re.compile(r"^((?:\w+\.){2,}\w+) \.\.\.")
_VERDICT = re.compile(
    r"(?:^|\.\.\. ?)(ok|FAIL|ERROR|skipped|skip|expected failure)\b[^.]*", re.M
)
_BAD = re.compile(r"^(FAIL|ERROR)(?: \[[\d.]+s\])?: (\w+) \(([\w.]+)\)", re.M)
_WHOLE = re.compile(
    r"(test_\w+) \(([\w.]+)\)(?:\n[^(\n]*?)? \.\.\. "
    r"(ok|FAIL|ERROR|skipped|expected failure)"
)
_STESTR = re.compile(
    r"^\{\d+\} ([\w.]+)(?: \[[\d.]+s\])? \.\.\. (\w+)", re.M
)
_ZOPE = re.compile(r"^ (\w+) \(([\w.]+)\) \((skipped|\d)", re.M)
_ZOPE_BAD = re.compile(r"^(Failure|Error) in test (\w+) \(([\w.]+)\)", re.M)


def identity(method: str, place: str) -> str:
    """Return the id of a test of which unittest writes ``method (place)``;
    before Python 3.11 the place is its class."""
    return place if place.endswith(f".{method}") else f"{place}.{method}"


def read_unittest(output: str) -> Mapping[str, str]:
    """Read what ``unittest -v`` writes, and all who write alike."""
    verdicts: dict[str, str] = {}
    test = ""
    for line in output.splitlines():
        if line.startswith("====="):
            break
        named, alone = _NAMED.match(line), _ALONE.match(line)
        if named:
            test = identity(*named.groups())
        elif alone:
            test = alone[1]
        found = _VERDICT.search(line)
        if found and test:
            verdicts[test] = WORDS[found[1].lower()]
            test = ""
    # What a test prints may garble its line above, not those of failures.
    for word, method, place in _BAD.findall(output):
        verdicts[identity(method, place)] = WORDS[word.lower()]
    return verdicts


def read_unittest_parallel(output: str) -> Mapping[str, str]:
    """Read what ``unittest-parallel -v`` writes, from several workers at
    once: the end of a line may come late, its text is whole."""
    return {
        identity(method, place): WORDS[word.lower()]
        for method, place, word in _WHOLE.findall(output)
    }


def read_trial(output: str) -> Mapping[str, str]:
    """Read the tree of ``trial --reporter=verbose``."""
    verdicts = {}
    path = ["", "", ""]
    for line in output.splitlines():
        if line.startswith("====="):
            break
        begun = re.match(r"^((?:  ){0,2})([\w.]+)(?: \.\.\.|$)", line)
        if begun:
            path[len(begun[1]) // 2] = begun[2]
        ended = re.search(r"\[(\w+)\]$", line)
        if ended:
            verdicts[".".join(path)] = WORDS[ended[1].lower()]
    return verdicts


def read_stestr(output: str) -> Mapping[str, str]:
    """Read what ``stestr run`` writes."""
    return {
        test: WORDS[word.lower()] for test, word in _STESTR.findall(output)
    }


def read_zope(output: str) -> Mapping[str, str]:
    """Read what ``zope-testrunner -vvv`` writes."""
    verdicts = {
        identity(method, place): SKIPPED if word == "skipped" else PASSED
        for method, place, word in _ZOPE.findall(output)
    }
    for word, method, place in _ZOPE_BAD.findall(output):
        kind = FAILED if word == "Failure" else ERROR
        verdicts[identity(method, place)] = kind
    return verdicts
