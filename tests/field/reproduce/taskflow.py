"""taskflow 6.5.0: a line of eleven, two scripts without downgrade()."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from taskflow.persistence.backends import sqlalchemy as backend

from tests.field.reproduce import walk

FOLDER = Path(backend.__file__).parent / "alembic"


def make(url: str) -> Config:
    config = Config(FOLDER / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url)
    return config


if __name__ == "__main__":
    walk.run(walk.single_config(make), package="taskflow")
