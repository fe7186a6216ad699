"""三账核对: the pools against the lines that were granted, the batches against the bank, the stock against what was signed for.

Each is counted from another table than the other, and a difference is shown with the cases behind it; nothing is ever
put right here. Money that was paid by hand, without a batch, stands in a column of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..money.reading import visible as pools_visible
from ..records import Case, GrantLine, Hold, LedgerEntry, PaymentAnswer, PaymentBatch, PaymentLine, Pool
from .reading import chunks, visible

_pools, _holds, _entries, _cases = (m.__table__ for m in (Pool, Hold, LedgerEntry, Case))
_granted, _batches, _lines, _answers = (m.__table__ for m in (GrantLine, PaymentBatch, PaymentLine, PaymentAnswer))


@dataclass(frozen=True, slots=True)
class Odd:
    """A case of which two accounts differ: what the one and the other say, in 分 or pieces."""

    case_id: str
    number: str
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Books:
    """账账: one pool of money. `spent` by its ledger; `granted` by the paid lines less what came back; of these `paid` by batches."""

    pool_id: int
    key: str
    spent: int
    bought: int                      # spent without a case: purchases for stock, less refunds
    granted: int
    paid: int
    by_hand: int
    odd: tuple[Odd, ...]

    @property
    def difference(self) -> int:
        return self.spent - self.bought - self.granted


@dataclass(frozen=True, slots=True)
class Banked:
    """账款: one batch as sealed, and by the bank's answers."""

    batch_id: str
    number: str
    status: str
    total: int
    paid: int
    failed: int
    waiting: int
    told: int | None                 # what the newest whole answer of the bank says was paid; None: no answer, or cash

    @property
    def difference(self) -> int:
        """Of the lines against the seal, and of the bank's word against the lines: too much in one never hides too little in the other."""
        lines = self.total - self.paid - self.failed - self.waiting
        bank = 0 if self.told is None else self.paid - self.told
        return lines + bank if lines * bank >= 0 else abs(lines) + abs(bank)


@dataclass(frozen=True, slots=True)
class Stock:
    """账物: one item. `issued` by its pool, `signed` by the lines that were signed for; in pieces."""

    pool_id: int
    key: str
    total: int
    issued: int
    signed: int
    odd: tuple[Odd, ...]

    @property
    def difference(self) -> int:
        return self.issued - self.signed


def books(session: Session, actor: Actor) -> list[Books]:
    """Return every pool of money in scope, by key."""
    pools = session.execute(select(_pools).where(pools_visible(actor), _pools.c.unit == "money").order_by(_pools.c.key)).all()
    held, bought = _spent(session, pools), _bought(session, pools)
    cases = {case_id for one in held.values() for case_id in one}
    granted, paid = _money(session, cases), _batched(session, cases)
    numbers = _numbers(session, cases)
    found = []
    for pool in pools:
        mine = held.get(pool.id, {})
        odd = [Odd(case_id, numbers.get(case_id, ""), fen, granted.get(case_id, 0)) for case_id, fen in mine.items() if fen != granted.get(case_id, 0)]
        odd += [Odd(case_id, numbers.get(case_id, ""), paid[case_id][0], paid[case_id][1]) for case_id in mine
                if case_id in paid and paid[case_id][0] != paid[case_id][1]]
        through = sum(paid[case_id][0] for case_id in mine if case_id in paid)
        whole = sum(granted.get(case_id, 0) for case_id in mine)
        back = sum(paid[case_id][2] for case_id in mine if case_id in paid)
        found.append(Books(pool.id, pool.key, pool.spent, bought.get(pool.id, 0), whole, through, whole - through + back, tuple(sorted(odd, key=lambda one: one.number))))
    return found


def banked(session: Session, actor: Actor, *, limit: int = 200) -> list[Banked]:
    """Return the batches in scope that left the house, newest first."""
    rows = session.execute(select(_batches).where(visible(actor), _batches.c.status.in_(("sent", "closed"))).order_by(_batches.c.id.desc()).limit(limit)).all()
    sums: defaultdict[str, dict[str, int]] = defaultdict(dict)
    told: dict[str, int] = {}
    for some in chunks([row.id for row in rows]):
        for batch_id, status, fen in session.execute(select(_lines.c.batch_id, _lines.c.status, func.sum(_lines.c.amount_fen)).where(
                _lines.c.batch_id.in_(some)).group_by(_lines.c.batch_id, _lines.c.status)):
            sums[batch_id][status] = int(fen)
        for answer in session.execute(select(_answers.c.batch_id, _answers.c.rows, _answers.c.paid_fen).where(_answers.c.batch_id.in_(some)).order_by(_answers.c.id)):
            size = next(row._mapping["count"] for row in rows if row.id == answer.batch_id)
            if answer.rows >= size:
                told[answer.batch_id] = answer.paid_fen
    return [Banked(row.id, row.number, row.status, row.total_fen, sums[row.id].get("paid", 0), sums[row.id].get("failed", 0), sums[row.id].get("sent", 0),
                   told.get(row.id)) for row in rows]


