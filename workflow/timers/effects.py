"""What a timer does when it fires: remind, escalate, or let the system take a step. The case is locked and the timer claimed.

A timer never decides. The checker refuses a definition in which one would, and the step is asked here once more before it is
taken: a definition may have come in by a way that no checker guards.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import notifications
from ..actors import SYSTEM
from ..calendar import working_calendar
from ..engine import act, posting, timing
from ..engine.dossier import Dossier, local_day
from ..engine.duties import addressed, holders
from ..engine.files import note
from ..errors import Refused, one
from ..language.definition import Definition, State
from ..language.definition import Timer as Rule
from ..people.absences import substitutes_of
from ..records import Task
from ..records.base import utc_text

_tasks = Task.__table__
_TURNS = (_tasks.c.status == "open", _tasks.c.kind.in_(("work", "ballot", "branch")))     # who is only asked or told holds nobody up
_DECIDED = ("approved", "rejected")
_BY_ITSELF = ("auto", "notice", "wait")


def rule_of(state: State | None, timer: Row[Any]) -> Rule:
    """Return the rule a timer was planned by. Raises `Refused` where the definition has no such timer."""
    if state is None or timer.place >= len(state.timers) or state.timers[timer.place].do != timer.kind:
        raise Refused(one("TIMER_UNKNOWN", "项目定义里已经没有这个定时", "The definition has no such timer any more"))
    rule: Rule = state.timers[timer.place]
    return rule


def held(session: Session, dossier: Dossier, timer: Row[Any], now: datetime) -> bool:
    """Hold the notice of this case where an objection to it is open, and return whether it is held."""
    if timer.kind != "fire" or dossier.definition.states[dossier.state].kind != "notice" or not posting.objected(session, dossier.id):
        return False
    posting.hold(session, dossier.id)
    note(session, dossier, "notice_held", SYSTEM, "system", now, {"timer": timer.timer_id, "due_at": utc_text(timer.timer_due_at)})
    return True


def carry_out(session: Session, dossier: Dossier, rule: Rule, timer: Row[Any], now: datetime) -> None:
    """Do what the timer says, and plan its next run. Raises whatever stands against it; then nothing of it happened."""
    extra: dict[str, object] = {"timer": timer.timer_id, "due_at": utc_text(timer.timer_due_at), "fired_at": utc_text(now)}
    if timer.run > 1:
        extra["run"] = timer.run
    if rule.do == "fire":
        _fire(session, dossier, rule, now, extra)
    elif rule.do == "escalate":
        _escalate(session, dossier, rule, now, extra)
    else:
        _remind(session, dossier, now, extra)
    if rule.every is not None and rule.do != "fire" and (rule.times is None or timer.run < rule.times):
        state = dossier.definition.states[timer.timer_state]
        timing.PLAN(session.connection(), timing.planned(
            state, timer.place, dossier.id, timer.timer_entry, following(rule, timer.timer_due_at, now), now, timer.run + 1))


def following(rule: Rule, due_at: datetime, now: datetime) -> datetime:
    """Return when a repeated timer is due next: counted from its last due time, or from now where that has passed as well.

    Days end at 24:00, which is the next day already, so they are counted from the moment before.
    """
    assert rule.every is not None
    days = timedelta() if rule.every.unit == "h" else timedelta(microseconds=1)
    calendar = working_calendar()
    due = calendar.due(due_at - days, rule.every)
    return due if due > now else calendar.due(now, rule.every)


def _remind(session: Session, dossier: Dossier, now: datetime, extra: dict[str, object]) -> None:
    tasks = session.connection().execute(select(_tasks.c.person_id, _tasks.c.role, _tasks.c.organisation_id).where(
        _tasks.c.case_id == dossier.id, *_TURNS).order_by(_tasks.c.id)).all()
    people: list[str] = []
    for task in tasks:
        those = [task.person_id] if task.person_id else list(holders(session, task.role, task.organisation_id, local_day(now)))
        # Who applies is reminded themself, whatever posts they also hold and whoever stands in for them there.
        people += those if task.role in ("applicant", "agent") else [*those, *substitutes_of(session, those, local_day(now))]
    _tell(session, dossier, "remind", people, now, extra)


def _escalate(session: Session, dossier: Dossier, rule: Rule, now: datetime, extra: dict[str, object]) -> None:
    role, place = addressed(session, dossier, rule.to or "", local_day(now))
    place_id = place.id if place else None
    session.connection().execute(update(_tasks).where(_tasks.c.case_id == dossier.id, *_TURNS).values(
        escalated_role=role, escalated_organisation_id=place_id))
    chiefs = holders(session, role, place_id, local_day(now))
    _tell(session, dossier, "escalate", [*chiefs, *substitutes_of(session, chiefs, local_day(now))], now, extra | {"to": role, "at": place_id})


def _tell(session: Session, dossier: Dossier, kind: str, people: Iterable[str], now: datetime, extra: dict[str, object]) -> None:
    note(session, dossier, kind, SYSTEM, "system", now, extra)
    notifications.tell(session, people, kind, now, stream=dossier.id, seq=dossier.row.last_seq + 1, case_id=dossier.id,
                       params={"number": dossier.row.number, "state": dossier.state})


def _fire(session: Session, dossier: Dossier, rule: Rule, now: datetime, extra: dict[str, object]) -> None:
    trigger = rule.trigger or ""
    if decides(dossier.definition, dossier.state, trigger):
        raise Refused(one("TIMER_DECIDES", "时间到了不能自动批准、否决或付款，请改由人办理",
                          "A timer never approves, refuses or pays; somebody has to do it"))
    act(session, dossier.id, trigger, SYSTEM, now, revision=dossier.row.revision, extra=extra)


def decides(definition: Definition, state: str, trigger: str) -> bool:
    """Return whether this step, with what the system does after it by itself, could approve, refuse or pay. Pure."""
    commit = definition.budget.commit if definition.budget is not None else ""
    waiting = [way for way in definition.ways(state) if way.trigger == trigger]
    seen = set(waiting)
    while waiting:
        way = waiting.pop()
        dest = definition.states[way.dest]
        if dest.outcome in _DECIDED or commit == f"{way.source}.{way.trigger}":
            return True
        following = {way for way in definition.ways(dest.name) if way.actor == "system"} if dest.kind in _BY_ITSELF else set()
        waiting += following - seen
        seen |= following
    return False
