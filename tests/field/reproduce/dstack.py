"""dstack 0.22.5: a line of 141 in folders, batch mode, async."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from alembic.config import Config
from sqlalchemy import create_engine

from tests.field.reproduce import walk

# Its own default is in the user's home.
os.environ["DSTACK_SERVER_DIR"] = os.path.abspath("server")


@contextlib.contextmanager
def opened(url: str) -> Iterator[Config]:
    """env.py's own way keeps an engine for the life of the process."""
    config = Config()
    config.set_main_option(
        "script_location", "dstack._internal.server:migrations"
    )
    config.set_main_option("recursive_version_locations", "true")
    engine = create_engine(url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        yield config
    engine.dispose()


if __name__ == "__main__":
    walk.run(opened, package="dstack._internal.server")
