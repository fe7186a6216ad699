"""移交: everything open that is one person's alone goes to a colleague, and what does not is told with the reason."""

import pytest
from sqlalchemy import select

from tests.operations.conftest import at_check, at_meeting, events, holder, tasks, told
from tests.world import World
from workflow import engine, people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine import Receipt
from workflow.errors import NotYours, Refused
from workflow.records import Case, Event, Task


def hand_over(world: World, who: str, to: str, by: str = "admin", **more: str) -> Receipt:
    actor = world.signed_in(by)
    with writing(world.sessions) as session:
        return engine.hand_over(session, world.ids[who], world.ids[to], actor, world.now, **more)


def test_everything_of_ones_own_goes_with_a_receipt(world: World) -> None:
    claimed, given, delegated, asked = (at_check(world) for _ in range(4))
    world.operate("clerk", claimed, "claim")
    world.operate("clerk2", given, "transfer", "clerk")
    world.operate("clerk", delegated, "delegate", "town")
    world.operate("clerk2", asked, "consult", "clerk", comment="如何看")
    receipt = hand_over(world, "clerk", "double", reason="调离")
    assert sorted((work.kind, work.case_id) for work in receipt.moved) == sorted(
        [("work", claimed), ("work", given), ("owned", delegated), ("consult", asked)])
    assert receipt.kept == () and receipt.reason == "调离" and receipt.by_id == world.ids["admin"]
    assert holder(world, claimed) == holder(world, given) == "double" and tasks(world, asked, "consult")[0].person_id == world.ids["double"]
    assert (holder(world, delegated), tasks(world, delegated, "work")[0].owner_id) == ("town", world.ids["double"])
    world.operate("town", delegated, "hand_back", comment="情况属实")
    for case_id in (claimed, given, delegated):
        world.act("double", case_id, "approve")
    assert [len(events(world, case_id, "hand_over")) for case_id in (claimed, given, delegated, asked)] == [1, 1, 1, 1]
    assert told(world, "double", "hand_over") == 1
    with reading(world.sessions) as session:
        assert engine.receipt(session, world.ids["clerk"], receipt.seq) == receipt
        assert engine.open_work(session, world.ids["clerk"]) == []


def test_what_cannot_be_moved_is_told_with_the_reason(world: World) -> None:
    with writing(world.sessions) as session:
        people.appoint(session, world.ids["nurse"], "county_handler", world.orgs["539921"], world.now.date(), None, actor=COMMAND, now=world.now)
    hers, other = at_check(world, "nurse"), at_check(world)
    for case_id in (hers, other):
        world.operate("clerk", case_id, "claim")
    receipt = hand_over(world, "clerk", "nurse")
    assert [work.case_id for work in receipt.moved] == [other]
    assert [(work.case_id, work.why) for work in receipt.kept] == [(hers, "OWN_CASE")]
    assert holder(world, hers) == "clerk" and events(world, hers, "hand_over") == []
    assert [work.case_id for work in hand_over(world, "clerk", "clerk2").moved] == [hers]


def test_a_ballot_goes_to_a_member_without_one(world: World) -> None:
    case_id = at_meeting(world)
    with pytest.raises(Refused) as caught:
        hand_over(world, "first", "second")
    assert [m.code for m in caught.value.messages] == ["NOTHING_MOVED"]
    with pytest.raises(Refused):
        hand_over(world, "first", "leader")          # no member of the committee
    with writing(world.sessions) as session:
        people.appoint(session, world.ids["town"], "county_committee", world.orgs["539921"], world.now.date(), None, actor=COMMAND, now=world.now)
    hand_over(world, "first", "town")
    world.act("second", case_id, "approve")
    actor = world.signed_in("town")
    with writing(world.sessions) as session:
        engine.act(session, case_id, "approve", actor, world.now, revision=world.row(case_id).revision)
    with pytest.raises(NotYours):
        world.act("first", case_id, "approve")


def test_what_was_filed_for_others_goes_to_another_agent(world: World) -> None:
    with writing(world.sessions) as session:
        case_id = engine.start(session, "aid", world.signed_in("basic"), world.now, applicant_id=world.ids["worker"])
        people.appoint(session, world.ids["hospital"], "grassroots", world.orgs["539921-01-01"], world.now.date(), None, actor=COMMAND, now=world.now)
    world.save("basic", case_id, {"cost": "900"})
    for short in ("clerk", "worker"):
        with pytest.raises(Refused):
            hand_over(world, "basic", short)
    receipt = hand_over(world, "basic", "hospital")
    assert [work.kind for work in receipt.moved] == ["filed"]
    actor = world.signed_in("hospital")
    with reading(world.sessions) as session:
        assert session.scalars(select(Case.filed_by).where(Case.id == case_id)).one() == world.ids["hospital"]
        assert session.scalars(select(Task.person_id).where(Task.case_id == case_id)).one() == world.ids["hospital"]
        view = engine.look(session, case_id, actor, world.now)
    assert str(view.form["cost"]) == "900" or str(view.form["cost"]) == "900.00"


def test_one_hands_over_ones_own_work_or_the_administrator_does(world: World) -> None:
    case_id = at_check(world)
    world.operate("clerk", case_id, "claim")
    for short in ("leader", "clerk2", "outsider"):
        with pytest.raises(NotYours):
            hand_over(world, "clerk", "clerk2", by=short)
    assert holder(world, case_id) == "clerk"
    hand_over(world, "clerk", "clerk2", by="clerk")
    with pytest.raises(Refused) as caught:
        hand_over(world, "clerk", "clerk2")
    assert [m.code for m in caught.value.messages] == ["NOTHING_TO_HAND_OVER"]


def test_the_same_key_hands_over_once(world: World) -> None:
    case_id = at_check(world)
    world.operate("clerk", case_id, "claim")
    first = hand_over(world, "clerk", "clerk2", idem_key="h1")
    assert hand_over(world, "clerk", "clerk2", idem_key="h1") == first
    with reading(world.sessions) as session:
        assert len(session.scalars(select(Event).where(Event.kind == "hand_over", Event.stream.startswith("person:"))).all()) == 1
