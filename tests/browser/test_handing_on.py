"""催办 after the promised date, 转办 to a colleague, an answer without scripts, and a hand-over with its receipt on one page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.exchange import COLLEAGUE, deal
from tests.browser.test_voting import looked_at
from tests.browser.visits import Site, Visit

pytestmark = pytest.mark.browser


def open_all(me: Visit) -> None:
    me.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def test_the_applicant_urges_and_the_case_is_transferred(site: Site, visit: Callable[..., Visit], axe: str) -> None:
    case = deal(site.sessions, site.now)
    worker = visit("worker", 390)
    worker.open(f"/cases/{case}")
    wrong = looked_at(worker, axe, "progress")
    worker.going("text=催办")
    assert worker.says("已催办，办理人员会收到提醒") and worker.says("起还没有办完的，可以在这里催办")
    assert worker.page.locator("button:has-text('催办')").count() == 0, "once a working day"

    handler = visit("handler")
    handler.open(f"/tasks/{case}")
    handler.click("summary:has-text('其他操作')")
    handler.click("summary:text-is('转办')")
    handler.page.select_option("#to-1", label="段云（云岭县总工会 县总工会经办人）")
    handler.page.fill("#why-1", "我下周出差，请接手")
    handler.going("details.one[open] button")
    assert "已转办：段云" in handler.page.inner_text("[role=status]")
    assert handler.says("由 段云 一人办理") and handler.page.locator("#act").count() == 0
    open_all(handler)
    wrong += looked_at(handler, axe, "handed on")

    colleague = visit(COLLEAGUE)
    colleague.open(f"/tasks/{case}")
    assert colleague.says("在您手上") and colleague.says("我下周出差，请接手")
    open_all(colleague)
    wrong += looked_at(colleague, axe, "received")
    colleague.going("button[name=trigger][value=approve]")
    assert site.case(case).state == "granted"

    auditor = visit("auditor")
    auditor.open(f"/audit/cases/{case}")
    open_all(auditor)
    assert auditor.says("转办：段云") and auditor.says("催办")
    assert wrong == []


def test_an_opinion_is_asked_and_given_without_scripts(site: Site, visit: Callable[..., Visit]) -> None:
    case = deal(site.sessions, site.now)
    handler = visit("handler", java_script_enabled=False)
    handler.open(f"/tasks/{case}")
    handler.click("summary:has-text('其他操作')")
    handler.click("summary:text-is('沟通')")
    asking = handler.page.locator("details.one[open]")
    asking.locator("select").select_option(index=1)
    asked = asking.locator("select option:checked").inner_text()
    asking.locator("textarea").fill("资金是否足够？")
    handler.going("details.one[open] button")
    name = asked.partition("（")[0]
    assert handler.says(f"已请 {name} 提意见，还没有答复")
    assert site.case(case).state == "review"


def test_work_is_handed_over_with_a_receipt_of_one_page(site: Site, visit: Callable[..., Visit], axe: str) -> None:
    case = deal(site.sessions, site.now)
    handler = visit("handler")
    handler.open(f"/tasks/{case}")
    handler.click("summary:has-text('其他操作')")
    handler.going("button[value=claim]")
    admin = visit("admin")
    admin.open("/admin/accounts?q=handler")
    admin.going("a[href^='/admin/accounts/']:text-is('王莉')")
    assert admin.says("件工作只在此人手上")
    admin.going("text=去移交")
    wrong = looked_at(admin, axe, "hand over")
    admin.page.select_option("#to", label="段云 云岭县总工会")
    admin.going("text=移交并出回执")
    assert admin.page.inner_text("h1") == "工作移交回执" and admin.says("已移交") and admin.says("接收人签字")
    wrong += looked_at(admin, axe, "receipt")
    admin.page.emulate_media(media="print")
    assert len(re.findall(rb"/Type\s*/Page[^s]", admin.page.pdf(prefer_css_page_size=True))) == 1
    colleague = visit(COLLEAGUE)
    colleague.open(f"/tasks/{case}")
    colleague.going("button[name=trigger][value=approve]")
    assert site.case(case).state == "granted" and wrong == []


def test_a_substitute_is_arranged_and_called_off(site: Site, visit: Callable[..., Visit], axe: str) -> None:
    deal(site.sessions, site.now)
    me = visit("leader")          # in the demo the handler stands in for a colleague, and nobody who does can be away
    me.open("/settings")
    me.going("text=外出代理")
    me.page.select_option("#substitute", label="段云 云岭县总工会")
    me.page.fill("#starts_on", "2026-11-20")
    me.page.fill("#ends_on", "2026-11-19")
    me.going("button:text-is('安排代理')")
    assert me.says("结束日期早于开始日期")
    wrong = looked_at(me, axe, "refused")
    me.page.fill("#ends_on", "2026-12-04")
    me.going("button:text-is('安排代理')")
    assert me.says("代理已安排") and me.says("代理中")
    wrong += looked_at(me, axe, "arranged")
    me.going("text=取消代理")
    assert me.says("已取消") and wrong == []
