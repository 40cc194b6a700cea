"""What do the examples on the page of checks say when they are run?

``python -m tests.checks_page --write`` writes their texts anew.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from migtestkit import MigrationTestCase, checks
from migtestkit.assertions import DeploymentAssertions, PopulatedAssertions

from tests import servers, zoo

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "checks"
PAGE = ROOT / "docs" / "reference" / "checks.rst"
DEFAULT = """\
from migtestkit import MigrationTestCase
from migtestkit.checks import {0}


class Test({0}, MigrationTestCase):
    pass
"""
#: Checks that say nothing on SQLite.
ON_POSTGRESQL = (
    "assertLockTimeoutSet",
    "assertNoTableRewrite",
    "test_no_blocking_work",
    "test_upgrades_are_atomic_or_retryable",
)
#: What the page says of an exception: by verdict, and whether it has a text.
OUTCOMES = {
    ("pass", False): "The test then passes.\n",
    ("pass", True): "The test then passes, and says what it did not test:\n",
    ("skip", True): "The test is then skipped, with the reason:\n",
}
_numbers = itertools.count()


def suites() -> Mapping[str, str]:
    """Each test of the ready-made suites, and the suite that has it."""
    return {
        test: name
        for name in checks.__all__
        if isinstance(getattr(checks, name), type)
        for test in unittest.defaultTestLoader.getTestCaseNames(
            type(name, (getattr(checks, name), MigrationTestCase), {})
        )
    }


class Told(NamedTuple):
    """What became of a check.

    :ivar verdict: pass, fail, error or skip.
    :ivar text: the failure's message, or the reason of the skip.
    """

    verdict: str
    text: str = ""


def make_project(name: str, folder: pathlib.Path, exception: bool) -> None:
    """Write the project of an example into a folder."""
    example = FOLDER / name
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    shutil.copy(FOLDER / "alembic.ini", folder)
    shutil.copy(FOLDER / "env.py", folder / "migrations")
    shutil.copy(FOLDER / "first.py", versions / "1a0b.py")
    scripts = sorted(example.glob("migration*.py"))
    if exception:
        scripts = sorted(example.glob("exception_migration*.py")) or scripts
    for path in scripts:
        text = path.read_text("utf-8")
        found = re.search(r"(?m)^revision = ['\"](\w+)", text)
        assert found is not None, path
        shutil.copy(path, versions / f"{found[1]}.py")
    if (example / "project").exists():
        shutil.copytree(example / "project", folder, dirs_exist_ok=True)


def run(name: str, exception: bool = False) -> Told:
    """Run the check of an example, as a user would.

    :param exception: with what the example declares as meant.
    """
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made).resolve() / "shop"
        folder.mkdir()
        make_project(name, folder, exception)
        case = FOLDER / name / ("exception.py" if exception else "case.py")
        source = (
            case.read_text("utf-8") if case.exists()
            else DEFAULT.format(suites()[name])
        )
        try:
            result = _run(name, folder, source)
        finally:
            zoo.forget_modules(folder)
        return _told(result, folder)


def _run(
    name: str, folder: pathlib.Path, source: str
) -> unittest.TestResult:
    path = folder / "test_migrations.py"
    path.write_text(source, encoding="utf-8")
    module_name = f"test_of_the_page_{next(_numbers)}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
        (cls,) = (
            one for one in vars(module).values()
            if isinstance(one, type) and one.__module__ == module_name
            and issubclass(one, MigrationTestCase)
        )
        if name in ON_POSTGRESQL:
            setattr(cls, "database_url", str(
                servers.require_server("postgresql").render_as_string(False)
            ))
        result = _Result()
        cls(name if name in suites() else "test_it").run(result)
        return result
    finally:
        del sys.modules[module_name]


class _Result(unittest.TestResult):
    """Keeps the message of a failure, without its traceback."""

    def _exc_info_to_string(self, err: Any, test: Any) -> str:
        return str(err[1])


def _told(result: unittest.TestResult, folder: pathlib.Path) -> Told:
    if result.errors:
        told = Told("error", result.errors[0][1])
    elif result.failures:
        told = Told("fail", result.failures[0][1])
    else:
        told = _left_out(result)
    return told._replace(
        text=told.text.replace(str(folder / "migrations"), "...").replace(
            str(folder), "..."
        )
    )


def _left_out(result: unittest.TestResult) -> Told:
    """A skip of the test, or a pass and what it did not test."""
    lines = []
    for test, reason in result.skipped:
        params = getattr(test, "params", None)
        if params is None:
            return Told("skip", reason)
        names = ", ".join(f"{kind} {one}" for kind, one in params.items())
        lines.append(f"{names}: {reason}")
    return Told("pass", "\n".join(lines))


def texts(name: str) -> Mapping[str, Told]:
    """Return what the files of an example must hold, by file."""
    return {
        "failure.txt": run(name),
        "exception.txt": run(name, exception=True),
    }


def examples() -> Sequence[str]:
    """Return the names of all examples."""
    return sorted(one.name for one in FOLDER.iterdir() if one.is_dir())


def check(name: str, exception: bool = False) -> None:
    """Run an example.

    :raises AssertionError: it does not fail, or with the exception it does,
        or its text is not that of its file.
    """
    told = run(name, exception)
    file = "exception.txt" if exception else "failure.txt"
    wanted = ("pass", "skip") if exception else ("fail",)
    if told.verdict not in wanted:
        raise AssertionError(f"{name}: {told.verdict}\n{told.text}")
    if exception:
        outcome = OUTCOMES[told.verdict, bool(told.text)]
        if outcome not in sections(PAGE.read_text("utf-8"))[name]:
            raise AssertionError(f"{name}: the page must say: {outcome}")
    path = FOLDER / name / file
    held = path.read_text("utf-8") if path.exists() else ""
    if held != (told.text and told.text + "\n"):
        raise AssertionError(
            f"{path} holds\n{held}\nand the check says\n{told.text}\n"
            f"python -m tests.checks_page --write {name} writes it"
        )


def sections(page: str) -> Mapping[str, str]:
    """Return the entries of the page: name, and all that it says."""
    parts = re.split(r"(?m)^(\w+)\n[~]+$", page)
    return dict(zip(parts[1::2], parts[2::2]))


def lacking(page: str) -> list[str]:
    """Return what the page should tell and does not."""
    entries = sections(page)
    names = sorted({*suites(), *examples()})
    lost = [f"{name}: no entry" for name in names if name not in entries]
    lost += [f"{name}: no check" for name in entries if name not in names]
    for name in set(entries) & set(names):
        text = entries[name]
        for part in ("Catches", "Runs on", "Exception"):
            if f":{part}:" not in text:
                lost.append(f"{name}: nothing of :{part}:")
        for file in ("migration.py", "failure.txt", "exception.py"):
            if not (FOLDER / name / file).exists():
                lost.append(f"{name}: no file {file}")
        lost += [
            f"{name}: {path.name} is not shown"
            for path in (FOLDER / name).rglob("*")
            if path.is_file() and path.stat().st_size
            and path.suffix in (".py", ".txt")
            and f"literalinclude:: ../checks/{path.relative_to(FOLDER)}\n"
            not in text
        ]
    lost += [
        f"{name}: in no entry" for name in assertions()
        if not any(re.search(rf"\b{name}\b", one) for one in
                   (f"{key} {text}" for key, text in entries.items()))
    ]
    return sorted(lost)


def assertions() -> Sequence[str]:
    """The assertions that the suites of data and deployment build on."""
    return sorted(
        name
        for one in (DeploymentAssertions, PopulatedAssertions)
        for name in vars(one) if name.startswith("assert")
    )


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Show what the examples say, or write it."""
    parser = argparse.ArgumentParser(prog="python -m tests.checks_page")
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    for name in given.names or examples():
        for file, told in texts(name).items():
            print(f"== {name}: {file}: {told.verdict}\n{told.text}")
            if given.write:
                path = FOLDER / name / file
                path.unlink(missing_ok=True)
                if told.text:
                    path.write_text(told.text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
