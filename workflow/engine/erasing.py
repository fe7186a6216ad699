"""`erase`: personal data go when the time is over that the programme says they are kept (`retention: 10 years`).

What goes (`emptying.py`): the answers, drafts, identities, comments and values of the history, the facts of decisions, what hung
on the wall, words of objections and of money that came back, payees and notes of payments, why a hardship file ended, and the bytes
of files. What stays: number, programme, version, steps, dates, who decided, amounts, digests and hashes, so that an auditor can
still trace the money and prove that the rest was removed rightly.
An event of kind `erase` explains it, in the same transaction; files go after the commit, and `finish` ends what a crash left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from ..actors import Actor
from ..attachments import Store
from ..calendar import working_calendar
from ..errors import Impossible, Message, NotFound, NotYours, Refused, one
from ..language.definition import Definition
from ..records import (
    Attachment,
    Case,
    Event,
    GrantLine,
    HardshipFile,
    Hold,
    Notice,
    Objection,
    PaymentLine,
    Repayment,
    Task,
)
from .dossier import local_day, open_dossier
from .emptying import empty
from .files import note, store

MOST_REASON = 200
_files = Attachment.__table__

_STILL = (
    (Task, Task.status.in_(("open", "waiting")), Message("ERASE_TASK", "此件还有没办完的任务，办完以后才能删除个人信息",
                                                         "A task of this case is still open; finish it first")),
    (Objection, Objection.status == "open", Message("ERASE_OBJECTION", "此件有还没有核查完的异议，保存期限顺延，现在不能删除",
                                                    "An objection is still open, so its records must be kept")),
    (Notice, Notice.status.in_(("running", "held")), Message("ERASE_NOTICE", "此件还在公示，不能删除", "Its notice still hangs")),
    (Hold, Hold.status == "open", Message("ERASE_HOLD", "此件还有没有结清的预留资金，结清以后才能删除个人信息",
                                          "Money is still reserved for this case; settle it first")),
    (GrantLine, GrantLine.status == "held", Message("ERASE_UNPAID", "此件还有没有发放完的款物，发放以后才能删除个人信息",
                                                    "Something of this case is still to be paid or handed out")),
    (PaymentLine, PaymentLine.status.in_(("open", "sent")), Message("ERASE_PAYMENT", "此件还有款项在发放批次里，结清以后才能删除",
                                                                    "A payment of this case is still under way")),
    (Repayment, Repayment.status == "open", Message("ERASE_REPAYMENT", "此件有退款还没有确认，确认以后才能删除个人信息",
                                                    "Money that comes back is still to be confirmed")),
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done. `files` are names on the shelf, to be removed once this is committed."""

    case_id: str
    number: str | None
    files: tuple[str, ...]


def kept_until(definition: Definition, ended_at: datetime) -> datetime | None:
    """Return the moment the retention period is over: 24:00 of its last day; None where personal data are kept for good."""
    return None if definition.retention is None else working_calendar().due(ended_at, definition.retention)


def hindrances(session: Session, case_ids: Collection[str]) -> dict[str, Message]:
    """Return by case what stands in the way of erasing it although its time is over: work, money or doubts still open."""
    found: dict[str, Message] = {}
    for table, condition, message in _STILL:
        for blocked in session.scalars(select(table.case_id).where(table.case_id.in_(case_ids), condition).distinct()):
            found.setdefault(blocked, message)
    for filed in session.scalars(select(HardshipFile.case_id).where(HardshipFile.case_id.in_(case_ids), HardshipFile.status == "on_file")):
        found.setdefault(str(filed), Message("ERASE_FILE", "凭此件建立的困难职工档案还在册，撤档以后才开始计算保存期限",
                                               "The hardship file this case opened is still on file; its time begins when that ends"))
    return found


