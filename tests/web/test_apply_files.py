"""Files of an application, the 审批表, and the public progress page."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from tests.web.applying import CARD, WORKER, Filing, photo, publish
from tests.web.county import Clock, County, Visitor
from web import db
from workflow.records import Event, Throttle


@pytest.fixture
def filing(app: Flask, county: County, signed_in: Callable[[str], Visitor]) -> Filing:
    publish(app)
    filing = Filing.start(signed_in(WORKER))
    filing.fill()
    return filing


def file_of(filing: Filing) -> str:
    found = re.search(r"/files/(\w+)", filing.page("/form/4"))
    assert found
    return found.group(0)


def test_a_file_that_cannot_be_taken_costs_neither_the_others_nor_the_text(filing: Filing) -> None:
    answer = filing.send("/form/4", **{"file.proof": [(BytesIO(b"not a picture"), "表.docx"), (photo(), "二.jpg")]})
    assert answer.status_code == 422
    assert "“表.docx”没有上传" in answer.text and "二.jpg" in answer.text and "已上传 2 份" in answer.text
    answer = filing.send("/form/4", **{"file.proof": (photo(), "三.jpg")})
    assert answer.status_code == 422 and "最多 2 份" in answer.text and 'id="a-proof"' in answer.text


def test_a_file_is_taken_away_by_a_plain_button(filing: Filing) -> None:
    attachment = file_of(filing).removeprefix("/files/")
    assert filing.send("/form/4", remove=attachment).status_code == 303
    assert "工资表.jpg" not in filing.page("/form/4")
    assert filing.browser.get(f"/files/{attachment}").status_code == 404


def test_a_file_is_served_apart_from_our_pages(filing: Filing) -> None:
    answer = filing.browser.get(file_of(filing))
    assert answer.content_type == "image/jpeg" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"] == "inline; filename=\"___.jpg\"; filename*=UTF-8''%E5%B7%A5%E8%B5%84%E8%A1%A8.jpg"
    assert filing.browser.get(file_of(filing) + "?download=1").headers["Content-Disposition"].startswith("attachment")
    assert filing.browser.get(file_of(filing) + "?thumb=1").content_type == "image/jpeg"


def test_a_file_is_shown_only_to_those_who_see_its_case(filing: Filing, signed_in: Callable[[str], Visitor], visitor: Callable[[], Visitor]) -> None:
    path = file_of(filing)
    assert signed_in("zhaomin").get(path).status_code == 404          # still a draft
    filing.submit()
    assert signed_in("zhaomin").get(path).status_code == 200
    assert signed_in("qingshan").get(path).status_code == 404
    assert visitor().get(path).status_code == 303


def test_the_sheet_is_masked_and_taking_it_away_is_recorded(app: Flask, filing: Filing) -> None:
    filing.submit()
    sheet = filing.page("/print")
    assert "生活救助审批表" in sheet and "**** **** **** 6217" in sheet and CARD not in sheet
    with app.app_context(), db.reading() as session:
        assert session.scalars(select(Event.kind).where(Event.stream == filing.id, Event.kind == "print")).all() == []
    assert filing.browser.post(filing.path + "/print").headers["Location"].endswith("/print?printed=1")
    with app.app_context(), db.reading() as session:
        assert session.scalars(select(Event.kind).where(Event.stream == filing.id, Event.kind == "print")).all() == ["print"]


def codes(filing: Filing) -> tuple[str, str]:
    receipt = re.sub(r"<[^>]+>", " ", filing.page("/receipt"))
    number, code = re.search(r"SH-\S+", receipt), re.search(r"(\d{4}) (\d{4})", receipt)
    assert number and code
    return number.group(), code.group(1) + code.group(2)


def test_number_and_code_show_how_far_it_is_and_nothing_about_whom(filing: Filing, visitor: Callable[[], Visitor]) -> None:
    filing.submit()
    number, code = codes(filing)
    stranger = visitor()
    answer = stranger.post("/progress", {"number": f" {number} ", "code": f"{code[:4]} {code[4:]}"})
    assert answer.status_code == 303 and code not in answer.headers["Location"]
    page = stranger.get(answer.headers["Location"]).text
    assert "基层工会审核" in page and "360 元" in page
    for secret in ("李文华", "第二建筑公司", "6217", "48,960"):
        assert secret not in page


def test_an_answer_may_be_looked_at_for_a_while_only(filing: Filing, visitor: Callable[[], Visitor], clock: Clock) -> None:
    filing.submit()
    number, code = codes(filing)
    stranger = visitor()
    path = stranger.post("/progress", {"number": number, "code": code}).headers["Location"]
    assert stranger.get(path[:-3] + "abc").status_code == 303


def test_a_wrong_number_and_a_wrong_code_are_answered_alike(filing: Filing, visitor: Callable[[], Visitor]) -> None:
    filing.submit()
    number, code = codes(filing)
    answers = [visitor().post("/progress", {"number": n, "code": c}) for n, c in ((number, "00000000"), ("SH-0", code))]
    assert [a.status_code for a in answers] == [422, 422]
    texts = [re.sub(r'value="[^"]*"|content="[^"]*"', "", a.text) for a in answers]
    assert texts[0] == texts[1]


def test_guessing_codes_is_slowed_down_without_locking_anybody_out_of_signing_in(
        app: Flask, filing: Filing, visitor: Callable[[], Visitor]) -> None:
    filing.submit()
    number, code = codes(filing)
    stranger = visitor()
    answers = [stranger.post("/progress", {"number": number, "code": f"{guess:08d}"}).status_code for guess in range(7)]
    assert answers[0] == 422 and answers[-1] == 429
    assert stranger.post("/progress", {"number": number, "code": code}).status_code == 429
    assert stranger.sign_in(WORKER).status_code == 303
    with app.app_context(), db.reading() as session:
        assert all("progress" in key for key in session.scalars(select(Throttle.key)))
