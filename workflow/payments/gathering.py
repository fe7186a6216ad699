"""What may be paid now: the reserved lines of cases that stand where their programme pays, and why others may not.

A fault keeps a line out: an account that is empty or somebody else's, one that nobody approved, a line that
is in a batch already. A flag is left to the accountant, who explains it or takes the line out: a check digit that does
not fit, an account that other people use too, or one that the bank sent back before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..engine import lines as granted
from ..engine.paying import TO_AN_ACCOUNT, commits, foreign, unapproved
from ..engine.sharing import shared
from ..errors import Message
from ..language.definition import Definition, Transition
from ..language.identity import luhn_holds, normalise
from ..programmes import by_digest
from ..records import Case, GrantLine, PaymentBatch, PaymentLine, Task
from .reading import chunks

PAYS = "cashier"
_cases, _granted, _tasks, _payments, _batches = (m.__table__ for m in (Case, GrantLine, Task, PaymentLine, PaymentBatch))
_UNSAFE = re.compile(r"[\x00-\x1f\x7f|,;\"'\t]|^[=+\-@]")


@dataclass(frozen=True, slots=True)
class Payable:
    """One reserved line of money. `fault` keeps it out, `flags` must be explained. Amount in 分."""

    grant_line_id: str
    case_id: str
    case_number: str
    n: int                           # within the case
    definition: Definition
    applicants: frozenset[str]       # who applied, filed or is paid: none of them seals it
    name: str
    holder: str
    bank: str
    account: str
    account_index: bytes | None
    amount: int
    fault: Message | None = None
    flags: tuple[Message, ...] = ()


def committing(definition: Definition, state: str) -> Transition | None:
    """Return the step that spends, where it leads on from `state`."""
    return next((way for way in definition.ways(state) if commits(definition, state, way.trigger)), None)


def receipt_kind(definition: Definition, state: str) -> str | None:
    """Return the kind of file a signed receipt is kept as at the step that pays; None where the programme has none."""
    way, here = committing(definition, state), definition.states[state]
    named = [name for name in (way.require if way else ()) if name.startswith("attachments.")]
    return next((name[12:] for name in (*named, *sorted(here.edit)) if name in here.edit and name.startswith("attachments.")), None)


def payable(session: Session, organisation_id: int, *, cash: bool = False, only: Collection[str] | None = None) -> list[Payable]:
    """Return every line that waits at the cashier of this organisation, the oldest case first. `only`: these grant lines."""
    rows = session.execute(
        select(_granted, _cases.c.number, _cases.c.state, _cases.c.definition_digest, _cases.c.applicant_id, _cases.c.filed_by, _tasks.c.role)
        .join(_cases, _cases.c.id == _granted.c.case_id)
        .join(_tasks, (_tasks.c.case_id == _cases.c.id) & (_tasks.c.status == "open") & (_tasks.c.kind == "work"))
        .where(_tasks.c.organisation_id == organisation_id, _cases.c.ended_at.is_(None), _granted.c.status == "held", _granted.c.amount_fen > 0,
               _granted.c.value.in_(TO_AN_ACCOUNT)).order_by(_cases.c.entered_at, _cases.c.number, _granted.c.n)).all()
    busy, checked = _busy(session, [row.id for row in rows]), dict[str, Message | None]()
    found: list[Payable] = []
    for row in rows:
        definition = by_digest(session, row.definition_digest)
        if committing(definition, row.state) is None or only is not None and row.id not in only:
            continue
        if row.case_id not in checked:
            checked[row.case_id] = unapproved(session, row.case_id, definition)
        said = granted.opened(session, row.id, row.sealed)
        one = Payable(row.id, row.case_id, row.number, row.n, definition, frozenset({row.applicant_id, row.filed_by, row.person_id} - {None}),
                      said["name"] or "", said["holder"] or said["name"] or "", said["bank"] or "", said["account"] or "", row.account_index, row.amount_fen)
        found.append(replace(one, fault=_fault(one, row, busy.get(row.id), checked[row.case_id], cash=cash)))
    return found if cash else flagged(session, found)


def _fault(one: Payable, row: Row[Any], batch: str | None, stale: Message | None, *, cash: bool) -> Message | None:
    if batch is not None:
        return Message("IN_BATCH", f"已在发放批次 {batch} 中", f"In payment batch {batch} already")
    if row.role != PAYS:
        return Message("NOT_THE_CASHIER", "这个项目的付款环节不由出纳办理，不能成批发放", "The cashier does not pay this programme, so it is not paid in batches")
    if cash:
        return None if receipt_kind(one.definition, row.state) else Message(
            "CASH_RECEIPT", "这个项目的付款环节没有签收单可以上传，不能付现金", "This programme takes no signed receipt where it is paid, so it is not paid in cash")
    return stale or account_fault(one.account, one.holder, one.name, organisation=row.organisation_id is not None, bank=one.bank)


def account_fault(account: str, holder: str, name: str, *, organisation: bool = False, bank: str = "") -> Message | None:
    """Return why nothing may be paid to this account: it is empty, cannot be one, or is not the payee's own."""
    digits = normalise("bankcard", account)
    if not digits:
        return Message("ACCOUNT_EMPTY", "收款账户是空的，请退回补填", "There is no account to pay to; return the case for it")
    if not (8 <= len(digits) <= 32 if organisation else 12 <= len(digits) <= 19):
        return Message("ACCOUNT_FORM", f"账号有 {len(digits)} 位，不是银行账号的位数，请退回更正",
                       f"The account has {len(digits)} digits, which no bank account has; return it")
    if (other := foreign(holder, name)) is not None:
        return other
    if _UNSAFE.search(holder):
        return Message("HOLDER_SIGNS", "户名里有不能写进银行文件的符号，请退回更正", "The holder's name has signs that no bank file may have; return it")
    if _UNSAFE.search(bank):
        return Message("BANK_SIGNS", "开户行里有不能写进银行文件的符号，请退回更正", "The name of the bank has signs that no bank file may have; return it")
    return None


