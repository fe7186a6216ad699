"""The administrator's pages for versions and days off: publishing leads to the dry run, and a file of days off to its picture."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.storage.test_calendar_files import NEXT
from tests.versions.conftest import ONE, TWO, at_check
from tests.web.county import PASSWORD, Clock, Visitor, both
from tests.web.desk import NOW, Desks
from web import db
from workflow import people
from workflow.actors import COMMAND
from workflow.calendar import working_calendar
from workflow.db import writing
from workflow.records import Message


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def desks(app) -> Desks:
    """The county of `tests.world`, an administrator of its highest union, and the programme of `tests.versions`."""
    with app.app_context():
        desks = Desks(app, ONE)
        with writing(desks.sessions) as session:
            people.appoint(session, desks.ids["far_worker"], "admin", desks.orgs["53"], date(2020, 1, 1), None, actor=COMMAND, now=NOW)
    return desks


@pytest.fixture
def browse(visitor, desks) -> Any:
    def enter(username: str) -> Visitor:
        browser = visitor()
        assert browser.sign_in(username, PASSWORD).status_code == 303
        return browser
    return enter


@both
def test_publishing_a_version_that_migrates_leads_to_the_dry_run_and_the_move(desks, browse):
    case_id, admin = at_check(desks), browse("far_worker")
    answer = admin.post("/admin/definitions/publish", {"text": TWO, "name": "winter_aid.v2.yaml"})
    assert answer.status_code == 303 and answer.location == "/admin/definitions/winter_aid/2/migrate"
    page = admin.get(answer.location).text
    assert "这是试行" in page and "县级核对" in page and "县级复核" in page and "迁移不改金额" in page
    assert desks.row(case_id).number not in page and "李文华" not in page, "an administrator sees no case"
    assert desks.row(case_id).definition_version == 1
    done = admin.post("/admin/definitions/winter_aid/2/migrate", {"from": "1"})
    assert done.status_code == 200 and "已迁移 1 件，留在原版 0 件" in done.text and "撤回未办理的" in done.text
    assert desks.row(case_id).state == "verify"
    with db.db.reading(desks.sessions) as session:
        assert session.query(Message).filter(Message.kind == "migrated", Message.case_id == case_id).count() >= 2
    undone = admin.post("/admin/definitions/winter_aid/2/migrate/undo", {"from": "1"})
    assert "已撤回 1 件" in undone.text and desks.row(case_id).state == "check"


def test_the_history_of_a_moved_case_can_be_read_by_everybody(desks, browse):
    case_id, admin = at_check(desks), browse("far_worker")
    desks.act("clerk", case_id, "return_to", comment="补正", correct=["form.cost"])
    desks.act("worker", case_id, "submit", form={"cost": "1000"})
    admin.post("/admin/definitions/publish", {"text": TWO, "name": "winter_aid.v2.yaml"})
    admin.post("/admin/definitions/winter_aid/2/migrate", {"from": "1"})
    trace = browse("auditor").get(f"/audit/cases/{case_id}")
    assert trace.status_code == 200 and "第 1 版到第 2 版" in trace.text and "县级核对" in trace.text and "不计入办理用时" not in trace.text
    for who, path, words in (("worker", f"/cases/{case_id}", "县级核对"), ("worker", f"/cases/{case_id}/print", "初审"),
                             ("clerk", "/done", "县级核对"), ("leader", f"/tasks/{case_id}", "县级复核")):
        answer = browse(who).get(path)
        assert answer.status_code == 200 and words in answer.text, path


def test_only_the_administrator_of_the_whole_tree_moves_cases(desks, browse):
    at_check(desks)
    browse("far_worker").post("/admin/definitions/publish", {"text": TWO, "name": "winter_aid.v2.yaml"})
    county = browse("admin")
    page = county.get("/admin/definitions/winter_aid/2/migrate").text
    assert "最上级单位" in page and "县级核对" not in page
    for answer in (county.post("/admin/definitions/winter_aid/2/migrate", {"from": "1"}),
                   county.post("/admin/definitions/winter_aid/2/migrate/undo", {"from": "1"})):
        assert answer.status_code == 403 and "最上级单位" in answer.text


def test_a_pinned_version_says_so_on_the_page(desks, browse):
    at_check(desks)
    admin = browse("far_worker")
    pinned = TWO.replace("running: migrate, migrate_from: {1: {check: verify}}", "running: pin")
    answer = admin.post("/admin/definitions/publish", {"text": pinned, "name": "winter_aid.v2.yaml"})
    assert answer.location == "/admin/definitions/winter_aid/2"
    assert "按原版本办完" in admin.get("/admin/definitions/winter_aid/2/migrate").text


def upload(browser: Visitor, text: str, name: str = "2027.yaml") -> Any:
    return browser.post("/admin/calendar", {"file": (io.BytesIO(text.encode()), name)}, content_type="multipart/form-data")


@both
def test_a_year_is_uploaded_shown_and_counted_and_promises_stay(desks, browse, clock):
    desks.now = clock.at = datetime(2026, 12, 28, 2, 0, tzinfo=UTC)             # Monday
    case_id, admin = at_check(desks), browse("far_worker")
    promised = desks.row(case_id).due_at
    assert promised == datetime(2027, 1, 4, 16, 0, tzinfo=UTC), "五天 by weekends alone: 1 January counts"
    worker = browse("worker").get(f"/cases/{case_id}").text
    assert "剩 5 个工作日" in worker and "2027 年放假安排未公布，暂按周末推算" in worker
    assert "（暂估）" in browse("clerk").get("/tasks").text
    assert "还没有 2027 年的放假安排" in admin.get("/admin/calendar").text
    answer = upload(admin, NEXT)
    assert answer.status_code == 303 and answer.location == "/admin/calendar?year=2027"
    page = admin.get(answer.location).text
    assert "2027-10-01 至 2027-10-07" in page and page.count("<table>") == 12 and "上传" in page and 'class="work"' in page
    assert "还没有 2027" not in page and not working_calendar().missing(2027)
    assert desks.row(case_id).due_at == promised
    later = browse("worker").get(f"/cases/{case_id}").text
    assert "剩 4 个工作日" in later and "暂按周末推算" not in later
    assert desks.row(at_check(desks, "B2")).due_at == datetime(2027, 1, 5, 16, 0, tzinfo=UTC)


def test_a_faulty_calendar_is_told_by_line_and_nothing_changes(desks, browse):
    answer = upload(browse("far_worker"), NEXT.replace("2027-10-09", "2027-10-08"))
    assert answer.status_code == 422 and "2027.yaml:8: 2027-10-08 不是周末" in answer.text
    assert working_calendar().missing(2027)
    assert upload(browse("admin"), NEXT).status_code == 403
    assert browse("far_worker").post("/admin/calendar", {}).status_code == 422
