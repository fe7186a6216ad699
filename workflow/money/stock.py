"""Goods that a case gives: reserved in the pools of their items, taken out when they were signed for.

An item is a pool counted in `items`: what was bought came in as its total, what is planned is held, what was issued is
spent, and leftovers are returned, so that goods cannot go out without stock any more than money without budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from .. import ids
from ..errors import Message, Refused
from ..language.banned import banned
from ..records import Hold, Pool
from . import ledger
from .holds import _resolve

_pools, _holds = Pool.__table__, Hold.__table__


def objections(session: Session, case_id: str, wanted: Mapping[str, int]) -> list[Message]:
    """Return, for each item of which too few are in stock beside what the case holds itself, how many there are. Locks nothing."""
    found = {row.key: row for row in session.connection().execute(select(_pools).where(_pools.c.key.in_(wanted)))}
    own = {row.key: row.amount for row in _open(session, case_id)}
    return [_short(key, number, found.get(key), own.get(key, 0)) for key, number in sorted(wanted.items())
            if _left(found.get(key)) + own.get(key, 0) < number]


def settle(session: Session, case_id: str, wanted: Mapping[str, int], *, spend: bool, seq: int, now: datetime) -> None:
    """Reserve exactly `wanted` of each pool (none: release all), and issue it where `spend`; event `seq` of the case explains it.

    Raises `Refused` where there is not enough. Pools are taken in the order of their keys, so that no two cases wait for
    each other.
    """
    held = {row.key: row for row in _open(session, case_id)}
    for key in sorted({*held, *wanted}):
        hold, number = held.get(key), wanted.get(key, 0)
        if hold is not None and hold.amount != number:
            _resolve(session, hold, "release", case_id, seq, now)
            hold = None
        if hold is None and number:
            hold = _hold(session, key, case_id, number, seq, now)
        if hold is not None and spend:
            _resolve(session, hold, "spend", case_id, seq, now)


def _open(session: Session, case_id: str) -> list[Row[Any]]:
    return list(session.connection().execute(select(_holds, _pools.c.key).join(_pools, _pools.c.id == _holds.c.pool_id).where(
        _holds.c.case_id == case_id, _holds.c.status == "open", _pools.c.unit == "items")))


def _hold(session: Session, key: str, case_id: str, number: int, seq: int, now: datetime) -> Row[Any]:
    pool = ledger.locked(session, key=key)
    if pool is None or pool.unit != "items" or ledger.left(pool) < number:
        raise Refused([_short(key, number, pool, 0)])
    hold_id = ids.new(now)
    session.connection().execute(insert(_holds), {
        "id": hold_id, "case_id": case_id, "pool_id": pool.id, "amount": number, "status": "open", "returned": 0,
        "opened_at": now, "resolved_at": None})
    ledger.book(session, pool.id, "hold", number, case_id, seq, now, hold_id=hold_id)
    return session.connection().execute(select(_holds, _pools.c.key).join(_pools, _pools.c.id == _holds.c.pool_id)
                                        .where(_holds.c.id == hold_id)).one()


def _left(pool: Row[Any] | None) -> int:
    return 0 if pool is None or pool.unit != "items" else ledger.left(pool)


def _short(key: str, wanted: int, pool: Row[Any] | None, own: int) -> Message:
    item, there = key.rpartition("/")[2], _left(pool) + own
    if (ban := banned(item)) is not None:
        return Message("ITEM_BANNED", f"不能发放“{item}”：{ban[1].why.zh}（{ban[1].source}）", f"'{item}' may not be given: {ban[1].why.text('en')}", "goods")
    return Message("STOCK_SHORT", f"库存不足：{item} 可用 {there} 件，本件需要 {wanted} 件，请先入库或减少数量",
                   f"Not enough stock: {there} of {item} left, {wanted} needed; take more in or ask for fewer", "goods")
