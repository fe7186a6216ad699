"""困难职工建档 goes to each of its ends by page and by API, and the register follows: opened, reviewed, left, ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import photo
from tests.acceptance.test_to_their_ends import ROOT, Step, days, s
from tests.register.conftest import MOTHER, SON, WIFE, number
from tests.web.county import HASH, PASSWORD, Clock
from tests.world import World
from web import db
from workflow import history, people, timers
from workflow.actors import COMMAND
from workflow.records import Clock as Swept
from workflow.records import Event, HardshipFile, HouseholdMember, Person

APRIL = datetime(2026, 4, 13, 2, tzinfo=UTC)
FAMILY = ({"name": "张丽", "id_no": WIFE, "relation": "spouse", "income": "1200"}, {"name": "李明", "id_no": SON, "relation": "child"})
FORM: Mapping[str, Any] = {
    "name": "李文华", "id_no": number("53990119800102123"), "phone": "13887654321", "address": "城关街道文化路12号3单元", "work_state": "working",
    "contract_months": "30", "marital": "married", "health": "chronic", "annual_income": "30000", "rigid_spending": "6000", "dibao": "false",
    "cause": "low_wage", "cause_note": "一人工资供养三口", "dwellings": "1", "shop": "false", "vehicle": "false", "dear_school": "false",
    "bank_name": "农信社城关分社", "bank_card": "6222021001116245702"}
FILES = ("id_cards", "income_proof", "contract", "checking_consent")
VISIT = Step("basic", "approve", {"visitor_1": "{basic}", "visitor_2": "{basic2}", "visited_on": "2026-04-13", "visit_result": "属实",
                                  "checklist": ["asked", "looked", "checked", "discussed"]}, ("visit", "visit_form", "minutes"))
SUBMIT = Step("worker", "submit")
RECOGNISED = (SUBMIT, VISIT, days(8), s("town", "approve"), s("clerk", "approve", economic_check="passed", category="deep"), s("leader", "approve"))
REVIEWED = (s("basic", "report", "review_proof", annual_income="36000", rigid_spending="6000"), s("clerk", "keep", category="relative"))
EXIT = {"annual_income": "60000", "cause_gone": "true", "months_above": "7", "end_reason": "employed", "visitor_1": "{basic}", "visitor_2": "{basic2}",
        "visited_on": "2026-04-13"}
LEAVES = (Step("basic", "approve", EXIT, ("exit_visit", "worker_confirmation")), s("clerk", "approve"), days(8), s("leader", "exit"))


@dataclass(frozen=True)
class Run:
    """The steps to one end, and what the register says then: status, category, reason; None where no file was opened."""

    end: str
    steps: Sequence[Step]
    file: tuple[str, str, str] | None = None

    def __str__(self) -> str:
        return f"{self.end}-{len(self.steps)}"


RUNS = (
    Run("on_file", RECOGNISED, ("on_file", "deep", "")),
    Run("on_file", (*RECOGNISED, days(366), *REVIEWED), ("on_file", "relative", "")),
    Run("on_file", (*RECOGNISED, s("worker", "report_change"), *REVIEWED), ("on_file", "relative", "")),
    Run("exited", (*RECOGNISED, s("basic", "propose_exit"), *LEAVES), ("exited", "deep", "实现就业")),
    Run("cancelled", (*RECOGNISED, s("basic", "propose_cancel"), s("clerk", "approve", "cancel_proof", end_reason="death"), s("leader", "cancel")),
        ("cancelled", "deep", "死亡")),
    Run("rejected", (SUBMIT, VISIT, days(8), s("town", "reject"))),
    Run("withdrawn", (SUBMIT, VISIT, s("worker", "abandon"))),
    Run("lapsed", (days(61),)),
)


@pytest.fixture
def ready(app: Flask, world: World, clock: Clock, run: Callable[..., Result]) -> World:
    """The programme checked and published by the commands, and a second officer at the worker's union."""
    clock.at = APRIL
    for flow in (ROOT / "definitions" / "flows").glob("*.yaml"):
        shutil.copy(flow, f"{app.config['DEFINITIONS']}/flows")
    checked = run("definitions", "check", ROOT / "definitions" / "hardship_file.v1.yaml")
    assert checked.exit_code == 0 and "0 个错误，0 个提醒" in checked.output, checked.output
    done = run("definitions", "publish", ROOT / "definitions" / "hardship_file.v1.yaml")
    assert done.exit_code == 0, done.output
    with db.db.writing(world.sessions) as session:
        person = people.add_person(session, world.now, COMMAND, "杨洁", union_id=world.orgs["539921-01-01"], member_since=date(2018, 3, 1))
        people.appoint(session, person.id, "grassroots", world.orgs["539921-01-01"], date(2020, 1, 1), None, actor=COMMAND, now=world.now)
        people.add_account(session, person.id, "basic2", HASH, actor=COMMAND, now=world.now)
        world.ids["basic2"] = person.id
    return world


