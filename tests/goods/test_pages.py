"""The store, the list of a case and the sheet on pages: two people, sentences for refusals, nothing outside one's scope."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.goods.conftest import RICE, Stores
from tests.goods.giving import GIVING, Giving, row
from tests.web.county import Clock, Visitor
from tests.web.desk import NOW, Desks
from web import create_app, db
from workflow import spreadsheets


@pytest.fixture
def app(new_database: Callable[[str], Any], tmp_path: Path) -> Iterator[Flask]:
    with new_database("sqlite") as url:
        app = create_app({
            "TESTING": True, "DATABASE_URL": url, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": Clock(NOW),
            "UPLOADS": str(tmp_path / "uploads"), "UNION": "云岭县总工会"})
        app.config["PROPAGATE_EXCEPTIONS"] = False
        yield app
        db.database(app).engine.dispose()


@pytest.fixture
def desks(app: Flask) -> Desks:
    return Desks(app, GIVING)


@pytest.fixture
def given(desks: Desks) -> Giving:
    """Ten bags in stock and a list that waits."""
    stores = Stores(desks)
    stores.fund(1_000_000)
    stores.bought(stores.item(), 10)
    for short in desks.ids:
        desks.accounts[short] = _account(desks, short)
    return Giving(desks, stores)


@pytest.fixture
def enter(app: Flask, desks: Desks) -> Callable[[str], Visitor]:
    def sign_in(username: str) -> Visitor:
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(username).status_code == 303
        return visitor
    return sign_in


def _account(desks: Desks, short: str) -> int:
    from sqlalchemy import select

    from workflow.db import reading
    from workflow.records import Account
    with reading(desks.sessions) as session:
        return session.scalars(select(Account.id).where(Account.username == short)).one()


def test_an_item_is_entered_bought_and_counted_by_page(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    clerk, finance, stores = enter("clerk"), enter("finance"), Stores(desks)
    pool, place = stores.fund(600_000), str(desks.orgs["539921"])
    bad = clerk.post("/goods", {"place": place, "code": "米", "name": "购物卡", "unit": "", "spec": "", "price": "x"})
    assert bad.status_code == 422
    for said in ("物品编码用 2 至 30 位", "不能发放“购物卡”", "请写计量单位", "请写单价"):
        assert said in bad.text
    made = clerk.post("/goods", {"place": place, "code": "rice-10kg", "name": "大米", "unit": "袋", "spec": "10 kg", "price": "58.50"})
    address = made.headers["Location"]
    assert "还没有出入库" in clerk.get(address).text
    buying = {"what": "purchase", "quantity": "100", "price": "58.50", "supplier": "云岭粮油有限公司", "document": "04417788", "pool": str(pool), "reason": ""}
    for wrong, said in (({"quantity": "0"}, "请写数量"), ({"supplier": ""}, "供应商全称"), ({"document": ""}, "发票号"), ({"quantity": "200"}, "余额只有 6,000.00 元")):
        answer = clerk.post(address, buying | wrong)
        assert answer.status_code == 422 and said in answer.text
    assert clerk.post(address, buying).status_code == 303
    assert "等待另一人确认" in clerk.get(address).text and 'name="answer"' not in clerk.get(address).text
    page = finance.get(address).text
    assert "合计 5,850.00 元" in page
    move = re.search(r'name="move" value="([^"]+)"', page)[1]                      # type: ignore[index]
    assert finance.post(f"{address}/decide", {"move": move, "answer": "confirm"}).status_code == 303
    assert stores.stands() == (100, 0, 0) and "采购入库" in clerk.get(address).text
    assert clerk.post(address, {"what": "count", "counted": "98", "reason": ""}).status_code == 422
    assert clerk.post(address, {"what": "count", "counted": "98", "reason": "年终盘点，破损两袋"}).status_code == 303
    move = re.search(r'name="move" value="([^"]+)"', enter("leader").get(address).text)[1]   # type: ignore[index]
    assert enter("leader").post(f"{address}/decide", {"move": move, "answer": "confirm"}).status_code == 303
    assert stores.stands() == (98, 0, 0)
    assert clerk.post(address, {"what": "change", "name": "东北大米", "unit": "袋", "spec": "10 kg", "price": "60"}).status_code == 303
    assert "停用" in clerk.get("/goods").text and "98" in clerk.get("/goods?year=2026").text and "看今年" in clerk.get("/goods?year=2025").text
    stores.clean()


def test_the_store_is_closed_to_others(desks: Desks, given: Giving, enter: Callable[[str], Visitor]) -> None:
    address = re.search(r'href="(/goods/\d+)"', enter("clerk").get("/goods").text)[1]            # type: ignore[index]
    for who, status in (("cashier", 200), ("auditor", 200), ("outsider", 404), ("worker", 403), ("basic", 403), ("admin", 403)):
        assert enter(who).get(address).status_code == status, who
    assert "<b>大米</b>" not in enter("outsider").get("/goods").text
    for who, status in (("cashier", 403), ("auditor", 403), ("outsider", 404), ("basic", 403)):
        assert enter(who).post(address, {"what": "count", "counted": "1", "reason": "盘点"}).status_code == status, who
    assert enter("leader").post(f"{address}/decide", {"move": "x", "answer": "confirm"}).status_code == 404


def test_the_list_shows_what_stands_twice_with_the_earlier_grant(desks: Desks, given: Giving, enter: Callable[[str], Visitor]) -> None:
    first = given.delivering(row(0, "200"))
    case_id = given.handed_in(row(0, "300"), row(1), row(1))
    clerk = enter("clerk")
    assert f'href="/tasks/{case_id}/lines"' in clerk.get(f"/tasks/{case_id}").text
    page = clerk.get(f"/tasks/{case_id}/lines").text
    assert "3 行需要核对是否重复" in page and desks.row(first).number in page and "同一人已有慰问或救助" in page and "200.00 元" in page
    assert "杨丽华" not in page and "杨*华" in page and "533221199003070021" not in page
    assert "与第 3 行是同一人" in page
    sheet = spreadsheets.rows(clerk.get(f"/tasks/{case_id}/lines/twice.xlsx").data)
    assert len(sheet) == 4 and sheet[1][4] == desks.row(first).number and "杨丽华" not in sheet[1]
    assert "木*军" not in clerk.get(f"/tasks/{case_id}/lines?only=struck").text
    for who, status in (("outsider", 404), ("worker", 403), ("auditor", 200), ("cashier", 200)):
        for path in ("", "/sheet", "/twice.xlsx"):
            assert enter(who).get(f"/tasks/{case_id}/lines{path}").status_code == status, (who, path)


def test_signatures_are_marked_by_page_and_by_phone(desks: Desks, given: Giving, enter: Callable[[str], Visitor]) -> None:
    case_id = given.delivering(row(0), row(1), row(2))
    clerk, beside = enter("clerk"), desks.ids["basic"]
    address = f"/tasks/{case_id}/lines"
    for data, said in (({"what": "sign", "method": "phone", "with": beside}, "请选择名单中"), ({"what": "sign", "line": "1", "method": "phone"}, "两人到场"),
                       ({"what": "sign", "line": "1", "method": "paper", "with": beside}, "先上传签字后的签收表"),
                       ({"what": "strike", "line": "1", "reason": ""}, "请写明原因"), ({"what": "unsign", "line": "1", "reason": "勾错"}, "还没有登记签收")):
        answer = clerk.post(address, data)
        assert answer.status_code == 422 and said in answer.text, data
    assert clerk.post(address, {"what": "sign", "line": "1", "method": "phone", "with": beside}).status_code == 303
    assert "已登记 1 人签收" in clerk.get(address).text
    second = f"/sign/{_line(desks, case_id, 2)}"
    phone = clerk.get(second).text
    assert "木建军" in phone and "大米 10 kg 1 袋" in phone and "未签收" in phone
    assert "本件不在您手上" in enter("cashier").get(second).text
    assert enter("outsider").get(second).status_code == 404
    assert clerk.post(second, {"with": ""}).status_code == 422
    assert clerk.post(second, {"with": beside}).status_code == 303 and "已签收" in clerk.get(second).text
    assert clerk.post(address, {"what": "strike", "line": "3", "reason": "外出务工，联系不上"}).status_code == 303
    assert "物品已退回库存" in clerk.get(address).text
    assert given.stores.stands(RICE) == (10, 2, 0)
    assert clerk.post(address, {"what": "unsign", "line": "2", "reason": "勾错了人"}).status_code == 303
    assert clerk.post(address, {"all": "1", "method": "phone", "with": beside}).status_code == 303
    counted = clerk.get(f"{address}?only=signed").text
    assert "木*军" in counted and "和*英" not in counted


def test_the_sheet_has_a_box_and_a_code_for_everybody_and_its_print_is_recorded(desks: Desks, given: Giving, enter: Callable[[str], Visitor]) -> None:
    case_id = given.delivering(row(0, "500"), row(1), row(2))
    given.strike(case_id, 3)
    clerk = enter("clerk")
    page = clerk.get(f"/tasks/{case_id}/lines/sheet").text
    assert page.count('class="qr"') == 2 and "杨丽华" in page and "和秀英" not in page and "533221199003070021" not in page
    assert "发放人（两人）签字" in page and "慰问金 500.00 元" in page and "合计：2 人" in page and "大米 10 kg 2 袋" in page
    assert "data-print" not in page
    assert clerk.post(f"/tasks/{case_id}/lines/sheet").status_code == 303
    assert "data-print" in clerk.get(f"/tasks/{case_id}/lines/sheet?printed=1").text


def _line(desks: Desks, case_id: str, number: int) -> str:
    from sqlalchemy import select

    from workflow.db import reading
    from workflow.records import GrantLine
    with reading(desks.sessions) as session:
        return str(session.scalars(select(GrantLine.id).where(GrantLine.case_id == case_id, GrantLine.n == number)).one())
