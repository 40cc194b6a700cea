"""ihatemoney 7.2.1: a line of thirteen, Flask-Migrate."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import ihatemoney
from alembic.config import Config
from flask import Flask
from flask_migrate import Migrate
from ihatemoney.models import db

from tests.field.reproduce import walk

FOLDER = Path(ihatemoney.__file__).parent / "migrations"


@contextlib.contextmanager
def opened(url: str) -> Iterator[Config]:
    app = Flask("field")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    migrate = Migrate(app, db, directory=str(FOLDER))
    with app.app_context():
        yield migrate.get_config()


if __name__ == "__main__":
    walk.run(opened, package="ihatemoney")
