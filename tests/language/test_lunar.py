"""Feasts as days of a year, held against printed calendars and the State Council's holidays, and windows that move with them."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from tests.language.broken import broken
from workflow.engine.cycles import intake_open, window, within
from workflow.language import lunar, read
from workflow.language.definition import Intake

PRINTED = {
    "春节": "2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11",
    "清明": "2020-04-04 2021-04-04 2022-04-05 2023-04-05 2024-04-04 2025-04-04 2026-04-05 2027-04-05 2028-04-04 2029-04-04 2030-04-05 2031-04-05 2032-04-04",
    "端午": "2020-06-25 2021-06-14 2022-06-03 2023-06-22 2024-06-10 2025-05-31 2026-06-19 2027-06-09 2028-05-28 2029-06-16 2030-06-05 2031-06-24 2032-06-12",
    "中秋": "2020-10-01 2021-09-21 2022-09-10 2023-09-29 2024-09-17 2025-10-06 2026-09-25 2027-09-15 2028-10-03 2029-09-22 2030-09-12 2031-10-01 2032-09-19",
    "重阳": "2020-10-25 2021-10-14 2022-10-04 2023-10-23 2024-10-11 2025-10-29 2026-10-18",
    "腊八": "2020-01-02 2021-01-20 2022-01-10 2022-12-30 2024-01-18 2025-01-07 2026-01-26",
}
HOLIDAYS = {"春节": "Spring Festival", "清明": "Tomb-sweeping Day", "端午": "Dragon Boat Festival", "中秋": "Mid-autumn Festival"}


@pytest.mark.parametrize("name", PRINTED)
def test_feasts_fall_where_printed_calendars_have_them(name: str) -> None:
    found = [lunar.feast(name, 2020 + number).isoformat() for number in range(len(PRINTED[name].split()))]
    assert found == PRINTED[name].split()


@pytest.mark.parametrize("name", HOLIDAYS)
def test_feasts_are_days_off_by_that_name(name: str) -> None:
    for year in range(2020, 2027):
        day = lunar.feast(name, year)
        off, called = chinese_calendar.get_holiday_detail(day)
        together = (name, year) in (("中秋", 2020), ("中秋", 2025))       # one holiday with the National Day, in its name
        assert off and (called == HOLIDAYS[name] or together), (name, day, called)


def test_days_around_the_new_year_hang_on_it() -> None:
    for year in range(lunar.FIRST, lunar.LAST + 1):
        spring = lunar.feast("春节", year)
        assert lunar.feast("除夕", year) == spring - timedelta(1) and lunar.feast("元宵", year) == spring + timedelta(14)
        assert (spring - lunar.feast("腊八", year)).days in (22, 23) and (spring - lunar.feast("小年", year)).days in (7, 8)


def test_a_window_before_the_new_year_moves_with_it() -> None:
    opened = [date(2025, 12, 1) + timedelta(number) for number in range(460)]
    inside = [day for day in opened if within("春节-30d", "春节+0d", day)]
    assert (inside[0], inside[30], inside[31], inside[-1]) == (
        date(2026, 1, 18), date(2026, 2, 17), date(2027, 1, 7), date(2027, 2, 6))
    assert len(inside) == 62


def test_a_window_over_the_end_of_the_year_belongs_to_both() -> None:
    assert within("重阳", "小年-1d", date(2026, 12, 31)) and within("重阳", "小年-1d", date(2027, 1, 1))
    assert within("12-01", "春节+0d", date(2027, 2, 6)) and not within("12-01", "春节+0d", date(2027, 2, 7))


def test_people_are_told_real_days_of_this_window_or_the_next() -> None:
    intake = Intake("春节-30d", "春节+0d")
    assert window(intake, date(2026, 2, 1)) == ("2026-01-18", "2026-02-17")
    assert window(intake, date(2026, 2, 18)) == ("2027-01-07", "2027-02-06")
    assert window(Intake("07-01", "08-31"), date(2026, 2, 18)) == ("07-01", "08-31")


def test_a_definition_may_hang_its_window_on_a_feast() -> None:
    definition = read(_with_window("{from: 春节-30d, to: 春节+0d}"), "winter_aid.v2.yaml").definition
    assert definition is not None
    assert intake_open(definition, date(2026, 2, 17)) and not intake_open(definition, date(2026, 2, 18))


@pytest.mark.parametrize("window", ["{from: 春节-30, to: 春节}", "{from: 春分-3d, to: 春节}", "{from: 春节+0d, to: 春节-30d}",
                                    "{from: 2026-01-01, to: 春节}", "{from: 春节-3wd, to: 春节}"])
def test_a_window_that_cannot_be_meant_is_refused(window: str) -> None:
    assert [fault.code for fault in read(_with_window(window), "winter_aid.v2.yaml").errors] == ["BAD_DATE"]


def _with_window(window: str) -> str:
    return broken("intake: {from: 11-01, to: 02-28}", f"intake: {window}")
