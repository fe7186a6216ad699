"""The officer returns a case and ticks what is wrong; the worker sees each in its place, mends it, and it goes straight back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.visits import Site, Visit, photo

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_return_and_its_answer(site: Site, visit: Callable[..., Visit], scripts: bool) -> None:
    case = next(case for case in site.find(applicant_id=site.person_id("worker"), state="draft") if site.case(case).submitted_at)
    worker = visit("worker", 390, java_script_enabled=scripts)
    _correct(worker, case, "26000", scripts)
    assert site.case(case).state == "county_review", "it goes straight back to whoever returned it"

    officer = visit("handler", java_script_enabled=scripts)
    officer.open(f"/tasks/{case}")
    assert officer.says("退回以后改了什么") and officer.says("26,000")
    officer.going("button[name=trigger][value=return_to]")
    officer.page.check("label:has-text('填报') input[name=dest]")
    officer.page.check("label:has-text('基本医保报销') input[name=correct]")
    officer.page.check("label:has-text('医疗费用结算单') input[name=correct]")
    officer.page.fill("#op", "报销金额应为 25,800 元，请重拍结算单第二页。")
    officer.going("button[name=trigger]")
    assert site.case(case).state == "draft"

    worker.open("/programmes")
    assert worker.says("补正"), "the worker's home says that it is their turn"
    worker.open(f"/cases/{case}")
    assert worker.says("请重拍结算单第二页")
    worker.going("text=去补正")
    assert worker.says("需要您补正 2 项") and worker.says("26,000 元")
    assert worker.page.locator(".was").count() == 1
    _correct(worker, case, "25,800", scripts)
    assert site.case(case).state == "county_review"
    assert worker.says("已重新提交")

    officer.open("/tasks?resubmitted=1")
    assert officer.page.locator(f".rows a[href*='{case}']").count() == 1


def _correct(worker: Visit, case: str, basic: str, scripts: bool) -> None:
    page = worker.open(f"/cases/{case}/form")
    page.fill("#f-basic", basic)
    if scripts:
        worker.give("#a-settlement", photo("结算单第二页.jpg"))
    else:
        page.set_input_files("#a-settlement", [photo("结算单第二页.jpg")])
        worker.going("button[name=upload]")
    assert page.input_value("#f-basic").replace(",", "") == basic.replace(",", ""), "sending a photo keeps what was typed"
    worker.going("button:has-text('重新提交'):not(.vh)")
