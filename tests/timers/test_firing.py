"""What fires, when, how often, and what is left of it: one event, one message a person, the row that says so."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.notices.wall import GRANT, Wall
from tests.timers.ward import Ward
from workflow import history, programmes, timers
from workflow.db import reading, writing
from workflow.records import Absence
from workflow.records.base import utc_text
from workflow.timers.effects import decides


def at(month: int, day: int, hour: int = 0) -> datetime:
    """The hour of a day of 2026 in the office, as UTC."""
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{hour:02}:00:00+08:00").astimezone(UTC)


def test_nothing_fires_before_its_time(ward: Ward) -> None:
    case_id = ward.reviewed()
    ward.now = at(6, 18, 23)
    assert ward.sweep() == timers.Swept()
    assert ward.standing(case_id)[-2:] == [("remind", 1, "due"), ("escalate", 1, "due")]


def test_a_reminder_tells_whose_turn_it_is_and_leaves_an_event(ward: Ward) -> None:
    case_id, revision = ward.reviewed(), 2
    ward.now = at(6, 23)                                   # three working days after Monday 15, over the Dragon Boat weekend
    due = ward.timers(case_id)[2].due_at
    assert [(f.case_id, f.kind, f.run) for f in ward.sweep().fired] == [(case_id, "remind", 1)]
    assert ward.told("remind") == ["clerk", "clerk2", "double"]
    [said] = ward.extra(case_id, "remind")
    [event] = ward.events(case_id, "remind")
    assert (said["due_at"], said["fired_at"]) == (utc_text(due), utc_text(ward.now)) and event.actor_id is None
    fired = next(row for row in ward.timers(case_id) if row.status == "fired")
    assert (fired.fired_seq, fired.fired_at) == (event.seq, ward.now)
    assert ward.row(case_id).revision == revision and ward.sweep().fired == []


def test_what_lies_with_one_person_reminds_that_person(ward: Ward) -> None:
    case_id = ward.start("worker", "watched")
    ward.later(days=11)
    ward.sweep()
    assert ward.told("remind") == ["worker"] and ward.row(case_id).state == "draft"


def test_a_repeated_reminder_goes_on_by_working_days_and_stops(ward: Ward) -> None:
    case_id = ward.reviewed()
    seen = []
    for day in range(16, 31):
        ward.now = at(6, day, 1)
        seen += [(day, f.kind, f.run) for f in ward.sweep().fired]
    # Friday 19 is the Dragon Boat Festival; a working day ends at 24:00, so what it promised is due the morning after.
    assert seen == [(19, "remind", 1), (23, "remind", 2), (24, "escalate", 1), (24, "remind", 3)]
    assert [row for row in ward.standing(case_id) if row[0] == "remind" and row[2] == "fired"] == [
        ("remind", 1, "fired"), ("remind", 2, "fired"), ("remind", 3, "fired")]


def test_after_a_long_silence_one_reminder_is_enough(ward: Ward) -> None:
    case_id = ward.reviewed()
    ward.now = at(7, 15, 9)
    assert [(f.kind, f.run) for f in ward.sweep().fired] == [("remind", 1), ("escalate", 1)]
    following = next(row for row in ward.timers(case_id) if row.run == 2)
    assert following.due_at == at(7, 17)                   # one working day from today, not from June


def test_an_escalation_puts_the_task_on_the_watch_list_and_takes_it_from_nobody(ward: Ward) -> None:
    case_id = ward.reviewed()
    ward.now = at(6, 26)
    assert {f.kind for f in ward.sweep().fired} == {"remind", "escalate"}
    task = ward.task(case_id)
    assert (task.escalated_role, task.escalated_organisation_id) == ("county_leader", ward.orgs["539921"])
    assert (task.role, task.person_id) == ("county_handler", None)
    assert ward.told("escalate") == ["double", "leader"]
    assert ward.act("clerk", case_id, "reject", comment="不符合条件").to_state == "rejected"


def test_who_stands_in_for_somebody_away_is_told_as_well(ward: Ward) -> None:
    case_id = ward.reviewed()
    with writing(ward.sessions) as session:
        for away, instead in (("clerk", "finance"), ("leader", "cashier")):
            session.add(Absence(person_id=ward.ids[away], substitute_id=ward.ids[instead], starts_on=date(2026, 6, 20),
                                ends_on=date(2026, 7, 5), created_at=ward.now))
    ward.now = at(6, 26)
    assert len(ward.sweep().fired) == 2 and ward.task(case_id).escalated_role == "county_leader"
    assert ward.told("remind") == ["clerk", "clerk2", "double", "finance"]
    assert ward.told("escalate") == ["cashier", "double", "leader"]


def test_the_system_takes_the_step_that_a_wait_ends_with(ward: Ward) -> None:
    case_id = ward.cooling()
    ward.later(hours=48)
    assert [f.kind for f in ward.sweep().fired] == ["fire"]
    assert ward.row(case_id).state == "paying"
    event = ward.events(case_id, "act")[-1]
    said = ward.extra(case_id, "act")[-1]
    assert (event.trigger, event.actor_id, event.to_state) == ("resume", None, "paying")
    assert said["timer"] == next(row.id for row in ward.timers(case_id) if row.fired_seq == event.seq)
    assert said["fired_at"] == utc_text(ward.now)


def test_a_draft_lapses_and_its_reminder_is_cancelled(ward: Ward) -> None:
    case_id = ward.start("worker", "watched")
    ward.later(days=61)
    swept = ward.sweep()
    assert [f.kind for f in swept.fired] == ["remind", "fire"] and ward.row(case_id).outcome == "lapsed"


def test_leaving_cancels_and_entering_again_makes_new_ones(ward: Ward) -> None:
    case_id = ward.reviewed()
    ward.act("clerk", case_id, "return_to", comment="请核对金额", dest="draft")
    ward.act("worker", case_id, "submit")
    standing = [(row.entry, row.kind, row.status) for row in ward.timers(case_id) if row.state == "review"]
    assert standing == [(2, "remind", "cancelled"), (2, "escalate", "cancelled"), (4, "remind", "due"), (4, "escalate", "due")]
    ward.now = at(7, 15, 9)
    assert [(f.kind, f.run) for f in ward.sweep().fired] == [("remind", 1), ("escalate", 1)]
    assert {row.entry for row in ward.timers(case_id) if row.status == "fired"} == {4}


def test_an_ended_case_has_no_timer_left(ward: Ward) -> None:
    case_id = ward.reviewed()
    ward.act("clerk", case_id, "reject", comment="不符合条件")
    assert {status for _, _, status in ward.standing(case_id)} == {"cancelled"}
    ward.later(days=90)
    assert ward.sweep() == timers.Swept()


def test_one_sweep_takes_the_longest_due_first_and_no_more_than_asked(ward: Ward) -> None:
    first, second = ward.cooling(), ward.start("nurse", "watched")
    ward.later(days=12)
    assert [f.case_id for f in ward.sweep(limit=1).fired] == [first]
    assert [f.case_id for f in ward.sweep(limit=1).fired] == [second]


def test_the_history_of_what_timers_did_is_whole(ward: Ward) -> None:
    for case_id in (ward.cooling(), ward.reviewed(), ward.start("nurse", "watched")):
        assert case_id
    ward.later(days=70)
    assert len(ward.sweep().fired) >= 5
    with writing(ward.sessions) as session:
        history.sequence(session)
    with reading(ward.sessions) as session:
        assert history.verify(session).items == ()


# --- what a timer may not do ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "trigger", "answer"), [
    ("review", "approve", False), ("paying", "pay", True), ("review", "reject", True), ("draft", "lapse", False), ("cooling", "resume", False)])
def test_a_step_that_decides_is_known(ward: Ward, state: str, trigger: str, answer: bool) -> None:
    with reading(ward.sessions) as session:
        assert decides(programmes.definition(session, "watched"), state, trigger) is answer


# --- notices -------------------------------------------------------------------------------------------------------


def test_a_notice_ends_by_itself_and_an_objection_in_its_last_minute_holds_it(sessions: sessionmaker[Session]) -> None:
    wall = Wall(sessions)
    wall.publish(GRANT)
    quiet, contested = wall.posted(), wall.posted("nurse", "hospital")
    end = wall.notice(contested).ends_at
    objection = wall.object(contested, at=end - timedelta(seconds=1))
    swept = timers.sweep(sessions, end, watched=False)
    assert [f.case_id for f in swept.fired] == [quiet] and [f.case_id for f in swept.held] == [contested]
    assert (wall.row(quiet).state, wall.row(contested).state) == ("check", "unit_notice")
    assert wall.notice(contested).status == "held" and not swept.failed
    assert timers.sweep(sessions, end, watched=False) == timers.Swept()
    wall.now = end
    wall.settle("hospital", objection, upheld=False)
    assert [f.case_id for f in timers.sweep(sessions, end, watched=False).fired] == [contested]
    assert wall.row(contested).state == "check"
