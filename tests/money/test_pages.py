"""The funds on pages and at the command line: opened and changed by two people, told beside the amount, closed to others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from tests.money.conftest import CARD, GRANT, KEY, Funds
from tests.web.county import Clock, Visitor
from tests.web.desk import NOW, Desks
from web import create_app, db
from workflow.db import reading
from workflow.engine import returning
from workflow.records import PoolProposal, Repayment


def slip() -> tuple[BytesIO, str]:
    """A photo of a bank's slip, as a browser sends it."""
    data = BytesIO()
    Image.new("RGB", (60, 40), "white").save(data, "PNG")
    return BytesIO(data.getvalue()), "回单.png"


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


@pytest.fixture
def waits(desks: Desks) -> Callable[[Any], str]:
    """The one open proposal or repayment."""
    def find(kind: Any) -> str:
        with reading(desks.sessions) as session:
            return session.scalars(select(kind.id).where(kind.status == "open")).one()
    return find


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


def test_money_moves_between_pools_of_one_source_by_page(desks: Desks, enter: Callable[[str], Visitor], waits: Callable[[Any], str]) -> None:
    funds, finance, leader = Funds(desks), enter("finance"), enter("leader")
    fund, pool = funds.open(1_000_000, "539921/2026/fund@central_hardship"), funds.open(100_000, f"{KEY}@central_hardship")
    other = funds.open(5_000, f"{KEY}@mutual_pool")
    page = finance.get(f"/funds/{fund}").text
    assert f'value="{pool}"' in page and f'value="{other}"' not in page
    for data, said in (({"moved": "1"}, "请选择转入的资金池"), ({"to": str(pool), "moved": "20000", "grounds": "分配"}, "余额只有 10,000.00 元"),
                       ({"to": str(other), "moved": "1", "grounds": "分配"}, "资金来源不同"), ({"to": "99", "moved": "1", "grounds": "分配"}, "")):
        answer = finance.post(f"/funds/{fund}/propose", {"what": "transfer"} | data)
        assert (answer.status_code == 422 and said in answer.text) or (not said and answer.status_code == 404)
    assert finance.post(f"/funds/{fund}/propose", {"what": "transfer", "to": str(pool), "moved": "4,000", "grounds": "首批分配"}).status_code == 303
    assert "→ 539921/2026/grant@central_hardship" in leader.get(f"/funds/{fund}").text
    assert leader.post(f"/funds/{fund}/decide", {"proposal": waits(PoolProposal), "answer": "confirm"}).status_code == 303
    assert funds.stands(f"{KEY}@central_hardship") == (500_000, 0, 0)
    assert "来自" in finance.get(f"/funds/{pool}").text and f'href="/funds/{fund}"' in finance.get(f"/funds/{pool}").text
    listed = finance.get("/funds").text
    assert listed.index("中央财政职工困难帮扶资金") < listed.index("互助金（代管）") and "不计入本级支出" in listed and "11,000.00" in listed
    said = finance.post(f"/funds/{pool}/propose", {"what": "terms", "source": "own_union", "uses": "grant", "because": "改"})
    assert said.status_code == 422 and "不一致" in said.text
    assert finance.post(f"/funds/{pool}/propose", {"what": "terms", "source": "", "uses": "grant, grant", "because": "只用于本项目"}).status_code == 303


def test_what_is_left_of_a_closed_pool_is_carried_by_page(desks: Desks, enter: Callable[[str], Visitor], waits: Callable[[Any], str]) -> None:
    funds, finance, leader = Funds(desks), enter("finance"), enter("leader")
    old, new = funds.open(100_000), funds.open(1, "539921/2027/grant")
    funds.close((desks.now - timedelta(days=1)).date())
    page = finance.get(f"/funds/{old}").text
    assert "结转余额" in page and "调整总额</summary>" not in page
    assert finance.post(f"/funds/{old}/propose", {"what": "carry", "into": str(new), "carried": "年终结转"}).status_code == 303
    assert leader.post(f"/funds/{old}/decide", {"proposal": waits(PoolProposal), "answer": "confirm"}).status_code == 303
    assert funds.stands("539921/2027/grant") == (100_001, 0, 0) and f'<a href="/funds/{new}">' in finance.get(f"/funds/{old}").text


