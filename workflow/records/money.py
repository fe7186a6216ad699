"""Pools of money, heads or items, and their ledger. Amounts are integer 分, or counts.

Every movement is one ledger entry from one account of the pool to another, so the books balance by construction; `total`,
`held` and `spent` of a pool repeat the sums of its entries, and triggers refuse one without the other. Entries are only
ever added: what was wrong is put right by a new one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

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
    "transfer": (("available", "source"), ("source", "available")),          # the same event moves it out of one pool and into another
    "carry": (("available", "source"), ("source", "available")),             # the same, out of a closed pool into the next year's
    "purchase": (("available", "spent"),),                                   # goods bought for stock: spent without a case
    "refund": (("spent", "available"),),                                     # what the supplier gave back
    "recover": (("source", "available"),),                                   # what a closed pool had spent comes back to its successor
}
UNHELD = ("grant", "adjust", "transfer", "carry", "purchase", "refund")      # kinds that no hold of a case is behind
_MOVES = " OR ".join(f"(kind = '{kind}' AND from_account = '{giver}' AND to_account = '{taker}')"
                     for kind, ways in MOVES.items() for giver, taker in ways)


class Pool(Base):
    """What may be granted under one key, such as `539921/2026/aid`. What is left is total - held - spent.

    Of several pools of one programme each bears its source behind the key: `539921/2026/aid@central_hardship`.
    """

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
    source: Mapped[str | None] = mapped_column(String(40))                   # whose money it is, by definitions/sources.yaml
    purpose: Mapped[str | None] = mapped_column(String(200))                 # what a donor named
    uses: Mapped[list[Any] | None]                                           # keys of the programmes it may pay; None: all
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("pools.id"))   # next year's pool, once something was carried over


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
        CheckConstraint(f"(hold_id IS NULL) = (kind IN {UNHELD!r})".replace("', '", "','"), name="hold"),
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
    """A change of a pool that one person proposes and another confirms.

    A first grant, an adjustment, its closing, money moved to another pool (`transfer`, `carry`), or whose money it is and
    what for (`terms`).
    """

    __tablename__ = "pool_proposals"
    __table_args__ = (
        CheckConstraint("kind IN ('grant','adjust','close','transfer','carry','terms')", name="kind"),
        CheckConstraint("(kind IN ('close','terms')) = (amount = 0) AND (kind = 'close') = (closes_on IS NOT NULL)"
                        " AND (kind NOT IN ('grant','transfer','carry') OR amount > 0)"
                        " AND (kind IN ('transfer','carry')) = (to_id IS NOT NULL)", name="amount"),
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
    to_id: Mapped[int | None] = mapped_column(ForeignKey("pools.id"))        # where money is moved to
    terms: Mapped[dict[str, Any] | None]                                     # {source, purpose, uses}
    reason: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]


class Repayment(Base):
    """Money a case paid that comes back: taken back, returned or put right. Entered by one person, confirmed by another."""

    __tablename__ = "repayments"
    __table_args__ = (
        CheckConstraint("kind IN ('clawback','refund','correction')", name="kind"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("status IN ('open','confirmed','declined')", name="status"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="decided"),
        Index("uq_repayments_open", "case_id", unique=True, postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    line_id: Mapped[str | None] = mapped_column(ForeignKey("grant_lines.id"))
    kind: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int] = mapped_column(BigInteger)                          # 分
    reason: Mapped[str] = mapped_column(String(200))
    receipt_id: Mapped[str] = mapped_column(ForeignKey("attachments.id"))    # the paper of the bank or the cashier
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
