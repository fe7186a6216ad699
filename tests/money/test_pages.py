"""The funds on pages and at the command line: opened and changed by two people, told beside the amount, closed to others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.money.conftest import CARD, GRANT, KEY, Funds
from tests.web.county import Clock, Visitor
from tests.web.desk import NOW, Desks
from web import create_app, db


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
    return Desks(app, GRANT)


@pytest.fixture
def enter(app: Flask, desks: Desks) -> Callable[[str], Visitor]:
    def sign_in(username: str) -> Visitor:
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(username).status_code == 303
        return visitor
    return sign_in


def test_finance_opens_the_leader_confirms_and_a_case_reserves(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    finance, leader, funds = enter("finance"), enter("leader"), Funds(desks)
    opened = finance.post("/funds", {"pool": KEY, "amount": "8,000", "unit": "money"})
    assert opened.status_code == 303 and funds.stands() == (0, 0, 0)
    address = opened.headers["Location"]
    assert "等待负责人确认" in finance.get(address).text and "name=\"answer\"" not in finance.get(address).text
    page = leader.get(address).text
    proposal = page.partition('name="proposal" value="')[2].partition('"')[0]
    assert leader.post(f"{address}/decide", {"proposal": proposal, "answer": "confirm"}).status_code == 303
    assert funds.stands() == (800_000, 0, 0)
    assert "试点补助" in leader.get("/funds").text                                # named after the programme it pays for
    case_id = desks.submitted("worker", "grant", {"cost": "3000", "bank_card": CARD})
    clerk = enter("clerk")
    seen = clerk.get(f"/tasks/{case_id}").text
    assert "余额 8,000.00" in seen and "批后余额 5,000.00" in seen
    desks.act("clerk", case_id, "approve")
    assert "本件已预留 3,000.00" in leader.get(f"/tasks/{case_id}").text
    books = finance.get(address).text
    assert f"/tasks/{case_id}" in books and "5,000.00" in books
    assert f"/audit/cases/{case_id}" in enter("auditor").get(address).text


def test_a_short_pool_is_told_before_and_after_the_button(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    Funds(desks).open(100_000)
    case_id, clerk = desks.submitted("worker", "grant", {"cost": "3000", "bank_card": CARD}), enter("clerk")
    page = clerk.get(f"/tasks/{case_id}").text
    assert "还差 2,000.00" in page and "预算余额不足" in page
    refused = clerk.post(f"/tasks/{case_id}/act", {"trigger": "approve", "revision": "2", "comment": "同意"})
    assert refused.status_code == 422 and f"资金池 {KEY} 余额 1,000.00 元" in refused.text and desks.row(case_id).state == "review"


def test_changes_are_proposed_with_grounds_and_refusals_are_shown(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    pool_id, finance, leader = Funds(desks).open(100_000), enter("finance"), enter("leader")
    for data, said in (({"what": "adjust", "amount": "许多", "reason": "文"}, "请写金额"), ({"what": "adjust", "amount": "5", "reason": ""}, "请写明依据"),
                       ({"what": "adjust", "amount": "-1001", "reason": "调减"}, "最多可以减少 1,000.00 元"),
                       ({"what": "close", "day": "", "reason": "年终"}, "请选择日期")):
        answer = finance.post(f"/funds/{pool_id}/propose", data)
        assert answer.status_code == 422 and said in answer.text
    assert finance.post(f"/funds/{pool_id}/propose", {"what": "close", "day": "2026-12-31", "reason": "年终关账"}).status_code == 303
    assert leader.post(f"/funds/{pool_id}/decide", {"proposal": "other", "answer": "confirm"}).status_code == 404
    for who, status in (("clerk", 403), ("cashier", 403), ("auditor", 403), ("outsider", 403), ("worker", 403), ("finance", 403)):
        assert enter(who).post(f"/funds/{pool_id}/decide", {"proposal": "x"}).status_code == status, who
    for who, status in (("clerk", 200), ("auditor", 200), ("outsider", 404), ("worker", 403), ("basic", 403), ("admin", 403)):
        assert enter(who).get(f"/funds/{pool_id}").status_code == status, who


def test_the_commands_open_propose_and_confirm(app: Flask, desks: Desks) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["pools", *words])
    assert run("open", KEY, "2000").exit_code == 0
    assert run("adjust", KEY, "-500", "--reason", "年中调减", "--as", "finance").exit_code == 0
    assert run("confirm", KEY, "--as", "finance").exit_code == 1
    assert run("confirm", KEY, "--as", "leader").exit_code == 0
    assert run("list").output == f"{KEY}\tmoney\t1,500.00\t0.00\t0.00\t1,500.00\t\n"
    assert run("close", KEY, "2026-12-31", "--reason", "年终关账", "--as", "finance").exit_code == 0
    assert run("confirm", KEY, "--decline", "--as", "leader").exit_code == 0
    for words, said in ((("open", KEY, "1"), "已经开立"), (("open", "nowhere/x", "1"), "单位编码"), (("open", "539921/x", "许多"), "请写金额"),
                        (("adjust", "539921/y", "1", "--reason", "文件", "--as", "finance"), "没有资金池"),
                        (("confirm", KEY, "--as", "leader"), "没有等待确认")):
        done = run(*words)
        assert done.exit_code == 1 and said in done.stderr and "Traceback" not in done.output, words
