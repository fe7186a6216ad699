"""The figures on pages, in the API and at a case: entered, looked at, confirmed; the trace tells what differs today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.figures.conftest import FORM, GRANT, Policy
from tests.web.county import PASSWORD, Clock, Visitor
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


def typed(desks: Desks, **more: str) -> dict[str, str]:
    return {"of": "region..dibao", "organisation": str(desks.orgs["539921"]), "value": "800", "from_on": "2026-06-01", "title": "关于调整低保标准的通知",
            "document": "云岭民发〔2026〕30号"} | more


def test_one_enters_seeing_whom_it_touches_and_another_confirms(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    case_id, clerk, leader = desks.submitted("worker", "grant", FORM), enter("clerk"), enter("leader")
    assert "780 元" in clerk.get("/figures").text and "录入新标准" in clerk.get("/figures").text
    look = clerk.post("/figures/new", typed(desks))
    assert look.status_code == 200 and f"/tasks/{case_id}" in look.text and "780 元" in look.text and "800 元" in look.text and "李*华" in look.text
    entered = clerk.post("/figures/new", typed(desks, sure="1"))
    assert entered.status_code == 303
    address = entered.headers["Location"]
    assert "确认执行" not in clerk.get(address).text and "780 元" in clerk.get("/figures").text
    page = leader.get(address).text
    assert "确认执行" in page and f"/tasks/{case_id}" in page and "王莉" in page
    assert leader.post(f"{address}/decide", {"answer": "confirm"}).status_code == 303
    listed = leader.get("/figures").text
    assert "800 元" in listed and "云岭民发〔2026〕30号" in listed and "孙建国 确认" in listed
    assert desks.row(case_id).figures["region"]["dibao"] == "780"
    away = clerk.post(f"{address}/withdraw", {"title": "更正", "document": "云工函〔2026〕9号"})
    assert away.status_code == 303 and "撤销" in leader.get(away.headers["Location"]).text


def test_what_is_wrong_stands_at_its_box_and_others_do_not_get_in(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    clerk = enter("clerk")
    for name, wrong in (("value", "八百"), ("from_on", "1999-01-01"), ("title", ""), ("document", ""), ("of", "region..nothing")):
        refused = clerk.post("/figures/new", typed(desks, **{name: wrong}))
        assert refused.status_code == 422 and f'href="#{name}"' in refused.text, name
    assert clerk.post("/figures/new", typed(desks, organisation=str(desks.orgs["539922"]))).status_code == 404
    for who, status in (("worker", 403), ("admin", 403), ("leader", 403)):
        assert enter(who).get("/figures/new").status_code == status
    assert enter("worker").get("/figures").status_code == 403 and enter("outsider").get("/figures").status_code == 200
    figure_id = Policy(desks).enter("800")
    assert enter("outsider").get(f"/figures/{figure_id}").status_code == 404
    assert enter("double").get(f"/figures/{figure_id}").status_code == 200 and "800 元" not in enter("outsider").get("/figures").text


def test_the_case_its_trace_and_the_api_tell_what_it_goes_by(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    case_id = desks.submitted("worker", "grant", FORM)
    desks.act("clerk", case_id, "approve")
    desks.act("leader", case_id, "approve")
    Policy(desks).set("815")
    Policy(desks).set("0.9", "rate", key="grant", begins=date(2026, 6, 3))
    trace = enter("auditor").get(f"/audit/cases/{case_id}").text
    assert "本件采用的标准" in trace and "云岭县民政局 云岭民发〔2025〕21号（虚构）" in trace and "2025-07-01 起" in trace
    assert "现行标准已变为 815 元" in trace and "现行标准已变为 0.9" in trace and "不影响本件" in trace and "与记录的金额一致" in trace
    assert "现行标准已变为 815 元" in enter("clerk").get(f"/tasks/{case_id}").text
    own = enter("worker").get(f"/cases/{case_id}").text      # whoever applied reads them beside the amount, of that day only
    assert "按提交那天执行的标准" in own and "780 元" in own and "云岭县民政局 云岭民发〔2025〕21号（虚构）" in own and "815" not in own
    client = enter("clerk").client
    token = client.post("/api/v1/tokens", json={"username": "clerk", "password": PASSWORD}).json
    body = client.get(f"/api/v1/applications/{case_id}", headers={"Authorization": f"Bearer {token['token']}"}).json
    known = {one["name"]: one for one in body["figures"]}
    assert known["dibao"]["value"] == "780" and known["dibao"]["today"] == "815" and known["rate"]["since"] is None


def test_while_it_is_under_way_the_worker_reads_by_which_standards(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    case_id, worker = desks.submitted("worker", "grant", FORM), enter("worker")
    assert "按提交那天执行的标准" in worker.get(f"/cases/{case_id}").text


def test_params_of_a_programme_have_their_own_page(desks: Desks, enter: Callable[[str], Visitor]) -> None:
    page = enter("finance").get("/figures?programme=grant").text
    assert "比例" in page and "项目定义所写" in page and "录入新标准" not in page and "银行" in page
    assert enter("clerk").get("/figures/new?of=param.grant.rate").text.count("selected") == 1
    assert enter("clerk").get("/figures?programme=nothing").status_code == 200
