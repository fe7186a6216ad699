"""Signing in: the session is new, ends by itself, ends everywhere, and guessing gets slower."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.web.county import PASSWORD, both
from web import db
from web.signins import hash_of
from workflow.records import Account, SignIn, Throttle


def count(app, table):
    with app.app_context(), db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def key_in(browser):
    with browser.client.session_transaction() as cookie:
        return cookie.get("_user_id")


@both
def test_each_person_arrives_where_they_work(signed_in):
    for username, path in [("wangli", "/tasks"), ("chenli", "/audit"), ("admin", "/admin/accounts"), ("13800138000", "/programmes")]:
        assert signed_in(username).get("/").location == path


def test_the_row_holds_only_the_digest_of_the_key(app, signed_in):
    browser = signed_in("wangli")
    key = key_in(browser)
    with app.app_context(), db.reading() as session:
        row = session.scalars(select(SignIn)).one()
    assert row.key_hash == hash_of(key)
    assert len(key) >= 43


def test_signing_in_gives_a_new_session_and_a_new_form_token(app, visitor, county):
    browser = visitor()
    before = browser.token()
    with browser.client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    browser.sign_in("wangli")
    first = key_in(browser)
    with browser.client.session_transaction() as cookie:
        assert "planted" not in cookie
    assert browser.client.post("/sign-out", data={"csrf_token": before}).status_code == 400
    browser.sign_in("wangli")
    assert key_in(browser) != first
    assert count(app, SignIn) == 1


def test_an_old_cookie_opens_nothing_after_signing_out(signed_in):
    browser = signed_in("wangli")
    stolen = browser.client.get_cookie("bangfu").value
    answer = browser.post("/sign-out")
    assert answer.headers["Clear-Site-Data"]
    browser.client.set_cookie("bangfu", stolen)
    assert browser.get("/settings").status_code == 303


def test_an_idle_session_ends_and_a_used_one_does_not(signed_in, clock):
    browser = signed_in("wangli")
    clock.move(minutes=29)
    assert browser.get("/settings").status_code == 200
    clock.move(minutes=29)
    assert browser.get("/settings").status_code == 200
    clock.move(minutes=31)
    assert browser.get("/settings").status_code == 303


def test_no_session_is_older_than_twelve_hours(signed_in, clock):
    browser = signed_in("wangli")
    for _hour in range(35):
        clock.move(minutes=20)
        assert browser.get("/settings").status_code == 200
    clock.move(minutes=21)
    assert browser.get("/settings").status_code == 303


@both
def test_a_changed_password_ends_every_other_session_and_keeps_this_one(app, signed_in, visitor):
    here, elsewhere = signed_in("wangli"), signed_in("wangli")
    answer = here.post("/settings/password", {"old": PASSWORD, "new": "另一句更长的话-2027", "again": "另一句更长的话-2027"})
    assert answer.status_code == 303
    assert elsewhere.get("/settings").status_code == 303
    assert here.get("/settings").status_code == 200
    assert visitor().sign_in("wangli").status_code == 422
    assert visitor().sign_in("wangli", "另一句更长的话-2027").status_code == 303


@pytest.mark.parametrize("old, new, again", [("wrong-wrong-wrong", "另一句更长的话-2027", "另一句更长的话-2027"),
                                             (PASSWORD, "另一句更长的话-2027", "不一样不一样不一样1"),
                                             (PASSWORD, "short", "short"), (PASSWORD, PASSWORD, PASSWORD)])
def test_a_bad_new_password_changes_nothing(app, signed_in, visitor, old, new, again):
    browser = signed_in("wangli")
    answer = browser.post("/settings/password", {"old": old, "new": new, "again": again})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert visitor().sign_in("wangli").status_code == 303


def test_a_one_time_password_opens_only_its_own_replacement(app, signed_in, county):
    browser = signed_in("wangli")
    with app.app_context(), db.writing() as session:
        session.get(Account, county.accounts["wangli"]).must_change = True
    assert browser.get("/admin/accounts").status_code == 403
    assert browser.get("/cases").status_code in (303, 404)
    assert browser.get("/settings/password").status_code == 200


@both
def test_guessing_gets_slower_and_the_right_password_waits_too(app, visitor, county, clock):
    browser = visitor()
    for _guess in range(5):
        assert browser.sign_in("wangli", "guess-guess-guess").status_code == 422
    answer = browser.sign_in("wangli")
    assert answer.status_code == 429
    assert "分钟后再试" in answer.text
    assert count(app, Throttle) > 0
    clock.move(minutes=16)
    assert browser.sign_in("wangli").status_code == 303


def test_an_unknown_account_and_a_wrong_password_look_the_same(visitor, county):
    def visible(answer):
        return answer.status_code, answer.text.split("<h1>")[1].split("<form")[0]
    assert visible(visitor().sign_in("nobody", "x" * 12)) == visible(visitor().sign_in("wangli", "x" * 12))


def test_a_disabled_account_is_out_at_once(app, signed_in, visitor, county):
    browser = signed_in("wangli")
    with app.app_context(), db.writing() as session:
        session.get(Account, county.accounts["wangli"]).status = "disabled"
    assert browser.get("/settings").status_code == 303
    assert visitor().sign_in("wangli").status_code == 422


@pytest.mark.parametrize("way", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\tevil", "evil"])
def test_next_never_leads_to_another_site(visitor, county, way):
    assert visitor().sign_in("wangli", next=way).location == "/"


def test_next_leads_back_to_the_page_that_asked(visitor, county):
    browser = visitor()
    assert browser.get("/settings/password").location == "/sign-in?next=/settings/password"
    assert browser.sign_in("wangli", next="/settings/password").location == "/settings/password"


def test_a_person_ends_their_other_sessions_and_nobody_elses(app, signed_in):
    here, elsewhere, other = signed_in("wangli"), signed_in("wangli"), signed_in("zhaomin")
    assert here.post("/settings/sessions/end", {"session": hash_of(key_in(other)).hex()}).status_code == 404
    assert here.post("/settings/sessions/end", {"session": "not hex"}).status_code == 404
    here.post("/settings/sessions/end", {"session": "others"})
    assert (elsewhere.get("/settings").status_code, here.get("/settings").status_code, other.get("/settings").status_code) == (303, 200, 200)


def test_settings_are_kept_in_the_account_and_follow_the_person(signed_in, visitor):
    browser = signed_in("wangli")
    browser.post("/settings", {"lang": "en", "size": "large", "phrases": "情况属实，同意。\n\n 请补充结算单。 "})
    page = browser.get("/settings").text
    assert '<html lang="en" data-size="large">' in page
    assert "情况属实，同意。\n请补充结算单。</textarea>" in page
    assert "data-shortcuts" not in page
    elsewhere = visitor()
    elsewhere.sign_in("wangli")
    assert '<html lang="en" data-size="large">' in elsewhere.get("/help").text
