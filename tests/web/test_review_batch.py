"""Many at once: looked over first, each decided for itself, failures told and left where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.web.county import Visitor
from tests.web.desk import NOW, Desks


@pytest.fixture
def desks(app: Flask, clock: Any) -> Desks:
    clock.at = NOW
    return Desks(app)


@pytest.fixture
def clerk(desks: Desks, visitor: Callable[[], Visitor]) -> Visitor:
    browser = visitor()
    assert browser.sign_in("clerk").status_code == 303
    return browser


def pairs(desks: Desks, *cases: str) -> list[str]:
    return [f"{case_id}:{desks.row(case_id).revision}" for case_id in cases]


def test_the_table_shows_each_row_and_the_total(desks: Desks, clerk: Visitor) -> None:
    good, flagged = desks.checked("B1"), desks.checked("B2", "30400", who="nurse")
    page = clerk.get("/tasks/batch", query_string={"s": pairs(desks, good, flagged)}).text
    assert "可以办理 1 件" in page and "合计 3,800 元" in page and "有需要判断的事项，请单独办理" in page
    assert page.count('name="s"') == 1


def test_every_row_is_decided_for_itself_and_failures_stay(desks: Desks, clerk: Visitor) -> None:
    good, flagged, overtaken = desks.checked("B1"), desks.checked("B2", "30400", who="nurse"), desks.checked("B3")
    sent = pairs(desks, good, flagged, overtaken)
    desks.act("clerk2", overtaken, "approve", comment="同意")
    page = clerk.post("/tasks/batch", {"s": sent, "trigger": "approve", "comment": "同意", "key": "batch1"})
    assert page.status_code == 200 and "已办理 1 件，共 3,800 元" in page.text and "2 件没有办成" in page.text
    assert [desks.row(case_id).state for case_id in (good, flagged, overtaken)] == ["decide", "check", "decide"]
    assert "刘芳" in page.text and "有需要判断的事项" in page.text


def test_the_same_batch_sent_again_acts_once_and_says_the_same(desks: Desks, clerk: Visitor) -> None:
    case_id = desks.checked("B1")
    form = {"s": pairs(desks, case_id), "trigger": "approve", "comment": "同意", "key": "batch1"}
    first, second = clerk.post("/tasks/batch", form), clerk.post("/tasks/batch", form)
    assert "已办理 1 件，共 3,800 元" in first.text and "已办理 1 件，共 3,800 元" in second.text
    assert desks.row(case_id).revision == 4


def test_a_step_that_is_not_for_batches_is_refused_whoever_asks(desks: Desks, clerk: Visitor) -> None:
    case_id = desks.checked("B1")
    page = clerk.post("/tasks/batch", {"s": pairs(desks, case_id), "trigger": "reject", "comment": "都不批", "key": "b"}).text
    assert "这一环节不能批量办理" in page and desks.row(case_id).state == "check"


def test_cases_out_of_scope_are_neither_shown_nor_decided(desks: Desks, visitor: Callable[[], Visitor]) -> None:
    case_id = desks.checked("B1")
    outsider = visitor()
    outsider.sign_in("outsider")
    page = outsider.post("/tasks/batch", {"s": pairs(desks, case_id), "trigger": "approve", "key": "b"}).text
    assert "李" not in page.replace("李*华", "") and desks.row(case_id).state == "check"
    assert "李" not in outsider.get("/tasks/batch", query_string={"s": pairs(desks, case_id)}).text


def test_more_than_two_hundred_are_refused(clerk: Visitor) -> None:
    answer = clerk.post("/tasks/batch", {"s": [f"case{n}:1" for n in range(201)], "trigger": "approve"})
    assert answer.status_code == 422 and "200" in answer.text


def test_an_empty_choice_says_how(clerk: Visitor) -> None:
    assert "还没有选中任何一件" in clerk.get("/tasks/batch").text
