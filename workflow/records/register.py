"""The register 建档: unions people have belonged to, households and their members, and hardship files.

A hardship file (困难职工档案) belongs to a household (一户一档); its life is a case of a programme whose transitions carry
the effects `file.open`, `file.renew`, `file.exit` and `file.cancel`; this row says what those came to.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base

# 深度 相对 意外致困 since about 2020; 低保户 低保边缘户 in files of before, which are kept as they were (domain.md B1).
CATEGORIES = ("deep", "relative", "accident", "dibao", "dibao_edge")


class Membership(Base):
    """会籍: a person's membership of one union from a day to a day. `people.union_id` repeats the one that is open."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= since_on", name="period"),
        Index("uq_memberships_open", "person_id", unique=True,
              postgresql_where=text("until_on IS NULL"), sqlite_where=text("until_on IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    member_no: Mapped[str | None] = mapped_column(String(40))
    since_on: Mapped[date]
    until_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(200), default="")             # why it ended: 转会 退会 退休 …
    created_at: Mapped[datetime]


class Household(Base):
    """People who live from one purse. Its history is the stream `household:<id>`."""

    __tablename__ = "households"
    __table_args__ = (Index("ix_households_path", "path", postgresql_ops={"path": "text_pattern_ops"}),)

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    head_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)   # the head's union
    path: Mapped[str] = mapped_column(String(200))                           # of that union: what scope filters on
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class HouseholdMember(Base):
    """Who belongs to a household, the head included, from a day to a day. Nobody is in two at once."""

    __tablename__ = "household_members"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= since_on", name="period"),
        Index("uq_household_members_open", "person_id", unique=True,
              postgresql_where=text("until_on IS NULL"), sqlite_where=text("until_on IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[str] = mapped_column(ForeignKey("households.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    relation: Mapped[str] = mapped_column(String(20))                        # head spouse child parent sibling grandparent grandchild other
    since_on: Mapped[date]
    until_on: Mapped[date | None]


class HardshipFile(Base):
    """困难职工档案: whether a household is recognised as in hardship, of which kind, since when and until when."""

    __tablename__ = "hardship_files"
    __table_args__ = (
        CheckConstraint("category IN ('deep','relative','accident','dibao','dibao_edge')", name="category"),
        CheckConstraint("status IN ('on_file','exited','cancelled')", name="status"),
        CheckConstraint("(status = 'on_file') = (ended_on IS NULL)", name="ended"),
        CheckConstraint("size > 0", name="size"),
        Index("uq_hardship_files_open", "household_id", unique=True,
              postgresql_where=text("status = 'on_file'"), sqlite_where=text("status = 'on_file'")),
        Index("ix_hardship_files_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)             # 档案编号
    household_id: Mapped[str] = mapped_column(ForeignKey("households.id"), index=True)
    head_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    path: Mapped[str] = mapped_column(String(200))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.id"), index=True)   # None: imported from before
    category: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(10))
    size: Mapped[int]                                                        # 共同生活人口
    monthly_per_capita_fen: Mapped[int | None] = mapped_column(BigInteger)   # 分 a month and head
    opened_on: Mapped[date]
    reviewed_on: Mapped[date]                                                # of the last yearly review; at first the opening
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MergeProposal(Base):
    """Two entries of the register that one officer takes for one person; another confirms. `goes` is merged into `stays`."""

    __tablename__ = "merge_proposals"
    __table_args__ = (
        CheckConstraint("stays_id <> goes_id", name="two_entries"),
        CheckConstraint("status IN ('open','confirmed','declined')", name="status"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="decided"),
        Index("uq_merge_proposals_open", "goes_id", unique=True,
              postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    stays_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    goes_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]


class PersonCorrection(Base):
    """A wrong name or identity number: what one officer would put right, and another confirms. The old number stays to be found by."""

    __tablename__ = "person_corrections"
    __table_args__ = (
        CheckConstraint("status IN ('open','confirmed','declined')", name="status"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="decided"),
        Index("uq_person_corrections_open", "person_id", unique=True,
              postgresql_where=text("status = 'open'"), sqlite_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)                       # {"name": [old, new], "id_no": [old, new]}, what changes only
    old_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), index=True)   # blind index of the number that was wrong
    reason: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
