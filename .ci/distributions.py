"""Does every file that belongs there stand in the wheel and the sdist?

``python .ci/distributions.py FOLDER``, in a clean copy of the repository:
FOLDER holds one wheel and one sdist made from it. The wheel must hold all of
``migtestkit/`` and nothing beside it, the sdist the whole repository.
"""

from __future__ import annotations

import pathlib
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MADE = {"__pycache__", "build", "dist", ".venv", ".git", ".mypy_cache"}


def repository() -> set[str]:
    """All files that are neither made by a tool nor git's own."""
    names = (path.relative_to(ROOT) for path in ROOT.rglob("*")
             if path.is_file())
    return {
        name.as_posix() for name in names
        if not MADE.intersection(name.parts)
        and not name.parts[0].endswith(".egg-info")
    }


def in_wheel(folder: pathlib.Path) -> set[str]:
    """The files of the wheel without its metadata."""
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        return {
            name for name in wheel.namelist()
            if not name.split("/")[0].endswith(".dist-info")
        }


def in_sdist(folder: pathlib.Path) -> set[str]:
    """The files of the sdist, without its top folder."""
    [path] = folder.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        return {
            member.name.partition("/")[2]
            for member in sdist if member.isfile()
        }


def main(folder: pathlib.Path) -> int:
    """Print what is amiss."""
    files = repository()
    package = {name for name in files if name.startswith("migtestkit/")}
    wheel = in_wheel(folder)
    amiss = [
        *(f"not in the wheel: {name}" for name in package - wheel),
        *(f"only in the wheel: {name}" for name in wheel - package),
        *(f"not in the sdist: {name}" for name in files - in_sdist(folder)),
    ]
    print(*sorted(amiss), sep="\n", end="\n" if amiss else "")
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
