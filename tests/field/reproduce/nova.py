"""nova 34.0.0: the main database, a squashed line, no downgrade()."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from alembic.config import Config
from nova.db import main

from tests.field.reproduce import walk


def examine(package: ModuleType) -> None:
    """Each of nova's databases has its ini file beside its models."""

    def make(url: str) -> Config:
        config = Config(Path(str(package.__file__)).parent / "alembic.ini")
        config.attributes["configure_logger"] = False
        config.set_main_option("sqlalchemy.url", url)
        return config

    walk.run(walk.single_config(make), package=package.__name__)


if __name__ == "__main__":
    examine(main)
