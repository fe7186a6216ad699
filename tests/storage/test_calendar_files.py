"""The yearly files: faults by line, an uploaded year over the shipped one, and what it never changes."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import orjson
import pytest
from sqlalchemy import select

from workflow import calendar, holidays
from workflow.actors import COMMAND
from workflow.calendar import DIRECTORY, Calendar, working_calendar
from workflow.db import reading, writing
from workflow.errors import Refused
from workflow.language.definition import Duration
from workflow.records import Event

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
NEXT = """# 第二年
year: 2027
source: 国办发明电〔2026〕1号
off:
  元旦: 2027-01-01 - 2027-01-03
  国庆节: 2027-10-01 - 2027-10-07
work:
  - 2027-10-09
"""


@pytest.fixture(autouse=True)
def alone():
    """The calendar in use belongs to the process: leave it as it comes with the release."""
    calendar.use(None)
    yield
    calendar.use(None)


@pytest.mark.parametrize("year", sorted(calendar.shipped()))
def test_every_shipped_year_agrees_with_chinesecalendar(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    found = Calendar.load(DIRECTORY)
    assert [day for day in days if found.is_working(day) != chinese_calendar.is_workday(day)] == []
    assert calendar.shipped()[year].source


@pytest.mark.parametrize(("was", "now", "code", "line"), [
    ("year: 2027", "year: soon", "CALENDAR_YEAR", 2),
    ("2027-01-01 - 2027-01-03", "2027-13-01", "CALENDAR_DATE", 5),
    ("2027-01-01 - 2027-01-03", "2026-12-31 - 2027-01-03", "CALENDAR_OTHER_YEAR", 5),
    ("2027-10-01 - 2027-10-07", "2027-10-07 - 2027-10-01", "CALENDAR_SPAN", 6),
    ("2027-10-01 - 2027-10-07", "2027-01-02 - 2027-01-05", "CALENDAR_TWICE", 6),
    ("- 2027-10-09", "- 2027-10-08", "CALENDAR_WEEKDAY", 8),
    ("- 2027-10-09", "- 2027-10-02", "CALENDAR_BOTH", 8),
    ("- 2027-10-09", "- 2027-10-09\n  - 2027-10-09", "CALENDAR_TWICE", 9),
    ("source:", "sauce:", "CALENDAR_WORD", 3),
    ("work:\n  - 2027-10-09", "", "CALENDAR_WORK", 2),
    ("year: 2027", "year: 2027\nyear: 2027", "YAML_DUPLICATE_KEY", 3),
])
def test_a_faulty_file_is_told_by_its_line(was: str, now: str, code: str, line: int) -> None:
    year, faults = holidays.read(NEXT.replace(was, now).encode(), "2027.yaml")
    assert year is None and (code, line) in [(fault.code, fault.line) for fault in faults]


def test_nothing_is_taken_into_use_while_a_fault_stands(sessions, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused, writing(sessions) as session:
        holidays.keep(session, tmp_path, NEXT.replace("2027-10-09", "2027-10-08").encode(), "x.yaml", COMMAND, NOW)
    assert refused.value.messages[0].zh.startswith("x.yaml:8:")
    assert list(tmp_path.iterdir()) == []


def test_an_uploaded_year_counts_in_every_process_within_a_second_or_two(sessions, tmp_path: Path) -> None:
    calendar.use(tmp_path)
    assert working_calendar().missing(2027) and working_calendar().guessed(NOW, date(2027, 1, 5)) == 2027
    with writing(sessions) as session:
        year = holidays.keep(session, tmp_path, NEXT.encode(), "2027.yaml", COMMAND, NOW)
    until = time.monotonic() + 5
    while working_calendar().missing(2027) and time.monotonic() < until:      # what another process does: nobody tells it
        time.sleep(0.1)
    assert not working_calendar().is_working(date(2027, 10, 6)) and working_calendar().is_working(date(2027, 10, 9))
    assert working_calendar().guessed(NOW, date(2027, 1, 5)) is None
    assert not working_calendar().missing(2026), "the shipped years stay"
    with reading(sessions) as session:
        event = session.scalars(select(Event).where(Event.stream == "system", Event.kind == "calendar")).one()
        assert orjson.loads(event.body)["extra"] == {"year": 2027, "sha256": year.digest, "off": 10, "work": 1}


def test_an_uploaded_year_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "2026.yaml").write_text("year: 2026\noff: {元旦: 2026-01-01}\nwork: []\n", encoding="utf-8")
    calendar.use(tmp_path)
    assert working_calendar().is_working(date(2026, 10, 1)), "no day of the shipped year is left"
    assert not working_calendar().is_working(date(2025, 10, 1))


def test_a_damaged_file_is_passed_over_and_said(tmp_path: Path) -> None:
    (tmp_path / "2026.yaml").write_text("year: 2026\noff: [", encoding="utf-8")
    (tmp_path / "2029.yaml").write_text(NEXT, encoding="utf-8")
    calendar.use(tmp_path)
    assert not working_calendar().is_working(date(2026, 10, 1)), "the shipped year counts on"
    assert [message.zh.partition(" ")[0] for message in holidays.uploaded(tmp_path)[1]] == ["2026.yaml", "2029.yaml"]


def test_asking_for_the_calendar_costs_next_to_nothing(tmp_path: Path) -> None:
    calendar.use(tmp_path)
    working_calendar()
    begun = time.perf_counter()
    for _ in range(10_000):
        working_calendar()
    assert time.perf_counter() - begun < 1


def test_days_across_the_autumn_holidays_of_2025() -> None:
    """国办发明电〔2024〕12号: 1 to 8 October off, Sunday 28 September and Saturday 11 October worked in return."""
    entered = datetime(2025, 9, 26, 2, 0, tzinfo=UTC)                      # Friday
    assert working_calendar().due(entered, Duration(5, "wd")) == datetime(2025, 10, 10, 16, 0, tzinfo=UTC)
    assert working_calendar().working_days_between(date(2025, 9, 30), date(2025, 10, 11)) == 3
