"""A timer that cannot fire is tried three times, set aside with its reason, and keeps none of the others waiting."""

import pytest
from sqlalchemy import update

from tests.timers.ward import Ward
from workflow import timers
from workflow.db import reading, writing
from workflow.errors import Impossible, NotFound, Refused, Stale, one
from workflow.records import Timer
from workflow.timers.failures import PATIENCE, told


def tried(ward: Ward, case_id: str) -> Timer:
    return ward.timers(case_id)[-1]


def test_a_bad_timer_is_set_aside_after_three_attempts_and_the_rest_go_on(ward: Ward) -> None:
    bad, good = ward.cooling("9500"), ward.cooling("100")
    ward.later(days=3)
    swept = ward.sweep()
    assert [f.case_id for f in swept.fired] == [good] and [f.case_id for f in swept.failed] == [bad]
    row = tried(ward, bad)
    assert (row.status, row.attempts, row.at) == ("due", 1, ward.now + PATIENCE[0])
    assert row.error == "大额须由人放行 Large sums wait for somebody" and row.fired_seq is None
    assert ward.row(bad).state == "cooling" and ward.events(bad)[-1].kind == "act"
    assert ward.sweep() == timers.Swept()                  # not before its time
    ward.later(minutes=2)
    assert len(ward.sweep().failed) == 1
    ward.later(minutes=11)
    assert [f.case_id for f in ward.sweep().parked] == [bad]
    assert tried(ward, bad).status == "parked"
    ward.later(days=30)
    assert ward.sweep() == timers.Swept()
    assert ward.told("timer_parked") == ["admin"]
    [said] = ward.extra(timers.STREAM, "timer_parked")
    assert (said["case"], said["timer"], said["attempts"]) == (bad, row.id, 3)


def test_an_administrator_lets_it_try_again_and_the_case_can_always_be_helped_by_hand(ward: Ward) -> None:
    case_id = ward.cooling("9500")
    for _ in range(3):
        ward.later(days=3)
        ward.sweep()
    timer = tried(ward, case_id)
    with writing(ward.sessions) as session:
        timers.unpark(session, timer.id, ward.actor("admin"), ward.now)
    row = tried(ward, case_id)
    assert (row.status, row.attempts, row.at) == ("due", 0, ward.now)
    assert [event.actor_id for event in ward.events(timers.STREAM, "timer_retried")] == [ward.ids["admin"]]
    with pytest.raises(Impossible), writing(ward.sessions) as session:
        timers.unpark(session, timer.id, ward.actor("admin"), ward.now)
    with pytest.raises(NotFound), writing(ward.sessions) as session:
        timers.unpark(session, "0" * 20, ward.actor("admin"), ward.now)
    ward.act("clerk", case_id, "approve")
    assert tried(ward, case_id).status == "cancelled" and ward.row(case_id).state == "paying"


def test_a_timer_the_definition_does_not_know_is_set_aside_and_shown(ward: Ward) -> None:
    case_id = ward.cooling()
    with writing(ward.sessions) as session:
        session.execute(update(Timer).where(Timer.case_id == case_id, Timer.status == "due").values(place=7))
    for _ in range(3):
        ward.later(days=3)
        ward.sweep()
    with reading(ward.sessions) as session:
        board = timers.board(session, ward.now)
    assert [(line.number, line.kind, line.what) for line in board.parked] == [(ward.row(case_id).number, "fire", None)]
    assert board.parked[0].error and "no such timer" in board.parked[0].error


@pytest.mark.parametrize(("error", "words"), [
    (ValueError("李文华 6228480010000000017"), "ValueError"), (Stale(one("OVERTAKEN", "此件已由王莉办理", "王莉 was faster"), by="王莉"), "Stale OVERTAKEN"),
    (Refused(one("X", "请填写“银行卡”", "Please fill in “Bank card”")), "请填写“银行卡” Please fill in “Bank card”")])
def test_why_it_failed_is_noted_without_the_data_it_met(error: Exception, words: str) -> None:
    assert told(error) == words


def test_a_timer_of_a_stay_that_is_over_is_cancelled_and_not_fired(ward: Ward) -> None:
    case_id = ward.cooling()
    with writing(ward.sessions) as session:
        session.execute(update(Timer).where(Timer.case_id == case_id, Timer.status == "due").values(entry=99))
    ward.later(days=3)
    assert ward.sweep() == timers.Swept() and tried(ward, case_id).status == "cancelled"


def test_nobody_but_those_above_the_case_hears_of_a_parked_timer(ward: Ward) -> None:
    case_id = ward.cooling("9500")
    for _ in range(3):
        ward.later(days=3)
        ward.sweep()
    assert tried(ward, case_id).status == "parked" and "outsider" not in ward.told("timer_parked")
