"""医疗互助, published as it stands: a union enrols its members, one of them claims, each to every end, by page and by API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import photo
from tests.acceptance.test_hardship_file import Caller, pass_days
from tests.acceptance.test_to_their_ends import ROOT, Run, Step, days, decide, filled_in, s
from tests.covers.conftest import CLAIM, MAY, MEMBER, NOVEMBER, OTHER, line
from tests.web.county import HASH, Clock
from tests.world import World
from web import db
from workflow import history, people
from workflow.actors import COMMAND
from workflow.records import Cover, GrantLine, PaymentLine, Pool

FUND = "539921/2027/mutual_fund@mutual_pool"
ENROLMENT = {"union_name": "二建公司工会", "contact": "0879-1234567", "workers": "300"}
ROSTER = [line(), line(OTHER, 41, "和建军")]
FORM = CLAIM | {"id_no": MEMBER}
CLAIM_FILES = ("discharge", "settlement", "invoice")
SUBMIT = s("basic", "submit")
CHECKED, PAID_IN = s("clerk", "approve", check_note="与盖章名册一致"), s("basic", "pay_in", "premium_receipt", paid_on="2026-11-16", receipt_no="P001")
CLAIMED, REVIEWED = s("member", "submit"), s("clerk", "approve", review_note="按分段核算")
TO_THE_BANK = (CLAIMED, s("basic", "approve"), REVIEWED, s("leader", "approve"), s("finance", "approve"))
PAY = s("cashier", "pay", "receipt", paid_on="2027-05-17")


@dataclass(frozen=True)
class Way:
    """The steps to one end."""

    end: str
    steps: Sequence[Step]

    def __str__(self) -> str:
        return f"{self.end}-{len(self.steps)}"


ENROLMENTS = (
    Way("enrolled", (SUBMIT, CHECKED, PAID_IN, s("finance", "approve"))),
    Way("enrolled", (SUBMIT, s("clerk", "return_to"), SUBMIT, CHECKED, PAID_IN, s("finance", "return_to"), PAID_IN, s("finance", "approve"))),
    Way("rejected", (SUBMIT, s("clerk", "reject"))),
    Way("void", (SUBMIT, CHECKED, s("basic", "void"))),
    Way("lapsed", (SUBMIT, CHECKED, days(61))),
)
CLAIMS = (
    Way("paid", (*TO_THE_BANK, PAY)),
    Way("paid", (*TO_THE_BANK[:3], s("leader", "return_to"), REVIEWED, *TO_THE_BANK[3:], s("cashier", "return_to"), s("finance", "approve"), PAY)),
    Way("rejected", (*TO_THE_BANK[:3], s("leader", "reject"))),
    Way("withdrawn", (CLAIMED, s("member", "abandon"))),
    Way("lapsed", (days(61),)),
)


@pytest.fixture
def ready(app: Flask, world: World, clock: Clock, run: Callable[..., Result]) -> World:
    """Both programmes checked and published by the commands, and a member with an account and a number."""
    clock.at = world.now = NOVEMBER
    for key in ("mutual_enrolment", "mutual_aid"):
        path = ROOT / "definitions" / f"{key}.v1.yaml"
        shutil.copy(path.with_name(f"{key}.v1.cases.yaml"), app.config["DEFINITIONS"])
        checked = run("definitions", "check", path)
        assert checked.exit_code == 0 and "0 个错误，0 个提醒" in checked.output, checked.output
        done = run("definitions", "publish", path)
        assert done.exit_code == 0, done.output
    opened = run("pools", "open", FUND, "100000.00")
    assert opened.exit_code == 0, opened.output
    with db.db.writing(world.sessions) as session:
        person = people.add_person(session, world.now, COMMAND, "木秀英", id_no=MEMBER, union_id=world.orgs["539921-01-01"], member_since=date(2018, 3, 1))
        people.add_account(session, person.id, "member", HASH, actor=COMMAND, now=world.now)
        world.ids["member"] = person.id
    return world


def covers(world: World) -> list[tuple[str, bool]]:
    with db.db.reading(world.sessions) as session:
        return [(one.from_on.isoformat(), one.person_id == world.ids["member"]) for one in session.scalars(select(Cover).order_by(Cover.n))]


def enrolment_ended(world: World, case_id: str, wanted: Way) -> None:
    """Two people are covered where the county has said so, nobody otherwise; no pool and no payment has moved."""
    row = world.row(case_id)
    assert (row.state, row.amount_fen) == (wanted.end, 24_000)
    assert covers(world) == ([("2027-01-01", True), ("2027-01-01", False)] if wanted.end == "enrolled" else [])
    with db.db.reading(world.sessions) as session:
        assert history.verify(session).items == ()
        assert session.scalar(select(PaymentLine).limit(1)) is None and session.scalars(select(Pool.spent + Pool.held)).one() == 0
        assert {one.value for one in session.scalars(select(GrantLine))} == {"premium_collected"}


def claim_ended(world: World, case_id: str, wanted: Way) -> None:
    row = world.row(case_id)
    assert row.state == wanted.end
    with db.db.reading(world.sessions) as session:
        assert history.verify(session).items == ()
        pool = session.scalars(select(Pool).where(Pool.key == FUND)).one()
        assert (pool.held, pool.spent) == (0, 325_000 if wanted.end == "paid" else 0)


def act(call: Caller, case: str, step: Step, expect: int = 200, **form: Any) -> Any:
    for kind in step.files:
        call(step.who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
    seen = call(step.who, "GET", f"/applications/{case}")
    assert step.trigger in [action["trigger"] for action in seen["actions"]], (step, seen["actions"], seen["state"])
    return call(step.who, "POST", f"/applications/{case}/actions", expect, json={
        "trigger": step.trigger, "revision": seen["revision"], "comment": "已核实", "form": {**step.form, **form}, "dest": step.dest})


def go(call: Caller, world: World, clock: Clock, case: str, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.who == "clock":
            pass_days(world, clock, step.days)
            call.tokens.clear()      # a token does not outlive such a pause
        else:
            act(call, case, step)


def rostered(call: Caller, form: dict[str, Any], who: str = "basic") -> str:
    case: str = call(who, "POST", "/applications", 201, json={"programme": "mutual_enrolment", "form": form})["id"]
    call(who, "POST", f"/applications/{case}/attachments", 201, data={"kind": "stamped_roster", "file": (photo(), "roster.jpg")})
    return case


def claimed(call: Caller, **more: str) -> str:
    case: str = call("member", "POST", "/applications", 201, json={"programme": "mutual_aid", "form": FORM | more})["id"]
    for kind in CLAIM_FILES:
        call("member", "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
    return case


@pytest.fixture
def covered(app: Flask, ready: World, clock: Clock) -> World:
    """The member's union has enrolled its people, and it is May of the next year."""
    call = Caller(app)
    go(call, ready, clock, rostered(call, ENROLMENT | {"roster": ROSTER}), ENROLMENTS[0].steps)
    clock.at = ready.now = MAY
    pass_days(ready, clock, 0)
    return ready


