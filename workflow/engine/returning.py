"""Money that comes back from a case after it was paid: taken back, returned, or put right. Only ever as new entries.

Finance enters it with the paper of the bank or the cashier, the county's leader confirms. Nothing that was decided or paid is
rewritten: the case keeps its amount and its state, an event `return` says how much came back and why, its grant line and its
hold keep the sum, and the money stands in the pool again: in next year's where the year is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session, aliased

from .. import ids, money
from ..actors import Actor
from ..attachments import Clean
from ..errors import NotFound, NotYours, Refused, one
from ..money.keeping import grounds, positive
from ..records import Case, GrantLine, Hold, Person, Pool, Repayment
from ..scope import visible
from .dossier import Dossier, open_dossier
from .files import keep, note

RECEIPT = "return.receipt"               # the kind of file, which no definition can name; not shown to whoever applied
KINDS = ("clawback", "refund", "correction")
_lines, _holds, _pools, _repayments = GrantLine.__table__, Hold.__table__, Pool.__table__, Repayment.__table__


def give_back(session: Session, case_id: str, line_id: str | None, amount: int, actor: Actor, now: datetime, *, kind: str, reason: str,
              receipt: Clean | None) -> str:
    """Enter that `amount` (分) came back for a case, or for one line of its roster, and return the id of the entry.

    Nothing is booked before another person confirms it. Raises `NotFound`, `NotYours`, or `Refused`: more than was paid, no
    receipt, no grounds, an entry that waits already.
    """
    dossier, role = _kept(session, case_id, actor, money.PROPOSES)
    if kind not in KINDS:
        raise Refused(one("RETURN_KIND", "请选择是追回、退款还是更正", "Say whether it was taken back, returned or put right", "kind"))
    positive(amount)
    reason = grounds(reason)
    if receipt is None:
        raise Refused(one("RECEIPT", "请上传收款凭证（银行回单或收据）", "Attach the paper of the bank or the cashier", "receipt"))
    if session.execute(select(_repayments.c.id).where(_repayments.c.case_id == case_id, _repayments.c.status == "open")).first():
        raise Refused(one("RETURN_WAITS", "本件已有一笔退款在等负责人确认，请先处理完", "Another return waits to be confirmed; settle it first"))
    _fits(session, case_id, line_id, amount)
    file_id = keep(session, dossier, RECEIPT, receipt, actor, role, now)
    dossier = open_dossier(session, case_id, actor)              # the file moved the head of its chain
    repayment_id = ids.new(now)
    note(session, dossier, "propose_return", actor, role, now, {"repayment": repayment_id, "return": kind, "amount": amount, "receipt": file_id},
         comment=reason)
    session.execute(insert(_repayments), {
        "id": repayment_id, "case_id": case_id, "line_id": line_id, "kind": kind, "amount": amount, "reason": reason, "receipt_id": file_id,
        "proposed_by": actor.person_id, "proposed_at": now, "status": "open", "decided_by": None, "decided_at": None})
    return repayment_id


def confirm(session: Session, repayment_id: str, actor: Actor, now: datetime) -> None:
    """Book what came back. Raises `NotFound`, `NotYours`, or `Refused` where it no longer fits."""
    found, dossier, role = _decided(session, repayment_id, actor)
    line, hold = _fits(session, dossier.id, found.line_id, found.amount)
    extra: dict[str, Any] = {"repayment": found.id, "return": found.kind, "amount": found.amount, "receipt": found.receipt_id}
    if line is not None:
        extra["line"] = line.n
        session.execute(update(_lines).where(_lines.c.id == line.id).values(returned_fen=_lines.c.returned_fen + found.amount, updated_at=now))
    seq = note(session, dossier, "return", actor, role, now, extra, comment=found.reason)
    if hold is not None:
        money.give_back(session, hold.id, found.amount, dossier.id, seq, now)
    _answer(session, found.id, "confirmed", actor, now)


def decline(session: Session, repayment_id: str, actor: Actor, now: datetime) -> None:
    """Turn down what was entered; nothing is booked."""
    found, dossier, role = _decided(session, repayment_id, actor)
    note(session, dossier, "decline_return", actor, role, now, {"repayment": found.id})
    _answer(session, found.id, "declined", actor, now)


def repayments(session: Session, case_id: str) -> Sequence[Row[Any]]:
    """Return what came back for a case, newest first, with who entered and who decided. The caller has looked at the case."""
    proposer, decider = aliased(Person), aliased(Person)
    return session.execute(select(_repayments, proposer.name.label("proposer"), decider.name.label("decider"), _lines.c.n.label("line"))
                           .join(proposer, proposer.id == _repayments.c.proposed_by)
                           .outerjoin(decider, decider.id == _repayments.c.decided_by)
                           .outerjoin(_lines, _lines.c.id == _repayments.c.line_id)
                           .where(_repayments.c.case_id == case_id).order_by(_repayments.c.id.desc())).all()


def paid_lines(session: Session, case_id: str) -> Sequence[Row[Any]]:
    """Return the lines of a case of which money was paid and has not come back in full."""
    columns = [_lines.c[name] for name in ("id", "n", "amount_fen", "returned_fen", "person_id", "sealed", "settled_on")]
    return session.execute(select(*columns).where(_lines.c.case_id == case_id, _lines.c.status == "paid",
                                                  _lines.c.returned_fen < _lines.c.amount_fen).order_by(_lines.c.n)).all()


def waiting(session: Session, actor: Actor) -> Sequence[Row[Any]]:
    """Return what waits to be confirmed in the actor's scope, oldest first, with the number of the case."""
    return session.execute(select(_repayments, Case.number).join(Case, Case.id == _repayments.c.case_id).where(
        _repayments.c.status == "open", visible(actor)).order_by(_repayments.c.id)).all()


