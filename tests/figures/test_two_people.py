"""One officer enters, another confirms; everything wrong is told with its field; open and decided cases stay as they are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.figures.conftest import BEGINS, CARD, FORM, PAPER, Policy
from tests.world import World
from workflow import figures, history, people, queries
from workflow.actors import COMMAND
from workflow.calendar import ZONE
from workflow.db import reading, writing
from workflow.errors import NotFound, NotYours, Refused
from workflow.privacy import vault
from workflow.records import Event, Household, HouseholdMember, Person, PolicyFigure


def test_who_may_enter_and_who_may_confirm(world: World, policy: Policy) -> None:
    for who, wrong in (("leader", NotYours), ("finance", NotYours), ("worker", NotFound), ("outsider", NotFound), ("basic", NotFound)):
        with pytest.raises(wrong):
            policy.enter("800", who=who)
    figure_id = policy.enter("800")
    for who, wrong in (("clerk", NotYours), ("clerk2", NotYours), ("finance", NotYours), ("outsider", NotFound), ("worker", NotFound)):
        with pytest.raises(wrong):
            policy.decide(figure_id, who)
    own = policy.enter("900", begins=date(2026, 9, 1), who="double")
    with pytest.raises(NotYours) as fault:
        policy.decide(own, "double")
    assert fault.value.messages[0].code == "TWO_PEOPLE"
    policy.decide(figure_id, "double")
    policy.decide(own, what=figures.decline)
    with pytest.raises(Refused):
        policy.decide(own)


def test_a_substitute_of_the_one_who_entered_does_not_confirm(world: World, policy: Policy) -> None:
    world.open_accounts()
    figure_id = policy.enter("800", who="double")
    with writing(world.sessions) as session:
        people.arrange(session, world.ids["double"], world.ids["third"], world.now.date(), world.now.date() + timedelta(days=3), "", COMMAND, world.now)
    third = world.signed_in("third")
    assert third.holds("county_leader")
    with reading(world.sessions) as session:
        assert not figures.may_decide(figures.figure(session, figure_id, third), third)
    with pytest.raises(NotYours), writing(world.sessions) as session:
        figures.confirm(session, figure_id, third, world.now)
    other = policy.enter("810", begins=date(2026, 6, 2))
    with writing(world.sessions) as session:
        figures.confirm(session, other, third, world.now)                # somebody else's: as the leader's substitute they may


def test_everything_wrong_is_told_with_its_field(world: World) -> None:
    with pytest.raises(Refused) as fault, writing(world.sessions) as session:
        figures.propose(session, world.orgs["539921"], "region", "dibao", "八百", None, "", "", world.actor("clerk"), world.now)
    assert {message.field for message in fault.value.messages} == {"value", "from_on", "title", "document"}
    for name, key, typed, field in (("dibo", "", "800", "name"), ("rate", "grant", "-1", "value"), ("months", "grant", "1.5", "value"),
                                    ("most", "grant", "1.234", "value"), ("until", "grant", "明天", "value"), ("open", "grant", "也许", "value"),
                                    ("way", "grant", "支票", "value"), ("none", "grant", "1", "name"), ("rate", "nothing", "1", "name")):
        with pytest.raises(Refused) as fault, writing(world.sessions) as session:
            figures.propose(session, world.orgs["539921"], "param" if key else "region", name, typed, BEGINS, *PAPER, world.actor("clerk"),
                            world.now, key=key)
        assert [message.field for message in fault.value.messages] == [field], (name, typed)


def test_one_of_a_kind_waits_and_every_step_is_an_event(world: World, policy: Policy) -> None:
    figure_id = policy.enter("800")
    with pytest.raises(Refused) as fault:
        policy.enter("801")
    assert fault.value.messages[0].code == "FIGURE_WAITS"
    policy.decide(figure_id, what=figures.decline)
    policy.set("802")
    with reading(world.sessions) as session:
        kinds = session.scalars(select(Event.kind).where(Event.stream == f"figures:{world.orgs['539921']}").order_by(Event.seq)).all()
        assert kinds == ["propose", "decline", "propose", "confirm"]
        assert not history.verify(session).items


def test_a_change_shows_the_open_cases_it_would_touch_and_changes_none(world: World, policy: Policy) -> None:
    decided = world.submitted("nurse", "grant", FORM)
    world.act("clerk", decided, "approve")
    world.act("leader", decided, "approve")
    waiting, draft = world.submitted("worker", "grant", FORM), world.start("far_worker", "grant")
    before = {case_id: (world.row(case_id).figures, world.row(case_id).amount_fen, world.row(case_id).revision) for case_id in (decided, waiting, draft)}
    assert before[decided][1] == 780_000
    figure_id = policy.enter("815.50")
    with reading(world.sessions) as session:
        seen = queries.touched(session, figures.figure(session, figure_id, world.actor("leader")), world.now)
    assert seen.count == 1 and [(row.case_id, row.name, row.state.zh, row.before, row.after) for row in seen.rows] == [
        (waiting, "李*华", "审核", "780", "815.5")]
    policy.decide(figure_id)
    for case_id, was in before.items():
        row = world.row(case_id)
        assert (row.figures, row.amount_fen, row.revision) == was
    world.act("clerk", waiting, "approve")
    world.act("leader", waiting, "approve")
    assert world.row(waiting).amount_fen == 780_000                      # as on the day it was handed in
    assert world.row(world.submitted("worker", "grant", FORM)).figures["region"]["dibao"] == "815.5"
    with reading(world.sessions) as session:
        stored = session.scalars(select(PolicyFigure).where(PolicyFigure.id == figure_id)).one()
        assert (stored.status, stored.decided_by) == ("confirmed", world.ids["leader"])


def test_a_param_touches_only_its_programme_and_what_is_equal_touches_nothing(world: World, policy: Policy) -> None:
    world.submitted("worker", "grant", FORM)
    for typed, count in (("0.50", 0), ("0.6", 1)):
        with reading(world.sessions) as session:
            values = figures.draft(session, "param", "grant", "rate", typed, BEGINS, *PAPER, world.now)
            place = queries.level_of(session, world.orgs["539921"])
            assert queries.touched(session, values | {"path": place.path, "level": place.level}, world.now).count == count
            far = queries.level_of(session, world.orgs["539922"])
            assert queries.touched(session, values | {"path": far.path, "level": far.level}, world.now).count == 0


def test_the_difference_is_told_and_the_decided_amount_stays(world: World, policy: Policy) -> None:
    case_id = world.submitted("worker", "grant", FORM)
    world.act("clerk", case_id, "approve")
    world.act("leader", case_id, "approve")
    policy.set("815")
    row = world.row(case_id)
    with writing(world.sessions) as session:
        session.get_one(Person, world.ids["worker"]).bank_card_sealed = vault(session).seal("people.bank_card", world.ids["worker"], b"6228480010000077313")
        home = Household(id="h1", head_id=world.ids["worker"], unit_id=row.unit_id, path=row.path, created_at=world.now, updated_at=world.now)
        session.add(home)
        session.flush()
        for who in ("worker", "far_worker"):
            session.add(HouseholdMember(household_id="h1", person_id=world.ids[who], relation="other", since_on=date(2026, 7, 1)))
    world.now += timedelta(days=30)
    with reading(world.sessions) as session:
        definition = world.look("clerk", case_id).definition
        told = {one.subject.name: one for one in queries.standards(session, definition, row.path, row.figures, world.now.astimezone(ZONE).date())}
        again = queries.recalculate(session, case_id)
        assert again is not None
        changed = queries.since_decision(session, case_id, again.seq, world.now)
    assert set(told) == {"dibao", "rate", "months", "most"}
    assert (told["dibao"].value, told["dibao"].today, told["dibao"].changed) == ("780", "815", True)
    assert told["dibao"].today_start == date(2026, 7, 1) and "16号" in told["dibao"].today_source        # by then the file's own
    assert not told["rate"].changed and told["rate"].source == "县自定"
    assert again.same and again.recorded_fen == 780_000 and row.amount_fen == 780_000
    assert [(one.kind, one.name, one.then, one.now) for one in changed] == [
        ("register", "bank_card", CARD, "6228480010000077313"), ("household", "size", 1, 2)]
    assert world.row(case_id).amount_fen == 780_000
