"""How do files become the ``Config`` object that env.py is given?"""

from __future__ import annotations

import argparse
import configparser
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic.config import Config

from migtestkit import alembic_api
from migtestkit.config.discovery import Found
from migtestkit.errors import ConfigError, listing, suggest

__unittest = True


class _EscapedHere(dict[str, Any]):
    """Values for ``%(name)s`` whose own ``%`` means itself.

    Alembic puts the ini's folder in as ``here`` without doubling its ``%``,
    and configparser then refuses a folder such as ``50%off``.
    """

    def __setitem__(self, key: str, value: Any) -> None:
        if key == "here" and isinstance(value, str):
            value = value.replace("%", "%%")
        super().__setitem__(key, value)


def load_alembic_config(
    found: Found, *, section: str = "alembic", x_arguments: Sequence[str] = ()
) -> Config:
    """Make the ``Config`` of some files, as the ``alembic`` command does.

    :param found: the files.
    :param section: as ``alembic -n``.
    :param x_arguments: as ``alembic -x``, one each.
    :return: a new ``Config``.
    :raises ConfigError: the ini lacks the section, or nothing says where the
        scripts are.
    """
    config = new_config(found, section=section, x_arguments=x_arguments)
    check_alembic_config(config)
    beside = missing_location(config)
    if beside is not None:
        config.set_main_option("script_location", beside)
    return config


def new_config(
    found: Found, *, section: str = "alembic", x_arguments: Sequence[str] = ()
) -> Config:
    """Make a ``Config``; see :func:`load_alembic_config`, which checks it
    too."""
    files: dict[str, Any] = {}
    if found.ini:
        files["file_"] = os.fspath(found.ini)
    if found.toml and alembic_api.VERSION >= alembic_api.PYPROJECT_SINCE:
        files["toml_file"] = os.fspath(found.toml)
    config = Config(
        ini_section=section,
        cmd_opts=command_line_options(x_arguments),
        **files,
    )
    config.config_args = _EscapedHere(config.config_args)
    return config


def command_line_options(x_arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the ``alembic`` command leaves in ``config.cmd_opts``.

    Past the parser, which takes ``-x -a=1`` for two options.
    """
    options = alembic_api.command_line_options(())
    options.x = list(x_arguments) or None
    return options


def check_alembic_config(config: Config) -> None:
    """Refuse a ``Config`` that does not say where its scripts are.

    :raises ConfigError: its file or its section is missing or cannot be
        read, or nothing defines ``script_location``.
    """
    name = config.config_file_name
    if name and not os.path.isfile(name):
        raise ConfigError(
            f"the Config's file {name!r} does not exist "
            f"(looked from {os.getcwd()})"
        )
    toml = getattr(config, "toml_file_name", None)
    section = config.config_ini_section
    try:
        sections = config.file_config.sections()
        location = script_location(config)
    except (configparser.Error, ValueError) as error:
        raise ConfigError(_unreadable(name or toml, error)) from None
    if name and section not in sections and not toml:
        raise ConfigError(
            f"{name} has no section [{section}]; it has "
            f"{listing(sections)}{suggest(section, sections)}"
        )
    if location is None and missing_location(config) is None:
        raise ConfigError(
            f"{name or toml or 'the Config'} has no script_location in "
            f"section [{section}]; add a line such as "
            "'script_location = %(here)s/migrations'"
        )


def config_place(config: Config) -> str | None:
    """Return the file that a ``Config`` was read from, if it was."""
    name = config.config_file_name or getattr(config, "toml_file_name", None)
    return None if name is None else os.fspath(name)


def _unreadable(name: str | None, error: Exception) -> str:
    hint = ""
    if isinstance(error, configparser.InterpolationError):
        hint = "; write a '%' that means itself as '%%'"
        if name and "%" in os.path.abspath(name):
            hint = (
                "; Alembic puts the folder in for %(here)s without doubling "
                "its '%': let alembic_config be the path of the file, which "
                "the kit reads as it should be"
            )
    text = " ".join(str(error).split())
    return f"{name or 'the Config'} cannot be read: {text}{hint}"


def missing_location(config: Config) -> str | None:
    """Return the ``script_location`` that a ``Config`` should have, as an
    option's value; ``None`` where it has one, or nobody can tell.

    Flask-Migrate writes ``migrations/alembic.ini`` without a
    ``script_location`` and sets it in its own commands.
    """
    name = config.config_file_name
    if name is None or script_location(config) is not None:
        return None
    folder = Path(name).absolute().parent
    if not (folder / "env.py").is_file():
        return None
    return os.fspath(folder).replace("%", "%%")


def script_location(config: Config) -> str | None:
    """Return ``script_location`` as the configuration gives it."""
    if alembic_api.VERSION >= alembic_api.PYPROJECT_SINCE:
        value = config.get_alembic_option("script_location")
        return None if value is None else str(value)
    section = config.config_ini_section
    if not config.file_config.has_section(section):
        return None
    return config.get_main_option("script_location")


def run_folder(config: Config) -> Path:
    """Return the folder that env.py should find as working directory.

    A relative ``script_location`` counts from the ini's folder, from where
    the ``alembic`` command is commonly run; else from where the tests run.
    """
    name = config_place(config)
    if not name:
        return Path.cwd()
    folder = Path(name).absolute().parent
    location = script_location(config) or ""
    if not folder.is_dir():
        return Path.cwd()
    if location and not (folder / location).exists():
        here = Path.cwd() / location
        if here.exists() and not os.path.isabs(location):
            return Path.cwd()
    return folder
