"""An officer nominates a worker, and a union applies for itself, by page and by API: who may, whose name is shown, who goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.acceptance.newcomer import Newcomer
from tests.engine.conftest import FORM
from tests.engine.test_nominating import NOMINATED
from tests.engine.test_unions_applying import REFUND
from tests.web.county import PASSWORD
from tests.world import World
from workflow import people
from workflow.actors import COMMAND
from workflow.db import writing

UNION, TOWN, HOSPITAL = "539921-01-01", "539921-01", "539921-02"


@pytest.fixture
def county(world: World) -> World:
    """Both programmes; 周强 serves two unions, and 李文华 is 二建's second officer."""
    world.publish(NOMINATED, "nominated.v1.yaml")
    world.publish(REFUND, "refund.v1.yaml")
    with writing(world.sessions) as session:
        for who, role, place in (("worker", "grassroots", UNION), ("hospital", "township", TOWN)):
            people.appoint(session, world.ids[who], role, world.orgs[place], date(2020, 1, 1), None, actor=COMMAND, now=world.now)
    return world


@pytest.fixture
def call(app: Flask, county: World) -> Callable[..., Any]:
    client, tokens = app.test_client(), {}

    def call(who: str, method: str, path: str, expect: int, json: dict[str, Any] | None = None) -> Any:
        if who not in tokens:
            tokens[who] = client.post("/api/v1/tokens", json={"username": who, "password": PASSWORD}).json["token"]
        answer = client.open(f"/api/v1{path}", method=method, json=json, headers={"Authorization": f"Bearer {tokens[who]}"})
        assert answer.status_code == expect, answer.text
        return answer.json

    return call


def fill_in(officer: Newcomer) -> str:
    """Fill in the form of the draft they are at and hand it in; return the case's id."""
    case_id = officer.url.split("/")[2]
    officer.open(f"/cases/{case_id}/form/1")
    for _page in range(6):
        if "/check" in officer.url:
            break
        asked = {one.name for one in officer.page.controls}
        officer.press("保存并继续", **{f"f.{name}": value for name, value in FORM.items() if f"f.{name}" in asked})
    consent = next(one for one in officer.page.controls if one.name == "consent")
    button = next(one for one in officer.page.controls if one.tag == "button" and one.form == consent.form)
    officer.press(button.words.split()[0], consent="1")
    return case_id


# --- an officer nominates ------------------------------------------------------------------------------


def test_an_officer_nominates_a_worker_on_the_pages(county: World, enter: Callable[[str], Newcomer]) -> None:
    officer = enter("basic").open("/programmes/nominated").follow("提名职工")
    assert "不用上传委托书" in officer.page.words
    officer.press("查找", q="李文华").press("提名这位职工")
    assert "您正在提名 李文华" in officer.page.words
    case_id = fill_in(officer)
    row = county.row(case_id)
    assert (row.state, row.applicant_id, row.filed_by) == ("first", county.ids["worker"], county.ids["basic"])
    assert enter("worker").open(f"/cases/{case_id}").status == 200


def test_a_worker_finds_no_way_to_apply_where_officers_nominate(county: World, enter: Callable[[str], Newcomer]) -> None:
    nurse = enter("nurse").open("/programmes/nominated")
    assert "由职工所属工会的经办人提名申报" in nurse.page.words
    assert not [one for one in nurse.page.controls if one.words.strip().startswith("开始申请")]
    assert "nominated" not in "".join(href for href, _said in nurse.open("/programmes").page.links)
    assert nurse.open("/programmes/nominated/for").status in (403, 404)


def test_nominating_by_api(county: World, call: Callable[..., Any]) -> None:
    made = call("basic", "POST", "/applications", 201, {"programme": "nominated", "form": FORM, "on_behalf_of": county.ids["worker"]})
    done = call("basic", "POST", f"/applications/{made['id']}/actions", 200, {"trigger": "submit", "revision": made["revision"]})
    assert done["state"] == "first"
    refused = call("worker", "POST", "/applications", 403, {"programme": "nominated", "form": FORM})
    assert "提名" in refused["detail"]
    call("basic", "POST", "/applications", 404, {"programme": "nominated", "on_behalf_of": county.ids["nurse"]})


