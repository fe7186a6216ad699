"""What an account and a payment batch have to say about a step of a case.

The account is part of what was approved: where it has changed since, the money waits until an officer other than
whoever changed it has looked at it. A case whose money is with the bank does not move; one that is paid in part is
not let go; and nobody pays by hand what lies in a batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..errors import Message, Refused, one
from ..language.definition import Definition, State
from ..language.identity import mask
from ..privacy import vault
from ..records import Event, GrantLine, PaymentBatch, PaymentLine
from . import lines
from .dossier import Dossier
from .sharing import shared

if TYPE_CHECKING:
    from .effects import Step

_lines, _payments, _batches, _events = (m.__table__ for m in (GrantLine, PaymentLine, PaymentBatch, Event))
TO_AN_ACCOUNT = ("cash_grant", "pool_payout")
_LIVE = ("open", "sent", "paid")
_SHOWN = [_payments.c[name] for name in ("id", "n", "grant_line_id", "status", "account_index", "sentence", "code", "batch_id")] + [_batches.c.number]
_NO_OFFICER = ("applicant", "agent", "system")


def commits(definition: Definition, state: str, trigger: str) -> bool:
    """Return whether this step is the one that spends."""
    return definition.budget is not None and f"{state}.{trigger}" == definition.budget.commit


def accounts(definition: Definition) -> frozenset[str]:
    """Return the fields (`form.x`) in which it stands where the money goes."""
    rule = definition.lines
    if rule is not None and rule.account is not None:
        names = {name for expr in (rule.account, rule.holder, rule.bank) if expr is not None for name in expr.names}
        found = {name for name in names if name.startswith("form.")}
        return frozenset(found | ({f"form.{rule.each}"} if rule.each and any(name.startswith("row.") for name in names) else set()))
    return frozenset(f"form.{spec.name}" for spec in definition.form.values() if spec.type == "bankcard")


def reopens(dossier: Dossier, back: str, changed: Collection[str]) -> bool:
    """Return whether a corrected account keeps a case from going straight back to where it is paid from."""
    definition = dossier.definition
    return bool(set(changed) & accounts(definition)) and any(commits(definition, back, way.trigger) for way in definition.ways(back))


def refuse(session: Session, dossier: Dossier, trigger: str, dest: State, changed: Collection[str]) -> None:
    """Raise `Refused` where the account or a payment batch stands against this step."""
    definition, state = dossier.definition, dossier.state
    budget = definition.budget
    if budget is None or state not in budget.hold_in:
        return
    pays = commits(definition, state, trigger)
    if pays and set(changed) & accounts(definition):
        raise Refused(one("ACCOUNT_NOW", "收款账户不能在付款这一步改动：请退回更正账户，经审核后再付款",
                          "The account cannot be changed in the step that pays; return the case for it, and pay once it has been checked"))
    found = payments(session, dossier.id)
    _while_paid(definition, found, pays, dest, session, dossier.id)
    if pays and (stale := unapproved(session, dossier.id, definition)) is not None:
        raise Refused([stale])
    if pays and (faults := _not_their_own(session, dossier)):
        raise Refused(faults)


def _not_their_own(session: Session, dossier: Dossier) -> list[Message]:
    """Return why the accounts of lines that no batch has paid are not the payees' own; what a batch pays is checked with it.

    What goes out with goods is handed over against a signature, and needs no account.
    """
    rows = session.connection().execute(select(_lines).where(_lines.c.id.in_(uncovered(session, dossier.id))).order_by(_lines.c.n)).all()
    said = [lines.opened(session, row.id, row.sealed) for row in rows]
    faults = [foreign(words["holder"], words["name"]) for words in said]
    banked, rule = [row for row in rows if row.value in TO_AN_ACCOUNT], dossier.definition.lines
    if rule is not None and rule.each is not None and rule.account is not None:
        faults += [Message("ACCOUNT_EMPTY", f"第 {row.n} 行的收款账户是空的，不能付款，请退回补填",
                           f"There is no account to pay to in row {row.n}; return the case for it") for row in banked if row.account_index is None]
    several = shared(session, banked)
    faults += [Message(several[row.id].code, f"{several[row.id].zh}，不能单独付款；请核实更正，或由会计在发放批次中说明后付款",
                       f"{several[row.id].en}, so it is not paid by hand; have it corrected, or let the accountant explain it in a payment batch")
               for row in banked if row.id in several]
    return list(dict.fromkeys(fault for fault in faults if fault is not None))


def foreign(holder: str | None, name: str | None) -> Message | None:
    """Return why an account in the name of `holder` is not paid to: it is not the payee's own."""
    if _plain(holder or name or "") == _plain(name or ""):
        return None
    return Message("ACCOUNT_FOREIGN", f"账户户名（{mask('name', holder)}）不是收款人本人（{mask('name', name)}），只能付到本人账户，请退回更正",
                   f"The account is in the name of {mask('name', holder)} and not of the payee ({mask('name', name)}); only their own account is paid, so return it")


def _plain(name: str) -> str:
    """A name as it is compared: without spaces, points between the parts of it, and brackets."""
    return re.sub(r"[\s·•．.()（）]", "", name)


