"""Objecting to a public notice, by anybody, and settling an objection, by whoever looks into it.

Who objected, and their words, are sealed and stand in no event: the applicant reads the history of their own case. The
event holds a keyed digest instead, so that the words cannot be changed later without showing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from .. import ids, notifications
from ..actors import Actor
from ..errors import Impossible, KeyReused, Message, NotFound, Refused, one
from ..privacy import vault
from ..records import Notice, Objection
from . import posting, timing
from .dossier import Dossier, local_day, open_dossier
from .drafts import holder
from .duties import holders
from .files import note

PLACE = "objections.sealed"
_WORDS = 2000
_notices, _objections = Notice.__table__, Objection.__table__


@dataclass(frozen=True, slots=True)
class Objected:
    """An objection as its settler reads it. `name` and `phone` are empty where nobody gave them."""

    id: str
    notice_id: str
    case_id: str
    at: datetime
    named: bool
    text: str
    name: str
    phone: str
    status: Literal["open", "dismissed", "upheld"]
    settled_at: datetime | None
    settled_seq: int | None


def object_to(session: Session, notice_id: str, text: str, *, name: str = "", phone: str = "", now: datetime,
              actor: Actor | None = None, idem_key: str | None = None) -> str:
    """Take down an objection and return its id; while it is open the case goes no further.

    Taken until the last moment of the notice's last day. `name` empty is an anonymous objection, and nothing of who
    sent it is kept; an officer who gives a name notes it under their own. Raises `NotFound`, `Impossible` once the time
    is over, `KeyReused`, or `Refused` with every message.
    """
    text, name, phone = text.strip(), " ".join(name.split()), phone.strip()
    case_id = session.connection().execute(select(_notices.c.case_id).where(_notices.c.id == notice_id)).scalar()
    if case_id is None:
        raise NotFound("notice")
    by = actor if name and actor is not None and actor.posts else Actor(None, "", via=actor.via if actor else "page")
    dossier = open_dossier(session, case_id, by, lock=True, key=idem_key)
    digest = vault(session).blind("key", orjson.dumps([notice_id, text, name, phone]).hex()).hex()
    if dossier.replay is not None:
        return _again(dossier, digest)
    # Read after the case row is locked: what takes the notice down holds the same lock.
    row = posting.running(session, case_id)
    if row is None or row.id != notice_id or now >= row.ends_at:
        raise Impossible(one("NOTICE_OVER", "公示已经结束，不能再在这里提出异议；如有情况请直接向工会反映",
                             "The notice is over; please tell the union directly"))
    _readable(text, name, phone)
    objection_id = ids.new(now)
    extra: dict[str, object] = {"objection": objection_id, "notice": notice_id, "named": bool(name), "words": digest}
    seq = note(session, dossier, "objection", by, by.posts[0].role if by.posts else "public", now, extra, idem_key=idem_key,
               request_digest=digest if idem_key else None)
    session.connection().execute(insert(_objections), {
        "id": objection_id, "notice_id": notice_id, "case_id": case_id, "at": now, "named": bool(name), "seq": seq, "status": "open",
        "sealed": vault(session).seal_json(PLACE, objection_id, {"text": text, "name": name, "phone": phone if name else ""}),
        "settled_at": None, "settled_seq": None, "settled_by": None})
    task = dossier.row
    people = [task.task_person_id] if task.task_person_id else holders(
        session, task.task_role or "", task.task_organisation_id, local_day(now))
    notifications.tell(session, people, "objection", now, stream=case_id, seq=seq, case_id=case_id,
                       params={"number": task.number, "state": dossier.state})
    return objection_id


def settle(session: Session, objection_id: str, upheld: bool, opinion: str, actor: Actor, now: datetime) -> None:
    """Decide one objection, by whoever holds the case now; a dismissed one lets the notice end when its days are full.

    Raises `NotFound`, `NotYours` for anybody else and for whoever must stand aside, `Impossible` where it is settled
    already, `Refused` without an opinion.
    """
    case_id = session.connection().execute(select(_objections.c.case_id).where(_objections.c.id == objection_id)).scalar()
    if case_id is None:
        raise NotFound("objection")
    dossier = open_dossier(session, case_id, actor, lock=True)
    role = holder(session, dossier, actor)
    if role in ("applicant", "agent"):
        raise NotFound("objection")
    row = session.connection().execute(select(_objections).where(_objections.c.id == objection_id)).one()
    if row.status != "open":
        raise Impossible(one("OBJECTION_SETTLED", "这条异议已经处理过了，请刷新页面查看", "This objection has been settled; reload the page"))
    if len(opinion.strip()) < 2:
        raise Refused(one("OPINION", "请写明核查情况和处理意见", "Say what you found and why you decide so", "opinion"))
    seq = note(session, dossier, "settle_objection", actor, role, now,
               {"objection": objection_id, "notice": row.notice_id, "upheld": upheld}, comment=opinion.strip()[:_WORDS])
    session.connection().execute(update(_objections).where(_objections.c.id == objection_id).values(
        status="upheld" if upheld else "dismissed", settled_at=now, settled_seq=seq, settled_by=actor.person_id))
    if not posting.objected(session, case_id):
        timing.release(session, case_id, now)


def opened(session: Session, row: Any) -> Objected:
    """Return a row of `objections` with its words, empty once erased. Who may read them is for the caller to ask."""
    held = {"text": "", "name": "", "phone": ""} if row.sealed is None else vault(session).open_json(PLACE, row.id, row.sealed)
    return Objected(row.id, row.notice_id, row.case_id, row.at, row.named, held["text"], held["name"], held["phone"], row.status,
                    row.settled_at, row.settled_seq)


def _readable(text: str, name: str, phone: str) -> None:
    messages = []
    if len(text) < 5:
        messages.append(Message("OBJECTION_TEXT", "请写清楚您反映的情况，至少 5 个字", "Please say what is wrong, in five characters at least", "text"))
    if len(text) > _WORDS:
        messages.append(Message("OBJECTION_LONG", f"内容太长，请控制在 {_WORDS} 字以内", f"Too long; {_WORDS} characters at most", "text"))
    if len(name) > 50:
        messages.append(Message("OBJECTION_NAME", "姓名太长，请核对", "The name is too long", "name"))
    if len(phone) > 30:
        messages.append(Message("OBJECTION_PHONE", "电话太长，请核对", "The phone number is too long", "phone"))
    if messages:
        raise Refused(messages)


def _again(dossier: Dossier, digest: str) -> str:
    assert dossier.replay is not None
    if (dossier.replay.stream, dossier.replay.request_digest) != (dossier.id, digest):
        raise KeyReused
    return str(orjson.loads(dossier.replay.body)["extra"]["objection"])
