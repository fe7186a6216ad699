"""Working days backwards, and office hours: where in the past a step must lie so that a case is due when it should be."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workflow.calendar import working_calendar

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def back(day: date, working_days: int) -> date:
    """Return the working day from which it is that many working days to `day`; 0 gives the last one up to `day`."""
    calendar = working_calendar()
    while not calendar.is_working(day):
        day -= DAY
    while working_days > 0:
        day -= DAY
        working_days -= calendar.is_working(day)
    return day


def office(day: date, dice: random.Random) -> datetime:
    """Return a moment of that day in office hours."""
    return datetime.combine(day, time(dice.choice((9, 9, 10, 10, 11, 14, 15, 16)), dice.randrange(60), dice.randrange(60)), ZONE)


def evening(day: date, dice: random.Random) -> datetime:
    """Return a moment of that day when a worker is at home."""
    return datetime.combine(day, time(dice.choice((12, 19, 20, 20, 21)), dice.randrange(60), dice.randrange(60)), ZONE)
