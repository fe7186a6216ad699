"""What all lists share: a page of rows, its cursor, and text made safe for LIKE."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

Row = TypeVar("Row")

CAP = 500                            # beyond this a count says "500+" and stays as fast as it was


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order; `total` counts to CAP + 1 and no further; `next` is the cursor of the page after, None at the end."""

    rows: tuple[Row, ...]
    total: int
    next: str | None

    @property
    def total_words(self) -> str:
        return counted(self.total)


def counted(total: int) -> str:
    """Return "37", or "500+" where counting stopped."""
    return f"{CAP}+" if total > CAP else str(total)


def cursor(moment: datetime, last: str) -> str:
    """Return the opaque cursor of the row at (moment, last)."""
    text = f"{moment.astimezone(UTC).isoformat(timespec='microseconds')}|{last}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(after: str | None) -> tuple[datetime, str] | None:
    """Return what `cursor` was made of; None, that is the first page, for one that is empty or not ours."""
    if not after:
        return None
    try:
        moment, _, last = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode().partition("|")
        found = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error):
        return None
    return (found, last) if found.tzinfo and last else None


def like(text: str) -> str:
    """Return `text` with LIKE's own signs taken literally; use with `escape="\\\\"`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
