from shop.base import Base
from sqlalchemy.orm import Mapped, mapped_column


class Pet(Base):
    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
