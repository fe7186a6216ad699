"""Training aid, aid for the two cancers, the women's cover, old files and the second versions, each to its ends by API and page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import photo
from tests.acceptance.test_hardship_file import Caller, pass_days
from tests.acceptance.test_mutual_aid import act, go, hand_in
from tests.acceptance.test_to_their_ends import CARD, COUNCIL, ROOT, Run, Step, days, decide, filled_in, finished, s
from tests.covers.conftest import MEMBER, OTHER
from tests.web.county import HASH, Clock
from tests.world import World
from web import db
from workflow import people, register
from workflow.actors import COMMAND
from workflow.records import Cover

NOVEMBER, JULY = datetime(2025, 11, 16, 2, tzinfo=UTC), datetime(2026, 7, 15, 2, tzinfo=UTC)
WHO = {"name": "木秀英", "id_no": MEMBER, "phone": "13887654321", "bank_name": "农信社城关分社", "bank_card": CARD}
TRAINING = WHO | {"trainee": "self", "course": "中式烹调师（四级）", "school": "云岭技工学校", "ended_on": "2026-05-20", "certified": "true",
                  "certificate_no": "S000053210001", "certificate_on": "2026-06-10", "fee": "1800"}
CANCER = WHO | {"illness": "breast", "finding": "malignant", "diagnosed_on": "2026-04-08", "hospital": "州医院", "self_paid": "1200"}
WOMEN = WHO | {"illness": "breast", "stage": "confirmed", "event_on": "2026-05-06", "first_signs": "2026-05-06", "hospital": "州医院", "report_no": "BL2026-77"}
STUDY = WHO | {"reason": "母亲手术", "family_income": "12000", "family_size": "3", "child_name": "李明", "child_id_no": "530102200803041235", "relation": "son",
               "stage": "senior", "school": "云岭一中", "student_type": "ordinary", "other_aid": "false"}
ACCIDENT = WHO | {"event": "disability", "happened_on": "2026-06-02", "story": "施工时摔伤", "spending": "3800"}
MUTUAL = WHO | {"insurance": "resident", "hospital": "州医院", "level": "l3", "event_on": "2026-06-01", "discharged_on": "2026-06-10", "settlement_no": "JS77",
                "total": "30000", "basic": "15000"}
LIVING = WHO | {"reason": "本人住院，收入减少", "asked": "3000"}
OLD = {"file_no": "A-0117", "head": "陈大山", "filed_on": "2016-05-10", "category": "dibao_edge", "size": "3", "on_dibao": "false", "income": "13500",
       "spending": "4500"}
SUBMIT, HOME = s("member", "submit"), s("basic", "approve", visit_result="属实，已核实原件")
NOTICED = (SUBMIT, HOME, days(8), s("town", "approve"), s("clerk", "approve"))
PAID = (s("finance", "approve"), s("cashier", "pay", "receipt", paid_on="2026-07-15"))
GRANTED = (*NOTICED, s("leader", "approve"), *PAID)
QUIET = (SUBMIT, HOME, s("town", "approve"), s("clerk", "approve"))
CLAIM = (SUBMIT, s("basic", "approve"), s("clerk", "approve", review_note="按细则核算"), s("leader", "approve"), *PAID)


@dataclass(frozen=True)
class Grant:
    """A programme of one version, what is filled in and attached, and the steps to one end."""

    file: str
    form: dict[str, str]
    files: Sequence[str]
    end: str
    steps: Sequence[Step]
    fen: int | None = None
    pool: str = ""
    pages: bool = False
    who: str = "member"
    more: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.file.split(".")[0]

    def __str__(self) -> str:
        return f"{self.file}-{self.end}-{len(self.steps)}"


def training(end: str, *steps: Step, **more: Any) -> Grant:
    return Grant("training_aid.v1", TRAINING, ("certificate", "invoice"), end, steps, pool="539921/2026/training_aid@county_fiscal", **more)


def cancer(end: str, *steps: Step, **more: Any) -> Grant:
    return Grant("two_cancer_aid.v1", CANCER, ("diagnosis", "settlement"), end, steps, pool="539921/2026/two_cancer_aid@own_union", **more)


def women(end: str, *steps: Step, **more: Any) -> Grant:
    return Grant("women_illness_cover.v1", WOMEN, ("diagnosis", "pathology", "id_card"), end, steps, pool="539921/2026/women_fund@mutual_pool", **more)


def old(end: str, *steps: Step, **more: Any) -> Grant:
    return Grant("old_file_check.v1", OLD, ("file_scan",), end, steps, who="basic", **more)


HANDED, HOLDS = s("basic", "submit"), s("clerk", "approve", finding="公式成立")
GRANTS = (
    training("paid", *GRANTED, fen=180_000, pages=True),
    training("paid", *NOTICED, *COUNCIL, *PAID, fen=300_000, more={"fee": "5200"}),
    training("rejected", *NOTICED, s("leader", "reject")),
    training("withdrawn", SUBMIT, HOME, s("member", "abandon")),
    training("lapsed", days(61)),
    cancer("paid", *QUIET, s("leader", "approve"), *PAID, fen=320_000, pages=True),
    cancer("paid", *QUIET, *COUNCIL, *PAID, fen=1_000_000, more={"self_paid": "60000"}),
    cancer("rejected", *QUIET, s("leader", "reject")),
    cancer("withdrawn", SUBMIT, s("member", "abandon")),
    cancer("lapsed", days(61)),
    women("paid", *CLAIM, fen=1_500_000, pages=True),
    women("paid", *CLAIM, fen=200_000, more={"stage": "in_situ"}),
    women("rejected", SUBMIT, s("basic", "approve"), s("clerk", "reject")),
    women("withdrawn", SUBMIT, s("member", "abandon")),
    women("lapsed", days(61)),
    old("confirmed", HANDED, HOLDS, s("leader", "approve"), pages=True),
    old("rejected", HANDED, s("clerk", "reject")),
    old("withdrawn", HANDED, s("basic", "abandon")),
    old("lapsed", days(61)),
    Grant("study_aid.v2", STUDY, ("admission", "family"), "paid", GRANTED, 300_000, "539921/2026/study_aid@own_union", pages=True),
    Grant("accident_aid.v2", ACCIDENT, ("id_card", "proof", "disability", "bills"), "paid", GRANTED, 380_000, "539921/2026/accident_aid@own_union", pages=True),
    Grant("living_aid.v2", LIVING, ("proof",), "paid", GRANTED, 300_000, "539921/2026/living_aid@county_fiscal"),
    Grant("mutual_aid.v2", MUTUAL, ("discharge", "settlement", "invoice"), "paid", CLAIM, 360_000, "539921/2026/mutual_fund@mutual_pool"),
)


SCHEMES = {"women_illness_cover": "women_illness_enrolment", "mutual_aid": "mutual_enrolment"}
LISTED = s("clerk", "approve", check_note="与盖章名册一致")
PAID_IN = s("basic", "pay_in", "premium_receipt", paid_on="2025-11-16", receipt_no="P001")
ENROLLED = (HANDED, LISTED, PAID_IN, s("finance", "approve"))


@pytest.fixture
def ready(grant: Grant, app: Flask, world: World, clock: Clock, run: Callable[..., Result]) -> World:
    """The programme checked and published by the commands, its pool filled, a woman who is a member, has a file and is covered."""
    clock.at = world.now = JULY
    for flow in (ROOT / "definitions" / "flows").glob("*.yaml"):
        shutil.copy(flow, f"{app.config['DEFINITIONS']}/flows")
    path = ROOT / "definitions" / f"{grant.file}.yaml"
    done = run("definitions", "publish", path)
    assert done.exit_code == 0, done.output
    if grant.pool:
        opened = run("pools", "open", grant.pool, "100000.00")
        assert opened.exit_code == 0, opened.output
    with db.db.writing(world.sessions) as session:
        person = people.add_person(session, world.now, COMMAND, "木秀英", id_no=MEMBER, union_id=world.orgs["539921-01-01"], member_since=date(2018, 3, 1))
        people.add_account(session, person.id, "member", HASH, actor=COMMAND, now=world.now)
        world.ids["member"] = person.id
        home = register.open_household(session, person.id, COMMAND, clock.at)
        register.open_file(session, home, "KD-2026-00001", COMMAND, clock.at, role="system", category="deep", size=3, per_capita_fen=60_000,
                           opened_on=clock.at.date())
    if grant.key in SCHEMES:
        clock.at = world.now = NOVEMBER
        done = run("definitions", "publish", ROOT / "definitions" / f"{SCHEMES[grant.key]}.v1.yaml")
        assert done.exit_code == 0, done.output
        go(Caller(app), world, clock, rostered(Caller(app), SCHEMES[grant.key]), ENROLLED)
        clock.at = world.now = JULY
        pass_days(world, clock, 0)
    return world


def rostered(call: Caller, scheme: str, **more: str) -> str:
    """The union lists its one woman, who is 35 on the first day of 2026."""
    row = {"name": "木秀英", "id_no": MEMBER, "age": "35", "renewed": "false", "shares": "1"} | more
    row |= {"gender": "female", "healthy": "true"} if scheme == "women_illness_enrolment" else {"insured": "true"}
    form: dict[str, Any] = {"union_name": "二建公司工会", "contact": "0879-1234567", "roster": [row], ("women" if "healthy" in row else "workers"): "1"}
    case: str = call("basic", "POST", "/applications", 201, json={"programme": scheme, "form": form})["id"]
    call("basic", "POST", f"/applications/{case}/attachments", 201, data={"kind": "stamped_roster", "file": (photo(), "roster.jpg")})
    return case


def ended(world: World, case_id: str, grant: Grant) -> None:
    finished(world, case_id, Run(grant.key, ROOT, grant.form, (), (), grant.end, JULY))
    assert grant.fen is None or world.row(case_id).amount_fen == grant.fen


@pytest.mark.parametrize("grant", GRANTS, ids=str)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_by_api(app: Flask, ready: World, clock: Clock, grant: Grant) -> None:
    call = Caller(app)
    whose = {"organisation": "539921-01-01"} if grant.who == "basic" else {}
    case = call(grant.who, "POST", "/applications", 201, json={"programme": grant.key, "form": grant.form | grant.more} | whose)["id"]
    for kind in grant.files:
        call(grant.who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
    go(call, ready, clock, case, grant.steps)
    ended(ready, case, grant)


@pytest.mark.parametrize("grant", [grant for grant in GRANTS if grant.pages], ids=str)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_by_pages(ready: World, clock: Clock, enter: Callable[[str], Newcomer], grant: Grant) -> None:
    case_id = filled_in(enter(grant.who), Run(grant.key, ROOT, grant.form, tuple(grant.files), (), grant.end, JULY, grant.who))
    for step in grant.steps:
        before = ready.row(case_id).revision
        if step.who == "clock":
            pass_days(ready, clock, step.days)
            continue
        reader = enter(step.who)
        if step.trigger == "submit":
            hand_in(reader, case_id, "提交")
        elif step.who == grant.who:
            reader.open(f"/cases/{case_id}/act/{step.trigger}").press("确认")
        else:
            decide(reader, case_id, step)
        assert ready.row(case_id).revision > before, f"{step}: {reader.url} {reader.page.words[:3000]}"
    ended(ready, case_id, grant)


def in_november(year: int) -> tuple[Step, ...]:
    return (HANDED, LISTED, s("basic", "pay_in", "premium_receipt", paid_on=f"{year}-11-16", receipt_no="P002"), s("finance", "approve"))


@pytest.mark.parametrize(("end", "steps"), [
    ("enrolled", in_november(2027)), ("rejected", (HANDED, s("clerk", "reject"))), ("void", (HANDED, LISTED, s("basic", "void"))),
    ("lapsed", (HANDED, LISTED, days(61)))], ids=["enrolled", "rejected", "void", "lapsed"])
@pytest.mark.parametrize("grant", [GRANTS[10]], ids=["women"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_women_are_enrolled_for_two_years(app: Flask, ready: World, clock: Clock, grant: Grant, end: str, steps: Sequence[Step]) -> None:
    """She is covered for 2026 and 2027; nobody is enrolled again before, nor a man under a woman's name."""
    call = Caller(app)
    clock.at = ready.now = NOVEMBER.replace(year=2026)
    assert "本期已经参保" in str(act(call, rostered(call, SCHEMES[grant.key], age="36"), HANDED, 422))
    assert "性别与名册写的不同" in str(act(call, rostered(call, SCHEMES[grant.key], id_no=OTHER, age="41"), HANDED, 422))
    clock.at = ready.now = NOVEMBER.replace(year=2027)
    call.tokens.clear()
    case = rostered(call, SCHEMES[grant.key], age="37", renewed="true")
    go(call, ready, clock, case, steps)
    assert (ready.row(case).state, ready.row(case).amount_fen) == (end, 3_600)
    with db.db.reading(ready.sessions) as session:
        terms = [(one.from_on.year, one.until_on.year) for one in session.scalars(select(Cover).order_by(Cover.from_on))]
    assert terms == [(2026, 2027), *([(2028, 2029)] if end == "enrolled" else [])]
