"""After the bank has answered: lines are paid or failed, paid cases go on, and the batch is closed.

`take` books an answer whole or not at all. `settle` then carries on one case in its own transaction, as the cashier who
sent the batch; a crash in between leaves cases that `due` still names, and doing it again changes nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import people, spreadsheets
from ..actors import Actor
from ..attachments import Clean
from ..calendar import ZONE
from ..engine import Done, act, attach
from ..engine.dossier import open_dossier
from ..engine.files import store
from ..engine.paying import payment_of
from ..errors import Message, NotFound, NotYours, Refused, one
from ..language.definition import Definition, Transition
from ..language.identity import mask
from ..programmes import by_digest
from ..records import Account, Case, GrantLine, PaymentAnswer, PaymentBatch, PaymentLine
from . import answers, batches, layouts, reading
from .batches import SEALS, SENDS
from .gathering import committing, receipt_kind
from .slips import slip

_batches, _lines, _answers, _cases, _granted = (m.__table__ for m in (PaymentBatch, PaymentLine, PaymentAnswer, Case, GrantLine))


@dataclass(frozen=True, slots=True)
class Taken:
    """What an answer brought: rows that say paid, failed or not yet, and how many lines are new in it."""

    rows: int
    paid: int
    failed: int
    waiting: int
    fresh: int
    replayed: bool                   # this very file was imported before


def rows_of(session: Session, batch_id: str, actor: Actor, data: bytes) -> list[list[str]]:
    """Return the rows of an answer to this batch; read before anything is locked, because a workbook takes its time."""
    row = reading.batch(session, batch_id, actor)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return [[_words(cell) for cell in line] for line in spreadsheets.cells(data)]
    return spreadsheets.rows(data, layouts.layout(row.layout).answer.separator if row.layout else "")


def _words(cell: spreadsheets.Cell) -> str:
    """Return a cell as text; of a number too long for Excel what Excel made of it, which fits no account."""
    if isinstance(cell, str):
        return cell
    if abs(cell) >= 10**15:
        return f"{cell:.5E}"
    return str(int(cell)) if float(cell).is_integer() else str(cell)


def take(session: Session, batch_id: str, data: bytes, actor: Actor, now: datetime, *, rows: Sequence[Sequence[str]] | None = None) -> Taken:
    """Book what the bank answered. Raises `Refused` with every cell that is wrong; then nothing is written.

    The same answer again changes nothing, in whatever order its rows come. `rows` is `data` as `rows_of` read it.
    """
    role = SENDS if any(post.role == SENDS for post in actor.posts) else SEALS
    row = batches._kept(session, batch_id, actor, role, "sent", "closed")
    if row.layout is None:
        raise Refused(one("NO_FILE", "现金批次没有银行回单，请逐件上传签收单", "A batch of cash has no answer of a bank; upload the signed receipts"))
    lines, today = reading.lines(session, batch_id), now.astimezone(ZONE).date()
    rows = rows_of(session, batch_id, actor, data) if rows is None else rows
    found = answers.read(layouts.layout(row.layout).answer, rows, [_sent(session, row, line) for line in lines], row.number, today)
    if found.faults:
        raise Refused(found.faults)
    by_n, content = {line.n: line for line in lines}, sha256(data).hexdigest()
    fresh = [told for told in found.told if by_n[told.n].status == "sent"]
    paid, failed = [told for told in found.told if told.paid], [told for told in found.told if not told.paid]
    replayed = session.execute(select(_answers.c.id).where(_answers.c.batch_id == batch_id, _answers.c.sha256 == content)).first() is not None
    taken = Taken(found.rows, len(paid), len(failed), found.waiting, len(fresh), replayed)
    if replayed or row.status == "closed":
        return taken
    seq = batches._event(session, batch_id, "answer", actor, role, row.organisation_id, now, {
        "file": content, "rows": found.rows, "paid": [told.n for told in fresh if told.paid], "failed": {str(told.n): told.code for told in fresh if not told.paid}})
    for told in fresh:
        session.execute(update(_lines).where(_lines.c.id == by_n[told.n].id, _lines.c.status == "sent").values(
            status="paid" if told.paid else "failed", code=told.code, sentence=told.sentence, bank_ref=told.bank_ref,
            settled_on=(told.day or today) if told.paid else None, answer_seq=seq))
    session.execute(insert(_answers), {
        "batch_id": batch_id, "sha256": content, "seq": seq, "at": now, "by": actor.person_id, "rows": found.rows, "paid": len(paid),
        "paid_fen": sum(by_n[told.n].amount_fen for told in paid), "failed": len(failed), "failed_fen": sum(by_n[told.n].amount_fen for told in failed)})
    return taken


def due(session: Session, batch_id: str, case_id: str | None = None) -> list[str]:
    """Return the cases of a batch that are paid in full and still wait to be carried on, in its order; with `case_id` that one at most."""
    found = dict.fromkeys(line.case_id for line in reading.lines(session, batch_id, case_id)
                          if line.status == "paid" and committing(by_digest(session, line.definition_digest), line.case_state) is not None)
    settled = select(_lines.c.grant_line_id).where(_lines.c.status == "paid", _lines.c.case_id == _granted.c.case_id)
    owing: set[str] = set()
    for some in reading.chunks(found):
        owing |= set(session.execute(select(_granted.c.case_id).where(
            _granted.c.case_id.in_(some), _granted.c.status == "held", _granted.c.amount_fen > 0, _granted.c.id.not_in(settled))).scalars())
    return [one for one in found if one not in owing]


def settle(session: Session, batch_id: str, case_id: str, actor: Actor, now: datetime) -> Done | None:
    """Carry a paid case on by the step that spends; None where that has happened. The batch's cashier acts, whoever imported.

    Raises what `act` raises: then the case stays where it is, its money paid and reserved, and is tried again.
    """
    row = reading.batch(session, batch_id, actor)
    if not any(post.role in (SENDS, SEALS) and row.path.startswith(post.path) for post in actor.posts):
        raise batches._not_the(SENDS)
    session.execute(select(_cases.c.id).where(_cases.c.id == case_id).with_for_update())
    if not due(session, batch_id, case_id):
        return None
    cashier = _cashier(session, row, actor, now)
    dossier = open_dossier(session, case_id, cashier)
    way = committing(dossier.definition, dossier.state)
    assert way is not None
    lines = [line for line in reading.lines(session, batch_id, case_id) if line.status == "paid"]
    day = max(line.settled_on for line in lines)
    kind = receipt_kind(dossier.definition, dossier.state)
    if row.method == "bank" and kind is not None and f"attachments.{kind}" in way.require and not dossier.attached.get(kind):
        attach(session, case_id, kind, f"{row.number}.pdf", _slip(session, row, dossier.row.number, lines), cashier, now)
    form = _filled(dossier.definition, way, dossier.form, day)
    return act(session, case_id, way.trigger, cashier, now, revision=dossier.row.revision, declared=row.declared, form=form,
               comment=f"随发放批次 {row.number} 付款" if way.comment == "required" else "", extra={"payment": batch_id})


def receive(session: Session, batch_id: str, case_id: str, clean: Clean, actor: Actor, now: datetime) -> None:
    """Book that a case's cash was handed over: `clean` is the receipt its payees signed. The case goes on in the same step."""
    row = batches._kept(session, batch_id, actor, SENDS, "sent")
    if row.method != "cash" or actor.person_id != row.sent_by:
        raise Refused(one("NOT_CASH", "只有付现金的出纳本人登记签收", "Receipts are entered by the cashier who pays the cash"))
    lines = [line for line in reading.lines(session, batch_id, case_id) if line.status == "sent"]
    if not lines:
        raise NotFound("line")
    dossier = open_dossier(session, case_id, actor, lock=True)
    kind = receipt_kind(dossier.definition, dossier.state)
    assert kind is not None
    attach(session, case_id, kind, clean.name, clean, actor, now)
    seq = batches._event(session, batch_id, "receipt", actor, SENDS, row.organisation_id, now, {
        "case": case_id, "paid": [line.n for line in lines], "file": clean.sha256})
    session.execute(update(_lines).where(_lines.c.id.in_([line.id for line in lines])).values(
        status="paid", settled_on=now.astimezone(ZONE).date(), answer_seq=seq))
    settle(session, batch_id, case_id, actor, now)