def flagged(session: Session, found: Iterable[Payable]) -> list[Payable]:
    """Return the lines with what the accountant must answer for."""
    whole = list(found)
    several = _shared(session, [one.grant_line_id for one in whole])
    failed = _failed(session, [one.grant_line_id for one in whole])
    made = []
    for one in whole:
        flags = [*_mistyped(one.account)]
        if one.grant_line_id in several:
            flags.append(several[one.grant_line_id])
        if one.grant_line_id in failed and failed[one.grant_line_id][0] == one.account_index:
            why = failed[one.grant_line_id][1]
            flags.append(Message("FAILED_BEFORE", f"这个账户上次被银行退回（{why}），账户没有更正",
                                 f"The bank sent this account back before ({why}), and it was not corrected"))
        made.append(replace(one, flags=tuple(flags)))
    return made


def _mistyped(account: str) -> list[Message]:
    """Tell a card whose check digit does not fit. It is left to the accountant: passbooks and some old cards have none."""
    digits = normalise("bankcard", account)
    if not digits.startswith("62") or len(digits) < 16 or luhn_holds(digits):
        return []
    return [Message("ACCOUNT_LUHN", f"账号（尾号 {digits[-4:]}）校验位不符，可能输错一位，请对照卡面核对",
                    f"The check digit of the account ending in {digits[-4:]} does not fit; it may be mistyped, compare it with the card")]


def _busy(session: Session, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(ids):
        found |= {row.grant_line_id: row.number for row in session.execute(
            select(_payments.c.grant_line_id, _batches.c.number).join(_batches, _batches.c.id == _payments.c.batch_id).where(
                _payments.c.grant_line_id.in_(some), _payments.c.status.in_(("open", "sent", "paid"))))}
    return found


def _shared(session: Session, ids: Sequence[str]) -> dict[str, Message]:
    rows = [row for some in chunks(ids) for row in session.execute(select(_granted).where(_granted.c.id.in_(some)))]
    return shared(session, rows)


def _failed(session: Session, ids: Sequence[str]) -> dict[str, tuple[bytes | None, str]]:
    """Return the newest failure of each grant line: its account and what the bank said."""
    found: dict[str, tuple[bytes | None, str]] = {}
    for some in chunks(ids):
        for row in session.execute(select(_payments.c.grant_line_id, _payments.c.account_index, _payments.c.sentence, _payments.c.code).where(
                _payments.c.grant_line_id.in_(some), _payments.c.status == "failed").order_by(_payments.c.id)):
            found[row.grant_line_id] = (row.account_index, row.sentence or row.code or "—")
    return found
