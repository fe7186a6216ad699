"""What a case reserves, and what it spends: `budget` of a definition carried out, inside the transaction of the step.

State-based on purpose: a case holds while it stands in one of the `hold_in` states, whatever way it came or leaves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import ids
from ..errors import Message, Refused, one
from ..language.definition import Budget, Definition
from ..records import Hold, Pool
from . import ledger

_pools, _holds = Pool.__table__, Hold.__table__
_PART = re.compile(r"\{(org\.code|org\.county|key|year|cycle)\}")
_LIVE = or_(_holds.c.status == "open", (_holds.c.status == "spent") & (_holds.c.returned < _holds.c.amount))


@dataclass(frozen=True, slots=True)
class Balance:
    """What the pool of a case has left, beside the amount. `after` is what would be left once this case is granted."""

    key: str
    unit: str
    exists: bool
    available: int                   # 分 or a count; without what this case holds
    own: int                         # what this case holds already
    after: int                       # negative: not enough


def pool_key(definition: Definition, facts: Mapping[str, Any], cycle: str | None = None) -> str:
    """Return the key of the pool that pays for a case with these facts: `539921/2026/aid`."""
    assert definition.budget is not None
    return pattern(definition.budget.pool, definition, facts, cycle)


def pattern(text: str, definition: Definition, facts: Mapping[str, Any], cycle: str | None = None) -> str:
    """Return a pattern of pool keys with the words of a case put in."""
    words = {"org.code": facts["org"]["code"], "org.county": facts["org"]["county"] or facts["org"]["code"],
             "key": definition.key, "year": str(facts["case"]["year"]), "cycle": cycle or facts["case"]["cycle"]}
    return _PART.sub(lambda part: str(words[part[1]]), text)


def available(session: Session, definition: Definition, facts: Mapping[str, Any], case_id: str) -> Decimal:
    """Return what the case may still be granted, in yuan or as a count: what is left, and what it holds itself."""
    found = _balance(session, definition, facts, case_id)
    amount = found.available + found.own
    return Decimal(amount) / 100 if found.unit == "money" else Decimal(amount)


def balance(session: Session, definition: Definition, facts: Mapping[str, Any], case_id: str, amount_fen: int | None) -> Balance | None:
    """Return what stands in the pool of a case and what would be left; None where the programme has no budget."""
    return None if definition.budget is None else _balance(session, definition, facts, case_id, wanted(definition.budget, amount_fen))


def wanted(budget: Budget, amount_fen: int | None) -> int:
    """Return how much one case reserves; goods are reserved line by line (`stock`)."""
    return 1 if budget.unit == "heads" else 0 if budget.unit == "items" else amount_fen or 0


def _balance(session: Session, definition: Definition, facts: Mapping[str, Any], case_id: str, amount: int = 0) -> Balance:
    assert definition.budget is not None
    key, unit = pool_key(definition, facts), definition.budget.unit
    held = select(func.coalesce(func.sum(_holds.c.amount), 0)).where(
        _holds.c.case_id == case_id, _holds.c.pool_id == _pools.c.id)
    row = session.connection().execute(select(
        _pools, held.where(_holds.c.status == "open").scalar_subquery().label("own"),
        held.where(_LIVE).scalar_subquery().label("live")).where(_pools.c.key == key)).one_or_none()
    if row is None:
        return Balance(key, unit, False, 0, 0, -amount)
    left, own = ledger.left(row), int(row.own)
    return Balance(key, unit, True, left, own, left if row.live and not own else left + own - amount)


def objections(definition: Definition, source: str, dest: str, trigger: str, amount_fen: int | None, available: Decimal,
               key: str = "") -> list[Message]:
    """Return why this step cannot reserve what it needs; `available` in yuan or as a count. Pure, for golden cases too."""
    budget = definition.budget
    if budget is None or not (dest in budget.hold_in or _spends(budget, source, trigger)):
        return []
    have = int(available * 100) if budget.unit == "money" else int(available)
    need = wanted(budget, amount_fen)
    return [] if need <= have else [_short(key or budget.pool, budget.unit, have, need)]


def refuse_short(session: Session, definition: Definition, row: Row[Any], trigger: str, dest: str, amount_fen: int | None,
                 facts: Mapping[str, Any]) -> None:
    """Raise `Refused` where `settle` would find too little, so that it is told before a button is pressed. Locks nothing."""
    budget = definition.budget
    if budget is None or not (dest in budget.hold_in or _spends(budget, row.state, trigger)) or not wanted(budget, amount_fen):
        return
    found = _balance(session, definition, facts, row.id, wanted(budget, amount_fen))
    if not found.exists:
        raise Refused(_no_pool(found.key))
    if found.after < 0:
        raise Refused([_short(found.key, budget.unit, found.available + found.own, wanted(budget, amount_fen))])


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
    live = session.connection().execute(select(_holds).join(_pools, _pools.c.id == _holds.c.pool_id).where(
        _holds.c.case_id == row.id, _pools.c.unit == budget.unit, _LIVE).order_by(_holds.c.id)).all()
    spent = next((hold for hold in live if hold.status == "spent"), None)
    held = next((hold for hold in live if hold.status == "open"), None)
    if spent is not None and (spends or will and not was):
        raise Refused(one("PAID_BEFORE", "本件已经支出过，款项退回入账之前不能再次预留或支出",
                          "This case has been paid; until the money has come back nothing more is reserved or spent for it"))
    if amount_fen is None and budget.unit == "money" and (spends or will):
        raise Refused(one("NO_AMOUNT", "金额还没有算出来，不能预留，请先把表填完整", "There is no amount yet to be reserved; complete the form first", "amount"))
    amount = wanted(budget, amount_fen) if (spends or will) and spent is None else 0
    key = pool_key(definition, facts, cycle)
    if held is not None and (held.amount != amount or amount and not _in(session, held, key)):
        _resolve(session, held, "release", row.id, seq, now)
        held = None
    if held is None and amount:
        held = _hold(session, key, budget, row.id, amount, seq, now, facts)
    if held is not None and spends:
        _resolve(session, held, "spend", row.id, seq, now)


def give_back(session: Session, hold_id: str, amount: int, stream: str, seq: int, now: datetime) -> None:
    """Book that money spent came back, all or part of it; event `seq` of `stream` says so and why.

    Raises `Refused` where more would come back than went out, or where nothing was spent.
    """
    row = session.connection().execute(select(_holds).where(_holds.c.id == hold_id)).one_or_none()
    changed = 0
    if row is not None and amount > 0:
        ledger.locked(session, pool_id=row.pool_id)
        changed = session.connection().execute(update(_holds).where(
            _holds.c.id == hold_id, _holds.c.status == "spent", _holds.c.returned + amount <= _holds.c.amount)
            .values(returned=_holds.c.returned + amount)).rowcount
    if row is None or changed != 1:
        raise Refused(one("RETURN_TOO_MUCH", "退回的金额超过已支出的金额，请核对",
                          "More would come back than was spent; check the amount"))
    ledger.book(session, row.pool_id, "return", amount, stream, seq, now, hold_id=hold_id)


def _spends(budget: Budget, state: str, trigger: str) -> bool:
    return f"{state}.{trigger}" == budget.commit


def _in(session: Session, hold: Row[Any], key: str) -> bool:
    return bool(session.connection().execute(select(_pools.c.key).where(_pools.c.id == hold.pool_id)).scalar_one() == key)


def _hold(session: Session, key: str, budget: Budget, case_id: str, amount: int, seq: int, now: datetime,
          facts: Mapping[str, Any]) -> Row[Any]:
    pool = ledger.locked(session, key=key)
    if pool is None:
        raise Refused(_no_pool(key))
    if pool.unit != budget.unit:
        raise Refused(one("POOL_UNIT", f"资金池 {key} 的计量单位与本项目不同，请联系管理员",
                          f"The pool {key} counts in another unit than this programme; tell the administrator"))
    if pool.closed_on is not None and facts["today"] > pool.closed_on:
        raise Refused(one("POOL_CLOSED", f"资金池 {key} 已于 {pool.closed_on} 关账，不能再预留，请联系县总工会财务",
                          f"The pool {key} closed on {pool.closed_on}; nothing more is reserved there, ask the county's finance officer"))
    if ledger.left(pool) < amount:
        raise Refused([_short(key, budget.unit, ledger.left(pool), amount)])
    hold_id = ids.new(now)
    session.connection().execute(insert(_holds), {
        "id": hold_id, "case_id": case_id, "pool_id": pool.id, "amount": amount, "status": "open", "returned": 0,
        "opened_at": now, "resolved_at": None})
    ledger.book(session, pool.id, "hold", amount, case_id, seq, now, hold_id=hold_id)
    return session.connection().execute(select(_holds).where(_holds.c.id == hold_id)).one()


def _resolve(session: Session, hold: Row[Any], kind: str, case_id: str, seq: int, now: datetime) -> None:
    """Release or spend all of a hold. That it is open is asked again: whoever resolved it first, resolved it."""
    ledger.locked(session, pool_id=hold.pool_id)
    changed = session.connection().execute(update(_holds).where(_holds.c.id == hold.id, _holds.c.status == "open").values(
        status="spent" if kind == "spend" else "released", resolved_at=now))
    if changed.rowcount != 1:
        raise Refused(one("HOLD_RESOLVED", "这笔预留已经释放或支出，请刷新页面查看", "This hold was resolved already; reload the page"))
    ledger.book(session, hold.pool_id, kind, hold.amount, case_id, seq, now, hold_id=hold.id)


def _no_pool(key: str) -> tuple[Message, ...]:
    return one("NO_POOL", f"预算余额不足：还没有开立资金池 {key}，请县总工会财务开立并经负责人确认后再办",
               f"There is no pool {key} yet: the county's finance officer opens it, its leader confirms; then try again", "budget")


def _short(key: str, unit: str, have: int, need: int) -> Message:
    """Say how much is left and what to do."""
    left, asked = (f"{have / 100:,.2f}", f"{need / 100:,.2f}") if unit == "money" else (f"{have}", f"{need}")
    zh, en = {"money": ("元", "yuan"), "heads": ("人", "people"), "items": ("件", "items")}[unit]
    return Message("BUDGET_SHORT", f"预算余额不足：资金池 {key} 余额 {left} {zh}，本件需要 {asked} {zh}，请联系县总工会财务调整预算后再办",
                   f"Not enough budget: {left} {en} left in {key}, {asked} {en} needed; ask the county's finance officer to adjust it",
                   "budget")


def holds_of(session: Session, case_id: str) -> Sequence[Row[Any]]:
    """Return what a case has held, oldest first."""
    return session.connection().execute(select(_holds).where(_holds.c.case_id == case_id).order_by(_holds.c.id)).all()