def pass_days(world: World, clock: Clock, count: int) -> None:
    """Let days pass on which timers were swept all along: after a downtime applicants would be given theirs back."""
    clock.move(days=count)
    with db.db.writing(world.sessions) as session:
        session.execute(update(Swept).values(swept_at=clock.at - timedelta(minutes=1)))
    for _ in range(3):
        timers.sweep(world.sessions, clock.at)


def said(step: Step, world: World) -> dict[str, Any]:
    return {name: value.format(**world.ids) if isinstance(value, str) else value for name, value in step.form.items()}


def finished(world: World, case_id: str, wanted: Run) -> None:
    row = world.row(case_id)
    assert row.state == wanted.end
    with db.db.reading(world.sessions) as session:
        assert history.verify(session).items == ()
        file = session.scalar(select(HardshipFile))
        if wanted.file is None:
            assert file is None
            return
        assert (file.status, file.category, file.end_reason) == wanted.file
        assert (file.number, file.case_id, file.size, file.head_id) == (row.number, case_id, 3, world.ids["worker"])
        known = people.find(session, FORM["id_no"])
        assert known is not None and known.id == world.ids["worker"]         # the number that the register lacked
        members = dict(session.execute(select(Person.name, HouseholdMember.relation).join(Person, Person.id == HouseholdMember.person_id).where(
            HouseholdMember.household_id == file.household_id)).all())
        assert members == {"李文华": "head", "张丽": "spouse", "李明": "child"}
        kinds = session.scalars(select(Event.kind).where(Event.stream == f"household:{file.household_id}").order_by(Event.seq)).all()
        assert kinds[:4] == ["open", "join", "join", "file_open"]
        assert ("file_renew" in kinds, "file_end" in kinds) == (file.category == "relative", wanted.end != "on_file")


@pytest.mark.parametrize("wanted", RUNS, ids=str)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_by_api(app: Flask, ready: World, clock: Clock, wanted: Run) -> None:
    call = Caller(app)
    case = filed(call, "worker", FORM | {"family": list(FAMILY)})
    for step in wanted.steps:
        if step.who == "clock":
            pass_days(ready, clock, step.days)
            call.tokens.clear()
        else:
            taken(call, case, step, said(step, ready))
    finished(ready, case, wanted)


class Caller:
    """The API as several people use it, each with a token of their own."""

    def __init__(self, app: Flask) -> None:
        self.client, self.tokens = app.test_client(), dict[str, str]()

    def __call__(self, who: str, method: str, path: str, expect: int = 200, **more: Any) -> Any:
        if who and who not in self.tokens:
            self.tokens[who] = self("", "POST", "/tokens", 201, json={"username": who, "password": PASSWORD})["token"]
        answer = self.client.open(f"/api/v1{path}", method=method, headers={"Authorization": f"Bearer {self.tokens[who]}"} if who else {}, **more)
        assert answer.status_code == expect, f"{method} {path} as {who}: {answer.status_code} {answer.text[:2000]}"
        return answer.json


