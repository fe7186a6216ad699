"""The administrator's page, the commands, and every page of a case whose contents are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.retention.conftest import TEXT, Archive
from tests.web.county import PASSWORD, Clock, Visitor
from tests.web.desk import NOW, Desks
from web import create_app, db
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Attachment

GONE = "已按保存期限删除"
WORDS = ("李小凤凰", "张大山", "王五喜", "梅园三号")


class Rooms(Archive, Desks):
    """The archive behind the application."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def app(request: pytest.FixtureRequest, new_database: Callable[[str], Any], tmp_path: Path) -> Iterator[Flask]:
    with new_database(request.param) as url:
        app = create_app({
            "TESTING": True, "DATABASE_URL": url, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": Clock(NOW + timedelta(days=3700)),
            "UPLOADS": str(tmp_path / "uploads"), "UNION": "云岭县总工会"})
        app.config["PROPAGATE_EXCEPTIONS"] = False
        yield app
        db.database(app).engine.dispose()


@pytest.fixture
def rooms(app: Flask) -> Rooms:
    return Rooms(app, TEXT)


@pytest.fixture
def enter(app: Flask, rooms: Rooms) -> Callable[[str], Visitor]:
    def sign_in(username: str) -> Visitor:
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(username).status_code == 303
        return visitor
    return sign_in


def test_the_administrator_erases_what_is_due(app: Flask, rooms: Rooms, enter: Callable[[str], Visitor], tmp_path: Path) -> None:
    first = rooms.ended()
    second = rooms.ended("nurse", "hospital")
    number = rooms.row(first).number
    admin = enter("admin")
    assert "没有保存期限届满的案件" not in (page := admin.get("/admin/retention").text)
    assert number in page and rooms.row(second).number in page and "10 年" in page and not any(word in page for word in WORDS)
    for data, words in (({"case": first}, "请在框里输入"), ({"case": first, "reason": "届满", "confirm": "好"}, "请在框里输入"),
                        ({"case": first, "confirm": "删除"}, "请写明理由"), ({"reason": "届满", "confirm": "删除"}, "请先勾选"),
                        ({"case": [f"x{n}" for n in range(51)], "reason": "届满", "confirm": "删除"}, "一次最多 50 件")):
        refused = admin.post("/admin/retention", data)
        assert refused.status_code == 422 and words in refused.text
    assert rooms.row(first).erased_at is None
    done = admin.post("/admin/retention", {"case": [first, "nothing"], "reason": "保存期限届满", "confirm": "删除"})
    assert done.status_code == 303
    page = admin.get("/admin/retention").text
    assert "已删除 1 件的个人信息" in page and "未删除：没有找到" in page and number not in page and rooms.row(second).number in page
    assert rooms.row(first).erased_at is not None and rooms.row(second).erased_at is None
    assert len([path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]) == 1
    assert rooms.findings() == []


def test_nobody_else_sees_the_page_and_no_other_county_the_cases(rooms: Rooms, enter: Callable[[str], Visitor]) -> None:
    case_id = rooms.ended()
    for who in ("clerk", "auditor", "worker", "outsider"):
        assert enter(who).get("/admin/retention").status_code == 403
    with writing(rooms.sessions) as session:
        people.appoint(session, rooms.ids["far_worker"], "admin", rooms.orgs["539922"], NOW.date(), None, actor=COMMAND, now=NOW)
    far = enter("far_worker")
    assert "没有保存期限届满的案件" in far.get("/admin/retention").text
    far.post("/admin/retention", {"case": case_id, "reason": "看看行不行", "confirm": "删除"})
    assert rooms.row(case_id).erased_at is None


def test_every_page_of_an_erased_case_says_so(app: Flask, rooms: Rooms, enter: Callable[[str], Visitor]) -> None:
    case_id = rooms.ended()
    with reading(rooms.sessions) as session:
        file = session.query(Attachment.id).filter_by(case_id=case_id).scalar()
    enter("admin").post("/admin/retention", {"case": case_id, "reason": "保存期限届满", "confirm": "erase"})
    auditor, clerk, worker = enter("auditor"), enter("clerk"), enter("worker")
    for visitor, paths in ((auditor, (f"/audit/cases/{case_id}", f"/cases/{case_id}/print")),
                           (clerk, (f"/tasks/{case_id}", f"/cases/{case_id}/print", "/tasks/notices?over=1")),
                           (worker, (f"/cases/{case_id}", f"/cases/{case_id}/print"))):
        for path in paths:
            answer = visitor.get(path)
            assert answer.status_code == 200 and GONE in answer.text, path
            assert not any(word in answer.text for word in WORDS), path
    trace = auditor.get(f"/audit/cases/{case_id}").text
    assert trace.count("个人信息已按保存期限删除") >= 2 and "不能再重算" in trace and "记录完整" in trace and "3,800.00" in trace
    for visitor in (worker, clerk, auditor):
        assert visitor.get(f"/files/{file}").status_code == 404
        for path in ("/cases", "/tasks/find?q=GS", "/audit?q=GS", "/audit/reads", "/done"):
            assert visitor.get(path).status_code in (200, 403)
    for path in (f"/cases/{case_id}/receipt", f"/cases/{case_id}/form", f"/cases/{case_id}/check"):
        assert worker.get(path).status_code < 500
    assert auditor.post(f"/audit/cases/{case_id}/reveal", {"field": "bank_card", "reason": "核对账户"}).status_code == 422
    assert auditor.post(f"/audit/cases/{case_id}/verify", {}).status_code in (200, 303)
    assert auditor.post(f"/audit/cases/{case_id}/bundle", {"reason": "年度经审", "unmask": "1"}).mimetype == "application/zip"
    client = app.test_client()
    token = client.post("/api/v1/tokens", json={"username": "worker", "password": PASSWORD}).json["token"]
    for path in (f"/api/v1/applications/{case_id}", f"/api/v1/applications/{case_id}/events"):
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200 and not any(word in answer.text for word in WORDS), path
        assert path.endswith("events") or answer.json["form"] == {} and answer.json["amount"] == "3800.00"


def test_the_commands_list_and_erase(app: Flask, rooms: Rooms, tmp_path: Path) -> None:
    runner, first = app.test_cli_runner(), rooms.ended()
    listed = runner.invoke(args=["retention", "list"])
    assert listed.exit_code == 0 and "posted_grant v1" in listed.output and "10 years" in listed.output and "1 cases are due" in listed.output
    dry = runner.invoke(args=["retention", "erase", "--reason", "届满", "--dry-run"])
    assert dry.exit_code == 0 and rooms.row(first).number in dry.output and rooms.row(first).erased_at is None
    done = runner.invoke(args=["retention", "erase", "--reason", "届满"])
    assert done.exit_code == 0 and "Erased 1 cases, 0 were refused" in done.output
    assert rooms.row(first).erased_at is not None and not [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
    again = runner.invoke(args=["retention", "erase", "--reason", "届满"])
    assert again.exit_code == 0 and "Erased 0 cases" in again.output
    assert runner.invoke(args=["retention", "erase"]).exit_code == 2
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
