"""How are the command line's words understood?"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from migtestkit.cli.check import (
    DATA,
    DEPLOYMENT,
    HISTORY,
    CheckRun,
    describe_checks,
    run_checks,
    select_checks,
)
from migtestkit.cli.html import render
from migtestkit.cli.progress import Progress
from migtestkit.cli.report import dump, make_report
from migtestkit.cli.scaffold import write_test
from migtestkit.cli.selection import Selection, read_shard
from migtestkit.cli.status import (
    COULD_NOT_RUN,
    FAILED,
    INTERRUPTED,
    PASSED,
)
from migtestkit.config import MigrationConfig
from migtestkit.errors import ConfigError, MigtestkitError

DESCRIPTION = (
    "Test the Alembic migrations of a project, on throw-away databases; "
    "env.py needs no change, and no other database is touched."
)
STATUS = (
    "Exit status: 0 all checks passed (or were skipped, which is named), "
    "1 a check failed, 2 the checks could not run."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    :param argv: the words after the program's name; default: the process's.
    :return: the exit status.
    """
    options = build_parser().parse_args(argv)
    try:
        return COMMANDS[options.command](options)
    except MigtestkitError as error:
        print(f"migtestkit: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print("\nmigtestkit: interrupted", file=sys.stderr)
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m migtestkit", description=DESCRIPTION, epilog=STATUS
    )
    parser.add_argument(
        "--version", action="version", version=f"migtestkit {_version()}"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_check(commands)
    _add_scaffold(commands)
    return parser


def _version() -> str:
    try:
        return importlib.metadata.version("migtestkit")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _add_check(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="run the ready-made checks on the whole history",
        description="Run the ready-made checks on the whole history of the "
        "project found from the current folder, or named with -c.",
        epilog=STATUS,
    )
    _add_project_options(parser)
    add = parser.add_argument
    add("--data", action="store_true",
        help="also check upgrades and downgrades over made-up rows")
    add("--deployment", action="store_true",
        help="also check what a deployment meets: failures half-way, offline "
        "SQL, what is left half done")
    add("--check", action="append", default=[], metavar="NAME",
        help="run this check only; may be repeated")
    add("--exclude", action="append", default=[], metavar="NAME",
        help="leave this check out; may be repeated")
    add("--list", action="store_true",
        help="list the checks, with what they catch, and end")
    add("--since", metavar="REV",
        help="judge only this revision and all after it")
    add("--shard", metavar="N/COUNT",
        help="judge only the N-th part of the revisions; COUNT machines side "
        "by side judge each once")
    add("--html", metavar="FILE",
        help="write a report to look at: the graph, each revision with its "
        "findings, statements and cost; one file, no network")
    add("--json", metavar="FILE",
        help="write all that is known as data: checks, findings, and what "
        "each revision does")
    add("--fail-fast", action="store_true",
        help="stop at the first revision, or check, that fails")
    add("-v", "--verbose", action="store_true",
        help="print every revision as it is run")


def _add_project_options(parser: argparse.ArgumentParser) -> None:
    """Add what tells of the project."""
    add = parser.add_argument
    add("-c", "--config", metavar="FILE", help="an ini or pyproject.toml")
    add("-n", "--name", metavar="SECTION", default="alembic",
        help="section of the ini file (default: alembic)")
    add("-x", action="append", default=[], metavar="ARG", dest="x",
        help="argument for env.py, as alembic -x; may be repeated")
    add("--url", action="append", default=[], metavar="[NAME=]URL",
        help="where to make the throw-away databases (default: "
        "$MIGTESTKIT_DATABASE_URL, else SQLite); NAME=URL, repeated, where "
        "env.py migrates several databases")


def _add_scaffold(commands: Any) -> None:
    parser = commands.add_parser(
        "scaffold",
        help="write tests for a project, or for one revision",
        description="Write a test module for the project found from the "
        "current folder, or named with -c, and run it. With REV, write a test "
        "of what that revision really does: rows before, schema and rows "
        "after, the way back.",
        epilog="Exit status: 0 written, and all tests pass; 1 written, and a "
        "test fails; 2 nothing was written, or it could not be run.",
    )
    _add_project_options(parser)
    add = parser.add_argument
    add("revision", metavar="REV", nargs="?",
        help="the revision to write a test for (default: the whole history)")
    add("-o", "--output", metavar="FILE",
        help="where to write; - for the standard output (default: "
        "tests/test_migrations.py, tests/test_revision_REV.py)")
    add("-f", "--force", action="store_true",
        help="overwrite the file if it exists")
    add("--no-run", action="store_true",
        help="do not run what was written, tell the command instead")


def scaffold(options: argparse.Namespace) -> int:
    """Run ``scaffold``."""
    return write_test(
        _config(options),
        options.revision,
        options.output,
        options.force,
        not options.no_run,
    )


def _config(options: argparse.Namespace) -> MigrationConfig:
    return MigrationConfig.from_options(
        alembic_config=options.config,
        ini_section=options.name,
        x_arguments=tuple(options.x),
        database_url=database_url(options.url),
    )


def check(options: argparse.Namespace) -> int:
    """Run ``check``."""
    if options.list:
        print(describe_checks())
        return PASSED
    selection = Selection(
        options.since, read_shard(options.shard), options.fail_fast
    )
    config = _config(options)
    groups = [HISTORY]
    groups += [DATA] if options.data else []
    groups += [DEPLOYMENT] if options.deployment else []
    names = select_checks(options.check, options.exclude, groups)
    _check_place("--html", options.html)
    _check_place("--json", options.json)
    run = run_checks(
        config,
        names,
        Progress(sys.stdout, verbose=options.verbose),
        selection,
    )
    _write_reports(options, run)
    if run.outcome.errors:
        return COULD_NOT_RUN
    return FAILED if run.outcome.failures else PASSED


def _check_place(option: str, path: str | None) -> None:
    """Refuse, before the checks run, a file that cannot be written.

    :raises ConfigError: its folder does not exist, or it is a folder.
    """
    if path is None:
        return
    folder = os.path.dirname(path) or os.curdir
    if not os.path.isdir(folder):
        raise ConfigError(
            f"{option} {path}: the folder {folder!r} does not exist; make it"
        )
    if os.path.isdir(path):
        raise ConfigError(f"{option} {path}: that is a folder; name a file")


def _write_reports(options: argparse.Namespace, run: CheckRun) -> None:
    if not (options.html or options.json):
        return
    report = make_report(run)
    if options.html:
        _write(options.html, render(report))
    if options.json:
        _write(options.json, dump(report))


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from None
    print(f"wrote {path}")


def database_url(given: Sequence[str]) -> str | Mapping[str, str] | None:
    """Return ``database_url`` for the values of ``--url``.

    :raises ConfigError: several, and one without a name.
    """
    if not given:
        return None
    named = [_split(one) for one in given]
    if len(named) == 1 and not named[0][0]:
        return named[0][1]
    if not all(name for name, _ in named):
        raise ConfigError(
            "--url is given more than once; each must name its database: "
            "--url engine1=sqlite:// --url engine2=sqlite://"
        )
    return dict(named)


def _split(value: str) -> tuple[str, str]:
    """Split ``NAME=URL``; a URL may hold ``=`` in its query."""
    name, equals, url = value.partition("=")
    if equals and "://" not in name:
        return name, url
    return "", value


COMMANDS = {"check": check, "scaffold": scaffold}
