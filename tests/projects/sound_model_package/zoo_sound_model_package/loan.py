"""The loan model."""
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from zoo_sound_model_package.base import Base


class Loan(Base):
    __tablename__ = "loan"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
