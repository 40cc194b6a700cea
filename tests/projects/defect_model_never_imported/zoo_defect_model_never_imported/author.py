"""The author model."""
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from zoo_defect_model_never_imported.base import Base


class Author(Base):
    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
