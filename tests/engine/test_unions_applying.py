"""Programmes that unions apply for: through whom, what the rules may read, whose name is shown, and who goes on after a leaver."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.engine.conftest import AID
from tests.world import World
from workflow import engine, people, queries
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.engine import posted
from workflow.engine.dossier import open_dossier
from workflow.engine.facts import facts_of
from workflow.errors import NotFound, NotYours, Refused
from workflow.language import load
from workflow.language.definition import Duration, NoticeRule
from workflow.records import GrantLine

REFUND = (AID.replace("key: aid", "key: refund").replace("apply: {who: person, agent: true}", "apply: {who: organisation}\nbeneficiary: organisation")
          .replace("unique: [form.bill_no]", "unique: [org.code, case.cycle]\ncycle: calendar_year")
          .replace("  bill_no: {", "  holder: {label: 户名, type: text, prefill: org.name, validate: form.holder == org.name, message: 户名须是本工会}\n  bill_no: {")
          .replace("label: 初审, kind: task, actor: grassroots", "label: 初审, kind: task, actor: county")
          .replace("[first, check, decide, paying]", "[check, decide, paying]"))
FORM = {"bill_no": "A1", "cost": "2,400.00", "insured": "400", "bank_card": "6228480010000000017"}


@pytest.fixture
def county(world: World) -> World:
    """云岭 with a programme that unions apply for, and one officer who serves two unions."""
    world.publish(REFUND, "refund.v1.yaml")
    with writing(world.sessions) as session:
        people.appoint(session, world.ids["worker"], "grassroots", world.orgs["539921-01-01"], date(2020, 1, 1), None, actor=COMMAND, now=world.now)
        people.appoint(session, world.ids["hospital"], "township", world.orgs["539921-01"], date(2020, 1, 1), None, actor=COMMAND, now=world.now)
    world.open_accounts()
    return world


def start(world: World, who: str, union: str | None = None, key: str = "refund") -> str:
    with writing(world.sessions) as session:
        return engine.start(session, key, world.signed_in(who), world.now, organisation_id=world.orgs[union] if union else None)


def handed_in(world: World, who: str = "basic") -> str:
    case_id = start(world, who)
    world.act(who, case_id, "submit", form=FORM)
    return case_id


def test_the_case_lies_at_the_union_whatever_union_the_officer_belongs_to(county: World) -> None:
    row = county.row(start(county, "hospital", "539921-01"))
    assert (row.unit_id, row.applicant_id, row.filed_by) == (county.orgs["539921-01"], county.ids["hospital"], county.ids["hospital"])


def test_an_officer_of_several_unions_chooses(county: World) -> None:
    with pytest.raises(Refused) as caught:
        start(county, "hospital")
    message = caught.value.messages[0]
    assert (message.code, message.field) == ("WHICH_UNION", "organisation") and "县医院工会" in message.zh and "城关街道工会" in message.zh


@pytest.mark.parametrize(("who", "union"), [("basic", "539921-02"), ("basic", "539922-01"), ("town", "539921-01-01")])
def test_a_union_they_do_not_serve_is_not_there(county: World, who: str, union: str) -> None:
    with pytest.raises(NotFound):
        start(county, who, union)


@pytest.mark.parametrize("who", ["nurse", "clerk", "finance"])
def test_nobody_applies_in_person_and_the_county_does_not_grant_itself(county: World, who: str) -> None:
    with pytest.raises(NotYours) as caught:
        start(county, who)
    assert caught.value.messages[0].zh.startswith("个人不能申请，由单位工会申请")


def test_the_unions_name_is_filled_in_and_no_other_holder_is_paid(county: World) -> None:
    case_id = start(county, "basic")
    assert county.row(case_id).form["holder"] == "二建公司工会"
    with pytest.raises(Refused) as caught:
        county.act("basic", case_id, "submit", form=FORM | {"holder": "赵敏"})
    assert [message.zh for message in caught.value.messages] == ["户名须是本工会"]


def test_lists_and_lines_name_the_union(county: World) -> None:
    case_id = handed_in(county)
    with reading(county.sessions) as session:
        assert queries.search(session, county.actor("clerk"), "二建").rows[0].name == "二建公司工会"
        assert queries.tasks(session, county.actor("clerk"), county.now).rows[0].name == "二建公司工会"
        line = session.scalars(select(GrantLine).where(GrantLine.case_id == case_id)).one()
        assert (line.organisation_id, line.person_id, line.id_index) == (county.orgs["539921-01-01"], None, None)


def test_a_notice_names_the_union_in_full(county: World) -> None:
    case_id = handed_in(county)
    with reading(county.sessions) as session:
        dossier = open_dossier(session, case_id, county.actor("clerk"))
        rule = NoticeRule(days=Duration(5, "wd"), show=("applicant.name",), mask=frozenset({"applicant.name"}), where=())
        shown = posted.lines(dossier, rule, facts_of(session, dossier, county.now), None)
    assert [(line["label"]["zh"], line["value"]) for line in shown] == [("申请单位", "二建公司工会")]


def test_a_second_officer_of_the_same_union_meets_the_first_ones_application(county: World) -> None:
    handed_in(county)
    case_id = start(county, "worker")
    with pytest.raises(Refused) as caught:
        with writing(county.sessions) as session:
            engine.act(session, case_id, "submit", county.signed_in("worker"), county.now, revision=1, form=FORM)
    assert [message.code for message in caught.value.messages] == ["DUPLICATE"]


def test_counts_are_those_of_the_union(county: World) -> None:
    county.publish(REFUND.replace("key: refund", "key: counted").replace("unique: [org.code, case.cycle]\n", "").replace(
        "criteria:", "criteria:\n  - {name: once, label: 一次, expr: applicant.times_ever == 0, message: 贵单位已获过, at: submit, on_fail: refuse}"),
        "counted.v1.yaml")
    case_id = start(county, "basic", key="counted")
    county.act("basic", case_id, "submit", form=FORM)
    for who, trigger in (("clerk", "approve"), ("clerk2", "approve"), ("cashier", "pay")):
        county.act(who, case_id, trigger, form={"opinion": "属实"} if who == "clerk" else {})
    again = start(county, "worker", key="counted")
    with pytest.raises(Refused) as caught:
        with writing(county.sessions) as session:
            engine.act(session, again, "submit", county.signed_in("worker"), county.now, revision=1, form=FORM)
    assert [message.zh for message in caught.value.messages] == ["贵单位已获过"]


def test_whoever_filed_does_not_decide(county: World) -> None:
    with writing(county.sessions) as session:
        people.appoint(session, county.ids["basic"], "county_handler", county.orgs["539921"], date(2020, 1, 1), None, actor=COMMAND, now=county.now)
    case_id = handed_in(county)
    with pytest.raises(NotYours) as caught, writing(county.sessions) as session:
        engine.act(session, case_id, "approve", county.signed_in("basic"), county.now, revision=county.row(case_id).revision, form={"opinion": "属实"})
    assert [message.code for message in caught.value.messages] == ["OWN_CASE"]


@pytest.mark.parametrize("returned", [False, True])
def test_a_colleague_of_the_union_goes_on_after_a_leaver(county: World, returned: bool) -> None:
    case_id = handed_in(county) if returned else start(county, "basic")
    if returned:
        county.act("clerk", case_id, "return_to", comment="请更正", dest="draft")
    with writing(county.sessions) as session:
        receipt = engine.hand_over(session, county.ids["basic"], county.ids["worker"], county.signed_in("basic"), county.now)
    assert [(work.kind, work.why) for work in receipt.moved] == [("filed", "")]
    row = county.row(case_id)
    assert row.filed_by == county.ids["worker"]
    with writing(county.sessions) as session:
        done = engine.act(session, case_id, "submit", county.signed_in("worker"), county.now, revision=row.revision, form=FORM)
    assert done.to_state == "first"


def test_it_is_not_handed_to_another_union(county: World) -> None:
    start(county, "basic")
    with pytest.raises(Refused) as caught, writing(county.sessions) as session:
        engine.hand_over(session, county.ids["basic"], county.ids["hospital"], county.signed_in("basic"), county.now)
    assert "不是申请单位的工会经办人" in caught.value.messages[0].zh


@pytest.mark.parametrize(("change", "code", "said"), [
    (("expr: calc.net > 0,", "expr: applicant.member,"), "UNION_NOT_PERSON", "applicant.member"),
    (("expr: calc.net > 0,", "expr: household.size > 1,"), "UNION_NOT_PERSON", "household.size"),
    (("prefill: org.name", "prefill: applicant.name"), "UNION_NOT_PERSON", "applicant.name"),
    (("apply: {who: organisation}", "apply: {who: organisation, agent: true}"), "UNION_AGENT", "代办"),
    (("apply: {who: organisation}", "apply: {who: officer}"), "UNION_BENEFITS", "单位"),
])
def test_the_checker_refuses_what_is_about_a_person(change: tuple[str, str], code: str, said: str) -> None:
    faults = [fault for fault in load.read(REFUND.replace(*change), "refund.v1.yaml").faults if fault.severity == "error"]
    assert [fault.code for fault in faults] == [code] and said in faults[0].zh

