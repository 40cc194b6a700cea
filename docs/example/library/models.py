"""What the library knows: members, books, loans and fines."""

from __future__ import annotations

import datetime
from typing import Optional

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Above all models; its metadata is env.py's ``target_metadata``."""


class Member(Base):
    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(
        sa.String(120), index=True, unique=True
    )
    first_name: Mapped[str] = mapped_column(sa.String(60))
    last_name: Mapped[str] = mapped_column(sa.String(60))


class Book(Base):
    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    author: Mapped[str] = mapped_column(sa.String(120))
    isbn: Mapped[Optional[str]] = mapped_column(
        sa.String(13), index=True, unique=True
    )


class Loan(Base):
    __tablename__ = "loan"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(
        sa.ForeignKey("member.id"), index=True
    )
    book_id: Mapped[int] = mapped_column(sa.ForeignKey("book.id"), index=True)
    lent_on: Mapped[datetime.date]
    returned_on: Mapped[Optional[datetime.date]]
    due_on: Mapped[Optional[datetime.date]]


class Fine(Base):
    __tablename__ = "fine"
    __table_args__ = (sa.CheckConstraint("cents > 0", name="ck_fine_cents"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(sa.ForeignKey("loan.id"), index=True)
    cents: Mapped[int]
    paid: Mapped[bool] = mapped_column(server_default=sa.false())
