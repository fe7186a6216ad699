"""The public board, the officers' page and the API: masked everywhere, open to objections, closed to short cuts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.notices.wall import GRANT, SECRETS, Wall
from tests.storage.test_attachments import picture
from tests.web.county import PASSWORD, Clock, Visitor
from tests.web.desk import NOW, Desks
from web import create_app, db
from web.signins import hash_of
from workflow import engine
from workflow.actors import COMMAND
from workflow.db import writing
from workflow.errors import NotYours, Refused
from workflow.records import Account, ApiToken, Case

WORDS = "他家并不困难，请核实。"


class Board(Wall, Desks):
    """The wall behind the application, with an account for everybody."""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app({"TESTING": True, "DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": clock,
                      "UPLOADS": str(tmp_path / "uploads"), "UNION": "云岭县总工会"})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    db.database(app).engine.dispose()


@pytest.fixture
def board(app: Flask) -> Board:
    return Board(app, GRANT)


@pytest.fixture
def anybody(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def officer(app: Flask, board: Board) -> Callable[[str], Visitor]:
    def enter(short: str) -> Visitor:
        browser = Visitor(app.test_client())
        assert browser.post("/sign-in", {"username": short, "password": PASSWORD}).status_code == 303
        return browser
    return enter


def at(board: Board, clock: Clock, case_id: str) -> str:
    """The notice of the case, with the application's clock where the world's is."""
    clock.at = board.now
    return board.notice(case_id).id


def objecting(browser: Visitor, notice_id: str, **given: str) -> TestResponse:
    return browser.post(f"/notices/{notice_id}/objections", {"text": WORDS, "named": "no", "key": "k", **given})


def test_an_empty_board_says_so(board: Board, anybody: Visitor) -> None:
    page = anybody.get("/notices")
    assert page.status_code == 200 and "现在没有公示" in page.text and page.headers["Cache-Control"] == "no-store"
    assert anybody.get("/api/v1/notices").json == {"total": 0, "items": [], "next": None}


def test_the_canary_is_masked_in_every_room(board: Board, clock: Clock, anybody: Visitor, officer: Callable[[str], Visitor]) -> None:
    case_id = board.posted()
    notice_id = at(board, clock, case_id)
    heard = board.object(case_id, text="一封匿名来信")
    pages = [anybody.get(path) for path in ("/notices", f"/notices/{notice_id}", "/notices?lang=en", "/api/v1/notices")]
    clerk = officer("basic")
    pages += [clerk.get(path) for path in ("/tasks/notices", f"/notices/{notice_id}/poster",
                                           f"/notices/poster?union={board.orgs['539921-01-01']}&programme=posted_grant")]
    for page in pages:
        assert page.status_code == 200
        assert [secret for secret in SECRETS if secret in page.text] == [], page.request.path
        assert "李*华" in page.text or "李*华" in str(page.json), page.request.path
    for page in pages[:4]:
        assert case_id not in page.text and heard not in page.text and "GS-539921" not in page.text


def test_anybody_objects_and_is_told_what_happens(board: Board, clock: Clock, anybody: Visitor) -> None:
    case_id = board.posted()
    notice_id = at(board, clock, case_id)
    sent = objecting(anybody, notice_id)
    assert sent.status_code == 303 and sent.location.startswith(f"/notices/{notice_id}")
    page = anybody.get(f"/notices/{notice_id}").text
    (one,) = board.objections(case_id)
    assert "您的异议已经登记" in page and one.id[-8:].upper() in page and "不会继续往下办理" in page and not one.named
    assert objecting(anybody, notice_id).location == sent.location and len(board.objections(case_id)) == 1      # the button twice
    assert "您的异议已经登记" not in Visitor(anybody.client.application.test_client()).get(f"/notices/{notice_id}").text


def test_a_name_is_kept_only_by_those_who_give_it(board: Board, clock: Clock, anybody: Visitor, officer: Callable[[str], Visitor]) -> None:
    case_id = board.posted()
    notice_id = at(board, clock, case_id)
    assert objecting(anybody, notice_id, named="yes").status_code == 422
    assert objecting(anybody, notice_id, named="no", name="王五", phone="0879-2", key="a").status_code == 303
    assert objecting(anybody, notice_id, named="yes", name="赵六", phone="0879-3", key="b").status_code == 303
    assert [one.named for one in board.objections(case_id)] == [False, True]
    page = officer("basic").get("/tasks/notices").text
    assert "赵六 0879-3" in page and "王五" not in page and "0879-2" not in page
    assert "赵六" not in officer("clerk").get("/tasks/notices").text
    assert "赵六" not in anybody.get(f"/notices/{notice_id}").text


def test_the_last_second_counts_and_the_next_does_not(board: Board, clock: Clock, anybody: Visitor) -> None:
    case_id = board.posted()
    notice_id, ends = board.notice(case_id).id, board.notice(case_id).ends_at
    clock.at = ends - timedelta(milliseconds=1)
    assert "今天 24:00 截止" in anybody.get("/notices").text
    assert objecting(anybody, notice_id).status_code == 303
    clock.at = ends + timedelta(milliseconds=999)
    late = objecting(anybody, notice_id, key="late")
    assert late.status_code == 404 and "不在公示栏上" in late.text and anybody.get(f"/notices/{notice_id}").status_code == 404
    assert anybody.client.post(f"/api/v1/notices/{notice_id}/objections", json={"text": WORDS}).status_code == 409
    assert len(board.objections(case_id)) == 1


def test_many_from_one_address_are_slowed_down(board: Board, clock: Clock, anybody: Visitor) -> None:
    case_id = board.posted()
    notice_id = at(board, clock, case_id)
    answers = [objecting(anybody, notice_id, text=f"{WORDS}{number}", key=f"k{number}").status_code for number in range(7)]
    assert answers == [303] * 5 + [429] * 2 and len(board.objections(case_id)) == 5
    assert anybody.client.post(f"/api/v1/notices/{notice_id}/objections", json={"text": WORDS}).status_code == 429
    other = at(board, clock, board.posted(story="另一件"))
    assert objecting(anybody, other, key="other").status_code == 303
    clock.move(hours=1)
    assert objecting(anybody, notice_id, text="一小时以后再说一次", key="later").status_code == 303


def test_a_withdrawn_notice_is_gone_from_page_and_api(board: Board, clock: Clock, anybody: Visitor) -> None:
    case_id = board.posted()
    notice_id = at(board, clock, case_id)
    board.act("worker", case_id, "abandon")
    assert "现在没有公示" in anybody.get("/notices").text and anybody.get(f"/notices/{notice_id}").status_code == 404
    assert anybody.get("/api/v1/notices").json["items"] == [] and objecting(anybody, notice_id).status_code == 404


def test_the_list_goes_on_by_pages_and_narrows(board: Board, clock: Clock, anybody: Visitor) -> None:
    for number in range(3):
        board.posted(story=f"第{number}件")
    at(board, clock, board.posted("nurse", "hospital"))
    seen, after = [], ""
    while True:
        page = anybody.get(f"/api/v1/notices?limit=2&after={after}").json
        seen += [row["id"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 4 and page["total"] == 4
    assert anybody.get(f"/notices?union={board.orgs['539921-02']}").text.count('class="card offer"') == 1
    for odd in ("union=x", "union=99999999999999", "programme=none", "after=zz"):
        assert anybody.get(f"/notices?{odd}").status_code == 200


def test_a_photo_and_an_objection_are_dealt_with_on_the_officers_page(board: Board, clock: Clock, officer: Callable[[str], Visitor]) -> None:
    case_id = board.posted()
    notice_id, objection = at(board, clock, case_id), board.object(case_id)
    clerk = officer("basic")
    assert "还没有上传" in clerk.get("/tasks/notices").text
    sent = clerk.post(f"/tasks/notices/{notice_id}/photos", {"photo": (photo(), "公示.jpg")}, content_type="multipart/form-data")
    assert sent.status_code == 303
    assert "还没有上传" not in clerk.get("/tasks/notices").text
    assert clerk.post(f"/tasks/notices/{notice_id}/photos").status_code == 422
    path = f"/tasks/notices/{notice_id}/objections/{objection}"
    assert clerk.post(path, {"upheld": "no", "opinion": ""}).status_code == 422
    assert clerk.post(path, {"upheld": "maybe", "opinion": "已核实"}).status_code == 422
    assert [one.status for one in board.objections(case_id)] == ["open"]
    assert clerk.post(path, {"upheld": "no", "opinion": "已入户核实，确有困难。"}).status_code == 303
    page = clerk.get("/tasks/notices").text
    assert "不成立" in page and "已入户核实，确有困难。" in page
    assert clerk.post(path, {"upheld": "yes", "opinion": "再来一次"}).status_code == 409


def test_officers_of_other_unions_find_nothing(board: Board, clock: Clock, officer: Callable[[str], Visitor]) -> None:
    case_id = board.posted()
    notice_id, objection = at(board, clock, case_id), board.object(case_id)
    for short in ("hospital", "outsider"):
        browser = officer(short)
        assert "现在没有公示" in browser.get("/tasks/notices").text
        assert browser.get(f"/notices/{notice_id}/poster").status_code == 404
        assert browser.get(f"/notices/poster?union={board.orgs['539921-01-01']}&programme=posted_grant").status_code == 404
        assert browser.post(f"/tasks/notices/{notice_id}/objections/{objection}", {"upheld": "yes", "opinion": "不归我管"}).status_code == 404
        assert browser.post(f"/tasks/notices/{notice_id}/photos", {"photo": (photo(), "x.jpg")}).status_code == 404
    county = officer("clerk")                        # sees it, and may not touch it
    assert county.post(f"/tasks/notices/{notice_id}/objections/{objection}", {"upheld": "yes", "opinion": "越级处理"}).status_code == 403
    assert county.get(f"/notices/{notice_id}/poster").status_code == 200
    for short in ("admin", "worker", "auditor"):
        assert officer(short).get("/tasks/notices").status_code == 403
    assert [one.status for one in board.objections(case_id)] == ["open"]


def photo() -> BytesIO:
    return BytesIO(picture())


def test_no_page_and_no_call_shortens_a_notice(board: Board, clock: Clock, app: Flask, officer: Callable[[str], Visitor]) -> None:
    case_id = board.posted()
    notice_id, before = at(board, clock, case_id), board.notice(case_id)
    with app.app_context(), writing(board.sessions) as session:
        for short in ("admin", "basic", "clerk"):
            account = session.scalars(select(Account.id).where(Account.username == short)).one()
            session.add(ApiToken(token_hash=hash_of(f"t-{short}"), account_id=account, created_at=NOW, expires_at=NOW + timedelta(days=30),
                                 revoked_at=None))
    for short in ("basic", "clerk", "admin"):
        browser = officer(short)
        revision = board.row(case_id).revision
        for trigger in ("passed", "approve", "object"):
            answer = browser.post(f"/tasks/{case_id}/act", {"trigger": trigger, "revision": str(revision), "comment": "提前结束", "confirmed": "1"})
            assert answer.status_code in (403, 404, 409, 422), (short, trigger, answer.status_code)
            call = app.test_client().post(f"/api/v1/applications/{case_id}/actions", headers={"Authorization": f"Bearer t-{short}"},
                                          json={"trigger": trigger, "revision": revision, "comment": "提前结束"})
            assert call.status_code in (403, 404, 409, 422), (short, trigger, call.status_code)
    for method in ("PATCH", "PUT", "DELETE"):
        assert app.test_client().open(f"/api/v1/notices/{notice_id}", method=method).status_code in (404, 405)
    with pytest.raises((NotYours, Refused)), writing(board.sessions) as session:
        engine.act(session, case_id, "passed", COMMAND, board.now, revision=session.scalars(select(Case.revision)).one())
    after = board.notice(case_id)
    assert (after.status, after.ends_at, after.ends_on, after.content) == ("running", before.ends_at, before.ends_on, before.content)
    assert board.row(case_id).state == "unit_notice"


def test_the_api_takes_an_objection_and_refuses_nonsense(board: Board, clock: Clock, anybody: Visitor) -> None:
    case_id = board.posted()
    notice_id = at(board, clock, case_id)
    call = anybody.client.post
    path = f"/api/v1/notices/{notice_id}/objections"
    for body, status in (({}, 422), ({"text": "短"}, 422), ({"text": WORDS, "case": case_id}, 422), ({"text": WORDS, "name": "a\nb"}, 422)):
        assert call(path, json=body).status_code == status
    assert call(f"/api/v1/notices/{'0' * 20}/objections", json={"text": WORDS}).status_code == 404
    taken = call(path, json={"text": WORDS, "phone": "0879-1"})
    assert taken.status_code == 201 and set(taken.json) == {"id"}
    (row,) = anybody.get("/api/v1/notices").json["items"]
    assert set(row) == {"id", "programme", "title", "union", "phone", "starts_on", "ends_on", "ends_at", "lines"}
    assert row["ends_on"] == "2026-06-23" and {"label": "申请人", "value": "李*华"} in row["lines"]
    assert "/api/v1/notices/{notice_id}/objections" in anybody.get("/api/v1/openapi.json").json["paths"]


def test_who_objected_is_not_told_to_the_applicant(board: Board, clock: Clock, app: Flask, anybody: Visitor,
                                                   officer: Callable[[str], Visitor]) -> None:
    case_id = board.posted()
    notice_id = at(board, clock, case_id)
    assert objecting(officer("nurse"), notice_id, named="yes", name="和桂芬", phone="0879-9").status_code == 303
    applicant = officer("worker")
    with writing(board.sessions) as session:
        account = session.scalars(select(Account.id).where(Account.username == "worker")).one()
        session.add(ApiToken(token_hash=hash_of("t"), account_id=account, created_at=NOW, expires_at=NOW + timedelta(days=30), revoked_at=None))
    told = app.test_client().get(f"/api/v1/applications/{case_id}/events", headers={"Authorization": "Bearer t"})
    pages = [told.text, applicant.get(f"/cases/{case_id}").text, applicant.get(f"/cases/{case_id}/print").text]
    assert "objection" in told.text
    for page in pages:
        assert not re.search("和桂芬|和\\*芬|0879-9|并不困难", page) and board.ids["nurse"] not in page


def test_the_trace_tells_of_the_objection_and_of_the_end(board: Board, clock: Clock, officer: Callable[[str], Visitor]) -> None:
    case_id = board.posted()
    board.settle("basic", board.object(case_id), False, "经入户核实，异议不成立。")
    board.second(case_id)
    clock.at = board.now
    page = officer("auditor").get(f"/audit/cases/{case_id}").text
    assert "公示异议" in page and "群众" in page and "处理公示异议：不成立" in page
    assert "公示 2026-06-15 至 2026-06-23，异议 1 条，照片 0 张" in page
    assert "经入户核实，异议不成立。" in page
