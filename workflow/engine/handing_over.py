"""移交: everything open that is one person's alone goes to a colleague at once, and a receipt says what went and what did not.

Moved is what was claimed by, transferred or delegated to them, their ballots and branches, what they are asked, what they
have delegated, and what they filed for others or for their union. Each item passes the checks of whoever receives work; what cannot be moved
stays where it is, with the reason. One event a case; the receipt is an event of the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from .. import history, notifications
from ..actors import Actor
from ..errors import KeyReused, NotFound, NotYours, Refused, one
from ..organisations import actor_role
from ..people.appointments import administers
from ..programmes import by_digest
from ..records import Account, Appointment, Case, Draft, Event, Organisation, Person, Task
from ..records.base import utc_text
from .dossier import NO_DUE, Dossier, local_day, open_dossier
from .files import note
from .receiving import Candidate, officers, unfit
from .start import AGENTS, FILERS

_tasks, _drafts, _cases, _events = Task.__table__, Draft.__table__, Case.__table__, Event.__table__
_APPLYING = ("applicant", "agent")


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that is somebody's alone. `kind`: work, ballot, branch, consult; owned (delegated by them); filed (代办)."""

    case_id: str
    number: str | None
    definition_digest: str
    state: str
    kind: str
    task_id: str | None
    due_at: datetime | None
    why: str = ""                    # the code of what kept it from being moved


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was handed over, by whom and when, as it stood then. `seq` is that of the event on the person's stream."""

    person_id: str
    to_id: str
    by_id: str | None
    at: datetime
    seq: int
    moved: tuple[Work, ...]
    kept: tuple[Work, ...]
    reason: str
    hash: bytes


def open_work(session: Session, person_id: str) -> list[Work]:
    """Return what is open and this person's alone, first due first, then what they filed for others."""
    rows = session.execute(
        select(_tasks.c.id, _tasks.c.kind, _tasks.c.owner_id, _tasks.c.due_at, _cases.c.id.label("case_id"), _cases.c.number,
               _cases.c.definition_digest, _cases.c.state)
        .join(_cases, _cases.c.id == _tasks.c.case_id)
        .where(_tasks.c.status.in_(("open", "waiting")), _tasks.c.kind != "cc", _tasks.c.role.not_in(_APPLYING),
               or_(_tasks.c.person_id == person_id, _tasks.c.owner_id == person_id))
        .order_by(_tasks.c.due_at, _tasks.c.id)).all()
    filed = session.execute(
        select(_cases.c.id.label("case_id"), _cases.c.number, _cases.c.definition_digest, _cases.c.state, _cases.c.due_at)
        .where(_cases.c.filed_by == person_id, _cases.c.ended_at.is_(None), or_(_cases.c.applicant_id != person_id, _of_unions(session)))
        .order_by(_cases.c.created_at, _cases.c.id)).all()
    return [Work(row.case_id, row.number, row.definition_digest, row.state, "owned" if row.owner_id == person_id else row.kind, row.id,
                 row.due_at if row.due_at < NO_DUE else None) for row in rows] + [
        Work(row.case_id, row.number, row.definition_digest, row.state, "filed", None, row.due_at) for row in filed]


def _of_unions(session: Session) -> ColumnElement[bool]:
    """Cases in which a union applies: whoever filed them did so for the union, and a colleague there goes on with them."""
    digests = session.execute(select(_cases.c.definition_digest).distinct().where(_cases.c.ended_at.is_(None))).scalars()
    return _cases.c.definition_digest.in_([digest for digest in digests if by_digest(session, digest).apply_who == "organisation"])


