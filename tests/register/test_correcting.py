"""A wrong name or number is put right by two officers; cases keep what they said, and the wrong number still leads to the person."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.engine.conftest import AID, FORM
from tests.register.conftest import MOTHER, SON, WIFE, Keeping, number
from tests.world import World
from workflow import people, register
from workflow.db import reading
from workflow.errors import NotFound, NotYours, Refused
from workflow.records import Case, Event, GrantLine, Person, PersonCorrection

RIGHT = number("53990119820304226")


def entry(world: World, person: str) -> Person:
    with reading(world.sessions) as session:
        return session.get_one(Person, person)


def proposed(keeping: Keeping, person: str, who: str = "clerk", **more: str | None) -> str:
    made: str = keeping.do(register.propose_correction, who, person, **({"reason": "核对身份证原件"} | more))
    return made


def test_one_officer_proposes_another_types_the_number_and_confirms(world: World, keeping: Keeping) -> None:
    person = keeping.person("段小洪", id_no=WIFE, code="539921-01-01")
    waiting = proposed(keeping, person, name="段小红", id_no=RIGHT)
    assert (entry(world, person).name, keeping.see(register.by_number, RIGHT)) == ("段小洪", (None, False))
    with pytest.raises(NotYours, match="不能由自己确认"):
        keeping.do(register.confirm_correction, "clerk", waiting, number=RIGHT)
    with pytest.raises(Refused, match="不一致"):
        keeping.do(register.confirm_correction, "basic", waiting, number=SON)
    assert keeping.do(register.confirm_correction, "basic", waiting, number=RIGHT.lower()) == person
    assert (entry(world, person).name, entry(world, person).born_on) == ("段小红", date(1982, 3, 4))
    assert keeping.see(register.by_number, RIGHT) == (person, False) and keeping.see(register.by_number, WIFE) == (person, True)
    with reading(world.sessions) as session:
        assert people.find(session, WIFE) is None            # the wrong number is free for whoever it belongs to
        row = session.scalars(select(PersonCorrection)).one()
        assert RIGHT.encode() not in row.sealed and row.status == "confirmed"
        told = session.scalars(select(Event).where(Event.stream == f"person:{person}").order_by(Event.seq)).all()
        assert [event.kind for event in told] == ["add", "correct_propose", "correct"]
        assert not any(word.encode() in event.body for event in told for word in (RIGHT, WIFE, "段小红"))
    shown = keeping.see(register.corrections, world.actor("clerk"), person_id=person)
    assert [(one.name, one.id_no) for one in shown] == [(("段小洪", "段小红"), ("539901********" + WIFE[-4:], "539901********" + RIGHT[-4:]))] and shown[0].decider
    with pytest.raises(Refused, match="已经处理"):
        keeping.do(register.decline_correction, "basic", waiting)
    keeping.clean()


def test_a_number_of_somebody_else_is_refused_and_the_merge_offered(world: World, keeping: Keeping) -> None:
    first, other = keeping.person("段小红", id_no=WIFE, code="539921-01-01"), keeping.person("段小红", id_no=RIGHT, code="539921-02")
    with pytest.raises(Refused, match="属于另一条登记（段\\*红）.*更正为空，再提出合并"):
        proposed(keeping, first, id_no=RIGHT)
    keeping.do(register.confirm_correction, "basic", proposed(keeping, first, id_no=""))
    assert entry(world, first).id_no_index is None
    with pytest.raises(Refused, match="请提出合并"):
        proposed(keeping, first, id_no=RIGHT)
    keeping.do(register.confirm, "clerk2", keeping.do(register.propose, "clerk", other, first, "核对证件是同一人"))
    assert entry(world, first).merged_into == other
    keeping.clean()


def test_the_other_entry_may_come_between_proposing_and_confirming(world: World, keeping: Keeping) -> None:
    person = keeping.person("段小红", id_no=WIFE, code="539921-01-01")
    waiting = proposed(keeping, person, id_no=RIGHT)
    keeping.person("别人", id_no=RIGHT, code="539921-02")
    with pytest.raises(Refused, match="属于另一条登记"):
        keeping.do(register.confirm_correction, "basic", waiting, number=RIGHT)
    keeping.do(register.decline_correction, "basic", waiting)
    assert entry(world, person).id_no_index is not None and keeping.see(register.by_number, WIFE) == (person, False)
    keeping.clean()


def test_what_is_refused(world: World, keeping: Keeping) -> None:
    person = keeping.person("段小红", id_no=WIFE, code="539921-01-01")
    for more, words in (({}, "没有需要更正"), ({"name": "段小红", "id_no": WIFE}, "没有需要更正"), ({"id_no": WIFE[:-1] + "9"}, "不正确"),
                        ({"name": "甲" * 101}, "不超过"), ({"name": "段红", "reason": " "}, "写明原因")):
        with pytest.raises(Refused, match=words):
            proposed(keeping, person, **more)
    for who, error in (("auditor", NotYours), ("leader", NotYours), ("hospital", NotFound), ("outsider", NotFound), ("worker", NotFound)):
        with pytest.raises(error):
            proposed(keeping, person, who, name="段红")
    with pytest.raises(NotYours, match="本人"):
        proposed(keeping, world.ids["basic"], "basic", name="某人")
    waiting = proposed(keeping, person, name="段红")
    with pytest.raises(Refused, match="在等另一位经办人确认"):
        proposed(keeping, person, name="段小虹")
    for who in ("hospital", "outsider"):
        with pytest.raises(NotFound):
            keeping.do(register.confirm_correction, who, waiting)
        assert keeping.see(register.corrections, world.actor(who)) == []
    assert [one.id for one in keeping.see(register.corrections, world.actor("auditor"))] == [waiting]


def test_cases_keep_what_they_said_and_what_was_granted_goes_on_counting(world: World, keeping: Keeping) -> None:
    world.publish(AID, "aid.v1.yaml")
    case_id = world.submitted("worker", "aid", FORM)
    worker = world.ids["worker"]
    before = keeping.see(lambda session: (session.get_one(Case, case_id).form, session.get_one(Case, case_id).sealed))
    keeping.do(register.confirm_correction, "clerk", proposed(keeping, worker, "clerk2", id_no=MOTHER, name="李文桦"), number=MOTHER)
    assert keeping.see(lambda session: (session.get_one(Case, case_id).form, session.get_one(Case, case_id).sealed)) == before
    with reading(world.sessions) as session:
        person = session.get_one(Person, worker)
        lines = session.execute(select(GrantLine.id_index, GrantLine.person_id).where(GrantLine.case_id == case_id)).all()
        assert all(line.id_index == person.id_no_index for line in lines if line.person_id == worker)
    keeping.clean()
