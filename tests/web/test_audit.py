"""The auditor's room: reads everything in scope, changes nothing, and leaves a trace of having looked."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.web.county import Visitor
from tests.web.desk import NOW, Desks
from workflow import history
from workflow.db import reading, writing
from workflow.queries import events
from workflow.records import Event


@pytest.fixture
def desks(app: Flask, clock: Any) -> Desks:
    clock.at = NOW
    return Desks(app)


@pytest.fixture
def auditor(desks: Desks, visitor: Callable[[], Visitor]) -> Visitor:
    browser = visitor()
    assert browser.sign_in("auditor").status_code == 303
    return browser


@pytest.fixture
def case_id(desks: Desks) -> str:
    """Handed in, checked with the amount lowered by hand, approved."""
    case_id = desks.checked("B1")
    desks.act("clerk", case_id, "approve", comment="核减院外购药", amount=Decimal("3000"))
    desks.act("leader", case_id, "approve", comment="同意")
    return case_id


def kinds(desks: Desks, case_id: str) -> list[str]:
    with reading(desks.sessions) as session:
        return [event.kind for event in events(session, case_id)]


def test_a_number_leads_straight_to_the_trace(desks: Desks, auditor: Visitor, case_id: str) -> None:
    answer = auditor.get("/audit", query_string={"q": desks.row(case_id).number})
    assert (answer.status_code, answer.location) == (303, f"/audit/cases/{case_id}")


def test_searching_by_id_number_leaves_an_event(desks: Desks, auditor: Visitor, case_id: str) -> None:
    page = auditor.post("/audit", {"number": "6228480010000000017"})
    assert desks.row(case_id).number in page.text
    with reading(desks.sessions) as session:
        event = session.scalars(select(Event).where(Event.kind == "search")).one()
    assert event.actor_id == desks.ids["auditor"] and b"6228" not in event.body


def test_the_trace_tells_who_decided_what_and_what_changed(auditor: Visitor, case_id: str) -> None:
    page = auditor.get(f"/audit/cases/{case_id}").text
    for words in ("县级核对：同意", "县级审批：批准", "王莉", "孙建国", "核减院外购药", "<del>3,800.00</del>", "<ins>3,000.00</ins>",
                  "记录完整，未被改动", "人工核定 3,000 元", "每个环节都由不同的人办理", "3 人 3 岗", "提交到办结"):
        assert words in page, words
    assert "李文华" not in page and "6228480010000000017" not in page and "<svg" in page and "style=" not in page


def test_a_running_case_can_be_traced_too(desks: Desks, auditor: Visitor) -> None:
    page = auditor.get(f"/audit/cases/{desks.filed('B9')}").text
    assert "进行中" in page and "提交至今" in page and "还没有人办理" in page


def test_an_auditor_changes_nothing(desks: Desks, auditor: Visitor, case_id: str) -> None:
    running = desks.checked("B2")
    answers = [auditor.post(f"/tasks/{running}/act", {"trigger": "approve", "revision": 3}), auditor.get("/tasks"),
               auditor.post("/tasks/batch", {"s": f"{running}:3", "trigger": "approve"})]
    assert [answer.status_code for answer in answers] == [403, 403, 403] and desks.row(running).state == "check"


@pytest.mark.parametrize("username", ["clerk", "worker", "admin"])
def test_only_auditors_come_in(desks: Desks, visitor: Callable[[], Visitor], case_id: str, username: str) -> None:
    browser = visitor()
    browser.sign_in(username)
    paths = ["/audit", f"/audit/cases/{case_id}", "/audit/verify", "/audit/seals", "/audit/reads"]
    assert [browser.get(path).status_code for path in paths] == [403] * 5
    assert browser.post(f"/audit/cases/{case_id}/bundle", {"reason": "想要"}).status_code == 403


def test_a_case_elsewhere_is_not_found(desks: Desks, auditor: Visitor) -> None:
    far = desks.submitted("far_worker", "aid", {"bill_no": "Z", "cost": "9000", "bank_card": "6228480010000000017"})
    assert auditor.get(f"/audit/cases/{far}").status_code == 404
    assert auditor.post(f"/audit/cases/{far}/verify").status_code == 404


def test_revealing_needs_a_reason_and_is_listed(desks: Desks, auditor: Visitor, case_id: str) -> None:
    assert auditor.post(f"/audit/cases/{case_id}/reveal", {"field": "bank_card", "reason": " "}).status_code == 422
    page = auditor.post(f"/audit/cases/{case_id}/reveal", {"field": "bank_card", "reason": "抽查账户"})
    assert "6228480010000000017" in page.text and kinds(desks, case_id)[-1] == "reveal"
    reads = auditor.get("/audit/reads").text
    assert "抽查账户" in reads and "陈立" in reads and "银行卡" in reads and "李文华" not in reads


def test_the_evidence_is_a_zip_and_its_export_is_on_record(desks: Desks, auditor: Visitor, case_id: str) -> None:
    assert auditor.post(f"/audit/cases/{case_id}/bundle", {"reason": ""}).status_code == 422
    answer = auditor.post(f"/audit/cases/{case_id}/bundle", {"reason": "2026 年度经审"})
    assert answer.status_code == 200 and answer.content_type == "application/zip"
    assert "verify.py" in zipfile.ZipFile(BytesIO(answer.data)).namelist() and kinds(desks, case_id)[-1] == "export"


def test_verification_counts_and_finds_nothing(desks: Desks, auditor: Visitor, case_id: str) -> None:
    with writing(desks.sessions) as session:
        note = history.seal(session, desks.now, "yunling.example")
    page = auditor.post("/audit/verify", {"seal": note.strip()}).text
    assert "0 处问题" in page and "与您提供的封存值一致" in page
    answer = auditor.post(f"/audit/cases/{case_id}/verify")
    assert answer.status_code == 303 and "本件没有问题" in auditor.get(answer.location).text
    assert kinds(desks, case_id)[-1] == "verify"


def test_a_tampered_step_is_named_on_its_trace_and_by_the_verification(desks: Desks, auditor: Visitor, case_id: str) -> None:
    with writing(desks.sessions) as session:
        connection = session.connection()
        connection.exec_driver_sql("DROP TRIGGER guard_events_update")
        connection.exec_driver_sql(f"UPDATE events SET amount_fen = 1, body = CAST(replace(CAST(body AS TEXT), '300000', '900000') AS BLOB)"
                                   f" WHERE stream = '{case_id}' AND seq = 4")
    assert "第 4 条记录对不上" in auditor.get(f"/audit/cases/{case_id}").text
    page = auditor.post("/audit/verify").text
    assert "0 处问题" not in page and "第 4 步" in page


def test_seals_can_be_taken_away(desks: Desks, auditor: Visitor, case_id: str) -> None:
    assert "还没有封存过" in auditor.get("/audit/seals").text
    with writing(desks.sessions) as session:
        note = history.seal(session, desks.now, "yunling.example")
    size = note.splitlines()[1]
    assert f"/audit/seals/{size}/note" in auditor.get("/audit/seals").text
    assert auditor.get(f"/audit/seals/{size}/note").text == note
    assert auditor.get("/audit/seals/999/note").status_code == 404