def hand_over(session: Session, person_id: str, to_id: str, actor: Actor, now: datetime, *, reason: str = "",
              idem_key: str | None = None) -> Receipt:
    """Move what can be moved from one person to the other and return the receipt.

    By the leaving person themself or an administrator of theirs. Raises `NotYours`, `NotFound`, `KeyReused`, or `Refused`
    where there is nothing, or nothing that this colleague can take.
    """
    if actor.person_id not in (None, person_id) and not administers(session, actor, person_id):
        raise NotYours(one("HAND_OVER_OWN", "只能移交自己手上的工作，或由系统管理员移交", "You hand over your own work, or an administrator does"))
    if idem_key and (known := session.execute(select(_events.c.stream, _events.c.seq).where(_events.c.idem_key == idem_key)).one_or_none()):
        if known.stream != f"person:{person_id}":
            raise KeyReused
        return receipt(session, person_id, known.seq)
    taker = session.execute(select(Person.id, Person.name).join(Account, Account.person_id == Person.id).where(
        Person.id == to_id, Account.status == "active")).one_or_none()
    if taker is None or to_id == person_id:
        raise Refused(one("HAND_OVER_TO", "请选择一位有账号的同事接收", "Choose a colleague with an account to take it", "to"))
    work = open_work(session, person_id)
    if not work:
        raise Refused(one("NOTHING_TO_HAND_OVER", "没有需要移交的工作", "There is nothing to hand over"))
    moved: list[Work] = []
    kept: list[Work] = []
    for case_id in sorted({item.case_id for item in work}):
        dossier = open_dossier(session, case_id, actor, lock=True)
        # Read again: what stood open a moment ago may be done by the time its case is locked.
        items = [item for item in open_work(session, person_id) if item.case_id == case_id]
        judged = [(item, _against(session, dossier, item, to_id, now)) for item in items]
        moved += (going := [item for item, why in judged if not why])
        kept += [Work(item.case_id, item.number, item.definition_digest, item.state, item.kind, item.task_id, item.due_at, why)
                 for item, why in judged if why]
        if going:
            _move(session, dossier, going, person_id, to_id, actor, now)
    if not moved:
        codes = dict.fromkeys(item.why for item in kept)
        raise Refused([one("NOTHING_MOVED", f"{taker.name}不能接收：{WHY[code][0]}", f"{taker.name} cannot take it: {WHY[code][1]}", "to")[0] for code in codes])
    appended = history.append_to(
        session, f"person:{person_id}", kind="hand_over", at=now, actor=actor, role=actor_role(actor), comment=reason.strip()[:500],
        idem_key=idem_key, extra={"to": to_id, "moved": [_listed(item) for item in moved], "kept": [_listed(item) for item in kept]})
    notifications.tell(session, [to_id], "hand_over", now, stream=f"person:{person_id}", seq=appended.seq, params={"count": len(moved)})
    return receipt(session, person_id, appended.seq)


def receipt(session: Session, person_id: str, seq: int) -> Receipt:
    """Return the receipt of a hand-over again. Raises `NotFound`; who may read it is for the caller to ask."""
    event = session.scalars(select(Event).where(Event.stream == f"person:{person_id}", Event.seq == seq, Event.kind == "hand_over")).one_or_none()
    if event is None:
        raise NotFound("receipt")
    extra = orjson.loads(event.body)["extra"]
    known = {row.id: row for row in session.execute(select(_cases.c.id, _cases.c.number, _cases.c.definition_digest).where(
        _cases.c.id.in_({item["case"] for item in (*extra["moved"], *extra["kept"])})))}

    def read(item: dict[str, Any]) -> Work:
        row = known[item["case"]]
        return Work(row.id, row.number, row.definition_digest, item["state"], item["kind"], item.get("task"),
                    datetime.fromisoformat(item["due"]) if item.get("due") else None, item.get("why", ""))

    return Receipt(person_id, extra["to"], event.actor_id, event.at, seq, tuple(map(read, extra["moved"])), tuple(map(read, extra["kept"])),
                   history.details(session, event)["comment"], event.hash)


def receipts(session: Session, person_id: str) -> list[tuple[int, datetime]]:
    """Return (seq, when) of every hand-over of this person, the latest first."""
    return [(row.seq, row.at) for row in session.execute(select(_events.c.seq, _events.c.at).where(
        _events.c.stream == f"person:{person_id}", _events.c.kind == "hand_over").order_by(_events.c.seq.desc()))]


WHY = {
    "NO_POST": ("没有担任这一步的岗位", "does not hold the post of this step"),
    "NOT_AN_OFFICER": ("不是本县在岗的办理人员", "is no officer of this county"),
    "OWN_CASE": ("是本件的申请人或代办人", "applied for or filed this case"),
    "RELATED": ("的证件、电话或银行卡登记在本件中", "has a number of their own in this case"),
    "SAME_PERSON": ("已办理过本件，或本件正在其手上", "has decided this case, or has it in hand"),
    "AUDITOR": ("是经审人员，只能查阅", "is an auditor, who only reads"),
    "SECOND_BALLOT": ("在这次表决中已有一票", "has a voice in this vote already"),
    "ASKED_ALREADY": ("已经被问过，或正是提问的人", "has been asked already, or is who asked"),
    "OWNER": ("正是委派的人，请直接收回", "is who delegated it and may recall it"),
    "NO_UNION_POST": ("不是申请单位的工会经办人", "is no officer of the union that applies"),
    "NO_AGENT": ("不能为这位申请人代办", "may not file for this applicant"),
}


