"""glance 33.0.0: expand and contract branches, with depends_on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import glance.db.sqlalchemy
from alembic.config import Config
from oslo_config import cfg
from oslo_db import options

from tests.field.reproduce import walk

FOLDER = Path(glance.db.sqlalchemy.__file__).parent / "alembic_migrations"


@contextlib.contextmanager
def opened(url: str) -> Iterator[Config]:
    cfg.CONF([], project="glance", default_config_files=[])
    options.set_defaults(cfg.CONF, connection=url)
    config = Config(FOLDER / "alembic.ini")
    config.attributes["configure_logger"] = False
    yield config


if __name__ == "__main__":
    walk.run(opened, package="glance.db.sqlalchemy")