def payments(session: Session, case_id: str) -> Sequence[Row[Any]]:
    """Return the payments of a case with the numbers of their batches, newest first."""
    return session.connection().execute(select(*_SHOWN).join(_batches, _batches.c.id == _payments.c.batch_id)
                                        .where(_payments.c.case_id == case_id).order_by(_payments.c.id.desc())).all()


def _while_paid(definition: Definition, found: Sequence[Row[Any]], pays: bool, dest: State, session: Session, case_id: str) -> None:
    live = [payment for payment in found if payment.status in _LIVE]
    if not live:
        return
    number = live[0].number
    under_way = [payment for payment in live if payment.status == "sent"]
    if under_way:
        raise Refused(one("AT_THE_BANK", f"本件的款项已随发放批次 {under_way[0].number} 送银行，回单导入之前不能办理",
                          f"The money of this case is with the bank in batch {under_way[0].number}; nothing can be done before its answer is in"))
    if pays and (any(payment.status == "open" for payment in live) or uncovered(session, case_id)):
        raise Refused(one("IN_BATCH", f"本件在发放批次 {number} 中，由批次统一付款，不能单独办理，以免重复支付",
                          f"This case is in payment batch {number} and is paid with it; paying it by hand as well would pay it twice"))
    budget = definition.budget
    if not pays and budget is not None and dest.name not in budget.hold_in and any(payment.status == "paid" for payment in live):
        raise Refused(one("PAID_IN_PART", f"本件已随发放批次 {number} 付出一部分，不能退出付款；请退回到仍预留款项的环节更正",
                          f"Part of this case was paid with batch {number}, so it cannot leave payment; return it only to where its money stays reserved"))


def uncovered(session: Session, case_id: str) -> list[str]:
    """Return the ids of the reserved lines of money that no payment has settled."""
    settled = select(_payments.c.grant_line_id).where(_payments.c.case_id == case_id, _payments.c.status == "paid")
    return list(session.connection().execute(select(_lines.c.id).where(
        _lines.c.case_id == case_id, _lines.c.status == "held", _lines.c.amount_fen > 0, _lines.c.id.not_in(settled))).scalars())


def unapproved(session: Session, case_id: str, definition: Definition) -> Message | None:
    """Return why the account as it stands was approved by nobody else than who wrote it; None where it was."""
    names = accounts(definition)
    rows = session.connection().execute(select(_events.c.seq, _events.c.kind, _events.c.actor_id, _events.c.role, _events.c.trigger, _events.c.body).where(
        _events.c.stream == case_id, _events.c.kind.in_(("act", "vote", "meeting"))).order_by(_events.c.seq)).all()
    changer: tuple[int, str | None] | None = None
    for row in rows:
        if row.kind == "act" and names & orjson.loads(row.body).get("changes", {}).keys():
            changer = (row.seq, row.actor_id)
    if changer is None or any(row.seq > changer[0] and row.actor_id not in (None, changer[1]) and row.role not in _NO_OFFICER
                              and row.trigger != "return_to" for row in rows):
        return None
    return Message("ACCOUNT_UNAPPROVED", "收款账户在审批之后改过，还没有另一人审核，不能付款；请退回审核",
                   "The account was changed after the approval and nobody else has checked it since; return the case to be checked")


def _correct(step: Step) -> None:
    """`account.correct`: what the bank sent back is issued again only to another account, and what arrived keeps its own."""
    faults: list[Message] = []
    accounts_now = {row.id: row for row in step.session.connection().execute(select(_lines.c.id, _lines.c.n, _lines.c.account_index, _lines.c.status).where(
        _lines.c.case_id == step.dossier.id))}
    seen: set[str] = set()
    for payment in payments(step.session, step.dossier.id):
        line = accounts_now.get(payment.grant_line_id)
        if line is None or payment.grant_line_id in seen or payment.status == "void":
            continue
        seen.add(payment.grant_line_id)
        if payment.status == "failed" and line.account_index == payment.account_index and line.status in ("open", "held"):
            faults.append(Message("ACCOUNT_SAME", f"第 {line.n} 笔退票的账户没有更正（{payment.sentence or payment.code}），请填写正确的账户",
                                  f"The account of line {line.n}, which the bank sent back, is still the same ({payment.sentence or payment.code}); enter the right one"))
        if payment.status == "paid" and line.account_index != payment.account_index:
            faults.append(Message("ACCOUNT_PAID", f"第 {line.n} 笔已经付到原账户，不能再改账户",
                                  f"Line {line.n} was paid to its account already; it cannot be changed"))
    if faults:
        raise Refused(faults)


EFFECTS: dict[str, Callable[[Step], None]] = {"account.correct": _correct}


def payment_of(session: Session, line: Mapping[str, Any] | Row[Any]) -> dict[str, str | None]:
    """Return {name, account, holder, bank} of a payment line; empty where it was erased."""
    row: Any = line
    said: dict[str, str | None] = {} if row.sealed is None else vault(session).open_json("payment_lines.sealed", row.id, row.sealed)
    return {word: said.get(word) for word in ("name", "account", "holder", "bank")}
