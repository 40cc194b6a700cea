"""A Flask application; its migrations folder is what `flask db init` writes.

env.py is unedited, and works inside an application context only.
"""
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from zoo_flask_migrate.models import db

ROOT = Path(__file__).resolve().parent.parent


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = (
        f"sqlite:///{ROOT / 'production.db'}"
    )
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    return app