# --- a union applies -----------------------------------------------------------------------------------


def test_an_officer_of_two_unions_chooses_on_the_page_and_the_unions_name_is_shown_everywhere(
        county: World, enter: Callable[[str], Newcomer]) -> None:
    officer = enter("hospital").open("/programmes/refund")
    assert "为哪一个工会申报" in officer.page.words
    officer.press("开始申报", organisation=str(county.orgs[TOWN]))
    case_id = fill_in(officer)
    row = county.row(case_id)
    assert (row.unit_id, row.filed_by, row.form["holder"]) == (county.orgs[TOWN], county.ids["hospital"], "城关街道工会")
    assert "城关街道工会" in officer.open(f"/cases/{case_id}").page.words
    clerk = enter("clerk")
    assert "城关街道工会" in clerk.open("/tasks").page.words and "周*" not in clerk.page.words
    assert "城关街道工会" in clerk.open(f"/tasks/{case_id}").page.words and "为职工" not in clerk.page.words
    sheet = clerk.open(f"/cases/{case_id}/print").page.words
    assert "申请单位" in sheet and "城关街道工会" in sheet and "出生年月" not in sheet
    assert "城关街道工会" in enter("auditor").open(f"/audit/cases/{case_id}").page.words


def test_a_union_they_do_not_serve_is_not_there(county: World, enter: Callable[[str], Newcomer], call: Callable[..., Any]) -> None:
    officer = enter("hospital").open("/programmes/refund")
    for wanted in (str(county.orgs[UNION]), "999999", "x"):
        assert officer.open("/programmes/refund").press("开始申报", organisation=wanted).status == 404
    for wanted in (UNION, "539922-01", "no-such-code"):
        call("hospital", "POST", "/applications", 404, {"programme": "refund", "organisation": wanted})


def test_by_api_the_only_union_need_not_be_named_and_several_must_be(county: World, call: Callable[..., Any]) -> None:
    assert call("basic", "POST", "/applications", 201, {"programme": "refund"})["state"] == "draft"
    refused = call("hospital", "POST", "/applications", 422, {"programme": "refund"})
    assert [error["code"] for error in refused["errors"]] == ["WHICH_UNION"]
    made = call("hospital", "POST", "/applications", 201, {"programme": "refund", "organisation": HOSPITAL, "form": FORM})
    done = call("hospital", "POST", f"/applications/{made['id']}/actions", 200, {"trigger": "submit", "revision": made["revision"]})
    assert [line["person"] for line in done["lines"]] == ["县医院工会"]


def test_nobody_applies_in_person(county: World, enter: Callable[[str], Newcomer], call: Callable[..., Any]) -> None:
    assert "个人不能申请，由单位工会申请" in enter("nurse").open("/programmes/refund").page.words
    for who in ("nurse", "clerk"):
        assert call(who, "POST", "/applications", 403, {"programme": "refund"})["detail"].startswith("个人不能申请，由单位工会申请")


def test_a_draft_of_the_union_goes_to_a_colleague_on_the_page(county: World, enter: Callable[[str], Newcomer], call: Callable[..., Any]) -> None:
    case_id = call("basic", "POST", "/applications", 201, {"programme": "refund", "form": FORM})["id"]
    leaver = enter("basic").open("/settings/hand-over")
    assert "为单位工会申报" in leaver.page.words
    leaver.press("移交", to=county.ids["worker"])
    assert county.row(case_id).filed_by == county.ids["worker"]
    colleague = enter("worker").open(f"/cases/{case_id}")
    assert "代办" not in colleague.page.words
    seen = call("worker", "GET", f"/applications/{case_id}", 200)
    assert "submit" in [action["trigger"] for action in seen["actions"]]
