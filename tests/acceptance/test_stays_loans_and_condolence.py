"""Recuperation, health checks, childcare classes, start-up loans, legal aid and condolence go to each of their ends, by page and by API.

The runs are those of `test_to_their_ends`; here a form may hold a table, and money may be a bank's and not the union's.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import photo
from tests.acceptance.test_hardship_file import Caller
from tests.acceptance.test_to_their_ends import (
    CARD,
    CHILD,
    COUNCIL,
    HOME,
    NOTICED,
    PARENT,
    ROOT,
    SUBMIT,
    Step,
    days,
    decide,
    pass_days,
    s,
)
from tests.web.county import Clock
from tests.world import World
from web import db
from workflow import history, money
from workflow.payments import gathering
from workflow.records import GrantLine, Pool

JULY = datetime(2026, 7, 15, 2, tzinfo=UTC)
UNIT = "539921-01-01"
NEW_YEAR = datetime(2027, 1, 11, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Run:
    """A programme, its pool, what the applicant hands in, the steps to one end, and how many 分 were spent by then."""

    key: str
    pool: str
    form: Mapping[str, Any]
    files: tuple[str, ...]
    steps: Sequence[Step]
    end: str
    spent: int = 0
    who: str = "worker"
    day: datetime = JULY

    def __str__(self) -> str:
        return f"{self.key}-{self.end}-{len(self.steps)}"


VILLAGE = {"name": "李文华", "id_no": PARENT, "phone": "13887654321", "relation": "self", "member_name": "李文华", "member_id_no": PARENT, "village": "龙潭乡大坪村",
           "posted_from": "2025-05-01", "posted_to": "2027-04-30", "kind": "injury", "happened_on": "2026-06-20", "hospital_days": "6",
           "story": "入户途中摔伤", "bank_name": "农信社城关分社", "bank_card": CARD}
MEMBER = {"name": "李文华", "id_no": PARENT, "phone": "13887654321", "kind": "wedding", "what": "本人结婚", "happened_on": "2026-06-20", "asked": "1000",
          "bank_name": "农信社城关分社", "bank_card": CARD}
CLASSES = {"usci": "91530700MA6K0000XQ", "contact": "13887654321", "season": "summer", "place": "工人文化宫二楼", "agreement": "true", "insured": "true",
           "fire_safe": "true", "other_grant": "false", "bank_name": "农信社城关分社", "bank_card": CARD,
           "classes": [{"name": "一班", "kind": "new", "begins_on": "2026-06-08", "ends_on": "2026-07-10", "work_days": "22", "children": "25"}]}
LOAN = {"name": "李文华", "id_no": PARENT, "phone": "13887654321", "group": "returning", "business": "文华米线店", "usci": "91530700MA6K0000XQ",
        "registered_on": "2025-03-01", "form_of": "individual", "plan": "扩大店面", "asked": "150000", "months": "24", "earlier": "0",
        "unsettled": "false", "bad_credit": "false"}
STAY = {"contact": "13887654321", "quota": "5", "where": "inside", "place": "工人疗养院", "provider": "云岭工人疗养院", "from_on": "2026-08-10", "days": "5",
        "daily": "400", "insured": "true", "families": "0", "cash": "false",
        "roster": [{"name": "李文华", "id_no": PARENT, "group": "skilled", "fit": "true"}, {"name": "李明", "id_no": CHILD, "group": "front", "fit": "true"}]}
CHECK = {"contact": "13887654321", "kind": "front", "quota": "5", "provider": "县医院", "from_on": "2026-08-10", "price": "500",
         "roster": [{"name": "李文华", "id_no": PARENT, "woman": "false", "age": "27"}]}
LEGAL = {"name": "李文华", "id_no": PARENT, "phone": "13887654321", "employer": "云岭建筑公司", "dispute": "dismissal", "arose_on": "2026-06-01", "claim": "8000",
         "story": "无故解除合同", "urgent": "false", "income": "1200", "hit": "false"}
MODELS = {"planned_people": "2", "visit_from": "2027-01-18", "visit_to": "2027-01-29"}
HONOURED = [{"unit": "二建公司工会", "name": "李文华", "id_no": PARENT, "level": "nation", "living": "true", "card": CARD, "bank": "农信社"}]

TO_COUNTY = (SUBMIT, HOME, NOTICED, s("town", "approve"), s("clerk", "approve"))
PAY = s("cashier", "pay", "receipt", paid_on="2026-07-15")
PAID = (s("leader", "approve"), s("finance", "approve"), PAY)
HANDED = s("basic", "submit")
ACCEPTED = s("clerk", "approve", "acceptance", accepted_on="2026-07-15", acceptance_note="两人到场，抽查签到表")
OUT = (SUBMIT, s("clerk", "approve"), s("clerk", "approve", mentor="导师和刚，培训 5 天"), s("clerk", "approve", "visit", visit_result="店面属实"),
       s("leader", "approve"))
LENT = (*OUT, s("doctor", "approve"), s("doctor", "grant", "contract", contract_no="JK2026001", lent_on="2026-07-15"))
CHOSEN = (HANDED, NOTICED, s("clerk", "approve"), s("leader", "approve"))
AWAY = (*CHOSEN, s("clerk", "approve", "contract", booked_on="2026-07-15", contract_no="CG2026-08"))
ALL_CAME = s("clerk", "approve", "attendance", attended_note="全部参加")
BACK = (s("cashier", "pay", "receipt", paid_on="2026-07-15"),)


def village(end: str, *steps: Step, spent: int = 0, **form: str) -> Run:
    return Run("village_team_condolence", "539921/2026/village_teams@own_union", VILLAGE | form, ("dispatch", "proof", "duty"), steps, end, spent)


def member(end: str, *steps: Step, spent: int = 0) -> Run:
    return Run("grassroots_condolence", "539921/2026/grassroots_condolence@own_union", MEMBER, ("proof",), steps, end, spent)


def classes(end: str, *steps: Step, spent: int = 0) -> Run:
    return Run("care_class", "539921/2026/care_class@upper_union", CLASSES, ("register", "agreements", "policy", "fire_check", "account"), steps, end, spent, "basic")


def loan(end: str, *steps: Step, spent: int = 0) -> Run:
    return Run("startup_loan", "539921/2026/startup_loan@bank_loan", LOAN, ("id_card", "group_proof", "licence", "business_plan"), steps, end, spent)


def stay(end: str, *steps: Step, spent: int = 0) -> Run:
    return Run("rest_recuperation", "539921/2026/rest_recuperation@own_union", STAY, ("insurance", "opinion"), steps, end, spent, "basic")


def check(end: str, *steps: Step, spent: int = 0) -> Run:
    return Run("health_check", "539921/2026/health_check@own_union", CHECK, ("opinion",), steps, end, spent, "basic")


def legal(end: str, *steps: Step, spent: int = 0) -> Run:
    return Run("legal_aid", "", LEGAL, ("id_card", "economy", "papers"), steps, end, spent)


RUNS = (
    village("paid", *TO_COUNTY, *PAID, spent=200_000),
    village("paid", *TO_COUNTY, *COUNCIL, s("finance", "approve"), PAY, spent=2_000_000, kind="disabled", grade="g1"),
    village("rejected", SUBMIT, HOME, s("basic", "object"), s("basic", "reject")),
    village("withdrawn", SUBMIT, s("worker", "abandon")),
    village("lapsed", days(61)),
    member("paid", *TO_COUNTY, *PAID, spent=100_000),
    member("rejected", SUBMIT, s("basic", "reject")),
    classes("paid", HANDED, s("town", "approve"), ACCEPTED, NOTICED, *COUNCIL, s("finance", "approve"), *BACK, spent=2_000_000),
    classes("rejected", HANDED, s("town", "approve"), s("clerk", "reject")),
    classes("withdrawn", HANDED, s("basic", "abandon")),
    classes("lapsed", days(61)),
    loan("settled", *LENT, s("clerk", "settle", "settlement", settled_on="2026-07-15"), spent=15_000_000),
    loan("settled", *LENT, s("clerk", "late"), s("clerk", "cure", overdue_note="已还清"), s("clerk", "late"),
         s("clerk", "settle", "settlement", settled_on="2026-07-15"), spent=15_000_000),
    loan("compensated", *LENT, s("clerk", "late"), s("clerk", "compensate", "notice_photo", overdue_note="催收三次未还", notice_from="2026-07-06",
                                                    notice_to="2026-07-13"), spent=15_000_000),
    loan("declined", *OUT, s("doctor", "reject")),
    loan("withdrawn", SUBMIT, s("worker", "abandon")),
    loan("lapsed", days(61)),
    stay("paid", *AWAY, ALL_CAME, s("finance", "approve", "invoice", invoice_total="4000"), *BACK, spent=400_000),
    stay("rejected", HANDED, s("clerk", "object"), s("clerk", "reject")),
    stay("dropped", *AWAY, s("clerk", "drop")),
    stay("lapsed", days(61)),
    check("paid", *AWAY, ALL_CAME, s("finance", "approve", "invoice", invoice_total="500"), *BACK, spent=50_000),
    check("rejected", HANDED, NOTICED, s("clerk", "reject")),
    check("dropped", HANDED, s("basic", "abandon")),
    legal("closed", SUBMIT, s("clerk", "approve"), s("leader", "approve"),
          s("clerk", "close", "outcome", counsel="和律师", result="award", recovered="6500", closing_note="已回访"), spent=650_000),
    legal("refused", SUBMIT, s("clerk", "reject")),
)


def published(run: Callable[..., Result], app: Flask, key: str, pool: str) -> None:
    for flow in (ROOT / "definitions" / "flows").glob("*.yaml"):
        shutil.copy(flow, f"{app.config['DEFINITIONS']}/flows")
    release, opened = ("definitions", "publish", ROOT / "definitions" / f"{key}.v1.yaml"), ("pools", "open", pool, "200000.00")
    for words in (release, opened) if pool else (release,):
        done = run(*words)
        assert done.exit_code == 0, done.output


@pytest.fixture
def ready(run_: Run, app: Flask, world: World, clock: Clock, run: Callable[..., Result]) -> Run:
    clock.at = run_.day
    published(run, app, run_.key, run_.pool)
    return run_


def drafted(call: Caller, wanted: Run) -> str:
    whose = {"organisation": UNIT} if wanted.who == "basic" else {}
    case: str = call(wanted.who, "POST", "/applications", 201, json={"programme": wanted.key, "form": dict(wanted.form)} | whose)["id"]
    for kind in wanted.files:
        attach(call, wanted.who, case, kind)
    return case


def attach(call: Caller, who: str, case: str, kind: str) -> None:
    call(who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})


def act(call: Caller, case: str, step: Step, expect: int = 200, **form: Any) -> Any:
    for kind in step.files:
        attach(call, step.who, case, kind)
    seen = call(step.who, "GET", f"/applications/{case}")
    assert step.trigger in [action["trigger"] for action in seen["actions"]], (step, seen["actions"], seen["state"])
    return call(step.who, "POST", f"/applications/{case}/actions", expect, json={
        "trigger": step.trigger, "revision": seen["revision"], "comment": "已核实", "form": {**step.form, **form}, "dest": step.dest})


def finished(world: World, case_id: str, wanted: Run) -> None:
    row = world.row(case_id)
    assert row.state == wanted.end and row.outcome is not None
    with db.db.reading(world.sessions) as session:
        assert history.verify(session).items == ()
        assert [(pool.held, pool.spent) for pool in session.scalars(select(Pool))] == ([(0, wanted.spent)] if wanted.pool else [])
        lines = session.scalars(select(GrantLine).where(GrantLine.case_id == case_id)).all()
        assert sum(line.amount_fen for line in lines if line.status == "paid") == wanted.spent
        assert wanted.spent or all(line.status == "dropped" for line in lines)


@pytest.mark.parametrize("run_", RUNS, ids=str)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_by_api(app: Flask, world: World, clock: Clock, ready: Run) -> None:
    call = Caller(app)
    case = drafted(call, ready)
    for step in ready.steps:
        if step.who == "clock":
            pass_days(world, clock, step.days)
            call.tokens.clear()
        else:
            act(call, case, step)
    finished(world, case, ready)


@pytest.mark.parametrize("run_", [one for one in RUNS if one.end != "lapsed"], ids=str)        # nobody opens a page for what lapses
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_by_pages(app: Flask, world: World, clock: Clock, ready: Run, enter: Callable[[str], Newcomer]) -> None:
    """The form comes in by API, as from a county's own app; every step after it is taken on its page."""
    case_id = drafted(Caller(app), ready)
    for step in ready.steps:
        before = world.row(case_id)
        if step.who == "clock":
            pass_days(world, clock, step.days)
            continue
        reader = enter(step.who)
        if step.who == ready.who and step.trigger == "submit":
            reader.open(f"/cases/{case_id}/check")
            consent = next(one for one in reader.page.controls if one.name == "consent")
            button = next(one for one in reader.page.controls if one.tag == "button" and one.form == consent.form)
            reader.press(button.words.split()[0], consent="1")
        elif step.who == ready.who and step.trigger == "abandon":
            reader.open(f"/cases/{case_id}/act/abandon").press("确认")
        else:
            if step.trigger == "compensate":             # asked twice, so its papers are saved before
                reader.open(f"/tasks/{case_id}").press("保存并上传，先不办理", **{f"attachments.{kind}": [(photo(), f"{kind}.jpg")] for kind in step.files},
                                                       **{f"f.{name}": value for name, value in step.form.items()})
                step = s(step.who, step.trigger)
            decide(reader, case_id, step)
        assert world.row(case_id).revision > before.revision, f"{step}: {reader.url} {reader.page.words[:3000]}"
    finished(world, case_id, ready)


