"""Signing in for a token, and what a token opens."""

from sqlalchemy import select

from tests.api.conftest import PASSWORD, Caller
from tests.world import NOW
from web import db
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Account, ApiToken


def test_a_password_gives_a_token_that_works_and_is_kept_only_as_its_digest(app, caller):
    answer = caller().post("/tokens", {"username": "worker", "password": PASSWORD})

    assert answer.status_code == 201 and answer.json["expires_at"] == "2026-06-15T14:00:00Z"
    assert Caller(app, answer.json["token"]).get("/programmes").status_code == 200
    with reading(db.database(app).sessions) as session:
        stored = session.scalars(select(ApiToken.token_hash)).all()
    assert answer.json["token"].encode() not in stored and all(len(digest) == 32 for digest in stored)


def test_a_wrong_name_and_a_wrong_password_look_the_same(caller):
    unknown = caller().post("/tokens", {"username": "nobody", "password": PASSWORD})
    wrong = caller().post("/tokens", {"username": "worker", "password": "anything else"})

    assert unknown.status_code == wrong.status_code == 401 and unknown.json == wrong.json


def test_guessing_is_slowed_as_on_the_page(caller):
    answers = [caller().post("/tokens", {"username": "worker", "password": "wrong"}).status_code for _ in range(7)]

    assert answers[0] == 401 and answers[-1] == 429
    assert caller().post("/tokens", {"username": "worker", "password": PASSWORD}).status_code == 429


def test_no_token_an_unknown_one_and_a_cookie_are_401(app, caller):
    assert caller().get("/tasks").status_code == 401
    assert caller().get("/tasks").headers["WWW-Authenticate"] == "Bearer"
    assert Caller(app, "made-up").get("/tasks").status_code == 401
    client = app.test_client()
    client.set_cookie("bangfu", "anything")
    assert client.get("/api/v1/tasks").status_code == 401


def test_a_token_ends_with_its_time_its_account_and_its_password(app, caller, world):
    token = caller().post("/tokens", {"username": "worker", "password": PASSWORD}).json["token"]
    with writing(world.sessions) as session:
        account = session.scalars(select(Account).where(Account.username == "worker")).one()
        people.set_password(session, account.id, account.password_hash, COMMAND, NOW, must_change=True)

    assert Caller(app, token).get("/programmes").status_code == 401
    once = caller().post("/tokens", {"username": "worker", "password": PASSWORD})
    assert once.status_code == 403 and once.json["errors"][0]["code"] == "CHANGE_PASSWORD" if "errors" in once.json else once.status_code == 403


def test_an_auditor_reads_and_cannot_act(caller):
    case = caller("worker").submitted()

    assert caller("auditor").get(f"/applications/{case}").status_code == 200
    assert caller("auditor").act(case, "approve").status_code == 403
    assert caller("auditor").get("/audit/seals").json == []
    assert caller("clerk").get("/audit/seals").status_code == 403
