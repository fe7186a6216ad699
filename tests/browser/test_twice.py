"""Double click, back button, two tabs, a stale page: one decision, and a sentence that says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.visits import Site, Visit

pytestmark = pytest.mark.browser
APPROVE = "button[name=trigger][value=approve]"


def decided(site: Site, case: str) -> int:
    return sum(state == "county_approval" for _trigger, state in site.decisions(case))


@pytest.fixture
def case(site: Site) -> str:
    return site.clean_tasks("county_approval")[0]


def test_a_double_click_decides_once(site: Site, visit: Callable[..., Visit], case: str) -> None:
    others = site.clean_tasks("county_approval")
    me = visit("leader")
    me.open(f"/tasks/{case}")
    with me.page.expect_navigation():
        me.page.locator(APPROVE).dblclick(no_wait_after=True)
    me.page.wait_for_selector("[role=status]:visible")
    assert decided(site, case) == 1
    assert [one for one in others if decided(site, one) != 0] == [case], "and the second click decides nobody else"


def test_the_key_held_down_decides_once(site: Site, visit: Callable[..., Visit], case: str) -> None:
    others = site.clean_tasks("county_approval")
    me = visit("leader")
    me.open(f"/tasks/{case}")
    with me.page.expect_navigation():
        me.page.keyboard.down("a")
        me.page.keyboard.down("a")                             # the browser marks it as a repetition
    me.page.keyboard.up("a")
    assert [one for one in others if decided(site, one)] == [case]


def test_back_and_again_is_the_same_decision(site: Site, visit: Callable[..., Visit], case: str) -> None:
    me = visit("leader")
    me.open(f"/tasks/{case}")
    me.going(APPROVE)
    me.page.go_back()
    if me.page.locator(APPROVE).count():                       # from the browser's memory; a fresh page has no such button
        me.going(APPROVE)
    assert decided(site, case) == 1
    assert me.page.locator("h1").first.inner_text()


def test_two_tabs(site: Site, visit: Callable[..., Visit], case: str) -> None:
    me = visit("leader")
    me.open(f"/tasks/{case}")
    first, me.page = me.page, me.context.new_page()
    me.open(f"/tasks/{case}")
    me.page.fill("#op", "第二个窗口里写的话")
    second, me.page = me.page, first
    me.going(APPROVE)
    assert decided(site, case) == 1
    me.page = second
    me.going("button[name=trigger][value=return_to]")
    assert decided(site, case) == 1
    assert me.says("此件已有变动") and me.says("孙建国") and me.says("没有写入")
    assert me.page.input_value("textarea") == "第二个窗口里写的话", "nothing that was typed is lost"


def test_a_page_that_was_open_too_long(site: Site, visit: Callable[..., Visit], case: str) -> None:
    """Sent back meanwhile by the same office, from another desk."""
    desk, other = visit("leader"), visit("leader")
    desk.open(f"/tasks/{case}")
    other.open(f"/tasks/{case}")
    other.going("button[name=trigger][value=return_to]")
    other.page.fill("#op", "请再核一次。")
    other.going("main form.office button[name=trigger]")
    assert site.case(case).state == "county_review"
    desk.going(APPROVE)
    assert desk.says("此件已有变动") and site.case(case).state == "county_review"
    desk.going("text=回到待我审批")
    assert desk.path == "/tasks"


def test_a_worker_in_two_tabs(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("worker", 390)
    case = next(one for one in site.find(applicant_id=site.person_id("worker"), state="draft") if site.case(one).submitted_at)
    me.open(f"/cases/{case}/form")
    first, me.page = me.page, me.context.new_page()
    me.open(f"/cases/{case}/form")
    me.page.fill("#f-basic", "26,100")
    me.going("button:has-text('重新提交'):not(.vh)")
    assert me.says("已重新提交")
    me.page = first
    me.page.fill("#f-basic", "99")
    me.going("button:has-text('重新提交'):not(.vh)")
    assert me.says("已有变动") and me.says("没有保存") and me.says("99")
    assert [trigger for trigger, _state in site.decisions(case)].count("submit") == 2
