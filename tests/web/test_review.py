"""The officer's desk: what is shown, what a button does, and what stays when it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from tests.web.county import Visitor
from tests.web.desk import AID, NOW, Desks
from workflow.db import reading
from workflow.queries import events

Enter = Callable[[str], Visitor]


@pytest.fixture
def desks(app: Flask, clock: Any) -> Desks:
    clock.at = NOW
    return Desks(app)


@pytest.fixture
def enter(desks: Desks, visitor: Callable[[], Visitor]) -> Enter:
    def enter(username: str) -> Visitor:
        browser = visitor()
        assert browser.sign_in(username).status_code == 303
        return browser
    return enter


def revision(desks: Desks, case_id: str) -> int:
    return desks.row(case_id).revision


def happened(desks: Desks, case_id: str) -> list[str]:
    with reading(desks.sessions) as session:
        return [event.trigger or event.kind for event in events(session, case_id)]


def test_the_first_case_opens_beside_the_queue(desks: Desks, enter: Enter) -> None:
    desks.checked("B1")
    desks.checked("B2", "30400", who="nurse")
    page = enter("clerk").get("/tasks").text
    assert "待我审批（2）" in page and "3,800" in page and "李*华" in page and "李文华" not in page
    assert "净自付 7,600 ≤ 10,000" in page and "两人入户，情况属实。" in page and "6228480010000000017" not in page
    assert page.count('name="trigger"') == 3 and "style=" not in page


def test_an_empty_queue_says_why(enter: Enter) -> None:
    page = enter("clerk").get("/tasks").text
    assert "都办完了" in page and 'name="trigger"' not in page


def test_agreeing_opens_the_next_case_with_a_status_line(desks: Desks, enter: Enter) -> None:
    first, second = desks.checked("B1"), desks.checked("B2", "4400", who="nurse")
    clerk = enter("clerk")
    answer = clerk.post(f"/tasks/{first}/act", {"trigger": "approve", "revision": revision(desks, first), "key": "k1"})
    assert (answer.status_code, answer.location) == (303, f"/tasks/{second}")
    page = clerk.get(answer.location).text
    assert 'role="status"' in page and "已同意 李*华，3,800 元" in page
    assert desks.row(first).state == "decide"


def test_the_same_form_sent_twice_acts_once(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    clerk, form = enter("clerk"), {"trigger": "approve", "revision": revision(desks, case_id), "key": "k1"}
    assert [clerk.post(f"/tasks/{case_id}/act", form).status_code for _ in range(2)] == [303, 303]
    assert happened(desks, case_id).count("approve") == 2      # the grassroots' and this one


def test_filters_are_carried_to_the_next_case(desks: Desks, enter: Enter) -> None:
    first, second = desks.checked("B1"), desks.checked("B2", who="nurse")
    third = desks.checked("B3")
    answer = enter("clerk").post(f"/tasks/{first}/act?q=李", {"trigger": "approve", "revision": revision(desks, first)})
    assert answer.location.startswith(f"/tasks/{third}?q=") and second not in answer.location


def test_refusing_asks_first_and_then_wants_a_reason(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    clerk, form = enter("clerk"), {"trigger": "reject", "revision": revision(desks, case_id), "comment": ""}
    asked = clerk.post(f"/tasks/{case_id}/act", form)
    assert asked.status_code == 200 and "办理后本件结束" in asked.text and desks.row(case_id).state == "check"
    refused = clerk.post(f"/tasks/{case_id}/act", form | {"confirmed": "1"})
    assert refused.status_code == 422 and "请写明意见或理由" in refused.text and desks.row(case_id).state == "check"
    assert clerk.post(f"/tasks/{case_id}/act", form | {"confirmed": "1", "comment": "不符合条件"}).status_code == 303
    assert desks.row(case_id).state == "rejected"


def test_a_return_tells_every_item_at_once(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    clerk = enter("clerk")
    form = {"trigger": "return_to", "revision": revision(desks, case_id), "comment": "请补正费用"}
    asked = clerk.post(f"/tasks/{case_id}/act", form).text
    assert 'value="form.cost"' in asked and "form.opinion" not in asked and "请补正费用" in asked
    answer = clerk.post(f"/tasks/{case_id}/act", form | {"confirmed": "1", "correct": ["form.cost", "form.bank_card"]})
    assert answer.status_code == 303
    row = desks.row(case_id)
    assert row.state == "draft" and row.returned["items"] == ["form.cost", "form.bank_card"]


def test_a_flag_needs_a_reason_and_a_second_look(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1", "30400")
    clerk = enter("clerk")
    page = clerk.get(f"/tasks/{case_id}").text
    assert "需要您判断 1 项" in page and 'data-first="op"' in page
    form = {"trigger": "approve", "revision": revision(desks, case_id), "comment": "票据齐全"}
    assert "这些核对没有通过" in clerk.post(f"/tasks/{case_id}/act", form).text
    assert clerk.post(f"/tasks/{case_id}/act", form | {"confirmed": "1"}).status_code == 303
    assert desks.row(case_id).state == "decide"


def test_an_amount_set_by_hand_is_asked_about_and_kept_to_its_limit(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    clerk = enter("clerk")
    form = {"trigger": "approve", "revision": revision(desks, case_id), "comment": "核减院外购药", "amount": "3,000"}
    asked = clerk.post(f"/tasks/{case_id}/act", form).text
    assert "系统算出 3,800 元，您核定 3,000 元" in asked and 'name="amount" value="3,000"' in asked
    over = clerk.post(f"/tasks/{case_id}/act", form | {"amount": "5000", "confirmed": "1"})
    assert over.status_code == 422 and "不能超过" in over.text and "核减院外购药" in over.text
    assert clerk.post(f"/tasks/{case_id}/act", form | {"amount": "abc"}).status_code == 422
    assert clerk.post(f"/tasks/{case_id}/act", form | {"confirmed": "1"}).status_code == 303
    assert desks.row(case_id).amount_fen == 300_000


def test_fields_of_this_step_are_filled_in_beside_the_case(desks: Desks, enter: Enter) -> None:
    case_id = desks.filed("B1")
    basic = enter("basic")
    page = basic.get(f"/tasks/{case_id}").text
    assert 'name="f.opinion"' in page and 'name="f.cost"' not in page and "办理前还需要" in page
    form = {"trigger": "approve", "revision": revision(desks, case_id), "asked": "opinion", "f.opinion": "", "comment": "我写的话"}
    refused = basic.post(f"/tasks/{case_id}/act", form)
    assert refused.status_code == 422 and "请填写“核实结论”" in refused.text and 'href="#f-opinion"' in refused.text
    assert "我写的话" in refused.text and refused.text.count("<title>有错误：") == 1
    assert basic.post(f"/tasks/{case_id}/act", form | {"f.opinion": "属实"}).status_code == 303
    assert desks.row(case_id).state == "check"


def test_what_is_not_open_at_this_step_is_ignored_however_it_is_named(desks: Desks, enter: Enter) -> None:
    case_id = desks.filed("B1")
    form = {"trigger": "approve", "revision": revision(desks, case_id), "f.opinion": "属实", "f.cost": "999999", "asked": "cost"}
    assert enter("basic").post(f"/tasks/{case_id}/act", form).status_code == 303
    assert desks.row(case_id).form["cost"] == "8000.00"


def picture() -> tuple[BytesIO, str]:
    data = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(data, "PNG")
    data.seek(0)
    return data, "回单.png"


def test_saving_keeps_fields_files_and_opinion_without_deciding(desks: Desks, enter: Enter) -> None:
    case_id = desks.filed("B1")
    basic = enter("basic")
    answer = basic.post(f"/tasks/{case_id}/keep", {
        "revision": revision(desks, case_id), "f.opinion": "写了一半", "comment": "还要再看", "attachments.receipt": picture()})
    assert answer.status_code == 303
    page = basic.get(f"/tasks/{case_id}").text
    assert "写了一半" in page and "还要再看" in page and "回单.png" in page and desks.row(case_id).state == "first"
    file_id = re.search(r'href="/files/(\w+)"', page).group(1)
    basic.post(f"/tasks/{case_id}/keep", {"revision": revision(desks, case_id), "remove": file_id})
    assert file_id not in basic.get(f"/tasks/{case_id}").text


def test_a_file_sent_with_a_refused_decision_is_not_lost(desks: Desks, enter: Enter) -> None:
    case_id = desks.filed("B1")
    basic = enter("basic")
    refused = basic.post(f"/tasks/{case_id}/act", {
        "trigger": "approve", "revision": revision(desks, case_id), "f.opinion": "", "attachments.receipt": picture()})
    assert refused.status_code == 422 and "回单.png" in refused.text
    assert "回单.png" in basic.get(f"/tasks/{case_id}").text and happened(desks, case_id) == ["start", "submit", "attach"]


def test_a_file_sent_with_a_step_that_is_asked_about_is_not_lost(desks: Desks, enter: Enter) -> None:
    case_id = desks.filed("B1")
    basic, form = enter("basic"), {"trigger": "return_to", "revision": revision(desks, case_id), "dest": "draft", "comment": "请补"}
    asked = basic.post(f"/tasks/{case_id}/act", form | {"attachments.receipt": picture()})
    assert asked.status_code == 200 and "已上传 1 份材料" in asked.text
    assert basic.post(f"/tasks/{case_id}/act", form | {"confirmed": "1"}).status_code == 303
    assert happened(desks, case_id) == ["start", "submit", "attach", "return_to"]


def test_whoever_is_late_reads_who_was_faster_and_keeps_their_words(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    clerk, before = enter("clerk"), revision(desks, case_id)
    desks.act("clerk2", case_id, "approve", comment="同意")
    late = clerk.post(f"/tasks/{case_id}/act", {"trigger": "approve", "revision": before, "comment": "我的意见"})
    assert late.status_code == 409 and "刘芳" in late.text and "我的意见" in late.text and "查看最新" in late.text


def test_nobody_decides_on_their_own_case_from_the_desk(desks: Desks, enter: Enter) -> None:
    case_id = desks.filed("B1", who="basic")
    basic = enter("basic")
    page = basic.get(f"/tasks/{case_id}").text
    assert page.count("须由他人办理") >= 2 and 'name="trigger"' not in page and 'type="checkbox" name="s"' not in page
    answer = basic.post(f"/tasks/{case_id}/act", {"trigger": "approve", "revision": revision(desks, case_id), "f.opinion": "属实"})
    assert answer.status_code == 403 and desks.row(case_id).state == "first"


@pytest.mark.parametrize("username", ["outsider", "nurse"])
def test_a_case_out_of_scope_looks_like_none(desks: Desks, enter: Enter, username: str) -> None:
    case_id = desks.checked("B1")
    stranger = enter(username)
    answers = [stranger.get(f"/tasks/{case_id}"), stranger.post(f"/tasks/{case_id}/act", {"trigger": "approve", "revision": 2}),
               stranger.post(f"/tasks/{case_id}/reveal", {"field": "bank_card", "reason": "想看"})]
    assert {answer.status_code for answer in answers} <= {403, 404} and "李" not in answers[0].text
    assert happened(desks, case_id)[-1] == "approve"


def test_a_full_value_is_shown_once_with_a_reason_on_record(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    clerk = enter("clerk")
    refused = clerk.post(f"/tasks/{case_id}/reveal", {"field": "bank_card", "reason": ""})
    assert refused.status_code == 422 and "6228480010000000017" not in refused.text
    opened = clerk.post(f"/tasks/{case_id}/reveal", {"field": "bank_card", "reason": "核对银行卡"})
    assert opened.status_code == 200 and "6228480010000000017" in opened.text and opened.headers["Cache-Control"] == "no-store"
    assert "6228480010000000017" not in clerk.get(f"/tasks/{case_id}").text and happened(desks, case_id)[-1] == "reveal"


def test_what_changed_since_the_return_stands_before_and_after(desks: Desks, enter: Enter) -> None:
    case_id = desks.filed("B1")
    desks.act("basic", case_id, "return_to", comment="费用不对", correct=["form.cost"])
    desks.act("worker", case_id, "submit", form={"cost": "7000"})
    page = enter("basic").get("/tasks").text
    assert "补正后重交" in page and "<del>8,000 元</del>" in page and "<ins>7,000 元</ins>" in page


def test_a_phrase_stands_for_the_opinion_without_javascript(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    enter("clerk").post(f"/tasks/{case_id}/act", {"trigger": "approve", "revision": revision(desks, case_id), "phrase": "情况属实，同意。"})
    with reading(desks.sessions) as session:
        assert events(session, case_id)[-1].comment == "情况属实，同意。"


def test_finding_and_done(desks: Desks, enter: Enter) -> None:
    case_id = desks.checked("B1")
    number, basic = desks.row(case_id).number, enter("basic")
    assert number in basic.get("/done").text and number in basic.get(f"/tasks/find?q={number}").text
    assert number in basic.post("/tasks/find", {"number": "6228480010000000017"}).text
    assert "没有找到" in enter("outsider").get(f"/tasks/find?q={number}").text


def test_a_forgotten_declaration_is_asked_for_and_nothing_typed_is_lost(app: Flask, clock: Any, visitor: Callable[[], Visitor]) -> None:
    clock.at = NOW
    desks = Desks(app, AID.replace("applicant_may_not_decide: true}", "applicant_may_not_decide: true, relatives: declare}"))
    case_id, basic = desks.filed("B1"), visitor()
    basic.sign_in("basic")
    form = {"trigger": "approve", "revision": revision(desks, case_id), "f.opinion": "属实", "comment": "我写的话"}
    refused = basic.post(f"/tasks/{case_id}/act", form)
    assert refused.status_code == 422 and 'href="#declared"' in refused.text and "我写的话" in refused.text and "属实" in refused.text
    assert basic.post(f"/tasks/{case_id}/act", form | {"declared": "1"}).status_code == 303


def test_the_desk_speaks_english_too(desks: Desks, enter: Enter) -> None:
    desks.checked("B1")
    assert "Trial aid" in enter("clerk").get("/tasks?lang=en").text
