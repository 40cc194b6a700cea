"""openstack-placement 16.0.0: its own facade, no downgrade()."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import placement
from alembic.config import Config
from oslo_config import cfg
from oslo_db.sqlalchemy import enginefacade
from placement import conf, db_api

from tests.field.reproduce import walk

FOLDER = Path(placement.__file__).parent / "db" / "sqlalchemy"


@contextlib.contextmanager
def opened(url: str) -> Iterator[Config]:
    settings = cfg.ConfigOpts()
    conf.register_opts(settings)
    settings.set_default("connection", url, "placement_database")
    settings([], project="placement", default_config_files=[])
    db_api.placement_context_manager = enginefacade.transaction_context()
    db_api.configure.reset()
    db_api.configure(settings)
    yield Config(FOLDER / "alembic.ini")


if __name__ == "__main__":
    walk.run(opened, package="placement")
