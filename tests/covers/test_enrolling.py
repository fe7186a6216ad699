"""A union enrols its members for the next period: one cover a row, nobody twice, no age but that of the number."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, select

from tests.covers.conftest import ELDER, MEMBER, OTHER, Mutual, line, refused
from tests.register.conftest import number
from workflow.db import reading, writing
from workflow.errors import Refused
from workflow.privacy import vault
from workflow.records import Cover, GrantLine


def test_one_cover_a_row_for_the_next_calendar_year(mutual: Mutual) -> None:
    case_id = mutual.enrolled([line(), line(OTHER, 41, "和建军")])
    first, second = mutual.covers()
    assert {(one.scheme, one.cycle, one.case_id, one.from_on, one.until_on, one.shares) for one in (first, second)} == {
        ("mutual_enrolment", "2026", case_id, date(2027, 1, 1), date(2027, 12, 31), 1)}
    assert (first.n, first.person_id, second.person_id) == (1, mutual.world.ids["member"], None)
    with reading(mutual.world.sessions) as session:
        assert second.id_index == vault(session).blind("idcard", OTHER)
        lines = session.execute(select(GrantLine.value, GrantLine.amount_fen, GrantLine.status).where(GrantLine.case_id == case_id)).all()
    assert [tuple(one) for one in lines] == [("premium_collected", 12000, "paid")] * 2
    assert mutual.world.row(case_id).amount_fen == 24000
    mutual.clean()


def test_nobody_stands_twice_and_the_age_is_that_of_the_number(mutual: Mutual) -> None:
    with pytest.raises(Refused) as found:
        mutual.handed_in([line(), line(), line(OTHER, 40, "和建军")])
    assert refused(found) == ["COVER_TWICE", "COVER_TWICE", "COVER_AGE"]
    assert "第 3 行：按身份证号，2027-01-01 时为 41 周岁，不是 40 周岁" in found.value.messages[2].zh
    assert found.value.messages[2].field == "form.roster.3.id_no"


def test_nobody_is_enrolled_twice_for_one_period_wherever_they_are_listed(mutual: Mutual) -> None:
    waiting = mutual.handed_in([line()], "hospital")
    mutual.enrolled([line()])
    with pytest.raises(Refused) as found:
        mutual.handed_in([line(), line(OTHER, 41, "和建军")], "hospital")
    assert refused(found) == ["COVER_ALREADY"]
    mutual.world.act("clerk", waiting, "approve", form={"check_note": "属实"}, comment="已核实")
    mutual.world.act("hospital", waiting, "pay_in", form={"paid_on": "2026-11-16", "receipt_no": "P2"})
    with pytest.raises(Refused) as found:
        mutual.world.act("finance", waiting, "approve")
    assert refused(found) == ["COVER_ALREADY"] and len(mutual.covers()) == 1


def test_older_people_are_renewed_only_where_the_period_before_is_known(mutual: Mutual) -> None:
    mutual.enrolled([line(), line(ELDER, 59, "陈大山", renewed="true")])          # the first year: nothing is known, the county looks at paper
    mutual.world.now = datetime(2027, 11, 15, 2, tzinfo=UTC)
    with pytest.raises(Refused) as found:
        mutual.handed_in([line(OTHER, 42, "和建军", renewed="true")])
    assert refused(found) == ["COVER_NOT_RENEWED"]
    mutual.enrolled([line(age=37, renewed="true"), line(ELDER, 60, "陈大山", renewed="true")])
    assert [(one.from_on.year, one.n) for one in mutual.covers()] == [(2027, 1), (2027, 2), (2028, 1), (2028, 2)]


def test_money_that_comes_after_the_period_has_begun_is_not_taken(mutual: Mutual) -> None:
    case_id = mutual.handed_in([line()])
    mutual.world.act("clerk", case_id, "approve", form={"check_note": "属实"})
    mutual.world.now = datetime(2027, 1, 4, 2, tzinfo=UTC)
    with pytest.raises(Refused) as found:
        mutual.world.act("basic", case_id, "pay_in", form={"paid_on": "2027-01-04", "receipt_no": "P1"})
    assert "保障期已经开始" in found.value.messages[0].zh
    mutual.world.act("basic", case_id, "pay_in", form={"paid_on": "2026-12-30", "receipt_no": "P1"})
    mutual.world.act("finance", case_id, "approve")                    # checked in January: the cover still runs from the first
    assert [one.from_on for one in mutual.covers()] == [date(2027, 1, 1)]


def test_no_row_is_removed_where_the_enrolment_comes_to_nothing(mutual: Mutual) -> None:
    case_id = mutual.handed_in([line()])
    mutual.world.act("clerk", case_id, "reject", comment="不是本单位职工")
    assert mutual.covers() == [] and mutual.world.row(case_id).outcome == "rejected"
    mutual.enrolled([line()])


def test_the_database_refuses_a_second_cover_of_one_period(mutual: Mutual) -> None:
    mutual.enrolled([line()])
    cover = mutual.covers()[0]
    again = {column.name: getattr(cover, column.name) for column in Cover.__table__.c if column.name != "id"} | {"n": 2}
    with pytest.raises(Exception, match=r"(?i)unique"), writing(mutual.world.sessions) as session:
        session.execute(insert(Cover), [again])


def test_a_long_roster_opens_in_seconds(mutual: Mutual) -> None:
    """2,000 rows; the 20,000 that a roster may have take ten times as long."""
    roster = [line(number(f"539901199003{1 + n // 1000:02d}{n % 1000:03d}"), 36, f"职工{n}") for n in range(2000)]
    case_id = mutual.world.submitted("basic", "mutual_enrolment", {"union_name": "县直机关工会", "contact": "0879-1234567", "workers": "2000", "roster": roster})
    mutual.world.act("clerk", case_id, "approve", form={"check_note": "属实"})
    mutual.world.act("basic", case_id, "pay_in", form={"paid_on": "2026-11-16", "receipt_no": "P1"})
    begun = time.perf_counter()
    mutual.world.act("finance", case_id, "approve")
    assert time.perf_counter() - begun < 5
    assert len(mutual.covers()) == 2000 and mutual.world.row(case_id).amount_fen == 24_000_000
    assert MEMBER not in str(mutual.world.row(case_id).form)
