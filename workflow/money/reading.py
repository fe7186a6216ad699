"""What stands in the pools: their figures, books and proposals, for whoever may see them. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import NotFound
from ..language.sources import sources
from ..programmes import by_digest
from ..records import Case, Hold, LedgerEntry, Organisation, Person, Pool, PoolProposal

READERS = frozenset({"county_handler", "county_leader", "county_committee", "finance", "cashier", "auditor"})
_pools, _proposals, _entries, _holds = (m.__table__ for m in (Pool, PoolProposal, LedgerEntry, Hold))


@dataclass(frozen=True, slots=True)
class Fund:
    """The pools of one source and what stands in those of money, in 分. Sums are made within a source and never across them."""

    source: str | None
    own: bool                        # counts as the union's expenditure
    pools: tuple[Row[Any], ...]
    total: int
    held: int
    spent: int


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `pools` for what `actor` may read: those of their organisation and below it.

    The command line is no person and reads them all.
    """
    if actor.via == "command" and actor.person_id is None:
        return Pool.id.is_not(None)
    paths = {post.path for post in actor.posts if post.role in READERS}
    return or_(*(Pool.path.like(path + "%") for path in sorted(paths))) if paths else false()


def pools(session: Session, actor: Actor) -> Sequence[Row[Any]]:
    """Return the pools in scope with the organisation's name, open ones first, then by key."""
    return session.execute(select(_pools, Organisation.name.label("organisation")).join(
        Organisation, Organisation.id == _pools.c.organisation_id).where(visible(actor))
        .order_by(_pools.c.closed_on.is_not(None), _pools.c.key)).all()


def pool(session: Session, pool_id: int, actor: Actor) -> Row[Any]:
    """Return one pool with its organisation's name. Raises `NotFound` out of scope."""
    row = session.execute(select(_pools, Organisation.name.label("organisation")).join(
        Organisation, Organisation.id == _pools.c.organisation_id).where(_pools.c.id == pool_id, visible(actor))).one_or_none()
    if row is None:
        raise NotFound("pool")
    return row


def by_source(rows: Sequence[Row[Any]]) -> tuple[Fund, ...]:
    """Return the pools by source, in the order of `definitions/sources.yaml`, those without one last; goods are not money. Pure."""
    order = {name: place for place, name in enumerate(sources())}
    names = sorted({row.source for row in rows if row.unit != "items"}, key=lambda name: (order.get(name or "", len(order)), name or "~"))
    funds = []
    for name in names:
        pools = tuple(row for row in rows if row.source == name and row.unit != "items")
        money = [row for row in pools if row.unit == "money"]
        known = sources().get(name or "")
        funds.append(Fund(name, known is None or known.own, pools, *(sum(getattr(row, column) for row in money) for column in ("total", "held", "spent"))))
    return tuple(funds)


def spent_by_value(session: Session, actor: Actor) -> dict[str, tuple[int, int]]:
    """Return what was spent of each kind of value and has not come back, in 分: (the union's own, passed through its hands).

    The kinds are never added together. Goods are what was paid for them, not what they were given for.
    """
    found: dict[str, list[int]] = {}

    def add(value: str, source: str | None, amount: int) -> None:
        known = sources().get(source or "")
        found.setdefault(value, [0, 0])[0 if known is None or known.own else 1] += amount
    for row in session.execute(select(_pools.c.source, Case.definition_digest, func.sum(_holds.c.amount - _holds.c.returned).label("amount"))
                               .join(_holds, _holds.c.pool_id == _pools.c.id).join(Case, Case.id == _holds.c.case_id)
                               .where(visible(actor), _holds.c.status == "spent", _pools.c.unit == "money")
                               .group_by(_pools.c.source, Case.definition_digest)):
        add(by_digest(session, row.definition_digest).value, row.source, int(row.amount))
    for row in session.execute(select(_pools.c.source, func.sum(case((_entries.c.kind == "purchase", _entries.c.amount), else_=-_entries.c.amount)).label("amount"))
                               .join(_entries, _entries.c.pool_id == _pools.c.id)
                               .where(visible(actor), _entries.c.kind.in_(("purchase", "refund"))).group_by(_pools.c.source)):
        add("goods", row.source, int(row.amount))
    return {value: (own, passed) for value, (own, passed) in found.items() if own or passed}


def entries(session: Session, pool_id: int, *, before: int | None = None, limit: int = 50) -> Sequence[Row[Any]]:
    """Return the newest entries of a pool, of which `n` is below `before`.

    With `case_id` and `number` of the case, and `other` and `other_key` of the pool that money was moved from or to.
    """
    there, other = _entries.alias("there"), _pools.alias("other")
    query = select(_entries, _holds.c.case_id, Case.number, other.c.id.label("other"), other.c.key.label("other_key")).outerjoin(
        _holds, _holds.c.id == _entries.c.hold_id).outerjoin(Case, Case.id == _holds.c.case_id).outerjoin(
        there, (there.c.stream == _entries.c.stream) & (there.c.seq == _entries.c.seq) & (there.c.kind == _entries.c.kind)
        & (there.c.pool_id != _entries.c.pool_id) & _entries.c.kind.in_(("transfer", "carry"))).outerjoin(
        other, other.c.id == there.c.pool_id).where(_entries.c.pool_id == pool_id)
    if before is not None:
        query = query.where(_entries.c.n < before)
    return session.execute(query.order_by(_entries.c.n.desc()).limit(limit)).all()


def takers(session: Session, pool: Row[Any], actor: Actor) -> Sequence[Row[Any]]:
    """Return the open pools to which money of this one could be moved: the same unit and source, kept by the same actor."""
    same = _pools.c.source.is_(None) if pool.source is None else _pools.c.source == pool.source
    return session.execute(select(_pools).where(visible(actor), same, _pools.c.unit == pool.unit, _pools.c.id != pool.id,
                                                _pools.c.closed_on.is_(None)).order_by(_pools.c.key)).all()


def waiting(session: Session, actor: Actor) -> frozenset[int]:
    """Return the ids of the pools in scope for which a proposal waits."""
    return frozenset(session.scalars(select(PoolProposal.pool_id).join(Pool, Pool.id == PoolProposal.pool_id).where(
        PoolProposal.status == "open", visible(actor))))


def proposals(session: Session, pool_id: int) -> Sequence[Row[Any]]:
    """Return what was proposed for a pool, newest first, with the names of who proposed and who decided."""
    proposer, decider = Person.__table__.alias("proposer"), Person.__table__.alias("decider")
    other = _pools.alias("other")
    return session.execute(select(_proposals, proposer.c.name.label("proposer"), decider.c.name.label("decider"), other.c.key.label("other_key"))
                           .outerjoin(other, other.c.id == _proposals.c.to_id)
                           .join(proposer, proposer.c.id == _proposals.c.proposed_by)
                           .outerjoin(decider, decider.c.id == _proposals.c.decided_by)
                           .where(_proposals.c.pool_id == pool_id).order_by(_proposals.c.id.desc())).all()
