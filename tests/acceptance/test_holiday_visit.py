"""送温暖慰问, published as it stands, from plan to settled by page and by API: money by card, goods by signature, leftovers back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import photo
from tests.acceptance.test_hardship_file import Caller
from tests.acceptance.test_to_their_ends import ROOT
from tests.goods.giving import CARDS, PERSONS, valid
from tests.goods.giving import IDS as NUMBERS
from tests.payments.conftest import Office
from tests.web.county import HASH, Clock
from tests.world import World
from web import db
from workflow import goods, history, people, spreadsheets
from workflow.actors import COMMAND
from workflow.payments import batches
from workflow.records import Account, GrantLine, Pool

JANUARY = datetime(2027, 1, 11, 2, tzinfo=UTC)
PLAN = {"occasion": "spring_festival", "groups": ["filed_hardship", "front_line"], "planned_people": "3", "planned_money": "2500",
        "planned_goods": "大米 10 kg 装 5 袋", "visit_from": "2027-01-18", "visit_to": "2027-01-29"}
READY, GIVEN = {"prepared_on": "2027-01-11"}, {"delivered_on": "2027-01-11", "delivery_note": "城关街道，王莉、赵敏两人到场"}


def person(who: int, **more: str) -> dict[str, str]:
    return {"unit": "二建公司工会", "name": PERSONS[who], "id_no": valid(NUMBERS[who]), **more}


RICE = {"item": "rice-10kg", "quantity": "2", "worth": "117"}
ROSTER = [person(0, amount="1000", card=CARDS[0], bank="农信社", **RICE), person(1, amount="500", card=CARDS[1], bank="农信社", **RICE),
          person(2, item="rice-10kg", quantity="1", worth="58.5")]


@pytest.fixture
def ready(app: Flask, world: World, clock: Clock, run: Callable[..., Result]) -> World:
    """The programme checked and published by the commands, 2,500 yuan in its pool, five bags of rice in the store."""
    clock.at = JANUARY
    world.now = JANUARY
    for flow in (ROOT / "definitions" / "flows").glob("*.yaml"):
        shutil.copy(flow, f"{app.config['DEFINITIONS']}/flows")
    checked = run("definitions", "check", ROOT / "definitions" / "holiday_visit.v1.yaml")
    assert checked.exit_code == 0 and "0 个错误，0 个提醒" in checked.output, checked.output
    done = run("definitions", "publish", ROOT / "definitions" / "holiday_visit.v1.yaml")
    assert done.exit_code == 0, done.output
    opened = run("pools", "open", "539921/2027/holiday_visit@own_union", "2500.00")
    assert opened.exit_code == 0, opened.output
    with db.db.writing(world.sessions) as session:
        for short, role in (("finance2", "finance"),):
            someone = people.add_person(session, world.now, COMMAND, "何洁", union_id=world.orgs["539921"])
            people.appoint(session, someone.id, role, world.orgs["539921"], JANUARY.date(), None, actor=COMMAND, now=world.now)
            people.add_account(session, someone.id, short, HASH, actor=COMMAND, now=world.now)
    with db.db.writing(world.sessions) as session:
        rice = goods.add(session, world.orgs["539921"], "rice-10kg", "大米", "袋", "10 kg", "58.50", world.actor("clerk"), world.now)
        move = goods.purchase(session, rice, "5", "58.50", "云岭粮油有限公司", "04417788", None, "两节慰问", world.actor("clerk"), world.now)
    with db.db.writing(world.sessions) as session:
        goods.confirm(session, move, world.actor("leader"), world.now)
    return world


def finished(world: World, case_id: str) -> None:
    """Two got everything, the third nothing: her bag is back in the store."""
    row = world.row(case_id)
    assert (row.state, row.outcome, row.amount_fen) == ("paid", "approved", 150_000)
    with db.db.reading(world.sessions) as session:
        assert history.verify(session).items == ()
        pools = {pool.key: (pool.total, pool.held, pool.spent) for pool in session.scalars(select(Pool))}
        lines = session.execute(select(GrantLine.n, GrantLine.status).where(GrantLine.case_id == case_id).order_by(GrantLine.n)).all()
    assert pools == {"539921/2027/holiday_visit@own_union": (250_000, 0, 150_000), "539921/2027/goods/rice-10kg": (5, 0, 4)}
    assert [tuple(line) for line in lines] == [(1, "paid"), (2, "paid"), (3, "dropped")]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_by_api(app: Flask, ready: World) -> None:
    call = Caller(app)
    case = call("clerk", "POST", "/applications", 201, json={"programme": "holiday_visit", "form": PLAN})["id"]
    call("clerk", "POST", f"/applications/{case}/attachments", 201, data={"kind": "plan", "file": (photo(), "plan.jpg")})

    def act(who: str, trigger: str, expect: int = 200, **form: Any) -> Any:
        seen = call(who, "GET", f"/applications/{case}")
        return call(who, "POST", f"/applications/{case}/actions", expect, json={
            "trigger": trigger, "revision": seen["revision"], "comment": "已核实", "form": form})

    def attach(who: str, kind: str) -> None:
        call(who, "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})

    act("clerk", "submit")
    act("leader", "approve")
    for who in ("first", "second", "third"):
        act(who, "approve")
    over = act("clerk", "submit", 422, roster=[ROSTER[0] | {"amount": "2900"}])
    assert "超过每人次 3000 元" in str(over)
    act("clerk", "submit", roster=ROSTER)
    act("clerk2", "approve")
    act("finance", "approve", **READY)
    listed = call("clerk2", "GET", f"/applications/{case}/lines")
    assert (listed["count"], listed["unsigned"], listed["items"][0]["item"]) == (3, 3, "大米 10 kg") and "杨丽华" not in str(listed)
    attach("clerk2", "signed_sheet")
    attach("clerk2", "visit_photo")
    assert "还有 3 人没有签收" in str(act("clerk2", "approve", 422, **GIVEN))
    sign = f"/applications/{case}/lines/sign"
    assert "两人到场" in str(call("clerk2", "POST", sign, 422, json={"lines": [1], "method": "paper", "beside": "clerk2"}))
    assert call("clerk2", "POST", sign, json={"lines": [1, 2], "method": "paper", "beside": "basic"})["count"] == 2
    assert "还有 1 人没有签收" in str(act("clerk2", "approve", 422, **GIVEN))
    assert call("clerk2", "POST", f"/applications/{case}/lines/strike", json={"lines": [3], "reason": "外出务工，春节后回来"})["count"] == 1
    act("clerk2", "approve", **GIVEN)
    act("finance2", "approve")
    act("cashier", "pay")
    finished(ready, case)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_by_pages(ready: World, enter: Callable[[str], Newcomer]) -> None:
    case_id = planned(enter("clerk"))
    decide(enter("leader"), case_id, "approve")
    for who in ("first", "second", "third"):
        decide(enter(who), case_id, "approve")
    listed(enter("clerk"), case_id)
    assert ready.row(case_id).state == "roster_check", ready.row(case_id).state
    clerk2 = enter("clerk2")
    clerk2.open(f"/tasks/{case_id}").follow("名单、查重和签收")
    assert "3 行" in clerk2.page.words and "需要核对是否重复" not in clerk2.page.words and "慰问金 1,500.00 元" in clerk2.page.words
    decide(clerk2, case_id, "approve")
    decide(enter("finance"), case_id, "approve", **READY)
    clerk2.open(f"/tasks/{case_id}")
    clerk2.press("保存并上传，先不办理", **{f"attachments.{kind}": [(photo(), f"{kind}.jpg")] for kind in ("signed_sheet", "visit_photo")},
                 **{f"f.{name}": value for name, value in GIVEN.items()})
    clerk2.open(f"/tasks/{case_id}/lines/sheet").press("记录并打印")
    assert "签收表" in clerk2.page.words and "杨丽华" in clerk2.page.words
    decide(clerk2, case_id, "approve")
    assert "还有 3 人没有签收" in clerk2.page.words and ready.row(case_id).state == "delivering"
    clerk2.open(f"/tasks/{case_id}/lines").press("登记选中的已签收", line=["1", "2"], **{"with": ready.ids["basic"], "method": "paper"})
    assert "已登记 2 人签收" in clerk2.page.words
    clerk2.press("取消选中的，物品退回库存", line=["3"], reason="外出务工，春节后回来")
    assert "已取消 1 行" in clerk2.page.words
    decide(clerk2, case_id, "approve")
    decide(enter("finance2"), case_id, "approve")
    paid_by_the_bank(ready, case_id)
    finished(ready, case_id)
    assert "大米" in enter("auditor").open(f"/tasks/{case_id}/lines").page.words


def planned(officer: Newcomer) -> str:
    """Draft the plan on its pages and hand it in; the union applies, so no worker sees the programme."""
    officer.open("/programmes/holiday_visit").press("开始申报")
    case_id = officer.url.split("/")[2]
    officer.open(f"/cases/{case_id}/form/1")
    for _page in range(6):
        if "/check" in officer.url:
            break
        asked = {one.name for one in officer.page.controls}
        typed: dict[str, Any] = {f"f.{name}": value for name, value in PLAN.items() if f"f.{name}" in asked}
        typed |= {"file.plan": [(photo(), "plan.jpg")]} if "file.plan" in asked else {}
        officer.press("保存并继续", **typed)
    officer.open(f"/cases/{case_id}/check").press("报送方案", consent="1")
    return case_id


def listed(officer: Newcomer, case_id: str) -> None:
    """Take in the lists of two units, one behind the other, a wrong cell put right on the way, and hand the roster in."""
    address = f"/cases/{case_id}/roster/roster"
    wrong = ROSTER[0] | {"id_no": ROSTER[0]["id_no"][:-1] + ("1" if ROSTER[0]["id_no"][-1] != "1" else "2")}
    officer.open(address).press("检查并放进草稿", sheet=[workbook([wrong])])
    assert officer.status == 422 and "C2" in officer.page.words and "身份证号有一位写错了" in officer.page.words
    officer.open(address).press("检查并放进草稿", sheet=[workbook(ROSTER[:1])])
    assert "草稿里有 1 行" in officer.page.words
    officer.press("检查并放进草稿", sheet=[workbook(ROSTER[1:])], how="behind")
    assert "草稿里有 3 行" in officer.page.words
    officer.open(f"/cases/{case_id}/check").press("报送名单", consent="1")


def workbook(rows: list[dict[str, str]]) -> tuple[BytesIO, str]:
    """What a unit sends: the template's headings, a row a person."""
    columns = ("单位", "姓名", "身份证号", "类别", "慰问金（元）", "银行卡号", "开户行", "物品编码", "数量", "慰问品折价（元）")
    names = ("unit", "name", "id_no", "group", "amount", "card", "bank", "item", "quantity", "worth")
    data = spreadsheets.workbook(columns, [[row.get(name, "") for name in names] for row in rows], [16] * len(names), "名单")
    return BytesIO(data), "名单.xlsx"


