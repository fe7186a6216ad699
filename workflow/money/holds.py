"""What a case reserves, and what it spends: `budget` of a definition carried out, inside the transaction of the step.

State-based on purpose: a case holds while it stands in one of the `hold_in` states, whatever way it came or leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import ids
from ..errors import Message, Refused, one
from ..language.definition import Budget, Definition
from ..records import Hold, Pool
from . import ledger
from .payers import pattern, payers, short

_pools, _holds = Pool.__table__, Hold.__table__
_LIVE = or_(_holds.c.status == "open", (_holds.c.status == "spent") & (_holds.c.returned < _holds.c.amount))


@dataclass(frozen=True, slots=True)
class Balance:
    """What the pool of a case has left, beside the amount. `after` is what would be left once this case is granted.

    Of several pools it is the one that holds the case's money, or that would: the first with enough, or else the fullest.
    """

    key: str
    unit: str
    exists: bool
    available: int                   # 分 or a count; without what this case holds
    own: int                         # what this case holds already
    after: int                       # negative: not enough
    source: str | None = None
    others: int = 0                  # how many pools beside it may pay
    why: Message | None = None       # why none of the pools that exist may pay


def available(session: Session, definition: Definition, facts: Mapping[str, Any], case_id: str) -> Decimal:
    """Return the most one pool could grant the case, in yuan or as a count: what is left, and what it holds there itself."""
    assert definition.budget is not None
    own = {hold.pool_id: hold.amount for hold in _live(session, case_id, definition.budget.unit) if hold.status == "open"}
    amounts = [ledger.left(pool) + own.get(pool.id, 0) for pool in payers(session, definition, facts).ready]
    amount = max([*amounts, *own.values()], default=0)
    return Decimal(amount) / 100 if definition.budget.unit == "money" else Decimal(amount)


def balance(session: Session, definition: Definition, facts: Mapping[str, Any], case_id: str, amount_fen: int | None) -> Balance | None:
    """Return what stands in the pool of a case and what would be left; None where no pool is counted by the case."""
    budget = definition.budget
    if budget is None or budget.unit == "items":
        return None
    live, found, amount = _live(session, case_id, budget.unit), payers(session, definition, facts), wanted(budget, amount_fen)
    held = next((hold for hold in live if hold.status == "open"), None)
    behind = held or (live[0] if live else None)
    pool = None if behind is None else session.connection().execute(select(_pools).where(_pools.c.id == behind.pool_id)).one()
    pool = pool if pool is not None else found.first(amount) or found.fullest()
    if pool is None:
        return Balance(found.key, budget.unit, False, 0, 0, -amount, why=found.barred[0] if found.barred else None)
    left, own = ledger.left(pool), held.amount if held is not None else 0
    after = left if live and held is None else left + own - amount
    return Balance(pool.key, budget.unit, True, left, own, after, pool.source, sum(one.id != pool.id for one in found.ready))


def wanted(budget: Budget, amount_fen: int | None) -> int:
    """Return how much one case reserves; goods are reserved line by line (`stock`)."""
    return 1 if budget.unit == "heads" else 0 if budget.unit == "items" else amount_fen or 0


def objections(definition: Definition, source: str, dest: str, trigger: str, amount_fen: int | None, available: Decimal,
               key: str = "") -> list[Message]:
    """Return why this step cannot reserve what it needs; `available` in yuan or as a count. Pure, for golden cases too."""
    budget = definition.budget
    if budget is None or not (dest in budget.hold_in or _spends(budget, source, trigger)):
        return []
    have = int(available * 100) if budget.unit == "money" else int(available)
    need = wanted(budget, amount_fen)
    return [] if need <= have else [short(key or budget.pool, budget.unit, have, need)]


def refuse_short(session: Session, definition: Definition, row: Row[Any], trigger: str, dest: str, amount_fen: int | None,
                 facts: Mapping[str, Any]) -> None:
    """Raise `Refused` where `settle` would find too little, so that it is told before a button is pressed. Locks nothing."""
    budget = definition.budget
    if budget is None or not (dest in budget.hold_in or _spends(budget, row.state, trigger)) or not wanted(budget, amount_fen):
        return
    live, need = _live(session, row.id, budget.unit), wanted(budget, amount_fen)
    own = {hold.pool_id: hold.amount for hold in live if hold.status == "open"}
    if live and not own or need in own.values():
        return
    found = payers(session, definition, facts)
    if found.first(need, own) is None:
        raise Refused([found.refusal(need, own)])


def settle(session: Session, definition: Definition, row: Row[Any], trigger: str, dest: str, amount_fen: int | None,
           facts: Mapping[str, Any], seq: int, now: datetime, *, cycle: str | None = None) -> None:
    """Reserve, keep, release or spend as the step from `row.state` to `dest` asks for; event `seq` of the case explains it.

    Called after the case row is written, so the row's lock is held. Raises `Refused` where there is not enough, where
    nobody has opened the pool, where it is closed, or where the case was paid before.
    """
    budget = definition.budget
    if budget is None or budget.unit == "items":
        return
    spends, was, will = _spends(budget, row.state, trigger), row.state in budget.hold_in, dest in budget.hold_in
    if not (spends or was or will):
        return
    live = _live(session, row.id, budget.unit)
    spent = next((hold for hold in live if hold.status == "spent"), None)
    held = next((hold for hold in live if hold.status == "open"), None)
    if spent is not None and (spends or will and not was):
        raise Refused(one("PAID_BEFORE", "本件已经支出过，款项退回入账之前不能再次预留或支出",
                          "This case has been paid; until the money has come back nothing more is reserved or spent for it"))
    if amount_fen is None and budget.unit == "money" and (spends or will):
        raise Refused(one("NO_AMOUNT", "金额还没有算出来，不能预留，请先把表填完整", "There is no amount yet to be reserved; complete the form first", "amount"))
    amount = wanted(budget, amount_fen) if (spends or will) and spent is None else 0
    if held is not None and not amount:
        _resolve(session, held, "release", row.id, seq, now)
    elif amount:
        hold = _held(session, definition, held, row.id, amount, facts, cycle, seq, now)
        if spends:
            _resolve(session, hold, "spend", row.id, seq, now)


def _held(session: Session, definition: Definition, held: Row[Any] | None, case_id: str, amount: int, facts: Mapping[str, Any],
          cycle: str | None, seq: int, now: datetime) -> Row[Any]:
    """Return the hold of exactly `amount`: the one there is, or a new one in its place.

    Less than before stays in the pool that had promised it, even where that is closed by now: it is last year's promise.
    """
    found = payers(session, definition, facts, cycle, lock=frozenset() if held is None else frozenset({held.pool_id}))
    own, same = {}, None
    if held is not None:
        same = session.connection().execute(select(_pools).where(_pools.c.id == held.pool_id)).one()
        same = same if same.key == found.key or same.key.startswith(f"{found.key}@") else None
        if held.amount == amount and same is not None:
            return held
        _resolve(session, held, "release", case_id, seq, now)
        own = {held.pool_id: held.amount}
    pool = same if same is not None and held is not None and amount < held.amount else found.first(amount, own)
    if pool is None:
        raise Refused([found.refusal(amount, own)])
    hold_id = ids.new(now)
    session.connection().execute(insert(_holds), {
        "id": hold_id, "case_id": case_id, "pool_id": pool.id, "amount": amount, "status": "open", "returned": 0,
        "opened_at": now, "resolved_at": None})
    ledger.book(session, pool.id, "hold", amount, case_id, seq, now, hold_id=hold_id, regained=own.get(pool.id, 0))
    return session.connection().execute(select(_holds).where(_holds.c.id == hold_id)).one()


def give_back(session: Session, hold_id: str, amount: int, stream: str, seq: int, now: datetime) -> None:
    """Book that money spent came back, all or part of it; event `seq` of `stream` says so and why.

    A closed year is not written in again: what it had spent comes into the pool its balance was carried to, as new money
    there. Raises `Refused` where more would come back than went out, where nothing was spent, or nothing was carried over.
    """
    row = session.connection().execute(select(_holds).where(_holds.c.id == hold_id)).one_or_none()
    changed = 0
    if row is not None and amount > 0:
        pool = ledger.locked(session, pool_id=row.pool_id)
        changed = session.connection().execute(update(_holds).where(
            _holds.c.id == hold_id, _holds.c.status == "spent", _holds.c.returned + amount <= _holds.c.amount)
            .values(returned=_holds.c.returned + amount)).rowcount
    if row is None or changed != 1:
        raise Refused(one("RETURN_TOO_MUCH", "退回的金额超过已支出的金额，请核对",
                          "More would come back than was spent; check the amount", "amount"))
    kind = "return"
    while pool is not None and ledger.closed(pool, now):
        if pool.successor_id is None:
            raise Refused(one("NO_SUCCESSOR", f"资金池 {pool.key} 已于 {pool.closed_on} 关账，退回的款项要记入结转后的资金池，请先办理结转",
                              f"The pool {pool.key} closed on {pool.closed_on}; carry it over first, money that comes back goes to its successor"))
        kind, pool = "recover", ledger.locked(session, pool_id=pool.successor_id)
    assert pool is not None
    ledger.book(session, pool.id, kind, amount, stream, seq, now, hold_id=hold_id)


def _spends(budget: Budget, state: str, trigger: str) -> bool:
    return f"{state}.{trigger}" == budget.commit


def _live(session: Session, case_id: str, unit: str) -> Sequence[Row[Any]]:
    """Return what the case holds, and what was spent for it and has not come back in full, oldest first."""
    return session.connection().execute(select(_holds).join(_pools, _pools.c.id == _holds.c.pool_id).where(
        _holds.c.case_id == case_id, _pools.c.unit == unit, _LIVE).order_by(_holds.c.id)).all()


def _resolve(session: Session, hold: Row[Any], kind: str, case_id: str, seq: int, now: datetime) -> None:
    """Release or spend all of a hold. That it is open is asked again: whoever resolved it first, resolved it."""
    ledger.locked(session, pool_id=hold.pool_id)
    changed = session.connection().execute(update(_holds).where(_holds.c.id == hold.id, _holds.c.status == "open").values(
        status="spent" if kind == "spend" else "released", resolved_at=now))
    if changed.rowcount != 1:
        raise Refused(one("HOLD_RESOLVED", "这笔预留已经释放或支出，请刷新页面查看", "This hold was resolved already; reload the page"))
    ledger.book(session, hold.pool_id, kind, hold.amount, case_id, seq, now, hold_id=hold.id)


def holds_of(session: Session, case_id: str) -> Sequence[Row[Any]]:
    """Return what a case has held, oldest first."""
    return session.connection().execute(select(_holds).where(_holds.c.case_id == case_id).order_by(_holds.c.id)).all()


__all__ = ["Balance", "available", "balance", "give_back", "holds_of", "objections", "pattern", "refuse_short", "settle", "wanted"]
