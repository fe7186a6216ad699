"""Applying through the pages, as a phone without JavaScript does it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.web.applying import CARD, WORKER, Filing, decide, photo, publish
from tests.web.county import County, Visitor, both
from web import db
from workflow.records import Case, Draft, Event


@pytest.fixture
def filing(app: Flask, county: County, signed_in: Callable[[str], Visitor]) -> Filing:
    publish(app)
    return Filing.start(signed_in(WORKER))


def rows(app: Flask, query: object) -> list[object]:
    with app.app_context(), db.reading() as session:
        return list(session.execute(query))  # type: ignore[call-overload]


# --- looking before applying ---------------------------------------------------------------------------


def test_strangers_may_read_the_guide_and_are_asked_to_sign_in_to_apply(app: Flask, county: County, visitor: Callable[[], Visitor]) -> None:
    publish(app)
    browser = visitor()
    home, guide = browser.get("/programmes").text, browser.get("/programmes/living_aid").text
    assert "生活救助" in home and "收入低于标准的职工" in home
    for words in ("人均低于救助线", "第四条", "收入证明", "1,380 元", "3 个工作日内办完", "登录后申请"):
        assert words in guide
    assert "家庭年收入 ÷ 12 ÷ 家庭人口" in guide and "救助线 1,380 － 人均月收入（不足 0 的按 0 计）" in guide


def test_the_questions_hide_only_what_the_programme_itself_would_refuse(app: Flask, county: County, visitor: Callable[[], Visitor]) -> None:
    publish(app)
    browser = visitor()
    assert "是否建档" in browser.get("/programmes").text
    refused = browser.get("/programmes?q1=false").text
    assert "请先建立困难档案" in refused and "不能申请的 1 项" in refused
    assert "请先建立困难档案" not in browser.get("/programmes?q1=true").text


def test_the_same_start_sent_twice_opens_one_application(app: Flask, county: County, signed_in: Callable[[str], Visitor]) -> None:
    publish(app)
    browser = signed_in(WORKER)
    first, second = (browser.post("/apply/living_aid", {"key": "same"}).headers["Location"] for _ in range(2))
    assert first == second
    assert rows(app, select(func.count()).select_from(Case)) == [(1,)]


# --- filling in ----------------------------------------------------------------------------------------


def test_the_task_list_says_what_is_done_and_what_is_open(filing: Filing) -> None:
    page = filing.page("/form")
    assert "已完成" in page and page.count("未开始") == 3      # the name is known already
    filing.send("/form/2", {"size": "4"})
    assert "还差" in filing.page("/form")


def test_what_is_missing_is_said_above_and_beside_in_the_same_words_and_the_rest_is_kept(app: Flask, filing: Filing) -> None:
    answer = filing.send("/form/2", {"size": "4", "income": "四万", "filed": "", "file_no": ""})
    assert answer.status_code == 422
    assert "<title>有错误：" in answer.text and 'href="#f-income"' in answer.text
    assert answer.text.count("家庭年收入要写成数字，例如 48960") == 2
    assert 'value="四万"' in answer.text and 'value="4"' in answer.text
    assert "档案编号”" not in answer.text                      # nobody can know yet whether it applies
    again = filing.page("/form/2")
    assert 'value="四万"' in again and 'value="4"' in again
    assert rows(app, select(Case.revision)) == [(1,)]


def test_a_question_that_an_answer_brings_up_is_asked_before_going_on(filing: Filing) -> None:
    filing.send("/form/2", {"size": "4", "income": "48960", "filed": "false"}, go="later")
    assert re.search(r'data-question="f-file_no" hidden', filing.page("/form/2"))
    answer = filing.send("/form/2", {"size": "4", "income": "48960", "filed": "true"})
    assert answer.headers["Location"].endswith("/form/2#f-file_no")
    assert "还要填：档案编号" in filing.page("/form/2")
    assert filing.send("/form/2", {"file_no": "KN-18"}).headers["Location"].endswith("/form/3#main")


def test_the_estimate_is_worked_out_by_the_server(filing: Filing) -> None:
    filing.send("/form/2", {"size": "4", "income": "48,960", "filed": "true", "file_no": "KN-18"})
    page = filing.page("/form/2")
    assert "按您填写的情况" in page and "1,020" in page and "360 元" in page and "人均低于救助线" in page


def test_rows_of_a_table_come_and_go_by_plain_buttons(filing: Filing) -> None:
    filing.send("/form/2", {"members.1.who": "张丽", "members.1.pay": "1200"}, add="members")
    page = filing.page("/form/2?more=members")
    assert 'value="张丽"' in page and 'name="f.members.2.who"' in page
    answer = filing.send("/form/2", {"members.1.who": "张丽", "members.2.who": "李明", "members.2.pay": "很多"})
    assert "第 2 行：月收入要写成数字" in answer.text and 'href="#f-members-2-pay"' in answer.text and 'value="很多"' in answer.text
    filing.send("/form/2", {"members.1.who": "张丽", "members.2.who": "李明"}, drop="members.1")
    page = filing.page("/form/2")
    assert "张丽" not in page and "李明" in page


def test_a_card_number_is_masked_once_it_is_known_and_typed_anew_on_request(filing: Filing) -> None:
    filing.send("/form/3", {"card": CARD})
    page = filing.page("/form/3")
    assert "**** **** **** 6217" in page and CARD not in page
    assert filing.send("/form/3", change="card").headers["Location"].endswith("/form/3?change=card#f-card")
    assert 'name="f.card" value="6217' in filing.page("/form/3?change=card").replace("\n", "")
    filing.send("/form/3")                                      # not asked: stays as it was
    assert "6217" in filing.page("/form/3")


def test_saving_by_itself_tells_the_time_and_which_questions_apply(filing: Filing) -> None:
    filing.browser.headers["X-Autosave"] = "1"
    told = filing.send("/form/2", {"size": "4", "income": "48960", "filed": "false"}).get_json()
    assert told["hidden"] == ["f-file_no"] and "10:00" in told["saved"] and "1,020" in told["calc"]


# --- handing in ----------------------------------------------------------------------------------------


@both
def test_an_application_is_filled_in_checked_handed_in_and_has_a_receipt(app: Flask, filing: Filing) -> None:
    filing.fill()
    check = filing.page("/check")
    for words in ("48,960 元", "**** **** **** 6217", "工资表.jpg", "估算金额", "360 元", "一、我填写的内容和上传的材料全部真实"):
        assert words in check
    assert filing.submit().headers["Location"].endswith("/receipt")
    receipt = filing.page("/receipt")
    assert "SH-530101001-2026-0001" in receipt and "data:image/svg+xml" in receipt and "最晚" not in receipt.split("接下来")[0]
    progress = filing.page()
    assert "现在：基层工会审核" in progress and "第二建筑公司工会" in progress and "剩 3 个工作日" in progress
    assert rows(app, select(func.count()).select_from(Draft)) == [(0,)]


def test_nothing_is_handed_in_without_consent_or_with_something_missing(app: Flask, filing: Filing) -> None:
    filing.fill()
    answer = filing.browser.post(filing.path + "/check", {"revision": filing.revision()})
    assert answer.status_code == 422 and 'href="#consent"' in answer.text
    filing.send("/form/2", {"income": ""}, go="later")
    answer = filing.submit()
    assert answer.status_code == 422 and "请填写“家庭年收入”" in answer.text and "/form/2?return=check#f-income" in answer.text
    assert rows(app, select(Case.state, Case.number)) == [("draft", None)]


def test_a_rule_that_refuses_is_said_before_and_at_submitting(filing: Filing) -> None:
    filing.fill(income="480000")
    assert "人均月收入高于救助线" in filing.page("/check")
    answer = filing.submit()
    assert answer.status_code == 422 and "人均月收入高于救助线" in answer.text


def test_handing_in_twice_from_one_page_acts_once(app: Flask, filing: Filing) -> None:
    filing.fill()
    revision = filing.revision()
    for _ in range(2):
        answer = filing.browser.post(filing.path + "/check", {"revision": revision, "consent": "1", "trigger": "submit", "key": "same"})
        assert answer.status_code == 303 and answer.headers["Location"].endswith("/receipt")
    assert rows(app, select(func.count()).select_from(Event).where(Event.trigger == "submit")) == [(1,)]


def test_a_page_left_open_says_who_was_faster_and_gives_back_what_was_typed(filing: Filing) -> None:
    filing.fill()
    filing.submit()
    answer = filing.send("/form/2", {"file_no": "很长的编号"}, revision="1")
    assert answer.status_code == 409 and "很长的编号" in answer.text and "提交申请" in answer.text
    answer = filing.browser.post(filing.path + "/check", {"revision": "1", "consent": "1", "trigger": "submit"})
    assert answer.status_code == 409 and "李文华" in answer.text and "提交申请" in answer.text and "查看最新" in answer.text


# --- afterwards ----------------------------------------------------------------------------------------


def test_a_return_is_answered_in_place_with_the_old_value_beside_and_all_at_once(app: Flask, county: County, filing: Filing) -> None:
    filing.fill()
    filing.submit()
    decide(app, county, filing.id, "return_to", dest="draft", comment="收入与工资表不符", correct=["form.income"])
    assert "需要您补正" in filing.page() and "收入与工资表不符" in filing.page()
    page = filing.page("/form")
    assert "需要您补正 1 项" in page and re.search(r"原来填的：<span>48,960 元", page) and 'name="f.size"' not in page
    answer = filing.send("/form", {"income": "好多"})
    assert answer.status_code == 422 and 'href="#f-income"' in answer.text
    answer = filing.send("/form", {"income": "46000"})
    assert answer.status_code == 303
    assert "现在：基层工会审核" in filing.page() and "金额改为" in filing.page()


def test_a_refusal_gives_its_reason_and_whom_to_object_to(app: Flask, county: County, filing: Filing) -> None:
    filing.fill()
    filing.submit()
    decide(app, county, filing.id, "reject", comment="收入不实，经核实高于标准")
    page = filing.page()
    assert "收入不实" in page and "对结果有异议，请与 云岭县总工会 联系" in page and "县工〔2026〕3 号" in page


def test_an_approval_shows_the_amount_and_how_it_was_worked_out(app: Flask, county: County, filing: Filing) -> None:
    filing.fill()
    filing.submit()
    decide(app, county, filing.id, "approve", comment="内部意见不给申请人看")
    page = filing.page()
    assert "360 元" in page and "救助线 1,380 － 人均月收入" in page and "内部意见" not in page


def test_giving_up_asks_once_more(app: Flask, filing: Filing) -> None:
    filing.fill()
    filing.submit()
    assert "办理后不能恢复" in filing.page("/act/abandon")
    revision = re.search(r'name="revision" value="(\d+)"', filing.page("/act/abandon")).group(1)  # type: ignore[union-attr]
    answer = filing.browser.post(filing.path + "/act/abandon", {"revision": revision, "key": "a"})
    assert answer.status_code == 303 and "已放弃" in filing.page()
    assert filing.browser.get(filing.path + "/act/approve").status_code == 404


def test_nobody_else_opens_my_application(filing: Filing, signed_in: Callable[[str], Visitor]) -> None:
    filing.fill()
    for username in ("qingshan", "zhaomin", "admin"):
        browser = signed_in(username)
        for page in ("", "/form", "/form/1", "/check", "/receipt", "/act/abandon", "/print"):
            assert browser.get(filing.path + page).status_code in (403, 404), (username, page)
        answer = browser.post(filing.path + "/form/2", {"revision": "1", "asked": "size", "f.size": "9"})
        assert answer.status_code in (403, 404)
    assert 'value="4"' in filing.page("/form/2")


def test_an_officer_applies_for_a_worker_of_their_own_union_only(app: Flask, county: County, signed_in: Callable[[str], Visitor]) -> None:
    publish(app)
    officer, leader = signed_in("zhaomin"), signed_in("chenli")
    found = officer.post("/programmes/living_aid/for", {"q": "李"}).text
    assert "李文华" in found and county.people[WORKER] in found
    assert "何山" not in officer.post("/programmes/living_aid/for", {"q": "何"}).text
    filing = Filing.start(officer, applicant=county.people[WORKER])
    assert "为 李文华 代办" in filing.page("/form/1") or "为 李文华 代办" in filing.page("/form")
    assert officer.post("/apply/living_aid", {"applicant": county.people["qingshan"]}).status_code == 403
    assert leader.get("/programmes/living_aid/for").status_code == 403


def test_photos_need_no_second_try_when_one_of_them_is_not_a_photo(filing: Filing) -> None:
    answer = filing.send("/form/4", **{"file.proof": [(photo(), "一.jpg"), (photo(), "二.jpg")], "upload": "proof"})
    assert answer.status_code == 303 and "已上传 2 份" in filing.page("/form/4")


def test_the_page_saving_itself_is_told_that_the_case_went_on(filing: Filing) -> None:
    filing.fill()
    filing.submit()
    filing.browser.headers["X-Autosave"] = "1"
    answer = filing.send("/form/2", {"size": "5"}, revision="1")
    assert answer.status_code == 409 and "没有保存" in answer.get_json()["saved"]


def test_every_page_is_there_in_english(app: Flask, filing: Filing) -> None:
    filing.fill()
    for path in ("/form", "/form/1", "/form/2", "/form/4", "/check"):
        assert '<html lang="en"' in filing.page(path + "?lang=en")
    assert filing.submit().status_code == 303
    for path in ("", "/receipt", "/print", "/act/abandon"):
        assert filing.browser.get(filing.path + path).status_code == 200
