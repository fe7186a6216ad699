"""Who signed for what they got: marked by the officer whose turn it is, with a second officer present.

Goods leave the store when the case says they were issued, and it says so only when everybody on the list has signed or was
struck off with a reason; what was not given stays in stock. Every mark is an event of the case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Impossible, KeyReused, Message, NotFound, NotYours, Refused, one
from ..money import stock
from ..records import Case, GrantLine, LineSignature, PaymentLine, Person
from ..scope import visible
from . import lines
from .act import digest
from .dossier import Dossier, open_dossier
from .drafts import holder, touch
from .files import note
from .issuing import SHEET, marked
from .receiving import Candidate, officers

METHODS = ("paper", "phone")
_lines, _signatures, _people, _payments = (m.__table__ for m in (GrantLine, LineSignature, Person, PaymentLine))


@dataclass(frozen=True, slots=True)
class Signed:
    """What a mark did: how many lines it concerned, and the event that says so."""

    count: int
    seq: int
    replayed: bool = False


def sign(session: Session, case_id: str, numbers: Collection[int], method: str, with_id: str, actor: Actor, now: datetime, *,
         idem_key: str | None = None) -> Signed:
    """Mark lines, by their numbers, as signed for before the actor and `with_id` (a person's id).

    What is signed already stays as it is. Raises `NotFound` out of scope, `NotYours`, `Impossible` where nothing is being
    issued, `KeyReused`, or `Refused` with what is wrong.
    """
    dossier, role, request, known = _opened(session, case_id, actor, idem_key, {"sign": sorted(numbers), "method": method, "with": with_id})
    if known is not None:
        return known
    found = _held(session, dossier, numbers)
    done = set(session.connection().execute(select(_signatures.c.line_id).where(_signatures.c.case_id == case_id)).scalars())
    fresh = [line for line in found if line.id not in done]
    if not fresh:
        raise Refused(one("SIGNED_BEFORE", "所选的人都已经签收，无需再登记", "All of them have signed already", "lines"))
    if method not in METHODS:
        raise Refused(one("SIGN_METHOD", "请选择签收方式：纸质（paper）或手机（phone）", "Choose how they signed: paper or phone", "method"))
    if method == "paper" and SHEET in dossier.definition.attachments and not dossier.attached.get(SHEET):
        raise Refused(one("NO_SHEET", "请先上传签字后的签收表照片或扫描件，再登记纸质签收", "Upload a photo or scan of the signed sheet first", f"attachments.{SHEET}"))
    _two(session, dossier, actor, with_id, fresh, now)
    seq = note(session, dossier, "sign", actor, role, now, {"lines": [line.n for line in fresh], "method": method, "to": with_id},
               idem_key=idem_key, request_digest=request)
    session.connection().execute(insert(_signatures), [{
        "line_id": line.id, "case_id": case_id, "method": method, "by_id": actor.person_id, "with_id": with_id, "signed_at": now, "seq": seq}
        for line in fresh])
    touch(session, dossier, actor, now)
    return Signed(len(fresh), seq)


def unsign(session: Session, case_id: str, number: int, reason: str, actor: Actor, now: datetime, *, idem_key: str | None = None) -> Signed:
    """Take back a mark that was made by mistake; the event of the mark and of its taking back both stay."""
    dossier, role, request, known = _opened(session, case_id, actor, idem_key, {"unsign": number, "reason": reason})
    if known is not None:
        return known
    line = _held(session, dossier, [number])[0]
    grounds = _grounds(reason)
    gone = session.connection().execute(delete(_signatures).where(_signatures.c.line_id == line.id)).rowcount
    if not gone:
        raise Refused(one("NOT_SIGNED", "这一行还没有登记签收", "Nobody has signed for this line", "lines"))
    return Signed(1, note(session, dossier, "unsign", actor, role, now, {"lines": [number]}, comment=grounds, idem_key=idem_key, request_digest=request))


def strike(session: Session, case_id: str, numbers: Collection[int], reason: str, actor: Actor, now: datetime, *, idem_key: str | None = None) -> Signed:
    """Strike lines off: nothing comes of them, their goods are back in stock at once, their money once the case is paid.

    Raises as `sign`, and where somebody has signed for a line or money has gone out for it.
    """
    dossier, role, request, known = _opened(session, case_id, actor, idem_key, {"strike": sorted(numbers), "reason": reason})
    if known is not None:
        return known
    found, grounds = _held(session, dossier, numbers), _grounds(reason)
    chosen = [line.id for line in found]
    connection = session.connection()
    signed = connection.execute(select(func.count()).select_from(_signatures).where(_signatures.c.line_id.in_(chosen))).scalar_one()
    if signed:
        raise Refused(one("STRUCK_SIGNED", f"有 {signed} 人已经签收，不能取消；登记错了的请先撤销签收",
                          f"{signed} of them have signed and cannot be struck off", "lines"))
    paid = connection.execute(select(func.count()).select_from(_payments).where(
        _payments.c.grant_line_id.in_(chosen), _payments.c.status.in_(("open", "sent", "paid")))).scalar_one()
    if paid:
        raise Refused(one("STRUCK_PAID", f"有 {paid} 人的款项已在发放批次中，不能取消；请先从批次移出或追回",
                          f"{paid} of them are in a payment batch and cannot be struck off", "lines"))
    seq = note(session, dossier, "strike", actor, role, now, {"lines": [line.n for line in found]}, comment=grounds, idem_key=idem_key, request_digest=request)
    connection.execute(update(_lines).where(_lines.c.id.in_(chosen)).values(status="dropped", updated_at=now))
    live = connection.execute(select(_lines).where(_lines.c.case_id == case_id, _lines.c.status == "held")).all()
    stock.settle(session, case_id, lines.items(live), spend=False, seq=seq, now=now)
    return Signed(len(found), seq)


def signatures(session: Session, case_id: str) -> dict[str, Row[Any]]:
    """Return who signed when and before whom, by the id of the line."""
    by, beside = _people.alias("by"), _people.alias("beside")
    return {row.line_id: row for row in session.execute(
        select(_signatures, by.c.name.label("by"), beside.c.name.label("beside")).join(by, by.c.id == _signatures.c.by_id)
        .join(beside, beside.c.id == _signatures.c.with_id).where(_signatures.c.case_id == case_id))}


def companions(session: Session, case_id: str, actor: Actor, now: datetime) -> list[Candidate]:
    """Return who may be the second officer: any other officer of the county who decides and can sign in."""
    dossier = open_dossier(session, case_id, actor)
    return [one for one in officers(session, dossier, now) if one.id != actor.person_id and one.id not in actor.stands_for]


def may_mark(session: Session, case_id: str, actor: Actor) -> bool:
    """Return whether this reader may mark signatures here now."""
    dossier = open_dossier(session, case_id, actor)
    if dossier.state not in marked(dossier.definition):
        return False
    try:
        holder(session, dossier, actor)
    except NotYours:
        return False
    return True


def _opened(session: Session, case_id: str, actor: Actor, idem_key: str | None, said: dict[str, Any]) -> tuple[Dossier, str, str | None, Signed | None]:
    """Return the case, locked, the role in which it is handled, and what this very request did before."""
    if session.execute(select(Case.id).where(Case.id == case_id, visible(actor))).first() is None:
        raise NotFound
    request = digest(session, case=case_id, who=actor.person_id, **said) if idem_key else None
    dossier = open_dossier(session, case_id, actor, lock=True, key=idem_key)
    if dossier.replay is not None:
        event = dossier.replay
        if (event.stream, event.request_digest) != (case_id, request):
            raise KeyReused
        return dossier, "", request, Signed(0, event.seq, replayed=True)
    if dossier.state not in marked(dossier.definition):
        raise Impossible(one("NOT_ISSUING", "本件现在不在发放环节，不能登记签收", "Nothing is being issued in this case now, so nobody signs"))
    return dossier, holder(session, dossier, actor), request, None


def _held(session: Session, dossier: Dossier, numbers: Collection[int]) -> Sequence[Row[Any]]:
    found = session.connection().execute(select(_lines).where(
        _lines.c.case_id == dossier.id, _lines.c.n.in_(sorted(numbers)), _lines.c.status == "held").order_by(_lines.c.n)).all()
    if not numbers or len(found) != len(set(numbers)):
        raise Refused(one("LINES_CHOSEN", "请选择名单中仍要发放的人", "Choose people of the list who are still to get something", "lines"))
    return found


def _two(session: Session, dossier: Dossier, actor: Actor, with_id: str, found: Sequence[Row[Any]], now: datetime) -> None:
    """Raise `Refused` unless two different officers stand beside, neither of whom gets anything themself."""
    if not with_id or with_id == actor.person_id or with_id in actor.stands_for or not officers(session, dossier, now, only=with_id):
        raise Refused(one("TWO_OFFICERS", "发放须两人到场：请选择另一位在岗的工会经办人", "Two officers are present: choose another officer who holds a post", "with"))
    own = set(session.connection().execute(select(_people.c.id_no_index).where(
        _people.c.id.in_((actor.person_id, with_id)), _people.c.id_no_index.is_not(None))).scalars())
    theirs = [line.n for line in found if line.id_index in own or line.person_id in (actor.person_id, with_id)]
    if theirs:
        raise Refused([Message("OWN_LINE", f"第 {theirs[0]} 行是经办人本人，签收须由其他两人登记",
                               f"Line {theirs[0]} is one of the two officers; two others must mark it", "lines")])


def _grounds(reason: str) -> str:
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        raise Refused(one("REASON", "请写明原因，不超过 200 字", "Say why, in at most 200 characters", "reason"))
    return reason


__all__ = ["METHODS", "SHEET", "Signed", "companions", "may_mark", "sign", "signatures", "strike", "unsign"]
