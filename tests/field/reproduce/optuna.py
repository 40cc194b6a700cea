"""optuna 5.0.0: a line of ten, batch mode, data migrations."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from optuna.storages import _rdb

from tests.field.reproduce import walk

FOLDER = Path(_rdb.__file__).parent


def make(url: str) -> Config:
    config = Config(FOLDER / "alembic.ini")
    config.set_main_option("script_location", str(FOLDER / "alembic"))
    config.set_main_option("sqlalchemy.url", url)
    return config


if __name__ == "__main__":
    walk.run(walk.single_config(make), package="optuna")
