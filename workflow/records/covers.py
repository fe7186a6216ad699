"""Who is covered by mutual aid from a day to a day: one row a person and period, opened by the enrolment of their union.

Written by the effect `cover.open` (`engine/covering.py`) inside the step that enrols them, whose event explains them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Cover(Base):
    """One person's cover under a scheme. Many of those a union enrols are not in the register yet: the blind index finds them."""

    __tablename__ = "covers"
    __table_args__ = (
        UniqueConstraint("case_id", "n"),
        UniqueConstraint("scheme", "id_index", "from_on"),
        CheckConstraint("until_on >= from_on", name="period"),
        CheckConstraint("shares > 0", name="shares"),
        Index("ix_covers_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(String(60))                          # key of the programme that enrolled them
    cycle: Mapped[str | None] = mapped_column(String(40))                    # of that case
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    n: Mapped[int]                                                           # the row of its roster
    unit_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    path: Mapped[str] = mapped_column(String(200))                           # of that union: what scope filters on
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)   # where the register knew them
    id_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))          # blind index of the identity number; None once erased
    from_on: Mapped[date]
    until_on: Mapped[date]
    shares: Mapped[int]
    opened_at: Mapped[datetime]
