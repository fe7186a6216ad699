"""Working days of the People's Republic: weekends, days off, and the weekends worked in return (调休).

One file a year (`workflow.holidays` reads them), as the State Council announces it each November; what the
administrator uploads takes the place of what comes with the release. A year without a file counts weekends only, and
`missing` says so, so that a page can tell. Days are days in Shanghai; nothing here reads the clock on the wall.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import holidays

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
        return cls.of(holidays.years_in(directory).values(), zone)

    @classmethod
    def of(cls, years: Iterable[holidays.Year], zone: ZoneInfo = ZONE) -> Calendar:
        years = tuple(years)
        return cls(frozenset(year.year for year in years), frozenset(day for year in years for day in year.days_off),
                   frozenset(day for year in years for day in year.work), zone)

    def missing(self, year: int) -> bool:
        """Say whether this year is counted without its holidays, because its file is not there."""
        return year not in self.years

    def guessed(self, start: date | datetime, end: date | datetime) -> int | None:
        """Return the first year between two days that is counted without its holidays, or None."""
        first, last = self.local_day(start).year, self.local_day(end).year
        return next((year for year in range(first, last + 1) if self.missing(year)), None)

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
def shipped() -> dict[int, holidays.Year]:
    """Return the years that come with this release, read once."""
    return holidays.years_in(DIRECTORY)


class _Kept:
    """The calendar in use: the release with the uploaded years over it. Looked after at most once a second, by whoever asks."""

    def __init__(self) -> None:
        self.directory: Path | None = None
        self.stamp: tuple[tuple[str, int, int], ...] = ()
        self.looked = 0.0
        self.calendar: Calendar | None = None

    def current(self) -> Calendar:
        ticks = monotonic()
        if self.calendar is None or ticks - self.looked >= 1:
            self.looked = ticks
            found = holidays.stamp(self.directory) if self.directory is not None else ()
            if self.calendar is None or found != self.stamp:
                over = holidays.uploaded(self.directory)[0] if self.directory is not None and found else {}
                self.calendar, self.stamp = Calendar.of(holidays.merged(shipped(), over).values()), found
        return self.calendar


_kept = _Kept()


def working_calendar() -> Calendar:
    """Return the calendar in use. A file uploaded to any process counts in every one within a second or two."""
    return _kept.current()


def use(directory: Path | None) -> None:
    """Say where this installation keeps its uploaded years; at once, so that whoever uploads sees it."""
    _kept.directory, _kept.calendar = directory, None


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
