"""ckan 2.12.0: a line of 109, raw SQL, PostgreSQL alone."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from ckan import migration

from tests.field.reproduce import walk

FOLDER = Path(migration.__file__).parent


def make(url: str) -> Config:
    config = Config(FOLDER / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url)
    return config


if __name__ == "__main__":
    walk.run(walk.single_config(make), package="ckan")
