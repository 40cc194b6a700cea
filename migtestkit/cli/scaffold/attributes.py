"""What must a project's test class set?"""

from __future__ import annotations

import ast
import copy
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from migtestkit.config import MigrationConfig, discover
from migtestkit.context import MigrationContext
from migtestkit.errors import ConfigError, ForeignDatabaseError

__unittest = True

#: How the kit tells what to write, in the errors about databases.
_ADVICE = re.compile(r"(?m)^\s*database_url = (\{.*\}|\".*\")$")
_INSISTS = re.compile(r"env\.py connects to (\S+), but")
#: How a history with several databases is told, whose names are in the ini.
_PLACEHOLDER = "where env.py migrates several databases"


@dataclass
class Attributes:
    """What a test class sets.

    :ivar config: the options with which the project can be run.
    :ivar values: attribute -> value.
    :ivar notes: what the module should say about these.
    :ivar missing: why the project cannot be run; empty if it can.
    """

    config: MigrationConfig
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    missing: str = ""


def find_attributes(config: MigrationConfig, folder: Path) -> Attributes:
    """Find out what a test module in a folder has to set, by running env.py
    once on a throw-away database.

    :raises ConfigError: the project has no configuration.
    """
    found = Attributes(copy.copy(config))
    # Found from here, wherever the search starts afterwards.
    alembic = config.load()
    place = alembic.config_file_name or getattr(
        alembic, "toml_file_name", None
    )
    if place is not None:
        found.config.alembic_config = os.path.abspath(place)
        if not _is_discovered(Path(place), folder, config.ini_section):
            relative = os.path.relpath(place, folder)
            found.values["alembic_config"] = relative.replace(os.sep, "/")
    if config.ini_section != "alembic":
        found.values["ini_section"] = config.ini_section
    if config.x_arguments:
        found.values["x_arguments"] = list(config.x_arguments)
    if isinstance(config.database_url, Mapping):
        found.values["database_url"] = _without_passwords(
            config.database_url, found
        )
    _probe(found, alembic.get_main_option("databases") or "")
    return found


def _is_discovered(place: Path, folder: Path, section: str) -> bool:
    """Say whether a test in a folder finds a configuration by itself,
    wherever it is run from."""
    try:
        found = discover(folder, section=section, environ={})
    except ConfigError:
        return False
    here = place.resolve()
    files = [one.resolve() for one in (found.ini, found.toml) if one]
    above = (folder.resolve(), *folder.resolve().parents)
    return here in files and (
        here.parent in above or here.parent.parent in above
    )


def _without_passwords(
    urls: Mapping[str, Any], found: Attributes
) -> dict[str, str]:
    shown = {}
    for name, given in urls.items():
        url = make_url(given)
        if url.password is not None:
            found.notes.append(
                f"The password for {name} is not written down: let the "
                "driver find it, or define get_database_url()."
            )
            url = url._replace(password=None)
        shown[name] = url.render_as_string(hide_password=False)
    return shown


def _probe(found: Attributes, names: str) -> None:
    """Run env.py, and answer what it asks of ``database_url``."""
    try:
        _look(found.config)
        return
    except ConfigError as error:
        text = str(error)
        if _INSISTS.search(text):
            _note_other_backend(found, text)
            return
        listed = [one.strip() for one in names.split(",") if one.strip()]
        if _PLACEHOLDER not in text or not listed:
            found.missing = text
            return
        urls = dict.fromkeys(listed, "sqlite://")
    except ForeignDatabaseError as error:
        told = _ADVICE.search(str(error))
        if told is None:
            found.missing = str(error)
            return
        urls = ast.literal_eval(told[1])
    found.config.database_url = urls
    try:
        _look(found.config)
    except (ConfigError, ForeignDatabaseError) as error:
        found.missing = str(error)
        return
    found.values["database_url"] = urls


def _look(config: MigrationConfig) -> None:
    with MigrationContext(config) as context:
        context.look(lambda location, heads, running: iter(()))


def _note_other_backend(found: Attributes, text: str) -> None:
    insists, told = _INSISTS.search(text), _ADVICE.search(text)
    found.missing = text
    if insists and told:
        found.values["database_url"] = ast.literal_eval(told[1])
        found.notes.append(
            f"env.py insists on {insists[1]}: name the server on which to "
            "make throw-away databases, here or in $MIGTESTKIT_DATABASE_URL."
        )


__all__ = ["Attributes", "find_attributes"]
