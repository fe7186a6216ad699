"""Pools as people keep them: opened, enlarged or reduced, and closed, always by two people.

Finance proposes, the county's leader confirms. Every proposal and every answer is an event of the stream `pool:<id>`;
money moves with the confirming event and not before. The command line is no person: it opens a pool with its money at
once, and changes nothing afterwards.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import history, ids
from ..actors import Actor
from ..calendar import ZONE
from ..errors import NotFound, NotYours, Refused, one
from ..records import Organisation, Pool, PoolProposal
from . import ledger
from .reading import READERS

PROPOSES, CONFIRMS = "finance", "county_leader"
MOST = 10**15                            # 分; far beyond any county, far below what a database integer holds
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{2,159}")
_pools, _proposals = Pool.__table__, PoolProposal.__table__


def read_amount(text: str, unit: str) -> int:
    """Return what was typed as 分 or as a count, with its sign. Raises `Refused`."""
    try:
        value = Decimal(text.strip().replace(",", "").replace("，", "")) * (100 if unit == "money" else 1)
        if value.is_finite() and value == value.to_integral_value() and abs(value) <= MOST:
            return int(value)
    except InvalidOperation:
        pass
    raise Refused(one("POOL_AMOUNT", "请写金额（元，最多两位小数）或人数，例如 200000",
                      "Give an amount in yuan with two decimals at most, or a count, for example 200000", "amount"))


def open_pool(session: Session, key: str, amount: int, actor: Actor, now: datetime, *, unit: str = "money",
              organisation_id: int | None = None) -> int:
    """Open a pool and return its id. `amount` in 分 or as a count.

    It belongs to the organisation whose code its key begins with, where none is named. A person opens it empty, and
    proposes its first amount. Raises `Refused` for a key that is taken or belongs nowhere, `NotYours`.
    """
    if not _KEY.fullmatch(key):
        raise Refused(one("POOL_KEY", "请写资金池编号，例如 539921/2026/aid：字母、数字和 / . _ -",
                          "A pool key has letters, digits and / . _ -, for example 539921/2026/aid", "key"))
    if unit not in ("money", "heads"):
        raise Refused(one("POOL_UNIT", "资金池按金额（money）或人数（heads）计", "A pool counts money or heads", "unit"))
    _amount(amount)
    place = session.execute(select(Organisation.id, Organisation.path).where(
        Organisation.code == key.partition("/")[0] if organisation_id is None else Organisation.id == organisation_id)).one_or_none()
    if place is None:
        raise Refused(one("POOL_PLACE", "资金池编号要以单位编码开头，例如 539921/2026/aid",
                          "A pool key begins with the code of the organisation whose money it is", "key"))
    role = _standing(actor, place.path, PROPOSES)
    if session.execute(select(_pools.c.id).where(_pools.c.key == key)).first() is not None:
        raise Refused(one("POOL_TAKEN", f"资金池 {key} 已经开立", f"The pool {key} is open already", "key"))
    pool_id = int(session.execute(insert(_pools).values(
        key=key, unit=unit, organisation_id=place.id, path=place.path, total=0, held=0, spent=0, entries=0, closed_on=None,
        created_at=now).returning(_pools.c.id)).scalar_one())
    seq = _event(session, pool_id, "open", actor, role, place.id, now, {"key": key, "unit": unit})
    if actor.person_id is None:
        seq = _event(session, pool_id, "grant", actor, role, place.id, now, {"amount": amount})
        ledger.book(session, pool_id, "grant", amount, _stream(pool_id), seq, now)
    else:
        _propose(session, pool_id, place.id, "grant", actor, role, now, amount=amount, reason=key)
    return pool_id


def adjust(session: Session, pool_id: int, amount: int, reason: str, actor: Actor, now: datetime) -> str:
    """Propose to change the total by `amount` (signed, 分 or a count) and return the proposal's id; it changes nothing yet.

    Raises `Refused` without a reason, below what is held and spent, for a closed pool, or where another proposal waits.
    """
    row, role = _kept(session, pool_id, actor, PROPOSES)
    _amount(abs(amount))
    _open_today(row, now)
    _not_below(row, amount)
    return _propose(session, pool_id, row.organisation_id, "adjust", actor, role, now, amount=amount, reason=_reason(reason))


def close(session: Session, pool_id: int, closes_on: date, reason: str, actor: Actor, now: datetime) -> str:
    """Propose that after the day `closes_on` nothing more is reserved; what is held may still be paid or released."""
    row, role = _kept(session, pool_id, actor, PROPOSES)
    _open_today(row, now)
    return _propose(session, pool_id, row.organisation_id, "close", actor, role, now, closes_on=closes_on, reason=_reason(reason))


def confirm(session: Session, proposal_id: str, actor: Actor, now: datetime) -> None:
    """Carry out what another person proposed. Raises `NotFound`, `NotYours`, or `Refused` where it no longer fits."""
    proposal, row, role = _decided(session, proposal_id, actor)
    if proposal.kind == "close":
        _event(session, row.id, "close", actor, role, row.organisation_id, now, {
            "proposal": proposal_id, "closes_on": proposal.closes_on.isoformat()})
        session.execute(update(_pools).where(_pools.c.id == row.id).values(closed_on=proposal.closes_on))
    else:
        _open_today(row, now)
        _not_below(row, proposal.amount)
        seq = _event(session, row.id, proposal.kind, actor, role, row.organisation_id, now, {
            "proposal": proposal_id, "amount": proposal.amount})
        ledger.book(session, row.id, proposal.kind, proposal.amount, _stream(row.id), seq, now)
    _answer(session, proposal_id, "confirmed", actor, now)


def decline(session: Session, proposal_id: str, actor: Actor, now: datetime) -> None:
    """Turn down what another person proposed."""
    _, row, role = _decided(session, proposal_id, actor)
    _event(session, row.id, "decline", actor, role, row.organisation_id, now, {"proposal": proposal_id})
    _answer(session, proposal_id, "declined", actor, now)


def _propose(session: Session, pool_id: int, organisation_id: int, kind: str, actor: Actor, role: str, now: datetime, *,
             amount: int = 0, closes_on: date | None = None, reason: str) -> str:
    if session.execute(select(_proposals.c.id).where(_proposals.c.pool_id == pool_id, _proposals.c.status == "open")).first():
        raise Refused(one("PROPOSAL_WAITS", "已有一项调整在等负责人确认，请先处理完再提", "Another proposal waits to be confirmed; settle it first"))
    proposal_id = ids.new(now)
    extra: dict[str, Any] = {"proposal": proposal_id, "kind": kind}
    extra |= {"amount": amount} if kind != "close" else {"closes_on": closes_on.isoformat() if closes_on else None}
    _event(session, pool_id, "propose", actor, role, organisation_id, now, extra, comment=reason)
    session.execute(insert(_proposals), {
        "id": proposal_id, "pool_id": pool_id, "kind": kind, "amount": amount, "closes_on": closes_on, "reason": reason,
        "proposed_by": actor.person_id, "proposed_at": now, "status": "open", "decided_by": None, "decided_at": None})
    return proposal_id


def _decided(session: Session, proposal_id: str, actor: Actor) -> tuple[Row[Any], Row[Any], str]:
    """Return the proposal and its pool, locked, and in which role it is decided."""
    found = session.execute(select(_proposals).where(_proposals.c.id == proposal_id)).one_or_none()
    if found is None:
        raise NotFound("proposal")
    row, role = _kept(session, found.pool_id, actor, CONFIRMS)
    proposal = session.execute(select(_proposals).where(_proposals.c.id == proposal_id)).one()   # as it is under the lock
    if proposal.proposed_by in ({actor.person_id} | actor.stands_for):
        raise NotYours(one("TWO_PEOPLE", "自己提出的调整不能由自己确认，请由另一位负责人办理",
                           "Nobody confirms what they proposed; another person must"))
    if proposal.status != "open":
        raise Refused(one("PROPOSAL_DECIDED", "这项调整已经处理，请刷新页面", "This proposal has been decided already; reload the page"))
    return proposal, row, role


def _kept(session: Session, pool_id: int, actor: Actor, role: str) -> tuple[Row[Any], str]:
    """Return the pool, locked, and the role the actor keeps it in. Raises `NotFound` out of scope, `NotYours`."""
    row = ledger.locked(session, pool_id=pool_id)
    if row is None or actor.person_id is None or not any(
            post.role in READERS and row.path.startswith(post.path) for post in actor.posts):
        raise NotFound("pool")
    return row, _standing(actor, row.path, role)


def _standing(actor: Actor, path: str, role: str) -> str:
    if actor.person_id is None:
        return "system"
    if not any(post.role == role and path.startswith(post.path) for post in actor.posts):
        who = ("财务审核", "finance officer") if role == PROPOSES else ("县总工会负责人", "county leader")
        raise NotYours(one("POOL_ROLE", f"资金池由{who[0]}办理，您没有这个单位的这一岗位", f"Only the {who[1]} of this organisation may do this"))
    return role


def _answer(session: Session, proposal_id: str, status: str, actor: Actor, now: datetime) -> None:
    session.execute(update(_proposals).where(_proposals.c.id == proposal_id, _proposals.c.status == "open").values(
        status=status, decided_by=actor.person_id, decided_at=now))


def _event(session: Session, pool_id: int, kind: str, actor: Actor, role: str, organisation_id: int, now: datetime,
           extra: dict[str, Any], comment: str = "") -> int:
    return history.append_to(session, _stream(pool_id), kind=kind, at=now, actor=actor, role=role,
                             organisation_id=organisation_id, extra=extra, comment=comment).seq


def _stream(pool_id: int) -> str:
    return f"pool:{pool_id}"


def _amount(amount: int) -> None:
    if not 0 < amount <= MOST:
        raise Refused(one("POOL_AMOUNT", "请写大于零的金额或数量", "Give an amount above zero", "amount"))


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not 2 <= len(reason) <= 200:
        raise Refused(one("REASON", "请写明依据或理由，不超过 200 字", "Say on what grounds, in at most 200 characters", "reason"))
    return reason


def _open_today(row: Row[Any], now: datetime) -> None:
    if row.closed_on is not None and now.astimezone(ZONE).date() > row.closed_on:
        raise Refused(one("POOL_CLOSED", f"资金池 {row.key} 已于 {row.closed_on} 关账，不能再调整",
                          f"The pool {row.key} closed on {row.closed_on} and is not changed any more"))


def _not_below(row: Row[Any], amount: int) -> None:
    if ledger.left(row) + amount < 0:
        shown = f"{ledger.left(row) / 100:,.2f} 元" if row.unit == "money" else f"{ledger.left(row)} 人"
        raise Refused(one("BELOW_USED", f"总额不能少于已预留和已支出的合计，最多可以减少 {shown}",
                          f"The total cannot fall below what is held and spent; at most {shown} can be taken out", "amount"))
