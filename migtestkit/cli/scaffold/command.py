"""Where is a test written to, and does it pass?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from migtestkit.cli.scaffold.attributes import Attributes, find_attributes
from migtestkit.cli.scaffold.project import add_findings
from migtestkit.cli.scaffold.revision import study_revision
from migtestkit.cli.scaffold.writing import project_module, revision_module
from migtestkit.cli.status import COULD_NOT_RUN, FAILED, PASSED
from migtestkit.config import MigrationConfig
from migtestkit.context import MigrationContext
from migtestkit.errors import ConfigError

__unittest = True

FOLDER = "tests"


def write_test(
    config: MigrationConfig,
    revision: str | None,
    output: str | None = None,
    force: bool = False,
    run: bool = True,
) -> int:
    """Write the tests of a project, or of one revision of it, and run them.

    :param revision: the revision; ``None``: the whole history.
    :param output: a file, ``"-"`` for the standard output; default: a file
        in ``tests``.
    :param force: overwrite the file.
    :param run: run what was written.
    :return: the exit status.
    :raises ConfigError: the file exists, or cannot be written.
    :raises RevisionError: there is no such revision.
    """
    if revision is not None:
        with MigrationContext(config) as context:
            revision = context.history.resolve_revision(revision)
    path = Path(output or _default(revision))
    folder = Path(FOLDER) if output == "-" else path.parent
    if output != "-":
        _check_path(path, force)
    attributes = find_attributes(config, folder)
    text, notes = _compose(attributes, revision)
    if output == "-":
        sys.stdout.write(text)
        _tell(notes, sys.stderr)
        return PASSED
    _write(path, text, output is None)
    _tell(notes, sys.stdout)
    command = _command(path)
    if attributes.missing:
        print(f"not run: {attributes.missing}")
        print(f"then run: python {' '.join(command)}")
        return COULD_NOT_RUN
    if not run:
        print(f"run it: python {' '.join(command)}")
        return PASSED
    return _run(command, config)


def _compose(
    attributes: Attributes, revision: str | None
) -> tuple[str, list[str]]:
    """Return the source, and what to tell besides."""
    if revision is None:
        if not attributes.missing:
            add_findings(attributes)
        return project_module(attributes.values, attributes.notes), []
    if attributes.missing:
        raise ConfigError(attributes.missing)
    test = study_revision(attributes.config, revision)
    left_out = [f"left out, for it does not hold: {one}"
                for one in test.left_out]
    return (
        revision_module(test, attributes.values),
        [*attributes.notes, *test.notes, *left_out],
    )


def _default(revision: str | None) -> str:
    if revision is None:
        return f"{FOLDER}/test_migrations.py"
    name = re.sub(r"\W", "_", revision)
    return f"{FOLDER}/test_revision_{name}.py"


def _check_path(path: Path, force: bool) -> None:
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name a file")
    if path.exists() and not force:
        raise ConfigError(
            f"{path} exists; --force overwrites it, -o FILE writes another"
        )
    if not path.parent.is_dir() and path.parent != Path(FOLDER):
        raise ConfigError(
            f"{path}: the folder {str(path.parent)!r} does not exist; make it"
        )


def _write(path: Path, text: str, is_default: bool) -> None:
    try:
        if is_default and not path.parent.is_dir():
            # unittest finds tests by itself in packages only.
            path.parent.mkdir()
            (path.parent / "__init__.py").touch()
            print(f"wrote {path.parent / '__init__.py'}")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from None
    print(f"wrote {path}")


def _tell(notes: Sequence[str], stream: object) -> None:
    for note in notes:
        print(f"note: {note}", file=stream)  # type: ignore[call-overload]


def _command(path: Path) -> list[str]:
    """Return the words after ``python`` that run a test module."""
    parts = path.with_suffix("").parts
    if path.suffix == ".py" and all(one.isidentifier() for one in parts):
        return ["-m", "unittest", path.as_posix()]
    return [
        "-m", "unittest", "discover", "-s", os.fspath(path.parent), "-p",
        path.name,
    ]


def _run(command: Sequence[str], config: MigrationConfig) -> int:
    print(f"$ python {' '.join(command)}", flush=True)
    environ = dict(os.environ)
    url = config.database_url
    if url is not None and not hasattr(url, "items"):
        environ["MIGTESTKIT_DATABASE_URL"] = (
            url
            if isinstance(url, str)
            else url.render_as_string(hide_password=False)
        )
        print(
            "with $MIGTESTKIT_DATABASE_URL as --url says; it is not written "
            "down"
        )
    done = subprocess.run(
        [sys.executable, *command],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        print(done.stdout.strip().splitlines()[-1])
        return PASSED
    print(done.stdout.strip())
    print(
        "\nWhat fails is a finding about the migrations, not about the test: "
        "`python -m migtestkit check` tells how to repair it."
    )
    return FAILED


__all__ = ["write_test"]
