"""A programme nobody has seen goes from its file to the payment, by pages and by API, without a line of Python for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import CARD, CASES, FORM, ID_NO, KEY, OTHER_CARD, OTHER_UNIT, PHONE, TEXT, photo
from tests.web.county import PASSWORD
from tests.world import World
from web import db
from workflow import history
from workflow.language.fields import TYPES

Run = Callable[..., Result]
Enter = Callable[[str], Newcomer]


@pytest.fixture
def released(app: Flask, world: World, run: Run) -> Path:
    """The file, checked with its golden case and published by the commands."""
    path = Path(app.config["DEFINITIONS"]) / f"{KEY}.v1.yaml"
    path.write_text(TEXT, encoding="utf-8")
    path.with_name(f"{KEY}.v1.cases.yaml").write_text(CASES, encoding="utf-8")
    checked = run("definitions", "check", path)
    assert checked.exit_code == 0 and "0 个错误，0 个提醒" in checked.output, checked.output
    done = run("definitions", "publish", path)
    assert done.exit_code == 0 and f"{KEY}@1 已发布" in done.output, done.output
    return path


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_programme_uses_every_type_of_field_there_is(released: Path) -> None:
    named = {"person", "org", "file"}                        # these have tests of their own: tests/registers
    assert {type for type in TYPES if f"type: {type}" in TEXT} == set(TYPES) - named


def filled_in(worker: Newcomer, name: str = "李文华", **changed: Any) -> Newcomer:
    """From the guide to the page 核对后提交, subject by subject."""
    worker.open("/programmes").follow("职工书屋共建补助")
    for words in ("面积达到最低要求", "自筹不低于两成", "书屋照片", "30,000 元", "专题会研究", "第五条"):
        assert words in worker.page.words
    worker.press("开始申请")
    assert worker.page.words.count("未开始") >= 2 and "申请人" in worker.page.words
    worker.follow("申请人")
    assert worker.box("f.keeper") == name                         # the register knows it
    worker.press("保存并继续", f__id_no=ID_NO, f__phone=PHONE)
    room = {"f.usci": FORM["usci"], "f.opened": "2026-03", "f.moved_in": "2026-04-01", "f.area": "30", "f.readers": "80",
            "f.grade": "seed", "f.services": ["lend", "talk"], "f.donated": "false"} | changed
    worker.press("保存并继续", **room, file__photo=[(photo(), "书屋外景.jpg")])
    assert worker.url.partition("?")[0].endswith("/form/3#main"), worker.page.words
    for number, (thing, count, price) in enumerate((("书架", "10", "1000"), ("图书", "400", "25")), 1):
        row = {f"f.items.{number}.thing": thing, f"f.items.{number}.count": count, f"f.items.{number}.price": price}
        worker.press("再加一行" if number == 1 else "上传", None if number == 1 else "quote", **row, **(
            {} if number == 1 else {"file.quote": [(photo(colour="teal"), "报价单.jpg")]}))
    worker.press("保存并继续", f__own_money="3,000", f__payee_card=CARD, f__remark="每周开放六天")
    assert worker.url.partition("#")[0].endswith("/check"), worker.page.words
    return worker


def submitted(worker: Newcomer) -> str:
    for words in ("20,000", "9,000 元", "书屋外景.jpg", "报价单.jpg", "借阅", "2026年3月"):
        assert words in worker.page.words, words
    assert CARD not in worker.page.words and ID_NO not in worker.page.words
    worker.press("报送", consent="1")
    assert worker.url.endswith("/receipt") and "提交成功" in worker.page.words and "SW-539921-0" in worker.page.words
    return worker.url.split("/")[2]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_row_owes_is_said_with_its_row_and_column_beside_its_cell(world: World, released: Path, enter: Enter) -> None:
    worker = filled_in(enter("worker"))
    case_id = worker.url.split("/")[2]
    assert "f-items-2-gift" in worker.open(f"/cases/{case_id}/form/3").text
    page = worker.press("保存并继续", **{"f.items.2.price": "90"})
    told = "“购置清单”第 2 行：“单价”：一项不能超过单个书屋最高补助"
    assert told in page.page.words and 'href="#f-items-2-price"' in page.text, page.page.words
    worker.open(f"/cases/{case_id}/check").press("报送", consent="1")
    assert told in worker.page.words and world.row(case_id).state == "plan"

    # A gift without a price has to be said to be one, as soon as the room was given anything at all.
    worker.open(f"/cases/{case_id}/form/3").press("保存并继续", **{"f.items.2.price": "0"})
    assert worker.open(f"/cases/{case_id}/form/3").text.count("hidden><label for=\"f-items-") == 2
    worker.open(f"/cases/{case_id}/form/2").press("保存并继续", **{"f.donated": "true", "f.donor": "县新华书店"})
    worker.open(f"/cases/{case_id}/form/3").press("保存并继续")
    assert "“购置清单”第 2 行：请选择“是否受赠”" in worker.page.words and "第 1 行：请选择" not in worker.page.words


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_by_pages_without_javascript(app: Flask, world: World, released: Path, enter: Enter) -> None:
    worker, basic, clerk = enter("worker"), enter("basic"), enter("clerk")
    case_id = submitted(filled_in(worker))

    # The first visit: the opinion is missing, is said, and nothing that was typed is lost.
    basic.open(f"/tasks/{case_id}").press("察看属实", "endorse", comment="当天去看过")
    assert basic.status == 422 and "察看结论" in basic.page.words and basic.box("comment") == "当天去看过"
    basic.press("察看属实", "endorse", f__seen="书屋已经启用")
    assert world.row(case_id).state == "bookkeeping" and basic.status == 200

    # A return with a list; the applicant answers all of it at once and, a named field having changed, starts over.
    clerk.open(f"/tasks/{case_id}").press("退回核实", "return_to", comment="清单单价与报价不符")
    clerk.press("确认退回核实", dest="plan", correct=["form.items"])
    assert world.row(case_id).state == "plan"
    worker.open(f"/cases/{case_id}")
    assert "清单单价与报价不符" in worker.page.words and "购置清单" in worker.page.words
    worker.follow("去补正").press("重新提交", **{"f.items.1.price": "1100"})
    assert world.row(case_id).state == "visiting" and "已重新提交" in worker.page.words
    basic.open(f"/tasks/{case_id}")
    assert "退回以后改了什么" in basic.page.words
    basic.press("察看属实", "endorse")
    assert world.row(case_id).amount_fen == 930_000

    # A criterion left to judgement: asked twice, and a reason is wanted. Then the system chooses the way.
    clerk.open(f"/tasks/{case_id}")
    assert "单位自筹不足两成" in clerk.page.words
    clerk.press("核算无误", "endorse", comment="另有镇里配套")
    assert "这些核对没有通过" in clerk.page.words and world.row(case_id).state == "bookkeeping"
    clerk.press("确认核算无误")
    assert world.row(case_id).state == "panel"

    # The meeting decides many at once.
    other = submitted(filled_in(enter("nurse"), "和桂芬", **{"f.usci": OTHER_UNIT}))
    enter("hospital").open(f"/tasks/{other}").press("察看属实", "endorse", f__seen="已察看")
    clerk.open(f"/tasks/{other}").press("核算无误", "endorse", comment="医院另有配套").press("确认核算无误")
    leader = enter("leader").open("/tasks")
    ticked = [one.attributes["value"] for one in leader.page.controls if one.name == "s"]
    assert sorted(pair.partition(":")[0] for pair in ticked) == sorted((case_id, other))
    leader.press("一起办理", s=ticked)
    assert "可以办理 2 件" in leader.page.words and "合计 18,300 元" in leader.page.words
    leader.press("会议通过", comment="专题会同意")
    assert "已办理 2 件，共 18,300 元" in leader.page.words
    assert {world.row(case_id).state, world.row(other).state} == {"vouching"}

    # A return that opens one field only and comes straight back to whoever sent it.
    finance = enter("finance").open(f"/tasks/{case_id}")
    finance.press("退回更正账号", "return_to", comment="账号与户名不符").press("确认退回更正账号")
    worker.open(f"/cases/{case_id}").follow("去补正")
    assert {one.name for one in worker.page.controls if one.name.startswith("f.")} <= {"f.payee_card"}
    worker.press("修改", "payee_card").press("重新提交", f__payee_card=OTHER_CARD)
    assert world.row(case_id).state == "vouching"
    finance.open(f"/tasks/{case_id}").press("复核一致", "endorse")

    cashier = enter("cashier").open(f"/tasks/{case_id}")
    cashier.press("已经拨付", "settle", f__paid_on="2026-06-15")
    assert cashier.status == 422 and "拨付回单" in cashier.page.words
    cashier.press("已经拨付", "settle", **{"attachments.voucher": [(photo(colour="navy"), "回单.jpg")]})
    row = world.row(case_id)
    assert (row.state, row.outcome, row.amount_fen) == ("furnished", "approved", 930_000)
    assert "补助已拨付" in worker.open(f"/cases/{case_id}").page.words and "9,300 元" in worker.page.words

    # The auditor reads every step, and the verifier agrees.
    auditor = enter("auditor").open("/audit").press("查找", q=row.number)
    assert auditor.url == f"/audit/cases/{case_id}"
    for words in ("报送", "察看属实", "退回核实", "核算无误", "金额较大", "会议通过", "退回更正账号", "复核一致", "已经拨付", "清单单价与报价不符",
                  "另有镇里配套", "判断后放行：自筹不低于两成", "补正后直接回到退回的环节", "批量办理", "每个环节都由不同的人办理",
                  "记录完整，未被改动", "与记录的金额一致", "赵敏", "王莉", "孙建国", "何静", "罗平"):
        assert words in auditor.page.words, words
    assert ID_NO not in auditor.text and OTHER_CARD not in auditor.text
    with db.db.reading(world.sessions) as session:
        assert list(history.verify(session).items) == []


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_by_api(app: Flask, world: World, released: Path) -> None:
    client = app.test_client()

    def call(who: str, method: str, path: str, expect: int = 200, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {tokens[who]}"} if who else {}
        answer = client.open(f"/api/v1{path}", method=method, headers=headers | more.pop("headers", {}), **more)
        assert answer.status_code == expect, f"{method} {path} as {who}: {answer.status_code} {answer.text[:2000]}"
        return answer.json

    def act(who: str, trigger: str, expect: int = 200, **more: Any) -> Any:
        revision = call(who, "GET", f"/applications/{case}")["revision"]
        return call(who, "POST", f"/applications/{case}/actions", expect, json={"trigger": trigger, "revision": revision, **more})

    tokens: dict[str, str] = {}
    for who in ("worker", "basic", "clerk", "leader", "finance", "cashier", "auditor"):
        tokens[who] = call("", "POST", "/tokens", 201, json={"username": who, "password": PASSWORD})["token"]

    asked = call("worker", "GET", f"/programmes/{KEY}")
    assert [p["key"] for p in call("worker", "GET", "/programmes")] == [KEY] and asked["open"]
    assert set(FORM) <= set(asked["form"]["properties"]) and "seen" not in asked["form"]["properties"]
    assert {kind["kind"] for kind in asked["attachments"]} == {"photo", "quote"}

    made = call("worker", "POST", "/applications", 201, json={"programme": KEY, "form": {"usci": FORM["usci"], "area": "十五"}})
    case = made["id"]
    assert [fault["field"] for fault in made["warnings"]] == ["form.area"] and made["form"]["area"] == "十五"
    refused = act("worker", "submit", 422)
    told = {fault["field"] for fault in refused["errors"]}
    assert {"form.area", "form.items", "attachments.photo"} <= told
    form = {name: value for name, value in FORM.items() if name != "keeper"}
    changed = call("worker", "PATCH", f"/applications/{case}", json={"form": form | {"area": "12"}, "revision": 1})
    assert changed["warnings"] == [] and changed["amount"] == "9000.00"
    for kind in ("photo", "quote"):
        call("worker", "POST", f"/applications/{case}/attachments", 201, data={"kind": kind, "file": (photo(), f"{kind}.jpg")})
    refused = act("worker", "submit", 422)
    assert ["面积不足 15 平方米，不能申请"] == [fault["message"] for fault in refused["errors"]]
    assert act("worker", "submit", form={"area": "30"})["state"] == "visiting"

    assert [row["id"] for row in call("basic", "GET", "/tasks")["items"]] == [case]
    act("worker", "endorse", 403)
    assert act("basic", "endorse", form={"seen": "属实"})["state"] == "bookkeeping"
    assert act("clerk", "return_to", dest="plan", comment="请改面积", correct=["form.area"])["state"] == "plan"
    assert act("worker", "submit", form={"area": "28"})["state"] == "bookkeeping"          # direct: the list did not change
    lowered = act("clerk", "endorse", amount="8500.00", comment="核减邮费")
    assert (lowered["state"], lowered["amount"]) == ("panel", "8500.00")
    revision = call("leader", "GET", f"/applications/{case}")["revision"]
    rows = call("leader", "POST", "/tasks/batch", json={"trigger": "endorse", "comment": "同意", "items": [{"id": case, "revision": revision}]})
    assert rows == [{"id": case, "ok": True, "state": "vouching"}]
    assert act("finance", "return_to", comment="账号不符")["state"] == "plan"
    refused = act("worker", "submit", 422, form={"area": "90"})
    assert refused["errors"][0]["code"] == "NOT_EDITABLE"
    assert act("worker", "submit", form={"payee_card": OTHER_CARD})["state"] == "vouching"
    act("finance", "endorse")
    call("cashier", "POST", f"/applications/{case}/attachments", 201, data={"kind": "voucher", "file": (photo(), "回单.jpg")})
    paid = act("cashier", "settle", form={"paid_on": "2026-06-15"})
    assert (paid["state"], paid["amount"], paid["actions"]) == ("furnished", "8500.00", [])

    events = call("auditor", "GET", f"/applications/{case}/events")
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["trigger"] for event in events if event["kind"] == "act"] == [
        "submit", "endorse", "return_to", "submit", "endorse", "sort", "endorse", "return_to", "submit", "endorse", "settle"]
    for before, event in zip([None, *events], events, strict=False):
        body = b"bangfu-event/1\0" + bytes.fromhex(event["prev"]) + event["body"].encode()
        assert hashlib.sha256(body).hexdigest() == event["hash"]
        assert before is None or event["prev"] == before["hash"]
    assert OTHER_CARD not in str(events) and ID_NO not in str(events)
