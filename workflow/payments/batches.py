"""A batch as people handle it: gathered and sealed by the accountant, sent by the cashier, closed when the bank has answered.

Nobody does two of the three: whoever gathered or sealed a batch does not send it, whoever decided in a case where its
programme keeps the steps apart does not pay it. Every act is an event of the stream `payment:<id>`; the seal writes the
digest of the lines into it, the sending that of the bank file. Cash needs a reason and the leader's word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import Actor
from ..calendar import ZONE
from ..engine.dossier import open_dossier
from ..engine.duties import guard
from ..engine.paying import payment_of
from ..errors import Damaged, Message, NotFound, NotYours, Refused, one
from ..history.append import canonical
from ..language.identity import mask, normalise
from ..privacy import vault
from ..programmes import by_digest
from ..records import Case, Decision, Organisation, PaymentBatch, PaymentLine
from . import gathering, layouts, reading
from .gathering import Payable

SEALS, SENDS, CONFIRMS = "finance", "cashier", "county_leader"
MOST = 2000                          # lines of one batch: what a bank takes in one file, and a sheet can be signed for
_batches, _lines, _cases, _places, _decisions = (m.__table__ for m in (PaymentBatch, PaymentLine, Case, Organisation, Decision))
_ROLES = {SEALS: ("会计（财务审核）", "the accountant"), SENDS: ("出纳", "the cashier"), CONFIRMS: ("县总工会负责人", "the county's leader")}


def make(session: Session, actor: Actor, now: datetime, chosen: Collection[str], *, method: str = "bank", layout: str | None = None,
         reason: str = "", organisation_id: int | None = None) -> str:
    """Gather these grant lines into a new batch and return its id. Raises `NotYours`, or `Refused` with every line that may not be in it."""
    post = next((post for post in actor.posts if post.role == SEALS and organisation_id in (None, post.organisation_id)), None)
    if post is None or actor.person_id is None:
        raise _not_the(SEALS)
    if method not in ("bank", "cash"):
        raise Refused(one("METHOD", "发放方式只有银行转账和现金两种", "Money is paid by bank or in cash", "method"))
    cash = method == "cash"
    reason = _reason(reason) if cash else ""
    if not cash:
        layouts.layout(layout or "")
    place = session.execute(select(_places.c.id, _places.c.code, _places.c.path).where(_places.c.id == post.organisation_id).with_for_update(key_share=True)).one()
    session.execute(select(_cases.c.id).where(_cases.c.id.in_(select(gathering._granted.c.case_id).where(gathering._granted.c.id.in_(sorted(chosen)))))
                    .order_by(_cases.c.id).with_for_update())
    found = gathering.payable(session, place.id, cash=cash, only=frozenset(chosen))
    _fit(found, chosen)
    year = now.astimezone(ZONE).year
    prefix = f"FF-{place.code}-{year}-"
    number = prefix + f"{session.execute(select(func.count()).where(_batches.c.organisation_id == place.id, _batches.c.number.like(prefix + '%'))).scalar_one() + 1:04d}"
    batch_id = ids.new(now)
    _event(session, batch_id, "gather", actor, SEALS, place.id, now, {"number": number, "method": method, "layout": None if cash else layout, "lines": len(found)},
           comment=reason)
    session.execute(insert(_batches), {
        "id": batch_id, "number": number, "organisation_id": place.id, "path": place.path, "method": method, "layout": None if cash else layout,
        "reason": reason, "status": "draft", "count": 0, "total_fen": 0, "digest": None, "file_sha256": None, "copies": 0, "declared": False,
        "made_by": actor.person_id, "made_at": now})
    session.execute(insert(_lines), [_line(session, batch_id, n, line, now, cash=cash) for n, line in enumerate(found, 1)])
    return batch_id


def drop(session: Session, batch_id: str, line_id: str, actor: Actor, now: datetime) -> None:
    """Take a line out of a batch that is not sealed yet."""
    row = _kept(session, batch_id, actor, SEALS, "draft")
    line = next((line for line in reading.lines(session, batch_id) if line.id == line_id), None)
    if line is None:
        raise NotFound("line")
    _event(session, batch_id, "drop", actor, SEALS, row.organisation_id, now, {"n": line.n, "grant_line": line.grant_line_id})
    session.execute(delete(_lines).where(_lines.c.id == line_id))


def explain(session: Session, batch_id: str, line_id: str, note: str, actor: Actor, now: datetime) -> None:
    """Note why the accountant lets a flagged account stand."""
    row = _kept(session, batch_id, actor, SEALS, "draft")
    if session.execute(select(_lines.c.id).where(_lines.c.id == line_id, _lines.c.batch_id == batch_id)).first() is None:
        raise NotFound("line")
    note = _reason(note)
    _event(session, batch_id, "explain", actor, SEALS, row.organisation_id, now, {"line": line_id}, comment=note)
    session.execute(update(_lines).where(_lines.c.id == line_id).values(note=note))


def seal(session: Session, batch_id: str, actor: Actor, now: datetime) -> str:
    """Check every line and seal the batch; return the digest of its lines. Raises `Refused` with every line that does not hold."""
    row = _kept(session, batch_id, actor, SEALS, "draft")
    lines = reading.lines(session, batch_id)
    if not lines:
        raise Refused(one("BATCH_EMPTY", "批次里没有付款，不能封存", "There is nothing in this batch to be sealed"))
    faults = objections(session, row, lines, noted=True)
    if faults:
        raise Refused(faults)
    _clean_hands(session, actor, lines)
    total, digest = sum(line.amount_fen for line in lines), digest_of(session, lines)
    _event(session, batch_id, "seal", actor, SEALS, row.organisation_id, now, {"count": len(lines), "total": total, "digest": digest})
    session.execute(update(_batches).where(_batches.c.id == batch_id).values(
        status="sealed", count=len(lines), total_fen=total, digest=digest, sealed_by=actor.person_id, sealed_at=now))
    return digest


def confirm(session: Session, batch_id: str, actor: Actor, now: datetime) -> None:
    """Let the leader confirm that a sealed batch is paid in cash."""
    row = _kept(session, batch_id, actor, CONFIRMS, "sealed")
    if row.method != "cash" or row.confirmed_by is not None:
        raise Refused(one("NOT_CASH", "这个批次不需要负责人确认", "This batch needs no such confirmation"))
    _another(actor, {row.made_by, row.sealed_by})
    _event(session, batch_id, "confirm", actor, CONFIRMS, row.organisation_id, now, {"digest": row.digest})
    session.execute(update(_batches).where(_batches.c.id == batch_id).values(confirmed_by=actor.person_id, confirmed_at=now))


def void(session: Session, batch_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """Give up a batch that has not been sent; its lines may be gathered again."""
    row = _kept(session, batch_id, actor, SEALS, "draft", "sealed")
    _event(session, batch_id, "void", actor, SEALS, row.organisation_id, now, {"lines": len(reading.lines(session, batch_id))}, comment=_reason(reason))
    session.execute(update(_lines).where(_lines.c.batch_id == batch_id).values(status="void"))
    session.execute(update(_batches).where(_batches.c.id == batch_id).values(status="void"))


def send(session: Session, batch_id: str, actor: Actor, now: datetime, *, declared: bool = False) -> None:
    """Let the cashier send a sealed batch: from here on its cases wait for the bank.

    Raises `NotYours` where the cashier gathered, sealed or decided any of it, `Refused` where a case has moved away or an
    account changed since the seal.
    """
    row = _kept(session, batch_id, actor, SENDS, "sealed")
    _another(actor, {row.made_by, row.sealed_by, row.confirmed_by})
    if row.method == "cash" and row.confirmed_by is None:
        raise Refused(one("CASH_UNCONFIRMED", "付现金要先由县总工会负责人确认", "Cash is paid once the county's leader has confirmed it"))
    lines = reading.lines(session, batch_id)
    session.execute(select(_cases.c.id).where(_cases.c.id.in_({line.case_id for line in lines})).order_by(_cases.c.id).with_for_update())
    intact(session, row, lines)
    faults = objections(session, row, lines)
    if faults:
        raise Refused([*faults, Message("BATCH_STALE", "批次封存后情况有变，不能发出；请作废本批次，重新汇集",
                                        "Things have changed since the seal; void this batch and gather it again")])
    _apart(session, actor, lines, declared=declared)
    content = None if row.method == "cash" else sha256(content_of(session, row, lines)).hexdigest()
    _event(session, batch_id, "send", actor, SENDS, row.organisation_id, now, {"file": content, "count": row.size, "total": row.total_fen, "digest": row.digest})
    session.execute(update(_lines).where(_lines.c.batch_id == batch_id).values(status="sent"))
    session.execute(update(_batches).where(_batches.c.id == batch_id).values(
        status="sent", sent_by=actor.person_id, sent_at=now, file_sha256=content, declared=declared))


def export(session: Session, batch_id: str, actor: Actor, now: datetime) -> tuple[str, bytes]:
    """Return the name and content of the bank file. Every export has the same bytes; from the second on it is marked 副本."""
    row = _kept(session, batch_id, actor, SENDS, "sent")
    if row.method == "cash":
        raise Refused(one("NO_FILE", "现金批次没有银行文件", "A batch of cash has no bank file"))
    _another(actor, {row.made_by, row.sealed_by})
    lines = reading.lines(session, batch_id)
    intact(session, row, lines)
    content, n = content_of(session, row, lines), row.copies + 1
    if sha256(content).hexdigest() != row.file_sha256:
        raise Damaged(one("FILE_DIFFERS", "银行样式在发出后改过，导出的文件与发出时不同，请恢复样式文件并联系管理员",
                          "The layout was changed since the batch was sent, so the file would differ; restore the layout and tell the administrator"))
    _event(session, batch_id, "export", actor, SENDS, row.organisation_id, now, {"file": row.file_sha256, "copy": n - 1})
    session.execute(update(_batches).where(_batches.c.id == batch_id).values(copies=n))
    mark = f"-副本{n - 1}" if n > 1 else ""
    return f"{row.number}{mark}.{layouts.layout(row.layout).ending}", content


def objections(session: Session, row: Row[Any], lines: Sequence[Row[Any]], *, noted: bool = False) -> list[Message]:
    """Return why lines of a batch can no longer be paid as they stand; with `noted`, also what is left to be explained."""
    cash = row.method == "cash"
    by_line = {line.grant_line_id: line for line in lines}
    there = {one.grant_line_id: one for one in gathering.payable(session, row.organisation_id, cash=cash, only=by_line.keys())}
    faults: list[Message] = []
    style = None if cash or not noted else layouts.layout(row.layout)
    for line in lines:
        now, who = there.get(line.grant_line_id), mask("name", payment_of(session, line)["name"])
        if now is None:
            faults.append(_of(line.n, who, "MOVED", "案件已离开付款环节或这一行已取消", "the case has left the step that pays, or the line was dropped"))
        elif now.amount != line.amount_fen or not cash and now.account_index != line.account_index:
            faults.append(_of(line.n, who, "CHANGED", "金额或收款账户在汇集之后改过", "its amount or account has changed since it was gathered"))
        elif now.fault is not None and now.fault.code != "IN_BATCH":
            faults.append(_of(line.n, who, now.fault.code, now.fault.zh, now.fault.en))
        elif style is not None and (strange := style.unwritable(now.holder + now.bank)):
            faults.append(_of(line.n, who, "UNWRITABLE", f"户名或开户行里的“{strange}”写不进这家银行的文件，请移出本行，另选银行样式或单独付款",
                              f"The bank's file cannot hold '{strange}'; take this line out and pay it in another layout or by itself"))
        elif noted and now.flags and not line.note:
            faults.append(_of(line.n, who, now.flags[0].code, f"{now.flags[0].zh}，请说明或移出", f"{now.flags[0].en}; explain it or take it out"))
    return faults


def digest_of(session: Session, lines: Sequence[Row[Any]]) -> str:
    """Return SHA-256 over the lines: who, which account (by its blind index, so that nobody can guess it), how much."""
    box, digest = vault(session), sha256(b"bangfu-payment/1\n")
    for line in lines:
        holder = payment_of(session, line)["holder"] or ""
        digest.update(canonical([line.n, line.grant_line_id, (line.account_index or b"").hex(), box.blind("key", holder).hex(), line.amount_fen]) + b"\n")
    return digest.hexdigest()


def intact(session: Session, row: Row[Any], lines: Sequence[Row[Any]]) -> None:
    """Raise `Damaged` unless the lines are those that were sealed."""
    total = sum(line.amount_fen for line in lines)
    opened = all(line.account_index is None or normalise("bankcard", payment_of(session, line)["account"] or "") and
                 vault(session).blind("bankcard", payment_of(session, line)["account"] or "") == line.account_index for line in lines)
    if not opened or (len(lines), total, digest_of(session, lines)) != (row.size, row.total_fen, row.digest):
        raise Damaged(one("BATCH_DIFFERS", "批次明细与封存时的哈希不符，不能发出，请联系审计员",
                          "The lines are not those that were sealed; nothing is sent, tell the auditor"))


def content_of(session: Session, row: Row[Any], lines: Sequence[Row[Any]]) -> bytes:
    """Return the bank file of a batch. The date in it is that of the seal, so that it never changes."""
    said = [{"n": line.n, "reference": reference(row.number, line.n), "amount": line.amount_fen, "purpose": by_digest(session, line.definition_digest).title.zh,
             **payment_of(session, line)} for line in lines]
    return layouts.layout(row.layout).write(said, {"number": row.number, "count": row.size, "total": row.total_fen, "date": row.sealed_at.astimezone(ZONE).date()})


def reference(number: str, n: int) -> str:
    """Return what the bank is asked to give back with each line."""
    return f"{number}-{n:04d}"


def _fit(found: Sequence[Payable], chosen: Collection[str]) -> None:
    if not chosen:
        raise Refused(one("NOTHING_CHOSEN", "请至少勾选一笔", "Choose at least one payment", "line"))
    if len(chosen) > MOST:
        raise Refused(one("BATCH_LARGE", f"一个批次最多 {MOST} 笔，请分成几批", f"A batch has at most {MOST} payments; make several", "line"))
    faults = [_of(line.n, mask("name", line.name), line.fault.code, f"{line.case_number}：{line.fault.zh}", f"{line.case_number}: {line.fault.en}", "第 {n} 行")
              for line in found if line.fault is not None]
    if len(found) != len(set(chosen)):
        faults.append(Message("MOVED", "有的案件已不在付款环节，请刷新页面重新勾选", "Some cases have left the step that pays; reload the page and choose again", "line"))
    if faults:
        raise Refused(faults)


def _line(session: Session, batch_id: str, n: int, line: Payable, now: datetime, *, cash: bool) -> dict[str, Any]:
    line_id = ids.new(now)
    said = {"name": line.name, "holder": line.holder, "bank": line.bank or None, "account": None if cash else normalise("bankcard", line.account)}
    return {"id": line_id, "batch_id": batch_id, "n": n, "grant_line_id": line.grant_line_id, "case_id": line.case_id,
            "account_index": None if cash else line.account_index, "sealed": vault(session).seal_json("payment_lines.sealed", line_id, said),
            "amount_fen": line.amount, "status": "open", "note": "", "code": "", "sentence": "", "bank_ref": "", "settled_on": None, "answer_seq": None}


def _kept(session: Session, batch_id: str, actor: Actor, role: str, *status: str) -> Row[Any]:
    """Return the batch, locked, once the actor holds `role` over it and it stands in one of `status`."""
    session.execute(select(_batches.c.id).where(_batches.c.id == batch_id).with_for_update())
    row = reading.batch(session, batch_id, actor)
    if actor.person_id is None or not any(post.role == role and row.path.startswith(post.path) for post in actor.posts):
        raise _not_the(role)
    if row.status not in status:
        raise Refused(one("BATCH_STATUS", *STANDS[row.status]))
    return row


STANDS = {
    "draft": ("批次还没有封存，请会计先核对封存", "The batch is not sealed yet; the accountant checks and seals it first"),
    "sealed": ("批次已经封存，等出纳发出", "The batch is sealed already and waits for the cashier"),
    "sent": ("批次已经发出，请导入银行回单；不能再改、再发或作废", "The batch was sent already: import the bank's answer; it is not changed, sent again or voided"),
    "closed": ("批次已经关闭", "The batch is closed"),
    "void": ("批次已经作废", "The batch was voided"),
}


def _apart(session: Session, actor: Actor, lines: Sequence[Row[Any]], *, declared: bool) -> None:
    """Raise `NotYours` with every reason why this cashier may not pay one of the cases: the guard of the step itself."""
    reasons: dict[Message, None] = {}
    for case_id, n in {line.case_id: line.n for line in lines}.items():
        dossier = open_dossier(session, case_id, actor)
        way = gathering.committing(dossier.definition, dossier.state)
        try:
            if way is not None:
                guard(session, dossier, way, actor, declared=declared)
        except NotYours as refusal:
            reasons |= {_of(n, "", message.code, message.zh, message.en): None for message in refusal.messages}
    if reasons:
        raise NotYours(list(reasons))


def _clean_hands(session: Session, actor: Actor, lines: Sequence[Row[Any]]) -> None:
    """Raise `NotYours` where the accountant applied for one of the payments, or decided on it in another office."""
    both = {actor.person_id, *actor.stands_for}
    decided: set[str] = set()
    for some in reading.chunks({line.case_id for line in lines}):
        decided |= set(session.execute(select(_decisions.c.case_id).where(
            _decisions.c.case_id.in_(some), _decisions.c.actor_id.in_(both), _decisions.c.role.not_in((SEALS, "applicant", "agent")))).scalars())
    reasons = [_of(line.n, "", "OWN_CASE", "是您本人申请或代办的，须由另一位会计封存", "you applied for it or filed it; another accountant seals it")
               for line in lines if both & {line.applicant_id, line.filed_by}]
    reasons += [_of(line.n, "", "SAME_PERSON", "您已在其他环节办理过这一件，须由另一位会计封存",
                    "you decided on this case in another office; another accountant seals it")
                for line in lines if line.case_id in decided]
    if reasons:
        raise NotYours(reasons)


def _another(actor: Actor, others: Collection[str | None]) -> None:
    if ({actor.person_id} | actor.stands_for) & set(others):
        raise NotYours(one("TWO_PEOPLE", "汇集、封存、确认和付款不能由同一人经手，请由另一人办理",
                           "One person does not gather, seal, confirm and pay the same batch; another must do this"))


def _not_the(role: str) -> NotYours:
    zh, en = _ROLES[role]
    return NotYours(one("BATCH_ROLE", f"这一步由{zh}办理，您没有这个单位的这一岗位", f"This is done by {en} of this organisation"))


def _of(n: int, who: str, code: str, zh: str, en: str, words: str = "第 {n} 笔") -> Message:
    return Message(code, f"{words.format(n=n)}{f'（{who}）' if who else ''}：{zh}", f"Payment {n}{f' ({who})' if who else ''}: {en}", "line")


def _reason(text: str) -> str:
    text = text.strip()
    if not 2 <= len(text) <= 200:
        raise Refused(one("REASON", "请写明原因，2 到 200 字", "Give the reason, in 2 to 200 characters", "reason"))
    return text


def _event(session: Session, batch_id: str, kind: str, actor: Actor, role: str, organisation_id: int, now: datetime, extra: Mapping[str, Any], comment: str = "") -> int:
    return history.append_to(session, f"payment:{batch_id}", kind=kind, at=now, actor=actor, role=role, organisation_id=organisation_id, extra=extra,
                             comment=comment).seq
