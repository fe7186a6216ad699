"""What people type and send who mean harm, or whose fingers slipped: refused in a sentence, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import yaml
from flask import Flask
from sqlalchemy import update

from tests.acceptance.newcomer import Newcomer
from tests.acceptance.reading_room import FORM, KEY, TEXT, bearer, case_at, photo
from tests.web.county import PASSWORD
from tests.world import NOW, World
from workflow import db, engine
from workflow.records import Organisation, Person

Enter = Callable[[str], Newcomer]
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EVIL = "\"'><x-evil onload=alert(1)>{{7777*9991}}</textarea></title></script>"
WORDS = frozenset({"label", "title", "summary", "help", "section", "message", "source", "clause", "basis"})


# --- text that would like to be a page ---------------------------------------------------------------------


def poisoned(node: Any, place: tuple[str, ...] = ()) -> Any:
    """The same definition with something nasty in every word that people see."""
    if isinstance(node, dict):
        return {name: poisoned(inner, (*place, name)) for name, inner in node.items()}
    if isinstance(node, list):
        return [poisoned(inner, place) for inner in node]
    if isinstance(node, date):
        return node.isoformat()
    if place[:1] == ("transitions",) and place[-1] in ("source", "dest"):
        return node
    seen = WORDS & set(place[-2:]) or len(place) > 1 and place[-2] == "options" or place[:1] == ("basis",)
    return f"{node}{EVIL}" if seen and isinstance(node, str) and place[-1] != "expr" else node


def harmless(browser: Newcomer) -> int:
    """Assert that nothing on the page came alive; return how often the words stand there as words."""
    for tag, attributes in browser.page.tags:
        assert tag != "x-evil", browser.url
        assert tag != "script" or attributes.get("src", "").startswith("/static/"), browser.url
        assert not any(name.startswith("on") or value.strip().lower().startswith("javascript:") for name, value in attributes.items()), (
            browser.url, tag, attributes)
    assert "77700007" not in browser.text, browser.url               # no template of theirs ran
    return browser.text.count("x-evil")


def crawled(browser: Newcomer, *starts: str) -> Iterator[str]:
    """Every page that can be reached from these by following links, each shape of address once."""
    waiting, seen = list(starts), set[str]()
    while waiting and len(seen) < 150:
        path = waiting.pop(0)
        shape = path.partition("#")[0].partition("?")[0] + "?" + "&".join(sorted(pair.partition("=")[0] for pair in urlsplit(path).query.split("&")))
        if shape in seen or path.startswith(("/static/", "/files/")):
            continue
        seen.add(shape)
        browser.open(path)
        yield path
        waiting += [urljoin(path, href) for href, _words in browser.page.links if href.startswith(("/", "?"))]


@ONE
def test_whatever_is_stored_is_shown_as_words_on_every_page(world: World, enter: Enter) -> None:
    world.publish(json.dumps(poisoned(yaml.safe_load(TEXT)), ensure_ascii=False))
    with db.writing(world.sessions) as session:
        session.execute(update(Organisation).values(name=Organisation.name + EVIL, phone=EVIL[:40]))
        session.execute(update(Person).where(Person.id.in_([world.ids[short] for short in ("worker", "basic", "clerk")])).values(
            name=Person.name + EVIL))
    nasty = {"keeper": f"李{EVIL}", "donated": True, "donor": EVIL, "remark": EVIL, "items": [{"thing": EVIL, "count": 40, "price": "500.00"}]}
    draft, case_id = case_at(world, "plan", **nasty), case_at(world, "bookkeeping", "worker", **nasty, usci="91330106MA2CFLDE4P")
    me = world.actor("basic")
    with db.writing(world.sessions) as session:
        engine.attach(session, draft, "photo", "\"'><x-evil onload=alert(1)>.jpg", photo().getvalue(), world.actor("worker"), NOW)
        engine.record(session, case_id, "print", me, NOW, {"paper": EVIL})

    clerk = enter("clerk").open("/settings").press("保存", phrases=EVIL)
    met = harmless(clerk)
    clerk.open(f"/tasks/{case_id}").press("退回核实", "return_to", comment=EVIL, phrase="")
    met += harmless(clerk)
    clerk.press("确认退回核实", dest="visiting", correct=["form.items"], comment=EVIL)
    assert world.row(case_id).state == "visiting" and harmless(clerk) >= 0
    clerk.open(f"/tasks/find?q={EVIL}")
    met += harmless(clerk)
    world.act("basic", case_id, "endorse", comment=EVIL, form={"seen": EVIL})
    clerk.open(f"/tasks/{case_id}").press("核算无误", "endorse", amount=EVIL, comment=EVIL)
    assert clerk.status == 422 and harmless(clerk) > 3

    rooms = {"worker": ("/programmes", "/cases", f"/cases/{draft}/form?all=1", f"/cases/{draft}/check", f"/cases/{case_id}", f"/cases/{case_id}/print"),
             "clerk": ("/tasks", f"/tasks/{case_id}?open=payee_card", f"/tasks/batch?s={case_id}:6", "/settings"),
             "basic": ("/done", f"/programmes/{KEY}/for", f"/tasks/{case_id}"),
             "auditor": ("/audit", f"/audit/cases/{case_id}", "/audit/verify", "/audit/reads", f"/cases/{case_id}/print"),
             "admin": ("/admin/accounts", "/admin/organisations", "/admin/definitions", f"/admin/definitions/{KEY}/1", "/admin/unmanned")}
    for short, starts in rooms.items():
        browser, pages, here = enter(short), 0, 0
        for _path in crawled(browser, *starts, f"/tasks?q={EVIL}&lang=en" if short == "clerk" else "/help"):
            here, pages = here + harmless(browser), pages + 1
        assert pages >= 5 and here > 20, (short, pages, here)
    assert met > 3


@ONE
def test_a_file_keeps_its_name_to_itself(programme: World, enter: Enter) -> None:
    worker = enter("worker")
    case_id = case_at(programme, "plan")
    worker.open(f"/cases/{case_id}/form?all=1").follow("书屋情况")
    worker.press("上传", "photo", file__photo=[(photo(), "../../etc/'x<x-evil onload=alert(1)>\u202egpj.exe")])
    assert worker.status == 200 and harmless(worker) > 0
    for row in programme.look("worker", case_id).attachments:
        answer = worker.client.get(f"/files/{row.id}")
        assert "\n" not in answer.headers["Content-Disposition"] and "/" not in row.name
        assert row.name.endswith(".jpg") and "\u202e" not in row.name and answer.mimetype == "image/jpeg"


# --- more than was asked for ---------------------------------------------------------------------------------


@ONE
def test_fields_nobody_asked_for_change_nothing(programme: World, enter: Enter, app: Flask) -> None:
    case_id = case_at(programme, "visiting")
    before, basic = programme.row(case_id), enter("basic")
    more = {"state": "furnished", "outcome": "approved", "amount": "99999", "amount_fen": "1", "number": "X", "f.payee_card": "6217000000000006217",
            "f.area": "900", "f.amount": "1", "f.state": "furnished", "form.area": "900", "asked": ["area", "payee_card", "seen"],
            "applicant_id": programme.ids["basic"], "filed_by": "x", "correct": ["form.items"]}
    held = basic.open(f"/tasks/{case_id}").hidden()
    basic.open(f"/tasks/{case_id}/keep", "POST", held | more | {"f.seen": "属实", "comment": ""})
    basic.open(f"/tasks/{case_id}/act", "POST", held | more | {"trigger": "endorse", "f.seen": "属实", "comment": ""})
    after = programme.row(case_id)
    assert (after.amount_fen, after.adjusted_fen, after.number, after.applicant_id) == (before.amount_fen, None, before.number, before.applicant_id)
    assert after.state in ("visiting", "bookkeeping") and after.form == before.form | ({"seen": "属实"} if after.state == "bookkeeping" else {})
    card = programme.look("clerk", case_id).form["payee_card"]
    assert card == FORM["payee_card"]

    token = bearer(app, "worker")
    case_id = case_at(programme, "plan", usci="91330106MA2CFLDE4P")
    for body in ({"form": {"seen": "属实"}, "revision": 1}, {"form": {"state": "furnished"}, "revision": 1}, {"form": {}, "revision": 1, "state": "furnished"},
                 {"form": {"amount": "1"}, "revision": 1}):
        answer = app.test_client().patch(f"/api/v1/applications/{case_id}", json=body, headers=token)
        assert answer.status_code == 422 and answer.json["errors"], body
    answer = app.test_client().post(f"/api/v1/applications/{case_id}/actions", headers=token, json={
        "trigger": "submit", "revision": 1, "amount": "99999.00"})
    assert answer.status_code in (200, 422) and programme.row(case_id).adjusted_fen is None
    assert programme.row(case_id).amount_fen in (None, 900_000)


@ONE
def test_no_step_is_skipped_by_naming_a_later_one(programme: World, enter: Enter, app: Flask) -> None:
    case_id = case_at(programme, "visiting")
    for short, trigger in (("worker", "settle"), ("worker", "endorse"), ("cashier", "settle"), ("clerk", "endorse"), ("leader", "endorse"),
                           ("basic", "settle"), ("basic", "sort"), ("auditor", "endorse"), ("admin", "endorse"), ("basic", "__class__"), ("basic", "")):
        browser, token = enter(short).open("/help"), bearer(app, short)
        csrf = browser.form_token()
        sent = {"csrf_token": csrf, "trigger": trigger, "revision": programme.row(case_id).revision, "comment": "越过", "confirmed": "1", "dest": "furnished",
                "f.seen": "属实"}
        paths = [f"/tasks/{case_id}/act", f"/cases/{case_id}/act/{trigger or 'x'}"]
        for path in paths:
            browser.open(path, "POST", sent)
            assert browser.status in (403, 404, 409, 422), (short, trigger, path, browser.status)
        answer = app.test_client().post(f"/api/v1/applications/{case_id}/actions", headers=token, json={
            "trigger": trigger, "revision": programme.row(case_id).revision, "comment": "越过", "dest": "furnished"})
        assert answer.status_code in (403, 404, 409, 422), (short, trigger, answer.status_code)
        assert programme.row(case_id).state == "visiting"


# --- twice, late, and elsewhere ------------------------------------------------------------------------------


@ONE
def test_a_key_acts_once_and_stands_for_one_request(programme: World, enter: Enter, app: Flask) -> None:
    case_id = case_at(programme, "visiting")
    basic = enter("basic").open(f"/tasks/{case_id}")
    held = basic.hidden()
    sent = held | {"trigger": "endorse", "f.seen": "属实", "comment": "看过"}
    statuses = [basic.open(f"/tasks/{case_id}/act", "POST", sent).status for _ in range(2)]
    assert statuses == [200, 200] and programme.row(case_id).revision == 3
    basic.open(f"/tasks/{case_id}/act", "POST", sent | {"comment": "换一句"})
    assert basic.status in (409, 422) and "换一句" in basic.text and programme.row(case_id).revision == 3

    token, case_id = bearer(app, "basic"), case_at(programme, "visiting", usci="91330106MA2CFLDE4P")
    body, path = {"trigger": "endorse", "revision": 2, "form": {"seen": "属实"}}, f"/api/v1/applications/{case_id}/actions"
    answers = [app.test_client().post(path, json=body | more, headers=token | {"Idempotency-Key": "k-1"}) for more in ({}, {}, {"comment": "x"})]
    assert [answer.status_code for answer in answers] == [200, 200, 422] and answers[2].json["errors"][0]["code"] == "KEY_REUSED"
    assert programme.row(case_id).revision == 3 and answers[0].json["revision"] == answers[1].json["revision"]
    worker = bearer(app, "worker")
    made = [app.test_client().post("/api/v1/applications", json={"programme": KEY, "form": form}, headers=worker | {"Idempotency-Key": "k-1"})
            for form in ({}, {}, {"area": "20"})]
    assert [answer.status_code for answer in made] == [201, 201, 422] and made[0].json["id"] == made[1].json["id"]


@ONE
def test_a_late_officer_reads_who_was_faster_and_keeps_every_word(programme: World, enter: Enter) -> None:
    case_id = case_at(programme, "visiting")
    basic = enter("basic").open(f"/tasks/{case_id}")
    with db.writing(programme.sessions) as session:
        engine.record(session, case_id, "print", programme.actor("auditor"), NOW, {"paper": "form"})
    programme.act("worker", case_id, "withdraw")
    basic.press("察看属实", "endorse", comment="我写了很久的意见", f__seen="察看得很仔细")
    assert basic.status in (403, 409) and programme.row(case_id).state == "plan"
    assert "李文华" in basic.page.words and "陈立" not in basic.page.words            # who acted, not who looked
    assert "我写了很久的意见" in basic.text and "察看得很仔细" in basic.text


@ONE
def test_a_late_applicant_reads_who_was_faster_and_keeps_every_word(programme: World, enter: Enter) -> None:
    case_id = case_at(programme, "plan")
    worker = enter("worker").open(f"/cases/{case_id}/form/2")
    programme.act("worker", case_id, "submit")
    worker.press("保存并继续", f__usci="91330106MA2CFLDE4P", f__readers="很多很多人")
    assert worker.status in (404, 409)
    assert worker.status == 409 and "很多很多人" in worker.text and "91330106MA2CFLDE4P" in worker.text and "报送" in worker.page.words


ELSEWHERE = (
    "//evil.example", "/\\evil.example", "https://evil.example", "http:evil.example", "javascript:alert(1)", "/\t/evil.example", "\\\\evil.example",
    "/%09/evil.example/..//", "///evil.example", "data:text/html,x", "/ /evil", "/x\r\nLocation: https://evil.example", "https:/evil.example", "@evil.example")


@ONE
def test_signing_in_leads_nowhere_else(app: Flask, world: World, enter: Enter) -> None:
    signed_in = enter("worker")
    for number, wanted in enumerate(ELSEWHERE):
        answers = [signed_in.client.get("/sign-in", query_string={"next": wanted})]
        if number % 3 == 0:                          # the same function judges both; a password takes its time
            stranger = Newcomer(app.test_client()).open("/sign-in")
            sent = stranger.hidden() | {"username": "worker", "password": PASSWORD, "next": wanted}
            answers.append(stranger.client.post("/sign-in", data=sent))
        for answer in answers:
            assert answer.status_code == 303 and "evil" not in answer.headers.get("Set-Cookie", "")
            there = urlsplit(urljoin("http://localhost/sign-in", answer.headers["Location"].replace("\\", "/").replace("\t", "")))
            assert (there.scheme, there.netloc) == ("http", "localhost"), answer.headers["Location"]
