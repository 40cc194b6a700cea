"""nova 34.0.0: the API database, a squashed line of three, no downgrade()."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from nova.db import api

from tests.field.reproduce import walk

FOLDER = Path(api.__file__).parent


def make(url: str) -> Config:
    config = Config(FOLDER / "alembic.ini")
    config.attributes["configure_logger"] = False
    config.set_main_option("sqlalchemy.url", url)
    return config


if __name__ == "__main__":
    walk.run(walk.single_config(make), package="nova.db.api")
