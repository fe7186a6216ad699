"""A vote without voters waits until an administrator has called them; a meeting on paper counts as its voices would."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from tests.votes.conftest import Council, council
from workflow import engine, history, people, queries
from workflow.actors import COMMAND, Actor
from workflow.db import reading, writing
from workflow.engine import meetings
from workflow.errors import BangfuError, Impossible, KeyReused, NotFound, NotYours, Refused
from workflow.records import Attachment, Decision, Event, Task

NINE = "vote: {mode: ratio, pass: 2/3, min_voters: 5, on_pass: approve, on_fail: reject}"
ALL = "vote: {mode: all, on_pass: approve, on_fail: reject}"
BY_LEADER = "vote: {mode: ratio, pass: 2/3, min_voters: 3, on_pass: approve, on_fail: reject, paper: chief}"


def codes(refused: BangfuError) -> list[str]:
    return [message.code for message in refused.messages]


def convene(world: Council, who: str, case_id: str) -> int:
    actor = world.actor(who)
    with writing(world.sessions) as session:
        return engine.convene(session, case_id, actor, world.now)


def appoint(world: Council, who: str) -> None:
    with writing(world.sessions) as session:
        people.appoint(session, world.ids[who], "county_committee", world.orgs["539921"], date(2026, 6, 1), None, actor=COMMAND, now=world.now)


def open_tasks(world: Council, case_id: str) -> list[tuple[str, str]]:
    with reading(world.sessions) as session:
        return [(task.kind, task.role) for task in session.scalars(
            select(Task).where(Task.case_id == case_id, Task.status.in_(("open", "waiting"))).order_by(Task.id))]


def events(world: Council, case_id: str) -> list[Any]:
    with reading(world.sessions) as session:
        return queries.events(session, case_id)


# --- calling the voters --------------------------------------------------------------------------------------


def test_an_administrator_calls_the_voters_once_there_are_enough(world: Council) -> None:
    case_id = world.meeting(NINE)
    with reading(world.sessions) as session:
        found = meetings.quorum(session, case_id, world.now)
    assert (found.needed, found.there, found.enough, found.role) == (5, 4, False, "county_committee")
    with pytest.raises(Refused) as caught:
        convene(world, "admin", case_id)
    assert codes(caught.value) == ["NO_QUORUM"] and "至少要 5 名" in str(caught.value) and "只有 4 人" in str(caught.value)
    assert open_tasks(world, case_id) == [("work", "admin")]
    appoint(world, "doctor")
    assert convene(world, "admin", case_id) == 5
    assert open_tasks(world, case_id) == [("ballot", "county_committee")] * 5
    last = events(world, case_id)[-1]
    assert (last.kind, last.role, last.extra) == ("convene", "admin", {"voters": 5})
    for voter in ("first", "second", "third", "fourth"):
        assert world.act(voter, case_id, "approve").to_state == "meeting"      # five must take part
    doctor = replace(world.actor("doctor"), posts=world.actor("first").posts)
    with writing(world.sessions) as session:
        assert engine.act(session, case_id, "approve", doctor, world.now, revision=world.row(case_id).revision).to_state == "paying"
    with pytest.raises(NotFound):
        convene(world, "admin", case_id)


@pytest.mark.parametrize("who", ["leader", "clerk", "worker", "auditor"])
def test_nobody_but_an_administrator_calls_them(world: Council, who: str) -> None:
    case_id = world.meeting(NINE)
    with pytest.raises(NotFound):
        convene(world, who, case_id)


def test_an_administrator_of_another_county_learns_nothing(world: Council) -> None:
    case_id = world.meeting(NINE)
    with writing(world.sessions) as session:
        person = people.add_person(session, world.now, COMMAND, "外人", union_id=world.orgs["539922"])
        people.appoint(session, person.id, "admin", world.orgs["539922"], date(2020, 1, 1), None, actor=COMMAND, now=world.now)
        account = people.add_account(session, person.id, "far", "x", actor=COMMAND, now=world.now)
        far: Actor = people.actor_of(session, account.id, world.now.date())
    with pytest.raises(NotFound), writing(world.sessions) as session:
        engine.convene(session, case_id, far, world.now)


def test_a_case_that_waits_for_nobody_is_no_case_to_an_administrator(world: Council) -> None:
    case_id = world.meeting()
    with pytest.raises(NotFound):
        convene(world, "admin", case_id)


# --- a result on paper ---------------------------------------------------------------------------------------


def test_a_meeting_carries_the_case_on_with_its_minutes(world: Council) -> None:
    case_id = world.meeting()
    before = world.row(case_id).revision
    done = world.enter("first", case_id, (3, 1, 0), True, comment="会议同意", idem_key="m1")
    assert (done.to_state, done.revision) == ("paying", before + 2)
    assert open_tasks(world, case_id) == [("work", "finance")]
    kinds = [(e.kind, e.trigger, e.actor_id is None) for e in events(world, case_id)][-3:]
    assert kinds == [("attach", None, False), ("meeting", "approve", False), ("act", "approve", True)]
    entered, step = events(world, case_id)[-2:]
    with reading(world.sessions) as session:
        file = session.scalars(select(Attachment).where(Attachment.case_id == case_id)).one()
        decided = session.scalars(select(Decision).where(Decision.case_id == case_id, Decision.state == "meeting").order_by(Decision.seq)).all()
    assert file.kind == "minutes" and entered.comment == "会议同意"
    assert entered.extra == {"in_favour": 3, "against": 1, "abstained": 0, "held_on": world.now.date().isoformat(), "minutes": file.id}
    assert step.extra == {"voices": {"agree": 3, "disagree": 1, "abstain": 0, "voters": 4}, "meeting": entered.seq}
    assert [(d.actor_id, d.seq) for d in decided] == [(world.ids["first"], entered.seq), (None, step.seq)]
    again = world.enter("first", case_id, (3, 1, 0), True, comment="会议同意", idem_key="m1")
    assert again.replayed and again.to_state == "paying" and len(events(world, case_id)) == step.seq
    with pytest.raises(KeyReused):
        world.enter("first", case_id, (4, 0, 0), True, comment="会议同意", idem_key="m1")


def test_a_meeting_that_did_not_pass_ends_the_case(world: Council) -> None:
    case_id = world.meeting()
    with pytest.raises(Refused) as caught:
        world.enter("first", case_id, (1, 2, 1), False)
    assert codes(caught.value) == ["COMMENT"]          # a refusal owes its reason, on paper as well
    assert world.enter("first", case_id, (1, 2, 1), False, comment="材料不足").to_state == "rejected"
    assert world.row(case_id).outcome == "rejected" and open_tasks(world, case_id) == []


@pytest.mark.parametrize(("counts", "passed", "code", "says"), [
    ((3, 1, 0), False, "RESULT_DIFFERS", "应为“通过”"),
    ((1, 3, 0), True, "RESULT_DIFFERS", "应为“不通过”"),
    ((4, 1, 0), True, "TOO_MANY_VOICES", "多于参加表决的 4 人"),
    ((2, 0, 0), True, "TOO_FEW_VOICES", "至少要 3 人"),
    ((0, 0, 0), False, "TOO_FEW_VOICES", "至少要 3 人"),
    ((-1, 4, 0), False, "COUNTS", "负数"),
    ((2, 1, 0), True, "NOT_SETTLED", "未到会的 1 人仍可能改变结果"),
])
def test_counts_that_do_not_fit_are_refused_in_words(world: Council, counts: tuple[int, int, int], passed: bool, code: str, says: str) -> None:
    case_id = world.meeting()
    with pytest.raises(Refused) as caught:
        world.enter("first", case_id, counts, passed, comment="说明")
    assert codes(caught.value) == [code] and says in str(caught.value)
    assert world.row(case_id).state == "meeting" and events(world, case_id)[-1].kind == "act"


def test_whoever_stayed_away_does_not_count_as_having_agreed(world: Council) -> None:
    case_id = world.meeting(ALL)
    with pytest.raises(Refused) as caught:
        world.enter("first", case_id, (3, 0, 0), True)
    assert codes(caught.value) == ["NOT_SETTLED"]
    assert world.enter("first", case_id, (4, 0, 0), True).to_state == "paying"


def test_a_vote_begun_online_ends_online(world: Council) -> None:
    case_id = world.meeting()
    world.act("second", case_id, "approve")
    with pytest.raises(Refused) as caught:
        world.enter("first", case_id, (4, 0, 0), True)
    assert codes(caught.value) == ["VOTED_ONLINE"]


def test_the_day_of_the_meeting_lies_between_the_step_and_today(world: Council) -> None:
    case_id = world.meeting()
    world.later(days=3)
    today = world.now.date()
    for day, code in ((today + timedelta(days=1), "MEETING_AHEAD"), (today - timedelta(days=4), "MEETING_EARLY")):
        with pytest.raises(Refused) as caught:
            world.enter("first", case_id, (4, 0, 0), True, held_on=day)
        assert codes(caught.value) == [code]
    assert world.enter("first", case_id, (4, 0, 0), True, held_on=today - timedelta(days=3)).to_state == "paying"


def test_voters_enter_a_result_and_nobody_else(world: Council) -> None:
    case_id = world.meeting()
    for who in ("clerk", "leader", "worker", "outsider", "auditor"):
        with pytest.raises(NotYours):
            world.enter(who, case_id, (4, 0, 0), True)


def test_the_post_that_the_vote_names_enters_it_and_no_voter(world: Council) -> None:
    case_id = world.meeting(BY_LEADER)
    for who in ("first", "clerk"):
        with pytest.raises(NotYours):
            world.enter(who, case_id, (4, 0, 0), True)
    assert world.enter("leader", case_id, (4, 0, 0), True).to_state == "paying"


def test_whoever_enters_it_is_judged_as_if_they_voted(world: Council) -> None:
    world.publish(_declared(), "council.v1.yaml")
    own = world.submitted("leader", "council", {"cost": "10"})
    world.act("clerk", own, "approve", declared=True)
    with pytest.raises(NotYours) as caught:
        world.enter("leader", own, (4, 0, 0), True, declared=True)
    assert codes(caught.value) == ["OWN_CASE"]
    other = world.submitted("worker", "council", {"cost": "10"})
    world.act("clerk", other, "approve", declared=True)
    with pytest.raises(NotYours) as caught:
        world.enter("leader", other, (4, 0, 0), True)
    assert codes(caught.value) == ["DECLARE"]
    assert world.enter("leader", other, (4, 0, 0), True, declared=True).to_state == "paying"


def _declared() -> str:
    return council(BY_LEADER).replace("separation: {", "separation: {relatives: declare, ")


def test_a_case_at_no_vote_takes_no_result(world: Council) -> None:
    case_id = world.meeting()
    world.act("first", case_id, "return_to", dest="review", comment="请核对")
    with pytest.raises(Impossible) as caught:
        world.enter("first", case_id, (4, 0, 0), True)
    assert codes(caught.value) == ["NO_VOTE_HERE"]


def test_a_vote_that_waits_for_voters_takes_no_result(world: Council) -> None:
    case_id = world.meeting(NINE.replace("on_fail: reject}", "on_fail: reject, paper: chief}"))
    with pytest.raises(Impossible) as caught:
        world.enter("leader", case_id, (4, 0, 0), True)
    assert codes(caught.value) == ["NOT_CONVENED"]


def test_two_results_at_once_count_once(world: Council) -> None:
    import threading

    case_id, outcomes = world.meeting(), list[str]()
    ready = threading.Barrier(2)

    def enter(who: str) -> None:
        ready.wait()
        try:
            outcomes.append(world.enter(who, case_id, (4, 0, 0), True).to_state)
        except BangfuError as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=enter, args=(who,)) for who in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Impossible", "paying"]
    assert [e.kind for e in events(world, case_id)].count("meeting") == 1


def test_an_applicant_sees_neither_minutes_nor_voters(world: Council) -> None:
    case_id = world.meeting()
    mine = world.look("worker", case_id)
    assert mine.voices == () and mine.heard == (0, 4)
    assert [(waiting.role, waiting.people) for waiting in mine.waiting] == [("county_committee", ())]
    world.act("first", case_id, "approve")
    assert world.look("worker", case_id).heard == (1, 4)
    other = world.at_the_vote()
    world.enter("first", other, (4, 0, 0), True)
    assert world.look("worker", other).attachments == ()
    assert [file.kind for file in world.look("clerk", other).attachments] == ["minutes"]


def test_what_a_result_is_tried_with_is_what_it_is_entered_with(world: Council) -> None:
    case_id, now = world.meeting(), world.now
    good = meetings.Tally(4, 0, 0, now.date(), True)
    actor, clerk = world.actor("first"), world.actor("clerk")
    with reading(world.sessions) as session:
        number = world.row(case_id).number
        assert number and meetings.by_number(session, number, actor) == case_id
        assert meetings.by_number(session, number, world.actor("outsider")) is None
        assert meetings.by_number(session, "JT-2026-9999", actor) is None
        assert meetings.try_result(session, case_id, actor, now, good) == ()
        assert [m.code for m in meetings.try_result(session, case_id, clerk, now, good)] == ["NOT_ADDRESSED"]
        assert [m.code for m in meetings.try_result(session, case_id, actor, now, meetings.Tally(0, 4, 0, now.date(), True))] == ["RESULT_DIFFERS"]


# --- and the record holds ------------------------------------------------------------------------------------


def test_a_log_with_votes_and_meetings_is_whole_and_a_changed_voice_is_found(world: Council, sessions: sessionmaker[Session]) -> None:
    voted, late = world.meeting(NINE.replace("5", "4")), world.at_the_vote("7000")
    for voter in ("first", "second", "third"):
        world.act(voter, voted, "approve", comment="同意")
    world.enter("first", late, (1, 3, 0), False, comment="不符合条件")
    world.publish(_second(NINE), "waiting.v1.yaml")
    waiting = world.submitted("nurse", "waiting", {"cost": "5"})
    world.act("clerk", waiting, "approve")
    appoint(world, "doctor")
    convene(world, "admin", waiting)
    with writing(sessions) as session:
        note = history.seal(session, world.now, "bangfu.example/log")
    with reading(sessions) as session:
        assert history.verify(session, seal_notes=[note]).items == ()
        ballot = session.scalars(select(Decision.seq).where(Decision.case_id == voted, Decision.actor_id == world.ids["second"])).one()
        meeting = session.scalars(select(Event.seq).where(Event.stream == late, Event.kind == "meeting")).one()
    with sessions() as session:                        # what only the owner of the database can do
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                session.execute(text(f'DROP TRIGGER "{name}"'))
        for case_id, seq in ((voted, ballot), (late, meeting)):
            session.execute(text("UPDATE decisions SET \"trigger\" = 'abstain' WHERE case_id = :id AND seq = :seq"), {"id": case_id, "seq": seq})
        session.commit()
    with reading(sessions) as session:
        found = history.verify(session, seal_notes=[note])
    assert {(item.code, item.stream, item.seq) for item in found.items} == {("DECISION", voted, ballot), ("DECISION", late, meeting)}


def _second(vote: str) -> str:
    return council(vote).replace("key: council", "key: waiting").replace("JT-", "WT-")
