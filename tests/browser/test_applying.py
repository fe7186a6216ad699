"""A worker applies for accident aid on a phone: photos, an error on the way, a browser that dies, the receipt."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.visits import Site, Visit, photo

pytestmark = pytest.mark.browser
MOST_ACTIONS = 25
ON = "button.btn:has-text('保存并继续')"
COSTS = {"spending": "20000", "covered": "2,000"}
STORY = "下班路上被货车撞伤，住院三周，家里没有别的收入。"


@pytest.mark.parametrize("kind", ["site", pytest.param("postgresql_site", marks=pytest.mark.postgresql)])
def test_a_worker_applies_with_four_photos(request: pytest.FixtureRequest, visiting: Callable[..., Visit], kind: str) -> None:
    site: Site = request.getfixturevalue(kind)
    me = visiting(site, "worker", 390, has_touch=True, is_mobile=True)
    page = me.page
    assert me.path == "/programmes", "the worker's home is what can be applied for"
    me.actions = 0
    me.going("main .offers a[href='/programmes/accident_aid']")
    me.going("text=开始申请")
    case_id = re.search(r"/cases/(\w+)/form", me.path).group(1)

    assert me.says("未开始") and not me.says("需修改"), "nothing is wrong with what nobody has filled in"
    me.going("text=继续填写")
    assert me.says("第 1 步，共 5 步")
    assert page.input_value("#f-name") == "李文华", "what the register knows is filled in"
    me.give("#a-id_card", photo("身份证正面.jpg"), photo("户口簿.jpg"))
    assert me.says("已上传 2 份")
    me.going(ON)

    me.click("fieldset:has-text('已建档') label:has-text('否')")
    me.click("label:has-text('交通事故')")
    page.fill("#f-happened_on", "2026-10-08")
    me.give("#a-proof", photo("事故认定书.jpg"))
    assert page.input_value("#f-happened_on") == "2026-10-08", "sending a photo keeps what was typed"
    assert page.is_checked("input[value=traffic]")
    me.going(ON)

    assert me.focused() == "errs", "the list of what is wrong has the focus"
    assert page.title().startswith("有错误")
    assert page.inner_text(".errs h2") == "还有 1 处要改"
    me.click(".errs a")
    assert me.focused() == "f-story", "the list leads to the box"
    assert page.get_attribute("#f-story", "aria-invalid") == "true"
    page.fill("#f-story", STORY)
    me.going(ON)

    assert me.says("第 3 步，共 5 步")
    for name, value in COSTS.items():
        page.fill(f"#f-{name}", value)
    me.give("#a-bills", photo("费用单据.jpg", 2600, 1900))          # larger than a megabyte: made smaller on the phone
    assert page.input_value("#f-spending").replace(",", "") == "20000"
    me.going(ON)

    assert me.says("第 4 步，共 5 步")
    page.fill("#f-bank_name", "农信社城关分社")
    me.going(ON)
    assert me.says("现在还没有提交")
    assert me.says("2,700") and me.says("2 份")
    me.going("text=提交申请")                                  # and forgets the tick
    assert me.focused() == "errs"
    me.click("label:has-text('我已阅读并同意')")
    me.going("text=提交申请")

    assert me.says("提交成功")
    assert page.evaluate("document.querySelector('img.qr').naturalWidth") > 0
    number = site.case(case_id).number
    assert number and me.says(number)
    assert site.case(case_id).state == "grassroots_review"
    assert me.actions <= MOST_ACTIONS, f"{me.actions} actions"

    # Anybody with the receipt sees how far it is, without an account.
    code = re.search(r"\d{4} \d{4}", page.inner_text(".receipt")).group()
    stranger = visiting(site, None, 390)
    stranger.open("/progress")
    stranger.page.fill("#number", number)
    stranger.page.fill("#code", code)
    stranger.going("main button.btn")
    assert stranger.says("基层审核") and not stranger.says("李文华")


def test_a_browser_that_dies_loses_ten_seconds_at_most(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("worker", 390)
    me.context.clock.install()
    page = me.open("/programmes/accident_aid")
    me.going("text=开始申请")
    address = me.path + "/2"
    page = me.open(address)

    page.fill("#f-story", STORY)
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        me.context.clock.fast_forward(10_000)
    assert sent.value.ok
    page.wait_for_function("document.querySelector('[data-saved]').textContent.includes('保存')")
    page.fill("#f-story", STORY + "typed in the last ten seconds")
    page.close()                                               # nothing is asked and nothing sent

    me.page = me.context.new_page()
    me.open(address)
    assert me.page.input_value("#f-story").startswith(STORY)
    # A choice is kept at once, and the estimate follows it.
    with me.page.expect_response(lambda answer: answer.request.method == "POST"):
        me.page.click("label:has-text('交通事故')")
        me.context.clock.fast_forward(300)
    me.page.close()
    me.page = me.context.new_page()
    me.open(address)
    assert me.page.is_checked("input[value=traffic]")


def test_a_worker_leaves_and_comes_back(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("worker", 390)
    me.open("/programmes/accident_aid")
    me.going("text=开始申请")
    me.open(me.path + "/3")
    me.page.fill("#f-covered", "1250")
    me.page.fill("#f-spending", "三万六")                        # no number: kept as it is, said later
    me.going("text=稍后再填")
    assert me.says("已保存")
    me.open("/cases")
    drafts = [case for case in site.find(applicant_id=site.person_id("worker"), state="draft") if not site.case(case).submitted_at]
    me.going(f"main a[href*='{drafts[-1]}']")
    me.going("main a:has-text('填写') >> nth=0")
    me.open(f"/cases/{drafts[-1]}/form/3")
    assert me.page.input_value("#f-covered").replace(",", "") == "1250"
    assert me.page.input_value("#f-spending") == "三万六"
    assert me.page.locator(".err #f-spending").count() == 1, "and what is wrong with it is said now"


def test_a_double_tap_opens_one_draft(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("worker", 390)
    me.open("/programmes/accident_aid")
    before = len(site.find(applicant_id=site.person_id("worker")))
    me.page.locator("text=开始申请").dblclick(no_wait_after=True)
    me.page.wait_for_url("**/form")
    assert len(site.find(applicant_id=site.person_id("worker"))) == before + 1


def test_a_worker_without_a_file_is_told_before_anything_is_typed(site: Site, visit: Callable[..., Visit]) -> None:
    me = visit("worker", 390)
    me.click("details.unfit summary")
    refused = me.page.locator("details.unfit li", has=me.page.locator("a[href='/programmes/medical_aid']"))
    assert "还没有在档的困难职工档案" in refused.inner_text()
    me.going("details.unfit a[href='/programmes/medical_aid']")
    assert "还没有在档的困难职工档案" in me.page.inner_text(".note.warn")

    filed = visit("family", 390)
    filed.open("/programmes")
    filed.going("main .offers a[href='/programmes/medical_aid']")
    assert filed.page.locator(".note.warn").count() == 0 and filed.page.locator("text=开始申请").is_visible()
