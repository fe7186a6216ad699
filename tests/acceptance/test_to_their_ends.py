"""Programmes as they stand, those of the design folder among them, go to each of their ends by page and API."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import photo
from tests.web.county import PASSWORD, Clock
from tests.world import World
from web import db
from workflow import history, register, timers
from workflow.actors import COMMAND
from workflow.records import Pool

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT.parent / "shared" / "examples"
PARENT, CHILD, CARD = "530102198001021230", "530102200803041234", "6222021001116245702"


def _valid(seventeen: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return seventeen + "10X98765432"[sum(int(c) * w for c, w in zip(seventeen, weights, strict=True)) % 11]


PARENT, CHILD = _valid(PARENT[:17]), _valid(CHILD[:17])


@dataclass(frozen=True)
class Step:
    """What one person does: a trigger with what they fill in, attach, say; `who` "clock" lets that many days pass."""

    who: str
    trigger: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    dest: str | None = None
    days: int = 0


def s(who: str, trigger: str, *files: str, dest: str | None = None, **form: str) -> Step:
    return Step(who, trigger, form, files, dest)


def days(count: int) -> Step:
    return Step("clock", days=count)


@dataclass(frozen=True)
class Run:
    """A programme, what the applicant fills in, and the steps to one end."""

    key: str
    path: Path
    form: Mapping[str, str]
    files: tuple[str, ...]
    steps: Sequence[Step]
    end: str
    day: datetime
    who: str = "worker"              # who applies, or files for the union that does

    def __str__(self) -> str:
        return f"{self.key}-{self.end}-{len(self.steps)}"


STUDY = {"name": "李文华", "id_no": PARENT, "phone": "13887654321", "filed": "true", "family_income": "20000", "family_size": "3",
         "child_name": "李明", "child_id_no": CHILD, "relation": "son", "stage": "higher", "school": "云南大学", "student_type": "ordinary",
         "other_aid": "false", "bank_name": "农信社城关分社", "bank_card": CARD}
STUDENT = {"student_name": "李明", "student_id_no": CHILD, "school": "云南大学", "stage": "college", "free_tuition": "false", "filed": "false",
           "monthly_income": "3000", "family_size": "3", "other_aid": "0", "bank_card": CARD}
MUTUAL = {"member_no": "M001", "joined_on": "2026-01-01", "hospital": "县医院", "hospital_level": "l1", "designated": "true",
          "admitted_on": "2026-05-01", "discharged_on": "2026-05-10", "settlement_no": "JS001", "total": "30000", "insured_paid": "0",
          "self_funded": "0", "other_paid": "0", "bank_card": CARD}
REFUND = {"usci": "91530700MA6K0000XQ", "contact": "13887654321", "unit_type": "private", "established": "2020-05-01", "workers": "12", "payroll": "120000",
          "paid_dues": "2400", "other_refund": "false", "bank_name": "农信社城关分社", "bank_card": CARD}
LIVING = {"name": "李文华", "id_no": PARENT, "phone": "13887654321", "reason": "本人住院，收入减少", "asked": "3000", "bank_name": "农信社城关分社", "bank_card": CARD}
MEDICAL = {"name": "李文华", "id_no": PARENT, "phone": "13887654321", "patient": "self", "hospital": "县医院", "settled_on": "2026-06-20",
           "settlement_no": "JS009", "total": "12000", "basic": "8000", "bank_name": "农信社城关分社", "bank_card": CARD}
SUBMIT = Step("worker", "submit")
HOME = s("basic", "approve", visit_result="属实，已入户")
COUNCIL = [s(who, "approve") for who in ("first", "second", "third")]
JULY, AUGUST, JUNE, OCTOBER = (datetime(2026, month, day, 2, tzinfo=UTC) for month, day in ((7, 15), (8, 3), (6, 15), (10, 20)))
NOTICED = days(8)

STUDY_FILES, STUDENT_FILES, MUTUAL_FILES = ("admission", "fee", "family"), ("admission", "id_card", "hardship"), ("settlement", "invoice", "discharge")
REFUND_FILES = ("wages", "vouchers", "licence", "account")
PAY = s("cashier", "pay", "receipt", paid_on="2026-07-20")
SENIOR = STUDY | {"stage": "senior"}
SMALL = MUTUAL | {"total": "10000", "insured_paid": "6500", "self_funded": "500"}


def study(end: str, *steps: Step, form: Mapping[str, str] = STUDY) -> Run:
    return Run("study_aid", ROOT / "definitions" / "study_aid.v1.yaml", form, STUDY_FILES, steps, end, JULY)


def student(end: str, *steps: Step, form: Mapping[str, str] = STUDENT) -> Run:
    return Run("student_aid", EXAMPLES / "student_aid.v3.yaml", form, STUDENT_FILES, steps, end, AUGUST)


def mutual(end: str, *steps: Step, form: Mapping[str, str] = MUTUAL) -> Run:
    return Run("medical_mutual", EXAMPLES / "medical_mutual.v1.yaml", form, MUTUAL_FILES, steps, end, JUNE)


def living(end: str, *steps: Step, form: Mapping[str, str] | None = None) -> Run:
    return Run("living_aid", ROOT / "definitions" / "living_aid.v1.yaml", LIVING | (form or {}), ("proof",), steps, end, JULY)


def medical(end: str, *steps: Step, form: Mapping[str, str] | None = None) -> Run:
    return Run("medical_aid", ROOT / "definitions" / "medical_aid.v2.yaml", MEDICAL | (form or {}), ("diagnosis", "settlement"), steps, end, JULY)


def refund(end: str, *steps: Step) -> Run:
    return Run("small_payer_refund", ROOT / "definitions" / "small_payer_refund.v1.yaml", REFUND, REFUND_FILES, steps, end, OCTOBER, "basic")


HANDED, CHECKED = s("basic", "submit"), s("town", "approve")
PAID_BACK = s("cashier", "pay", "receipt", paid_on="2026-10-20")
SURVEY = s("basic", "approve", "survey", survey_result="入户属实")
COUNTY = (SUBMIT, HOME, NOTICED, s("town", "approve"), s("clerk", "approve"))
LARGE = {"total": "30000", "basic": "5000"}
UPPER = s("clerk2", "approve", "upper_reply", upper_no="省工发〔2026〕31号")
RUNS = (
    living("paid", *COUNTY, s("leader", "approve"), s("finance", "approve"), PAY),
    living("paid", *COUNTY, *COUNCIL, s("finance", "approve"), PAY, form={"asked": "8000"}),
    living("rejected", *COUNTY, s("leader", "reject")),
    living("withdrawn", SUBMIT, HOME, s("worker", "abandon")),
    living("lapsed", days(61)),
    medical("paid", *COUNTY, s("leader", "approve"), s("finance", "approve"), PAY),
    medical("paid", *COUNTY, *COUNCIL, UPPER, s("finance", "approve"), PAY, form=LARGE),
    medical("rejected", *COUNTY, *COUNCIL, s("clerk2", "reject"), form=LARGE | {"total": "90000"}),
    medical("withdrawn", SUBMIT, s("worker", "abandon")),
    medical("lapsed", days(61)),
    study("paid", SUBMIT, HOME, NOTICED, s("town", "approve"), s("clerk", "approve"), *COUNCIL, s("finance", "approve"), PAY),
    study("paid", SUBMIT, HOME, s("basic", "object"), NOTICED, s("basic", "approve"), s("town", "approve"), s("clerk", "approve"),
          s("leader", "approve"), s("finance", "approve"), PAY, form=SENIOR),
    study("rejected", SUBMIT, HOME, s("basic", "object"), s("basic", "reject")),
    study("rejected", SUBMIT, HOME, NOTICED, s("town", "approve"), s("clerk", "approve"), s("first", "reject"), s("second", "reject")),
    study("withdrawn", SUBMIT, HOME, s("worker", "abandon")),
    study("lapsed", days(61)),
    student("paid", SUBMIT, SURVEY, NOTICED, s("clerk", "approve"), *COUNCIL, s("finance", "pay", "receipt")),
    student("rejected", SUBMIT, SURVEY, NOTICED, s("clerk", "approve"), s("first", "reject"), s("second", "reject")),
    student("withdrawn", SUBMIT, SURVEY, s("worker", "abandon")),
    student("lapsed", days(31)),
    mutual("paid", SUBMIT, s("basic", "approve"), s("clerk", "approve"), s("doctor", "approve"), s("leader", "approve"),
           s("finance", "pay", "receipt")),
    mutual("paid", SUBMIT, s("basic", "approve"), s("clerk", "approve"), s("doctor", "return_to", dest="county_audit"), s("clerk", "approve"),
           s("leader", "approve"), s("doctor", "approve"), s("finance", "return_to"), s("worker", "submit", bank_card="6217002870012345677"),
           s("basic", "approve"), s("clerk", "approve"), s("leader", "approve"), s("doctor", "approve"), s("finance", "pay", "receipt")),
    mutual("zero_closed", SUBMIT, s("basic", "approve"), s("clerk", "approve"), form=MUTUAL | {"total": "600"}),
    mutual("rejected", SUBMIT, s("basic", "approve"), s("clerk", "approve"), s("doctor", "reject")),
    mutual("withdrawn", SUBMIT, s("worker", "abandon"), form=SMALL),
    mutual("lapsed", days(61)),
    refund("paid", HANDED, CHECKED, s("clerk", "approve"), NOTICED, *COUNCIL, s("finance", "approve"), PAID_BACK),
    refund("paid", HANDED, CHECKED, s("clerk", "approve"), s("clerk", "object"), NOTICED, s("clerk", "approve"), *COUNCIL,
           s("finance", "return_to"), HANDED, s("finance", "approve"), PAID_BACK),
    refund("rejected", HANDED, CHECKED, s("clerk", "approve"), NOTICED, s("first", "reject"), s("second", "reject")),
    refund("rejected", HANDED, CHECKED, s("clerk", "reject")),
    refund("withdrawn", HANDED, s("basic", "abandon")),
    refund("lapsed", days(61)),
)


@pytest.fixture
def ready(run_: Run, app: Flask, world: World, clock: Clock, run: Callable[..., Result]) -> Run:
    """The programme checked and published by the commands, its pool filled, its day begun."""
    clock.at = run_.day
    for flow in (ROOT / "definitions" / "flows").glob("*.yaml"):
        shutil.copy(flow, Path(app.config["DEFINITIONS"]) / "flows")
    checked = run("definitions", "check", run_.path)
    assert checked.exit_code == 0 and "0 个错误，0 个提醒" in checked.output, checked.output
    done = run("definitions", "publish", run_.path)
    assert done.exit_code == 0, done.output
    pool = {"student_aid": "539921/2026/student_aid", "medical_mutual": "539921/mutual_fund/2026",
            "small_payer_refund": "539921/2026/small_payer_refund@upper_union", "living_aid": "539921/2026/living_aid@central_hardship",
            "medical_aid": "539921/2026/medical_aid@provincial_fiscal"}.get(run_.key)
    if pool:
        opened = run("pools", "open", pool, "100000.00")
        assert opened.exit_code == 0, opened.output
    if run_.key in ("living_aid", "medical_aid"):
        with db.db.writing(world.sessions) as session:
            home = register.open_household(session, world.ids["worker"], COMMAND, clock.at)
            register.open_file(session, home, "KD-2026-00001", COMMAND, clock.at, role="system", category="deep", size=3, per_capita_fen=60_000,
                               opened_on=clock.at.date())
    return run_


def pass_days(world: World, clock: Clock, count: int) -> None:
    clock.move(days=count)
    for _ in range(3):
        timers.sweep(world.sessions, clock.at)


def finished(world: World, case_id: str, wanted: Run) -> None:
    row = world.row(case_id)
    assert row.state == wanted.end and row.outcome is not None
    with db.db.reading(world.sessions) as session:
        assert history.verify(session).items == ()
        for pool in session.scalars(select(Pool)):
            spent = row.amount_fen if wanted.end == "paid" else 0
            assert (pool.held, pool.spent) == (0, spent)


@pytest.mark.parametrize("run_", RUNS, ids=str)
@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_by_api(app: Flask, world: World, clock: Clock, ready: Run) -> None:
    client, tokens = app.test_client(), {}

    def call(who: str, method: str, path: str, expect: int = 200, **more: Any) -> Any:
        if who and who not in tokens:
            tokens[who] = call("", "POST", "/tokens", 201, json={"username": who, "password": PASSWORD})["token"]
        answer = client.open(f"/api/v1{path}", method=method, headers={"Authorization": f"Bearer {tokens[who]}"} if who else {}, **more)
        assert answer.status_code == expect, f"{method} {path} as {who}: {answer.status_code} {answer.text[:2000]}"
        return answer.json

    whose = {"organisation": "539921-01-01"} if ready.who == "basic" else {}
    case = call(ready.who, "POST", "/applications", 201, json={"programme": ready.key, "form": dict(ready.form)} | whose)["id"]
    for kind in ready.files:
        call(ready.who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
    for step in ready.steps:
        if step.who == "clock":
            pass_days(world, clock, step.days)
            tokens.clear()           # a token does not outlive such a pause
            continue
        for kind in step.files:
            call(step.who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
        seen = call(step.who, "GET", f"/applications/{case}")
        assert step.trigger in [action["trigger"] for action in seen["actions"]], (step, seen["actions"], seen["state"])
        call(step.who, "POST", f"/applications/{case}/actions", json={
            "trigger": step.trigger, "revision": seen["revision"], "comment": "已核实", "form": dict(step.form), "dest": step.dest})
    finished(world, case, ready)


@pytest.mark.parametrize("run_", RUNS, ids=str)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_by_pages(world: World, clock: Clock, ready: Run, enter: Callable[[str], Newcomer]) -> None:
    case_id = filled_in(enter(ready.who), ready)
    for number, step in enumerate(ready.steps):
        before = world.row(case_id)
        if step.who == "clock":
            pass_days(world, clock, step.days)
            continue
        reader = enter(step.who)
        if step.who == ready.who:
            hand_in(reader, case_id, step, first=number == 0)
        else:
            decide(reader, case_id, step)
        assert world.row(case_id).revision > before.revision, f"{step}: {reader.url} {reader.page.words[:3000]}"
    finished(world, case_id, ready)


def filled_in(worker: Newcomer, wanted: Run) -> str:
    """Fill in every page of the form with what it asks for, as far as 核对后提交, and return the case's id."""
    worker.open(f"/programmes/{wanted.key}").press("开始申报" if wanted.who == "basic" else "开始申请")
    worker.open(f"/cases/{worker.url.split('/')[2]}/form/1")
    for _page in range(12):
        if "/check" in worker.url:
            break
        asked = {one.name for one in worker.page.controls}
        typed: dict[str, Any] = {f"f.{name}": value for name, value in wanted.form.items() if f"f.{name}" in asked}
        typed |= {f"file.{kind}": [(photo(), f"{kind}.jpg")] for kind in wanted.files if f"file.{kind}" in asked}
        worker.press("保存并继续", **typed)
    assert "/check" in worker.url, worker.page.words
    return worker.url.split("/")[2]


