"""Money that moves between pools, and money that is spent without a case.

A transfer gives money to another pool of the same source; an allocation is a transfer out of a pool that pays for nothing
itself. A carry-over takes what is left of a closed pool to its successor. Two entries, one event, two people: nothing is made
and nothing is lost on the way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import Damaged, Message, Refused, one
from ..language.sources import sources
from ..records import Event, LedgerEntry, Pool
from . import ledger
from .keeping import CONFIRMS, PROPOSES, event, grounds, kept, open_today, positive, propose, stream

_pools, _entries = Pool.__table__, LedgerEntry.__table__


def transfer(session: Session, pool_id: int, to_id: int, amount: int, reason: str, actor: Actor, now: datetime) -> str:
    """Propose to move `amount` (分 or a count) to another pool and return the proposal's id; it moves nothing yet.

    Raises `Refused` where the pools do not fit, for a closed one, or where not enough is left.
    """
    giver, taker, role = _both(session, pool_id, to_id, actor, PROPOSES)
    positive(amount)
    open_today(giver, now)
    _fits(giver, taker, now)
    _enough(giver, amount)
    return propose(session, giver.id, giver.organisation_id, "transfer", actor, role, now, amount=amount, to_id=taker.id, reason=grounds(reason))


def carry(session: Session, pool_id: int, to_id: int, reason: str, actor: Actor, now: datetime) -> str:
    """Propose to carry what is left of a closed pool to its successor and return the proposal's id.

    What is released later is carried by another such proposal, to the same successor. What is held stays until it is paid
    or released: it belongs to the year in which it was promised.
    """
    giver, taker, role = _both(session, pool_id, to_id, actor, PROPOSES)
    _closed(giver, taker, now)
    _fits(giver, taker, now)
    if ledger.left(giver) == 0:
        raise Refused(one("NOTHING_LEFT", f"资金池 {giver.key} 没有余额可以结转", f"Nothing is left in {giver.key} to be carried over"))
    return propose(session, giver.id, giver.organisation_id, "carry", actor, role, now, amount=ledger.left(giver), to_id=taker.id,
                   reason=grounds(reason))


def carry_out(session: Session, proposal: Row[Any], giver: Row[Any], actor: Actor, role: str, now: datetime) -> None:
    """Move what was proposed, judged again as the pools stand now."""
    giver, taker, role = _both(session, giver.id, proposal.to_id, actor, CONFIRMS)
    if proposal.kind == "carry":
        _closed(giver, taker, now)
    else:
        open_today(giver, now)
    _fits(giver, taker, now)
    _enough(giver, proposal.amount)
    seq = event(session, giver.id, proposal.kind, actor, role, giver.organisation_id, now, {
        "proposal": proposal.id, "amount": proposal.amount, "to": taker.id})
    ledger.move(session, giver.id, taker.id, proposal.kind, proposal.amount, stream(giver.id), seq, now)
    if proposal.kind == "carry" and giver.successor_id is None:
        session.connection().execute(update(_pools).where(_pools.c.id == giver.id).values(successor_id=taker.id))


def purchase(session: Session, pool_id: int, amount: int, at_stream: str, seq: int, now: datetime) -> None:
    """Book that goods were bought for `amount` (分): spent at once, without a hold.

    Event `seq` of `at_stream` says from whom and by which document; its `extra` holds `amount` and `pool`, so that the books can be
    held against it. Who may buy is the caller's question. Raises `Refused` where too little is left or the pool is closed.
    """
    pool = _spendable(session, pool_id, amount)
    _enough(pool, amount)
    _told(session, at_stream, seq, amount)
    ledger.book(session, pool_id, "purchase", amount, at_stream, seq, now)


def refund(session: Session, pool_id: int, amount: int, at_stream: str, seq: int, now: datetime) -> None:
    """Book that a supplier gave `amount` back, never more than was bought from this pool; as `purchase` otherwise."""
    _spendable(session, pool_id, amount)
    bought = {kind: int(total) for kind, total in session.connection().execute(select(_entries.c.kind, func.sum(_entries.c.amount)).where(
        _entries.c.pool_id == pool_id, _entries.c.kind.in_(("purchase", "refund"))).group_by(_entries.c.kind)).all()}
    if amount > bought.get("purchase", 0) - bought.get("refund", 0):
        raise Refused(one("RETURN_TOO_MUCH", "退回的金额超过采购支出，请核对", "More would come back than was spent on goods; check the amount", "amount"))
    _told(session, at_stream, seq, amount)
    ledger.book(session, pool_id, "refund", amount, at_stream, seq, now)


def _both(session: Session, pool_id: int, to_id: int, actor: Actor, role: str) -> tuple[Row[Any], Row[Any], str]:
    """Return both pools, locked, the smaller id first, and the role the actor keeps them in."""
    if pool_id == to_id:
        raise Refused(one("SAME_POOL", "请选择另一个资金池", "Choose another pool", "to"))
    found = {one: kept(session, one, actor, role) for one in sorted((pool_id, to_id))}
    return found[pool_id][0], found[to_id][0], found[pool_id][1]


def _fits(giver: Row[Any], taker: Row[Any], now: datetime) -> None:
    """Raise `Refused` with every reason why money of one pool may not become money of the other."""
    found: list[Message] = []

    def no(code: str, zh: str, en: str) -> None:
        found.append(Message(code, zh, en, "to"))
    if giver.unit != taker.unit:
        no("POOL_UNIT", "两个资金池的计量单位不同，不能划转", "The two pools count in different units")
    if giver.source != taker.source:
        no("POOL_SOURCE", "两个资金池的资金来源不同，不能划转：专项资金不改变来源", "The two pools have different sources, and money keeps its source")
    elif giver.purpose is not None and giver.purpose != taker.purpose:
        no("POOL_PURPOSE", "捐赠限定的用途不同，不能划转", "The donor named another purpose; the money may not move there")
    if giver.uses is not None and not (taker.uses and set(taker.uses) <= set(giver.uses)):
        no("POOL_USES", "转入的资金池可以用于更多项目，超出了这笔资金的用途", "The other pool may pay for programmes this money may not pay for")
    if ledger.closed(taker, now):
        no("POOL_CLOSED", f"资金池 {taker.key} 已于 {taker.closed_on} 关账，不能转入", f"The pool {taker.key} closed on {taker.closed_on}; nothing is moved into it")
    if found:
        raise Refused(found)


def _closed(giver: Row[Any], taker: Row[Any], now: datetime) -> None:
    if not ledger.closed(giver, now):
        raise Refused(one("POOL_OPEN", f"资金池 {giver.key} 还没有关账，关账日过后才能结转",
                          f"The pool {giver.key} is not closed yet; it is carried over after its last day"))
    if giver.successor_id is not None and giver.successor_id != taker.id:
        raise Refused(one("OTHER_SUCCESSOR", "这个资金池已经结转到另一个资金池，余下的也要转到那里",
                          "This pool was carried over to another one; the rest goes there too", "to"))


def _enough(pool: Row[Any], amount: int) -> None:
    if ledger.left(pool) < amount:
        left = ledger.left(pool)
        shown = f"{left / 100:,.2f} 元" if pool.unit == "money" else str(left)
        raise Refused(one("BUDGET_SHORT", f"资金池 {pool.key} 余额只有 {shown}，请减少金额", f"Only {shown} is left in {pool.key}; use less", "amount"))


def _spendable(session: Session, pool_id: int, amount: int) -> Row[Any]:
    pool = ledger.locked(session, pool_id=pool_id)
    if pool is None or pool.unit != "money":
        raise Refused(one("NO_POOL", "请选择按金额计的资金池", "Choose a pool of money", "pool"))
    known = sources().get(pool.source or "")
    if known is not None and "goods" not in known.pays:
        raise Refused(one("POOL_SOURCE", f"资金池 {pool.key} 的资金（{known.label.zh}）不能用于购买物品",
                          f"The money in {pool.key} ({known.label.text('en')}) may not buy goods", "pool"))
    positive(amount)
    return pool


def _told(session: Session, at_stream: str, seq: int, amount: int) -> None:
    """The event a purchase rests on says the same amount; otherwise the verifier would find the books wrong tomorrow."""
    body = session.connection().execute(select(Event.body).where(Event.stream == at_stream, Event.seq == seq)).scalar_one_or_none()
    if body is None or orjson.loads(bytes(body)).get("extra", {}).get("amount") != amount:
        raise Damaged(one("NOT_TOLD", "采购的金额没有写进操作记录，本次没有写入", "The event of the purchase does not say its amount; nothing was written"))