def unpaid(session: Session, batch_id: str, case_id: str, actor: Actor, reason: str, now: datetime) -> None:
    """Book that a case's cash was not collected; its lines may be gathered again."""
    row = batches._kept(session, batch_id, actor, SENDS, "sent")
    lines = [line for line in reading.lines(session, batch_id, case_id) if line.status == "sent"]
    if row.method != "cash" or not lines:
        raise NotFound("line")
    reason = batches._reason(reason)
    seq = batches._event(session, batch_id, "uncollected", actor, SENDS, row.organisation_id, now, {
        "case": case_id, "failed": [line.n for line in lines]}, comment=reason)
    session.execute(update(_lines).where(_lines.c.id.in_([line.id for line in lines])).values(status="failed", sentence=reason, answer_seq=seq))


def close(session: Session, batch_id: str, actor: Actor, now: datetime) -> None:
    """Close a batch of which every line is paid or failed and every paid case has gone on. Raises `Refused` with what is open."""
    row = batches._kept(session, batch_id, actor, SEALS, "sent")
    waiting = [line.n for line in reading.lines(session, batch_id) if line.status == "sent"]
    if waiting:
        raise Refused(one("STILL_SENT", f"还有 {len(waiting)} 笔没有银行回单（第 {'、'.join(map(str, waiting[:10]))} 笔），不能关闭",
                          f"The bank has not answered for {len(waiting)} payments yet ({', '.join(map(str, waiting[:10]))})"))
    left = due(session, batch_id)
    if left:
        raise Refused(one("STILL_DUE", f"有 {len(left)} 件已经到账、还没有办结，请先点“继续办结”", f"{len(left)} cases are paid and not carried on yet; do that first"))
    batches._event(session, batch_id, "close", actor, SEALS, row.organisation_id, now, {"digest": row.digest})
    session.execute(update(_batches).where(_batches.c.id == batch_id).values(status="closed", closed_by=actor.person_id, closed_at=now))


