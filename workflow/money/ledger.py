"""The one writer of ledger entries: an entry and the pool's new totals, or neither.

The pool's row is locked from reading to writing, so the next one waits; the UPDATE asks once more whether there is
enough, the database's CHECKs a third time. Triggers refuse an entry that does not balance and totals without an entry.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..calendar import ZONE
from ..errors import Damaged, Refused, one
from ..records import LedgerEntry, Pool

_pools, _entries = Pool.__table__, LedgerEntry.__table__
_EFFECTS = {                              # what one unit of each kind adds to total, held and spent
    "grant": (1, 0, 0), "adjust": (1, 0, 0), "hold": (0, 1, 0), "release": (0, -1, 0), "spend": (0, -1, 1), "return": (0, 0, -1),
    "transfer": (1, 0, 0), "carry": (1, 0, 0), "purchase": (0, 0, 1), "refund": (0, 0, -1), "recover": (1, 0, 0),
}
_ACCOUNTS = {
    "grant": ("source", "available"), "adjust": ("source", "available"), "hold": ("available", "held"),
    "release": ("held", "available"), "spend": ("held", "spent"), "return": ("spent", "available"),
    "transfer": ("source", "available"), "carry": ("source", "available"), "purchase": ("available", "spent"),
    "refund": ("spent", "available"), "recover": ("source", "available"),
}
LEAVES = frozenset({"release", "spend"})      # what still happens in a pool after its last day; what is left is carried on


def locked(session: Session, *, key: str | None = None, pool_id: int | None = None) -> Row[Any] | None:
    """Return the row of a pool, kept from others until the transaction ends; None where there is none."""
    wanted = _pools.c.key == key if pool_id is None else _pools.c.id == pool_id
    return session.connection().execute(select(_pools).where(wanted).with_for_update()).one_or_none()


def left(pool: Row[Any]) -> int:
    """Return what may still be reserved."""
    return int(pool.total - pool.held - pool.spent)


def closed(pool: Row[Any], now: datetime) -> bool:
    """Return whether the last day of a pool is over, by the calendar of the office."""
    return pool.closed_on is not None and now.astimezone(ZONE).date() > pool.closed_on


def move(session: Session, giver: int, taker: int, kind: str, amount: int, stream: str, seq: int, now: datetime) -> None:
    """Write the two entries of a `transfer` or a `carry`; both pools are locked, the smaller id first, before either changes."""
    for pool_id in sorted((giver, taker)):
        locked(session, pool_id=pool_id)
    book(session, giver, kind, -amount, stream, seq, now)
    book(session, taker, kind, amount, stream, seq, now)


def book(session: Session, pool_id: int, kind: str, amount: int, stream: str, seq: int, now: datetime, *,
         hold_id: str | None = None, regained: int = 0) -> None:
    """Write one movement of `amount` (分 or a count; negative only where an adjustment or a move takes money out).

    `regained` is what the same event has released in this pool: as much may be held again after its last day.
    Whether there is enough is the caller's question, who has a sentence for it; here it is an error of ours.
    """
    pool = locked(session, pool_id=pool_id)
    giver, taker = _ACCOUNTS[kind] if amount > 0 else _ACCOUNTS[kind][::-1]
    total, held, spent = _EFFECTS[kind]
    if pool is None:
        raise _broken(pool_id)
    after = {"entries": pool.entries + 1, "total": pool.total + total * amount, "held": pool.held + held * amount,
             "spent": pool.spent + spent * amount}
    if closed(pool, now) and kind not in LEAVES and not (kind == "carry" and amount < 0) and not (
            kind == "hold" and amount <= regained):
        raise Refused(one("POOL_CLOSED", f"资金池 {pool.key} 已于 {pool.closed_on} 关账，不能再记账，请记入结转后的资金池",
                          f"The pool {pool.key} closed on {pool.closed_on}; book it in the pool its balance was carried to"))
    connection = session.connection()
    connection.execute(insert(_entries), {
        "pool_id": pool_id, "n": after["entries"], "kind": kind, "from_account": giver, "to_account": taker,
        "amount": abs(amount), "hold_id": hold_id, "stream": stream, "seq": seq, "at": now, "total": after["total"],
        "held": after["held"], "spent": after["spent"]})
    taken = max(0, (held + spent - total) * amount)          # what leaves `available`
    changed = connection.execute(update(_pools).where(
        _pools.c.id == pool_id, _pools.c.entries == pool.entries,
        _pools.c.total - _pools.c.held - _pools.c.spent >= taken).values(**after))
    if changed.rowcount != 1:
        raise _broken(pool_id)


def _broken(pool_id: int) -> Damaged:
    return Damaged(one("POOL_BROKEN", f"资金池 {pool_id} 的账目不符，本次没有写入，请联系审计员",
                       f"The books of pool {pool_id} do not fit; nothing was written, tell the auditor"))
