"""Events and seals. Rows are only ever added; triggers refuse the rest.

`body` is the exact bytes that were hashed; the columns beside it are copies for queries, and the verifier compares
them. Personal data stand only in `details`, sealed, committed to in `body` by salted HMAC; erasing `details` leaves
the chain whole.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Event(Base):
    """One change. `stream` is a case id, or `account:7`, `organisation:3`, `definition:key`, `system`."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        Index("ix_events_actor_id_at", "actor_id", "at"),
        Index("ix_events_unsequenced", "id",
              postgresql_where=text("leaf_index IS NULL"), sqlite_where=text("leaf_index IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    stream: Mapped[str] = mapped_column(String(80))
    seq: Mapped[int]                                                         # 1, 2, 3 … within the stream
    kind: Mapped[str] = mapped_column(String(40))                            # start act attach detach reveal export …
    at: Mapped[datetime]
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))    # None: system or the command line
    role: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    on_behalf_of: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    trigger: Mapped[str | None] = mapped_column(String(60))
    from_state: Mapped[str | None] = mapped_column(String(60))
    to_state: Mapped[str | None] = mapped_column(String(60))
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    revision: Mapped[int | None]                                             # of the case after this event
    definition_digest: Mapped[str | None] = mapped_column(String(64))
    snapshot_digest: Mapped[str | None] = mapped_column(String(64))
    idem_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    request_digest: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    details: Mapped[bytes | None] = mapped_column(LargeBinary)               # sealed: comment, values, salt
    leaf_index: Mapped[int | None] = mapped_column(BigInteger, unique=True)


class Seal(Base):
    """A checkpoint: the size and root of the log, and the signed C2SP note an auditor keeps."""

    __tablename__ = "seals"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    peaks: Mapped[bytes] = mapped_column(LargeBinary)                        # the log's complete subtrees, largest first
    note: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime]
