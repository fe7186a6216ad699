"""What the system says to people, and what has to leave the house for it.

A message holds no personal data: `kind` chooses the sentence, `params` fill it with a case number, a step, a date.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Message(Base):
    """One line of somebody's inbox, or what a robot says to a group: then nobody's."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("person_id", "stream", "seq", "kind"),
        Index("ix_messages_inbox", "person_id", "created_at", "id"),
        Index("ix_messages_unread", "person_id", postgresql_where=text("read_at IS NULL"), sqlite_where=text("read_at IS NULL")),
        Index("ix_messages_stream", "stream", "seq"),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(40))
    stream: Mapped[str] = mapped_column(String(80))                          # of the event it tells about: a case id …
    seq: Mapped[int]                                                         # … and which event; 0 for a daily digest
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.id"))
    params: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Outbox(Base):
    """One message on its way through one channel. The receiver's key is `<message id>.<channel>`: a duplicate carries it too."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("status IN ('due','sent','skipped','dead')", name="status"),
        Index("ix_outbox_due", "due_at", "message_id", postgresql_where=text("status = 'due'"), sqlite_where=text("status = 'due'")),
    )

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    status: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(300))
    sent_at: Mapped[datetime | None]
