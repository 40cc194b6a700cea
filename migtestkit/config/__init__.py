"""Where is Alembic's configuration, and what did the user ask for?"""

from __future__ import annotations

from migtestkit.config.discovery import Found, discover, locate
from migtestkit.config.ignoring import Ignore, IgnoreRules, check_ignore
from migtestkit.config.intended import (
    Intended,
    IntendedUse,
    check_intended,
)
from migtestkit.config.loading import (
    command_line_options,
    config_place,
    load_alembic_config,
    missing_location,
    new_config,
    run_folder,
)
from migtestkit.config.options import MigrationConfig

__all__ = [
    "Found",
    "Ignore",
    "IgnoreRules",
    "Intended",
    "IntendedUse",
    "MigrationConfig",
    "check_ignore",
    "check_intended",
    "command_line_options",
    "config_place",
    "discover",
    "load_alembic_config",
    "locate",
    "missing_location",
    "new_config",
    "run_folder",
]
