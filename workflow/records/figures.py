"""Figures of policy that officers enter: 低保 and other lines of a region, and the params of programmes.

A row holds for its organisation and everything below it from `from_on` on. One person enters it, another confirms it, and
after that it never changes: a later row takes its place, or a row that withdraws it.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base

_OPEN, _WITHDRAWN = text("status = 'open'"), text("status = 'confirmed' AND withdraws IS NOT NULL")


class PolicyFigure(Base):
    """One value with its document; or, with `withdraws`, the end of another row from `from_on` on."""

    __tablename__ = "policy_figures"
    __table_args__ = (
        CheckConstraint("kind IN ('region','param')", name="kind"),
        CheckConstraint("(kind = 'param') = (definition_key <> '')", name="programme"),
        CheckConstraint("(value IS NULL) = (withdraws IS NOT NULL)", name="value"),
        CheckConstraint("title <> '' AND document <> ''", name="source"),
        CheckConstraint("status IN ('open','confirmed','declined')", name="status"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="decided"),
        Index("uq_policy_figures_open", "kind", "definition_key", "name", "organisation_id", "from_on", unique=True,
              postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("uq_policy_figures_withdrawn", "withdraws", unique=True, postgresql_where=_WITHDRAWN, sqlite_where=_WITHDRAWN),
        Index("ix_policy_figures_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    definition_key: Mapped[str] = mapped_column(String(60))                  # of a param; empty for a figure of a region
    name: Mapped[str] = mapped_column(String(60))
    type: Mapped[str] = mapped_column(String(10))                            # of the param when it was entered: money int decimal …
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    path: Mapped[str] = mapped_column(String(200))                           # of that organisation
    value: Mapped[str | None] = mapped_column(String(200))
    withdraws: Mapped[str | None] = mapped_column(ForeignKey("policy_figures.id"))
    from_on: Mapped[date]
    title: Mapped[str] = mapped_column(String(200))                          # of the document it comes from
    document: Mapped[str] = mapped_column(String(80))                        # 文号
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
