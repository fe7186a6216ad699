"""Payment batches, their lines and the bank's answers. Amounts are integer 分.

A batch is gathered (`draft`), sealed by the accountant, sent by the cashier and closed; from the seal on its lines keep
their payee, account and amount. A line is `open` until it is sent, and then paid or failed by the bank's word. Of one
grant line one payment at most is open, sent or paid: the partial unique index is what stops paying twice.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class PaymentBatch(Base):
    """`digest` is SHA-256 over the lines as sealed, `file_sha256` of the bank file as first exported; `copies` counts later ones."""

    __tablename__ = "payment_batches"
    __table_args__ = (
        CheckConstraint("method IN ('bank','cash')", name="method"),
        CheckConstraint("(method = 'bank') = (layout IS NOT NULL)", name="layout"),
        CheckConstraint("method = 'bank' OR reason <> ''", name="reason"),
        CheckConstraint("status IN ('draft','sealed','sent','closed','void')", name="status"),
        CheckConstraint("count >= 0 AND total_fen >= 0", name="total"),
        CheckConstraint("status IN ('draft','void') OR (count > 0 AND total_fen > 0 AND digest IS NOT NULL AND sealed_by IS NOT NULL)", name="sealed"),
        CheckConstraint("status IN ('draft','sealed','void') OR sent_by IS NOT NULL", name="sent"),
        CheckConstraint("(status = 'closed') = (closed_by IS NOT NULL)", name="closed"),
        CheckConstraint("sent_by IS NULL OR sent_by <> sealed_by AND sent_by <> made_by", name="two_people"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> sealed_by AND confirmed_by <> made_by", name="confirmed"),
        CheckConstraint("method = 'bank' OR sent_by IS NULL OR confirmed_by IS NOT NULL AND confirmed_by <> sent_by", name="cash"),
        Index("ix_payment_batches_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    path: Mapped[str] = mapped_column(String(200))                           # of that organisation: what scope filters on
    method: Mapped[str] = mapped_column(String(10))
    layout: Mapped[str | None] = mapped_column(String(40))                   # name of a file in definitions/banks
    reason: Mapped[str] = mapped_column(String(200))                         # of cash: why not by bank
    status: Mapped[str] = mapped_column(String(10))
    count: Mapped[int]                                                       # of the lines, as sealed
    total_fen: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str | None] = mapped_column(String(64))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    copies: Mapped[int]
    declared: Mapped[bool]                                                   # the cashier is related to none of the payees
    made_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    sealed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    sealed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))   # of cash: the leader
    confirmed_at: Mapped[datetime | None]
    sent_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    closed_at: Mapped[datetime | None]


class PaymentLine(Base):
    """One payment to one account. `sealed` is JSON {name, account, holder, bank} bound to the line's id."""

    __tablename__ = "payment_lines"
    __table_args__ = (
        UniqueConstraint("batch_id", "n"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("status IN ('open','sent','paid','failed','void')", name="status"),
        CheckConstraint("(status = 'paid') = (settled_on IS NOT NULL)", name="settled"),
        Index("uq_payment_lines_live", "grant_line_id", unique=True, postgresql_where=text("status IN ('open','sent','paid')"),
              sqlite_where=text("status IN ('open','sent','paid')")),
        Index("ix_payment_lines_account_index", "account_index"),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("payment_batches.id"))
    n: Mapped[int]                                                           # 1, 2, 3 … in the bank file
    grant_line_id: Mapped[str] = mapped_column(ForeignKey("grant_lines.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    account_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))     # blind index, kind bankcard; None: cash
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)                # None once erased
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(200))                           # why the accountant lets a shared or failed account stand
    code: Mapped[str] = mapped_column(String(40))                            # of the bank's answer
    sentence: Mapped[str] = mapped_column(String(200))
    bank_ref: Mapped[str] = mapped_column(String(80))
    settled_on: Mapped[date | None]                                          # the day the money arrived, by the bank's word
    answer_seq: Mapped[int | None]                                           # event of `payment:<batch>` that settled it


class PaymentAnswer(Base):
    """One answer of the bank as it was imported: what it said of how many lines. The same file twice is one row."""

    __tablename__ = "payment_answers"
    __table_args__ = (UniqueConstraint("batch_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("payment_batches.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int]                                                         # its event in `payment:<batch>`
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    rows: Mapped[int]
    paid: Mapped[int]                                                        # rows that say paid, and their sum
    paid_fen: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int]
    failed_fen: Mapped[int] = mapped_column(BigInteger)
