"""Lists that were imported: the file, how far it got, and what became of every row.

The event of an import stands in the stream `import:<id>`. What a row says is sealed, and stays only as long as it is needed:
until the row is written, or, for one that was refused or that changed something, so that it can be handed back or undone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Import(Base):
    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("status IN ('previewed','running','done','undoing','undone','dropped')", name="status"),
        CheckConstraint("done >= 0 AND done <= items", name="progress"),
        Index("ix_imports_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))                            # orgs people files cases
    subject: Mapped[str | None] = mapped_column(String(60))                  # of cases: the programme
    as_of: Mapped[date | None]                                               # of cases: whose version of it was in force
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    head: Mapped[list[Any]]                                                  # the headings as they stand in the sheet
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    path: Mapped[str] = mapped_column(String(200))                           # of that organisation: rows stay within it
    status: Mapped[str] = mapped_column(String(10))
    items: Mapped[int]                                                       # rows, or households of several rows, that can be imported
    done: Mapped[int]                                                        # how many of them are written, or undone
    counts: Mapped[dict[str, Any]]                                           # rows by outcome
    by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))          # None: the command line
    at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    undone_at: Mapped[datetime | None]


class ImportRow(Base):
    """One row of the sheet. `sealed` is JSON {values, cells, faults, changes, before, names}."""

    __tablename__ = "import_rows"
    __table_args__ = (
        CheckConstraint("outcome IN ('new','same','changed','fault','undone','kept')", name="outcome"),
        Index("ix_import_rows_item", "import_id", "item"),
    )

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)    # the row's number in the sheet, from 1
    item: Mapped[int]                                                        # which of `items` it belongs to, from 1; 0: none
    outcome: Mapped[str] = mapped_column(String(10))
    made: Mapped[list[Any]]                                                  # [table, id, stream, seq of its last event then]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