def filed(call: Caller, who: str, form: Mapping[str, Any]) -> str:
    case: str = call(who, "POST", "/applications", 201, json={"programme": "hardship_file", "form": dict(form)})["id"]
    for kind in FILES:
        call(who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
    return case


def taken(call: Caller, case: str, step: Step, form: Mapping[str, Any], expect: int = 200) -> Any:
    for kind in step.files:
        call(step.who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
    seen = call(step.who, "GET", f"/applications/{case}")
    assert step.trigger in [action["trigger"] for action in seen["actions"]], (step, seen["actions"], seen["state"])
    return call(step.who, "POST", f"/applications/{case}/actions", expect, json={
        "trigger": step.trigger, "revision": seen["revision"], "comment": "已核实", "form": dict(form), "dest": step.dest, "declared": True})


@pytest.mark.parametrize("wanted", RUNS, ids=str)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_by_pages(ready: World, clock: Clock, enter: Callable[[str], Newcomer], wanted: Run) -> None:
    case_id = filled_in(enter("worker"))
    for step in wanted.steps:
        before = ready.row(case_id).revision
        if step.who == "clock":
            pass_days(ready, clock, step.days)
            continue
        reader = enter(step.who)
        if step.who == "worker" and step.trigger == "submit":
            reader.open(f"/cases/{case_id}/check").press("提交", consent="1")
        elif step.who == "worker":
            reader.open(f"/cases/{case_id}/act/{step.trigger}").press("确认", comment="孩子上大学了")
        else:
            decide(reader, case_id, step, said(step, ready))
        assert ready.row(case_id).revision > before, f"{step}: {reader.url} {reader.page.words[:3000]}"
    finished(ready, case_id, wanted)


def filled_in(worker: Newcomer) -> str:
    """Fill in every page of the form, the table of the family by its own button, as far as 核对后提交."""
    worker.open("/programmes/hardship_file").press("开始申请")
    case_id = worker.url.split("/")[2]
    worker.open(f"/cases/{case_id}/form/1")
    for _page in range(20):
        if "/check" in worker.url:
            break
        asked = {one.name for one in worker.page.controls}
        numbers = sorted({int(name.split(".")[2]) for name in asked if name.startswith("f.family.")})
        cells = {f"f.family.{n}.{column}": value for n, row in zip(numbers, FAMILY, strict=False) for column, value in row.items()}
        if 0 < len(numbers) < len(FAMILY):
            worker.press("再加一行", **cells)
            continue
        typed: dict[str, Any] = {f"f.{name}": value for name, value in FORM.items() if f"f.{name}" in asked}
        typed |= cells
        typed |= {f"file.{kind}": [(photo(), f"{kind}.jpg")] for kind in FILES if f"file.{kind}" in asked}
        worker.press("保存并继续", **typed)
    assert "/check" in worker.url, worker.page.words
    return case_id


def decide(officer: Newcomer, case_id: str, step: Step, form: Mapping[str, Any]) -> None:
    officer.open(f"/tasks/{case_id}")
    asked = {one.name for one in officer.page.controls}      # who visited the first time stands there already, masked
    typed: dict[str, Any] = {f"f.{name}": value for name, value in form.items() if f"f.{name}" in asked}
    typed |= {f"attachments.{kind}": [(photo(), f"{kind}.jpg")] for kind in step.files}
    officer.press("", step.trigger, comment="已核实", declared="1", **typed)
    if f"/tasks/{case_id}/act" in officer.url and any(
            one.attributes.get("value") == step.trigger for one in officer.page.controls if one.tag == "button"):
        officer.press("", step.trigger)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_visit_is_made_by_two_officers_and_nobody_is_filed_twice(app: Flask, ready: World, clock: Clock) -> None:
    call = Caller(app)
    first = filed(call, "worker", FORM | {"family": list(FAMILY)})
    taken(call, first, SUBMIT, {})
    alone = taken(call, first, VISIT, said(VISIT, ready) | {"visitor_2": ready.ids["basic"]}, 422)
    assert "入户走访须由两名不同的工作人员进行" in str(alone)
    idle = taken(call, first, VISIT, said(VISIT, ready) | {"visitor_2": ready.ids["worker"]}, 422)
    assert "没有任职，不能作为入户人员" in str(idle)
    taken(call, first, VISIT, said(VISIT, ready))
    pass_days(ready, clock, 8)
    call.tokens.clear()
    for step in RECOGNISED[3:]:
        taken(call, first, step, said(step, ready))
    with db.db.reading(ready.sessions) as session:
        known = session.scalars(select(HardshipFile.number)).one()
    other = FORM | {"name": "和桂芬", "id_no": number("53990119850102124"), "family": [
        {"name": "周奶奶", "id_no": MOTHER, "relation": "parent"}, {"name": "李明", "id_no": SON, "relation": "child"}]}
    second = filed(call, "nurse", other)
    taken(call, second, Step("nurse", "submit"), {})
    with db.db.writing(ready.sessions) as session:
        person = people.add_person(session, ready.now, COMMAND, "陆军", union_id=ready.orgs["539921-02"])
        people.appoint(session, person.id, "grassroots", ready.orgs["539921-02"], date(2020, 1, 1), None, actor=COMMAND, now=ready.now)
        ready.ids["hospital2"] = person.id
    visit = said(VISIT, ready) | {"visitor_1": ready.ids["hospital"], "visitor_2": ready.ids["hospital2"]}
    refused = taken(call, second, Step("hospital", "approve", {}, VISIT.files), visit, 422)
    assert f"李*已在另一份在档档案中（编号 {known}），同一人不重复建档" in str(refused)
    third = filed(call, "basic2", FORM | {"name": "杨洁", "id_no": number("53990119880102126"), "family": [
        {"name": "李文华", "id_no": FORM["id_no"], "relation": "sibling"}]})
    taken(call, third, Step("basic2", "submit"), {})
    refused = taken(call, third, VISIT, said(VISIT, ready) | {"visitor_2": ready.ids["town"]}, 422)
    assert f"李*华已在另一份在档档案中（编号 {known}）" in str(refused)
    with db.db.reading(ready.sessions) as session:
        assert len(session.scalars(select(HardshipFile)).all()) == 1
        assert session.scalar(select(Person).where(Person.name == "周奶奶")) is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_review_goes_by_the_figures_of_its_own_day(app: Flask, ready: World, clock: Clock) -> None:
    """云岭县: 780 yuan until June 2026, 815 from July on. 800 yuan a head is relative hardship in April 2026 and deep a year later."""
    call = Caller(app)
    case = filed(call, "worker", FORM | {"family": list(FAMILY), "annual_income": "28800", "rigid_spending": "0"})
    for step in (*RECOGNISED[:4], s("clerk", "approve", economic_check="passed", category="relative"), RECOGNISED[5]):
        if step.who == "clock":
            pass_days(ready, clock, step.days)
            call.tokens.clear()
        else:
            taken(call, case, step, said(step, ready))
    assert ready.row(case).figures["region"]["dibao"] == "780"
    pass_days(ready, clock, 366)
    call.tokens.clear()
    assert ready.row(case).state == "review_due" and ready.row(case).figures["region"]["dibao"] == "815"
    taken(call, case, s("basic", "report", "review_proof"), {"annual_income": "28800", "rigid_spending": "0"})
    taken(call, case, s("clerk", "keep"), {"category": "deep"})
    with db.db.reading(ready.sessions) as session:
        file = session.scalars(select(HardshipFile)).one()
        assert (file.category, file.monthly_per_capita_fen) == ("deep", 80_000)
        assert file.reviewed_on > file.opened_on
