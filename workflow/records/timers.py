"""Deadlines as rows, and the clock that watches over them. What APScheduler holds is only the alarm clock.

A timer belongs to one stay in one state (`entry`, the seq of the event that entered it): leaving the state cancels it,
entering again makes new ones. It is claimed in the transaction of its effect, so it fires once or not at all.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Timer(Base):
    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("case_id", "entry", "place", "run"),
        CheckConstraint("status IN ('due','fired','cancelled','held','parked')", name="status"),
        CheckConstraint("kind IN ('remind','escalate','fire')", name="kind"),
        Index("ix_timers_due", "at", "id", postgresql_where=text("status = 'due'"), sqlite_where=text("status = 'due'")),
        Index("ix_timers_parked", "id", postgresql_where=text("status = 'parked'"), sqlite_where=text("status = 'parked'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    entry: Mapped[int]
    state: Mapped[str] = mapped_column(String(60))
    place: Mapped[int]                                                       # its position among the state's timers
    run: Mapped[int]                                                         # 1, 2, 3 … of a repeated one
    kind: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime]                                                 # as the definition promises it
    at: Mapped[datetime]                                                     # when to try: later than due after downtime or a failure
    status: Mapped[str] = mapped_column(String(10))                          # held: an open objection stops it
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(500))                   # why the last attempt failed
    fired_at: Mapped[datetime | None]
    fired_seq: Mapped[int | None]                                            # the event of the case it left


class Clock(Base):
    """One row a watcher (`name` "timers"): when it last looked, and why it stands still if it does."""

    __tablename__ = "clocks"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    seen_at: Mapped[datetime]                                                # the latest time any sweep has seen
    swept_at: Mapped[datetime | None]                                        # when the last sweep ended
    fired: Mapped[int] = mapped_column(default=0)                            # by the last sweep
    paused_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(300))