@pytest.mark.parametrize("wanted", ENROLMENTS, ids=str)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_enrolment_by_api(app: Flask, ready: World, clock: Clock, wanted: Way) -> None:
    call = Caller(app)
    case = rostered(call, ENROLMENT | {"roster": ROSTER})
    go(call, ready, clock, case, wanted.steps)
    enrolment_ended(ready, case, wanted)


@pytest.mark.parametrize("wanted", CLAIMS, ids=str)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_claim_by_api(app: Flask, covered: World, clock: Clock, wanted: Way) -> None:
    call = Caller(app)
    case = claimed(call)
    go(call, covered, clock, case, wanted.steps)
    claim_ended(covered, case, wanted)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_the_rules_refuse_is_told_by_the_api(app: Flask, covered: World, clock: Clock) -> None:
    call = Caller(app)
    first = claimed(call)
    act(call, first, CLAIMED)
    assert "JS001" not in str(act(call, claimed(call), CLAIMED, 422))                       # the same settlement sheet
    before = act(call, claimed(call, settlement_no="JS002", event_on="2026-12-20"), CLAIMED, 422)
    assert "入院日期不在您的医疗互助保障期内，不能申请" in str(before)
    assert "个人不能申请，由单位工会申请" in str(call("member", "POST", "/applications", 403, json={"programme": "mutual_enrolment", "form": {}}))
    clock.at = covered.now = datetime(2027, 11, 15, 2, tzinfo=UTC)
    call.tokens.clear()
    late = rostered(call, ENROLMENT | {"roster": [line(OTHER, 41, "和建军")]})
    assert "按身份证号，2028-01-01 时为 42 周岁，不是 41 周岁" in str(act(call, late, SUBMIT, 422))


