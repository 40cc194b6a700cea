"""In which files does Alembic's configuration stand?"""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from migtestkit import alembic_api
from migtestkit.errors import ConfigError

__unittest = True

#: Where projects keep their ini when it is not at the root.
SUBFOLDERS = ("alembic", "migrations", "db", "backend")
_TOML_SECTION = r"(?m)^\s*\[+\s*tool\s*\.\s*[\"']?alembic[\"']?\s*[\].]"
_ROOT_MARKS = (".git", ".hg", ".svn")


@dataclass(frozen=True)
class Found:
    """The files of one configuration.

    :ivar ini: an ``alembic.ini``, if there is one.
    :ivar toml: a ``pyproject.toml`` with ``[tool.alembic]``, if there is one.
    """

    ini: Path | None = None
    toml: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder that holds the files."""
        path = self.ini or self.toml
        assert path is not None
        return path.parent

    def __bool__(self) -> bool:
        return self.ini is not None or self.toml is not None


def discover(
    start: Path | None = None,
    *,
    section: str = "alembic",
    environ: Mapping[str, str] = os.environ,
) -> Found:
    """Find the configuration of the project around a folder.

    ``$ALEMBIC_CONFIG`` comes first, as for the ``alembic`` command. Then the
    nearest folder upward from ``start``, then upward from the working
    directory, up to the repository's root. In each folder ``alembic.ini`` and
    ``pyproject.toml`` count together, else those in its sub-folders
    ``alembic``, ``migrations``, ``db`` and ``backend``.

    :param start: the folder of the test module.
    :param section: the ini section that holds the main options.
    :param environ: the environment variables.
    :return: the files found.
    :raises ConfigError: nothing was found (the message lists where it
        looked), or two places each define ``script_location``.
    """
    named = environ.get("ALEMBIC_CONFIG")
    if named:
        return locate(named, [Path.cwd()], origin="$ALEMBIC_CONFIG")
    looked: list[Path] = []
    for folder in _upward(start, Path.cwd()):
        looked.append(folder)
        found = _in_folder(folder, section)
        if found:
            if found.toml and not found.ini:
                _require_pyproject_support(found.toml)
            return found
    raise ConfigError(_nothing_found(looked))


def _upward(*starts: Path | None) -> Iterator[Path]:
    seen: set[Path] = set()
    for start in starts:
        if start is None:
            continue
        for folder in (start.resolve(), *start.resolve().parents):
            if folder not in seen:
                seen.add(folder)
                yield folder
            if any((folder / mark).exists() for mark in _ROOT_MARKS):
                break


def _in_folder(folder: Path, section: str) -> Found:
    here = _pair(folder)
    if here:
        _refuse_two(_definitions(here, section))
        return here
    below = [pair for name in SUBFOLDERS if (pair := _pair(folder / name))]
    places = [place for one in below for place in _definitions(one, section)]
    _refuse_two(places)
    if len(below) > 1 and not places:
        _refuse_two([os.fspath(one.ini or one.toml or "") for one in below])
    for one in below:
        if not places or _definitions(one, section):
            return one
    return Found()


def _pair(folder: Path) -> Found:
    ini, toml = folder / "alembic.ini", folder / "pyproject.toml"
    return Found(
        ini if ini.is_file() else None,
        toml if toml.is_file() and _toml_options(toml) is not None else None,
    )


def _definitions(found: Found, section: str) -> list[str]:
    """Return the places among some files that define script_location."""
    places = []
    in_toml = bool(found.toml) and "script_location" in (
        _toml_options(cast(Path, found.toml)) or {}
    )
    if found.ini and _ini_has_location(found.ini, section):
        places.append(f"{found.ini} [{section}]")
    elif found.ini and not in_toml and _is_script_folder(found.ini.parent):
        places.append(f"{found.ini}, by standing beside env.py")
    if in_toml:
        places.append(f"{found.toml} [tool.alembic]")
    return places


def _is_script_folder(folder: Path) -> bool:
    """Say whether Flask-Migrate's ini, which has no script_location, would
    stand here."""
    return (folder / "env.py").is_file()


def _refuse_two(places: list[str]) -> None:
    if len(places) > 1:
        raise ConfigError(
            "more than one place defines Alembic's script_location:\n  "
            + "\n  ".join(places)
            + "\nset alembic_config to the one that these tests are for"
        )


def _ini_has_location(path: Path, section: str) -> bool:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(
            path.read_text(encoding="utf-8", errors="replace"), os.fspath(path)
        )
    except configparser.Error as error:
        text = " ".join(str(error).split())
        raise ConfigError(f"{path} is no valid ini file: {text}") from None
    return parser.has_option(section, "script_location")


def _toml_options(path: Path) -> Mapping[str, Any] | None:
    """Return ``[tool.alembic]``, ``None`` where the file has none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "alembic" not in text:
        return None
    its_own = re.search(_TOML_SECTION, text)
    try:
        import tomllib as toml
    except ImportError:  # Python 3.10: what Alembic itself reads TOML with
        try:
            import tomli as toml  # type: ignore[no-redef, unused-ignore]
        except ImportError:
            return {} if its_own else None
    try:
        data = toml.loads(text)
    except toml.TOMLDecodeError as error:
        if not its_own:
            return None
        raise ConfigError(f"{path} is no valid TOML: {error}") from None
    tool = data.get("tool")
    options = tool.get("alembic") if isinstance(tool, dict) else None
    return options if isinstance(options, dict) else None


