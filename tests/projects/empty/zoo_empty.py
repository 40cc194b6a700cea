"""The application's models."""
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
