"""Public notices and the objections to them.

`content` is what hung on the wall: masked values only, frozen when the notice began. Who objects may stay anonymous;
names, phones and words of an objection are sealed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Notice(Base):
    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("case_id", "entry"),
        CheckConstraint("status IN ('running','held','ended','withdrawn')", name="status"),
        Index("ix_notices_running", "organisation_id", "ends_at",
              postgresql_where=text("status IN ('running','held')"), sqlite_where=text("status IN ('running','held')")),
        Index("ix_notices_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    entry: Mapped[int]                                                       # seq of the event that began it
    state: Mapped[str] = mapped_column(String(60))
    definition_key: Mapped[str] = mapped_column(String(60))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))   # who posts it
    path: Mapped[str] = mapped_column(String(200))                           # of the case: what scope filters on
    starts_on: Mapped[date]                                                  # the day it was posted
    ends_on: Mapped[date]                                                    # its last day, included
    ends_at: Mapped[datetime]                                                # 24:00 of that day, local
    content: Mapped[list[Any]]                                               # [{"label": {"zh","en"}, "value": masked text}]; [] once erased
    status: Mapped[str] = mapped_column(String(10))                          # held: over, and an objection is open
    ended_at: Mapped[datetime | None]


class Objection(Base):
    __tablename__ = "objections"
    __table_args__ = (
        CheckConstraint("status IN ('open','dismissed','upheld')", name="status"),
        Index("ix_objections_open", "case_id", postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notices.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    named: Mapped[bool]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)                # {"text", "name", "phone"}; None once erased
    seq: Mapped[int]                                                         # the event of the case that took it down
    status: Mapped[str] = mapped_column(String(10))
    settled_at: Mapped[datetime | None]
    settled_seq: Mapped[int | None]                                          # the event that decided it
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