def paid_by_the_bank(world: World, case_id: str) -> None:
    """The two payments are gathered, sealed, sent and answered; the answer settles the case, goods and all."""
    with db.db.reading(world.sessions) as session:
        world.accounts |= {row.username: row.id for row in session.execute(select(Account.username, Account.id))}
        chosen = list(session.scalars(select(GrantLine.id).where(GrantLine.case_id == case_id, GrantLine.amount_fen > 0)))
    office = Office(world)
    with db.db.writing(world.sessions) as session:
        batch = batches.make(session, world.signed_in("finance"), world.now, chosen, layout="csv")
    office.do(batches.seal, "finance", batch)
    office.do(batches.send, "cashier", batch)
    office.answered(batch, "成功", "成功")


def decide(officer: Newcomer, case_id: str, trigger: str, *files: str, **form: str) -> None:
    officer.open(f"/tasks/{case_id}")
    asked = {one.name for one in officer.page.controls}
    typed: dict[str, Any] = {f"f.{name}": value for name, value in form.items() if f"f.{name}" in asked}
    typed |= {f"attachments.{kind}": [(photo(), f"{kind}.jpg")] for kind in files}
    officer.press("", trigger, comment="已核实", **typed)
    if f"/tasks/{case_id}/act" in officer.url and any(
            one.attributes.get("value") == trigger for one in officer.page.controls if one.tag == "button"):
        officer.press("", trigger)
