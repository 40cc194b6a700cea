"""``python -m tests.benchmarks``: how fast is the kit, compared with others?

Prints, from one run, which of the ratios to be reached are, the ratios of
all that was measured, and the medians that they are of. Four contestants do
the same work on the same histories: the kit; pytest-alembic's test of the same
name; the very statements and commits of the migrations through the driver,
with no Alembic at all; and Alembic's own commands. They take turns, so that
noise hits all alike, and each measurement is a process of its own. Where
pytest-alembic is not installed, a virtual environment with the extra
``bench`` is made once and used. Nothing here is a test: no time can fail.

``python -m tests.benchmarks populated`` shows by itself what a revision costs
over rows, as histories and tables grow.

``--quick`` takes less than a minute, all of it an hour and more; ``--keep``
writes the page of the docs. Servers are found by
``MIGTESTKIT_BENCH_POSTGRESQL`` and ``MIGTESTKIT_BENCH_MARIADB`` (URLs that
may create databases), else on this machine's sockets.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import environments, kept, machine, populated, tables
from tests.benchmarks.contestants import peer_is_there
from tests.benchmarks.running import NAMES, Options, progress, run_all


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=(__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--quick", action="store_true",
        help="50 revisions, SQLite, each measured once",
    )
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=NAMES, default=[],
        help=f"one of {', '.join(NAMES)}; may be given several times",
    )
    parser.add_argument("--sizes", help="such as 50,200,800 (the default)")
    parser.add_argument(
        "--databases", help=f"such as {','.join(machine.PLACES)} (the default)"
    )
    parser.add_argument(
        "--rounds", type=int, help="how often each is measured (3)"
    )
    parser.add_argument(
        "--patience", type=float, default=60.0, metavar="SECONDS",
        help="who takes longer than this is measured once (60)",
    )
    parser.add_argument(
        "--no-install", action="store_true",
        help="leave out pytest-alembic where it is not installed",
    )
    parser.add_argument(
        "--keep", action="store_true",
        help="keep the measurements in the checkout, and write the page of "
        "the docs that they give",
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE",
        help="write the page somewhere else",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all measurements"
    )
    found = parser.parse_args(arguments)
    quick = found.quick
    sizes = found.sizes or ("50" if quick else "50,200,800")
    databases = found.databases or (
        "sqlite" if quick else ",".join(machine.PLACES)
    )
    found.databases = databases.split(",")
    for name in found.databases:
        if name not in machine.PLACES:
            parser.error(f"--databases: {name!r} is not one of "
                         f"{', '.join(machine.PLACES)}")
    try:
        found.sizes = [int(size) for size in sizes.split(",")]
    except ValueError:
        parser.error(f"--sizes: {sizes!r} is no list of numbers")
    if min(found.sizes) < 6:
        parser.error("--sizes: a history needs at least 6 revisions")
    found.rounds = found.rounds or (1 if quick else 3)
    return found


def with_peer(arguments: Sequence[str]) -> tuple[int | None, str]:
    """Run all by an interpreter that has pytest-alembic.

    :return: its exit status; or none, and why there is no such interpreter.
    """
    progress("pytest-alembic is not installed: looking for an environment")
    try:
        python = environments.python_with_peer()
    except (environments.CannotInstall, OSError) as error:
        return None, f"it cannot be installed: {error}"
    done = subprocess.run(
        [
            python, "-m", "tests.benchmarks", *arguments, "--no-install",
        ],
        env={**os.environ, "PYTHONPATH": os.fspath(environments.CHECKOUT)},
    )
    return done.returncode, ""


def with_bytecode(arguments: Sequence[str]) -> int:
    """Run all by an interpreter that keeps what it compiles.

    One that was told not to would compile every script in every process, and
    so measure its compiler.

    :return: its exit status.
    """
    variables = dict(os.environ)
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *arguments], env=variables
    )
    return done.returncode


def main(arguments: Sequence[str]) -> int:
    """Measure and show."""
    if arguments[:1] == ["populated"]:
        return populated.main(arguments[1:])
    asked = parse(arguments)
    if sys.dont_write_bytecode:
        return with_bytecode(arguments)
    missing = []
    if not peer_is_there():
        reason = "it is not installed, and --no-install was given"
        if not asked.no_install:
            status, reason = with_peer(arguments)
            if status is not None:
                return status
        missing.append(
            f"pytest-alembic took no part, its columns are empty: {reason}"
        )
    # Other processes find this package, and nothing from the environment
    # decides what is measured.
    os.environ["PYTHONPATH"] = os.fspath(environments.CHECKOUT)
    for name in list(os.environ):
        if name == "ALEMBIC_CONFIG" or (
            name.startswith("MIGTESTKIT_")
            and not name.startswith("MIGTESTKIT_BENCH_")
        ):
            del os.environ[name]
    options = Options(
        asked.sizes,
        asked.databases,
        asked.only,
        asked.rounds,
        asked.patience,
        asked.quick,
    )
    report = run_all(options, missing)
    print(tables.as_text(report))
    if asked.write:
        asked.write.write_text(tables.as_page(report), "utf-8")
    if asked.keep:
        kept.keep(report)
    if asked.json:
        asked.json.write_text(kept.as_json(report), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
