"""Substitutes: who may stand in for whom, and what they may then do."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.operations.conftest import at_check, at_meeting, events, holder
from tests.world import World
from workflow import engine, people, queries
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine import Done
from workflow.errors import Impossible, NotYours, Refused
from workflow.privacy import vault
from workflow.records import Appointment, Event, Person

TODAY = date(2026, 6, 15)


def arrange(world: World, who: str, substitute: str, first: date = TODAY, last: date = TODAY + timedelta(days=13), by: str | None = None) -> int:
    actor = world.signed_in(by or who)
    with writing(world.sessions) as session:
        return people.arrange(session, world.ids[who], world.ids[substitute], first, last, "外出培训", actor, world.now)


def act(world: World, short: str, case_id: str, trigger: str, **more: object) -> Done:
    """As `World.act`, with the posts of whom they stand in for."""
    actor = world.signed_in(short)
    with writing(world.sessions) as session:
        return engine.act(session, case_id, trigger, actor, world.now, revision=world.row(case_id).revision, **more)


def queue(world: World, short: str) -> list[str]:
    with reading(world.sessions) as session:
        return [row.case_id for row in queries.tasks(session, world.signed_in(short), world.now).rows]


def codes(caught: pytest.ExceptionInfo[Exception]) -> list[str]:
    return [message.code for message in caught.value.messages]


def test_an_officer_is_away_for_two_weeks(world: World) -> None:
    """Show 6: the substitute clears the queue, is refused on their own and on separated cases, and the trace says who
    acted for whom."""
    with writing(world.sessions) as session:         # the deputy of the hospital's union, who applied as well
        people.appoint(session, world.ids["nurse"], "grassroots", world.orgs["539921-02"], TODAY, None, actor=COMMAND, now=world.now)
    ordinary, claimed = at_check(world), at_check(world)
    own = world.submitted("nurse", "aid", {"cost": "900"})
    act(world, "hospital", own, "approve")
    for short in ("clerk2", "double"):               # the office is down to one, who goes away
        with writing(world.sessions) as session:
            for post in session.scalars(select(Appointment).where(
                    Appointment.person_id == world.ids[short], Appointment.role == "county_handler")):
                people.end_appointment(session, post.id, TODAY - timedelta(days=1), actor=COMMAND, now=world.now)
    world.operate("clerk", claimed, "claim")
    arrange(world, "clerk", "nurse")

    decided_by_deputy = world.submitted("hospital", "aid", {"cost": "900"})
    act(world, "nurse", decided_by_deputy, "approve")                             # at the first step, in a post of her own
    assert set(queue(world, "nurse")) >= {ordinary, claimed, own, decided_by_deputy}
    for case_id in (ordinary, claimed):
        assert act(world, "nurse", case_id, "approve").to_state == "meeting"
    for case_id, code in ((own, "OWN_CASE"), (decided_by_deputy, "SAME_PERSON")):
        with pytest.raises(NotYours) as caught:
            act(world, "nurse", case_id, "approve")
        assert codes(caught) == [code] and world.row(case_id).state == "check"

    with reading(world.sessions) as session:
        last = [event for event in queries.events(session, claimed) if event.kind == "act"][-1]
    assert (last.who, last.behalf, last.role, last.organisation) == ("和桂芬", "王莉", "county_handler", "云岭县总工会")

    world.now += timedelta(days=14)                  # the day after the last
    assert own not in queue(world, "nurse") and own in queue(world, "clerk")
    with pytest.raises(NotYours):
        act(world, "nurse", own, "approve")
    act(world, "clerk", own, "approve")


def test_the_substitute_stands_aside_where_whom_they_stand_in_for_must(world: World) -> None:
    with writing(world.sessions) as session:
        people.appoint(session, world.ids["worker"], "county_leader", world.orgs["539921"], TODAY, None, actor=COMMAND, now=world.now)
        people.appoint(session, world.ids["basic"], "finance", world.orgs["539921"], TODAY, None, actor=COMMAND, now=world.now)
    case_id = at_meeting(world)                      # of the new leader; the new finance officer decided it at the first step
    for short in ("first", "second", "third"):
        world.act(short, case_id, "approve")
    assert world.row(case_id).state == "paying"
    arrange(world, "basic", "leader")
    with pytest.raises(NotYours) as caught:
        act(world, "leader", case_id, "pay")
    assert codes(caught) == ["SAME_PERSON"] and "代理" in str(caught.value)
    assert act(world, "finance", case_id, "pay").to_state == "paid"


def test_whose_number_is_whom_they_stand_in_for_is_seen(world: World) -> None:
    case_id = at_check(world)
    with writing(world.sessions) as session:         # the clerk's own card stands in the case
        session.get_one(Person, world.ids["clerk"]).bank_card_index = vault(session).blind("bankcard", "6228480010000000017")
    arrange(world, "clerk", "leader")
    with pytest.raises(NotYours) as caught:
        act(world, "leader", case_id, "approve")
    assert codes(caught) == ["RELATED"]


def test_nobody_casts_two_ballots_by_standing_in(world: World) -> None:
    case_id = at_meeting(world)
    arrange(world, "second", "first")
    act(world, "first", case_id, "approve")
    with pytest.raises(NotYours) as caught:
        act(world, "first", case_id, "approve")
    assert codes(caught) == ["VOTED"] and len(events(world, case_id, "vote")) == 1
    other = at_meeting(world, "nurse")
    arrange(world, "third", "leader")                # who has no voice of their own
    act(world, "leader", other, "approve")
    vote = events(world, other, "vote")[0]
    assert (vote.actor_id, vote.on_behalf_of, vote.role) == (world.ids["leader"], world.ids["third"], "county_committee")


def test_a_substitute_claims_in_the_name_of_whom_they_stand_in_for(world: World) -> None:
    case_id = at_check(world)
    arrange(world, "clerk", "town")
    world.operate("town", case_id, "claim")
    assert holder(world, case_id) == "clerk"
    event = events(world, case_id, "claim")[0]
    assert (event.actor_id, event.on_behalf_of, event.organisation_id) == (world.ids["town"], world.ids["clerk"], world.orgs["539921"])
    act(world, "town", case_id, "approve")


# --- arranging it ------------------------------------------------------------------------------------------


def test_posts_are_held_on_the_days_of_the_absence_only(world: World) -> None:
    arrange(world, "clerk", "town", TODAY + timedelta(days=1), TODAY + timedelta(days=2))
    for days, held in ((0, False), (1, True), (2, True), (3, False)):
        with reading(world.sessions) as session:
            actor = people.actor_of(session, world.accounts["town"], TODAY + timedelta(days=days))
        assert (actor.stands_for == {world.ids["clerk"]}) is held
        assert [post.role for post in actor.posts if post.behalf is None] == ["township"]


@pytest.mark.parametrize(("who", "substitute", "code"), [
    ("clerk", "outsider", "SUBSTITUTE_ELSEWHERE"), ("clerk", "worker", "SUBSTITUTE_NO_POST"), ("clerk", "admin", "SUBSTITUTE_NO_POST"),
    ("clerk", "auditor", "SUBSTITUTE_NO_POST"), ("admin", "clerk", "NOTHING_TO_STAND_IN"), ("worker", "clerk", "NOTHING_TO_STAND_IN"),
    ("finance", "cashier", "ROLES_EXCLUSIVE")])
def test_only_a_colleague_of_the_county_with_a_deciding_post_stands_in(world: World, who: str, substitute: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        arrange(world, who, substitute)
    assert codes(caught) == [code]
    with reading(world.sessions) as session:
        assert session.scalars(select(Event).where(Event.kind == "absence")).all() == []


def test_there_are_no_chains_no_rings_and_no_second_substitute(world: World) -> None:
    arrange(world, "clerk", "town")
    for who, substitute, code in (("clerk", "leader", "ABSENCE_TWICE"), ("town", "leader", "SUBSTITUTE_CHAIN"),
                                  ("town", "clerk", "SUBSTITUTE_AWAY"), ("leader", "clerk", "SUBSTITUTE_AWAY")):
        with pytest.raises(Refused) as caught:
            arrange(world, who, substitute, TODAY + timedelta(days=13), TODAY + timedelta(days=20))
        assert code in codes(caught), (who, substitute)
    arrange(world, "town", "clerk", TODAY + timedelta(days=14), TODAY + timedelta(days=20))


def test_a_period_has_to_lie_ahead(world: World) -> None:
    for first, last in ((TODAY, TODAY - timedelta(days=1)), (TODAY - timedelta(days=9), TODAY - timedelta(days=1)), (TODAY, TODAY + timedelta(days=400))):
        with pytest.raises(Refused):
            arrange(world, "clerk", "town", first, last)


def test_one_arranges_ones_own_absence_or_the_administrator_does(world: World) -> None:
    with pytest.raises(NotYours):
        arrange(world, "clerk", "town", by="leader")
    absence = arrange(world, "clerk", "town", by="admin")
    with pytest.raises(NotYours), writing(world.sessions) as session:
        people.cancel(session, absence, world.signed_in("town"), world.now)
    with writing(world.sessions) as session:
        people.cancel(session, absence, world.signed_in("clerk"), world.now)
    with pytest.raises(Impossible), writing(world.sessions) as session:
        people.cancel(session, absence, world.signed_in("clerk"), world.now)
    assert world.signed_in("town").stands_for == frozenset()
    assert [event.kind for event in events(world, f"person:{world.ids['clerk']}", "absence")
            + events(world, f"person:{world.ids['clerk']}", "absence_end")] == ["absence", "absence_end"]
