"""A clock that went wrong fires nothing, and what citizens lost while the system was down is given back to them."""

from datetime import timedelta

import pytest

from tests.timers.ward import Ward
from tests.world import NOW
from workflow import history, timers
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.errors import Impossible
from workflow.records.base import utc_text
from workflow.timers.running import Pace

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def live(ward: Ward, **more: object) -> timers.Swept:
    return ward.sweep(watched=True, **more)


def test_the_latest_time_seen_is_kept_and_a_little_behind_is_nobodys_fault(ward: Ward) -> None:
    ward.cooling()
    live(ward)
    ward.later(hours=48)
    ward.now -= timedelta(minutes=1)
    assert live(ward).fired == [] and ward.clock().seen_at == ward.now
    ward.later(minutes=1)
    assert len(live(ward).fired) == 1
    ward.now -= timedelta(minutes=1)
    assert not live(ward).paused and ward.clock().seen_at == ward.now + timedelta(minutes=1)


def test_a_clock_put_back_fires_nothing_until_it_has_caught_up(ward: Ward) -> None:
    case_id = ward.reviewed()
    ward.later(days=5)
    assert {f.kind for f in live(ward).fired} == {"remind"}
    events = [(event.seq, event.kind) for event in ward.events(case_id)]
    ward.now -= 2 * HOUR
    for _ in range(3):
        assert live(ward).paused
        ward.later(minutes=5)
    assert ward.told("clock_back") == ["admin"] and len(ward.events(timers.STREAM, "clock_back")) == 1
    assert [(event.seq, event.kind) for event in ward.events(case_id)] == events
    assert ward.clock().paused_at is None                  # nobody has to confirm it: it goes on by itself
    ward.later(hours=2)
    assert not live(ward).paused and ward.clock().reason is None
    assert len(ward.events(timers.STREAM, "clock_caught_up")) == 1
    assert [row.run for row in ward.timers(case_id) if row.kind == "remind" and row.status == "fired"] == [1]


def test_a_jump_of_thirty_days_stops_everything_until_an_administrator_has_looked(ward: Ward) -> None:
    draft, waiting = ward.start("worker", "watched"), ward.cooling()
    live(ward)
    right = ward.later(seconds=5)
    ward.now += 30 * DAY
    swept = live(ward, ahead=30 * DAY)
    assert swept.paused and swept.fired == []
    assert ward.told("timers_paused") == ["admin"]
    assert live(ward).paused and live(ward).paused         # another process, or the same a moment later
    ward.now = right + timedelta(seconds=10)               # somebody puts the clock right; it still has to be confirmed
    assert live(ward).paused and len(ward.events(timers.STREAM, "timers_paused")) == 1
    with writing(ward.sessions) as session:
        timers.confirm(session, ward.actor("admin"), ward.now)
    assert not live(ward).paused
    assert (ward.row(draft).state, ward.row(waiting).state) == ("draft", "cooling")
    assert [event.actor_id for event in ward.events(timers.STREAM, "timers_confirmed")] == [ward.ids["admin"]]
    assert ward.events(timers.STREAM, "downtime") == []


def test_a_confirmed_jump_counts_as_downtime(ward: Ward) -> None:
    draft = ward.start("worker", "watched")
    live(ward)
    promised = ward.timers(draft)[1].at
    ward.later(days=30)
    assert live(ward, ahead=30 * DAY).paused
    with writing(ward.sessions) as session:
        timers.confirm(session, COMMAND, ward.now)
    assert [f.kind for f in live(ward).fired] == ["remind"]
    assert ward.timers(draft)[1].at == promised + 30 * DAY
    with writing(ward.sessions) as session:
        history.sequence(session)
    with reading(ward.sessions) as session:
        assert history.verify(session).items == ()
    assert [event.kind for event in ward.events(timers.STREAM)] == ["timers_paused", "timers_confirmed", "downtime"]


