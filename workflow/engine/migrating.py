"""Running cases moved to a later version of their programme: a dry run, one event a case, and undo until somebody acts.

A case is pinned to the version it began with. Where the later version says `versioning.running: migrate`, the
administrator may move it: state by the version's own `migrate_from`, task addressed anew, clocks planned anew. What was
filled in, the amount, the figures of the day of submission and every promised date stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from .. import history, notifications, programmes
from ..actors import SYSTEM, Actor
from ..calendar import working_calendar
from ..errors import Impossible, Message, Refused, one
from ..language.definition import Definition, State
from ..records import Case, CaseKey, Draft, Event, Organisation, Task, Timer
from . import forms, tasks, timing, uniqueness
from .dossier import NO_DUE, Dossier, local_day, open_dossier
from .duties import holders
from .facts import facts_of
from .fitting import Fit, fit, moved_return, pinned
from .judge import flagged

MOVED, UNDONE = "migrate", "migrate_undo"
# What somebody who only looked leaves behind: it does not stand in the way of undoing.
READING = ("reveal", "view_file", "print", "export", "verify")

_cases, _drafts, _events, _tasks, _timers, _units, _keys = (
    m.__table__ for m in (Case, Draft, Event, Task, Timer, Organisation, CaseKey))
_LIVE = ("due", "held", "parked")


@dataclass(frozen=True, slots=True)
class Planned:
    """One running case in the dry run: where it would go, what keeps it, what would differ though it is not touched."""

    case_id: str
    number: str | None
    unit: str
    entered_at: datetime
    from_state: str
    to_state: str
    problems: tuple[Message, ...]
    told: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """What moving or undoing brought about."""

    case_id: str
    number: str | None
    from_version: int
    to_version: int
    from_state: str
    to_state: str
    seq: int


def versions(session: Session, key: str, from_version: int, to_version: int) -> tuple[Definition, Definition]:
    """Return both versions. Raises `NotFound`, or `Refused` where the later one keeps running cases where they are."""
    before, after = programmes.definition(session, key, from_version), programmes.definition(session, key, to_version)
    if to_version <= from_version:
        raise Refused(one("NOT_LATER", "只能迁移到更新的版本", "Cases can only be moved to a later version"))
    if after.running != "migrate":
        raise Refused(one("PINNED", f"第 {to_version} 版写明在办件按原版本办完（versioning.running: pin），不能迁移；要迁移请另发布一个 running: migrate 的版本",
                          f"Version {to_version} says that running cases end under the version they began with (versioning.running: pin); "
                          "publish a version with running: migrate to move them"))
    return before, after


def plan(session: Session, key: str, from_version: int, to_version: int, now: datetime) -> list[Planned]:
    """Return what would become of every running case of the earlier version, in the order they began. Writes nothing."""
    before, after = versions(session, key, from_version, to_version)
    rows = session.connection().execute(
        select(_cases.c.id, _cases.c.number, _cases.c.entered_at, _cases.c.state, _units.c.name)
        .join(_units, _units.c.id == _cases.c.unit_id)
        .where(_cases.c.definition_digest == before.digest, _cases.c.outcome.is_(None)).order_by(_cases.c.id)).all()
    found = []
    for row in rows:
        it = fit(session, open_dossier(session, row.id, SYSTEM), after, after.migrate_from.get(before.version, {}), now)
        found.append(Planned(row.id, row.number, row.name, row.entered_at, row.state, it.state, it.problems, it.told))
    return found


def moved(session: Session, key: str, from_version: int, to_version: int) -> list[str]:
    """Return the running cases whose latest change of version was this move, in the order they began."""
    before, after = programmes.definition(session, key, from_version), programmes.definition(session, key, to_version)
    found = []
    for row in session.connection().execute(select(_cases.c.id).where(
            _cases.c.definition_digest == after.digest, _cases.c.outcome.is_(None)).order_by(_cases.c.id)):
        event = _last_move(session, row.id)
        if event is not None and event.kind == MOVED and _said(event)["from_digest"] == before.digest:
            found.append(row.id)
    return found


def migrate_one(session: Session, case_id: str, to_version: int, actor: Actor, now: datetime) -> Moved:
    """Move one case and say so in its history. Raises `NotFound`, or `Refused` with every problem; then nothing is written."""
    dossier = open_dossier(session, case_id, actor, lock=True)
    row, before = dossier.row, dossier.definition
    _, after = versions(session, before.key, before.version, to_version)
    if row.outcome is not None:
        raise Refused(one("ENDED", "此件已经办结，不再迁移", "This case has ended and is not moved"))
    names = after.migrate_from.get(before.version, {})
    it = fit(session, dossier, after, names, now)
    if it.problems or it.dossier is None:
        raise Refused(it.problems)
    state, seq = after.states[it.state], row.last_seq + 1
    facts = facts_of(session, it.dossier, now)
    task = _task(session, dossier, it, state, seq, now, facts)
    clocks = _clocks(session, dossier, state, seq, now)
    form, sealed = forms.stored(session, "cases", case_id, after, it.dossier.form)
    figures = pinned(session, dossier, after, now)
    extra: dict[str, Any] = {
        "from_version": before.version, "to_version": after.version, "from_digest": before.digest, "to_digest": after.digest,
        "entry": row.entry, "tasks": [row.task_id, task["id"]], "timers": _live(session, case_id), "returned": row.returned,
        "dated": row.due_at is None and task["due_at"] != NO_DUE,
        "pinned": sorted(name for name in figures.get("param", {}) if name not in row.figures.get("param", {}))}
    _write(session, dossier, MOVED, after, state.name, actor, now, extra, {
        "entry": seq, "returned": moved_return(row.returned, names), "figures": figures, "form": form, "sealed": sealed,
        "due_at": task["due_at"] if extra["dated"] else row.due_at})
    connection = session.connection()
    if row.task_id is not None:
        connection.execute(update(_tasks).where(_tasks.c.id == row.task_id).values(status="cancelled", closed_at=now, closed_by=actor.person_id))
    tasks.OPEN(connection, task)
    timing.CANCEL(connection, {"in_case": case_id})
    for clock in clocks:
        timing.PLAN(connection, clock)
    if row.submitted_at is not None and after.unique and _held(session, case_id):
        uniqueness.settle(session, it.dossier, state, facts, first=False)
    _tell(session, dossier, task, "migrated", seq, now, after, state)
    return Moved(case_id, row.number, before.version, after.version, row.state, state.name, seq)


def undo_one(session: Session, case_id: str, actor: Actor, now: datetime) -> Moved:
    """Put a moved case back where it was, as long as nobody has acted on it. Raises `Refused` where somebody has."""
    dossier = open_dossier(session, case_id, actor, lock=True)
    row, after = dossier.row, dossier.definition
    event = _last_move(session, case_id)
    if event is None or event.kind != MOVED:
        raise Refused(one("NOT_MOVED", "此件没有迁移过，或已经撤回", "This case was not moved, or is back already"))
    later = session.connection().execute(select(_events.c.kind).where(
        _events.c.stream == case_id, _events.c.seq > event.seq, _events.c.kind.not_in(READING)).limit(1)).first()
    if later is not None:
        raise Refused(one("ACTED", "迁移后已经有人办理，不能再撤回", "Somebody has acted on the case since; it cannot be put back"))
    said = _said(event)
    before = programmes.by_digest(session, said["from_digest"])
    form, sealed = forms.stored(session, "cases", case_id, before, {name: dossier.form.get(name) for name in before.form})
    figures = dict(row.figures)
    if said["pinned"]:
        figures["param"] = {name: value for name, value in figures["param"].items() if name not in said["pinned"]}
        if "origin" in figures:
            origin = figures["origin"]
            figures["origin"] = origin | {"param": {name: told for name, told in origin["param"].items() if name not in said["pinned"]}}
    old_task, new_task = said["tasks"]
    task = session.connection().execute(select(_tasks).where(_tasks.c.id == old_task)).one()
    seq = _write(session, dossier, UNDONE, before, event.from_state, actor, now, {
        "from_version": after.version, "to_version": before.version, "from_digest": after.digest, "to_digest": before.digest,
        "undoes": event.seq}, {"entry": said["entry"], "returned": said["returned"], "figures": figures, "form": form, "sealed": sealed,
                               "due_at": None if said["dated"] else row.due_at})
    connection = session.connection()
    connection.execute(update(_tasks).where(_tasks.c.id == new_task).values(status="cancelled", closed_at=now, closed_by=actor.person_id))
    connection.execute(update(_tasks).where(_tasks.c.id == old_task).values(status="open", closed_at=None, closed_by=None))
    timing.CANCEL(connection, {"in_case": case_id})
    for timer_id, status in said["timers"]:
        connection.execute(update(_timers).where(_timers.c.id == timer_id).values(status=status))
    if row.submitted_at is not None and before.unique and _held(session, case_id):
        back = open_dossier(session, case_id, actor)
        uniqueness.settle(session, back, before.states[event.from_state], facts_of(session, back, now), first=False)
    _tell(session, dossier, dict(task._mapping), "migrated_back", seq, now, before, before.states[event.from_state])
    return Moved(case_id, row.number, after.version, before.version, row.state, event.from_state, seq)


def _write(session: Session, dossier: Dossier, kind: str, into: Definition, state: str, actor: Actor, now: datetime,
           extra: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Append the event and set the case row; what others are typing goes along. Returns the seq."""
    row, connection = dossier.row, session.connection()
    appended = history.append(
        session, stream=row.id, seq=row.last_seq + 1, prev=row.last_hash, kind=kind, at=now, actor=actor,
        role="admin" if actor.person_id else "system", from_state=row.state, to_state=state, amount_fen=row.amount_fen,
        revision=row.revision + 1, definition_digest=into.digest, extra=extra)
    changed = connection.execute(update(_cases).where(_cases.c.id == row.id, _cases.c.revision == row.revision).values(
        **values, definition_version=into.version, definition_digest=into.digest, state=state, revision=row.revision + 1,
        updated_at=now, last_seq=appended.seq, last_hash=appended.hash))
    if changed.rowcount != 1:
        raise Impossible(one("OVERTAKEN", "此件刚刚有人办理，没有迁移，请重新试行", "Somebody has just acted on this case; nothing was moved"))
    connection.execute(update(_drafts).where(_drafts.c.case_id == row.id, _drafts.c.revision == row.revision).values(
        revision=row.revision + 1))
    connection.execute(delete(_drafts).where(_drafts.c.case_id == row.id, _drafts.c.revision <= row.revision))
    return appended.seq