@pytest.mark.parametrize("wanted", ENROLMENTS, ids=str)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_enrolment_by_pages(ready: World, clock: Clock, enter: Callable[[str], Newcomer], wanted: Way) -> None:
    officer = enter("basic")
    officer.open("/programmes/mutual_enrolment").press("开始申报")
    case_id = officer.url.split("/")[2]
    through(officer, case_id, ENROLMENT, {"stamped_roster": "roster.jpg"})
    for number, step in enumerate(wanted.steps):
        before = ready.row(case_id).revision
        if step.who == "clock":
            pass_days(ready, clock, step.days)
            continue
        reader = enter(step.who)
        if step.trigger == "pay_in":
            reader.open(f"/cases/{case_id}/form/1")
            through(reader, case_id, step.form, {"premium_receipt": "receipt.jpg"})
        if step.trigger in ("submit", "pay_in"):
            hand_in(reader, case_id, "报送名册" if number == 0 else "")
        elif step.who == "basic":
            reader.open(f"/cases/{case_id}/act/{step.trigger}").press("确认", comment="本期不再参保")
        else:
            decide(reader, case_id, step)
        assert ready.row(case_id).revision > before, f"{step}: {reader.url} {reader.page.words[:3000]}"
    enrolment_ended(ready, case_id, wanted)


def through(officer: Newcomer, case_id: str, form: Any, files: dict[str, str]) -> None:
    """Fill in every page, the roster row by row, as far as 核对后提交."""
    officer.open(f"/cases/{case_id}/form/1")
    for _page in range(12):
        if "/check" in officer.url:
            return
        asked = {one.name for one in officer.page.controls}
        numbers = sorted({int(name.split(".")[2]) for name in asked if name.startswith("f.roster.")})
        typed: dict[str, Any] = {f"f.{name}": value for name, value in form.items() if f"f.{name}" in asked}
        typed |= {f"f.roster.{n}.{column}": value for n, row in zip(numbers, ROSTER, strict=False) for column, value in row.items()}
        typed |= {f"file.{kind}": [(photo(), name)] for kind, name in files.items() if f"file.{kind}" in asked}
        officer.press("再加一行" if 0 < len(numbers) < len(ROSTER) else "保存并继续", **typed)
    raise AssertionError(officer.page.words[:3000])


def hand_in(reader: Newcomer, case_id: str, words: str) -> None:
    reader.open(f"/cases/{case_id}/check")
    consent = next(one for one in reader.page.controls if one.name == "consent")
    button = next(one for one in reader.page.controls if one.tag == "button" and one.form == consent.form)
    assert words in button.words
    reader.press(button.words.split()[0], consent="1")


@pytest.mark.parametrize("wanted", CLAIMS, ids=str)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_claim_by_pages(covered: World, clock: Clock, enter: Callable[[str], Newcomer], wanted: Way) -> None:
    case_id = filled_in(enter("member"), Run("mutual_aid", ROOT, FORM, CLAIM_FILES, (), wanted.end, MAY))
    for step in wanted.steps:
        before = covered.row(case_id).revision
        if step.who == "clock":
            pass_days(covered, clock, step.days)
            continue
        reader = enter(step.who)
        if step.trigger == "submit":
            hand_in(reader, case_id, "提交")
        elif step.who == "member":
            reader.open(f"/cases/{case_id}/act/{step.trigger}").press("确认")
        else:
            decide(reader, case_id, step)
        assert covered.row(case_id).revision > before, f"{step}: {reader.url} {reader.page.words[:3000]}"
    claim_ended(covered, case_id, wanted)
