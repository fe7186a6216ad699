"""What stands in the pools: their figures, books and proposals, for whoever may see them. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from ..actors import Actor
from ..errors import NotFound
from ..records import Case, Hold, LedgerEntry, Organisation, Person, Pool, PoolProposal

READERS = frozenset({"county_handler", "county_leader", "county_committee", "finance", "cashier", "auditor"})
_pools, _proposals, _entries, _holds = (m.__table__ for m in (Pool, PoolProposal, LedgerEntry, Hold))


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


def entries(session: Session, pool_id: int, *, before: int | None = None, limit: int = 50) -> Sequence[Row[Any]]:
    """Return the newest entries of a pool, of which `n` is below `before`, with `case_id` and `number` of the case."""
    query = select(_entries, _holds.c.case_id, Case.number).outerjoin(_holds, _holds.c.id == _entries.c.hold_id).outerjoin(
        Case, Case.id == _holds.c.case_id).where(_entries.c.pool_id == pool_id)
    if before is not None:
        query = query.where(_entries.c.n < before)
    return session.execute(query.order_by(_entries.c.n.desc()).limit(limit)).all()


def waiting(session: Session, actor: Actor) -> frozenset[int]:
    """Return the ids of the pools in scope for which a proposal waits."""
    return frozenset(session.scalars(select(PoolProposal.pool_id).join(Pool, Pool.id == PoolProposal.pool_id).where(
        PoolProposal.status == "open", visible(actor))))


def proposals(session: Session, pool_id: int) -> Sequence[Row[Any]]:
    """Return what was proposed for a pool, newest first, with the names of who proposed and who decided."""
    proposer, decider = Person.__table__.alias("proposer"), Person.__table__.alias("decider")
    return session.execute(select(_proposals, proposer.c.name.label("proposer"), decider.c.name.label("decider"))
                           .join(proposer, proposer.c.id == _proposals.c.proposed_by)
                           .outerjoin(decider, decider.c.id == _proposals.c.decided_by)
                           .where(_proposals.c.pool_id == pool_id).order_by(_proposals.c.id.desc())).all()
