"""The pages: what is offered, what a refusal keeps, and the lists beside the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.operations.conftest import AID, at_check, holder, tasks
from tests.web.conftest import app, clock, database, visitor  # noqa: F401
from tests.web.county import Visitor
from tests.web.desk import NOW, Desks
from workflow.db import reading, writing
from workflow.records import Account, Task

Enter = Callable[[str], Visitor]


@pytest.fixture
def desks(app: Flask, clock: Any) -> Desks:  # noqa: F811
    clock.at = NOW
    desks = Desks(app, AID)
    with reading(desks.sessions) as session:
        desks.accounts = {row.username: row.id for row in session.scalars(select(Account))}
    return desks


@pytest.fixture
def enter(desks: Desks, visitor: Callable[[], Visitor]) -> Enter:  # noqa: F811
    def enter(username: str) -> Visitor:
        browser = visitor()
        assert browser.sign_in(username).status_code == 303
        return browser
    return enter


def test_a_refusal_says_why_and_keeps_what_was_typed(desks: Desks, enter: Enter) -> None:
    case_id = at_check(desks)
    clerk = enter("clerk")
    answer = clerk.post(f"/tasks/{case_id}/operate", data={"operation": "transfer", "to": desks.ids["leader"], "comment": "请接手这一件"})
    assert answer.status_code == 422 and "不能转办给此人" in answer.text and "刘芳" in answer.text and "请接手这一件" in answer.text
    assert holder(desks, case_id) is None
    answer = clerk.post(f"/tasks/{case_id}/operate", data={"operation": "transfer", "to": desks.ids["clerk2"], "comment": "请接手这一件"})
    assert answer.status_code == 303 and holder(desks, case_id) == "clerk2"
    assert "已转办：刘芳" in clerk.get(answer.headers["Location"]).text


def test_the_same_form_sent_twice_operates_once(desks: Desks, enter: Enter) -> None:
    case_id = at_check(desks)
    clerk = enter("clerk")
    for _ in range(2):
        assert clerk.post(f"/tasks/{case_id}/operate", data={"operation": "consult", "to": desks.ids["town"], "comment": "如何", "key": "k1"}).status_code == 303
    assert len(tasks(desks, case_id, "consult")) == 1


@pytest.mark.parametrize("short", ["outsider", "hospital"])
def test_a_case_out_of_scope_is_not_found(desks: Desks, enter: Enter, short: str) -> None:
    case_id = at_check(desks)
    for operation in ("claim", "transfer", "urge", "nonsense"):
        assert enter(short).post(f"/tasks/{case_id}/operate", data={"operation": operation, "to": desks.ids["clerk2"]}).status_code == 404


def test_who_is_asked_finds_the_question_and_answers_it(desks: Desks, enter: Enter) -> None:
    case_id = at_check(desks)
    enter("clerk").post(f"/tasks/{case_id}/operate", data={"operation": "consult", "to": desks.ids["finance"], "comment": "资金是否足够？"})
    finance = enter("finance")
    page = finance.get("/tasks").text
    assert "请您提意见" in page and "王莉 请您提意见" in page and "资金是否足够？" in page and 'name="trigger"' not in page
    assert "王莉" not in enter("worker").get(f"/cases/{case_id}").text
    finance.post(f"/tasks/{case_id}/operate", data={"operation": "reply", "comment": "余额充足"})
    page = enter("clerk").get(f"/tasks/{case_id}").text
    assert "余额充足" in page and "何静" in page
    assert "余额充足" not in enter("worker").get(f"/cases/{case_id}").text


def test_a_delegate_hands_back_from_the_page(desks: Desks, enter: Enter) -> None:
    case_id = at_check(desks)
    enter("clerk").post(f"/tasks/{case_id}/operate", data={"operation": "delegate", "to": desks.ids["town"], "comment": "请入户核实"})
    town = enter("town")
    page = town.get(f"/tasks/{case_id}").text
    assert "委派您协办" in page and "请入户核实" in page and 'name="trigger"' not in page
    assert case_id in enter("clerk").get("/tasks/watch").text
    town.post(f"/tasks/{case_id}/operate", data={"operation": "hand_back", "comment": "情况属实"})
    assert holder(desks, case_id) == "clerk" and case_id not in enter("clerk").get("/tasks/watch").text


def test_copies_and_what_was_escalated_are_lists_of_their_own(desks: Desks, enter: Enter) -> None:
    case_id = at_check(desks)
    enter("clerk").post(f"/tasks/{case_id}/operate", data={"operation": "cc", "to": desks.ids["hospital"]})
    hospital = enter("hospital")
    assert ">未读</span>" in hospital.get("/tasks/copies").text and case_id not in hospital.get("/tasks").text
    hospital.post(f"/tasks/{case_id}/operate", data={"operation": "read"})
    page = hospital.get("/tasks/copies").text
    assert case_id in page and ">未读</span>" not in page
    assert case_id not in enter("leader").get("/tasks/watch").text
    with writing(desks.sessions) as session:
        task = session.scalars(select(Task).where(Task.case_id == case_id, Task.kind == "work", Task.status == "open")).one()
        task.escalated_role, task.escalated_organisation_id = "county_leader", desks.orgs["539921"]
    leader = enter("leader")
    assert case_id in leader.get("/tasks/watch").text and "超过时限，已报 云岭县总工会 县总工会负责人 督办" in leader.get(f"/tasks/{case_id}").text


def test_the_applicant_reads_from_when_urging_is_possible(desks: Desks, enter: Enter, clock: Any) -> None:  # noqa: F811
    case_id = at_check(desks)
    worker = enter("worker")
    assert "2026-06-24 起还没有办完的，可以在这里催办" in worker.get(f"/cases/{case_id}").text
    assert "还不能催办" in worker.get(worker.post(f"/cases/{case_id}/urge").headers["Location"]).text
    clock.at = NOW.replace(day=24)
    worker = enter("worker")
    page = worker.get(f"/cases/{case_id}").text
    assert f'action="/cases/{case_id}/urge"' in page
    assert "已催办" in worker.get(worker.post(f"/cases/{case_id}/urge").headers["Location"]).text
    assert enter("nurse").post(f"/cases/{case_id}/urge").status_code == 404


def test_an_administrator_arranges_and_calls_off_for_others(desks: Desks, enter: Enter) -> None:
    admin, account = enter("admin"), desks.accounts["clerk"]
    answer = admin.post(f"/admin/accounts/{account}/away", data={"substitute": desks.ids["cashier"], "starts_on": "2026-06-15", "ends_on": "2026-06-19"})
    assert answer.status_code == 303
    assert desks.signed_in("cashier").stands_for == {desks.ids["clerk"]}
    page = admin.get(answer.headers["Location"]).text
    cancel = page.partition('action="/admin/absences/')[2].partition("/")[0]
    assert enter("town").post(f"/settings/away/{cancel}/cancel").status_code == 404
    assert admin.post(f"/admin/absences/{cancel}/cancel").status_code == 303
    assert desks.signed_in("cashier").stands_for == frozenset()


def test_nobody_reads_anothers_receipt(desks: Desks, enter: Enter) -> None:
    case_id = at_check(desks)
    desks.operate("clerk", case_id, "claim")
    clerk = enter("clerk")
    receipt = clerk.post("/settings/hand-over", data={"to": desks.ids["clerk2"], "reason": "轮岗"}).headers["Location"]
    page = clerk.get(receipt).text
    assert "工作移交回执" in page and "刘芳" in page and "监交人签字" in page and "SD-539921-01-01-2026-0001" in page
    assert enter("clerk2").get(receipt).status_code == 404
    assert enter("admin").get(receipt.replace("/settings", f"/admin/accounts/{desks.accounts['clerk']}")).status_code == 200
    assert enter("worker").get(receipt).status_code == 403


def test_who_has_left_with_work_is_listed_for_the_administrator(desks: Desks, enter: Enter) -> None:
    case_id = at_check(desks)
    desks.operate("clerk", case_id, "claim")
    admin, account = enter("admin"), desks.accounts["clerk"]
    assert f"/admin/accounts/{account}/hand-over" not in admin.get("/admin/unmanned").text
    assert "还有 1 件工作只在此人手上" in admin.get(f"/admin/accounts/{account}").text
    admin.post(f"/admin/accounts/{account}/status", data={"status": "disabled"})
    assert f"/admin/accounts/{account}/hand-over" in admin.get("/admin/unmanned").text
    assert admin.post(f"/admin/accounts/{account}/hand-over", data={"to": desks.ids["clerk2"]}).status_code == 303
    assert f"/admin/accounts/{account}/hand-over" not in admin.get("/admin/unmanned").text and holder(desks, case_id) == "clerk2"
