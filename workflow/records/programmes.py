"""Released definitions: the expanded document that was hashed, never changed afterwards."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Release(Base):
    """One published version. `document` is canonical JSON of the expanded definition; `source` the YAML as written."""

    __tablename__ = "releases"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    document: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    source_digest: Mapped[str] = mapped_column(String(64))
    effective_from: Mapped[date | None]
    effective_to: Mapped[date | None]
    released_at: Mapped[datetime]
    released_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))   # None: the command line
