"""keystone 30.0.0: two heads, eleven version locations, labels."""

from __future__ import annotations

from alembic.config import Config
from keystone.common import sql
from keystone.common.sql import upgrades
from keystone.common.sql.migrations import manage
import keystone.conf

from tests.field.reproduce import walk


def make(url: str) -> Config:
    keystone.conf.configure()
    sql.initialize()
    manage.import_sql_modules()
    config = upgrades.get_alembic_config()
    config.set_main_option("sqlalchemy.url", url)
    return config


if __name__ == "__main__":
    walk.run(walk.single_config(make), package="keystone")
