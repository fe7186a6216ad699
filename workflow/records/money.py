"""Pools of money, heads or items, and their ledger. Amounts are integer 分, or counts.

Every movement is one ledger entry from one account of the pool to another, so the books balance by construction; `total`,
`held` and `spent` of a pool repeat the sums of its entries, and triggers refuse one without the other. Entries are only
ever added: what was wrong is put right by a new one.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base

# What each kind of entry moves: from which account to which.
MOVES = {
    "grant": (("source", "available"),),
    "adjust": (("source", "available"), ("available", "source")),
    "hold": (("available", "held"),),
    "release": (("held", "available"),),
    "spend": (("held", "spent"),),
    "return": (("spent", "available"),),
}
_MOVES = " OR ".join(f"(kind = '{kind}' AND from_account = '{giver}' AND to_account = '{taker}')"
                     for kind, ways in MOVES.items() for giver, taker in ways)


class Pool(Base):
    """What may be granted under one key, such as `539921/2026/aid`. What is left is total - held - spent."""

    __tablename__ = "pools"
    __table_args__ = (
        CheckConstraint("unit IN ('money','heads','items')", name="unit"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("spent >= 0", name="spent"),
        CheckConstraint("held + spent <= total", name="enough"),
        Index("ix_pools_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    unit: Mapped[str] = mapped_column(String(10))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)   # whose money it is
    path: Mapped[str] = mapped_column(String(200))                           # of that organisation: what scope filters on
    total: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
    spent: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int]                                                     # how many, so the number of the newest
    closed_on: Mapped[date | None]                                           # the last day on which anything is reserved
    created_at: Mapped[datetime]


class Hold(Base):
    """What a case has reserved in a pool. Its amount never changes; it is resolved once."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("status IN ('open','released','spent')", name="status"),
        CheckConstraint("returned >= 0 AND returned <= amount AND (returned = 0 OR status = 'spent')", name="returned"),
        Index("uq_holds_open", "case_id", "pool_id", unique=True,
              postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(10))
    returned: Mapped[int] = mapped_column(BigInteger)                        # of what was spent, what came back
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class LedgerEntry(Base):
    """One movement. `stream` and `seq` name the event that caused it; `total`, `held`, `spent` are the pool's after it."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("stream", "seq", "pool_id", "kind"),                # one event moves each way once
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(_MOVES, name="accounts"),
        CheckConstraint("(hold_id IS NULL) = (kind IN ('grant','adjust'))", name="hold"),
        Index("uq_ledger_entries_held", "hold_id", unique=True,
              postgresql_where=text("kind = 'hold'"), sqlite_where=text("kind = 'hold'")),
        Index("uq_ledger_entries_resolved", "hold_id", unique=True, postgresql_where=text("kind IN ('release','spend')"),
              sqlite_where=text("kind IN ('release','spend')")),
    )

    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)    # 1, 2, 3 … within the pool
    kind: Mapped[str] = mapped_column(String(10))
    from_account: Mapped[str] = mapped_column(String(10))                    # source available held spent
    to_account: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int] = mapped_column(BigInteger)
    hold_id: Mapped[str | None] = mapped_column(ForeignKey("holds.id"))
    stream: Mapped[str] = mapped_column(String(80))
    seq: Mapped[int]
    at: Mapped[datetime]
    total: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
    spent: Mapped[int] = mapped_column(BigInteger)


class PoolProposal(Base):
    """A change of a pool that one person proposes and another confirms: a first grant, an adjustment, or its closing."""

    __tablename__ = "pool_proposals"
    __table_args__ = (
        CheckConstraint("kind IN ('grant','adjust','close')", name="kind"),
        CheckConstraint("(kind = 'close') = (amount = 0) AND (kind = 'close') = (closes_on IS NOT NULL)"
                        " AND (kind <> 'grant' OR amount > 0)", name="amount"),
        CheckConstraint("status IN ('open','confirmed','declined')", name="status"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="decided"),
        Index("uq_pool_proposals_open", "pool_id", unique=True,
              postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pools.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int] = mapped_column(BigInteger)                          # signed: an adjustment goes both ways
    closes_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
