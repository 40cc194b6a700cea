"""meltano 4.4.1: a line of sixteen, no ini file and no metadata."""

from __future__ import annotations

from pathlib import Path

import meltano
from alembic.config import Config

from tests.field.reproduce import walk

FOLDER = Path(meltano.__path__[0]) / "migrations"


def make(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("sqlalchemy.url", url)
    return config


if __name__ == "__main__":
    walk.run(walk.single_config(make), package="meltano")