def days(session: Session, actor: Actor, *, limit: int = 31) -> Sequence[Row[Any]]:
    """Return what arrived on each day by the bank's word, the newest day first: day, number, total in 分."""
    return session.execute(select(_lines.c.settled_on.label("day"), func.count().label("number"), func.sum(_lines.c.amount_fen).label("total"))
                           .join(_batches, _batches.c.id == _lines.c.batch_id).where(visible(actor), _lines.c.status == "paid")
                           .group_by(_lines.c.settled_on).order_by(_lines.c.settled_on.desc()).limit(limit)).all()


def stock(session: Session, actor: Actor) -> list[Stock]:
    """Return every pool of goods in scope, by key."""
    pools = session.execute(select(_pools).where(pools_visible(actor), _pools.c.unit == "items").order_by(_pools.c.key)).all()
    held = _spent(session, pools)
    cases = {case_id for one in held.values() for case_id in one}
    signed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for some in chunks(cases):
        for case_id, item, number in session.execute(select(_granted.c.case_id, _granted.c.item, func.sum(_granted.c.quantity)).where(
                _granted.c.case_id.in_(some), _granted.c.status == "paid", _granted.c.item.is_not(None)).group_by(_granted.c.case_id, _granted.c.item)):
            signed[item, case_id] = int(number)
    numbers, found = _numbers(session, cases), []
    for pool in pools:
        mine = held.get(pool.id, {})
        odd = tuple(Odd(case_id, numbers.get(case_id, ""), given, signed[pool.key, case_id]) for case_id, given in mine.items() if given != signed[pool.key, case_id])
        found.append(Stock(pool.id, pool.key, pool.total, pool.spent, sum(signed[pool.key, case_id] for case_id in mine), odd))
    return found


def _spent(session: Session, pools: Sequence[Row[Any]]) -> dict[int, dict[str, int]]:
    """Return what each case has spent of each pool, less what came back."""
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for some in chunks([pool.id for pool in pools]):
        for pool_id, case_id, number in session.execute(select(_holds.c.pool_id, _holds.c.case_id, func.sum(_holds.c.amount - _holds.c.returned)).where(
                _holds.c.pool_id.in_(some), _holds.c.status == "spent").group_by(_holds.c.pool_id, _holds.c.case_id)):
            found[pool_id][case_id] = int(number)
    return found


def _bought(session: Session, pools: Sequence[Row[Any]]) -> dict[int, int]:
    found: defaultdict[int, int] = defaultdict(int)
    for some in chunks([pool.id for pool in pools]):
        for pool_id, kind, fen in session.execute(select(_entries.c.pool_id, _entries.c.kind, func.sum(_entries.c.amount)).where(
                _entries.c.pool_id.in_(some), _entries.c.kind.in_(("purchase", "refund"))).group_by(_entries.c.pool_id, _entries.c.kind)):
            found[pool_id] += int(fen) if kind == "purchase" else -int(fen)
    return found


def _money(session: Session, cases: set[str]) -> dict[str, int]:
    """Return what the paid lines of each case come to, less what came back."""
    found: dict[str, int] = {}
    for some in chunks(cases):
        found |= {case_id: int(fen) for case_id, fen in session.execute(select(_granted.c.case_id, func.sum(_granted.c.amount_fen - _granted.c.returned_fen)).where(
            _granted.c.case_id.in_(some), _granted.c.status == "paid").group_by(_granted.c.case_id))}
    return found


def _batched(session: Session, cases: set[str]) -> dict[str, tuple[int, int, int]]:
    """Return, of each case that was paid in batches, what these paid, what the lines they paid were granted, and what of it came back."""
    found: dict[str, tuple[int, int, int]] = {}
    for some in chunks(cases):
        for case_id, fen, granted, back in session.execute(
                select(_lines.c.case_id, func.sum(_lines.c.amount_fen), func.sum(_granted.c.amount_fen), func.sum(_granted.c.returned_fen))
                .join(_granted, _granted.c.id == _lines.c.grant_line_id).where(_lines.c.case_id.in_(some), _lines.c.status == "paid").group_by(_lines.c.case_id)):
            found[case_id] = (int(fen), int(granted), int(back))
    return found


def _numbers(session: Session, cases: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(cases):
        found |= {row.id: row.number for row in session.execute(select(_cases.c.id, _cases.c.number).where(_cases.c.id.in_(some)))}
    return found


__all__ = ["Banked", "Books", "Odd", "Stock", "banked", "books", "days", "stock"]