@pytest.fixture
def county(app: Flask, world: World, clock: Clock, run: Callable[..., Result]) -> Callable[[str, str, datetime], Caller]:
    """A county with that programme published and its pool filled, on that day."""
    def begin(key: str, pool: str, day: datetime) -> Caller:
        clock.at = day
        published(run, app, key, pool)
        return Caller(app)
    return begin


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_did_not_come_is_not_paid_for(county: Callable[..., Caller], world: World, clock: Clock) -> None:
    absent = stay("paid", *AWAY, s("clerk", "absent"), spent=200_000)
    call = county(absent.key, absent.pool, JULY)
    case = drafted(call, absent)
    for step in absent.steps:
        if step.who == "clock":
            pass_days(world, clock, step.days)
            call.tokens.clear()
        else:
            act(call, case, step)
    act(call, case, s("clerk", "approve", "attendance", attended_note="一人因病没有参加"), roster=STAY["roster"][:1])
    short = act(call, case, s("finance", "approve", "invoice", invoice_total="1999.99"), expect=422)
    assert "发票合计少于实际参加人员的费用" in str(short)
    act(call, case, s("finance", "approve", invoice_total="2000"))
    act(call, case, BACK[0])
    finished(world, case, absent)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_loan_is_told_apart_from_what_the_union_spends(county: Callable[..., Caller], world: World) -> None:
    lent = loan("tracking", *LENT, spent=15_000_000)
    call = county(lent.key, lent.pool, JULY)
    case = drafted(call, lent)
    for step in lent.steps:
        act(call, case, step)
    with db.db.reading(world.sessions) as session:
        assert money.spent_by_value(session, world.actor("leader")) == {"loan_facilitated": (0, 15_000_000)}
        assert gathering.payable(session, world.orgs["539921"]) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_model_workers_before_the_spring_festival(county: Callable[..., Caller], world: World) -> None:
    call = county("model_worker_festival", "539921/2027/model_workers@own_union", NEW_YEAR)
    case = call("clerk", "POST", "/applications", 201, json={"programme": "model_worker_festival", "form": MODELS})["id"]
    attach(call, "clerk", case, "plan")
    for step in (s("clerk", "submit"), s("leader", "approve"), *COUNCIL):
        act(call, case, step)
    act(call, case, s("clerk", "submit"), roster=HONOURED)
    act(call, case, s("clerk2", "approve"))
    assert world.row(case).amount_fen == 200_000
    act(call, case, s("finance", "approve", prepared_on="2027-01-11"))
    act(call, case, s("clerk2", "approve", "signed_sheet", "visit_photo", delivered_on="2027-01-11", delivery_note="王莉、赵敏两人到场"))
    with db.db.reading(world.sessions) as session:
        assert [(pool.held, pool.spent) for pool in session.scalars(select(Pool))] == [(200_000, 0)]
        line = session.scalars(select(GrantLine).where(GrantLine.case_id == case)).one()
        assert (line.status, line.amount_fen) == ("held", 200_000)
