"""The tree of trade unions: province, prefecture, county, township, unit."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base

LEVELS = ("province", "prefecture", "county", "township", "unit")


class Organisation(Base):
    """One union. `path` is the ids from the root to itself, `/1/7/23/`, so that a subtree is one LIKE."""

    __tablename__ = "organisations"
    __table_args__ = (CheckConstraint("level IN ('province','prefecture','county','township','unit')", name="level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    level: Mapped[str] = mapped_column(String(12))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), unique=True)
    region: Mapped[str] = mapped_column(String(12), default="")      # 行政区划代码, picks the regional figures
    phone: Mapped[str] = mapped_column(String(40), default="")       # the office's public line, not personal data
    active: Mapped[bool] = mapped_column(default=True)