def _task(session: Session, dossier: Dossier, it: Fit, state: State, seq: int, now: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task as the other version addresses it. Whoever holds it keeps it, and the promised day stays."""
    assert it.dossier is not None
    row, target = dossier.row, it.dossier.definition
    old = session.connection().execute(select(_tasks).where(_tasks.c.id == row.task_id)).one_or_none()
    place = it.place.id if it.place else None
    due = row.due_at or (working_calendar().due(now, state.due) if state.due else None)
    flags = {c.name: None for way in target.ways(state.name) for c in flagged(target, state, way, facts)}
    made = tasks.row(row.id, seq, state.name, target.key, now, role=it.role, organisation_id=place, due_at=due, flags=list(flags),
                     person_id=row.filed_by if it.role == "applicant" else None)
    if old is not None:
        made |= {"opened_at": old.opened_at, "resubmitted": old.resubmitted}
        if (old.role, old.organisation_id) == (it.role, place):
            kept = ("person_id", "owner_id", "asked_by", "claimed_at", "touched_at", "escalated_role", "escalated_organisation_id")
            made |= {name: getattr(old, name) for name in kept}
            made["due_at"] = old.due_at if row.due_at is not None else made["due_at"]
    return made


def _clocks(session: Session, dossier: Dossier, state: State, seq: int, now: datetime) -> list[dict[str, Any]]:
    """Return the timers of the new stay. One that the new version leaves as it was keeps its moment; the rest begin now."""
    old = dossier.definition.states[dossier.state].timers
    running = {row.place: row for row in session.connection().execute(select(_timers).where(
        _timers.c.case_id == dossier.id, _timers.c.entry == dossier.row.entry, _timers.c.status.in_(_LIVE)))}
    made = []
    for place, timer in enumerate(state.timers):
        if place < len(old) and old[place] == timer:
            if place in running:
                was = running[place]
                made.append(timing.planned(state, place, dossier.id, seq, was.due_at, now, was.run) | {"at": was.at})
            continue
        made.append(timing.planned(state, place, dossier.id, seq, working_calendar().due(now, timer.after), now))
    return made


def _live(session: Session, case_id: str) -> list[list[str]]:
    return [[row.id, row.status] for row in session.connection().execute(
        select(_timers.c.id, _timers.c.status).where(_timers.c.case_id == case_id, _timers.c.status.in_(_LIVE)).order_by(_timers.c.id))]


def _held(session: Session, case_id: str) -> bool:
    return session.connection().execute(select(_keys.c.case_id).where(_keys.c.case_id == case_id).limit(1)).first() is not None


def _last_move(session: Session, case_id: str) -> Any:
    return session.connection().execute(_LAST_MOVE, {"case_id": case_id}).one_or_none()


_LAST_MOVE = select(_events).where(_events.c.stream == bindparam("case_id"), _events.c.kind.in_((MOVED, UNDONE))).order_by(
    _events.c.seq.desc()).limit(1)


def _said(event: Any) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(event.body)
    return dict(body["extra"])


def _tell(session: Session, dossier: Dossier, task: Mapping[str, Any], kind: str, seq: int, now: datetime, into: Definition,
          state: State) -> None:
    """Tell the applicant, whoever filed it, and everybody whose turn it is."""
    row = dossier.row
    people: Sequence[str] = (row.applicant_id, row.filed_by)
    turn: Iterable[str] = (task["person_id"],) if task["person_id"] else holders(session, task["role"], task["organisation_id"], local_day(now))
    notifications.tell(session, (*people, *turn), kind, now, stream=row.id, seq=seq, case_id=row.id,
                       params={"number": row.number or "", "version": into.version, "state": state.name})


__all__ = ["MOVED", "READING", "UNDONE", "Moved", "Planned", "migrate_one", "moved", "plan", "undo_one", "versions"]
