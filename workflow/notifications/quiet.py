"""Quiet hours: from the evening to the morning nothing leaves the house. The inbox is never quiet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ..calendar import ZONE


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` to `end` on the clock here, over midnight where the end is the earlier one; both the same: never."""

    begin: time = time(21)
    end: time = time(8)

    @classmethod
    def read(cls, text: str) -> Hours:
        """Read `21:00-08:00`, or `off`. Raises ValueError for anything else."""
        if text.strip().lower() in ("off", "no", ""):
            return cls(time(), time())
        begin, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
        return cls(begin, end)

    def over(self, now: datetime) -> datetime:
        """Return `now`, or the end of the quiet hours it falls into."""
        here = now.astimezone(ZONE)
        clock = here.time()
        across = self.begin > self.end
        if not (clock >= self.begin or clock < self.end if across else self.begin <= clock < self.end):
            return now
        day = here.date() + timedelta(days=1) if across and clock >= self.begin else here.date()
        return datetime.combine(day, self.end, ZONE).astimezone(now.tzinfo)
