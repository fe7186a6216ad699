"""Working days of the People's Republic: weekends, days off, and the weekends worked in return (调休).

One file a year in `definitions/calendar/`, as the State Council announces it each November. A year without a file
counts weekends only, and `missing` says so, so that a page can tell. Days are days in Shanghai; nothing here reads
the clock.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from .language.definition import Duration

DIRECTORY = Path(__file__).resolve().parent.parent / "definitions" / "calendar"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`years` are those with a file; `off` and `work` are their exceptions to Monday to Friday."""

    years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]
    zone: ZoneInfo = ZONE

    @classmethod
    def load(cls, directory: Path, zone: ZoneInfo = ZONE) -> Calendar:
        """Read every `<year>.yaml`; raises ValueError, naming the file, for one that contradicts itself."""
        years, off, work = set[int](), set[date](), set[date]()
        for path in sorted(directory.glob("*.yaml")):
            year, days_off, days_worked = _year(path)
            years.add(year)
            off |= days_off
            work |= days_worked
        return cls(frozenset(years), frozenset(off), frozenset(work), zone)

    def missing(self, year: int) -> bool:
        """Say whether this year is counted without its holidays, because its file is not there."""
        return year not in self.years

    def is_working(self, day: date) -> bool:
        return day in self.work if day.weekday() >= 5 else day not in self.off

    def local_day(self, moment: date | datetime) -> date:
        """Return the day on the office wall at an aware `moment`; a plain date is itself."""
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment

    def add_working_days(self, moment: date | datetime, count: int) -> date:
        """Return the `count`-th working day after the day of `moment`; 0 gives that day or the next working one."""
        if count < 0:
            raise ValueError("working days are counted forward")
        day = self.local_day(moment)
        while count or not self.is_working(day):
            day += DAY
            if count and self.is_working(day):
                count -= 1
        return day

    def working_days_between(self, start: date | datetime, end: date | datetime) -> int:
        """Return how many working days come after the day of `start`, that of `end` included; negative backwards."""
        first, last = self.local_day(start), self.local_day(end)
        if last < first:
            return -self.working_days_between(last, first)
        return sum(self.is_working(first + DAY * n) for n in range(1, (last - first).days + 1))

    def due(self, entered_at: datetime, duration: Duration) -> datetime:
        """Return when `duration` that began at `entered_at` is over, as aware UTC.

        Hours are exact; everything else ends with its last day, at 24:00 in Shanghai. A month that has no such day
        ends with the month.
        """
        if duration.unit == "h":
            return entered_at.astimezone(UTC) + timedelta(hours=duration.count)
        today = self.local_day(entered_at)
        if duration.unit == "wd":
            last = self.add_working_days(today, duration.count)
        elif duration.unit == "d":
            last = today + DAY * duration.count
        else:
            last = _months_on(today, duration.count * (12 if duration.unit == "years" else 1))
        return datetime.combine(last + DAY, time(), self.zone).astimezone(UTC)


@cache
def working_calendar() -> Calendar:
    """Return the calendar that comes with this release, read once."""
    return Calendar.load(DIRECTORY)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# --- the files -------------------------------------------------------------------------------------------


def _year(path: Path) -> tuple[int, set[date], set[date]]:
    from .language import scalars

    node, faults = scalars.parse(path.read_bytes(), path.name)
    if node is None or faults:
        raise ValueError(str(faults[0]))
    document: Mapping[str, Any] = node.plain()
    year = int(document["year"])
    off = {day for span in document["off"].values() for day in _span(str(span))}
    work = {date.fromisoformat(str(day)) for day in document["work"]}
    if str(year) != path.stem or any(day.year != year for day in off | work):
        raise ValueError(f"{path.name}: every day must lie in the year the file is named after")
    if wrong := (off & work) | {day for day in work if day.weekday() < 5}:
        raise ValueError(f"{path.name}: {min(wrong)} cannot be a weekend worked in return")
    return year, off, work


def _span(text: str) -> Iterator[date]:
    """The days of `2025-01-28 - 2025-02-04`, both included, or of a single date."""
    first, _, last = text.partition(" - ")
    day, end = date.fromisoformat(first), date.fromisoformat(last or first)
    while day <= end:
        yield day
        day += DAY
