"""The door: every page says who may open it, and the URL map is walked as each kind of person."""

from __future__ import annotations

import pytest
from flask import Blueprint

from tests.web.county import addresses
from web.access import words_of


def test_every_view_says_who_may_open_it(app):
    assert [rule.rule for rule in app.url_map.iter_rules() if not getattr(app.view_functions[rule.endpoint], "access", None)] == []


def test_a_stranger_reaches_only_public_pages(app, visitor, county):
    browser = visitor()
    for path, declared in addresses(app, "GET"):
        if "public" in declared:
            continue
        answer = browser.get(path)
        if path.startswith("/api/"):
            assert answer.status_code == 401, path
        else:
            assert answer.status_code == 303 and answer.location.startswith("/sign-in?next="), path


def test_a_stranger_changes_nothing(app, visitor, county):
    browser = visitor()
    for path, declared in addresses(app, "POST"):
        if "public" not in declared:
            assert browser.post(path).status_code == 401, path


@pytest.mark.parametrize("username", ["13800138000", "zhaomin", "wangli", "chenli", "xianadmin"])
def test_nobody_opens_a_page_their_post_does_not_open(app, signed_in, username):
    browser = signed_in(username)
    words = {"13800138000": {"applicant"}, "zhaomin": {"grassroots", "staff", "decider"}, "wangli": {"county_handler", "staff", "decider"},
             "chenli": {"auditor", "staff"}, "xianadmin": {"admin", "staff"}}[username] | {"public", "signed_in", "applicant"}
    for path, declared in addresses(app, "GET"):
        if not declared & words and not path.startswith("/api/"):
            assert browser.get(path).status_code == 403, path


def test_an_auditor_posts_only_their_own_exports_and_their_own_account(app, signed_in):
    browser = signed_in("chenli")
    for path, declared in addresses(app, "POST"):
        if path.startswith(("/api/", "/settings", "/sign-")) or "auditor" in declared:
            continue
        assert browser.post(path).status_code == 403, path


def test_a_view_without_a_declaration_stays_closed(app, signed_in):
    room = Blueprint("forgotten", __name__)
    room.add_url_rule("/forgotten", view_func=lambda: "everything")
    app.register_blueprint(room)
    answer = signed_in("admin").get("/forgotten")
    assert answer.status_code == 403
    assert "everything" not in answer.text


def test_a_post_that_ended_yesterday_opens_nothing(app, signed_in, county, clock):
    from datetime import date

    from sqlalchemy import update

    from web import db
    from workflow.records import Appointment
    browser = signed_in("xianadmin")
    with app.app_context(), db.writing() as session:
        session.execute(update(Appointment).where(Appointment.person_id == county.people["xianadmin"]).values(ends_on=date(2026, 11, 19)))
    assert browser.get("/admin/accounts").status_code == 403


def test_roles_that_only_a_definition_names_may_decide_too():
    from workflow.actors import Actor, Post
    assert "decider" in words_of(Actor("p", "某某", (Post("hospital_office", 1, "/1/"),)))
    assert "decider" not in words_of(Actor("p", "某某", (Post("auditor", 1, "/1/"), Post("admin", 1, "/1/"))))
