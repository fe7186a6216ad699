"""The yearly re-check 抽查复核: which hardship files were drawn, by which seed out of which, and what was found.

The events of a draw stand in the stream `sample:<id>`; its first one holds the seed, so that anybody can draw again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class FileSample(Base):
    __tablename__ = "file_samples"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
        Index("ix_file_samples_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    path: Mapped[str] = mapped_column(String(200))                           # of that organisation: what scope filters on
    year: Mapped[int]
    percent: Mapped[int]
    seed: Mapped[str] = mapped_column(String(64))                            # as the event has it
    population: Mapped[list[Any]]                                            # ids of every file that was on record then, in order
    drawn_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    drawn_at: Mapped[datetime]


class SampledFile(Base):
    __tablename__ = "sampled_files"
    __table_args__ = (
        UniqueConstraint("sample_id", "file_id"),
        CheckConstraint("result IN ('','right','changed','wrong')", name="result"),
        CheckConstraint("(result = '') = (checked_by IS NULL)", name="checked"),
    )

    sample_id: Mapped[str] = mapped_column(ForeignKey("file_samples.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)    # 1, 2, 3 … in the order they were drawn
    file_id: Mapped[str] = mapped_column(ForeignKey("hardship_files.id"), index=True)
    result: Mapped[str] = mapped_column(String(10), default="")
    note_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)           # what was found
    checked_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    checked_at: Mapped[datetime | None]
