"""A union, a person and a file on the applicant's and the officer's pages."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask

from tests.registers.conftest import SECONDED
from tests.web.applying import WORKER, photo
from tests.web.county import NOW, Visitor
from web import db
from workflow import programmes
from workflow.actors import COMMAND


def test_unions_people_and_files_are_asked_answered_and_shown(app: Flask, signed_in: Callable[[str], Visitor]) -> None:
    with app.app_context(), db.writing() as session:
        programmes.publish(session, SECONDED.replace("hide: [form.contact, form.visits]", "hide: [form.visits]"), "seconded.v1.yaml", COMMAND, NOW)
    browser = signed_in(WORKER)
    opened = browser.post("/apply/seconded", {})
    case = opened.location.removesuffix("/form").partition("?")[0]

    page = browser.get(f"{case}/form/1").text
    assert "借调单位工会" in page and "工会代码或全称" in page and 'name="file.letter"' in page and "借调函" in page

    wrong = browser.post(f"{case}/form/1", {"asked": "host", "f.host": "没有的工会", "revision": "1", "go": "on"})
    assert wrong.status_code == 422 and "请写工会的代码或全称" in wrong.text and 'value="没有的工会"' in wrong.text

    browser.post(f"{case}/form/1", {"asked": "host", "f.host": "530101", "revision": "1", "file.letter": (photo(), "函.jpg")})
    page = browser.get(f"{case}/form/1").text
    assert 'value="城关街道工会（530101）"' in page and "函.jpg" in page and 'name="file.letter"' not in page

    number = next(n for n in range(1, 6) if "本人" in browser.get(f"{case}/form/{n}").text)
    refused = browser.post(f"{case}/form/{number}", {"asked": "oneself", "f.oneself": "赵敏 1234", "revision": "1", "go": "on"})
    assert refused.status_code == 422 and "没有找到" in refused.text
    with app.app_context(), db.reading() as session:
        from sqlalchemy import select

        from workflow.records import Person

        me = session.scalars(select(Person.id).where(Person.name == "李文华")).one()
    browser.post(f"{case}/form/{number}", {"asked": "oneself", "f.oneself": me, "revision": "1"})
    page = browser.get(f"{case}/form/{number}").text
    assert "李*华" in page and me not in page

    checked = browser.get(f"{case}/check").text
    assert re.search(r"借调单位工会</dt><dd>城关街道工会<", checked) and "李*华" in checked
