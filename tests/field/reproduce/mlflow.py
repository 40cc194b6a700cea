"""mlflow-skinny 3.17.2: the first schema is made by create_all, batch mode."""

from __future__ import annotations

from alembic.config import Config
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base
from sqlalchemy import create_engine

from tests.field.reproduce import walk


def make(url: str) -> Config:
    config: Config = _get_alembic_config(url)
    return config


def base(url: str) -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


if __name__ == "__main__":
    walk.run(
        walk.single_config(make), package="mlflow.store", base=base
    )