def erase(session: Session, case_id: str, actor: Actor, now: datetime, *, reason: str) -> Erased:
    """Remove the personal data of one ended case whose retention period is over; the caller removes `files` after the commit.

    Raises `NotFound` outside the administrator's organisation, `NotYours` for one's own case, `Impossible` where it was
    done before, and `Refused` while it is too early or something is still open.
    """
    path = session.execute(select(Case.path).where(Case.id == case_id)).scalar()
    if path is None or actor.via != "command" and not any(p.role == "admin" and p.behalf is None and path.startswith(p.path) for p in actor.posts):
        raise NotFound
    if not 2 <= len(reason.strip()) <= MOST_REASON:
        raise Refused(one("REASON", f"请写明删除的理由，2 至 {MOST_REASON} 字", f"Say why, in 2 to {MOST_REASON} characters", "reason"))
    dossier = open_dossier(session, case_id, actor, lock=True)
    row, definition = dossier.row, dossier.definition
    if actor.person_id is not None and (actor.person_id in (row.applicant_id, row.filed_by) or dossier.related):
        raise NotYours(one("OWN_CASE", "此件与您本人有关，请由其他管理员办理", "This case concerns yourself; somebody else must do it"))
    if row.erased_at is not None:
        raise Impossible(one("ERASED", "此件的个人信息已经按保存期限删除", "The personal data of this case have been removed already"))
    until = None if row.ended_at is None else kept_until(definition, _from(session, case_id, row.ended_at))
    _refuse_early(definition, row.ended_at, until, now)
    blocked = hindrances(session, [case_id]).get(case_id)
    if blocked is not None:
        raise Refused([blocked])
    files = tuple(session.connection().execute(select(_files.c.stored_as).where(_files.c.case_id == case_id).order_by(_files.c.id)).scalars())
    seq = note(session, dossier, "erase", actor, "admin" if actor.person_id else "system", now, {
        "retention": str(definition.retention), "ended": local_day(row.ended_at).isoformat(), "files": len(files), "decisions": len(dossier.decided)},
        comment=reason.strip(), beside={"form": {}, "sealed": None, "erased_at": now})
    empty(session, case_id, definition, seq, actor, "admin" if actor.person_id else "system", now)
    return Erased(case_id, row.number, files)


def remove(shelf: Store, names: Collection[str]) -> int:
    """Delete files from the shelf; return how many were there. To be called once their erasure is committed."""
    return sum(shelf.remove(name) for name in names)


def finish(session: Session) -> int:
    """Delete what is still on the shelf of cases already erased, as a crash between commit and deletion leaves it. Writes no row."""
    shelf = store(session)
    return remove(shelf, session.scalars(select(Attachment.stored_as).join(Case, Case.id == Attachment.case_id)
                                         .where(Case.erased_at.is_not(None), exists().where(Event.stream == Case.id, Event.kind == "erase"))).all())


def _from(session: Session, case_id: str, ended_at: datetime) -> datetime:
    """Return when the time begins to run: a case that opened a hardship file is kept from the day the file was closed."""
    closed = session.scalars(select(HardshipFile.ended_on).where(HardshipFile.case_id == case_id, HardshipFile.ended_on.is_not(None))).all()
    last = max((day for day in closed if day is not None), default=None)
    if last is None or last <= local_day(ended_at):
        return ended_at
    return ended_at.replace(year=last.year, month=last.month, day=last.day, hour=4)     # noon of that day in the office


def _refuse_early(definition: Definition, ended_at: datetime | None, until: datetime | None, now: datetime) -> None:
    if ended_at is None:
        raise Refused(one("NOT_ENDED", "此件还没有办结，不能删除个人信息", "This case has not ended; its data are still needed"))
    if until is None:
        raise Refused(one("NO_RETENTION", "此件所依据的项目没有规定保存期限，个人信息长期保存", "The programme of this case sets no retention period"))
    if now < until:
        day = local_day(until).isoformat()
        raise Refused(one("KEPT", f"此件的保存期限还没有满，{day} 起才能删除个人信息", f"This case must be kept; its data may be removed from {day}"))
