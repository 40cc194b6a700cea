"""How do files become the ``Config`` object that env.py is given?"""

from __future__ import annotations

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
        cmd_opts=alembic_api.command_line_options(x_arguments),
        **files,
    )
    config.config_args = _EscapedHere(config.config_args)
    return config


def check_alembic_config(config: Config) -> None:
    """Refuse a ``Config`` that does not say where its scripts are.

    :raises ConfigError: its file or its section is missing, or nothing
        defines ``script_location``.
    """
    name = config.config_file_name
    if name and not os.path.isfile(name):
        raise ConfigError(
            f"the Config's file {name!r} does not exist "
            f"(looked from {os.getcwd()})"
        )
    toml = getattr(config, "toml_file_name", None)
    section = config.config_ini_section
    sections = config.file_config.sections()
    if name and section not in sections and not toml:
        raise ConfigError(
            f"{name} has no section [{section}]; it has "
            f"{listing(sections)}{suggest(section, sections)}"
        )
    if script_location(config) is None:
        beside = _scripts_beside_ini(name)
        if beside is None:
            raise ConfigError(
                f"{name or toml or 'the Config'} has no script_location in "
                f"section [{section}]; add a line such as "
                "'script_location = %(here)s/migrations'"
            )
        config.set_main_option(
            "script_location", os.fspath(beside).replace("%", "%%")
        )


def script_location(config: Config) -> str | None:
    """Return ``script_location`` as the configuration gives it."""
    if alembic_api.VERSION >= alembic_api.PYPROJECT_SINCE:
        value = config.get_alembic_option("script_location")
        return None if value is None else str(value)
    section = config.config_ini_section
    if not config.file_config.has_section(section):
        return None
    return config.get_main_option("script_location")


def _scripts_beside_ini(name: str | None) -> Path | None:
    """Return the ini's own folder where that is the script folder.

    Flask-Migrate writes ``migrations/alembic.ini`` without a
    ``script_location`` and sets it in its own commands.
    """
    if name is None:
        return None
    folder = Path(name).absolute().parent
    return folder if (folder / "env.py").is_file() else None


def run_folder(config: Config) -> Path:
    """Return the folder that env.py should find as working directory.

    A relative ``script_location`` counts from the ini's folder, from where
    the ``alembic`` command is commonly run; else from where the tests run.
    """
    name = config.config_file_name or getattr(config, "toml_file_name", None)
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
