"""Fields of type person, org and file: what is kept, what is shown, and what nobody learns from them."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.storage.test_attachments import picture
from tests.world import World
from workflow import engine
from workflow.db import reading, writing
from workflow.errors import NotYours, Refused
from workflow.records import Attachment, CaseIdentity, Task

HOST = {"host": "539921-02", "injured": False}


def draft(world: World, **form: Any) -> str:
    case_id = world.start("worker", "seconded")
    world.save("worker", case_id, {**HOST, **form})
    attach(world, "worker", case_id, "letter")
    return case_id


def attach(world: World, short: str, case_id: str, kind: str) -> None:
    with writing(world.sessions) as session:
        engine.attach(session, case_id, kind, f"{kind}.jpg", picture(), world.actor(short), world.now)


def codes(caught: Any) -> list[tuple[str, str | None]]:
    return [(message.code, message.field) for message in caught.value.messages]


# --- unions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["539921-02", "县医院工会", " 县医院工会（539921-02）"])
def test_a_union_is_chosen_by_code_or_name_kept_by_id_and_shown_by_name(world: World, typed: str) -> None:
    case_id = draft(world, host=typed)
    world.act("worker", case_id, "submit")
    assert world.row(case_id).form["host"] == f"#{world.orgs['539921-02']}"
    view = world.look("hospital", case_id)
    assert view.form["host"].typed == "县医院工会（539921-02）"
    assert view.facts["form"]["host"] == "539921-02"


@pytest.mark.parametrize("typed", ["539921-09", "医院", "#999"])
def test_a_union_that_does_not_exist_is_told_beside_the_field_and_kept_as_typed(world: World, typed: str) -> None:
    case_id = world.start("worker", "seconded")
    assert [(m.code, m.field) for m in world.save("worker", case_id, {**HOST, "host": typed})] == [("FIELD_ORG", "form.host")]
    assert world.look("worker", case_id).typed == {"host": typed}
    with pytest.raises(Refused) as caught:
        world.act("worker", case_id, "submit")
    assert ("FIELD_ORG", "form.host") in codes(caught)


def test_rules_read_the_code_of_a_union(world: World) -> None:
    case_id = draft(world, host="539921-01-01")
    with pytest.raises(Refused) as caught:
        world.act("worker", case_id, "submit")
    assert codes(caught) == [("elsewhere", None)]


def test_the_task_goes_to_the_union_that_the_form_names(world: World) -> None:
    case_id = draft(world)
    world.act("worker", case_id, "submit")
    with reading(world.sessions) as session:
        task = session.scalars(select(Task).where(Task.case_id == case_id, Task.status == "open")).one()
    assert (task.role, task.organisation_id) == ("grassroots", world.orgs["539921-02"])
    with pytest.raises(NotYours):
        world.act("basic", case_id, "approve")
    assert world.act("hospital", case_id, "approve").to_state == "own_check"


def test_what_is_named_only_in_the_step_itself_counts_too(world: World) -> None:
    case_id = world.start("worker", "seconded")
    attach(world, "worker", case_id, "letter")
    world.act("worker", case_id, "submit", form=HOST)
    assert world.look("hospital", case_id).waiting[0].organisation == "县医院工会"


def test_a_union_without_an_officer_falls_back(world: World) -> None:
    case_id = draft(world, host="邻县水厂工会")
    world.act("worker", case_id, "submit")
    assert [(one.role, one.organisation) for one in world.look("worker", case_id).waiting] == [("county_handler", "云岭县总工会")]


def test_the_path_ahead_names_the_union_of_the_form(world: World) -> None:
    case_id = draft(world)
    view = world.look("worker", case_id)
    with reading(world.sessions) as session:
        from workflow.engine.path import ahead

        assert [step.organisation for step in ahead(session, view, view.facts, world.now)][:2] == ["县医院工会", "二建公司工会"]


def test_unions_stand_in_tables_too(world: World) -> None:
    case_id = draft(world)
    world.act("worker", case_id, "submit")
    with pytest.raises(Refused) as caught:
        world.act("hospital", case_id, "approve", form={"visits": [{"where": "无此工会"}]})
    assert codes(caught) == [("FIELD_ORG", "form.visits.1.where")]
    world.act("hospital", case_id, "approve", form={"visits": [{"where": "539921-01", "note": "已访"}]})
    assert world.look("basic", case_id).form["visits"][0]["where"].shown == "城关街道工会"


# --- people ------------------------------------------------------------------------------------------------


def with_host(world: World) -> str:
    case_id = draft(world)
    world.act("worker", case_id, "submit")
    world.act("hospital", case_id, "approve")
    return case_id


def typed_by(world: World, case_id: str, text: str, short: str = "basic") -> str | None:
    """Return the person that this text names to the officer, or None where it names nobody they may know of."""
    faults = [message.code for message in world.save(short, case_id, {"contact": text})]
    if faults:
        assert faults == ["FIELD_PERSON"]
        return None
    return str(world.look(short, case_id).form["contact"])


def test_an_officer_names_a_person_of_their_union_by_name_and_digits_or_number(world: World) -> None:
    case_id, number = with_host(world), number_of(world, "twin")
    for text in (f"李文华 {number[-4:]}", f"李文华{number[-4:].lower()}", number, world.ids["twin"]):
        assert typed_by(world, case_id, text) == world.ids["twin"], text


def test_who_is_out_of_reach_is_told_like_who_does_not_exist(world: World) -> None:
    case_id, number = with_host(world), number_of(world, "namesake")
    for text in (f"李文华 {number[-4:]}", number, world.ids["namesake"], "李文华", "李文华 0000", "没有人 1234", world.ids["far_worker"]):
        assert typed_by(world, case_id, text) is None, text


def test_an_applicant_finds_only_themself(world: World) -> None:
    case_id = world.start("worker", "seconded")
    assert world.save("worker", case_id, {"oneself": world.ids["worker"]}) == ()
    for other in (number_of(world, "twin"), world.ids["twin"], world.ids["basic"]):
        assert [message.code for message in world.save("worker", case_id, {"oneself": other})] == ["FIELD_PERSON"]


def test_a_person_is_shown_masked_and_stands_aside(world: World) -> None:
    case_id = with_host(world)
    world.save("basic", case_id, {"contact": number_of(world, "twin")})
    assert world.look("basic", case_id).form["contact"].shown == "李*华"
    world.act("basic", case_id, "approve")
    with reading(world.sessions) as session:
        held = session.scalars(select(CaseIdentity).where(CaseIdentity.case_id == case_id)).all()
    assert [(one.field, one.kind) for one in held] == [("contact", "idcard")]
    assert world.row(case_id).form["contact"] == world.ids["twin"]


# --- files -------------------------------------------------------------------------------------------------


def test_a_file_is_a_question_answered_by_one_upload(world: World) -> None:
    case_id = world.start("worker", "seconded")
    with pytest.raises(Refused) as caught:
        world.act("worker", case_id, "submit", form=HOST)
    assert codes(caught) == [("FILES_MISSING", "attachments.letter")]
    attach(world, "worker", case_id, "letter")
    with pytest.raises(Refused) as caught:
        attach(world, "worker", case_id, "letter")
    assert codes(caught) == [("TOO_MANY", "attachments.letter")]
    world.act("worker", case_id, "submit", form=HOST)
    with reading(world.sessions) as session:
        assert session.scalars(select(Attachment.kind).where(Attachment.case_id == case_id)).all() == ["letter"]


def test_a_file_is_asked_for_only_where_it_is_visible(world: World) -> None:
    case_id = draft(world, injured=True)
    with pytest.raises(Refused) as caught:
        world.act("worker", case_id, "submit")
    assert codes(caught) == [("FILES_MISSING", "attachments.proof")]
    attach(world, "worker", case_id, "proof")
    assert world.act("worker", case_id, "submit").to_state == "host_check"


def test_a_file_is_locked_and_unlocked_like_a_field(world: World) -> None:
    case_id = draft(world)
    world.act("worker", case_id, "submit")
    assert "attachments.letter" not in world.look("hospital", case_id).edit
    world.act("hospital", case_id, "return_to", comment="看不清")
    assert world.look("worker", case_id).edit == {"attachments.letter"}


def number_of(world: World, short: str) -> str:
    from workflow.privacy import vault
    from workflow.records import Person

    with reading(world.sessions) as session:
        person = session.get_one(Person, world.ids[short])
        assert person.id_no_sealed is not None
        return vault(session).open("people.id_no", person.id, person.id_no_sealed).decode()


def test_same_org_is_the_union_that_had_the_case_before(world: World) -> None:
    from tests.registers.conftest import SECONDED

    text = SECONDED.replace("key: seconded", "key: passed_on").replace(
        "grassroots: {role: grassroots, scope: applicant.union}", "grassroots: {role: grassroots, scope: same_org}")
    world.publish(text, "passed_on.v1.yaml")
    case_id = world.start("worker", "passed_on")
    attach(world, "worker", case_id, "letter")
    world.act("worker", case_id, "submit", form=HOST)
    world.act("hospital", case_id, "approve")
    assert [one.organisation for one in world.look("hospital", case_id).waiting] == ["县医院工会"]
