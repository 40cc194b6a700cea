"""Which runners are there, and how is each called?"""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from tests.runners import reading
from tests.runners.verdicts import (
    DJANGO,
    ERROR,
    FAILED,
    PASSED,
    SAMPLE,
)

#: What the sample itself imports; every runner needs them.
NEEDED = {
    "django": "django", "oslotest": "oslotest", "testtools": "testtools",
    "psycopg": "psycopg",
}
EXPECTED_MODULE = "sample.test_expected"
EXPECTED_TEST = f"{EXPECTED_MODULE}.TestExpected.test_expected_to_fail"
TESTTOOLS_MODULE = "sample.test_testtools"
MODULES = sorted({test.rsplit(".", 2)[0] for test in SAMPLE})


@dataclasses.dataclass(frozen=True)
class Row:
    """One way to run the sample.

    :ivar name: as the docs write it.
    :ivar command: what Python is called with, in the project's folder.
    :ivar read: finds the verdicts in the output.
    :ivar packages: module -> package that it needs, beside the sample's own.
    :ivar tests: what it is expected to run, with the verdicts.
    :ivar texts: whether the checks are among them.
    :ivar differences: test -> what this runner makes of it instead.
    :ivar reason: why, or why it is not given a module, in one line.
    :ivar leaves: what the runner itself leaves in the working directory.
    :ivar environ: environment variables of this run.
    :ivar warnings: parts of warnings that the runner earns itself.
    """

    name: str
    command: Sequence[str]
    read: reading.Reader = reading.read_unittest
    packages: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tests: Mapping[str, str] = dataclasses.field(
        default_factory=lambda: dict(SAMPLE)
    )
    texts: bool = True
    differences: Mapping[str, str] = dataclasses.field(default_factory=dict)
    reason: str = ""
    leaves: Sequence[str] = ()
    environ: Mapping[str, str] = dataclasses.field(default_factory=dict)
    warnings: Sequence[str] = ()

    @property
    def expected(self) -> Mapping[str, str]:
        """Test -> verdict under this runner."""
        return {**self.tests, **self.differences}

    @property
    def missing(self) -> Sequence[str]:
        """The packages that it needs and that are not installed."""
        return [
            package
            for module, package in {**NEEDED, **self.packages}.items()
            if not _is_installed(module)
        ]


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False  # the package that it is in


def only(*beginnings: str) -> Mapping[str, str]:
    """Return the tests of the sample whose ids begin so."""
    return {
        test: verdict
        for test, verdict in SAMPLE.items()
        if test.startswith(beginnings)
    }


def without(*modules: str) -> Mapping[str, str]:
    """Return the tests of the sample that are in no such module."""
    return only(*(f"{one}." for one in MODULES if one not in modules))


DISCOVER = ("discover", "-v", "-s", "sample", "-t", ".")
ONE = "sample.test_moves.TestData.test_fails_on_rows"
UNITTEST = (
    Row("python -m unittest", ("-m", "unittest", *DISCOVER)),
    Row(
        "python -m unittest --locals",
        ("-m", "unittest", *DISCOVER, "--locals"),
    ),
    Row(
        "python -m unittest -k",
        ("-m", "unittest", *DISCOVER, "-k", "TestData"),
        tests=only("sample.test_moves.TestData"), texts=False,
    ),
    Row(
        "python -m unittest ID", ("-m", "unittest", "-v", ONE),
        tests=only(ONE), texts=False,
    ),
    Row(
        "python -m unittest -f",
        ("-m", "unittest", "-f", "-v", "sample.test_moves"),
        tests=only("sample.test_moves.TestData.test_and_changed_back", ONE),
        texts=False, reason="stops at the first failure, as it is told to",
    ),
)

TBLIB = {"tblib": "tblib"}
NO_EXPECTED = (
    "not given the expected failure: the summary of trial breaks at any "
    "that is not of trial's own kind"
)
OTHERS = (
    Row(
        "nose2",
        ("-m", "nose2", "-v", *(m for m in MODULES if m != TESTTOOLS_MODULE)),
        packages={"nose2": "nose2"}, tests=without(TESTTOOLS_MODULE),
        reason="not given the failure under testtools: the summary of nose2 "
        "breaks at any",
    ),
    Row(
        "zope.testrunner",
        (
            "-m", "zope.testrunner", "--test-path=.", "-s", "sample",
            "--tests-pattern=^test_", "-vvv",
        ),
        read=reading.read_zope,
        packages={"zope.testrunner": "zope.testrunner"},
        differences={EXPECTED_TEST: PASSED},
        reason="tells an expected failure from a success by nothing",
    ),
)


def _django(
    options: str, environ: Mapping[str, str] | None = None, **more: Any
) -> Row:
    return Row(
        f"manage.py test {options}".strip(),
        ("manage.py", "test", "-v2", *options.split(), "sample", "shop"),
        packages=TBLIB if "--parallel" in options else {},
        environ=environ or {},
        **{"tests": {**SAMPLE, **DJANGO}, **more},
    )


def _trial(options: str = "") -> Row:
    return Row(
        f"trial {options}".strip(),
        (
            "-m", "twisted.trial", *options.split(), "--reporter=verbose",
            *(m for m in MODULES if m != EXPECTED_MODULE),
        ),
        read=reading.read_trial, packages={"twisted.trial": "twisted"},
        tests=without(EXPECTED_MODULE), reason=NO_EXPECTED,
        leaves=("_trial_temp*",),
    )


def _unittest_parallel(level: str) -> Row:
    return Row(
        f"unittest-parallel --level {level}",
        (
            "-m", "unittest_parallel", "-v", "-j2", "--level", level,
            "-s", "sample", "-t", ".",
        ),
        read=reading.read_unittest_parallel,
        packages={"unittest_parallel": "unittest-parallel"},
    )


DJANGOS = (
    _django(""),
    dataclasses.replace(
        _django("--parallel 2"), name="manage.py test --parallel 2 (fork)"
    ),
    dataclasses.replace(
        _django("--parallel 2", {"START_METHOD": "spawn"}),
        name="manage.py test --parallel 2 (spawn)",
    ),
    _django("--shuffle=7"),
    _django(
        "--tag migration", tests=SAMPLE,
        reason="runs the tests of migrations alone, as it is told to",
    ),
    _django(
        "--keepdb", {"DJANGO_TEST_FILE": "test_django.sqlite3"},
        leaves=("test_django.sqlite3",),
        reason="keeps Django's test database, as it is told to",
    ),
)
PARALLEL = (
    *map(_unittest_parallel, ("module", "class", "test")),
    _trial(),
    _trial("-j2"),
    Row(
        "stestr run --concurrency 2",
        (
            "-c", "import sys; from stestr.cli import main; sys.exit(main())",
            "--test-path", "sample", "--top-dir", ".", "run",
            "--concurrency", "2",
        ),
        read=reading.read_stestr, packages={"stestr": "stestr"},
        differences={
            **{test: FAILED for test, was in SAMPLE.items() if was == ERROR},
            EXPECTED_TEST: PASSED,
        },
        reason="calls an error a failure, and an expected failure a success",
        leaves=(".stestr/*",),
        # The pipes to its workers.
        warnings=("<_io.FileIO name=",),
    ),
    Row(
        "xmlrunner",
        ("-m", "xmlrunner", *DISCOVER, "-o", "reports"),
        packages={"xmlrunner": "unittest-xml-reporting"},
        leaves=("reports/TEST-*.xml",),
    ),
)

ROWS = (*UNITTEST, *DJANGOS, *PARALLEL, *OTHERS)
