"""The front door, help, and what machines ask: is it alive, how is it doing."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from workflow import timers
from workflow.errors import BangfuError
from workflow.records import Case, Event, Outbox, Seal, Task

from . import navigation
from .access import PUBLIC, access
from .db import now, reading

blueprint = Blueprint("home", __name__)
LATE = 300                           # seconds without a sweep, or after a timer was due


@blueprint.get("/")
@access(PUBLIC)
def index() -> ResponseReturnValue:
    return redirect(navigation.section(), 303)


@blueprint.get("/help")
@access(PUBLIC)
def help() -> ResponseReturnValue:
    return render_template("home/help.html")


@blueprint.get("/health")
@access(PUBLIC)
def health() -> ResponseReturnValue:
    """200 while the database answers, 503 otherwise; `degraded` where deadlines are not kept. Says nothing about people or cases."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
            sealed = session.scalar(select(func.max(Seal.sealed_at)))
            watch = timers.health(session, now())
    except (SQLAlchemyError, BangfuError):
        return jsonify(status="down", database="down"), 503
    late = watch.stands_still or max(watch.last_sweep or 0, watch.oldest_due) > LATE
    return jsonify(
        status="degraded" if late else "ok", database="ok", last_seal=sealed.isoformat() if sealed else None,
        timers={"status": "paused" if watch.stands_still else "late" if late else "ok",
                "last_sweep_seconds": None if watch.last_sweep is None else round(watch.last_sweep),
                "oldest_due_seconds": round(watch.oldest_due), "parked": watch.parked})


@blueprint.get("/metrics")
@access(PUBLIC)
def metrics() -> ResponseReturnValue:
    """Prometheus text, counted in the database: right however many workers there are."""
    with reading() as session:
        waiting = session.execute(select(Task.role, func.count()).where(Task.status == "open").group_by(Task.role)).all()
        overdue = session.scalar(select(func.count()).where(Task.status == "open", Task.due_at < now()))
        oldest = session.scalar(select(func.min(Task.opened_at)).where(Task.status == "open"))
        cases = session.execute(select(func.coalesce(Case.outcome, "running"), func.count()).group_by(Case.outcome)).all()
        events = session.scalar(select(func.max(Event.id))) or 0
        watch = timers.health(session, now())
        outbox = dict(session.execute(select(Outbox.status, func.count()).where(Outbox.status.in_(("due", "dead"))).group_by(Outbox.status)).all())
    lines = ["# TYPE bangfu_tasks_open gauge"]
    lines += [f'bangfu_tasks_open{{role="{role}"}} {count}' for role, count in waiting]
    lines += ["# TYPE bangfu_tasks_overdue gauge", f"bangfu_tasks_overdue {overdue or 0}",
              "# TYPE bangfu_task_oldest_wait_seconds gauge",
              f"bangfu_task_oldest_wait_seconds {max(0.0, (now() - oldest).total_seconds()) if oldest else 0:.0f}",
              "# TYPE bangfu_cases gauge"]
    lines += [f'bangfu_cases{{outcome="{outcome}"}} {count}' for outcome, count in cases]
    lines += ["# TYPE bangfu_timers_oldest_due_seconds gauge", f"bangfu_timers_oldest_due_seconds {watch.oldest_due:.0f}",
              "# TYPE bangfu_timers_parked gauge", f"bangfu_timers_parked {watch.parked}"]
    lines += ["# TYPE bangfu_outbox gauge", *(f'bangfu_outbox{{status="{status}"}} {outbox.get(status, 0)}' for status in ("due", "dead"))]
    if watch.last_sweep is not None:
        lines += ["# TYPE bangfu_timers_last_sweep_seconds gauge", f"bangfu_timers_last_sweep_seconds {watch.last_sweep:.0f}"]
    lines += ["# TYPE bangfu_events_total counter", f"bangfu_events_total {events}"]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