def test_money_comes_back_by_page(desks: Desks, enter: Callable[[str], Visitor], waits: Callable[[Any], str]) -> None:
    funds = Funds(desks)
    pool = funds.open(500_000)
    case_id = desks.submitted("worker", "grant", {"cost": "3000", "bank_card": CARD})
    for who, trigger in (("clerk", "approve"), ("leader", "approve"), ("cashier", "pay")):
        desks.act(who, case_id, trigger)
    finance, leader, address = enter("finance"), enter("leader"), f"/funds/cases/{case_id}"
    assert address in finance.get(f"/funds/{pool}").text and "最多还可退回" in finance.get(address).text
    for data, said in (({"amount": "3000.01", "reason": "复核不符", "kind": "clawback", "receipt": slip()}, "最多可以退回 3,000.00 元"),
                       ({"amount": "许多", "reason": "复核不符", "kind": "clawback"}, "请写金额"),
                       ({"amount": "5", "reason": "复核不符", "kind": "clawback"}, "收款凭证"),
                       ({"amount": "5", "reason": "", "kind": "clawback", "receipt": slip()}, "依据或理由"),
                       ({"amount": "5", "reason": "复核不符", "kind": "clawback", "receipt": (BytesIO(b"MZ"), "x.exe")}, "receipt-e")):
        answer = finance.post(address, data, content_type="multipart/form-data")
        assert answer.status_code == 422 and said in answer.text, data
    sent = {"amount": "1,200", "reason": "复核不符，追回", "kind": "clawback", "receipt": slip()}
    assert finance.post(address, sent, content_type="multipart/form-data").status_code == 303
    assert funds.stands() == (500_000, 0, 300_000) and "退款等待负责人确认" in leader.get("/funds").text
    assert "等待负责人确认" in finance.get(address).text and 'value="confirm"' not in finance.get(address).text
    assert leader.post(f"{address}/decide", {"proposal": "other", "answer": "confirm"}).status_code == 404
    assert leader.post(f"{address}/decide", {"proposal": waits(Repayment), "answer": "confirm"}).status_code == 303
    assert funds.stands() == (500_000, 0, 180_000) and "已入账" in finance.get(address).text
    assert "款项退回 1,200 元" in enter("auditor").get(f"/audit/cases/{case_id}").text
    assert "发放救助金" in finance.get("/funds").text and "1,800.00" in finance.get("/funds").text
    for who, status in (("clerk", 200), ("auditor", 200), ("outsider", 404), ("worker", 403), ("admin", 403)):
        assert enter(who).get(address).status_code == status, who
    for who, status in (("clerk", 403), ("leader", 403), ("outsider", 403), ("worker", 403)):
        assert enter(who).post(address, {"amount": "1"}).status_code == status, who
    with reading(desks.sessions) as session:
        assert [row.amount for row in returning.repayments(session, case_id)] == [120_000]
    mine = enter("worker").get(f"/cases/{case_id}").text
    assert "回单" not in mine and "propose_return" not in mine and "追回" not in mine
    funds.clean()


def test_the_commands_open_propose_and_confirm(app: Flask, desks: Desks) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["pools", *words])
    assert run("open", KEY, "2000").exit_code == 0
    assert run("adjust", KEY, "-500", "--reason", "年中调减", "--as", "finance").exit_code == 0
    assert run("confirm", KEY, "--as", "finance").exit_code == 1
    assert run("confirm", KEY, "--as", "leader").exit_code == 0
    assert run("list").output == f"{KEY}\tmoney\t1,500.00\t0.00\t0.00\t1,500.00\t\t\t\n"
    assert run("close", KEY, "2026-12-31", "--reason", "年终关账", "--as", "finance").exit_code == 0
    assert run("confirm", KEY, "--decline", "--as", "leader").exit_code == 0
    for words, said in ((("open", KEY, "1"), "已经开立"), (("open", "nowhere/x", "1"), "单位编码"), (("open", "539921/x", "许多"), "请写金额"),
                        (("adjust", "539921/y", "1", "--reason", "文件", "--as", "finance"), "没有资金池"),
                        (("confirm", KEY, "--as", "leader"), "没有等待确认")):
        done = run(*words)
        assert done.exit_code == 1 and said in done.stderr and "Traceback" not in done.output, words


def test_the_commands_know_sources_move_and_carry(app: Flask, desks: Desks) -> None:
    def run(*words: str) -> Any:
        return app.test_cli_runner().invoke(args=["pools", *words])
    central, next_year = f"{KEY}@central_hardship", "539921/2027/grant@central_hardship"
    assert "central_hardship\t中央财政职工困难帮扶资金\tCentral hardship fund\tcash_grant,goods,service" in run("sources").output
    for words in ((central, "2000", "--use", "grant"), (next_year, "1", "--use", "grant"), (f"{KEY}@donation", "5", "--purpose", "助困")):
        assert run("open", *words).exit_code == 0, words
    assert run("transfer", central, next_year, "500", "--reason", "分配", "--as", "finance").exit_code == 0
    assert run("confirm", central, "--as", "leader").exit_code == 0
    assert run("terms", f"{KEY}@donation", "--use", "grant", "--reason", "只用于本项目", "--as", "finance").exit_code == 0
    assert run("close", central, "2026-06-14", "--reason", "关账", "--as", "finance").exit_code == 0
    assert run("confirm", central, "--as", "leader").exit_code == 0
    assert run("carry", central, next_year, "--reason", "结转", "--as", "finance").exit_code == 0
    assert run("confirm", central, "--as", "leader").exit_code == 0
    assert f"{next_year}\tmoney\t2,001.00\t0.00\t0.00\t2,001.00\t\tcentral_hardship\tgrant\n" in run("list").output
    assert run("spent").output == ""
    for words, said in ((("open", f"{KEY}@own_unoin", "1"), "own_union"), (("open", f"{KEY}@donation.b", "1"), "限定的用途"),
                        (("transfer", central, next_year, "1", "--reason", "倒账", "--as", "finance"), "关账"),
                        (("carry", next_year, central, "--reason", "倒账", "--as", "finance"), "还没有关账")):
        done = run(*words)
        assert done.exit_code == 1 and said in done.stderr and "Traceback" not in done.output, words
