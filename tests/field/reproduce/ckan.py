"""ckan 2.12.0: a line of 109, raw SQL, PostgreSQL alone."""

from __future__ import annotations

from pathlib import Path

from ckan import migration

from tests.field.reproduce import walk

FOLDER = Path(migration.__file__).parent

if __name__ == "__main__":
    walk.run(walk.ini_config(FOLDER / "alembic.ini"), package="ckan")
