"""taskflow 6.5.0: a line of eleven, two scripts without downgrade()."""

from __future__ import annotations

from pathlib import Path

from taskflow.persistence.backends import sqlalchemy as backend

from tests.field.reproduce import walk

FOLDER = Path(backend.__file__).parent / "alembic"

if __name__ == "__main__":
    walk.run(walk.ini_config(FOLDER / "alembic.ini"), package="taskflow")
