"""A notice hangs masked for all its days, whoever wants it down."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from tests.notices.wall import SECRETS, Wall
from tests.storage.test_attachments import picture
from workflow import engine
from workflow.actors import COMMAND, SYSTEM
from workflow.db import reading, writing
from workflow.errors import Impossible, NotYours, Refused
from workflow.queries import events
from workflow.records import Notice

SHANGHAI = ZoneInfo("Asia/Shanghai")

# Posted on the first day; five working days later is the last one. Days off and worked weekends as the State Council
# arranged them for 2025 (国办发明电〔2024〕12号) and 2026 (国办发明电〔2025〕7号).
ACROSS_HOLIDAYS = [
    ("2025-01-24", "2025-02-07"),    # Spring Festival 1-28 to 2-4; Sunday 1-26 is worked
    ("2025-01-26", "2025-02-08"),    # … and so is Saturday 2-8, here the last day
    ("2025-04-03", "2025-04-11"),    # Qingming 4-4 to 4-6
    ("2025-04-25", "2025-05-06"),    # Labour Day 5-1 to 5-5; Sunday 4-27 is worked
    ("2025-05-30", "2025-06-09"),    # Dragon Boat 5-31 to 6-2
    ("2025-09-26", "2025-10-10"),    # National Day 10-1 to 10-8; Sunday 9-28 is worked
    ("2025-09-30", "2025-10-14"),    # … and Saturday 10-11
    ("2025-12-31", "2026-01-08"),    # New Year 1-1 to 1-3, and the year changes; Sunday 1-4 is worked
    ("2026-02-14", "2026-02-28"),    # Spring Festival 2-15 to 2-23; Saturdays 2-14 and 2-28 are worked
    ("2026-04-30", "2026-05-11"),    # Labour Day 5-1 to 5-5; Saturday 5-9 is worked
    ("2026-09-24", "2026-10-09"),    # Mid-Autumn 9-25 to 9-27, National Day 10-1 to 10-7; Sunday 9-20 is before
]


@pytest.mark.parametrize(("start", "last"), ACROSS_HOLIDAYS)
def test_a_notice_across_worked_weekends_ends_on_the_right_day(wall: Wall, start: str, last: str) -> None:
    first, end = date.fromisoformat(start), date.fromisoformat(last)
    wall.now = datetime.combine(first, time(15, 0), SHANGHAI)
    notice = wall.notice(wall.posted())
    assert (notice.starts_on, notice.ends_on) == (first, end)
    assert notice.ends_at == datetime.combine(end + timedelta(days=1), time(), SHANGHAI)
    counted = [first + timedelta(days=n) for n in range(1, (end - first).days + 1) if chinese_calendar.is_workday(first + timedelta(days=n))]
    assert len(counted) == 5 and counted[-1] == end


def test_a_notice_posted_a_minute_before_midnight_counts_from_the_local_day(wall: Wall) -> None:
    wall.now = datetime(2026, 6, 15, 15, 59, 59, tzinfo=UTC)     # Monday, 23:59:59 in the office
    notice = wall.notice(wall.posted())
    assert (notice.starts_on, notice.ends_on) == (date(2026, 6, 15), date(2026, 6, 23))      # Dragon Boat: Friday 6-19 off


def test_what_hangs_is_masked_and_frozen(wall: Wall) -> None:
    case_id = wall.posted()
    lines = {line["label"]["zh"]: line["value"] for line in wall.notice(case_id).content}
    assert lines == {"申请人": "李*华", "子女姓名": "李**凰", "类别": "患病", "事由": "李*华住院，电话 ****，卡 ****，证 ****，请联系。",
                     "金额": "3,800 元"}
    assert wall.notice(case_id).content[0]["label"]["en"] == "Applicant"
    wall.second(case_id)
    assert {line["label"]["zh"]: line["value"] for line in wall.notice(case_id).content} == {
        "申请人": "李*华", "所属工会": "二建公司工会", "项目": "困难慰问", "金额": "3,800 元"}
    with reading(wall.sessions) as session:
        rows = json.dumps([list(row) for row in session.execute(text("SELECT content FROM notices"))], ensure_ascii=False, default=str)
    assert [secret for secret in SECRETS if secret in rows] == []


def test_nobody_shortens_a_notice(wall: Wall) -> None:
    case_id = wall.posted()
    before, ends = wall.notice(case_id), wall.notice(case_id).ends_at
    for at in (wall.now, wall.now + timedelta(days=3), ends - timedelta(microseconds=1)):
        with pytest.raises(Refused, match="公示期还没有结束"):
            wall.passes(case_id, at)
    for who in ("admin", "basic", "clerk", "leader", "worker", "auditor"):
        for trigger in ("passed", "approve", "object", "reject", "pay"):
            with pytest.raises((NotYours, Impossible)):
                wall.act(who, case_id, trigger, comment="提前结束")
    with pytest.raises((NotYours, Refused)), writing(wall.sessions) as session:
        engine.act(session, case_id, "passed", COMMAND, wall.now, revision=wall.row(case_id).revision)
    assert wall.row(case_id).state == "unit_notice"
    after = wall.notice(case_id)
    assert (after.status, after.ends_at, after.content) == ("running", before.ends_at, before.content)
    assert wall.passes(case_id, ends).to_state == "check"


@pytest.mark.parametrize("change", [
    {"ends_on": date(2026, 6, 16)}, {"ends_at": datetime(2026, 6, 16, tzinfo=UTC)}, {"starts_on": date(2026, 6, 1)}, {"content": []},
    {"status": "ended", "ended_at": datetime(2026, 6, 16, tzinfo=UTC)}, {"path": "/"}])
def test_not_even_the_database_edits_one(wall: Wall, change: dict[str, object]) -> None:
    notice = wall.notice(wall.posted())
    with pytest.raises(IntegrityError), writing(wall.sessions) as session:
        session.execute(update(Notice).where(Notice.id == notice.id).values(**change))
    with pytest.raises(IntegrityError), writing(wall.sessions) as session:
        session.execute(text("DELETE FROM notices"))


def test_the_case_cannot_be_edited_while_it_hangs(wall: Wall) -> None:
    case_id = wall.posted()
    for who in ("worker", "basic", "clerk", "admin"):
        with pytest.raises((NotYours, Refused)):
            wall.save(who, case_id, {"cost": "1"})
    assert wall.row(case_id).form["cost"] == "7600.00"


def test_a_withdrawn_application_vanishes_from_the_wall(wall: Wall) -> None:
    kept, gone = wall.posted(), wall.posted("nurse", "hospital")
    assert {one.id for one in wall.public()} == {wall.notice(kept).id, wall.notice(gone).id}
    wall.act("nurse", gone, "abandon")
    assert wall.notice(gone).status == "withdrawn"
    assert [one.id for one in wall.public()] == [wall.notice(kept).id]
    with reading(wall.sessions) as session:
        last = events(session, gone)[-1]
    assert last.extra["full"] is False and last.extra["notice"] == wall.notice(gone).id


def test_a_full_notice_is_not_public_even_before_the_clock_has_come_round(wall: Wall) -> None:
    case_id = wall.posted()
    wall.now = wall.notice(case_id).ends_at
    assert wall.public() == [] and wall.row(case_id).state == "unit_notice"


def test_the_end_leaves_a_record(wall: Wall) -> None:
    case_id = wall.posted()
    with writing(wall.sessions) as session:
        engine.attach(session, case_id, "notice_photo", "公示.jpg", picture(), wall.actor("basic"), wall.now)
    objection = wall.object(case_id, name="群众甲", phone="0879-1")
    wall.settle("basic", objection, False)
    wall.second(case_id)
    with reading(wall.sessions) as session:
        record = next(event.extra for event in events(session, case_id) if event.trigger == "passed")
    assert record["from"] == "2026-06-15" and record["to"] == "2026-06-23" and record["days"] == "5wd"
    assert (record["objections"], record["photos"], record["full"]) == (1, 1, True)
    wall.over(case_id)
    wall.passes(case_id)
    with reading(wall.sessions) as session:
        record = [event.extra for event in events(session, case_id) if event.trigger == "passed"][-1]
    assert (record["objections"], record["photos"], record["days"]) == (0, 0, "3wd")


def test_two_notices_in_one_programme(wall: Wall) -> None:
    case_id = wall.posted()
    first = wall.notice(case_id)
    wall.second(case_id)
    second = wall.notice(case_id)
    assert first.id != second.id and second.state == "county_notice" and second.organisation_id == wall.orgs["539921"]
    assert second.starts_on > first.ends_on
    with pytest.raises(Refused, match="公示期还没有结束"):
        wall.passes(case_id)
    assert [one.id for one in wall.public()] == [second.id]
    wall.over(case_id)
    assert wall.passes(case_id).to_state == "paid_gate"
    assert [one.status for one in wall.kept("clerk", over=True)] == ["ended", "ended"]


def test_the_list_says_whether_the_photo_is_missing(wall: Wall) -> None:
    case_id = wall.posted()
    (row,) = wall.kept("basic")
    assert row.photo_missing and row.mine and row.uploads
    with writing(wall.sessions) as session:
        engine.attach(session, case_id, "notice_photo", "公示.jpg", picture(), wall.actor("basic"), wall.now)
    (row,) = wall.kept("basic")
    assert not row.photo_missing and len(row.photos) == 1
    assert [one.mine for one in wall.kept("clerk")] == [False]        # the county sees it and does not hold it
    assert wall.kept("hospital") == wall.kept("outsider") == wall.kept("admin") == wall.kept("worker") == []


def test_the_clock_of_a_notice_is_the_systems_alone(wall: Wall) -> None:
    case_id = wall.posted()
    wall.over(case_id)
    for who in ("basic", "admin", "clerk"):
        with pytest.raises(NotYours):
            wall.act(who, case_id, "passed")
    with writing(wall.sessions) as session:
        done = engine.act(session, case_id, "passed", SYSTEM, wall.now, revision=wall.row(case_id).revision)
    assert done.to_state == "check"