def _against(session: Session, dossier: Dossier, item: Work, to_id: str, now: datetime) -> str:
    """Return the code of what keeps this item from going to `to_id`, or nothing."""
    if item.kind == "filed":
        return _cannot_file(session, dossier, to_id, now)
    task = session.execute(select(_tasks).where(_tasks.c.id == item.task_id)).one()
    in_post = item.kind == "owned" or task.owner_id is None and task.kind in ("work", "branch", "ballot") and task.asked_by is None
    found = officers(session, dossier, now, only=to_id, **({"role": task.role, "organisation_id": task.organisation_id} if in_post else {}))
    if not found:
        return "NO_POST" if in_post else "NOT_AN_OFFICER"
    reasons = unfit(session, dossier, found, now).get(to_id, ())
    if reasons:
        return reasons[0].code
    if task.kind in ("ballot", "branch") and any(to_id in (other.person_id, other.closed_by) for other in dossier.ballots if other.id != task.id):
        return "SECOND_BALLOT"
    if task.kind == "consult" and (task.asked_by == to_id or _asked(session, dossier, to_id)):
        return "ASKED_ALREADY"
    return "OWNER" if item.kind != "owned" and task.owner_id == to_id else ""


def _cannot_file(session: Session, dossier: Dossier, to_id: str, now: datetime) -> str:
    row, today = dossier.row, local_day(now)
    if to_id == row.applicant_id:
        return "OWN_CASE"
    holds = select(_tasks.c.id).where(_tasks.c.case_id == dossier.id, _tasks.c.status.in_(("open", "waiting")), _tasks.c.kind != "cc",
                                      or_(_tasks.c.person_id == to_id, _tasks.c.owner_id == to_id))
    if any(decided.actor_id == to_id for decided in dossier.decided) or session.execute(holds).first() is not None:
        return "SAME_PERSON"
    posts = session.execute(select(Appointment.role, Appointment.organisation_id, Organisation.path).join(
        Organisation, Organisation.id == Appointment.organisation_id).where(
        Appointment.person_id == to_id, Appointment.starts_on <= today, or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today)))
    if dossier.definition.apply_who == "organisation":
        return "" if any(post.role in FILERS and post.organisation_id == row.unit_id for post in posts) else "NO_UNION_POST"
    return "" if any(post.role in AGENTS and row.path.startswith(post.path) for post in posts) else "NO_AGENT"


def _asked(session: Session, dossier: Dossier, person_id: str) -> bool:
    return session.execute(select(_tasks.c.id).where(_tasks.c.case_id == dossier.id, _tasks.c.kind == "consult", _tasks.c.status == "open",
                                                     _tasks.c.person_id == person_id)).first() is not None


def _move(session: Session, dossier: Dossier, items: list[Work], person_id: str, to_id: str, actor: Actor, now: datetime) -> None:
    filed = any(item.kind == "filed" for item in items)
    extra: dict[str, object] = {"from": person_id, "to": to_id, "tasks": [item.task_id for item in items if item.task_id], "filed": filed}
    note(session, dossier, "hand_over", actor, actor_role(actor), now, extra, beside={"filed_by": to_id} if filed else {})
    for statement in _changes(session, dossier, items, person_id, to_id, now):
        session.connection().execute(statement)


def _changes(session: Session, dossier: Dossier, items: list[Work], person_id: str, to_id: str, now: datetime) -> Iterator[Any]:
    for item in items:
        if item.kind == "filed":
            yield update(_tasks).where(_tasks.c.case_id == dossier.id, _tasks.c.status == "open", _tasks.c.kind == "work",
                                       _tasks.c.role.in_(_APPLYING), _tasks.c.person_id == person_id).values(person_id=to_id)
            # What they had typed and not sent goes along: it is the applicant's, not theirs.
            yield delete(_drafts).where(_drafts.c.case_id == dossier.id, _drafts.c.person_id == to_id)
            yield update(_drafts).where(_drafts.c.case_id == dossier.id, _drafts.c.person_id == person_id).values(person_id=to_id)
            continue
        task = session.execute(select(_tasks).where(_tasks.c.id == item.task_id)).one()
        values: dict[str, Any] = {"person_id": to_id}
        if item.kind == "owned":     # the delegate goes on; who has it as delegate already has it for good
            values = {"owner_id": None} if task.person_id == to_id else {"owner_id": to_id}
        elif task.kind in ("ballot", "consult") and task.asked_by is not None or task.owner_id is not None:
            values |= _post(session, dossier, task, to_id, now)
        yield update(_tasks).where(_tasks.c.id == item.task_id).values(**values)


def _post(session: Session, dossier: Dossier, task: Any, to_id: str, now: datetime) -> dict[str, Any]:
    """An added voter and a consulted colleague speak in a post of their own; a delegated task stays that of its owner's post."""
    if task.owner_id is not None:
        return {}
    taker: Candidate = officers(session, dossier, now, only=to_id)[0]
    return {"role": taker.role, "organisation_id": taker.organisation_id}


def _listed(item: Work) -> dict[str, Any]:
    listed = {"case": item.case_id, "state": item.state, "kind": item.kind, "task": item.task_id,
              "due": utc_text(item.due_at) if item.due_at else None, "why": item.why or None}
    return {name: value for name, value in listed.items() if value is not None}