def _fits(session: Session, case_id: str, line_id: str | None, amount: int) -> tuple[Row[Any] | None, Row[Any] | None]:
    """Return the line and the hold the money comes back to; raises `Refused` where more would come back than went out."""
    lines = session.execute(select(_lines).where(_lines.c.case_id == case_id, _lines.c.status == "paid", _lines.c.amount_fen > 0)).all()
    line = next((one for one in lines if one.id == line_id), None)
    if line_id is not None and line is None:
        raise Refused(one("NO_LINE", "这一行没有支付过，没有可以退回的", "Nothing was paid on this line", "line"))
    if line is None and lines:
        owing = [one for one in lines if one.returned_fen < one.amount_fen]
        if len(owing) > 1:
            raise Refused(one("WHICH_LINE", "请选择退回的是哪一行的款项", "Say which line the money comes back for", "line"))
        line = owing[0] if owing else lines[-1]
    if line is not None and amount > line.amount_fen - line.returned_fen:
        raise _too_much(line.amount_fen - line.returned_fen)
    holds = session.execute(select(_holds, _pools.c.unit).join(_pools, _pools.c.id == _holds.c.pool_id).where(
        _holds.c.case_id == case_id, _holds.c.status == "spent").order_by(_holds.c.id.desc())).all()
    spent = [hold for hold in holds if hold.unit == "money"]
    hold = next((hold for hold in spent if amount <= hold.amount - hold.returned), None)
    if spent and hold is None:
        raise _too_much(max(hold.amount - hold.returned for hold in spent))
    if hold is None and line is None:
        raise Refused(one("NOT_PAID", "本件还没有支出，没有可以退回的款项", "Nothing has been paid for this case, so nothing can come back"))
    return line, hold


def _too_much(left: int) -> Refused:
    return Refused(one("RETURN_TOO_MUCH", f"退回的金额超过已支出的金额，最多可以退回 {left / 100:,.2f} 元，请核对",
                       f"More would come back than was paid; at most {left / 100:,.2f} yuan can come back", "amount"))


def _kept(session: Session, case_id: str, actor: Actor, role: str) -> tuple[Dossier, str]:
    """Return the case, locked, and the role it is kept in. Nobody handles money of a case of their own."""
    if actor.person_id is None or session.execute(select(Case.id).where(Case.id == case_id, visible(actor))).first() is None:
        raise NotFound
    dossier = open_dossier(session, case_id, actor, lock=True)
    if not any(post.role == role and dossier.row.path.startswith(post.path) for post in actor.posts):
        who = ("财务审核", "finance officer") if role == money.PROPOSES else ("县总工会负责人", "county leader")
        raise NotYours(one("RETURN_ROLE", f"退款由{who[0]}办理，您没有这个单位的这一岗位", f"Only the {who[1]} of this organisation may do this"))
    if {dossier.row.applicant_id, dossier.row.filed_by} & ({actor.person_id} | actor.stands_for):
        raise NotYours(one("OWN_CASE", "本人申请或代办的案件，退款要由他人办理", "Nobody handles the money of a case of their own"))
    return dossier, role


def _decided(session: Session, repayment_id: str, actor: Actor) -> tuple[Row[Any], Dossier, str]:
    found = session.execute(select(_repayments.c.case_id).where(_repayments.c.id == repayment_id)).one_or_none()
    if found is None:
        raise NotFound("repayment")
    dossier, role = _kept(session, found.case_id, actor, money.CONFIRMS)
    row = session.execute(select(_repayments).where(_repayments.c.id == repayment_id)).one()       # as it is under the lock
    if row.proposed_by in ({actor.person_id} | actor.stands_for):
        raise NotYours(one("TWO_PEOPLE", "自己登记的退款不能由自己确认，请由另一位负责人办理", "Nobody confirms what they entered; another person must"))
    if row.status != "open":
        raise Refused(one("PROPOSAL_DECIDED", "这笔退款已经处理，请刷新页面", "This return has been decided already; reload the page"))
    return row, dossier, role


def _answer(session: Session, repayment_id: str, status: str, actor: Actor, now: datetime) -> None:
    session.execute(update(_repayments).where(_repayments.c.id == repayment_id, _repayments.c.status == "open").values(
        status=status, decided_by=actor.person_id, decided_at=now))


__all__ = ["KINDS", "RECEIPT", "confirm", "decline", "give_back", "paid_lines", "repayments", "waiting"]
