"""Working days, against an independent source, and the moments at which promises end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from workflow.calendar import ZONE, Calendar, working_calendar
from workflow.language.definition import Duration

CALENDAR = working_calendar()


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_agrees_with_chinesecalendar(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + (year % 4 == 0))]
    assert [day for day in days if CALENDAR.is_working(day) != chinese_calendar.is_workday(day)] == []


def test_a_year_without_a_file_says_so_and_counts_weekends() -> None:
    assert CALENDAR.missing(2031) and not CALENDAR.missing(2026)
    assert CALENDAR.is_working(date(2031, 10, 1)) and not CALENDAR.is_working(date(2031, 10, 4))


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(("entered", "duration", "last_day"), [
    ("2025-09-29T10:00", Duration(3, "wd"), "2025-10-10"),      # over the National Day week
    ("2025-09-27T10:00", Duration(1, "wd"), "2025-09-28"),      # a Sunday worked in return
    ("2025-11-21T23:59", Duration(1, "wd"), "2025-11-24"),      # Friday night: Monday is the first day
    ("2025-11-22T00:00", Duration(1, "wd"), "2025-11-24"),      # Saturday does not count either
    ("2025-11-21T10:00", Duration(0, "wd"), "2025-11-21"),
    ("2025-11-22T10:00", Duration(0, "wd"), "2025-11-24"),
    ("2025-11-21T10:00", Duration(10, "d"), "2025-12-01"),
    ("2024-01-31T10:00", Duration(1, "months"), "2024-02-29"),
    ("2025-11-30T10:00", Duration(3, "months"), "2026-02-28"),
    ("2024-02-29T10:00", Duration(10, "years"), "2034-02-28"),
])
def test_a_promise_ends_with_its_last_day_in_shanghai(entered: str, duration: Duration, last_day: str) -> None:
    end = shanghai(last_day) + timedelta(days=1)
    due = CALENDAR.due(shanghai(entered), duration)
    assert due == end and due.tzinfo is UTC


def test_a_day_begins_in_shanghai_and_not_in_greenwich() -> None:
    late_sunday_utc = datetime(2025, 11, 23, 16, 30, tzinfo=UTC)                  # Monday 00:30 in Shanghai
    assert CALENDAR.due(late_sunday_utc, Duration(1, "wd")) == datetime(2025, 11, 25, 16, 0, tzinfo=UTC)


def test_hours_are_exact() -> None:
    assert CALENDAR.due(shanghai("2025-11-21T10:00"), Duration(48, "h")) == shanghai("2025-11-23T10:00")


def test_days_between_is_the_inverse_of_adding() -> None:
    start = date(2025, 9, 1)
    for count in range(60):
        assert CALENDAR.working_days_between(start, CALENDAR.add_working_days(start, count)) == count
    assert CALENDAR.working_days_between(date(2025, 10, 9), date(2025, 9, 30)) == -1


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError):
        CALENDAR.add_working_days(date(2025, 9, 1), -1)


@pytest.mark.parametrize("text", [
    "year: 2030\noff: {元旦: 2029-01-01}\nwork: []\n",                  # a day of another year
    "year: 2031\noff: {}\nwork: []\n",                                  # not the year of the file
    "year: 2030\noff: {元旦: 2030-01-01}\nwork: [2030-01-02]\n",        # a Wednesday is worked anyway
])
def test_a_file_that_contradicts_itself_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "2030.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="2030.yaml"):
        Calendar.load(tmp_path)