def hand_in(worker: Newcomer, case_id: str, step: Step, *, first: bool) -> None:
    if step.trigger == "submit":
        if first:
            worker.open(f"/cases/{case_id}/check")
            submit = next(one for one in worker.page.controls if one.name == "consent")
            button = next(one for one in worker.page.controls if one.tag == "button" and one.form == submit.form)
            worker.press(button.words.split()[0], consent="1")
        else:
            worker.open(f"/cases/{case_id}").follow("去补正").press("修改", "bank_card").press("重新提交", f__bank_card="6217002870012345677")
        return
    worker.open(f"/cases/{case_id}/act/{step.trigger}").press("确认")


def decide(officer: Newcomer, case_id: str, step: Step) -> None:
    officer.open(f"/tasks/{case_id}")
    typed: dict[str, Any] = {f"f.{name}": value for name, value in step.form.items()}
    typed |= {f"attachments.{kind}": [(photo(), f"{kind}.jpg")] for kind in step.files}
    officer.press("", step.trigger, comment="已核实", **typed)
    if f"/tasks/{case_id}/act" in officer.url and any(
            one.attributes.get("value") == step.trigger for one in officer.page.controls if one.tag == "button"):
        officer.press("", step.trigger, **({"dest": step.dest} if step.dest and any(c.name == "dest" for c in officer.page.controls) else {}))