def locate(
    name: str, folders: list[Path], *, origin: str = "alembic_config"
) -> Found:
    """Return the files of a configuration that the user named.

    :param name: a path of an ini file, of a ``pyproject.toml`` or of a folder
        with one of them, or ``"package:path"``.
    :param folders: where a relative path may start.
    :param origin: what the user set, for messages.
    :return: the files; an ini and a ``pyproject.toml`` beside each other go
        together, as they do for the ``alembic`` command.
    :raises ConfigError: there is no such file or package.
    """
    candidates = (
        [_in_package(name, origin)]
        if _names_package(name)
        and not any((folder / name).exists() for folder in folders)
        else [folder / name for folder in folders]
    )
    for candidate in candidates:
        found = _named(candidate)
        if found:
            if found.toml and not found.ini:
                _require_pyproject_support(found.toml)
            return found
    looked = "\n  ".join(dict.fromkeys(map(os.path.abspath, candidates)))
    raise ConfigError(
        f"{origin} names {name!r}, but there is no such file; looked at:\n"
        f"  {looked}"
    )


def _named(path: Path) -> Found:
    if path.is_dir():
        return _pair(path)
    if not path.is_file():
        return Found()
    beside = _pair(path.parent)
    if path.suffix == ".toml":
        if _toml_options(path) is None:
            raise ConfigError(f"{path} has no section [tool.alembic]")
        return Found(beside.ini, path)
    return Found(path, beside.toml)


def _names_package(name: str) -> bool:
    package, colon, _ = name.partition(":")
    dotted = package.replace(".", "").replace("_", "")
    return bool(colon) and len(package) > 1 and dotted.isalnum()


def _in_package(name: str, origin: str) -> Path:
    package, _, path = name.partition(":")
    why = ""
    try:
        spec = importlib.util.find_spec(package)
    except Exception as error:  # importing a parent runs its code
        spec = None
        if not isinstance(error, ModuleNotFoundError):
            why = f" ({type(error).__name__}: {error})"
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"{origin} names {name!r}, but there is no package {package!r} "
            f"to import{why}; is it installed, or on sys.path?"
        )
    return Path(next(iter(spec.submodule_search_locations))) / path


def _require_pyproject_support(path: Path) -> None:
    if alembic_api.VERSION < alembic_api.PYPROJECT_SINCE:
        raise ConfigError(
            f"{path} holds the configuration, which needs Alembic 1.16 or "
            "later; upgrade Alembic or use an alembic.ini"
        )


def _nothing_found(looked: list[Path]) -> str:
    places = "\n  ".join(str(folder) for folder in looked)
    return (
        "no Alembic configuration found: no alembic.ini, and no "
        "pyproject.toml with [tool.alembic], in these folders or their "
        f"sub-folders {', '.join(SUBFOLDERS)}:\n  {places}\n"
        "set alembic_config to its path, or $ALEMBIC_CONFIG"
    )
