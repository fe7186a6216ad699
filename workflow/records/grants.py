"""What a case grants, line by line: one beneficiary, one amount or one quantity of goods. Payments, duplicates, caps and
reports all read lines. The engine writes them (`engine/lines.py`), the payments room settles them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class GrantLine(Base):
    """One beneficiary's part of a case.

    `open` while the case is under way, `held` once its money or goods are reserved, `paid` when the money has arrived or the
    goods were signed for, `dropped` when nothing comes of it. `sealed` is JSON {name, id_no, account, holder, bank}.
    """

    __tablename__ = "grant_lines"
    __table_args__ = (
        UniqueConstraint("case_id", "n"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("quantity IS NULL OR quantity > 0", name="quantity"),
        CheckConstraint("(item IS NULL) = (quantity IS NULL)", name="goods"),
        CheckConstraint("status IN ('open','held','paid','dropped')", name="status"),
        CheckConstraint("returned_fen >= 0 AND returned_fen <= amount_fen", name="returned"),
        Index("ix_grant_lines_id_index", "id_index", "status"),
        Index("ix_grant_lines_account_index", "account_index"),
        Index("ix_grant_lines_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    n: Mapped[int]                                                           # 1, 2, 3 … in the order of the roster
    definition_key: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(20))                           # kind of value: six kinds that are never added together
    cycle: Mapped[str | None] = mapped_column(String(40))
    unit_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    path: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)        # where the register knows them
    household_id: Mapped[str | None] = mapped_column(ForeignKey("households.id"), index=True)   # theirs, when the line was written
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)   # an organisation as beneficiary
    id_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))          # blind index of the identity number
    account_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))     # blind index of the account, kind bankcard
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    item: Mapped[str | None] = mapped_column(String(160))                    # key of the pool of goods it comes from
    quantity: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(10))
    granted_on: Mapped[date | None]                                          # the day it was held first: what a year's caps count by
    settled_on: Mapped[date | None]                                          # the day it was paid or signed for
    returned_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    updated_at: Mapped[datetime]
