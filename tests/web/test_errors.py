"""What people see when something is refused or breaks, and what is written then: nothing."""

from __future__ import annotations

import pytest
from flask import Blueprint
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from tests.web.county import NOW, both
from web import db
from web.access import access
from workflow.errors import Busy, Refused, Stale, one
from workflow.records import Organisation


@pytest.fixture
def room(app):
    """Views that write one organisation and then end in every way a view can end."""
    room = Blueprint("room", __name__)

    def write():
        db.session().add(Organisation(code="X", name="新单位", level="county", path="/99/"))
        db.session().flush()

    endings = {
        "kept": lambda: "ok", "refused": lambda: _raise(Refused(one("NO", "不行", "No"))), "broken": lambda: 1 / 0,
        "answered-422": lambda: ("again", 422), "kept-422": lambda: (db.keep(), ("again", 422))[1],
        "busy": lambda: _raise(Busy()), "stale": lambda: _raise(Stale(one("S", "此件已有变动", "Moved"), by="王莉", at=NOW)),
        "gone": lambda: _raise(OperationalError("select 1", {}, Exception("no server"), connection_invalidated=True)),
    }
    for name, ending in endings.items():
        def view(ending=ending):
            write()
            return ending()
        view.__name__ = name.replace("-", "_")
        room.add_url_rule(f"/room/{name}", view_func=access("public")(view), methods=["POST"], endpoint=name)
    app.register_blueprint(room)
    app.register_blueprint(room, url_prefix="/api", name="api_room")
    app.extensions["csrf"].exempt(room)
    return app


def _raise(error):
    raise error


def written(app):
    with app.app_context(), db.reading() as session:
        return session.scalar(select(func.count()).select_from(Organisation))


@both
@pytest.mark.parametrize("path, status, rows", [
    ("kept", 200, 1), ("refused", 422, 0), ("broken", 500, 0), ("answered-422", 422, 0), ("kept-422", 422, 1), ("busy", 503, 0),
    ("stale", 409, 0), ("gone", 503, 0)])
def test_only_a_good_answer_is_committed(room, visitor, path, status, rows):
    assert visitor().post(f"/room/{path}").status_code == status
    assert written(room) == rows


def test_a_fault_shows_a_number_that_the_log_has_and_no_trace(room, visitor, caplog):
    page = visitor().post("/room/broken").text
    assert "事件编号" in page and "ZeroDivisionError" not in page and "Traceback" not in page
    number = page.split('class="num incident">')[1].split("<")[0]
    assert number in caplog.text and "ZeroDivisionError" in caplog.text


def test_a_page_that_moved_on_says_who_was_faster(room, visitor):
    page = visitor().post("/room/stale").text
    assert "王莉 已于 2026-11-20 10:00 办理" in page and "查看最新" in page


def test_the_same_errors_are_problem_documents_under_api(app, visitor):
    answer = visitor().get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == 404 and answer.json["title"] == "Not Found" and answer.json["detail"]


@pytest.mark.parametrize("path, status, words", [("/nothing", 404, "没有找到"), ("/sign-out", 405, "不能这样打开")])
def test_pages_that_are_not_there_say_what_to_do(visitor, path, status, words):
    answer = visitor().get(path)
    assert answer.status_code == status and words in answer.text and 'href="/help"' in answer.text


def test_a_second_writer_inside_a_request_is_a_fault_and_no_deadlock(app):
    with app.test_request_context("/", method="POST"):
        db.session()
        with pytest.raises(RuntimeError):
            db.writing()


@both
def test_health_and_metrics_answer_without_names(visitor, county):
    assert visitor().get("/health").json["status"] == "ok"
    page = visitor().get("/metrics").text
    assert "bangfu_events_total" in page and "王莉" not in page


def test_health_says_when_the_database_is_away(app, visitor):
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker
    db.database(app).sessions = sessionmaker(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    assert visitor().get("/health").status_code == 503
