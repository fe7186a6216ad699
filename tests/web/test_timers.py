"""The administrator's page of timers, and what `/health` says of them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from tests.timers.ward import WATCHED
from tests.web.county import Clock, Visitor
from tests.web.desk import NOW, Desks
from workflow import people, timers
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Event, Timer


@pytest.fixture
def desks(app, clock: Clock) -> Desks:
    clock.at = NOW
    found = Desks(app)
    found.publish(WATCHED, "watched.v1.yaml")
    return found


def waiting(desks: Desks, cost: str = "6000") -> str:
    """A case that waits two days for the clock."""
    case_id = desks.submitted("worker", "watched", {"cost": cost})
    desks.act("clerk", case_id, "approve")
    return case_id


def sweep(desks: Desks, clock: Clock, **later: float) -> timers.Swept:
    clock.move(**later)
    return timers.sweep(desks.sessions, clock.at)


def parked(desks: Desks, clock: Clock) -> str:
    case_id = waiting(desks, "9500")
    for hours in (48, 1, 1):
        sweep(desks, clock, hours=hours)
    with reading(desks.sessions) as session:
        return session.scalars(select(Timer.id).where(Timer.case_id == case_id, Timer.status == "parked")).one()


def entered(app, who: str) -> Visitor:
    visitor = Visitor(app.test_client())
    visitor.sign_in(who)
    return visitor


def test_the_page_says_what_is_next_and_that_nothing_has_run_yet(app, desks):
    admin = entered(app, "admin")
    assert "现在没有等着的定时任务" in admin.get("/admin/timers").text
    number = desks.row(waiting(desks)).number
    page = admin.get("/admin/timers").text
    assert number in page and "等待开户" in page and "到期自动：开户完成" in page and "2026-06-17 10:00" in page
    assert "定时任务还没有运行过" in page and "李文华" not in page and "6000" not in page


def test_an_administrator_sees_why_one_was_set_aside_and_lets_it_try_again(app, desks, clock):
    timer_id = parked(desks, clock)
    admin = entered(app, "admin")
    page = admin.get("/admin/timers").text
    assert "大额须由人放行" in page and f"/admin/timers/{timer_id}/retry" in page
    assert admin.post(f"/admin/timers/{timer_id}/retry").status_code == 303
    assert "大额须由人放行" not in admin.get("/admin/timers").text
    assert admin.post(f"/admin/timers/{timer_id}/retry").status_code == 409
    with reading(desks.sessions) as session:
        assert session.scalars(select(Event.actor_id).where(Event.kind == "timer_retried")).all() == [desks.ids["admin"]]


def test_only_administrators_of_the_case_see_and_touch_its_timers(app, desks, clock):
    timer_id = parked(desks, clock)
    with writing(desks.sessions) as session:
        people.appoint(session, desks.ids["far_worker"], "admin", desks.orgs["539922"], date(2020, 1, 1), None, actor=COMMAND, now=NOW)
    other = entered(app, "far_worker")
    assert timer_id not in other.get("/admin/timers").text and "现在没有等着的定时任务" in other.get("/admin/timers").text
    assert other.post(f"/admin/timers/{timer_id}/retry").status_code == 404
    assert entered(app, "clerk").post(f"/admin/timers/{timer_id}/retry").status_code == 403
    with reading(desks.sessions) as session:
        assert session.scalars(select(Timer.status).where(Timer.id == timer_id)).one() == "parked"


def test_a_clock_that_jumped_is_shown_and_confirmed(app, desks, clock):
    case_id = waiting(desks)
    sweep(desks, clock, seconds=5)
    timers.sweep(desks.sessions, clock.at + timedelta(days=30), ahead=timedelta(days=30))
    clock.move(seconds=5)
    admin = entered(app, "admin")
    page = admin.get("/admin/timers").text
    assert "时钟异常，定时任务已暂停" in page and "2026-07-15" in page
    assert admin.get("/health").json["timers"]["status"] == "paused" and admin.get("/health").json["status"] == "degraded"
    assert admin.post("/admin/timers/confirm").status_code == 303
    assert "时钟异常" not in admin.get("/admin/timers").text and admin.post("/admin/timers/confirm").status_code == 409
    assert desks.row(case_id).state == "cooling" and not sweep(desks, clock, seconds=5).paused


def test_five_minutes_without_a_sweep_are_said_to_machines_and_to_people(app, desks, clock):
    waiting(desks)
    sweep(desks, clock, seconds=5)
    admin = entered(app, "admin")
    health = admin.get("/health").json
    assert health["status"] == "ok" and health["timers"] == {
        "status": "ok", "last_sweep_seconds": 0, "oldest_due_seconds": 0, "parked": 0}
    clock.move(minutes=6)
    health = admin.get("/health")
    assert health.status_code == 200 and (health.json["status"], health.json["timers"]["last_sweep_seconds"]) == ("degraded", 360)
    assert "定时任务停了" in admin.get("/admin/timers").text
    sweep(desks, clock, seconds=1)
    assert admin.get("/health").json["status"] == "ok" and "定时任务停了" not in admin.get("/admin/timers").text


def test_a_timer_overdue_where_nothing_ever_ran_is_degraded(app, desks, clock):
    case_id = waiting(desks)
    with writing(desks.sessions) as session:
        session.execute(update(Timer).where(Timer.case_id == case_id, Timer.status == "due").values(at=NOW - timedelta(minutes=10)))
    health = entered(app, "admin").get("/health").json
    assert health["status"] == "degraded" and health["timers"]["oldest_due_seconds"] == 600
    assert "bangfu_timers_oldest_due_seconds 600" in entered(app, "admin").get("/metrics").text
