"""The same refusals at every door: page, API and command line; and the sentence that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.payments.conftest import CARDS, KEY, PAID, Office
from tests.web.county import Clock, Visitor
from tests.web.desk import NOW, Desks
from web import create_app, db, signins
from workflow import money
from workflow.actors import COMMAND
from workflow.db import writing
from workflow.payments import settling
from workflow.records import Account, ApiToken

Enter = Callable[[str], Visitor]


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
def office(app: Flask) -> Office:
    desks = Desks(app, PAID)
    with writing(desks.sessions) as session:
        for account in session.query(Account):
            desks.accounts[account.username] = account.id
        money.open_pool(session, KEY, 10_000_000, COMMAND, NOW)
    return Office(desks)


@pytest.fixture
def enter(app: Flask, office: Office) -> Enter:
    def sign_in(username: str) -> Visitor:
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(username).status_code == 303
        return visitor
    return sign_in


@pytest.fixture
def bearer(app: Flask, office: Office) -> Callable[[str], dict[str, str]]:
    """The headers of somebody's token."""
    def token(short: str) -> dict[str, str]:
        with writing(office.world.sessions) as session:
            session.add(ApiToken(token_hash=signins.hash_of(f"token-{short}"), account_id=office.world.accounts[short], created_at=NOW,
                                 expires_at=NOW + timedelta(hours=1), revoked_at=None))
        return {"Authorization": f"Bearer token-{short}"}
    return token


def test_paid_by_page_from_gathering_to_closing(office: Office, enter: Enter) -> None:
    case_id = office.case()
    finance, cashier, auditor = enter("finance"), enter("cashier"), enter("auditor")
    page = finance.get("/payments/new").text
    line = office.payable()[0].grant_line_id
    assert line in page and "尾号 0017" in page and CARDS[0] not in page
    made = finance.post("/payments/new", {"method": "bank", "layout": "csv", "line": line})
    at = made.headers["Location"]
    assert made.status_code == 303
    assert finance.post(f"{at}/seal").status_code == 303 and office.batch(at[-20:]).status == "sealed"
    assert cashier.post(f"{at}/seal").status_code == 403 and finance.post(f"{at}/send").status_code == 403
    assert auditor.get(at).status_code == 200 and auditor.post(f"{at}/close").status_code == 403
    assert cashier.post(f"{at}/send").status_code == 303
    sent = cashier.post(f"{at}/file")
    assert sent.status_code == 200 and CARDS[0] in sent.get_data().decode("utf-8-sig")
    assert finance.post(f"{at}/file").status_code == 403
    bad = office.answer(at[-20:], "成功").replace(b"1000.00", b"1")
    refused = cashier.post(f"{at}/answer", {"file": (BytesIO(bad), "a.csv")})
    assert refused.status_code == 422 and "单元格 D2" in refused.text
    assert finance.post(f"{at}/close").status_code == 422
    for _ in range(2):
        assert cashier.post(f"{at}/answer", {"file": (BytesIO(office.answer(at[-20:], "成功")), "a.csv")}).status_code == 303
    assert office.world.row(case_id).state == "paid" and office.spent() == (0, 100_000)
    assert finance.post(f"{at}/close").status_code == 303 and "已关闭" in finance.get(at).text
    assert "1,000.00" in finance.get("/payments/reconcile").text
    assert enter("clerk").get(at).status_code == 403


def test_paying_twice_is_refused_at_every_door(app: Flask, office: Office, enter: Enter, bearer: Callable[[str], dict[str, str]]) -> None:
    case_id = office.case()
    batch_id = office.sent(case_id)
    revision = office.world.row(case_id).revision
    page = enter("cashier").post(f"/tasks/{case_id}/act", {"revision": str(revision), "trigger": "pay", "f.paid_on": "2026-06-12"})
    assert page.status_code == 422 and "已随发放批次" in page.text
    client, headers = app.test_client(), bearer("cashier")
    act = client.post(f"/api/v1/applications/{case_id}/actions", json={"trigger": "pay", "revision": revision, "form": {"paid_on": "2026-06-12"}}, headers=headers)
    assert act.status_code == 422 and "送银行" in act.get_json()["errors"][0]["message"]
    many = client.post("/api/v1/tasks/batch", json={"trigger": "pay", "comment": "", "items": [{"id": case_id, "revision": revision}]}, headers=headers)
    assert many.get_json()[0]["ok"] is False
    again = app.test_cli_runner().invoke(args=["payments", "send", "FF-539921-2026-0001", "--as", "cashier"])
    assert again.exit_code == 1 and "已经发出" in again.output
    gathered = app.test_cli_runner().invoke(args=["payments", "gather", "--as", "finance"])
    assert gathered.exit_code == 1 and office.statuses(batch_id) == ["sent"]


