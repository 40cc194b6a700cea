"""The application's engine, one for the whole process."""
from sqlalchemy import create_engine, text

from zoo_warm_pool.settings import DATABASE_URL

engine = create_engine(DATABASE_URL)


def ping() -> None:
    """What a health check does; leaves an open connection in the pool."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
