"""Goods in kind: the items of a county, what was bought and counted, and who signed for what they got.

The number in stock is no column: it is the pool of the item, in `items`. A purchase or a stock-take changes it once another
person has confirmed it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class GoodsItem(Base):
    """One item a union gives out. Its pool of a year is `<code of the union>/<year>/goods/<code>`."""

    __tablename__ = "goods_items"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint("price_fen > 0", name="price"),
        Index("ix_goods_items_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    path: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(10))                            # what is counted: 件 袋 桶 盒
    spec: Mapped[str] = mapped_column(String(100))
    price_fen: Mapped[int] = mapped_column(BigInteger)                       # of one; the newest purchase's
    active: Mapped[bool]
    created_at: Mapped[datetime]


class GoodsMove(Base):
    """A purchase (`quantity` in, paid from `money_pool_id` where one is named) or a stock-take (`counted` instead of what the books say)."""

    __tablename__ = "goods_moves"
    __table_args__ = (
        CheckConstraint("kind IN ('purchase','count')", name="kind"),
        CheckConstraint("(kind = 'count') = (counted IS NOT NULL)", name="counted"),
        CheckConstraint("kind = 'count' OR (quantity > 0 AND price_fen > 0 AND supplier <> '' AND document <> '')", name="purchase"),
        CheckConstraint("counted IS NULL OR counted >= 0", name="number"),
        CheckConstraint("status IN ('open','confirmed','declined')", name="status"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="decided"),
        Index("uq_goods_moves_open", "item_id", unique=True, postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
        Index("uq_goods_moves_document", "item_id", "supplier", "document", unique=True,
              postgresql_where=text("kind = 'purchase' AND status <> 'declined'"), sqlite_where=text("kind = 'purchase' AND status <> 'declined'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("goods_items.id"), index=True)
    year: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[int]                                                    # signed: what the stock changes by; of a count once confirmed
    counted: Mapped[int | None]                                              # what lies in the store, reserved ones included
    price_fen: Mapped[int] = mapped_column(BigInteger)                       # of one; 0 for a count
    supplier: Mapped[str] = mapped_column(String(100))
    document: Mapped[str] = mapped_column(String(60))                        # number of the invoice or the purchase
    money_pool_id: Mapped[int | None] = mapped_column(ForeignKey("pools.id"))
    reason: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]


class LineSignature(Base):
    """That the beneficiary of a line has signed for it, before two officers."""

    __tablename__ = "line_signatures"
    __table_args__ = (
        CheckConstraint("method IN ('paper','phone')", name="method"),
        CheckConstraint("by_id <> with_id", name="two_officers"),
    )

    line_id: Mapped[str] = mapped_column(ForeignKey("grant_lines.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    method: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    with_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    signed_at: Mapped[datetime]
    seq: Mapped[int]                                                         # of the event of the case that says so
