"""The main ways with JavaScript off: everything but shortcuts, live sums and previews still works."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.test_auditing import adjusted
from tests.browser.visits import Site, Visit, photo

pytestmark = pytest.mark.browser


@pytest.fixture
def plain(visit: Callable[..., Visit]) -> Callable[..., Visit]:
    return lambda username, width=1440: visit(username, width, java_script_enabled=False)


def test_applying(site: Site, plain: Callable[..., Visit]) -> None:
    me = plain("worker", 390)
    page = me.open("/programmes/accident_aid")
    me.going("text=开始申请")
    case_id = re.search(r"/cases/(\w+)/form", me.path).group(1)
    me.going("text=继续填写")
    page.set_input_files("#a-id_card", [photo("身份证.jpg")])
    me.going("button[name=go]:not(.vh)")                       # files may go with the page itself
    me.click("fieldset:has-text('已建档') label:has-text('否')")
    me.click("label:has-text('交通事故')")
    for name, value in {"happened_on": "2026-10-08", "story": "下班路上被货车撞伤"}.items():
        page.fill(f"#f-{name}", value)
    page.set_input_files("#a-proof", [photo("事故认定书.jpg")])
    me.going("button[name=upload][value=proof]")
    assert me.says("已上传 1 份") and page.input_value("#f-story") == "下班路上被货车撞伤"
    assert page.is_checked("input[value=traffic]")
    me.going("button[name=go]:not(.vh)")
    for name, value in {"spending": "9000", "covered": "1000"}.items():
        page.fill(f"#f-{name}", value)
    me.going("button[name=go]:not(.vh)")
    assert me.says("还有 1 处要改"), "the bills are missing"
    page.set_input_files("#a-bills", [photo("费用单据.jpg")])
    me.going("button[name=go]:not(.vh)")
    page.fill("#f-bank_name", "农信社")
    me.going("button[name=go]:not(.vh)")
    assert me.says("1,200"), "the sum is there, worked out by the server"
    me.click("label:has-text('我已阅读')")
    me.going("main form button.go")
    assert me.says("提交成功") and site.case(case_id).state == "grassroots_review"


def test_deciding(site: Site, plain: Callable[..., Visit]) -> None:
    one, *several = site.clean_tasks("county_approval")[:3]
    me = plain("leader")
    me.open(f"/tasks/{one}")
    me.page.select_option("#phrase", index=1)                  # a list stands for the buttons with phrases
    me.going("button[name=trigger][value=approve]")
    assert site.case(one).state == "finance_check"
    assert "元" in me.page.inner_text("[role=status]")
    me.open("/tasks")
    for case in several:
        me.page.check(f"[name=s][value^='{case}:']")
    me.going("button:has-text('一起办理')")
    me.going("main button.yes")
    assert "已办理 2 件" in me.page.inner_text("[role=status]")


def test_on_a_phone_the_list_and_the_case_are_two_pages(site: Site, plain: Callable[..., Visit]) -> None:
    me = plain("leader", 390)
    assert me.page.locator(".rows").is_visible() and not me.page.locator("#op").is_visible()
    me.going(".row a")
    assert me.page.locator("#op").is_visible() and not me.page.locator(".rows").is_visible()
    me.going("a.back")
    assert me.path == "/tasks"


def test_auditing(site: Site, plain: Callable[..., Visit]) -> None:
    case = adjusted(site)
    me = plain("auditor")
    me.page.fill("#ft", case.number)
    me.going("form[role=search] button")
    assert me.says(case.number)
    me.open(f"/audit/cases/{case.id}")
    me.going("text=立即校验")
    assert "完整" in me.page.inner_text("main")
    me.click("text=导出取证包")                                # popovers need no script
    me.page.fill("#br", "经审")
    with me.page.expect_download() as download:
        me.click("#bundle button.go")
    assert download.value.suggested_filename.endswith(".zip")