def _sent(session: Session, row: Row[Any], line: Row[Any]) -> answers.Sent:
    said = payment_of(session, line)
    return answers.Sent(line.n, batches.reference(row.number, line.n), said["account"] or "", said["holder"] or "", line.amount_fen, line.status)


def _cashier(session: Session, row: Row[Any], actor: Actor, now: datetime) -> Actor:
    if actor.person_id == row.sent_by:
        return actor
    account = session.execute(select(Account.id).where(Account.person_id == row.sent_by, Account.status == "active")).scalar_one_or_none()
    if account is None and actor.holds(SENDS):
        return actor
    if account is None:
        raise NotYours([Message("CASHIER_GONE", "发出本批次的出纳已不在岗，请由现任出纳继续办结",
                                "The cashier who sent this batch has left; the present one carries its cases on")])
    return people.actor_of(session, account, now.astimezone(ZONE).date(), actor.via)


def _filled(definition: Definition, way: Transition, form: Any, day: date) -> dict[str, Any]:
    """Return the days that the step asks for and nobody has filled in: when the money arrived."""
    here = definition.states[way.source]
    return {name[5:]: day.isoformat() for name in way.require
            if name.startswith("form.") and name in here.edit and definition.form[name[5:]].type == "date" and form.get(name[5:]) is None}


def _slip(session: Session, row: Row[Any], number: str, lines: Sequence[Row[Any]]) -> Clean:
    rows = [("受理编号", number), ("发放批次", row.number), ("付款单位", row.organisation), ("批次哈希", row.digest)]
    if len(lines) > 6:
        rows += [("笔数", str(len(lines))), ("金额合计（元）", f"{sum(line.amount_fen for line in lines) / 100:,.2f}")]
    for line in lines if len(lines) <= 6 else ():
        said = payment_of(session, line)
        rows += [(f"第 {line.n} 笔", f"{mask('name', said['name'])}  {mask('bankcard', said['account'])}"), ("金额（元）", f"{line.amount_fen / 100:,.2f}"),
                 ("到账日期", line.settled_on.isoformat()), ("银行流水号", line.bank_ref or "—")]
    data = slip("银行付款凭证", rows, "由系统根据银行回单生成，完整名单见发放批次。")
    return store(session).check(data, f"{row.number}.pdf", ("pdf",))