def test_an_empty_account_is_refused_at_every_door(app: Flask, office: Office, enter: Enter, bearer: Callable[[str], dict[str, str]]) -> None:
    case_id = office.case(card=None)
    assert "收款账户是空的" in enter("finance").get("/payments/new").text
    assert "收款账户是空的" in app.test_cli_runner().invoke(args=["payments", "waiting", "--as", "finance"]).output
    act = app.test_client().post(f"/api/v1/applications/{case_id}/actions", headers=bearer("cashier"), json={
        "trigger": "pay", "revision": office.world.row(case_id).revision, "form": {"paid_on": "2026-06-12"}})
    assert act.status_code == 422 and any("不能付款" in error["message"] for error in act.get_json()["errors"])


def test_one_person_end_to_end_is_refused_at_every_door(app: Flask, office: Office, enter: Enter) -> None:
    batch_id = office.gather(office.case())
    run = app.test_cli_runner()
    assert run.invoke(args=["payments", "seal", "FF-539921-2026-0001", "--as", "finance"]).exit_code == 0
    for who, said in (("finance", "由出纳办理"), ("leader", "由出纳办理"), ("auditor", "经审岗位只能查阅")):
        refused = run.invoke(args=["payments", "send", "FF-539921-2026-0001", "--as", who])
        assert refused.exit_code == 1 and said in refused.output
    assert enter("finance").post(f"/payments/{batch_id}/send").status_code == 403 and office.batch(batch_id).status == "sealed"


def test_a_batch_at_the_command_line_and_by_api(app: Flask, office: Office, bearer: Callable[[str], dict[str, str]], tmp_path: Path) -> None:
    case_id = office.case()
    run = app.test_cli_runner()

    def go(*words: str, code: int = 0) -> str:
        done = run.invoke(args=["payments", *words])
        assert done.exit_code == code, done.output
        return str(done.output)

    assert "icbc" in go("layouts")
    go("gather", "--layout", "rcc", "--as", "finance")
    go("seal", "FF-539921-2026-0001", "--as", "finance")
    go("send", "FF-539921-2026-0001", "--as", "cashier")
    for _ in range(2):
        go("export", "FF-539921-2026-0001", "--to", str(tmp_path), "--as", "cashier")
    first, second = tmp_path / "FF-539921-2026-0001.txt", tmp_path / "FF-539921-2026-0001-副本1.txt"
    assert first.read_bytes() == second.read_bytes()
    client, finance, far = app.test_client(), bearer("finance"), bearer("outsider")
    listed = client.get("/api/v1/payments", headers=finance).get_json()["items"]
    assert [one["status"] for one in listed] == ["sent"] and listed[0]["total"] == "1000.00"
    at = f"/api/v1/payments/{listed[0]['id']}"
    assert client.get(at, headers=finance).get_json()["lines"][0]["account"] == "**** **** **** 0017"
    assert client.get(at, headers=far).status_code in (403, 404)
    bad = "客户姓名|账号|发放金额|单据号|结果\r\n李文华|6228480010000000017|10.00|FF-539921-2026-0001-0001|1\r\n"
    refused = client.post(f"{at}/answer", headers=finance, data={"kind": "answer", "file": (BytesIO(bad.encode("gb18030")), "a.txt")})
    assert refused.status_code == 422 and "C2" in refused.get_json()["errors"][0]["message"]
    good = bad.replace("|10.00|", "|1000.00|").encode("gb18030")
    taken = client.post(f"{at}/answer", headers=finance, data={"kind": "answer", "file": (BytesIO(good), "a.txt")}).get_json()
    assert (taken["paid"], taken["fresh"], taken["problems"]) == (1, 1, []) and office.world.row(case_id).state == "paid"
    (tmp_path / "again.txt").write_bytes(good)
    assert "新结果 0" in go("answer", "FF-539921-2026-0001", str(tmp_path / "again.txt"), "--as", "cashier")
    go("close", "FF-539921-2026-0001", "--as", "finance")
    assert "closed" in go("list")


def test_only_the_money_room_carries_a_batch_on(app: Flask, office: Office) -> None:
    case_id = office.case()
    batch_id = office.sent(case_id)
    office.do(settling.take, "cashier", batch_id, office.answer(batch_id, "成功"))
    run = app.test_cli_runner()
    refused = run.invoke(args=["payments", "settle", "FF-539921-2026-0001", "--as", "leader"])
    assert refused.exit_code == 1 and "由出纳办理" in refused.stderr and office.world.row(case_id).state == "paying"
    refused = run.invoke(args=["payments", "settle", "FF-539921-2026-0001", "--as", "auditor"])
    assert refused.exit_code == 1 and "经审岗位只能查阅" in refused.stderr
    assert run.invoke(args=["payments", "settle", "FF-539921-2026-0001", "--as", "finance"]).exit_code == 0
    assert office.world.row(case_id).state == "paid"