def test_confirming_where_nothing_stands_still_is_refused(ward: Ward) -> None:
    live(ward)
    with pytest.raises(Impossible), writing(ward.sessions) as session:
        timers.confirm(session, ward.actor("admin"), ward.now)


def test_days_without_power_are_added_to_what_citizens_have_left_and_to_nothing_else(ward: Ward) -> None:
    draft, waiting, corrected = ward.start("worker", "watched"), ward.cooling(), ward.reviewed()
    ward.act("clerk", corrected, "return_to", comment="请补充", dest="more")
    ward.later(days=59)
    live(ward)                                             # the first one ever: there is nothing to compare with
    was = {case_id: next(row for row in ward.timers(case_id) if row.status == "due" and row.kind == "fire") for case_id in (draft,)}
    live(ward)
    since = ward.now
    ward.later(days=3)
    swept = live(ward)
    assert draft not in [f.case_id for f in swept.fired] and ward.row(draft).state == "draft"
    row = next(row for row in ward.timers(draft) if row.kind == "fire")
    assert (row.at, row.due_at) == (was[draft].at + 3 * DAY, was[draft].due_at)
    [said] = ward.extra(timers.STREAM, "downtime")
    assert said == {"since": utc_text(since), "until": utc_text(ward.now), "count": 1}
    assert ward.row(waiting).state == "paying"             # what officers and the clock wait for is caught up at once
    while ward.now < row.at:
        ward.later(minutes=50)
        assert draft not in [f.case_id for f in live(ward).fired] or ward.now >= row.at
    told = ward.extra(draft, "act")[-1]
    assert ward.row(draft).outcome == "lapsed"
    assert (told["due_at"], told["fired_at"]) == (utc_text(row.due_at), utc_text(ward.now))


def test_who_began_during_the_downtime_gets_back_only_what_they_lost(ward: Ward) -> None:
    live(ward)
    ward.later(days=2)
    draft = ward.start("worker", "watched")
    promised = ward.timers(draft)[1].at
    ward.later(hours=12)
    live(ward)
    assert ward.timers(draft)[1].at == promised + 12 * HOUR


def test_an_hour_without_a_sweep_is_no_downtime(ward: Ward) -> None:
    draft = ward.start("worker", "watched")
    live(ward)
    ward.later(minutes=59)
    live(ward)
    assert ward.events(timers.STREAM) == [] and ward.timers(draft)[1].at == ward.timers(draft)[1].due_at


def test_a_process_notices_that_the_wall_clock_runs_away_from_its_own(ward: Ward) -> None:
    draft = ward.start("worker", "watched")
    moment, count = [NOW], [1000.0]
    pace = Pace(ward.sessions, lambda: moment[0], lambda: count[0])
    for _ in range(3):
        moment[0], count[0] = moment[0] + timedelta(seconds=5), count[0] + 5
        pace.sweep(moment[0])
    assert ward.clock().paused_at is None
    moment[0], count[0] = moment[0] + 90 * DAY, count[0] + 5
    pace.sweep(moment[0])
    assert ward.clock().paused_at == moment[0] and ward.row(draft).state == "draft"
    with reading(ward.sessions) as session:
        health, board = timers.health(session, moment[0]), timers.board(session, moment[0])
    assert health.stands_still and board.trouble is not None and board.trouble.kind == "ahead"
    assert board.trouble.came - board.trouble.seen == 90 * DAY


def test_a_slept_hour_is_no_jump_where_the_machine_counts_it(ward: Ward) -> None:
    moment, count = [NOW], [1000.0]
    pace = Pace(ward.sessions, lambda: moment[0], lambda: count[0])
    pace.sweep(moment[0])
    moment[0], count[0] = moment[0] + 2 * HOUR, count[0] + 7200
    pace.sweep(moment[0])
    assert ward.clock().paused_at is None and len(ward.events(timers.STREAM, "downtime")) == 1
