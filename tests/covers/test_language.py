"""What the checker asks of programmes that open covers or read them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.covers.conftest import ROOT
from workflow import language
from workflow.engine.covering import period

ENROLMENT, CLAIM = ((ROOT / "definitions" / f"{key}.v1.yaml").read_text(encoding="utf-8") for key in ("mutual_enrolment", "mutual_aid"))


@pytest.mark.parametrize(("text", "before", "after", "code", "said"), [
    (ENROLMENT, "cover_from:  {type: text, value: 01-01", "cover_from:  {type: text, value: 13-01", "COVER_FORM", "cover_from"),
    (ENROLMENT, "cover_until: {type: text", "cover_ends: {type: text", "COVER_FORM", "cover_until"),
    (ENROLMENT, "age:     {label: {zh: 保障期第一天的周岁, en: Age on the first day of the period}, type: int",
     "age:     {label: {zh: 保障期第一天的周岁, en: Age on the first day of the period}, type: money", "COVER_FORM", "age 列要写 type: int"),
    (ENROLMENT, "params:\n", "params:\n  cover_years: {type: int, value: 0, label: 年数, source: 县自定}\n", "COVER_FORM", "cover_years"),
    (CLAIM, "scheme:     {type: text, value: mutual_enrolment", "schemes:     {type: text, value: mutual_enrolment", "COVER_SCHEME", "scheme"),
])
def test_what_is_lacking_is_told(text: str, before: str, after: str, code: str, said: str) -> None:
    assert before in text
    found = language.read(text.replace(before, after).encode(), "x.v1.yaml", {})
    assert any(one.code == code and said in one.zh for one in found.errors), [str(one) for one in found.faults]


def test_a_programme_that_opens_covers_has_a_roster() -> None:
    i, j = ENROLMENT.index("lines:\n"), ENROLMENT.index("states:\n")
    found = language.read((ENROLMENT[:i] + ENROLMENT[j:]).encode(), "x.v1.yaml", {})
    assert [one.code for one in found.errors] == ["COVER_FORM"] and "each 和 person" in found.errors[0].zh


@pytest.mark.parametrize(("first", "last", "handed_in", "wanted"), [
    ("01-01", "12-31", "2026-11-16", ("2027-01-01", "2027-12-31")), ("01-01", "12-31", "2026-01-01", ("2027-01-01", "2027-12-31")),
    ("07-01", "06-30", "2026-05-05", ("2026-07-01", "2027-06-30")), ("03-01", "02-29", "2026-11-16", ("2027-03-01", "2028-02-29")),
    ("2027-01-01", "2028-12-31", "2026-11-16", ("2027-01-01", "2028-12-31"))])
def test_the_period_is_the_next_to_come(first: str, last: str, handed_in: str, wanted: tuple[str, str]) -> None:
    found = period({"cover_from": first, "cover_until": last}, date.fromisoformat(handed_in))
    assert tuple(day.isoformat() for day in found) == wanted


@pytest.mark.parametrize(("first", "last", "years", "wanted"), [
    ("01-01", "12-31", 2, ("2027-01-01", "2028-12-31")), ("07-01", "06-30", 2, ("2027-07-01", "2029-06-30")), ("02-29", "02-28", 2, ("2027-02-28", "2029-02-28"))])
def test_a_period_may_run_for_years(first: str, last: str, years: int, wanted: tuple[str, str]) -> None:
    found = period({"cover_from": first, "cover_until": last, "cover_years": years}, date(2026, 11, 16))
    assert tuple(day.isoformat() for day in found) == wanted
