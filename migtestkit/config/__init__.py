"""Where is Alembic's configuration, and what did the user ask for?"""

from __future__ import annotations

from migtestkit.config.discovery import Found, discover, locate
from migtestkit.config.loading import (
    load_alembic_config,
    new_config,
    run_folder,
)
from migtestkit.config.options import MigrationConfig

__all__ = [
    "Found",
    "MigrationConfig",
    "discover",
    "load_alembic_config",
    "locate",
    "new_config",
    "run_folder",
]
